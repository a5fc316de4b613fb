package open311

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// sameBody is for how long the same POST of the same key is taken for a repeat of
// one whose answer was lost. An Idempotency-Key is remembered for keyKept.
const (
	sameBody = 10 * time.Minute
	keyKept  = 25 * time.Hour
)

// arrives reads a POST's body, finds out who asks, and lets it in. urgent looks at
// the fields.
func (c *call) arrives(urgent func() bool) (*access.Actor, error) {
	body, err := io.ReadAll(c.req.Body)
	if err != nil {
		return nil, unreadable.New().Because(err)
	}
	if c.form, err = parseForm(c.req, body); err != nil {
		return nil, unreadable.New()
	}
	actor, keyErr := c.key()
	if err := web.Admit(c.ctx, actor, actor != nil && urgent()); err != nil {
		return nil, err
	}
	if keyErr == nil && actor == nil {
		keyErr = noKey.New()
	}
	return actor, keyErr
}

// report takes a POST of requests.
func (c *call) report() error {
	rules := c.Rules()
	var s *Service
	danger := ""
	actor, err := c.arrives(func() bool {
		s = service(rules, first(c.form, "service_code"))
		danger = rules.Danger(c.form.Get("description"))
		return s != nil && s.Grade == critical || danger != ""
	})
	if err != nil {
		return err
	}
	scope, err := access.Needs(access.CaseReport).Authorize(actor, c.Today())
	if err != nil {
		return notAllowed.New()
	}
	code := first(c.form, "service_code")
	switch {
	case code == "":
		return missing.New("name", "service_code")
	case s == nil:
		return noService.New("code", code)
	}
	in, err := c.matter(s)
	if err != nil {
		return err
	}
	if in.Grade = s.Grade; danger == critical || danger != "" && in.Grade == "general" {
		in.Grade = danger // triage may lower it; nothing here misses it
	}
	number, repeated := testNumber, false
	if !c.dry {
		if number, repeated, err = c.once(actor, func(ctx context.Context, keep func(*store.Tx, string) error) (string, error) {
			in.OnWrite = func(tx *store.Tx, _ int64, number string) error { return keep(tx, number) }
			return c.Cases.Report(ctx, scope, in)
		}); err != nil {
			return err
		}
	}
	if repeated {
		c.w.Header()["Idempotency-Replayed"] = []string{"true"}
	}
	notice := errs.Words{ZH: "已收到，可凭编号查询进展。", EN: "Received; follow it by its number."}
	if c.dry {
		notice = errs.Words{ZH: "测试入口：内容无误，没有登记。", EN: "Test endpoint: the request is right; nothing was kept."}
	}
	return c.answer("service_requests", list{"request", []any{record{{"service_request_id", number}, {"service_notice", notice.In(c.lang)}, {"account_id", first(c.form, "account_id")}}}})
}

const (
	critical   = "critical"
	testNumber = "TEST"
)

// matter reads what is reported.
func (c *call) matter(s *Service) (Report, error) {
	in := Report{Service: s, Text: strings.TrimSpace(c.form.Get("description")), Address: first(c.form, "address_string"), Phone: first(c.form, "phone"), Contact: first(c.form, "email"),
		Name: fullName(first(c.form, "first_name"), first(c.form, "last_name")), Link: first(c.form, "media_url"), Answers: map[string][]string{}}
	if n := utf8.RuneCountInString(in.Text); n > 4000 {
		return in, invalid("description", "不能超过 4000 字", "at most 4,000 characters")
	}
	if in.Text == "" { // it is optional: the service says what it is about
		in.Text = s.Name.ZH
	}
	if in.Link != "" && !webLink(in.Link) {
		return in, invalid("media_url", "应为 http 或 https 网址，最多 2000 字", "an http or https address of at most 2,000 characters")
	}
	given := attributes(c.form)
	for _, q := range s.Questions { // codes that nobody asked for are passed over
		if v := given[q.Code]; len(v) > 0 {
			in.Answers[q.Code] = v
		}
	}
	var err error
	in.Place, err = c.place(in.Address)
	return in, err
}

