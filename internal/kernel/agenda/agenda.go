package agenda

import (
	"cmp"
	"context"
	"slices"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Most is how many entries a source gives at a time; whoever gets as many knows
// that there may be more.
const Most = 500

// Entry is one thing with a day.
type Entry struct {
	Key    string // of the thing within its source, the same as long as the same is due
	Title  errs.Words
	Where  string
	Day    int    // yyyymmdd by when it is due or on which it is; 0: no day
	At     int64  // when it begins, microseconds UTC; 0: the whole day
	Link   string // path of the desk
	For    int64  // the one account whose it is; 0: everybody with the source's permission over Target
	Target access.Target
}

// Source is one room's part.
type Source struct {
	Code string     // stable, snake_case
	Name errs.Words // what kind of thing it is
	Does []access.Perm
	Sees []access.Perm // who finds it in the calendar besides those who do it
	All  string        // path of the desk with the whole list
	// Before is how many days before its day somebody is told of a duty, unless the
	// rulebook says otherwise; 0: nobody is told.
	Before int
	// Due gives what is open and has to be done no later than the day, or has no
	// day: the earliest first, Most at most. The program's own scope gets everybody's.
	Due func(ctx context.Context, scope access.Scope, until int) ([]Entry, error)
	// Dates gives what is or ends on the days from and to or between, likewise.
	Dates func(ctx context.Context, scope access.Scope, from, to int) ([]Entry, error)
}

// Options are the room's neighbours.
type Options struct {
	DB    *store.DB
	Zone  *time.Location
	Today func() int
	// Before is the rulebook's number of days for a source, if it has one.
	Before func(code string) (days int, ok bool)
	// Holders are the posts through which people have the permission over the target today.
	Holders func(p access.Perm, t access.Target) []access.Post
}

// Room joins the sources.
type Room struct {
	Options
	sources []Source
}

// New makes the room of the sources. Mistakes in them are the programmer's and panic.
func New(o Options, sources ...Source) *Room {
	seen := map[string]bool{}
	for _, s := range sources {
		if s.Code == "" || s.Name.ZH == "" || s.Name.EN == "" || len(s.Does) == 0 || seen[s.Code] || s.Due == nil && s.Dates == nil || s.Before > 0 && s.Due == nil {
			panic("agenda: source " + s.Code + " wants a code of its own, a name, whose it is and a query")
		}
		seen[s.Code] = true
	}
	return &Room{o, sources}
}

// Same is a text that is the same in both languages: what people entered.
func Same(text string) errs.Words { return errs.Words{ZH: text, EN: text} }

// Part is what one source gives.
type Part struct {
	*Source
	Entries []Entry
	More    bool // there are others behind
}

// read asks a source through each of the permissions that the scope's actor has
// of those given, every entry once; ok is false if it has none.
func (s *Source) read(scope access.Scope, perms []access.Perm, ask func(access.Scope) ([]Entry, error)) (part Part, ok bool, err error) {
	part.Source = s
	seen := map[string]bool{}
	for _, p := range perms {
		reach, err := scope.For(p)
		if err != nil {
			continue // no post of the actor's has it
		}
		ok = true
		list, err := ask(reach)
		if err != nil {
			return part, false, err
		}
		part.More = part.More || len(list) >= Most
		for _, e := range list {
			if !seen[e.Key] {
				seen[e.Key] = true
				part.Entries = append(part.Entries, e)
			}
		}
		if scope.SystemReason() != "" { // every permission reaches the same
			break
		}
	}
	slices.SortStableFunc(part.Entries, func(a, b Entry) int { return cmp.Or(cmp.Compare(never(a.Day), never(b.Day)), cmp.Compare(a.At, b.At)) })
	return part, ok, nil
}

// never puts what has no day behind all that has one.
func never(day int) int { return cmp.Or(day, 99991231) }

// Duties are what the actor has to see to until the day, source by source;
// sources without any are left out.
func (r *Room) Duties(ctx context.Context, scope access.Scope, until int) ([]Part, error) {
	var out []Part
	for i := range r.sources {
		s := &r.sources[i]
		if s.Due == nil {
			continue
		}
		part, ok, err := s.read(scope, s.Does, func(reach access.Scope) ([]Entry, error) { return s.Due(ctx, reach, until) })
		if err != nil {
			return nil, err
		}
		if ok && len(part.Entries) > 0 {
			out = append(out, part)
		}
	}
	return out, nil
}

// Calendar is what is or ends on the days from and to or between, in the actor's
// scope or, if mine, of the actor's own, source by source.
func (r *Room) Calendar(ctx context.Context, scope access.Scope, from, to int, mine bool) ([]Part, error) {
	var out []Part
	for i := range r.sources {
		s := &r.sources[i]
		if s.Dates == nil {
			continue
		}
		perms := s.Does
		if !mine {
			perms = slices.Concat(s.Does, s.Sees)
		}
		part, _, err := s.read(scope, perms, func(reach access.Scope) ([]Entry, error) {
			list, err := s.Dates(ctx, reach, from, to)
			if mine {
				list = slices.DeleteFunc(list, func(e Entry) bool { return e.For != 0 && e.For != scope.Account() })
			}
			return list, err
		})
		if err != nil {
			return nil, err
		}
		if len(part.Entries) > 0 {
			out = append(out, part)
		}
	}
	return out, nil
}

// Plus is the day n days on.
func Plus(day, n int) int { return dayOf(timeOf(day).AddDate(0, 0, n)) }

func timeOf(day int) time.Time {
	return time.Date(day/10000, time.Month(day/100%100), day%100, 0, 0, 0, 0, time.UTC)
}

func dayOf(t time.Time) int { return t.Year()*10000 + int(t.Month())*100 + t.Day() }

// Week is the last day of the day's week, a Sunday.
func Week(day int) int { return Plus(day, (7-int(timeOf(day).Weekday()))%7) }

// Quarter is the last day of the day's quarter.
func Quarter(day int) int {
	t := timeOf(day)
	next := time.Date(t.Year(), (t.Month()-1)/3*3+4, 1, 0, 0, 0, 0, time.UTC)
	return dayOf(next.AddDate(0, 0, -1))
}
