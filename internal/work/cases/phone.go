package cases

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/offline"
	"linli/internal/kernel/store"
)

// Phones is what the room asks of the phones' sync.
type Phones interface {
	// Made is what the author's command made; offline.Wait if it has not come.
	Made(ctx context.Context, c *offline.Command, report offline.UUID) (offline.Effect, error)
}

// Kinds are the commands by which phones report and act.
func (s *Service) Kinds(phones Phones) []offline.Kind {
	return []offline.Kind{
		{Name: "case.report", Fact: true, Perms: []access.Perm{access.CaseReport}, Do: s.reportFromPhone},
		{Name: "case.act", Perms: acting, Do: func(ctx context.Context, scope access.Scope, c *offline.Command) error {
			return s.actFromPhone(ctx, scope, c, phones)
		}},
	}
}

type phoneReport struct {
	ReportBody
	Visit  string   `json:"visit,omitempty"`  // the visit on which it was found, by its command
	Photos []string `json:"photos,omitempty"` // uploads by the phone's own ids
}

func (s *Service) reportFromPhone(ctx context.Context, scope access.Scope, c *offline.Command) error {
	var b phoneReport
	if err := offline.Decode(c, &b); err != nil {
		return err
	}
	r, err := b.report()
	if err != nil {
		return err
	}
	r.Channel, r.OccurredAt = cmp.Or(r.Channel, "grid_worker"), cmp.Or(r.OccurredAt, c.At)
	r.Awaits = b.Photos
	r.OnWrite = func(tx *store.Tx, made *Case) error {
		if b.Visit != "" && s.Visited != nil {
			if err := s.Visited(tx, made.District, b.Visit, made.ID); err != nil {
				return err
			}
		}
		return c.Done(tx, offline.Effect{ObjectID: made.ID, Number: made.Number, Version: made.Version})
	}
	_, err = s.Report(ctx, scope, r)
	return err
}

type phoneAct struct {
	Case   int64    `json:"case,omitempty"`
	Report string   `json:"report,omitempty"` // the command that reported it, of the same author
	Action string   `json:"action"`
	Fields ActBody  `json:"fields,omitempty"`
	Photos []string `json:"photos,omitempty"`
}

// actFromPhone acts on the case as its author saw it. What others did meanwhile
// is no matter as long as the case stands where it stood; otherwise both wishes
// are kept, and who leads the community decides.
func (s *Service) actFromPhone(ctx context.Context, scope access.Scope, c *offline.Command, phones Phones) error {
	var b phoneAct
	if err := offline.Decode(c, &b); err != nil {
		return err
	}
	id, base := b.Case, c.Base
	if b.Report != "" {
		report, ok := offline.ParseUUID(b.Report)
		if !ok {
			return errs.NotFound.New().In("report")
		}
		made, err := phones.Made(ctx, c, report)
		if err != nil {
			return err
		}
		id, base = made.ObjectID, max(base, made.Version)
	}
	if base < 1 {
		return errs.Required.New("field", w("版本", "version")).In("base")
	}
	b.Fields.Action = b.Action
	act, err := b.Fields.act(base)
	if err != nil {
		return err
	}
	act.Awaits = b.Photos
	number := ""
	act.OnCase = func(tx *store.Tx, now *Case) error {
		number = now.Number
		return c.Done(tx, offline.Effect{ObjectID: now.ID, Number: number, Version: now.Version})
	}
	for range 3 { // others may act while this one is tried
		_, err = s.Act(ctx, scope, id, act)
		if !errs.Is(err, errs.Stale) {
			return err
		}
		now, units, moved, e := s.movedSince(ctx, scope, id, base)
		if e != nil {
			return e
		}
		if moved && !c.Decided {
			name := Life.NameOf(act.Action)
			return &offline.Clash{Target: now.Target(units), ObjectID: id, Fields: []string{"status"},
				Theirs: map[string]any{"status": now.Status, "version": now.Version},
				Mine:   map[string]any{"action": map[string]string{"zh": name.ZH, "en": name.EN}, "reason": act.Reason, "note": act.Note, "result": act.Result}}
		}
		act.Version = now.Version
	}
	return err
}