// place finds where it is: lat and long go before the address, that before its id.
func (c *call) place(address string) (Place, error) {
	lat, long, id := first(c.form, "lat"), first(c.form, "long"), first(c.form, "address_id")
	if long == "" {
		long = first(c.form, "lng") // some programs
	}
	switch {
	case lat != "" || long != "":
		y, err := coordinate("lat", lat, 90)
		if err != nil {
			return Place{}, err
		}
		x, err := coordinate("long", long, 180)
		return Place{Lon: x, Lat: y}, err
	case address != "":
		if p, ok := c.Map.Find(address); ok {
			return p, nil
		}
		if id == "" {
			return Place{}, placeVague.New()
		}
	case id == "":
		return Place{}, noPlace.New()
	}
	if p, ok := c.Map.ByID(id); ok {
		return p, nil
	}
	return Place{}, unknownArea.New()
}

func coordinate(name, s string, most float64) (float64, error) {
	if s == "" {
		return 0, missing.New("name", name)
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > most {
		return 0, invalid(name, "应为 WGS 84 度数", "degrees in WGS 84")
	}
	return v, nil
}

// webLink tells whether the text is a link that a page may show. Nobody fetches it.
func webLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= 2000 && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// fullName joins the names as their script does: 王小明, Ann Lee.
func fullName(given, family string) string {
	for _, r := range given + family {
		if r >= 0x2e80 {
			return family + given
		}
	}
	return strings.TrimSpace(given + " " + family)
}

// once does the command unless it was done: under the same Idempotency-Key, or,
// without one, with the same fields within sameBody. do gets what keeps the
// number in the same transaction as the effect.
func (c *call) once(actor *access.Actor, do func(ctx context.Context, keep func(*store.Tx, string) error) (string, error)) (number string, repeated bool, err error) {
	at := home(actor)
	print := fingerprint(actor.Account, c.req.URL.Path, c.form)
	k, within := print, sameBody
	if key := c.req.Header.Get("Idempotency-Key"); key != "" {
		k, within = fingerprint(actor.Account, "key", url.Values{"key": {key}}), keyKept
	}
	type done struct {
		number   string
		repeated bool
	}
	v, err, _ := c.flight.Do(string(k[:]), func() (any, error) {
		// Others may wait for it too: it goes on when the first one's caller goes away.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), 20*time.Second)
		defer cancel()
		if c.recent.has(k) {
			if number, err := c.kept(ctx, at, k, print, within); err != nil || number != "" {
				return done{number, true}, err
			}
		}
		for again := false; ; again = true {
			number, err := do(ctx, func(tx *store.Tx, number string) error {
				tx.Append(onceTable, at, k[:], print[:], tx.Now(), number)
				return nil
			})
			if !store.IsDuplicate(err) || again {
				if err == nil {
					c.recent.add(k)
				}
				return done{number, false}, err
			}
			if number, err := c.kept(ctx, at, k, print, within); err != nil || number != "" {
				return done{number, true}, err
			}
			if err := c.forget(ctx, at, k); err != nil { // it was long ago: a new matter
				return done{}, err
			}
		}
	})
	if err != nil {
		return "", false, err
	}
	d := v.(done)
	return d.number, d.repeated, nil
}

// fingerprint is of who says what where; the key's own text is no part of it.
func fingerprint(account int64, path string, form url.Values) (k [16]byte) {
	var b bytes.Buffer
	b.WriteString(strconv.FormatInt(account, 10))
	b.WriteByte(0)
	head, _, _ := strings.Cut(path, ".") // the same in the other format is the same
	b.WriteString(head)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name == "api_key" {
			continue
		}
		b.WriteByte(1)
		b.WriteString(name)
		for _, v := range form[name] {
			b.WriteByte(2)
			b.WriteString(v)
		}
	}
	sum := sha256.Sum256(b.Bytes())
	copy(k[:], sum[:])
	return k
}
