package patrol

import (
	"cmp"
	"slices"
)

// States of a task.
const (
	Open    = "open"
	Done    = "done"
	Dropped = "dropped" // the rule or the target is no more
)

// Task is one obligation: a rule, a target, and the day since which it runs.
type Task struct {
	District    int
	ID          int64
	Rule        int64
	RuleVersion int
	Target      int64 // home, building or case
	Anchor      int   // day on which the rule was last met for the target, 0: never
	Version     int
	State       string
	Street      int64
	Community   int64
	Grid        int64
	Building    int64
	Home        int64 // 0: the building, or what stands at a place
	Case        int64 // the hazard, of rechecks
	Lon, Lat    float64
	Title       string // of a hazard; else empty: the place names it
	Priority    int
	Minutes     int
	From, Due   int // the window's first and last day
	Again       int // not to be planned before this day: postponed, or nobody was there
	Day         int // planned for this day, 0: none
	Rank        int // place in the day's walk, from 1
	Worker      int64
	Tries       int // visits in a row at which nobody was there
	Visit       int64
	DoneDay     int
	Reason      string // why it was postponed or handed over
	ChangedAt   int64
}

// Home is a home as planning sees it.
type Home struct {
	ID, Building int64
	Since        int // day on which it was first known
	Every        int // the interval that the residents asked for, days; 0: none
	Empty        bool
	Needs        []string // kinds of care needs in force
}

// Building is a building with its entrance.
type Building struct {
	ID, Grid, Community int64
	Kind                string
	Lived               bool
	Lon, Lat            float64
}

// Hazard is an open case of the kind that is looked at again.
type Hazard struct {
	Case, Building, Grid int64
	Title, Grade         string
	Reported             int // day
	Lon, Lat             float64
}

// ground is everything of one community that rules are about, on a day.
type ground struct {
	district  int
	community int64
	buildings map[int64]Building
	homes     []Home
	hazards   []Hazard
}

type key struct{ rule, target int64 }

// wanted lists what is due in the community by the rules, with the window of
// each whether or not it has begun, by rule and target. last is the day on
// which a rule was last met for a target. It does not depend on what day it is:
// the same obligations have the same windows whenever it is asked.
func (g *ground) wanted(rules []*Rule, last map[key]int) []Task {
	var out []Task
	for _, r := range rules {
		if r.Ended || r.Area != 0 && !within(g.community, r.Area) {
			continue
		}
		add := func(t Task, since, every int, spread bool) {
			k := key{r.ID, t.Target}
			t.District, t.Community, t.Street = g.district, g.community, g.community/1000
			t.Rule, t.RuleVersion, t.Anchor, t.Priority, t.Minutes, t.State = r.ID, r.Version, last[k], r.Priority, r.Minutes, Open
			switch {
			case r.Kind == Circulars:
				if t.Anchor != 0 {
					return
				}
				t.From, t.Due = r.From, r.To
			case t.Anchor != 0:
				t.Due = addDays(t.Anchor, every)
				t.From = addDays(t.Due, -min(r.Window, every-1))
			default:
				// The first round is spread over the interval, so that not everything is due on one day.
				n := every
				if spread {
					n = 1 + int(mix(uint64(t.Target), uint64(r.ID))%uint64(every))
				}
				t.Due = addDays(since, n)
				t.From = max(since, addDays(t.Due, -r.Window))
			}
			out = append(out, t)
		}
		switch {
		case r.overHomes():
			for _, h := range g.homes {
				b, ok := g.buildings[h.Building]
				if !ok || h.Empty || len(r.Needs) > 0 && !slices.ContainsFunc(h.Needs, func(n string) bool { return slices.Contains(r.Needs, n) }) {
					continue
				}
				every := r.Every
				if h.Every > 0 && len(r.Needs) > 0 {
					every = h.Every
				}
				add(Task{Target: h.ID, Home: h.ID, Building: b.ID, Grid: b.Grid, Lon: b.Lon, Lat: b.Lat}, max(r.Since, h.Since), every, true)
			}
		case r.Kind == Rechecks:
			for _, h := range g.hazards {
				if slices.Contains(r.Grades, h.Grade) {
					add(Task{Target: h.Case, Case: h.Case, Building: h.Building, Grid: h.Grid, Lon: h.Lon, Lat: h.Lat, Title: h.Title}, max(r.Since, h.Reported), r.Every, false)
				}
			}
		default:
			for _, b := range g.buildings {
				if len(r.Buildings) > 0 && slices.Contains(r.Buildings, b.Kind) || len(r.Buildings) == 0 && b.Lived {
					add(Task{Target: b.ID, Building: b.ID, Grid: b.Grid, Lon: b.Lon, Lat: b.Lat}, r.Since, r.Every, true)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Task) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Target, b.Target)) })
	return out
}

// changes compares what is wanted on a day with the tasks that are open or were
// dropped: new ones, and changed ones under their ids. Only beginning depends on
// the day: a task whose window has begun stays, even if the clock went back.
func changes(want, have []Task, day int) (fresh, moved []Task) {
	type full struct {
		key
		anchor int
	}
	old := make(map[full]Task, len(have))
	for _, t := range have {
		old[full{key{t.Rule, t.Target}, t.Anchor}] = t
	}
	for _, t := range want {
		k := full{key{t.Rule, t.Target}, t.Anchor}
		o, ok := old[k]
		delete(old, k)
		switch {
		case !ok && t.From <= day:
			fresh = append(fresh, t)
		case ok && (o.State == Open || t.From <= day):
			n := o
			n.State, n.Grid, n.Building, n.Lon, n.Lat, n.Title, n.Priority, n.Minutes, n.From, n.Due = Open, t.Grid, t.Building, t.Lon, t.Lat, t.Title, t.Priority, t.Minutes, t.From, t.Due
			if o.State == Dropped {
				n.RuleVersion, n.Again, n.Day, n.Rank, n.Worker, n.Tries, n.Reason = t.RuleVersion, 0, 0, 0, 0, 0, ""
			}
			if n.Grid != o.Grid {
				n.Day, n.Rank, n.Worker = 0, 0, 0
			}
			if n != o {
				moved = append(moved, n)
			}
		}
	}
	for _, o := range old {
		if o.State == Open {
			o.State, o.Day, o.Rank, o.Worker = Dropped, 0, 0, 0
			moved = append(moved, o)
		}
	}
	slices.SortFunc(moved, func(a, b Task) int { return cmp.Compare(a.ID, b.ID) })
	return fresh, moved
}

// within tells whether the region or community lies in the area, by its code.
func within(code, area int64) bool {
	for code > area {
		code /= 10
	}
	return code == area
}

// mix is a number that depends on both and looks random (the finaliser of splitmix64).
func mix(a, b uint64) uint64 {
	x := a ^ b*0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
