package resident

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// Bounds of one source in an hour. A source is an address prefix (a household's),
// kept only as a hash with a key of the day. Many people may share one: over the
// first bound a report must answer a question, over the second it must wait.
const (
	easyReports = 20
	mostReports = 200
	mostCodes   = 60   // numbers and codes tried
	mostHints   = 1200 // suggestions while typing, places, similar matters
	mostPhotos  = 120
	sources     = 50_000
)

// guard counts what sources do within the hour. It is bounded: when it is full of
// sources, all counts begin anew.
type guard struct {
	mu    sync.Mutex
	since time.Time
	key   string
	day   int
	count map[string]int
	texts map[[32]byte]int // equal texts of the hour
}

func newGuard() *guard { return &guard{count: map[string]int{}, texts: map[[32]byte]int{}} }

// hit counts and says how often the source did it within the hour.
func (g *guard) hit(s *Service, ctx context.Context, what string) int {
	now, day := time.UnixMicro(s.DB.NowIn(ctx)), s.Today()
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.since) > time.Hour || len(g.count) > sources {
		g.since, g.count, g.texts = now, map[string]int{}, map[[32]byte]int{}
	}
	if g.day != day {
		g.day, g.key = day, random(16)
	}
	k := what + string(s.mac(useSource, g.key, prefix(web.ClientIP(ctx)))[:12])
	g.count[k]++
	return g.count[k]
}

// same counts equal texts of the hour, whoever sends them.
func (g *guard) same(text string) int {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(text), " ")))
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.texts) > sources {
		g.texts = map[[32]byte]int{}
	}
	g.texts[sum]++
	return g.texts[sum]
}

// prefix is the address, of IPv6 what one household has.
func prefix(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(56); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// allow refuses a source that did too much within the hour.
func (s *Service) allow(ctx context.Context, what string, most int) error {
	if s.guard.hit(s, ctx, what) > most {
		return errs.Busy.New("seconds", 600)
	}
	return nil
}

// A form is good for a day.
const (
	formLasts  = 24 * 3600 * 1_000_000
	workBits   = 12 // leading zero bits: about 4,000 hashes, well under a second on an old phone
	sameTexts  = 3
	followLast = 3600 * 1_000_000
)

// newForm is the token of a fresh form.
func (s *Service) newForm(ctx context.Context) string {
	return s.token(useForm, random(12), s.DB.NowIn(ctx)+formLasts)
}

// form opens a form's token: its own name, and when it was given out.
func (s *Service) form(ctx context.Context, token string) (name string, given int64, ok bool) {
	name, until, ok := s.tokenIs(useForm, token, s.DB.NowIn(ctx))
	return name, until - formLasts, ok
}

// uploader is the owner of a form's photos: below zero, so that it is no account.
func uploader(form string) int64 {
	sum := sha256.Sum256([]byte("uploader" + form))
	return -int64(binary.BigEndian.Uint64(sum[:8])>>2) - 1
}

// worked tells whether the script did the form's proof of work.
func worked(token, nonce string) bool {
	if len(nonce) == 0 || len(nonce) > 20 {
		return false
	}
	sum := sha256.Sum256([]byte(token + ":" + nonce))
	return bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:8])) >= workBits
}

// question is the form's plain question, for browsers without script; the answer
// follows from the token, so that nothing is kept.
func (s *Service) question(token, lang string) (text, answer string) {
	sum := s.mac("question", token)
	a, b := int(sum[0]%8)+2, int(sum[1]%8)+2
	zh := []rune("零一二三四五六七八九")
	en := []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	return w(string(zh[a])+"加"+string(zh[b])+"等于几？（填数字）", "What is "+en[a]+" plus "+en[b]+"? (a number)").In(lang), strconv.Itoa(a + b)
}

// human tells whether the form may have been filled in by somebody: its script
// worked for it, or the question was answered; and not faster than people type.
func (s *Service) human(ctx context.Context, token string, given int64, work, answer string) bool {
	if s.DB.NowIn(ctx)-given < s.Hurry {
		return false
	}
	_, want := s.question(token, "zh")
	return worked(token, work) || plainCode(answer) == want
}
