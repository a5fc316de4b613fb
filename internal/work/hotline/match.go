package hotline

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// The verdicts of a comparison.
const (
	Equal   = "equal"
	Theirs  = "theirs"  // they list it, we have not got it
	Ours    = "ours"    // we have it, they do not list it
	Differs = "differs" // both have it, and do not say the same
)

// Verdicts lists them in the order in which the desk shows them.
var Verdicts = []string{Theirs, Ours, Differs, Equal}

// Reason says how the two sides of an order differ.
type Reason struct {
	Code   string `json:"code" enum:"missing_here,missing_there,state,limit,unanswered,unacknowledged"`
	Theirs string `json:"theirs,omitempty"`
	Ours   string `json:"ours,omitempty"`
}

// Pair is an order as both sides have it.
type Pair struct {
	Day        int
	Number     string
	Verdict    string
	Reasons    []Reason
	Theirs     *Matter // nil if they do not list it
	Order      *Order  // nil if we have not got it
	ComparedAt int64
}

var matchTable = &store.Table{Name: "hotline_match", Cols: []string{"district", "day", "number", "verdict", "reasons", "theirs", "order_id", "area", "street", "community", "compared_at"}}

// Listed is a row of their list of a day.
type Listed struct{ Matter Matter }

// side is what our side of an order comes to, in the words of their states.
func (o *Order) side() string {
	switch {
	case o.State == Recalled:
		return "recalled"
	case o.Said == SayReturned:
		return "returned"
	case o.Said == SayReply || o.Said == SayOutcome:
		return "answered"
	}
	return "open"
}

// compare says how the two sides of an order differ.
func compare(theirs *Matter, o *Order, x *Exchange) (string, []Reason) {
	switch {
	case o == nil:
		return Theirs, []Reason{{Code: "missing_here"}}
	case theirs == nil:
		return Ours, []Reason{{Code: "missing_there"}}
	}
	reasons := []Reason{}
	side, known := x.States[theirs.Status]
	if known && side != o.side() && !(side == "open" && o.Said != o.Acked) {
		reasons = append(reasons, Reason{Code: "state", Theirs: theirs.Status, Ours: o.side()})
	}
	if o.Said != o.Acked && (o.side() == "answered" || o.side() == "returned") {
		reasons = append(reasons, Reason{Code: "unacknowledged", Theirs: theirs.Status, Ours: o.Said})
	}
	if theirs.DueAt != 0 && theirs.DueAt != o.DueAt {
		reasons = append(reasons, Reason{Code: "limit", Theirs: strconv.FormatInt(theirs.DueAt, 10), Ours: strconv.FormatInt(o.DueAt, 10)})
	}
	if len(reasons) > 0 {
		return Differs, reasons
	}
	return Equal, reasons
}

// Compare puts their list of a day beside ours and keeps the result.
func (s *Service) Compare(ctx context.Context, day int, list []Listed) error {
	set, err := s.now(ctx)
	if err != nil {
		return err
	}
	rows, err := s.DB.Query(ctx, orderSelect+"o.day = ?", day)
	ours, err := store.All(rows, err, scanOrder)
	if err != nil {
		return err
	}
	byNumber := map[string]*Order{}
	for _, o := range ours {
		byNumber[o.Number] = o
	}
	pairs := map[string]*Pair{}
	for i := range list {
		m := &list[i].Matter
		if m.Number == "" {
			continue
		}
		o := byNumber[m.Number]
		if o == nil { // it may have come on another day
			if o, err = s.orderByNumber(ctx, m.Number); errs.Is(err, errs.NotFound) {
				o, err = nil, nil
			}
			if err != nil {
				return err
			}
		}
		p := &Pair{Number: m.Number, Theirs: m, Order: o}
		p.Verdict, p.Reasons = compare(m, o, &set.exchange)
		pairs[m.Number] = p
	}
	for _, o := range ours {
		if pairs[o.Number] == nil {
			p := &Pair{Number: o.Number, Order: o}
			p.Verdict, p.Reasons = compare(nil, o, &set.exchange)
			pairs[o.Number] = p
		}
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec("DELETE FROM hotline_match WHERE district = 0 AND day = ?", day); err != nil {
			return err
		}
		for _, p := range pairs {
			reasons, err := json.Marshal(p.Reasons)
			if err != nil {
				return err
			}
			theirs := []byte("{}")
			if p.Theirs != nil {
				if theirs, err = json.Marshal(p.Theirs); err != nil {
					return err
				}
			}
			o := p.Order
			if o == nil {
				o = &Order{Matter: *p.Theirs}
				o.describe(&set.exchange)
			}
			tx.Append(matchTable, 0, day, p.Number, p.Verdict, string(reasons), string(theirs), o.ID, o.Area, o.Street, o.Community, tx.Now())
		}
		return nil
	})
}

