package app

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"io"
	"net/http"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
	"linli/internal/work/cases"
	"linli/internal/work/classify"
	"linli/internal/work/resident"
	"linli/internal/work/rulebook"
	webui "linli/web"
)

// door makes the residents' room.
func (a *App) door(key []byte) *resident.Service {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("residents"))
	return &resident.Service{DB: a.DB, Cases: doorCases{a}, City: doorCity{a.Atlas}, Rules: doorRules{a}, Sense: doorSense{a}, Photos: doorPhotos{a.Files}, Gallery: gallery{a}, Key: m.Sum(nil), Licence: a.opt.Door.Licence, Today: a.Today,
		Assets: resident.Assets{Script: webui.DoorScript()}, Log: a.opt.Log, Hurry: 3_000_000, Reach: a.reach}
}

// doorSense proposes categories by what the city has learnt.
type doorSense struct{ *App }

func (d doorSense) Suggest(ctx context.Context, text, lang string) ([]resident.Guess, error) {
	s, err := d.Classify.Suggest(ctx, classify.Text{Body: text})
	if err != nil {
		return nil, err
	}
	var out []resident.Guess
	for _, c := range s.Categories {
		out = append(out, resident.Guess{ID: c.ID, Name: c.Name.In(lang), Share: c.Share})
	}
	return out, nil
}

func (d doorSense) Signs(text, lang string) (out resident.Signs) {
	rules := d.sorting()
	hint := func(to *[]resident.Hint, s classify.Alarm) {
		if tell := s.Tell.In(lang); tell != "" {
			*to = append(*to, resident.Hint{Call: s.Call, Text: tell})
		}
	}
	for _, s := range rules.Alarms(text) {
		if out.Grade != rulebook.Critical {
			out.Grade = s.Grade
		}
		hint(&out.Urgent, s)
	}
	for _, s := range rules.Referrals(text) {
		hint(&out.Elsewhere, s)
	}
	return out
}

type doorPhotos struct{ *files.Store }

func (p doorPhotos) Put(ctx context.Context, owner int64, name string, r io.Reader) (int64, error) {
	f, err := p.Store.Put(ctx, 0, owner, name, r)
	return f.ID, err
}

// gallery shows photos of cases.
type gallery struct{ *App }

func (g gallery) CaseOf(ctx context.Context, scope access.Scope, file int64) (resident.Ref, error) {
	f, err := g.Files.Meta(ctx, file)
	if err != nil {
		return resident.Ref{}, err
	}
	if f.Kind != "case" || !f.Photo() {
		return resident.Ref{}, errs.NotFound.New()
	}
	c, _, _, err := g.Cases.ByID(ctx, scope, f.Object)
	if err != nil {
		return resident.Ref{}, err
	}
	return refOf(c), nil
}

func (g gallery) Serve(w http.ResponseWriter, r *http.Request, file int64) error {
	c, err := g.Files.Open(r.Context(), file, files.Full)
	if err != nil {
		return err
	}
	defer c.Close()
	c.ServeHTTP(w, r)
	return nil
}

// doorCases gives residents the case room, as visitors and never as the program.
type doorCases struct{ *App }

func (d doorCases) visitor() access.Scope { return access.Visitor(d.Atlas.City().Code) }

func refOf(c *cases.Case) resident.Ref {
	return resident.Ref{District: c.District, ID: c.ID, Number: c.Number}
}

func (d doorCases) Report(ctx context.Context, r resident.Report) (resident.Ref, error) {
	in := cases.ReportIn{Text: r.Text, Channel: "resident", Category: r.Category, Lon: r.Lon, Lat: r.Lat, CRS: "wgs84", Address: r.Address, Community: r.Community,
		Reporter: cases.Person{Name: r.Name, Phone: r.Phone}, Anonymous: r.Anonymous, Files: r.Files, Uploader: r.Uploader, Into: r.Into, Answers: r.Answers}
	if in.Address == d.Atlas.Name(in.Community) {
		in.Address = "" // the community alone was named
	}
	in.Grade = r.Grade // of the signs of danger: a person may grade it down, a machine never does
	in.OnWrite = func(tx *store.Tx, c *cases.Case) error { return r.OnWrite(tx, refOf(c)) }
	c, err := d.Cases.Report(ctx, d.visitor(), in)
	if err != nil {
		return resident.Ref{}, err
	}
	return refOf(c), nil
}

func (d doorCases) Find(ctx context.Context, number string) (resident.Ref, error) {
	c, err := d.Cases.ByNumber(ctx, d.visitor(), number)
	if err != nil {
		return resident.Ref{}, err
	}
	return refOf(c), nil
}

