package patrol

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/files"
	"linli/internal/kernel/offline"
	"linli/internal/kernel/store"
)

// Kinds are what phones send about visits.
func (s *Service) Kinds() []offline.Kind {
	return []offline.Kind{{Name: "visit.record", Fact: true, Perms: []access.Perm{access.VisitRecord}, Do: s.recordFromPhone}}
}

type phoneVisit struct {
	Tasks    []int64             `json:"tasks,omitempty"`
	Home     int64               `json:"home,omitempty"`
	Building int64               `json:"building,omitempty"`
	Outcome  string              `json:"outcome"`
	Answers  map[string][]string `json:"answers,omitempty"`
	Note     string              `json:"note,omitempty"`
	Wish     string              `json:"wish,omitempty"`
	Lon      float64             `json:"lon,omitempty"`
	Lat      float64             `json:"lat,omitempty"`
	Photos   []string            `json:"photos,omitempty"`
	Voice    []string            `json:"voice,omitempty"`
}

// recordFromPhone: the command's id is the visit's name, photos and voice follow.
func (s *Service) recordFromPhone(ctx context.Context, scope access.Scope, c *offline.Command) error {
	var b phoneVisit
	if err := offline.Decode(c, &b); err != nil {
		return err
	}
	_, err := s.Record(ctx, scope, Visit{Client: c.ID.String(), Tasks: b.Tasks, Home: b.Home, Building: b.Building, Outcome: b.Outcome, Answers: b.Answers, Note: b.Note, Wish: b.Wish, Lon: b.Lon, Lat: b.Lat,
		Photos: append(b.Photos, b.Voice...), At: c.At, OnWrite: func(tx *store.Tx, v *Visit) error {
			if !v.Again {
				if err := files.Await(tx, files.Target{District: v.District, Kind: "visit", Object: v.ID, Account: v.Account}, v.Photos); err != nil {
					return err
				}
			}
			return c.Done(tx, offline.Effect{ObjectID: v.ID, Version: 1})
		}})
	return err
}

// Sources give phones the tasks of a grid and the sheets of its rules.
func (s *Service) Sources() []offline.Source {
	return []offline.Source{
		{Type: "task", Object: "visit_task", Perm: access.VisitRecord, Rows: s.phoneTasks, Left: func(action string) bool { return action == "visit.leave" }},
		{Type: "sheet", Perm: access.VisitRecord, Rows: s.phoneSheets, Stamp: func(ctx context.Context) (string, error) {
			rules, err := s.allVersions(ctx)
			if err != nil {
				return "", err
			}
			list := make([]string, len(rules))
			for i, x := range rules {
				list[i] = x.Sheet()
			}
			sum := digestOf(strings.Join(list, " "))
			return base64.RawURLEncoding.EncodeToString(sum[:12]), nil
		}},
	}
}

// phoneTask is a task as phones keep it.
type phoneTask struct {
	Kind         string     `json:"kind"`
	Rule         string     `json:"rule"`
	Title        string     `json:"title"`
	TitleEN      string     `json:"title_en,omitempty"`
	Why          string     `json:"why,omitempty"`
	WhyEN        string     `json:"why_en,omitempty"`
	Priority     int        `json:"priority"`
	Building     int64      `json:"building"`
	Home         int64      `json:"home"`
	Case         int64      `json:"case,omitempty"`
	Lon          float64    `json:"lon,omitempty"`
	Lat          float64    `json:"lat,omitempty"`
	Sheet        string     `json:"sheet,omitempty"`
	SheetVersion int        `json:"sheet_version,omitempty"`
	From         int        `json:"from"`
	Due          int        `json:"due"`
	Day          int        `json:"day"`
	Rank         int        `json:"rank,omitempty"`
	Worker       int64      `json:"worker,omitempty"`
	Tries        int        `json:"tries,omitempty"`
	State        string     `json:"state"`
	Minutes      int        `json:"minutes"`
	Postponed    *postponed `json:"postponed,omitempty"`
}

type postponed struct {
	Until  int    `json:"until"`
	Reason string `json:"reason"`
}