// CompareDay asks the platform for its list of the day and compares.
func (s *Service) CompareDay(ctx context.Context, day int) error {
	set, err := s.now(ctx)
	if err != nil {
		return err
	}
	ask := &set.exchange.List
	if ask.URL == "" {
		return badSetting("list.url", "没有配置对方清单的地址，请上传清单文件", "the address of their list is not configured; upload the list as a file")
	}
	text := calendar.DayText(day)
	var all []Listed
	for page := 1; page <= 1000; page++ {
		rows, _, err := s.page(ctx, ask, page, "", text)
		if err != nil {
			return errs.Unavailable.New().Because(err)
		}
		for _, row := range rows {
			columns, cells, err := flatten(row)
			if err != nil {
				return err
			}
			m, _, err := s.Rows.Read(set.mapping, columns, cells)
			if err != nil {
				return err
			}
			all = append(all, Listed{Matter: *m})
		}
		if ask.Page == "" || len(rows) < max(ask.Size, 1) {
			break
		}
	}
	return s.Compare(ctx, day, all)
}

// Daily compares yesterday, once, when the platform's list is configured.
func (s *Service) Daily(ctx context.Context) error {
	set, err := s.now(ctx)
	if err != nil || !set.exchange.List.On {
		return err
	}
	day := s.day(s.DB.Now() - (24 * time.Hour).Microseconds())
	var n int
	if err := s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM hotline_pull WHERE district = 0 AND name = 'list' AND place = ?", strconv.Itoa(day)).Scan(&n); err != nil || n > 0 {
		return err
	}
	if err := s.CompareDay(ctx, day); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO hotline_pull (district, name, place, asked_at, answered_at, next_at, failures, error, taken) VALUES (0, 'list', ?, ?, ?, 0, 0, '', 0)
			ON CONFLICT (district, name) DO UPDATE SET place = excluded.place, asked_at = excluded.asked_at, answered_at = excluded.answered_at`, strconv.Itoa(day), tx.Now(), tx.Now())
		return err
	})
}

var matchScope = access.Cols{District: "m.area", Street: "m.street", Community: "m.community"}

// matchWhere is the one predicate of the list of pairs and their count: days and
// verdict ("open": all but equal).
func matchWhere(scope access.Scope, from, to int, verdict string) (string, []any) {
	sql, args := scope.Where(matchScope)
	sql, args = "m.district = 0 AND m.day >= ? AND m.day <= ? AND "+sql, append([]any{from, to}, args...)
	switch verdict {
	case "":
	case "open":
		sql += " AND m.verdict <> 'equal'"
	default:
		sql, args = sql+" AND m.verdict = ?", append(args, verdict)
	}
	return sql, args
}

const matchFrom = " FROM hotline_match m WHERE "

// Pairs lists what a comparison found, by day and number, after the pair given.
func (s *Service) Pairs(ctx context.Context, scope access.Scope, from, to int, verdict string, afterDay int, afterNumber string, limit int) ([]*Pair, error) {
	where, args := matchWhere(scope, from, to, verdict)
	if afterDay != 0 {
		where, args = where+" AND (m.day < ? OR m.day = ? AND m.number > ?)", append(args, afterDay, afterDay, afterNumber)
	}
	type found struct {
		p     *Pair
		order int64
	}
	rows, err := s.DB.Query(ctx, "SELECT m.day, m.number, m.verdict, m.reasons, m.theirs, m.order_id, m.compared_at"+matchFrom+where+" ORDER BY m.day DESC, m.number LIMIT ?", append(args, limit)...)
	list, err := store.All(rows, err, func(r *sql.Rows) (f found, err error) {
		f.p = &Pair{}
		var reasons, theirs string
		if err := r.Scan(&f.p.Day, &f.p.Number, &f.p.Verdict, &reasons, &theirs, &f.order, &f.p.ComparedAt); err != nil {
			return f, err
		}
		if theirs != "{}" {
			f.p.Theirs = &Matter{}
			err = json.Unmarshal([]byte(theirs), f.p.Theirs)
		}
		return f, errors.Join(err, json.Unmarshal([]byte(reasons), &f.p.Reasons))
	})
	if err != nil {
		return nil, err
	}
	out := make([]*Pair, len(list))
	for i, f := range list {
		out[i] = f.p
		if f.order != 0 {
			rows, err := s.DB.Query(ctx, orderSelect+"o.id = ?", f.order)
			if f.p.Order, err = one(store.All(rows, err, scanOrder)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// CountPairs is how many pairs there are of each verdict: the rows of Pairs.
func (s *Service) CountPairs(ctx context.Context, scope access.Scope, from, to int) (map[string]int64, error) {
	where, args := matchWhere(scope, from, to, "")
	counts := map[string]int64{}
	for _, v := range Verdicts {
		counts[v] = 0
	}
	rows, err := s.DB.Query(ctx, "SELECT m.verdict, COUNT(*)"+matchFrom+where+" GROUP BY m.verdict", args...)
	_, err = store.All(rows, err, func(r *sql.Rows) (x struct{}, err error) {
		var v string
		var n int64
		err = r.Scan(&v, &n)
		counts[v] = n
		return x, err
	})
	return counts, err
}

// Settle does what ends a difference – takes their order in, or says our last
// message again – and compares the pair anew.
func (s *Service) Settle(ctx context.Context, scope access.Scope, day int, number string) (*Pair, error) {
	list, err := s.Pairs(ctx, scope, day, day, "open", 0, "", 100_000)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(p *Pair) bool { return p.Number == number })
	if i < 0 {
		return nil, errs.NotFound.New()
	}
	p := list[i]
	set, err := s.now(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case p.Order == nil:
		in := &Incoming{Via: ViaList, Matter: *p.Theirs, Digest: "list|" + strconv.Itoa(day) + "|" + number, person: &scope}
		in.Matter.Kind = ""
		if _, err := s.Take(ctx, in); err != nil {
			return nil, err
		}
	case p.Order.Said == "":
		return nil, errNotNow.New()
	default:
		if err := s.sayAgain(ctx, scope, p.Order); err != nil {
			return nil, err
		}
	}
	if p.Order, err = s.orderByNumber(ctx, number); err != nil {
		return nil, err
	}
	p.Verdict, p.Reasons = compare(p.Theirs, p.Order, &set.exchange)
	reasons, err := json.Marshal(p.Reasons)
	if err != nil {
		return nil, err
	}
	return p, s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE hotline_match SET verdict = ?, reasons = ?, order_id = ?, compared_at = ? WHERE district = 0 AND day = ? AND number = ?", p.Verdict, string(reasons), p.Order.ID, tx.Now(), day, number)
		return err
	})
}

// sayAgain puts the last message about the order into the outbox once more.
func (s *Service) sayAgain(ctx context.Context, scope access.Scope, o *Order) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		var payload string
		err := tx.QueryRow("SELECT payload FROM outbox WHERE district = ? AND channel = ? AND line = ? AND topic = ? ORDER BY id DESC LIMIT 1", o.line(), ChannelName, o.Number, "hotline."+o.Said).Scan(&payload)
		if errors.Is(err, sql.ErrNoRows) {
			return errNotNow.New()
		}
		if err != nil {
			return err
		}
		var m message
		if err := json.Unmarshal([]byte(payload), &m); err != nil {
			return err
		}
		now := *o
		now.Acked = ""
		if err := now.say(tx, o.Said, "again|"+strconv.Itoa(o.Version), m.Values); err != nil {
			return err
		}
		if err := save(tx, &now, false); err != nil {
			return err
		}
		return record(tx, scope, &now, "again", map[string]any{"number": o.Number, "kind": o.Said})
	})
}
