package hotline

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/emmansun/gmsm/sm3"

	"linli/internal/kernel/errs"
)

// The headers of a signed request, both ways.
const (
	HeaderTime      = "X-Linli-Timestamp" // seconds since 1970
	HeaderNonce     = "X-Linli-Nonce"     // 8 to 64 characters, new for each request
	HeaderSignature = "X-Linli-Signature" // hexadecimal
)

// Window is how far the sender's clock may be from ours.
const Window = 5 * time.Minute

// Why a signed request is refused.
var (
	ErrSignature = errs.Declare("hotline_signature", 401, "签名不正确，请核对密钥、算法和参与签名的内容。", "The signature is not right; check the secret, the algorithm and what is signed.")
	ErrClock     = errs.Declare("hotline_clock", 401, "请求时间与本机相差超过 {minutes} 分钟（本机时间 {now}），请校准时钟。", "The request's time is more than {minutes} minutes from ours (now {now}); please set the clock.")
	ErrNonce     = errs.Declare("hotline_nonce", 409, "这个随机串已用于另一条内容，请为每次请求生成新的随机串。", "This nonce was used for other content; make a new one for each request.")
)

// Keys sign and check what is exchanged with the platform.
type Keys struct {
	Algorithm string   // "sha256" (default) or "sm3"
	Secrets   []string // the first signs; each is accepted, so that one can follow the other
}

// Ready tells whether there is a secret at all.
func (k Keys) Ready() bool { return len(k.Secrets) > 0 }

func (k Keys) hash() hash.Hash {
	if k.Algorithm == "sm3" {
		return sm3.New()
	}
	return sha256.New()
}

func (k Keys) mac(secret, method, target, timestamp, nonce string, body []byte) []byte {
	d := k.hash()
	d.Write(body)
	m := hmac.New(k.hash, []byte(secret))
	m.Write([]byte(method + "\n" + target + "\n" + timestamp + "\n" + nonce + "\n" + hex.EncodeToString(d.Sum(nil))))
	return m.Sum(nil)
}

// Sign is the signature of a request: the HMAC of method, target (path with its
// query), timestamp, nonce and the body's digest, each on a line.
func (k Keys) Sign(method, target, timestamp, nonce string, body []byte) string {
	return hex.EncodeToString(k.mac(k.Secrets[0], method, target, timestamp, nonce, body))
}

// Check refuses a request that none of the secrets signed, or whose time is not
// within the window around now (microseconds UTC).
func (k Keys) Check(method, target, timestamp, nonce, signature string, body []byte, now int64) error {
	given, err := hex.DecodeString(signature)
	if n := len(nonce); err != nil || n < 8 || n > 64 || !utf8.ValidString(nonce) {
		return ErrSignature.New()
	}
	good := false
	for _, s := range k.Secrets { // all of them, so that the time does not tell which
		good = hmac.Equal(given, k.mac(s, method, target, timestamp, nonce, body)) || good
	}
	if !good {
		return ErrSignature.New()
	}
	at, err := strconv.ParseInt(timestamp, 10, 64)
	if most, here := int64(Window.Seconds()), now/1_000_000; err != nil || at < here-most || at > here+most {
		return ErrClock.New("minutes", int(Window.Minutes()), "now", now/1_000_000)
	}
	return nil
}