// phoneTasks are a grid's open tasks and those done since yesterday. Planning
// names the grid in the trail, not each task: then all of them come again, with
// those that were dropped lately.
func (s *Service) phoneTasks(ctx context.Context, r store.Reader, at access.Target, ids []int64) ([]offline.Row, error) {
	since := addDays(s.Today(ctx), -1)
	where, args := "t.district = ? AND t.grid = ? AND (t.state = 'open' OR t.state = 'done' AND t.done_day >= ?)", []any{at.District, at.Grid, since}
	switch {
	case ids == nil:
	case slices.Contains(ids, at.Grid):
		where, args = "t.district = ? AND t.grid = ? AND (t.state = 'open' OR t.changed_at >= ?)", []any{at.District, at.Grid, s.Calendar().DayStart(addDays(since, -7))}
	default:
		where, args = "t.district = ? AND t.grid = ? AND t.id IN (?"+strings.Repeat(",?", len(ids)-1)+")", []any{at.District, at.Grid}
		for _, id := range ids {
			args = append(args, id)
		}
	}
	rows, err := r.Query(ctx, taskSelect+where+" ORDER BY t.id", args...)
	list, err := store.All(rows, err, scanTask)
	if err != nil {
		return nil, err
	}
	rules, err := s.allVersions(ctx)
	if err != nil {
		return nil, err
	}
	of := map[[2]int64]*Rule{}
	for _, x := range rules {
		of[[2]int64{x.ID, int64(x.Version)}] = x
	}
	out := make([]offline.Row, 0, len(list))
	for _, t := range list {
		x := of[t.sheet()]
		if x == nil {
			continue
		}
		p := phoneTask{Kind: x.Kind, Rule: strconv.FormatInt(t.Rule, 10), Title: x.Name, TitleEN: x.NameEN, Why: x.Why, WhyEN: x.WhyEN, Priority: t.Priority, Building: t.Building, Home: t.Home, Case: t.Case, Lon: t.Lon, Lat: t.Lat,
			Sheet: x.Sheet(), From: t.From, Due: t.Due, Day: t.Day, Rank: t.Rank, Worker: t.Worker, Tries: t.Tries, State: t.State, Minutes: t.Minutes}
		if t.Title != "" {
			p.Title, p.TitleEN = t.Title, ""
		}
		if p.Sheet != "" {
			p.SheetVersion = t.RuleVersion
		}
		if t.State == Open && t.Again != 0 && t.Reason != "" {
			p.Postponed = &postponed{t.Again, t.Reason}
		}
		out = append(out, offline.Row{ID: t.ID, Version: t.Version, Row: p})
	}
	return out, nil
}

// allVersions are every version of every rule.
func (s *Service) allVersions(ctx context.Context) ([]*Rule, error) {
	rows, err := s.DB.Query(ctx, ruleSelect+"1 = 1 ORDER BY r.district, r.id, r.version")
	return store.All(rows, err, scanRule)
}

type phoneSheet struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	NameEN    string     `json:"name_en,omitempty"`
	Questions []Question `json:"questions"`
}

// phoneSheets are the questions of every version of every rule that may have
// tasks in the grid; each version is a sheet of its own.
func (s *Service) phoneSheets(ctx context.Context, _ store.Reader, at access.Target, _ []int64) ([]offline.Row, error) {
	rules, err := s.allVersions(ctx)
	if err != nil {
		return nil, err
	}
	out := []offline.Row{}
	for _, x := range rules {
		if x.Sheet() == "" || x.Area != 0 && !within(at.Community, x.Area) {
			continue
		}
		sum := digestOf(x.ID, x.Version)
		out = append(out, offline.Row{ID: int64(binary.BigEndian.Uint64(sum[:8]) >> 12), Version: x.Version, Row: phoneSheet{x.Sheet(), x.Name, x.NameEN, x.Questions}})
	}
	slices.SortFunc(out, func(a, b offline.Row) int { return int(a.ID - b.ID) })
	return out, nil
}
