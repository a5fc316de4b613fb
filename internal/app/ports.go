package app

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
	"linli/internal/people/identity"
	"linli/internal/work/cases"
	"linli/internal/work/rulebook"
)

// regions gives the identity room names of regions.
type regions struct{ *region.Atlas }

func (r regions) RegionName(code int64) (string, bool) {
	n := r.Name(code)
	return n, n != ""
}

func (r regions) GridCommunity(grid int64) (int64, bool) {
	c := r.Atlas.GridCommunity(grid)
	if c == 0 {
		c = r.Atlas.ComingGrid(grid)
	}
	return c, c != 0
}

// units gives the rulebook the organisations in force and the programs outside.
type units struct {
	*identity.Service
	today func() int
}

func (u units) Orgs() []rulebook.Org {
	all := u.Directory().Orgs("", "", u.today())
	out := make([]rulebook.Org, len(all))
	for i, o := range all {
		out[i] = rulebook.Org{ID: o.ID, Name: o.Name, Kind: duty(o), District: o.District, Region: o.Region}
	}
	return out
}

func (u units) Sources() []rulebook.Source {
	d := u.Directory()
	ids := d.Programs()
	out := make([]rulebook.Source, len(ids))
	for i, id := range ids {
		out[i] = rulebook.Source{ID: id, Name: d.AccountName(id)}
	}
	return out
}

// duty is the kind of work by which rules find an organisation: the head of its
// code ("sanitation-990101"), or its kind where the code has none.
func duty(o identity.Org) string {
	if head, _, ok := strings.Cut(o.Code, "-"); ok && head != "" {
		return head
	}
	return o.Kind
}

// areas gives the rulebook the regions in force.
type areas struct{ *region.Atlas }

func (a areas) Areas() []rulebook.Area {
	all := a.Regions()
	out := make([]rulebook.Area, len(all))
	for i, r := range all {
		out[i] = rulebook.Area{Code: r.Code, Name: r.Name}
	}
	return out
}

// places gives the case room the region tree.
type places struct{ *region.Atlas }

func (p places) At(lon, lat float64) (cases.Spot, bool) {
	s, ok := p.Atlas.At(lon, lat)
	return cases.Spot(s), ok
}

func (p places) Suspect(lon, lat float64) string {
	return string(p.Atlas.Suspect(lon, lat).Suspicion)
}

func (p places) SpotOf(community, grid int64) (cases.Spot, bool) {
	if grid != 0 {
		c := p.GridCommunity(grid)
		if c == 0 || community != 0 && community != c {
			return cases.Spot{}, false
		}
		community = c
	}
	if region.LevelOf(community) != region.Community || p.Atlas.Name(community) == "" {
		return cases.Spot{}, false
	}
	return cases.Spot{District: int(community / 1_000_000), Street: community / 1000, Community: community, Grid: grid}, true
}

func (p places) Cell(lon, lat float64) (mid geo.Point, metres float64, ok bool) {
	c, ok := p.Atlas.Cell(lon, lat)
	return c.Mid, c.Metres, ok
}

func (p places) Region(code int64) cases.Named {
	return cases.Named{Code: strconv.FormatInt(code, 10), Name: p.Name(code)}
}

func (p places) Grid(id int64) cases.Named {
	g, err := p.Atlas.Grid(id)
	if err != nil {
		return cases.Named{}
	}
	return cases.Named{ID: g.ID, Code: strconv.FormatInt(g.Code, 10), Name: g.Name}
}

func (p places) Net(ctx context.Context, day int) (cases.Net, error) {
	n, err := p.Atlas.Net(ctx, day)
	return placed{n}, err
}

// placed tells where cases lie among the grids of a day.
type placed struct{ *region.Net }

func (n placed) GridOf(c *cases.Case) int64 {
	return n.Net.GridOf(c.Community, c.Grid, c.Day, c.Lon, c.Lat)
}

func (n placed) Grid(id int64) (cases.Named, int64) {
	g, ok := n.Net.Grid(id)
	if !ok {
		return cases.Named{}, 0
	}
	return cases.Named{ID: g.ID, Code: strconv.FormatInt(g.Code, 10), Name: g.Name}, g.Community
}

// people gives the case room names and approvers.
type people struct {
	*identity.Service
	today func() int
}

func (p people) Org(id int64) (cases.Named, bool) {
	o, ok := p.Directory().Org(id)
	return cases.Named{ID: o.ID, Name: o.Name}, ok
}

func (p people) Account(id int64) string { return p.AccountName(id) }

