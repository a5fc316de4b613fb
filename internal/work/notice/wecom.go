package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"linli/internal/kernel/outbox"
)

// WeCom sends messages of an application in 企业微信 (gettoken, user/getuserid,
// message/send) to people who are known there by their mobile number.
type WeCom struct {
	Corp   string `json:"corp"`
	Agent  int    `json:"agent"`
	Secret string `json:"secret"`
	Base   string `json:"base,omitempty"` // https://qyapi.weixin.qq.com if empty

	mu    sync.Mutex
	token string
	until time.Time
}

// Codes of answers that are looked at.
const (
	wecomOld     = 42001 // the token has ended
	wecomBad     = 40014 // the token is not right
	wecomNobody  = 46004 // nobody has the number
	wecomUnknown = 60111 // there is no such user
)

type wecomAnswer struct {
	Code  int    `json:"errcode"`
	Token string `json:"access_token"`
	Lasts int    `json:"expires_in"`
	User  string `json:"userid"`
	ID    string `json:"msgid"`
}

func (c *WeCom) call(ctx context.Context, method, path string, q url.Values, body any) (a wecomAnswer, err error) {
	base := c.Base
	if base == "" {
		base = "https://qyapi.weixin.qq.com"
	}
	var raw []byte
	if body != nil {
		if raw, err = json.Marshal(body); err != nil {
			return a, err
		}
	}
	status, answer, err := fetch(ctx, method, base+path+"?"+q.Encode(), map[string]string{"Content-Type": "application/json"}, raw)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return a, fmt.Errorf("notice: WeCom answered %d and no JSON", status)
	}
	return a, nil
}

// access is the token, asked for anew shortly before it ends.
func (c *WeCom) access(ctx context.Context, fresh bool) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !fresh && c.token != "" && time.Now().Before(c.until) {
		return c.token, nil
	}
	a, err := c.call(ctx, http.MethodGet, "/cgi-bin/gettoken", url.Values{"corpid": {c.Corp}, "corpsecret": {c.Secret}}, nil)
	if err != nil {
		return "", err
	}
	if a.Code != 0 || a.Token == "" {
		return "", fmt.Errorf("notice: WeCom gave no token: %d", a.Code)
	}
	c.token, c.until = a.Token, time.Now().Add(time.Duration(a.Lasts-300)*time.Second)
	return c.token, nil
}

// authorised calls with the token, once more with a fresh one if it was refused.
func (c *WeCom) authorised(ctx context.Context, path string, body any) (a wecomAnswer, err error) {
	for _, fresh := range []bool{false, true} {
		token, err := c.access(ctx, fresh)
		if err != nil {
			return a, err
		}
		if a, err = c.call(ctx, http.MethodPost, path, url.Values{"access_token": {token}}, body); err != nil || a.Code != wecomOld && a.Code != wecomBad {
			return a, err
		}
	}
	return a, nil
}

// Send implements Way.
func (c *WeCom) Send(ctx context.Context, n Notice) (string, error) {
	who, err := c.authorised(ctx, "/cgi-bin/user/getuserid", map[string]any{"mobile": n.To})
	if err != nil {
		return "", err
	}
	if who.Code == wecomNobody || who.Code == wecomUnknown {
		return "", outbox.Never(errors.New("notice: nobody in WeCom has this number"))
	}
	if who.Code != 0 {
		return "", fmt.Errorf("notice: WeCom answered %d", who.Code)
	}
	a, err := c.authorised(ctx, "/cgi-bin/message/send", map[string]any{"touser": who.User, "msgtype": "text", "agentid": c.Agent, "text": map[string]string{"content": n.Text},
		"enable_duplicate_check": 1, "duplicate_check_interval": 14400})
	if err != nil {
		return "", err
	}
	if a.Code != 0 {
		return "", fmt.Errorf("notice: WeCom answered %d", a.Code)
	}
	return a.ID, nil
}
