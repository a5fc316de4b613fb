package resident

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// letters of follow-up codes: none looks like another when written by hand.
const letters = "34679ACDEFGHJKLMNPQRTUVWXY"

// codeLen letters are 56 bits; a stolen hash cannot be tried without the key.
const codeLen = 12

// The uses of the key.
const (
	useCode   = "code"
	useHash   = "hash"
	useForm   = "form"
	useFollow = "follow"
	useSource = "source"
)

func (s *Service) mac(use string, parts ...string) []byte {
	m := hmac.New(sha256.New, s.Key)
	for _, p := range append([]string{use}, parts...) {
		m.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		m.Write([]byte(p))
	}
	return m.Sum(nil)
}

// codeOf is the follow-up code of the report that came by the form. Only whoever
// has the form gets it, and gets the same again when an answer was lost.
func (s *Service) codeOf(form string) string {
	sum := s.mac(useCode, form)
	n := binary.BigEndian.Uint64(sum)
	var b strings.Builder
	for i := range codeLen {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[n%uint64(len(letters))])
		if n /= uint64(len(letters)); i == codeLen/2-1 { // fresh bits for the second half
			n = binary.BigEndian.Uint64(sum[8:])
		}
	}
	return b.String()
}

// plainCode is a code as it is compared: capitals without hyphens and blanks.
func plainCode(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'ａ' <= r && r <= 'ｚ':
			return r - 'ａ' + 'A'
		case 'Ａ' <= r && r <= 'Ｚ' || '０' <= r && r <= '９':
			return r - 0xFEE0
		case 'A' <= r && r <= 'Z' || '0' <= r && r <= '9':
			return r
		}
		return -1
	}, text)
}

func (s *Service) hashOf(code string) []byte { return s.mac(useHash, plainCode(code)) }

// Tries of wrong codes for one number: after most of them within the span the
// number answers as if it did not exist until the span has passed.
const (
	wrongMost = 10
	wrongSpan = 15 * 60 * 1_000_000
)

// unknown answers for a number that does not exist, a wrong code and too many
// tries alike, so that nobody learns which it was.
var unknown = errs.Declare("follow_unknown", 404, "编号或查询码不对，请核对后再试。连续输错时，请过 15 分钟再试。", "The number or the code is not right. After several wrong tries, please wait 15 minutes.")

type follow struct {
	code    []byte
	wrong   int
	wrongAt int64
	notices int
}

func (s *Service) followOf(ctx context.Context, ref Ref) (f follow, err error) {
	err = s.DB.QueryRow(ctx, "SELECT code, wrong, wrong_at, notices FROM resident_report WHERE district = ? AND case_id = ?", ref.District, ref.ID).Scan(&f.code, &f.wrong, &f.wrongAt, &f.notices)
	if errors.Is(err, sql.ErrNoRows) {
		return f, errs.NotFound.New()
	}
	return f, err
}

// open proves by number and code whose case it is.
func (s *Service) open(ctx context.Context, number, code string) (Ref, error) {
	ref, err := s.Cases.Find(ctx, number)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return Ref{}, err
	}
	f := follow{code: make([]byte, sha256.Size)}
	if err == nil {
		if f, err = s.followOf(ctx, ref); err != nil && !errs.Is(err, errs.NotFound) {
			return Ref{}, err
		}
	}
	now := s.DB.NowIn(ctx)
	right := subtle.ConstantTimeCompare(s.hashOf(code), f.code) == 1 && len(plainCode(code)) == codeLen
	if err != nil || f.wrong >= wrongMost && now-f.wrongAt < wrongSpan {
		return Ref{}, unknown.New()
	}
	if right {
		if f.wrong == 0 {
			return ref, nil
		}
		return ref, s.tried(ctx, ref, 0, 0)
	}
	if now-f.wrongAt >= wrongSpan {
		f.wrong = 0
	}
	if err := s.tried(ctx, ref, f.wrong+1, now); err != nil {
		return Ref{}, err
	}
	return Ref{}, unknown.New()
}

func (s *Service) tried(ctx context.Context, ref Ref, wrong int, at int64) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE resident_report SET wrong = ?, wrong_at = ? WHERE district = ? AND case_id = ?", wrong, at, ref.District, ref.ID)
		return err
	})
}

// token is a signed text that ends: the form that a page gave out, or the proof
// that somebody may follow a case.
func (s *Service) token(use, what string, until int64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(until))
	body := string(b[:]) + what
	return base64.RawURLEncoding.EncodeToString(append([]byte(body), s.mac(use, body)[:16]...))
}

// tokenIs opens a token; false if it was not made here or has ended.
func (s *Service) tokenIs(use, token string, now int64) (what string, until int64, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 24 || len(token) > 400 {
		return "", 0, false
	}
	body, sum := string(raw[:len(raw)-16]), raw[len(raw)-16:]
	until = int64(binary.BigEndian.Uint64([]byte(body[:8])))
	ok = hmac.Equal(sum, s.mac(use, body)[:16]) && until > now
	return body[8:], until, ok
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
