package hotline

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"linli/internal/kernel/outbox"
	"linli/internal/kernel/store"
)

// maxAnswer bounds what is read of the platform's answer.
const maxAnswer = 8 << 20

// errPrivate keeps a redirect from leading into the house.
var errPrivate = errors.New("hotline: redirected to a private address that is not configured")

// client asks what is configured and nothing else: an address inside the house is
// reached only under a host that a person configured, never through a redirect.
func client(told ...string) *http.Client {
	hosts := map[string]bool{}
	for _, t := range told {
		if u, err := url.Parse(t); err == nil {
			hosts[addr(u)] = true
		}
	}
	plain := &net.Dialer{Timeout: 10 * time.Second}
	guarded := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if a := ap.Addr().Unmap(); !a.IsGlobalUnicast() || a.IsPrivate() {
			return errPrivate
		}
		return nil
	}}
	return &http.Client{
		Timeout: 15 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true, // a client lives for one exchange
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if hosts[address] {
					return plain.DialContext(ctx, network, address)
				}
				return guarded.DialContext(ctx, network, address)
			},
			ResponseHeaderTimeout: 15 * time.Second,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if req.Method != http.MethodGet || len(via) > 3 {
				return http.ErrUseLastResponse
			}
			if !hosts[addr(req.URL)] { // secrets are for whom they were made
				for k := range req.Header {
					req.Header.Del(k)
				}
			}
			return nil
		},
	}
}

func addr(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// secret fills {token:NAME} with a secret of linli.json.
func (s *Service) secret(v string) (string, error) {
	for name, token := range s.Tokens {
		v = strings.ReplaceAll(v, "{token:"+name+"}", token)
	}
	if i := strings.Index(v, "{token:"); i >= 0 {
		return "", fmt.Errorf("hotline: linli.json has no hotline.tokens of the name in %q", v[i:])
	}
	return v, nil
}

// do sends a request and decodes the JSON that answers it; signed as the
// platform checks it.
func (s *Service) do(ctx context.Context, c *http.Client, method, target string, headers map[string]string, body []byte, signed bool) (status int, answer any, err error) {
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	req.Header.Set("Accept", "application/json")
	for k, v := range headers {
		if v, err = s.secret(v); err != nil {
			return 0, nil, err
		}
		req.Header.Set(k, v)
	}
	if signed {
		if !s.Keys.Ready() {
			return 0, nil, errors.New("hotline: no secret is configured (hotline.secrets in linli.json)")
		}
		var raw [12]byte
		if _, err := rand.Read(raw[:]); err != nil {
			return 0, nil, err
		}
		now, nonce := strconv.FormatInt(s.DB.Now()/1_000_000, 10), hex.EncodeToString(raw[:])
		req.Header.Set(HeaderTime, now)
		req.Header.Set(HeaderNonce, nonce)
		req.Header.Set(HeaderSignature, s.Keys.Sign(method, req.URL.RequestURI(), now, nonce, body))
	}
	res, err := c.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // its text has the whole address, which may hold a token
			err = u.Err
		}
		return 0, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return res.StatusCode, nil, err
	}
	if len(text) > maxAnswer {
		return res.StatusCode, nil, errors.New("hotline: the answer is larger than 8 MB")
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return res.StatusCode, nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&answer); err != nil && res.StatusCode < 300 {
		return res.StatusCode, nil, errors.New("hotline: the answer is no JSON")
	}
	return res.StatusCode, answer, nil
}

// acknowledged tells whether the platform's answer says that it has the message:
// a status of success alone is not enough where the exchange names a code.
func (y *Say) acknowledged(status int, answer any) error {
	if status < 200 || status > 299 {
		return fmt.Errorf("hotline: the platform answered %d", status)
	}
	if y.AckPath == "" {
		return nil
	}
	if code := textAt(answer, y.AckPath); !slices.Contains(y.AckOK, code) {
		return fmt.Errorf("hotline: the platform answered %d with %s = %q", status, y.AckPath, code)
	}
	return nil
}

// final are the answers after which the same message is not tried again: it
// would be refused for ever. A person can send it again after a correction.
var final = []int{http.StatusBadRequest, http.StatusGone, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity}

// Send says a message to the platform; it is an outbox.Sender.
func (s *Service) Send(ctx context.Context, m outbox.Message) (string, error) {
	set, err := s.now(ctx)
	if err != nil {
		return "", err
	}
	y := &set.exchange.Say
	kind := strings.TrimPrefix(m.Topic, "hotline.")
	if y.URL == "" {
		return "", errors.New("hotline: no address is configured (the exchange's say.url)")
	}
	var msg message
	if err := m.Decode(&msg); err != nil {
		return "", outbox.Never(err)
	}
	fields, named := y.Kinds[kind]
	if named && len(fields) == 0 {
		return "not told: the exchange has no message of this kind", nil
	}
	body, err := y.body(kind, msg.Values)
	if err != nil {
		return "", outbox.Never(err)
	}
	headers := maps.Clone(y.Headers)
	if headers == nil {
		headers = map[string]string{}
	}
	headers["Idempotency-Key"] = "linli-" + strconv.Itoa(m.District) + "-" + strconv.FormatInt(m.ID, 10)
	status, answer, err := s.do(ctx, client(y.URL), http.MethodPost, y.URL, headers, body, true)
	if err != nil {
		return "", err
	}
	if err := y.acknowledged(status, answer); err != nil {
		if slices.Contains(final, status) {
			err = outbox.Never(err)
		}
		return "", err
	}
	return textAt(answer, y.Receipt), s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE hotline_order SET acked = ?, acked_at = ?, version = version + 1 WHERE district = 0 AND number = ?", kind, tx.Now(), msg.Number)
		return err
	})
}

// body fills the templates of a kind; a field that comes out empty is left out.
func (y *Say) body(kind string, values map[string]string) ([]byte, error) {
	values = maps.Clone(values)
	if kind == SayReply {
		format, ok := y.Formats[values["format"]]
		if !ok {
			format, ok = y.Formats[""]
		}
		if !ok {
			format = usualReply
		}
		values["text"] = fill(format, values)
	}
	fields := y.Kinds[kind]
	if fields == nil {
		fields = usual
	}
	out := map[string]string{}
	for name, template := range fields {
		if v := fill(template, values); v != "" {
			out[name] = v
		}
	}
	return json.Marshal(out)
}