// movedSince tells whether the case changed its state since it had the version.
// Each act is one version and one instant of the log.
func (s *Service) movedSince(ctx context.Context, scope access.Scope, id int64, base int) (*Case, []Unit, bool, error) {
	read, err := scope.For(access.CaseRead)
	if err != nil {
		return nil, nil, false, errs.NotFound.New()
	}
	c, units, _, err := s.ByID(ctx, read, id)
	if err != nil {
		return nil, nil, false, err
	}
	type step struct {
		at          int64
		was, became flow.State
	}
	rows, err := s.DB.Query(ctx, "SELECT at, was, became FROM case_log WHERE district = ? AND case_id = ? ORDER BY seq DESC", c.District, c.ID)
	log, err := store.All(rows, err, func(r *sql.Rows) (st step, err error) {
		err = r.Scan(&st.at, &st.was, &st.became)
		return st, err
	})
	if err != nil {
		return nil, nil, false, err
	}
	acts, last := 0, int64(-1)
	for _, st := range log {
		if st.at != last {
			if acts++; acts > c.Version-base {
				break
			}
			last = st.at
		}
		if st.was != st.became {
			return c, units, true, nil
		}
	}
	return c, units, false, nil
}

// phoneCase is a case as phones keep it: the same for everybody who may read
// there, and nothing of who reported it.
type phoneCase struct {
	Number   string  `json:"number"`
	Title    string  `json:"title"`
	Text     string  `json:"text"`
	Status   string  `json:"status"`
	Channel  string  `json:"channel"`
	Grade    string  `json:"grade"`
	Category int64   `json:"category_id,omitempty"`
	Address  string  `json:"address,omitempty"`
	Lon      float64 `json:"lon,omitempty"`
	Lat      float64 `json:"lat,omitempty"`
	Lead     *Named  `json:"lead,omitempty"`
	Creator  int64   `json:"creator,omitempty"`
	Result   string  `json:"result,omitempty"`
	Reported int64   `json:"reported_at"` // microseconds
	Due      int64   `json:"due_at,omitempty"`
	Stage    int64   `json:"stage_due_at,omitempty"`
	Open     bool    `json:"open"`
	Checking bool    `json:"checking,omitempty"` // a check on site was asked for
}

// PhoneSource gives phones the open cases of a grid. Sealed and anonymous
// reports, complaints about a unit and matters that are personal by their kind
// stay off phones.
func (s *Service) PhoneSource() offline.Source {
	return offline.Source{Type: "case", Object: "case", Perm: access.CaseRead, Rows: s.phoneRows,
		Left: func(action string) bool {
			return action == "case.correct" || action == "case.own_correct" || action == "case.regrid"
		}}
}

func (s *Service) phoneRows(ctx context.Context, r store.Reader, at access.Target, ids []int64) ([]offline.Row, error) {
	q, args := "SELECT "+selectAll+" FROM cases c WHERE c.district = ? AND c.grid = ?", []any{at.District, at.Grid}
	if ids == nil {
		q += " AND c.street = ? AND c.open = 1"
		args = append(args, at.Street)
	} else {
		q += " AND c.id IN (?" + strings.Repeat(",?", len(ids)-1) + ")"
		for _, id := range ids {
			args = append(args, id)
		}
	}
	rows, err := r.Query(ctx, q+" ORDER BY c.id", args...)
	list, err := store.All(rows, err, func(r *sql.Rows) (*Case, error) { return scanCase(r) })
	if err != nil {
		return nil, err
	}
	private := s.Rules().Private()
	var out []offline.Row
	for _, c := range list {
		if c.Has(FlagSealed) || c.Has(FlagAnonymous) || c.Against != 0 || slices.Contains(private, c.Category) {
			continue
		}
		p := phoneCase{Number: c.Number, Title: c.Title, Text: c.Body, Status: string(c.Status), Channel: c.Channel, Grade: c.Grade, Category: c.Category, Address: c.Address, Lon: c.Lon, Lat: c.Lat,
			Creator: c.Creator, Result: c.Result, Reported: c.ReportedAt, Due: c.DueAt, Stage: c.StageDueAt, Open: bool(c.Open), Checking: c.Has(FlagCheck)}
		if n, ok := s.People.Org(c.Lead); ok && c.Lead != 0 {
			p.Lead = &n
		}
		out = append(out, offline.Row{ID: c.ID, Version: c.Version, Row: p})
	}
	return out, nil
}
