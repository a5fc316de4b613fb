package app

import (
	"slices"
	"strconv"
	"strings"

	"linli/internal/grid/region"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/people/identity"
)

// registers makes the engine that every room declares its registers on.
func (a *App) registers() *ledger.Engine {
	return ledger.New(ledger.Options{DB: a.DB, Vault: a.Vault, Files: a.Files, Today: a.Today, Zone: a.opt.Location(),
		Sources:   map[string]ledger.Source{"region": regionNames{a.Atlas}, "grid": gridNames{a.Atlas}, "org": orgNames{a.Identity, a.Today}, "account": accountNames{a.Identity}, "building": buildingNames{a.Atlas}},
		Community: communityOf(a.Atlas), Path: a.Atlas.Path, Held: eventFields})
}

// eventFields are what cases hold: no form asks it again.
var eventFields = func() []ledger.Held {
	var out []ledger.Held
	for _, f := range [][2]string{{"反映人", "reporter"}, {"反映人电话", "reporter's telephone"}, {"问题描述", "description"}, {"诉求内容", "request"}, {"发生地点", "place"}, {"发生时间", "time of the event"},
		{"办理单位", "unit in charge"}, {"办理结果", "result of handling"}, {"办结时间", "closing time"}, {"满意度", "satisfaction"}, {"事项分类", "category"}, {"来源渠道", "channel"}} {
		out = append(out, ledger.Held{Where: errs.Words{ZH: "事件", EN: "cases"}, Field: errs.Words{ZH: f[0], EN: f[1]}})
	}
	return out
}()

func communityOf(at *region.Atlas) func(int64) int64 {
	return func(grid int64) int64 {
		g, err := at.Grid(grid) // former ones too: rows of the past hang on them
		if err != nil {
			return 0
		}
		return g.Community
	}
}

// first takes from the list what matches, up to the limit.
func first[T any](list []T, limit int, named func(T) (ledger.Named, bool)) []ledger.Named {
	var out []ledger.Named
	for _, x := range list {
		if n, ok := named(x); ok && len(out) < limit {
			out = append(out, n)
		}
	}
	return out
}

func holds(text string, in ...string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	return slices.ContainsFunc(in, func(s string) bool { return strings.Contains(strings.ToLower(s), text) })
}

type regionNames struct{ *region.Atlas }

func (r regionNames) named(x region.Region) ledger.Named {
	return ledger.Named{ID: x.Code, Code: strconv.FormatInt(x.Code, 10), Name: x.Name}
}

func (r regionNames) Named(code int64) (ledger.Named, bool) {
	x, err := r.Region(code)
	return r.named(x), err == nil
}

func (r regionNames) Find(text string) []int64 {
	if code, err := strconv.ParseInt(text, 10, 64); err == nil {
		if _, ok := r.Named(code); ok {
			return []int64{code}
		}
		return nil
	}
	var out []int64
	for _, x := range r.Regions() {
		if x.Name == text || strings.ReplaceAll(r.Path(x.Code), " ", "") == strings.ReplaceAll(text, " ", "") {
			out = append(out, x.Code)
		}
	}
	return out
}

func (r regionNames) Search(text string, limit int) []ledger.Named {
	return first(r.Regions(), limit, func(x region.Region) (ledger.Named, bool) {
		return r.named(x), holds(text, x.Name, strconv.FormatInt(x.Code, 10))
	})
}

type gridNames struct{ *region.Atlas }

func (g gridNames) named(x region.Grid) ledger.Named {
	return ledger.Named{ID: x.ID, Code: strconv.FormatInt(x.Code, 10), Name: x.Name}
}

func (g gridNames) Named(id int64) (ledger.Named, bool) {
	x, err := g.Grid(id)
	return g.named(x), err == nil
}

func (g gridNames) Find(text string) []int64 {
	var out []int64
	for _, x := range g.Grids(0) {
		if x.Name == text || strconv.FormatInt(x.Code, 10) == text || strings.ReplaceAll(g.Path(x.Community), " ", "")+x.Name == strings.ReplaceAll(text, " ", "") {
			out = append(out, x.ID)
		}
	}
	return out
}

func (g gridNames) Search(text string, limit int) []ledger.Named {
	return first(g.Grids(0), limit, func(x region.Grid) (ledger.Named, bool) {
		return g.named(x), holds(text, x.Name, strconv.FormatInt(x.Code, 10), g.Name(x.Community))
	})
}

type orgNames struct {
	*identity.Service
	today func() int
}

func (o orgNames) named(x identity.Org) ledger.Named {
	return ledger.Named{ID: x.ID, Code: x.Code, Name: x.Name}
}

func (o orgNames) Named(id int64) (ledger.Named, bool) {
	x, ok := o.Directory().Org(id)
	return o.named(x), ok
}

func (o orgNames) Find(text string) []int64 {
	var out []int64
	for _, x := range o.Directory().Orgs(text, "", o.today()) {
		if x.Name == text || x.Short == text || x.Code == text {
			out = append(out, x.ID)
		}
	}
	return out
}

func (o orgNames) Search(text string, limit int) []ledger.Named {
	return first(o.Directory().Orgs(text, "", o.today()), limit, func(x identity.Org) (ledger.Named, bool) { return o.named(x), true })
}

type accountNames struct{ *identity.Service }

func (n accountNames) named(id int64) ledger.Named {
	d := n.Directory()
	return ledger.Named{ID: id, Code: d.AccountLogin(id), Name: d.AccountName(id)}
}

func (n accountNames) Named(id int64) (ledger.Named, bool) {
	x := n.named(id)
	return x, x.Code != ""
}

func (n accountNames) Find(text string) []int64 {
	var out []int64
	for _, id := range n.Directory().Accounts() {
		if x := n.named(id); x.Name == text || x.Code == text {
			out = append(out, id)
		}
	}
	return out
}

func (n accountNames) Search(text string, limit int) []ledger.Named {
	return first(n.Directory().Accounts(), limit, func(id int64) (ledger.Named, bool) {
		x := n.named(id)
		return x, holds(text, x.Name, x.Code)
	})
}
