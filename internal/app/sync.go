package app

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/offline"
	"linli/internal/kernel/store"
	"linli/internal/work/rulebook"
)

// openSync opens the phones' sync and makes every room's kinds known to it.
func (a *App) openSync(ctx context.Context) (err error) {
	if a.Sync, err = offline.New(ctx, a.DB, a.opt.Data); err != nil {
		return err
	}
	a.Sync.Today, a.Sync.Author = a.Today, a.Identity.Author
	a.Sync.Day = func(at int64) int { return a.rules().Calendar().Day(at) }
	a.Sync.Place = a.gridTarget
	a.Sync.EndSession = func(ctx context.Context, who *access.Actor) error {
		return a.Identity.EndSession(ctx, access.System("locked phone"), who.Account, who.Session)
	}
	a.Sync.Reached = func(scope access.Scope) []int64 { return a.Identity.Directory().Reached(scope) }
	a.Sync.Name = a.Identity.AccountName
	a.Sync.Photo = a.Files.Receive
	a.Sync.Register(a.Cases.Kinds(a.Sync)...)
	a.Sync.Register(a.Patrol.Kinds()...)
	a.Sync.Register(a.Homes.Commands(a.Sync, a.Sync.Day)...)
	a.Sync.Supply(a.Cases.PhoneSource(), a.categorySource(), a.buildingSource())
	a.Sync.Supply(a.Homes.Sources()...)
	a.Sync.Supply(a.Patrol.Sources()...)
	a.Jobs.Every("held records of phones", time.Minute, func(ctx context.Context) error { _, err := a.Sync.TryHeld(ctx); return err })
	a.Jobs.Every("mark of the sync epoch", time.Minute, a.Sync.MarkEpoch)
	a.Jobs.Every("old records of phones", 24*time.Hour, a.Sync.Sweep)
	a.Jobs.Every("late photos", time.Minute, a.Files.Join)
	return nil
}

// gridTarget is where a grid lies.
func (a *App) gridTarget(grid int64) (access.Target, bool) {
	s, ok := places{a.Atlas}.SpotOf(0, grid)
	return access.Target{District: s.District, Street: s.Street, Community: s.Community, Grid: s.Grid}, ok && grid != 0
}

// phoneCategory is a category as phones keep it, for the form of a report.
type phoneCategory struct {
	Parent        int64               `json:"parent,omitempty"`
	Code          string              `json:"code"`
	Name          string              `json:"name"`
	NameEN        string              `json:"name_en,omitempty"`
	Kind          string              `json:"kind"`
	Grade         string              `json:"grade,omitempty"`
	Evidence      rulebook.Evidence   `json:"evidence"`
	EvidenceWhy   string              `json:"evidence_why,omitempty"`
	EvidenceWhyEN string              `json:"evidence_why_en,omitempty"`
	Onsite        bool                `json:"onsite_allowed,omitempty"`
	Keywords      []string            `json:"keywords,omitempty"`
	Questions     []rulebook.Question `json:"questions,omitempty"`
	Leaf          bool                `json:"leaf,omitempty"`
	Open          bool                `json:"open"` // a new case may have it
}

// categorySource gives phones the category tree in force.
func (a *App) categorySource() offline.Source {
	book := func() *rulebook.Book { return a.Rulebook.Current(a.DB.Now()) }
	return offline.Source{Type: "category", Perm: access.CaseReport,
		Stamp: func(context.Context) (string, error) {
			h := sha256.New()
			b := book()
			for _, c := range b.Tree() {
				fmt.Fprint(h, c.ID, " ", c.Version, " ", b.Open(c.ID), "\n")
			}
			return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12]), nil
		},
		Rows: func(context.Context, store.Reader, access.Target, []int64) ([]offline.Row, error) {
			b := book()
			var out []offline.Row
			for _, c := range b.Tree() {
				out = append(out, offline.Row{ID: c.ID, Version: c.Version, Row: phoneCategory{Parent: c.Parent, Code: c.Code, Name: c.Name, NameEN: c.NameEN, Kind: c.Kind, Grade: c.Grade,
					Evidence: c.Evidence, EvidenceWhy: c.EvidenceWhy, EvidenceWhyEN: c.EvidenceWhyEN, Onsite: c.Onsite, Keywords: c.Keywords, Questions: c.Questions, Leaf: c.Leaf, Open: b.Open(c.ID)}})
			}
			return out, nil
		}}
}
