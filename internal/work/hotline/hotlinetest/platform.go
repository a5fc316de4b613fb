// Package hotlinetest is a small 12345 platform for tests: it signs orders, takes
// messages and acknowledges them by the number that they carry, lists orders page
// by page, and can be down, refuse, or say yes with an error inside.
package hotlinetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"

	"linli/internal/kernel/errs"
	"linli/internal/work/hotline"
)

// Secret is what the platform signs with.
const Secret = "test-secret-of-the-platform"

// Platform is the other side.
type Platform struct {
	*httptest.Server
	Keys  hotline.Keys
	Clock func() int64 // microseconds UTC
	Leaps bool         // the clock is put on while messages are on their way: such a one is sent again

	mu     sync.Mutex
	mode   string
	said   []Said
	seen   map[string]bool
	orders []map[string]any
	acked  []string
	asked  int
	nonce  int
}

// Said is a message that the platform took.
type Said struct {
	Key    string
	Fields map[string]string
}

// The ways in which the platform can behave.
const (
	Up    = ""
	Down  = "down"  // 503
	Error = "error" // 200 with an error inside
	Away  = "away"  // redirects to a private address
)

// New starts a platform.
func New(t testing.TB, clock func() int64) *Platform {
	t.Helper()
	p := &Platform{Keys: hotline.Keys{Secrets: []string{Secret}}, Clock: clock, seen: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /messages", func(w http.ResponseWriter, r *http.Request) { p.take(t, w, r) })
	mux.HandleFunc("GET /orders", p.list)
	mux.HandleFunc("POST /acknowledge", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Orders []string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Errorf("acknowledgement: %v", err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.acked = append(p.acked, in.Orders...)
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

// Mode makes the platform behave from now on.
func (p *Platform) Mode(m string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = m
}

func (p *Platform) take(t testing.TB, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Errorf("message: %v", err)
	}
	h := r.Header
	if err := p.Keys.Check(r.Method, r.URL.RequestURI(), h.Get(hotline.HeaderTime), h.Get(hotline.HeaderNonce), h.Get(hotline.HeaderSignature), body, p.Clock()); errs.Is(err, hotline.ErrClock) && p.Leaps {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	} else if err != nil {
		t.Errorf("message: %v", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.mode {
	case Down:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case Error:
		_, _ = io.WriteString(w, `{"code":"500","msg":"系统忙"}`)
		return
	case Away:
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		return
	}
	s := Said{Key: h.Get("Idempotency-Key")}
	if err := json.Unmarshal(body, &s.Fields); err != nil {
		t.Errorf("message %s: %v", body, err)
	}
	if !p.seen[s.Key] {
		p.seen[s.Key] = true
		p.said = append(p.said, s)
	}
	_, _ = io.WriteString(w, `{"code":"0","data":{"receipt":"R`+strconv.Itoa(len(p.said))+`"}}`)
}

// Said lists the messages about an order, in the order in which they came.
func (p *Platform) Said(order string) []Said {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Said
	for _, s := range p.said {
		if s.Fields["order_no"] == order {
			out = append(out, s)
		}
	}
	return out
}

// Offer puts orders on the platform's list.
func (p *Platform) Offer(orders ...map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.orders = append(p.orders, orders...)
}

// Acked lists the orders that were acknowledged to the platform.
func (p *Platform) Acked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.acked...)
}

// Asked is how often the list was asked for.
func (p *Platform) Asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// list gives two orders a page behind a cursor.
func (p *Platform) list(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if r.Header.Get("X-Token") != "of-the-list" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	switch p.mode {
	case Down:
		w.WriteHeader(http.StatusBadGateway)
		return
	case Away:
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		return
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("since")) // none: from the beginning
	if r.URL.Query().Get("day") != "" {
		from = 0
	}
	to := min(from+2, len(p.orders))
	if r.URL.Query().Get("day") != "" {
		to = len(p.orders)
	}
	out := map[string]any{"rows": append([]map[string]any{}, p.orders[min(from, to):to]...), "next": strconv.Itoa(to)}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": out})
}

// Sign makes the headers of an order that the platform sends; they alternate name
// and value.
func (p *Platform) Sign(target string, body []byte) []string {
	p.mu.Lock()
	p.nonce++
	nonce := "nonce-" + strconv.Itoa(100000+p.nonce)
	p.mu.Unlock()
	return p.SignAt(target, body, p.Clock()/1_000_000, nonce)
}

// SignAt is Sign at a time in seconds and with a nonce.
func (p *Platform) SignAt(target string, body []byte, at int64, nonce string) []string {
	now := strconv.FormatInt(at, 10)
	return []string{hotline.HeaderTime, now, hotline.HeaderNonce, nonce, hotline.HeaderSignature, p.Keys.Sign(http.MethodPost, target, now, nonce, body)}
}
