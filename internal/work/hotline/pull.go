package hotline

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"linli/internal/kernel/store"
)

// Pulled is how the asking of the platform stands.
type Pulled struct {
	Place      string // the cursor that the platform gave
	AskedAt    int64  // microseconds UTC
	AnsweredAt int64
	NextAt     int64
	Failures   int // since it last answered
	Error      string
	Taken      int64 // messages taken in, ever
}

// The longest pause after failures, and the pages that one round asks for.
const (
	longestPause = time.Hour
	mostPages    = 50
)

// Pulling is how the asking stands.
func (s *Service) Pulling(ctx context.Context) (p Pulled, err error) {
	err = s.DB.QueryRow(ctx, "SELECT place, asked_at, answered_at, next_at, failures, error, taken FROM hotline_pull WHERE district = 0 AND name = 'orders'").
		Scan(&p.Place, &p.AskedAt, &p.AnsweredAt, &p.NextAt, &p.Failures, &p.Error, &p.Taken)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return p, err
}

func (s *Service) pulled(ctx context.Context, p Pulled) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO hotline_pull (district, name, place, asked_at, answered_at, next_at, failures, error, taken) VALUES (0, 'orders', ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (district, name) DO UPDATE SET place = excluded.place, asked_at = excluded.asked_at, answered_at = excluded.answered_at, next_at = excluded.next_at,
			failures = excluded.failures, error = excluded.error, taken = excluded.taken`, p.Place, p.AskedAt, p.AnsweredAt, p.NextAt, p.Failures, p.Error, p.Taken)
		return err
	})
}

// Pull asks the platform for new orders, if it is time. The cursor moves only
// when every order of a page is durable here; the platform is told after that.
// Failures are kept and make the pauses longer; they are no error of Pull.
func (s *Service) Pull(ctx context.Context) error {
	set, err := s.now(ctx)
	if err != nil || !set.exchange.Pull.On {
		return err
	}
	p, err := s.Pulling(ctx)
	if err != nil || s.DB.Now() < p.NextAt {
		return err
	}
	ask := &set.exchange.Pull
	every := time.Duration(max(ask.Every, 10)) * time.Second
	p.AskedAt = s.DB.Now()
	err = s.pages(ctx, ask, &p, set)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	pause := every
	if err != nil {
		p.Failures++
		p.Error = cut(err.Error(), 300)
		pause = min(every<<min(p.Failures-1, 12), longestPause)
	} else {
		p.Failures, p.Error, p.AnsweredAt = 0, "", s.DB.Now()
	}
	p.NextAt = s.DB.Now() + max(pause, every).Microseconds()
	return s.pulled(ctx, p)
}

func cut(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}

// pages takes in page after page.
func (s *Service) pages(ctx context.Context, ask *Ask, p *Pulled, set *inForce) error {
	var unread error // an order that could not be read is shown; the comparison of the day finds it again
	for page := 1; page <= mostPages; page++ {
		list, answer, err := s.page(ctx, ask, page, p.Place, "")
		if err != nil {
			return err
		}
		var have []string
		for _, row := range list {
			number, err := s.takeRow(ctx, set.mapping, row, ViaPull)
			switch {
			case err == nil:
				have = append(have, number)
				p.Taken++
			case !refused(err): // ours, not theirs: the same page again
				return err
			default:
				unread = fmt.Errorf("hotline: an order could not be read: %w", err)
			}
		}
		if ask.AckURL != "" && len(have) > 0 {
			body, err := json.Marshal(map[string]any{"orders": have})
			if err != nil {
				return err
			}
			status, _, err := s.do(ctx, client(ask.AckURL), http.MethodPost, ask.AckURL, ask.Headers, body, ask.Signed)
			if err != nil || status > 299 {
				return errors.Join(fmt.Errorf("hotline: the acknowledgement was answered %d", status), err)
			}
		}
		next := ""
		if ask.Next != "" {
			if next = textAt(answer, ask.Next); next != "" {
				p.Place = next
			}
		}
		more := len(list) > 0 && (ask.Page != "" && len(list) >= max(ask.Size, 1) || next != "")
		if !more {
			return unread
		}
	}
	return unread
}

// page asks for one page and gives its rows.
func (s *Service) page(ctx context.Context, ask *Ask, page int, place, day string) (list []map[string]any, answer any, err error) {
	u, err := url.Parse(ask.URL)
	if err != nil {
		return nil, nil, err
	}
	q := u.Query()
	for k, v := range ask.Query {
		if v, err = s.secret(v); err != nil {
			return nil, nil, err
		}
		q.Set(k, v)
	}
	put := func(name, v string) {
		if name != "" && v != "" {
			q.Set(name, v)
		}
	}
	put(ask.Page, strconv.Itoa(page))
	if ask.Size > 0 {
		put(ask.SizeBy, strconv.Itoa(ask.Size))
	}
	put(ask.Cursor, place)
	put(ask.DayBy, day)
	u.RawQuery = q.Encode()
	status, answer, err := s.do(ctx, client(ask.URL), http.MethodGet, u.String(), ask.Headers, nil, ask.Signed)
	if err != nil {
		return nil, nil, err
	}
	if status < 200 || status > 299 {
		return nil, nil, fmt.Errorf("hotline: the platform answered %d", status)
	}
	rows, ok := at(answer, ask.List).([]any)
	if !ok {
		return nil, nil, fmt.Errorf("hotline: the answer has no list at %q", ask.List)
	}
	for _, r := range rows {
		m, ok := r.(map[string]any)
		if !ok {
			return nil, nil, fmt.Errorf("hotline: the list at %q holds something that is no object", ask.List)
		}
		list = append(list, m)
	}
	return list, answer, nil
}

// takeRow takes in an order of a list and returns its number.
func (s *Service) takeRow(ctx context.Context, mapping json.RawMessage, row map[string]any, via string) (string, error) {
	columns, cells, err := flatten(row)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(row) // keys come out sorted
	if err != nil {
		return "", err
	}
	in, err := s.read(mapping, columns, cells, DigestOf(raw))
	if err != nil {
		return "", err
	}
	in.Via = via
	out, err := s.Take(ctx, in)
	return out.Number, err
}
