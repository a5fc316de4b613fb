package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"linli/internal/kernel/errs"
)

// Argon2id at OWASP's first recommendation: 19 MiB, two passes, one lane.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32

	passwordMin = 10  // characters
	passwordMax = 128 // characters
	hashQueue   = 256 // hashings that may wait; more callers are told to come back
)

//go:embed common.txt
var commonList string

var common = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(commonList) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			m[line] = true
		}
	}
	return m
})

// checkPassword refuses passwords that are short, hold the login, or are the
// first that anybody tries.
func checkPassword(field, password, login string) error {
	weak := func(zh, en string) error { return WeakPassword.New("why", errs.Words{ZH: zh, EN: en}).In(field) }
	n := utf8.RuneCountInString(password)
	lower := strings.ToLower(password)
	switch {
	case password == "":
		return errs.Required.New().In(field)
	case !utf8.ValidString(password):
		return weak("含有无法识别的字符", "it holds unreadable characters")
	case n < passwordMin:
		return weak("至少需要 10 个字符", "it needs at least 10 characters")
	case n > passwordMax:
		return errs.TooLong.New("max", passwordMax).In(field)
	case len(login) >= 3 && strings.Contains(lower, login):
		return weak("不能包含登录名", "it must not contain the login")
	case common()[lower]:
		return weak("太常见", "it is too common")
	}
	distinct := map[rune]bool{}
	steps := 0 // neighbours that follow each other like 1234 or dcba
	var last rune
	for i, r := range []rune(lower) {
		distinct[r] = true
		if i > 0 && (r-last == 1 || last-r == 1) {
			steps++
		}
		last = r
	}
	if len(distinct) < 5 || steps >= n-2 {
		return weak("过于简单", "it is too simple")
	}
	return nil
}

// hasher computes argon2id hashes, a few at a time, so that memory stays
// bounded however many people sign in at once.
type hasher struct {
	slots chan struct{} // running
	queue chan struct{} // running and waiting
	dummy func() string // a hash of nothing anybody knows, for logins without one
}

func newHasher() *hasher {
	h := &hasher{
		slots: make(chan struct{}, min(max(2, runtime.NumCPU()), 4)),
		queue: make(chan struct{}, hashQueue),
	}
	h.dummy = sync.OnceValue(func() string { return encode(rand.Text(), salt()) })
	go h.dummy() // so that the first unknown login costs no more than the next
	return h
}

func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.queue <- struct{}{}:
	default:
		return errs.Busy.New("seconds", 2)
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		<-h.queue
		return ctx.Err()
	}
}

func (h *hasher) leave() { <-h.slots; <-h.queue }

// hash is the PHC string of the password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	return encode(password, salt()), nil
}

// match compares; an empty hash costs the same as any other and never matches.
func (h *hasher) match(ctx context.Context, password, phc string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	known := phc != ""
	if !known {
		phc = h.dummy()
	}
	same, err := compare(password, phc)
	return same && known, err
}

func salt() []byte {
	b := make([]byte, argonSalt)
	_, _ = rand.Read(b) // never fails; see crypto/rand
	return b
}

func encode(password string, salt []byte) string {
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

func compare(password, phc string) (bool, error) {
	parts := strings.Split(phc, "$")
	damaged := fmt.Errorf("identity: damaged password hash")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, damaged
	}
	var m, t uint32
	var p uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil || m > 1<<20 || t == 0 || t > 100 || p == 0 {
		return false, damaged
	}
	s, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) < 16 || len(want) > 64 {
		return false, damaged
	}
	got := argon2.IDKey([]byte(password), s, t, m, p, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// oneTimePassword is one to be read out or copied once: 80 random bits.
func oneTimePassword() string {
	s := strings.ToLower(rand.Text()[:16])
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
}