func (p people) PostName(id int64) errs.Words {
	post, ok := p.Directory().Post(id)
	if !ok {
		return errs.Words{}
	}
	role, _ := access.RoleByCode(post.Role)
	where := p.OrgName(post.Org)
	if where == "" {
		return role.Label
	}
	return errs.Words{ZH: role.Label.ZH + " · " + where, EN: role.Label.EN + " · " + where}
}

// Under tells whether the organisation is top or lies below it.
func (p people) Under(org, top int64) bool {
	for range 10 { // the tree is not deeper
		if org == top {
			return org != 0
		}
		o, ok := p.Directory().Org(org)
		if !ok || o.Parent == 0 {
			return false
		}
		org = o.Parent
	}
	return false
}

// Approver is the longest-serving person who may approve over the place and does
// not belong to the unit that is complained about.
func (p people) Approver(_ string, s cases.Spot, against int64) int64 {
	h := p.Directory().Holders(access.CaseApprove, access.Target{District: s.District, Street: s.Street, Community: s.Community, Grid: s.Grid}, p.today())
	h = slices.DeleteFunc(h, func(x identity.Holder) bool { return against != 0 && p.Under(x.Post.Org, against) })
	// The nearest approver goes first: a street's before the district's.
	slices.SortStableFunc(h, func(a, b identity.Holder) int { return access.Digits(b.Post.Region) - access.Digits(a.Post.Region) })
	if len(h) == 0 {
		return 0
	}
	return h[0].Account
}

// reporters keeps reporters in the vault.
type reporters struct{ *vault.Vault }

func (r reporters) Seal(district int, id int64, p cases.Person) (any, error) {
	return r.Vault.Seal(vault.Person{District: district, ID: id, Kind: "reporter", Name: vault.Hide(p.Name), Phone: vault.Hide(p.Phone), Contact: vault.Hide(p.Contact)})
}

func (r reporters) Keep(tx *store.Tx, sealed any) { sealed.(vault.Record).Append(tx) }

func (r reporters) Masked(ctx context.Context, db store.Reader, district int, id int64) (name, phone string, err error) {
	m, err := r.Open(ctx, db, district, id)
	return m.Name, m.Phone, err
}

func (r reporters) Reveal(ctx context.Context, scope access.Scope, district int, id, caseID int64, purpose string) (cases.Person, error) {
	p, err := r.Vault.Reveal(ctx, vault.Look{Account: scope.Account(), Post: scope.Post().ID, District: district, ID: id, Object: "case", ObjectID: caseID, Purpose: purpose})
	return cases.Person{Name: p.Name.Plain(), Phone: p.Phone.Plain(), Contact: p.Contact.Plain()}, err
}

func (reporters) Erase(tx *store.Tx, district int, id int64) error {
	return vault.Erase(tx, district, id)
}

// photos hangs files on cases.
type photos struct{ *files.Store }

func (p photos) Attach(tx *store.Tx, district int, account int64, ids []int64, caseID int64, sealed bool) error {
	_, err := files.Attach(tx, files.Target{District: district, Kind: "case", Object: caseID, Account: account, Neutral: sealed}, ids)
	return err
}

func (p photos) Await(tx *store.Tx, district int, account int64, keys []string, caseID int64, sealed bool) error {
	return files.Await(tx, files.Target{District: district, Kind: "case", Object: caseID, Account: account, Neutral: sealed}, keys)
}

func (p photos) Of(ctx context.Context, db store.Reader, district int, caseID int64) ([]cases.FileInfo, error) {
	all, err := p.Store.Of(ctx, db, district, "case", caseID)
	out := make([]cases.FileInfo, len(all))
	for i, f := range all {
		out[i] = cases.FileInfo{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, By: f.Owner, At: f.CreatedAt}
	}
	return out, err
}

// rules shows the rulebook in force to the case room.
type rules struct {
	book *rulebook.Book
}

func (a *App) rules() cases.Rules { return rules{a.Rulebook.Current(a.DB.Now())} }

func (r rules) Category(id int64, version int, grade string) (cases.Category, error) {
	var c *rulebook.Category
	var err error
	if version == 0 {
		if !r.book.Open(id) {
			return cases.Category{}, errs.NotFound.New()
		}
		c, err = r.book.Category(id)
	} else {
		c, err = r.book.CategoryAt(id, version)
	}
	if err != nil {
		return cases.Category{}, err
	}
	return cases.Category{ID: c.ID, Version: c.Version, Code: c.Code, Name: errs.Words{ZH: c.Name, EN: c.NameEN}, EvidenceFound: c.Evidence.Found, EvidenceResolved: c.Evidence.Resolved,
		EvidenceWhy: c.EvidenceWhy, Onsite: c.Onsite, Leaf: c.Leaf, Questions: questions(c), CallRate: r.book.CallBackRate(c.ID, grade)}, nil
}

