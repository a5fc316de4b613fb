package app

import (
	"cmp"
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/work/cases"
	"linli/internal/work/classify"
	"linli/internal/work/open311"
	"linli/internal/work/rulebook"
)

func (a *App) open311() *open311.Room {
	services := &services{danger: func(text string) []classify.Alarm { return a.sorting().Alarms(text) }}
	return &open311.Room{DB: a.DB, Map: addresses{a.Atlas}, Cases: outside{a}, Keys: a.Identity, Today: a.Today, Config: a.opt.Open311,
		Unit:  a.unitOf,
		Rules: func() open311.Rules { return services.of(a.Rulebook.Current(a.DB.Now())) },
		Zone:  func() *time.Location { return a.Rulebook.Current(a.DB.Now()).Calendar().Location() }}
}

// unitOf is what a service account may do to cases, and for which units.
func (a *App) unitOf(login string) (access.Scope, []int64, error) {
	dir := a.Identity.Directory()
	id, posts := dir.ByLogin(login)
	who := &access.Actor{Account: id, Login: login, Name: dir.AccountName(id), Lang: "zh", Posts: posts}
	scope, err := access.Needs(access.CaseHandle).Authorize(who, a.Today())
	var orgs []int64
	for _, p := range scope.Posts() {
		orgs = append(orgs, p.Org)
	}
	return scope, orgs, err
}

// services gives Open311 the categories in force, made once for each book.
type services struct {
	now    atomic.Pointer[offer]
	danger func(text string) []classify.Alarm
}

// offer is what may be reported under one book.
type offer struct {
	book   *rulebook.Book
	list   []open311.Service
	danger func(text string) []classify.Alarm
}

func (s *services) of(b *rulebook.Book) *offer {
	if o := s.now.Load(); o != nil && o.book == b {
		return o
	}
	o := &offer{book: b, danger: s.danger}
	for _, c := range b.Tree() {
		if !c.Leaf {
			continue
		}
		x := open311.Service{Category: c.ID, Code: c.Code, Name: errs.Words{ZH: c.Name, EN: cmp.Or(c.NameEN, c.Name)}, Keywords: c.Keywords, Grade: c.Grade,
			Description: errs.Words{ZH: c.Filing, EN: cmp.Or(c.NameEN, c.Filing)}}
		if up, err := b.Category(c.Parent); err == nil {
			x.Group = errs.Words{ZH: up.Name, EN: cmp.Or(up.NameEN, up.Name)}
		}
		for _, q := range c.Questions {
			ask := open311.Question{Code: q.Code, Datatype: q.Datatype, Required: q.Required, Text: errs.Words{ZH: q.Text, EN: cmp.Or(q.TextEN, q.Text)}, Why: errs.Words{ZH: q.Why, EN: cmp.Or(q.WhyEN, q.Why)}}
			for _, v := range q.Values {
				ask.Values = append(ask.Values, open311.Value{Key: v.Key, Name: errs.Words{ZH: v.Name, EN: cmp.Or(v.NameEN, v.Name)}})
			}
			x.Questions = append(x.Questions, ask)
		}
		o.list = append(o.list, x)
	}
	s.now.Store(o)
	return o
}

func (o *offer) Services() []open311.Service { return o.list }

func (o *offer) Category(code string) (int64, bool) { return o.book.ByCode(code) }

func (o *offer) Code(id int64) (string, errs.Words) {
	c, err := o.book.Category(id)
	if err != nil {
		return "", errs.Words{}
	}
	return c.Code, errs.Words{ZH: c.Name, EN: cmp.Or(c.NameEN, c.Name)}
}

// Danger is the highest grade of the signs that the city watches for.
func (o *offer) Danger(text string) string {
	grade := ""
	for _, a := range o.danger(text) {
		if grade != rulebook.Critical {
			grade = a.Grade
		}
	}
	return grade
}

// addresses finds places for Open311.
type addresses struct{ *region.Atlas }

func (a addresses) Find(text string) (open311.Place, bool) {
	for _, f := range a.Places(text, nil, 5) {
		if f.Lon != 0 || f.Lat != 0 || f.Community != 0 && f.Grid != 0 || f.Kind == "community" {
			return open311.Place{Lon: f.Lon, Lat: f.Lat, Community: cmp.Or(f.Community, f.Code), Grid: f.Grid}, true
		}
	}
	return open311.Place{}, false
}

func (a addresses) ByID(code string) (open311.Place, bool) {
	n, err := strconv.ParseInt(code, 10, 64)
	if err != nil || region.LevelOf(n) != region.Community || a.Name(n) == "" {
		return open311.Place{}, false
	}
	return open311.Place{Community: n}, true
}

// outside gives Open311 the case room.
type outside struct{ *App }

