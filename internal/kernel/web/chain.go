package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
)

// Errors of the chain itself.
var (
	ErrCrossOrigin = errs.Declare("cross_origin", 403, "请求来自其他网站，已拒绝。", "The request came from another site and was refused.")
	ErrEncoding    = errs.Declare("bad_encoding", 400, "内容含有无法识别的字符，请检查后以 UTF-8 文字重新提交。", "The content has characters that cannot be read; check it and send it again as UTF-8 text.")
	ErrMalformed   = errs.Declare("malformed", 400, "内容格式无法识别，请检查后重新提交。", "The content could not be read; check its form and send it again.")
	ErrMediaType   = errs.Declare("unsupported_media_type", 415, "不支持这种内容格式，请使用 JSON。", "This content type is not supported; send JSON.")
	ErrMethod      = errs.Declare("method_not_allowed", 405, "此地址不支持该操作。", "This address does not take that method.")
	ErrTimeout     = errs.Declare("timeout", 503, "处理超时，本次结果未确认，请稍后重试。", "This took too long and is not confirmed; please try again shortly.")
	ErrGone        = errs.Declare("client_closed", 499, "请求已取消。", "The request was cancelled.")
)

// call is one request on its way through the chain. It is the request's
// context, so that the whole chain costs one context and one allocation.
type call struct {
	context.Context
	r     *Router
	req   *http.Request
	op    *operation
	id    string
	actor *access.Actor
	scope access.Scope
	once  *once
	fault error // to be logged with the request
	cause string
	w     response
}

type callKey struct{}

func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// gone tells that the client no longer waits.
func (c *call) gone() bool { return errors.Is(c.req.Context().Err(), context.Canceled) }

func callOf(ctx context.Context) *call {
	if c, ok := ctx.(*call); ok {
		return c
	}
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// RequestID is the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	if c := callOf(ctx); c != nil {
		return c.id
	}
	return ""
}

// Lang is the language to answer in: what Accept-Language names, else the
// account's setting, else "zh". On a page or download that the browser fetches by
// itself the account's setting goes first: there the header is the browser's, not
// the person's choice.
func Lang(ctx context.Context) string {
	if c := callOf(ctx); c != nil {
		return c.language()
	}
	return "zh"
}

// Actor is the person who asks, nil if not signed in.
func Actor(ctx context.Context) *access.Actor {
	if c := callOf(ctx); c != nil {
		return c.actor
	}
	return nil
}

// ClientIP is the caller's address (behind trusted proxies the first that is
// not one of them), for lock-outs and session lists.
func ClientIP(ctx context.Context) netip.Addr {
	if c := callOf(ctx); c != nil {
		return c.r.clientIP(c.req)
	}
	return netip.Addr{}
}

// UserAgent is the client's own description, cut to 200 bytes.
func UserAgent(ctx context.Context) string {
	if c := callOf(ctx); c != nil {
		ua := strings.ToValidUTF8(c.req.UserAgent(), "")
		return strings.ToValidUTF8(ua[:min(len(ua), 200)], "")
	}
	return ""
}

// SessionCookie is the cookie for a session token; an empty token deletes it.
// It is Secure when the request came over TLS (or a trusted proxy says so).
func SessionCookie(ctx context.Context, token string, lasts time.Duration) http.Cookie {
	ck := http.Cookie{Name: CookieName, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(lasts.Seconds())}
	if token == "" {
		ck.MaxAge = -1
	}
	if c := callOf(ctx); c != nil {
		ck.Secure = c.secure()
	}
	return ck
}

func (c *call) language() string {
	asked := acceptLanguage(c.req.Header.Get("Accept-Language"))
	if c.actor != nil && c.actor.Lang != "" && (asked == "" || c.req.Header.Get("Sec-Fetch-Mode") == "navigate") {
		return c.actor.Lang
	}
	return cmp.Or(asked, "zh")
}

// acceptLanguage picks zh or en, "" if neither is named; quality values matter
// only in their usual order, which is descending.
func acceptLanguage(h string) string {
	for part := range strings.SplitSeq(h, ",") {
		tag := strings.ToLower(strings.TrimSpace(part))
		switch {
		case strings.HasPrefix(tag, "zh"):
			return "zh"
		case strings.HasPrefix(tag, "en"):
			return "en"
		}
	}
	return ""
}