func (d doorCases) Number(ctx context.Context, id int64) (string, error) {
	c, _, _, err := d.Cases.ByID(ctx, d.visitor(), id)
	if err != nil {
		return "", err
	}
	return c.Number, nil
}

func (doorCases) Scrub(text string) string { return cases.Scrub(text) }

func (d doorCases) Story(ctx context.Context, id int64, lang string) (*resident.Story, error) {
	s, err := d.Cases.OwnStory(ctx, d.visitor().Own(id), id, lang)
	if err != nil {
		return nil, err
	}
	c := s.Case
	out := &resident.Story{Ref: refOf(c), Version: c.Version, Title: c.Title, Text: c.Body, Phase: string(s.Phase), PhaseName: s.Phase.Name().In(lang), Category: s.Category, Place: s.Place, Lead: s.Lead,
		ReportedAt: c.ReportedAt, DueAt: c.DueAt, Clock: s.Clock.Text, Late: s.Clock.Overdue && s.Clock.State == "running", Result: s.Result, Main: s.Main, Name: s.Name, Phone: s.Phone,
		Options: map[string]resident.Option{}, Anonymous: c.Has(cases.FlagAnonymous)}
	if s.Clock.State == "paused" {
		out.Paused = s.Clock.Reason
	}
	if s.Clock.State != "running" {
		out.Clock = ""
	}
	for _, x := range s.Steps {
		out.Steps = append(out.Steps, resident.Step{At: x.At, Words: x.Words})
	}
	for _, o := range s.Options {
		out.Options[string(o.Action)] = resident.Option{Allowed: o.Allowed, Why: o.Why}
	}
	photos, err := d.Files.Of(ctx, d.DB, c.District, "case", c.ID)
	if err != nil {
		return nil, err
	}
	for _, f := range photos {
		out.Files = append(out.Files, f.ID)
	}
	if c.Reporter == 0 {
		return out, nil
	}
	looks, err := d.Vault.Looks(ctx, d.DB, c.District, c.Reporter)
	if err != nil {
		return nil, err
	}
	for _, x := range looks {
		out.Looks = append(out.Looks, resident.Look{At: x.At, Who: people{d.Identity, d.Today}.PostName(x.Post).In(lang), Purpose: x.Purpose})
	}
	return out, nil
}

func (d doorCases) Do(ctx context.Context, id int64, x resident.Deed) error {
	act := cases.Act{Action: flow.Action(x.Action), Version: x.Version, Note: x.Note, Reached: x.Reached, Solved: x.Solved, Satisfied: x.Satisfied, Files: x.Files, Uploader: x.Uploader}
	if x.Community != 0 {
		act.Place = &cases.PlaceIn{Community: x.Community, Address: x.Address}
	}
	_, err := d.Cases.Act(ctx, d.visitor().Own(id), id, act)
	return err
}

// place is where a list goes on, as an address carries it.
func (d doorCases) filter(q resident.Query) (f cases.Filter, err error) {
	f = cases.Filter{Limit: q.Limit}
	switch q.Phase {
	case "":
	case "open":
		open := true
		f.Open = &open
	default:
		f = f.InPhase(cases.Phase(q.Phase))
	}
	if q.Category != 0 {
		f.Categories = []int64{q.Category}
	}
	if q.Community != 0 {
		f.Communities = []int64{q.Community}
	}
	if q.Days > 0 {
		f.From = d.rules().Calendar().AddDays(d.Today(), -q.Days)
	}
	var at cases.Place
	ok, err := web.ParseCursor(q.After, &at)
	if ok {
		f.After = &at
	}
	return f, err
}

func (d doorCases) Matters(ctx context.Context, q resident.Query, lang string) ([]resident.Matter, string, error) {
	f, err := d.filter(q)
	if err != nil {
		return nil, "", err
	}
	list, next, err := d.Cases.Matters(ctx, d.visitor(), f, lang)
	if err != nil {
		return nil, "", err
	}
	cursor := ""
	if next != nil {
		cursor = web.Cursor(next)
	}
	return mattersOf(list, lang), cursor, nil
}

func mattersOf(list []cases.Matter, lang string) []resident.Matter {
	out := make([]resident.Matter, len(list))
	for i, m := range list {
		out[i] = matterOf(m, lang)
	}
	return out
}

