package notice

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"linli/internal/kernel/outbox"
)

// SMTP sends by a mail server (RFC 5321) with STARTTLS (RFC 3207), or TLS from the
// start on port 465. Without TLS it sends to this machine only.
type SMTP struct {
	Addr     string `json:"addr"` // host:port
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
	From     string `json:"from"`

	tls *tls.Config // of tests
}

var errNoTLS = errors.New("notice: the mail server offers no TLS; nothing is sent in clear")

// Send implements Way. The message's id stays the same over repeats.
func (s *SMTP) Send(ctx context.Context, n Notice) (string, error) {
	to, err := mail.ParseAddress(n.To)
	if err != nil {
		return "", outbox.Never(errors.New("notice: this is no mail address")) // the error would tell it
	}
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return "", outbox.Never(err)
	}
	conf := s.tls
	if conf == nil {
		conf = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return "", err
		}
	}
	if port == "465" {
		conn = tls.Client(conn, conf)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if port != "465" {
		if ok, _ := c.Extension("STARTTLS"); ok {
			if err := c.StartTLS(conf); err != nil {
				return "", err
			}
		} else if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return "", errNoTLS
		}
	}
	if s.User != "" {
		if err := c.Auth(smtp.PlainAuth("", s.User, s.Password, host)); err != nil {
			return "", s.failed(err)
		}
	}
	if err := c.Mail(address(s.From)); err != nil {
		return "", s.failed(err)
	}
	if err := c.Rcpt(to.Address); err != nil {
		return "", s.failed(err)
	}
	w, err := c.Data()
	if err != nil {
		return "", s.failed(err)
	}
	id := n.ID + "@" + domain(s.From)
	if _, err := w.Write(letter(s.From, to.Address, id, n)); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", s.failed(err)
	}
	_ = c.Quit() // the server has taken it
	return id, nil
}

// failed keeps the receiver's address, which answers often repeat, out of the
// outbox; a 5xx answer is for good.
func (s *SMTP) failed(err error) error {
	var e *textproto.Error
	if !errors.As(err, &e) {
		return err
	}
	short := fmt.Errorf("notice: the mail server answered %d", e.Code)
	if e.Code >= 500 && e.Code != 530 && e.Code != 535 { // what is wrong with our own login can be mended
		return outbox.Never(short)
	}
	return short
}

func address(from string) string {
	if a, err := mail.ParseAddress(from); err == nil {
		return a.Address
	}
	return from
}

func domain(from string) string {
	if i := strings.LastIndexByte(address(from), '@'); i >= 0 {
		return address(from)[i+1:]
	}
	return "localhost"
}

func letter(from, to, id string, n Notice) []byte {
	var b bytes.Buffer
	for _, h := range [][2]string{{"From", from}, {"To", to}, {"Subject", mime.BEncoding.Encode("UTF-8", n.Title)}, {"Date", time.Now().Format(time.RFC1123Z)}, {"Message-ID", "<" + id + ">"},
		{"Auto-Submitted", "auto-generated"}, {"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "base64"}} {
		b.WriteString(h[0] + ": " + strings.NewReplacer("\r", "", "\n", "").Replace(h[1]) + "\r\n")
	}
	b.WriteString("\r\n")
	text := base64.StdEncoding.EncodeToString([]byte(n.Text + "\r\n"))
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
	return b.Bytes()
}