// response notes what was written and lets a stored answer replace the one
// that would be encoded.
type response struct {
	http.ResponseWriter
	status int
	bytes  int64
	saved  []byte // the encoded answer, written instead of encoding again
	keep   bool   // keep what is written for the callers who wait for the same answer
	kept   []byte
	slow   *http.ResponseController // of an operation without a deadline: each write has one
	pushed time.Time
}

// pace is how long one read or write of a long operation may take.
const pace = time.Minute

// slowBody gives each read of a long upload its own deadline, and lifts it at
// the end: the server would take a later expiry for the client's going away.
type slowBody struct {
	io.ReadCloser
	rc *http.ResponseController
}

func (b *slowBody) Read(p []byte) (int, error) {
	_ = b.rc.SetReadDeadline(time.Now().Add(pace))
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		_ = b.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (w *response) WriteHeader(status int) {
	if w.status != 0 && w.status >= 200 {
		return
	}
	w.status = status
	if w.keep && w.kept == nil {
		w.kept = []byte{}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.slow != nil {
		if now := time.Now(); now.Sub(w.pushed) > time.Second {
			w.pushed = now
			_ = w.slow.SetWriteDeadline(now.Add(pace))
		}
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	switch {
	case !w.keep:
	case len(w.kept) == 0 && len(p) > 0 && len(w.saved) == len(p) && &p[0] == &w.saved[0]:
		w.kept = p
	case len(w.kept)+len(p) <= maxStored:
		w.kept = append(w.kept, p...)
	default: // too long to share: those who wait run themselves
		w.keep, w.kept = false, nil
	}
	return n, err
}

// Unwrap serves http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush serves handlers that ask for http.Flusher.
func (w *response) Flush() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// clear takes back headers that belong to an answer which is not sent.
func (w *response) clear() {
	for _, h := range []string{"Content-Length", "Content-Type", "Content-Disposition", "Content-Encoding", "Etag", "Cache-Control", "Last-Modified"} {
		w.Header().Del(h)
	}
}

var (
	headerNosniff  = []string{"nosniff"}
	headerReferrer = []string{"same-origin"}
	headerFrame    = []string{"DENY"}
	headerCSP      = []string{contentPolicy("")}
	headerOpener   = []string{"same-origin"}
	headerNoStore  = []string{"no-store"}
	headerTrue     = []string{"true"}
	headerPerms    = []string{"camera=(self), geolocation=(self), microphone=(self), payment=(), usb=()"}
)

// ServeHTTP walks the outer chain.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	start := time.Now()
	c := &call{Context: req.Context(), r: r, req: req}
	c.id = requestID(req.Header.Get("X-Request-Id"))
	c.w.ResponseWriter = w
	h := w.Header()
	h["X-Request-Id"] = []string{c.id}
	h["X-Content-Type-Options"] = headerNosniff
	h["Referrer-Policy"] = headerReferrer
	h["X-Frame-Options"] = headerFrame
	h["Content-Security-Policy"] = headerCSP
	h["Cross-Origin-Opener-Policy"] = headerOpener
	h["Permissions-Policy"] = headerPerms
	defer r.finish(c, start)
	if err := r.csrf.Check(req); err != nil {
		r.fail(c, ErrCrossOrigin.New())
		return
	}
	r.mux.ServeHTTP(&c.w, req.WithContext(c))
}

// finish recovers, counts and logs.
func (r *Router) finish(c *call, start time.Time) {
	if v := recover(); v != nil {
		if v == http.ErrAbortHandler {
			panic(v)
		}
		c.fault = errors.New("panic")
		r.log.LogAttrs(c, slog.LevelError, "panic", slog.String("request_id", c.id), slog.Any("value", v), slog.String("stack", string(debug.Stack())))
		if c.w.status == 0 {
			c.w.clear()
			r.fail(c, errs.Internal.New())
		} else {
			panic(http.ErrAbortHandler) // a half-written answer must not look whole
		}
	}
	took := time.Since(start)
	status := c.w.status
	if status == 0 {
		status = http.StatusOK
	}
	level, name := slog.LevelInfo, "-"
	if c.op == nil {
		r.meters.other.observe(status, took)
		level = slog.LevelDebug
	} else {
		c.op.meter.observe(status, took)
		name = c.op.ID
	}
	if c.fault != nil {
		level = slog.LevelError
	}
	if !r.log.Enabled(c, level) {
		return
	}
	var buf [8]slog.Attr
	attrs := append(buf[:0],
		slog.String("request_id", c.id), slog.String("op", name), slog.Int("status", status),
		slog.Int64("micros", took.Microseconds()), slog.Int64("bytes", c.w.bytes))
	if c.actor != nil {
		attrs = append(attrs, slog.Int64("account", c.actor.Account))
	}
	if c.cause != "" {
		attrs = append(attrs, slog.String("code", c.cause))
	}
	if c.fault != nil {
		attrs = append(attrs, slog.String("error", c.fault.Error()))
	}
	r.log.LogAttrs(c, level, "request", attrs...)
}

// guard is the inner chain of one operation.
func (r *Router) guard(o *operation, next func(*call, *http.Request)) http.HandlerFunc {
	long := o.Timeout < 0
	return func(w http.ResponseWriter, req *http.Request) {
		c := callOf(req.Context())
		c.op, c.req = o, req
		if !readable(req.URL) {
			r.fail(c, ErrEncoding.New())
			return
		}
		if !long {
			n := r.inflight.Add(1)
			defer r.inflight.Add(-1)
			if !o.Urgent && !o.Asks && r.full(n) {
				r.fail(c, errs.Unavailable.New("seconds", 1))
				return
			}
		}
		if err := r.identify(c, req); err != nil {
			r.fail(c, err)
			return
		}
		if !o.Urgent && !o.Asks {
			if err := r.limited(c, c.actor); err != nil {
				r.fail(c, err)
				return
			}
		}
		var err error
		if c.scope, err = o.Policy.Authorize(c.actor, r.opt.Today()); err != nil {
			r.fail(c, err)
			return
		}
		if !long {
			ctx, cancel := context.WithTimeout(c.Context, o.Timeout)
			defer cancel()
			c.Context = ctx
		} else {
			// The server's own deadlines are for short requests.
			rc := http.NewResponseController(w)
			_ = rc.SetReadDeadline(time.Time{})
			_ = rc.SetWriteDeadline(time.Time{})
			c.w.slow = rc
			req.Body = &slowBody{req.Body, rc}
		}
		c.w.Header()["Cache-Control"] = headerNoStore
		switch {
		case req.ContentLength == 0 && req.Method == http.MethodGet, o.Body < 0:
			next(c, req)
		case o.raw:
			req.Body = http.MaxBytesReader(w, req.Body, o.Body)
			next(c, req)
		default:
			buf := bodies.Get().(*bytes.Buffer)
			defer func() {
				if buf.Cap() <= 1<<16 {
					buf.Reset()
					bodies.Put(buf)
				}
			}()
			if err := readBody(buf, w, req, o.Body, o.Loose); err != nil {
				r.fail(c, err)
				return
			}
			body := &bodyReader{}
			body.Reset(buf.Bytes())
			req.Body = body
			if o.keyed {
				if key := req.Header["Idempotency-Key"]; len(key) > 0 {
					r.withKey(c, req, key[0], buf.Bytes(), next)
					return
				} else if r.opt.RequireKey && o.Method == http.MethodPost {
					r.fail(c, ErrKeyMissing.New())
					return
				}
			}
			next(c, req)
		}
	}
}

// full tells whether the server sheds with so many requests in hand.
func (r *Router) full(inflight int64) bool {
	if inflight <= int64(r.opt.MaxInFlight) {
		return false
	}
	r.meters.sheds.Inc()
	return true
}

// limited is errs.Busy when the actor, or the address without one, has asked too
// often.
func (r *Router) limited(c *call, who *access.Actor) error {
	wait := r.limits.wait(c, who, r)
	if wait <= 0 {
		return nil
	}
	r.meters.limited.Inc()
	return errs.Busy.New("seconds", int((wait+time.Second-1)/time.Second))
}

// Admit lets the request of an operation that asks (Op.Asks) go on, or says why
// not: errs.Unavailable under overload, errs.Busy beyond the rate of who asks (nil:
// of the address). What is urgent always goes on.
func Admit(ctx context.Context, who *access.Actor, urgent bool) error {
	c := callOf(ctx)
	switch {
	case c == nil || urgent:
		return nil
	case c.r.full(c.r.inflight.Load()):
		return errs.Unavailable.New("seconds", 1)
	}
	return c.r.limited(c, who)
}

var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

type bodyReader struct{ bytes.Reader }

func (*bodyReader) Close() error { return nil }

// readBody reads the whole body within the limit and checks its encoding, unless
// the operation does that part by part (loose).
func readBody(buf *bytes.Buffer, w http.ResponseWriter, req *http.Request, limit int64, loose bool) error {
	if req.ContentLength > limit {
		return errs.TooLarge.New("max", size(limit))
	}
	if req.ContentLength > 0 {
		buf.Grow(int(req.ContentLength) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(io.LimitReader(req.Body, limit+1))
	switch {
	case int64(buf.Len()) > limit:
		return errs.TooLarge.New("max", size(limit))
	case err != nil:
		var ne net.Error
		if errors.As(err, &ne) && ne.Timeout() {
			return ErrTimeout.New()
		}
		return ErrMalformed.New().Because(err)
	case loose:
	case !utf8.Valid(buf.Bytes()) && !strings.HasPrefix(req.Header.Get("Content-Type"), "multipart/"), escapesNUL(buf.Bytes()):
		return ErrEncoding.New()
	}
	return nil
}

// escapesNUL finds the character NUL as JSON writes it: no text has it, and
// PostgreSQL cannot keep it.
func escapesNUL(body []byte) bool {
	for {
		i := bytes.Index(body, []byte(`\u0000`))
		if i < 0 {
			return false
		}
		slashes := 0
		for slashes < i && body[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 { // else it is a backslash and the word u0000
			return true
		}
		body = body[i+2:]
	}
}

// readable tells whether path and query are text without the character NUL.
func readable(u *url.URL) bool {
	if !utf8.ValidString(u.Path) || strings.IndexByte(u.Path, 0) >= 0 {
		return false
	}
	q := u.RawQuery
	if strings.IndexByte(q, '%') >= 0 {
		if plain, err := url.QueryUnescape(q); err == nil {
			q = plain
		}
	}
	return utf8.ValidString(q) && strings.IndexByte(q, 0) < 0
}

// size writes a number of bytes for a person.
func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + " MB"
	case n >= 1<<10:
		return strconv.FormatInt(n>>10, 10) + " KB"
	}
	return strconv.FormatInt(n, 10) + " B"
}

// identify finds out who asks. A public operation treats a dead token as
// nobody; elsewhere the policy refuses anonymous callers.
func (r *Router) identify(c *call, req *http.Request) error {
	token := tokenOf(req)
	if token == "" || r.opt.Auth == nil {
		return nil
	}
	actor, err := r.opt.Auth.Actor(c, token)
	switch {
	case err == nil:
		c.actor = actor
		return nil
	case errs.Is(err, errs.Unauthorized), errs.Is(err, errs.NotFound):
		return nil
	}
	return err
}

func tokenOf(req *http.Request) string {
	if h := req.Header.Get("Authorization"); h != "" {
		if len(h) > 7 && strings.EqualFold(h[:7], "Bearer ") {
			return strings.TrimSpace(h[7:])
		}
		return ""
	}
	for _, line := range req.Header["Cookie"] {
		for part := range strings.SplitSeq(line, ";") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(part), CookieName+"="); ok {
				return v
			}
		}
	}
	return ""
}

var idSeed = func() string {
	var b [6]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}()

var idCount atomic.Uint64

// requestID keeps a sane id of the caller (a proxy's) or makes one: a prefix
// of the process and a count.
func requestID(given string) string {
	if n := len(given); n >= 8 && n <= 64 {
		ok := true
		for i := range n {
			ch := given[i]
			if ch != '-' && ch != '_' && ch != '.' && (ch < '0' || ch > '9') && (ch < 'a' || ch > 'z') && (ch < 'A' || ch > 'Z') {
				ok = false
				break
			}
		}
		if ok {
			return given
		}
	}
	b := make([]byte, 0, 28)
	b = append(b, idSeed...)
	b = append(b, '-')
	b = strconv.AppendUint(b, idCount.Add(1), 36)
	return string(b)
}

func remoteAddr(req *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

func (r *Router) trusted(a netip.Addr) bool {
	for _, p := range r.opt.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func (r *Router) clientIP(req *http.Request) netip.Addr {
	a := remoteAddr(req)
	if len(r.opt.TrustedProxies) == 0 {
		return a
	}
	hops := strings.Split(strings.Join(req.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && r.trusted(a); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		a = next.Unmap()
	}
	return a
}

// Origin is scheme and host by which the caller reaches the server, for links in
// answers that leave it: "https://city.example".
func Origin(ctx context.Context) string {
	c := callOf(ctx)
	if c == nil {
		return ""
	}
	if c.secure() {
		return "https://" + c.req.Host
	}
	return "http://" + c.req.Host
}

// secure tells whether the request came over TLS, or a trusted proxy says so.
func (c *call) secure() bool {
	return c.req.TLS != nil || c.r.trusted(remoteAddr(c.req)) && c.req.Header.Get("X-Forwarded-Proto") == "https"
}
