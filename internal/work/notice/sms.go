package notice

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"linli/internal/kernel/outbox"
)

// fetch calls a provider and reads its short answer.
func fetch(ctx context.Context, method, address string, header map[string]string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, outbox.Never(errors.New("notice: the provider's address is not right"))
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, in which providers take numbers and keys
		}
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode, answer, err
}

// Gateway is any provider with a plain HTTP interface: the request is a template.
// In URL and a form body {phone}, {text}, {id} and {topic} are query-escaped, in a
// JSON body they are escaped as JSON.
type Gateway struct {
	URL    string            `json:"url"`
	Method string            `json:"method,omitempty"` // POST if empty
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"`
	Good   string            `json:"good,omitempty"` // what the answer must contain, besides a status of 2xx
}

// Send implements Way.
func (g *Gateway) Send(ctx context.Context, n Notice) (string, error) {
	fill := func(t string, escape func(string) string) string {
		return strings.NewReplacer("{phone}", escape(n.To), "{text}", escape(n.Text), "{id}", escape(n.ID), "{topic}", escape(n.Topic)).Replace(t)
	}
	inJSON := func(s string) string {
		raw, err := json.Marshal(s)
		if err != nil {
			return ""
		}
		return string(raw[1 : len(raw)-1])
	}
	escape := url.QueryEscape
	if strings.HasPrefix(strings.TrimSpace(g.Body), "{") || strings.HasPrefix(strings.TrimSpace(g.Body), "[") {
		escape = inJSON
	}
	method := g.Method
	if method == "" {
		method = http.MethodPost
	}
	status, answer, err := fetch(ctx, method, fill(g.URL, url.QueryEscape), g.Header, []byte(fill(g.Body, escape)))
	switch {
	case err != nil:
		return "", err
	case status/100 != 2, g.Good != "" && !bytes.Contains(answer, []byte(g.Good)):
		return "", fmt.Errorf("notice: the gateway answered %d", status)
	}
	return "", nil
}

// Aliyun is the short message service of Alibaba Cloud: SendSms of version
// 2017-05-25, with a signature of version 1.0 (HMAC-SHA1). Templates are kept there;
// Templates names the one of each topic.
type Aliyun struct {
	Key       string            `json:"key"`
	Secret    string            `json:"secret"`
	Sign      string            `json:"sign"`
	Region    string            `json:"region,omitempty"`   // cn-hangzhou if empty
	Endpoint  string            `json:"endpoint,omitempty"` // https://dysmsapi.aliyuncs.com/ if empty
	Templates map[string]string `json:"templates"`
}

// params of a call, without the signature.
func (a *Aliyun) params(n Notice, template, nonce string, at time.Time) (url.Values, error) {
	vars, err := json.Marshal(map[string]string{"number": n.Vars["number"], "unit": n.Vars["unit"]})
	if err != nil {
		return nil, err
	}
	region := a.Region
	if region == "" {
		region = "cn-hangzhou"
	}
	return url.Values{"AccessKeyId": {a.Key}, "Action": {"SendSms"}, "Format": {"JSON"}, "OutId": {n.ID}, "PhoneNumbers": {n.To}, "RegionId": {region}, "SignName": {a.Sign},
		"SignatureMethod": {"HMAC-SHA1"}, "SignatureNonce": {nonce}, "SignatureVersion": {"1.0"}, "TemplateCode": {template}, "TemplateParam": {string(vars)},
		"Timestamp": {at.UTC().Format("2006-01-02T15:04:05Z")}, "Version": {"2017-05-25"}}, nil
}

// percent is RFC 3986 encoding, as the signature wants it.
func percent(s string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
}

// signature of the parameters, sorted by name.
func (a *Aliyun) signature(method string, v url.Values) string {
	var names []string
	for k := range v {
		names = append(names, k)
	}
	slices.Sort(names)
	var pairs []string
	for _, k := range names {
		pairs = append(pairs, percent(k)+"="+percent(v.Get(k)))
	}
	m := hmac.New(sha1.New, []byte(a.Secret+"&"))
	m.Write([]byte(method + "&" + percent("/") + "&" + percent(strings.Join(pairs, "&"))))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// Send implements Way.
func (a *Aliyun) Send(ctx context.Context, n Notice) (string, error) {
	template := a.Templates[n.Topic]
	if template == "" {
		return "", outbox.Never(fmt.Errorf("notice: no template for %s", n.Topic))
	}
	var nonce [16]byte
	_, _ = rand.Read(nonce[:])
	v, err := a.params(n, template, hex.EncodeToString(nonce[:]), time.Now())
	if err != nil {
		return "", err
	}
	v.Set("Signature", a.signature(http.MethodPost, v))
	endpoint := a.Endpoint
	if endpoint == "" {
		endpoint = "https://dysmsapi.aliyuncs.com/"
	}
	status, raw, err := fetch(ctx, http.MethodPost, endpoint, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, []byte(v.Encode()))
	if err != nil {
		return "", err
	}
	var answer struct{ Code, BizId string }
	if err := json.Unmarshal(raw, &answer); err != nil {
		return "", fmt.Errorf("notice: Aliyun answered %d and no JSON", status)
	}
	switch answer.Code {
	case "OK":
		return answer.BizId, nil
	case "isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT", "isv.BLACK_KEY_CONTROL_LIMIT":
		return "", outbox.Never(fmt.Errorf("notice: Aliyun refused the number: %s", answer.Code))
	}
	return "", fmt.Errorf("notice: Aliyun answered %s", answer.Code)
}