func (o outside) Report(ctx context.Context, scope access.Scope, r open311.Report) (string, error) {
	in := cases.ReportIn{Text: r.Text, Channel: "open311", Category: r.Service.Category, Grade: cmp.Or(r.Grade, rulebook.General), Lon: r.Place.Lon, Lat: r.Place.Lat, CRS: "wgs84", Address: r.Address,
		Reporter: cases.Person{Name: r.Name, Phone: r.Phone, Contact: r.Contact}, Link: r.Link, Answers: r.Answers}
	if r.Place.Lon == 0 && r.Place.Lat == 0 {
		in.CRS, in.Community, in.Grid = "", r.Place.Community, r.Place.Grid
	}
	in.OnWrite = func(tx *store.Tx, c *cases.Case) error { return r.OnWrite(tx, c.ID, c.Number) }
	c, err := o.Cases.Report(ctx, scope, in)
	if err != nil {
		return "", err
	}
	return c.Number, nil
}

func (o outside) Handed(ctx context.Context, district int, id int64) (open311.Handed, error) {
	c, _, _, err := o.Cases.ByID(ctx, access.System("open311: a case goes to the outside system of its unit"), id)
	if err != nil {
		return open311.Handed{}, err
	}
	h := open311.Handed{Number: c.Number, Lead: c.Lead, Text: cases.Scrub(c.Body), Address: c.Address, Lon: c.Lon, Lat: c.Lat}
	if cat, err := o.Rulebook.Current(o.DB.NowIn(ctx)).Category(c.Category); err == nil {
		h.Code = cat.Code
	}
	return h, nil
}

func (o outside) reader(r open311.Reader) cases.Outsider {
	return cases.Outsider{Area: r.Area, Account: r.Account, City: o.Atlas.City().Code}
}

func (o outside) Requests(ctx context.Context, r open311.Reader, q open311.Query, lang string) ([]open311.Request, error) {
	f := cases.Filter{Numbers: q.Numbers, Categories: q.Categories, Since: q.From, Until: q.To, Open: q.Open, Limit: q.Limit}
	if q.Radius > 0 {
		f.Near = &cases.Circle{Lon: q.Lon, Lat: q.Lat, Metres: q.Radius}
	}
	if len(q.Numbers) > 0 {
		f.Limit = len(q.Numbers)
	}
	list, err := o.Cases.Outside(ctx, o.reader(r), f, q.Skip, q.Details, lang)
	out := make([]open311.Request, 0, len(list))
	for _, t := range list {
		x := open311.Request{ID: t.ID, Number: t.Number, Open: t.Open, Status: t.Status.In(lang), Result: t.Result, Category: t.Category.ID, Text: cmp.Or(t.Text, t.Title), Address: cmp.Or(t.Address, t.Community.Name),
			AddressID: t.Community.Code, Link: t.Link, ReportedAt: t.ReportedAt, UpdatedAt: t.UpdatedAt, DueAt: t.DueAt}
		if t.Lead != nil {
			x.Lead = t.Lead.Name
		}
		if t.At != nil {
			x.Lon, x.Lat = &t.At.Lon, &t.At.Lat
		}
		for _, a := range t.Answers {
			x.Answers = append(x.Answers, open311.Answer{Code: a.Code, Question: a.Question, Text: a.Text})
		}
		for _, s := range t.Steps {
			x.Notes = append(x.Notes, note(s, lang))
		}
		out = append(out, x)
	}
	return out, err
}

// updateStatus is an outsider's word for a state. What a unit calls done is not
// fixed before somebody else has seen it.
var updateStatus = map[flow.State]string{
	cases.Reported: "OPEN", cases.Accepted: "INVESTIGATING", cases.Filed: "INVESTIGATING", cases.Dispatched: "ACTION_SCHEDULED", cases.Signed: "ACTION_SCHEDULED", cases.InProgress: "IN_PROGRESS",
	cases.Resolved: "IN_PROGRESS", cases.Verified: "FIXED", cases.Closed: "CLOSED", cases.Archived: "CLOSED", cases.Declined: "NOT_COUNCILS_RESPONSIBILITY", cases.NotFiled: "NO_FURTHER_ACTION",
	cases.Merged: "DUPLICATE", cases.Withdrawn: "CANCELLED", cases.Void: "CANCELLED",
}

func note(s cases.ToldStep, lang string) open311.Note {
	return open311.Note{At: s.At, Kind: updateStatus[s.State], Text: s.Text.In(lang)}
}

func (o outside) Updates(ctx context.Context, r open311.Reader, from, to int64, limit int, lang string) ([]open311.Update, error) {
	list, err := o.Cases.OutsideUpdates(ctx, o.reader(r), from, to, limit)
	out := make([]open311.Update, 0, len(list))
	for _, u := range list {
		out = append(out, open311.Update{ID: updateID(u.Number, u.Seq), Number: u.Number, Note: note(u.ToldStep, lang)})
	}
	return out, err
}

func updateID(number string, seq int) string { return number + "-" + strconv.Itoa(seq) }

func (o outside) Act(ctx context.Context, scope access.Scope, number string, a open311.Act) error {
	act := cases.Act{Action: flow.Action(a.Action), OnWrite: a.OnWrite}
	switch a.Action {
	case "resolve":
		act.Result = a.Text
	default:
		act.Note, act.Reason = a.Text, a.Text
	}
	_, err := o.Cases.ActOn(ctx, scope, number, act)
	if errs.Is(err, flow.NotNow) {
		return open311.NotNow.New().Because(err)
	}
	return err
}