func matterOf(m cases.Matter, lang string) resident.Matter {
	x := resident.Matter{Ref: resident.Ref{District: m.District, ID: m.ID, Number: m.Number}, Phase: string(m.Phase), PhaseName: m.Phase.Name().In(lang), Category: m.Category.Name, Title: m.Title, Text: m.Text,
		Result: m.Result, Street: m.Street.Name, Community: m.Community.Name, At: m.At, Metres: m.Metres, ReportedAt: m.ReportedAt, ClosedAt: m.ClosedAt, UpdatedAt: m.UpdatedAt, DueAt: m.DueAt, Supporters: m.Supporters}
	if m.Lead != nil {
		x.Lead = m.Lead.Name
	}
	return x
}

func (d doorCases) Matter(ctx context.Context, number, lang string) (resident.Matter, error) {
	c, err := d.Cases.ByNumber(ctx, d.visitor(), number)
	if err != nil {
		return resident.Matter{}, err
	}
	m, err := d.Cases.Matter(ctx, d.visitor(), c.ID, lang)
	return matterOf(m, lang), err
}

func (d doorCases) Count(ctx context.Context, q resident.Query) (int, bool, error) {
	q.After = ""
	f, err := d.filter(q)
	if err != nil {
		return 0, false, err
	}
	return d.Cases.CountMatters(ctx, d.visitor(), f, 10_000)
}

func (d doorCases) Similar(ctx context.Context, lon, lat float64, category int64, text, lang string) ([]resident.Matter, error) {
	near, err := d.Cases.Nearby(ctx, d.visitor(), lon, lat, category, text, lang, 3)
	return mattersOf(near, lang), err
}

// doorCity answers for the city.
type doorCity struct{ *region.Atlas }

func (c doorCity) Name() string { return c.City().Name }
func (c doorCity) Empty() bool  { return c.City().Code == 0 }

func (c doorCity) Places(q string, limit int) []resident.Place {
	var out []resident.Place
	for _, f := range c.Atlas.Places(q, nil, limit*2) {
		p := resident.Place{Name: f.Name, Path: f.Path, Lon: f.Lon, Lat: f.Lat, Community: f.Community}
		if p.Community == 0 && (f.Lon != 0 || f.Lat != 0) {
			if s, ok := c.Atlas.At(f.Lon, f.Lat); ok {
				p.Community = s.Community
			}
		}
		if f.Kind == "grid" || f.Kind == "district" || f.Kind == "street" {
			continue // people name what they see
		}
		if out = append(out, p); len(out) == limit {
			break
		}
	}
	return out
}

func (c doorCity) At(lon, lat float64) (int64, string, bool) {
	s, ok := c.Atlas.At(lon, lat)
	if !ok {
		return 0, "", false
	}
	if _, name, _, near := c.Nearest(lon, lat, 120); near {
		return s.Community, name, true
	}
	return s.Community, c.Atlas.Name(s.Community), true
}

func (c doorCity) Communities() []resident.Area {
	var out []resident.Area
	for _, r := range c.Regions() {
		if region.LevelOf(r.Code) == region.Community {
			out = append(out, resident.Area{Code: r.Code, Name: r.Name, Path: c.Atlas.Name(region.ParentOf(r.Code))})
		}
	}
	return out
}

// doorRules are the categories that residents choose among.
type doorRules struct{ *App }

func (d doorRules) Categories(lang string) []resident.Category {
	var out []resident.Category
	for _, c := range d.Rulebook.Current(d.DB.Now()).Tree() {
		if c.Leaf {
			out = append(out, resident.Category{ID: c.ID, Name: errs.Words{ZH: c.Name, EN: cmp.Or(c.NameEN, c.Name)}.In(lang)})
		}
	}
	return out
}

func (d doorRules) Category(id int64, lang string) (out resident.Category, ok bool) {
	book := d.Rulebook.Current(d.DB.Now())
	c, err := book.Category(id)
	if err != nil || !c.Leaf || !book.Open(id) {
		return out, false
	}
	in := func(zh, en string) string { return errs.Words{ZH: zh, EN: cmp.Or(en, zh)}.In(lang) }
	out = resident.Category{ID: c.ID, Name: in(c.Name, c.NameEN)}
	for _, q := range c.Questions {
		x := resident.Question{Code: q.Code, Text: in(q.Text, q.TextEN), Why: in(q.Why, q.WhyEN), Datatype: q.Datatype, Required: q.Required}
		for _, v := range q.Values {
			x.Values = append(x.Values, resident.Value{Key: v.Key, Name: in(v.Name, v.NameEN)})
		}
		out.Questions = append(out.Questions, x)
	}
	return out, true
}
