package app

import (
	"context"
	"time"

	"linli/internal/grid/region"
	"linli/internal/kernel/errs"
	"linli/internal/work/cases"
	"linli/internal/work/classify"
	"linli/internal/work/rulebook"
)

// openClassify makes the room, lets it follow the cases and learn at night.
func (a *App) openClassify(ctx context.Context) error {
	a.Classify = &classify.Service{DB: a.DB, Rules: a.sorting, Cases: sorted{a}, Places: named{a.Atlas}.Places, Log: a.opt.Log}
	a.Jobs.Every("learning", 24*time.Hour, a.Classify.Nightly)
	return a.follows(ctx, "classify", a.Classify.React)
}

// sorting is what the rulebook in force says to the classifier.
func (a *App) sorting() classify.Rules {
	book := a.Rulebook.Current(a.DB.Now())
	if r := a.sorts.Load(); r != nil && r.Key == any(book) {
		return *r
	}
	set := book.Settings()
	r := &classify.Rules{Key: book, Auto: set.AutoCategory}
	for _, s := range set.Signals {
		r.Signals = append(r.Signals, classify.Signal{Code: s.Code, Name: errs.Words{ZH: s.Name, EN: s.NameEN}, Grade: s.Grade, Words: s.Words,
			Call: s.Call, Tell: errs.Words{ZH: s.Tell, EN: s.TellEN}})
	}
	for _, s := range set.Elsewhere {
		r.Elsewhere = append(r.Elsewhere, classify.Signal{Words: s.Words, Call: s.Call, Tell: errs.Words{ZH: s.Tell, EN: s.TellEN}})
	}
	for _, c := range book.Tree() {
		if c.Leaf && book.Open(c.ID) {
			r.Categories = append(r.Categories, classify.Category{ID: c.ID, Name: errs.Words{ZH: c.Name, EN: c.NameEN}, Path: pathOf(book, c), Words: c.Keywords, Grade: c.Grade})
		}
	}
	a.sorts.Store(r)
	return *r
}

// pathOf are the names from the top of the tree to the category.
func pathOf(book *rulebook.Book, c *rulebook.Category) (path []string) {
	for {
		path = append([]string{c.Name}, path...)
		if c.Parent == 0 {
			return path
		}
		up, err := book.Category(c.Parent)
		if err != nil {
			return path
		}
		c = up
	}
}

// sorted gives the classifier cases.
type sorted struct{ a *App }

func matter(t cases.Telling) classify.Matter {
	return classify.Matter{District: t.District, ID: t.ID, Title: t.Title, Body: t.Body, Category: t.Category, Grade: t.Grade, ReportedAt: t.ReportedAt, Untriaged: t.Untriaged()}
}

func matters(list []cases.Telling, err error) ([]classify.Matter, error) {
	out := make([]classify.Matter, len(list))
	for i, t := range list {
		out[i] = matter(t)
	}
	return out, err
}

func (s sorted) Sorted(ctx context.Context, limit int) ([]classify.Matter, error) {
	districts := s.a.Atlas.Districts()
	return matters(s.a.Cases.Tellings(ctx, districts, limit/max(1, len(districts))))
}

func (s sorted) Matters(ctx context.Context, district int, ids []int64) ([]classify.Matter, error) {
	return matters(s.a.Cases.TellingsOf(ctx, district, ids))
}

func (s sorted) SetCategory(ctx context.Context, id, category int64, why string) error {
	return s.a.Cases.SetCategory(ctx, id, category, why)
}

// named finds the places that a text names.
type named struct{ *region.Atlas }

func (n named) Places(text string, near int64) []classify.Place {
	var out []classify.Place
	for _, f := range n.Named(text, []int64{near}, 5) {
		out = append(out, classify.Place{Kind: f.Kind, Name: f.Name, Path: f.Path, Lon: f.Lon, Lat: f.Lat, Community: f.Community, Grid: f.Grid, Building: f.Building})
	}
	return out
}