// questions are a category's in the words of the case room.
func questions(c *rulebook.Category) []cases.Question {
	if len(c.Questions) == 0 {
		return nil
	}
	out := make([]cases.Question, len(c.Questions))
	for i, q := range c.Questions {
		out[i] = cases.Question{Code: q.Code, Text: errs.Words{ZH: q.Text, EN: cmp.Or(q.TextEN, q.Text)}, Datatype: q.Datatype, Required: q.Required}
		for _, v := range q.Values {
			out[i].Values = append(out[i].Values, cases.Choice{Key: v.Key, Name: errs.Words{ZH: v.Name, EN: cmp.Or(v.NameEN, v.Name)}})
		}
	}
	return out
}

func (r rules) Private() []int64 { return r.book.Private() }

func (r rules) Limits(category int64, version int, grade string) []cases.StageLimit {
	var list []rulebook.StageLimit
	if version > 0 {
		list, _ = r.book.LimitsAt(category, version, grade) // unknown: the grade's own below
	}
	if list == nil {
		list = r.book.Limits(category, grade)
	}
	out := make([]cases.StageLimit, len(list))
	for i, l := range list {
		out[i] = cases.StageLimit{Stage: l.Stage, Limit: l.Limit}
	}
	return out
}

func (r rules) Leaves(id int64) []int64 {
	var out []int64
	for _, c := range r.book.Tree() {
		if c.Leaf && (c.ID == id || r.book.Under(c.ID, id)) {
			out = append(out, c.ID)
		}
	}
	return out
}

func (r rules) Calendar() *calendar.Calendar { return r.book.Calendar() }

func (r rules) Settings() cases.Settings {
	s := r.book.Settings()
	return cases.Settings{OnsiteSample: s.OnsiteSample, CallTries: s.CallBackTries, ExtensionMax: s.ExtensionMax, ExtensionTimes: s.ExtensionTimes, ReviewDays: s.ReviewDays,
		ReturnsDecided: s.ReturnsDecided, PauseDays: s.PauseDays, PauseTimes: s.PauseTimes, SoonShare: s.SoonShare, SimilarMetres: s.SimilarMetres, SimilarDays: s.SimilarDays, ArchiveDays: s.ArchiveDays}
}

func (r rules) Route(f cases.RouteFacts) (cases.Route, error) {
	d, err := r.book.Route(rulebook.Facts{Category: f.Category, Grade: f.Grade, Channel: f.Channel, District: f.District, Street: f.Street, Community: f.Community, Grid: f.Grid, Source: f.Source, About: f.Against, At: f.At})
	if err != nil {
		return cases.Route{}, err
	}
	return cases.Route{Lead: d.Lead, Assists: d.Assists, Why: d.Why}, nil
}

// tree gives the figures the category tree, retired categories included.
type tree struct{ *App }

func (t tree) Branch(id int64) (code string, name errs.Words, group int64, ok bool) {
	book := t.Rulebook.Current(t.DB.Now())
	c, err := book.Category(id)
	if err != nil {
		return "", errs.Words{}, 0, false
	}
	top := c
	for top.Parent != 0 {
		if top, err = book.Category(top.Parent); err != nil {
			return "", errs.Words{}, 0, false
		}
	}
	return c.Code, errs.Words{ZH: c.Name, EN: c.NameEN}, top.ID, true
}

// past gives the rulebook's previews the cases of a period.
type past struct{ *cases.Service }

func (p past) PastCases(ctx context.Context, scope access.Scope, from, to int, fn func(rulebook.CaseFacts) error) error {
	f := cases.Filter{From: from, To: to, Sort: "reported", Limit: 1000}
	for {
		list, more, err := p.Cases(ctx, scope, f)
		if err != nil {
			return err
		}
		for _, c := range list {
			done := c.ResolvedAt
			if done == 0 {
				done = c.ClosedAt
			}
			err := fn(rulebook.CaseFacts{ID: c.ID, District: c.District, Number: c.Number, Title: c.Title, Status: string(c.Status), Start: c.FiledAt, Limit: c.Limit, Due: c.DueAt, Done: done,
				Facts: rulebook.Facts{Category: c.Category, Grade: c.Grade, Channel: c.Channel, District: c.District, Street: c.Street, Community: c.Community, Grid: c.Grid, Source: c.Creator, At: c.ReportedAt}})
			if err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		at := list[len(list)-1].PlaceOf(f.Sort)
		f.After = &at
	}
}
