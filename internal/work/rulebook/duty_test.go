package rulebook

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
)

var (
	office = []Window{{Weekdays: []int{1, 2, 3, 4, 5}, From: "08:30", To: "17:30"}}
	nights = []Window{{From: "17:30", To: "08:30"}}
)

func TestRouteByDuty(t *testing.T) {
	t.Parallel()
	list := Routing{
		Rules: []Rule{
			{ID: "water", Name: "供水", When: When{Categories: []int64{12}}, Then: Then{Lead: Unit{Kind: "water"}, Or: []Unit{{Org: 4}, {Kind: StreetOffice}}}},
			backstop,
		},
		Duties: []Duty{
			{Org: 1, Windows: office, Deputy: 3},
			{Org: 2, Windows: office, Deputy: 8},
			{Org: 8, Windows: nights, Deputy: 3, Holidays: true},
			{Org: 5, Windows: office},
			{Org: 4, Windows: []Window{{From: "06:00", To: "22:00"}}},
		},
	}
	w := smallWorld()
	w.cal = calendar.Standard()
	if ps := problems(list, w); len(ps) > 0 {
		t.Fatalf("%+v", ps)
	}
	r := newRouter(list, w)
	first, second := int64(990101001001), int64(990101002001)
	for _, c := range []struct {
		name string
		f    Facts
		lead int64
		why  string // in both languages, "" if duty changes nothing
		en   string
	}{
		{"on duty", Facts{Community: first, At: at("2026-11-23", "08:30")}, 1, "", ""},
		{"a minute before", Facts{Community: first, At: at("2026-11-23", "08:29")}, 3, "“翠湖街道办事处”不在值班时间，由“湖东区指挥中心”代班", "“湖东区指挥中心” stands in"},
		{"the end is off", Facts{Community: first, At: at("2026-11-23", "17:30")}, 3, "代班", "stands in"},
		{"a holiday on a Thursday", Facts{Community: first, At: at("2026-10-01", "10:00")}, 3, "代班", "stands in"},
		{"a Saturday", Facts{Community: first, At: at("2026-11-21", "10:00")}, 3, "代班", "stands in"},
		{"a Saturday that is worked", Facts{Community: first, At: at("2026-10-10", "10:00")}, 1, "", ""},
		{"a deputy of its own hours", Facts{Community: second, At: at("2026-11-23", "23:00")}, 8, "由“翠湖社区物业”代班", "stands in"},
		{"its window goes on over midnight", Facts{Community: second, At: at("2026-11-24", "08:29")}, 8, "代班", "stands in"},
		{"on a holiday too", Facts{Community: second, At: at("2026-10-01", "23:00")}, 8, "代班", "stands in"},
		{"the deputy's deputy", Facts{Community: second, At: at("2026-11-22", "12:00")}, 3, "由“湖东区指挥中心”代班", "stands in"},
		{"no deputy: the next that is on", Facts{Category: 12, Community: first, At: at("2026-11-23", "20:00")}, 4, "“澄湖市水务集团”不在值班时间，由“湖东区城管局”承办", "“湖东区城管局” takes it"},
		{"the deputy of the next", Facts{Category: 12, Community: first, At: at("2026-11-23", "23:00")}, 3, "“澄湖市水务集团”不在值班时间，由“湖东区指挥中心”代班", "stands in"},
		{"the deputy is complained about", Facts{Community: first, At: at("2026-11-23", "20:00"), About: 3}, 1, "仍由其承办", "all the same"},
	} {
		d, err := r.route(&c.f)
		off := strings.Contains(d.Why.ZH, "值班")
		if err != nil || d.Lead != c.lead || d.Trouble || off != (c.why != "") || !strings.Contains(d.Why.ZH, c.why) || !strings.Contains(d.Why.EN, c.en) {
			t.Errorf("%s: %+v, %v", c.name, d, err)
		}
		if c.f.About != 0 && !strings.Contains(d.Why.ZH, "回避") {
			t.Errorf("%s: the conflict of interest is not said: %s", c.name, d.Why.ZH)
		}
	}
}

func TestDutyProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		duties []Duty
		want   []string
	}{
		{"a line of deputies", []Duty{{Org: 1, Windows: office, Deputy: 2}, {Org: 2, Windows: office, Deputy: 3}}, nil},
		{"a deputy that is not", []Duty{{Org: 1, Windows: office, Deputy: 99}}, []string{UnknownUnit}},
		{"a unit that is not", []Duty{{Org: 99, Windows: office}}, []string{UnknownUnit}},
		{"its own deputy", []Duty{{Org: 1, Windows: office, Deputy: 1}}, []string{DeputyRing}},
		{"a ring is said once", []Duty{{Org: 3, Windows: office, Deputy: 1}, {Org: 1, Windows: office, Deputy: 2}, {Org: 2, Windows: nights, Deputy: 3}, {Org: 4, Windows: nights, Deputy: 1}}, []string{DeputyRing}},
	} {
		list := Routing{Rules: []Rule{backstop}, Duties: c.duties}
		if err := list.Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var got []string
		for _, p := range problems(list, smallWorld()) {
			if got = append(got, p.Kind); p.Rule != "" || p.Text.ZH == "" || p.Text.EN == "" || strings.Contains(p.Text.ZH+p.Text.EN, "%!") {
				t.Errorf("%s: %+v", c.name, p)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	// A ring that came in some other way must not hang a case.
	r := newRouter(Routing{Rules: []Rule{backstop}, Duties: []Duty{{Org: 1, Windows: office, Deputy: 2}, {Org: 2, Windows: office, Deputy: 1}}}, smallWorld())
	if d, err := r.route(&Facts{Community: 990101001001, At: at("2026-11-23", "20:00")}); err != nil || d.Lead != 1 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestDutyForms(t *testing.T) {
	t.Parallel()
	for field, d := range map[string][]Duty{
		"duties[0].org":                 {{Windows: office}},
		"duties[1].org":                 {{Org: 1, Windows: office}, {Org: 1, Windows: nights}},
		"duties[0].deputy":              {{Org: 1, Windows: office, Deputy: -1}},
		"duties[0].windows":             {{Org: 1}},
		"duties[0].windows[0].weekdays": {{Org: 1, Windows: []Window{{Weekdays: []int{8}, From: "08:00", To: "09:00"}}}},
		"duties[0].windows[0].from":     {{Org: 1, Windows: []Window{{From: "8:00", To: "09:00"}}}},
		"duties[0].windows[1].to":       {{Org: 1, Windows: []Window{office[0], {From: "08:00", To: "08:00"}}}},
		"duties[1].windows[0].from":     {{Org: 1, Windows: office}, {Org: 2, Windows: []Window{{To: "09:00"}}}},
		"duties[0].windows[0].to":       {{Org: 1, Windows: []Window{{From: "24:00", To: "09:00"}}}},
	} {
		list := Routing{Rules: []Rule{backstop}, Duties: d}
		if err := list.Check(); err == nil || errs.As(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// onNaive lists the windows of the days around as instants and looks.
func onNaive(duties []Duty, cal *calendar.Calendar, org, now int64) bool {
	i := slices.IndexFunc(duties, func(d Duty) bool { return d.Org == org })
	if i < 0 {
		return true
	}
	here := time.UnixMicro(now).In(china)
	for back := range 2 {
		day := time.Date(here.Year(), here.Month(), here.Day()-back, 0, 0, 0, 0, china)
		no := day.Year()*10000 + int(day.Month())*100 + day.Day()
		year := cal.Year(day.Year())
		if slices.Contains(year.Off, no) && !duties[i].Holidays {
			continue
		}
		weekday := (int(day.Weekday())+6)%7 + 1
		if slices.Contains(year.Makeup, no) {
			weekday = 1
		}
		for _, w := range duties[i].Windows {
			if len(w.Weekdays) > 0 && !slices.Contains(w.Weekdays, weekday) {
				continue
			}
			clock := func(s string) time.Time {
				m, _ := minuteOf(s)
				return day.Add(time.Duration(m) * time.Minute)
			}
			from, to := clock(w.From), clock(w.To)
			if to.Before(from) {
				to = to.AddDate(0, 0, 1)
			}
			if !here.Before(from) && here.Before(to) {
				return true
			}
		}
	}
	return false
}

// unitsNaive lists what a unit of the property's rules can mean at the place, nearest first.
func unitsNaive(u Unit, f *Facts) (ids []int64) {
	if u.Org != 0 {
		return []int64{u.Org}
	}
	if u.Kind == "water" {
		return []int64{5}
	}
	street := f.Street
	if f.Community != 0 {
		street = f.Community / 1000
	}
	switch street { // @territory
	case 990101001:
		ids = append(ids, 1)
	case 990101002:
		ids = append(ids, 2)
	}
	if street != 0 || f.District != 0 {
		ids = append(ids, 3)
	}
	return ids
}

// leadNaive is who leads by the units in order; 0 if nobody can.
func leadNaive(units []Unit, duties []Duty, cal *calendar.Calendar, f *Facts) (lead int64, conflict bool) {
	var there []int64
	for _, u := range units {
		ids := unitsNaive(u, f)
		if len(ids) > 0 && ids[0] == f.About {
			ids, conflict = ids[1:], true
		}
		if len(ids) == 0 {
			continue
		}
		there = append(there, ids[0])
		for id := ids[0]; id != 0; {
			if id == f.About {
				conflict = true
				break
			}
			if onNaive(duties, cal, id, f.At) {
				return id, conflict
			}
			id = duties[slices.IndexFunc(duties, func(d Duty) bool { return d.Org == id })].Deputy
		}
	}
	if len(there) > 0 {
		lead = there[0]
	}
	return lead, conflict
}

// The router sends every case where the obvious reading of rules, duty
// calendars and deputies sends it, and none to the unit complained about.
func TestRouterIsTheObviousOne(t *testing.T) {
	t.Parallel()
	w := smallWorld()
	w.cal = calendar.Standard()
	units := rapid.SampledFrom([]Unit{{Org: 1}, {Org: 2}, {Org: 3}, {Org: 4}, {Org: 8}, {Kind: "water"}, {Kind: Territory}})
	clock := rapid.SampledFrom([]string{"00:00", "06:00", "08:30", "17:30", "18:00", "23:59"})
	rapid.Check(t, func(t *rapid.T) {
		list := Routing{Rules: drawRules(t, w)}
		for i := range list.Rules[:len(list.Rules)-1] {
			list.Rules[i].Then = Then{Lead: units.Draw(t, "lead"), Or: rapid.SliceOfN(units, 0, 2).Draw(t, "or")}
		}
		for org := int64(1); org <= 8; org++ {
			if rapid.Bool().Draw(t, "always on duty") {
				continue
			}
			d := Duty{Org: org, Holidays: rapid.Bool().Draw(t, "holidays")}
			if org < 8 && rapid.Bool().Draw(t, "has a deputy") {
				d.Deputy = rapid.Int64Range(org+1, 8).Draw(t, "deputy") // upwards only: no ring
			}
			for range rapid.IntRange(1, 2).Draw(t, "windows") {
				x := Window{Weekdays: some(t, "weekdays", []int{1, 2, 3, 4, 5, 6, 7}, 7), From: clock.Draw(t, "from"), To: clock.Draw(t, "to")}
				if x.From == x.To {
					x.To = "24:00"
				}
				d.Windows = append(d.Windows, x)
			}
			list.Duties = append(list.Duties, d)
		}
		if err := list.Check(); err != nil {
			t.Fatal(err)
		}
		r := newRouter(list, w)
		for range 20 {
			f := drawFacts(t)
			if rapid.Bool().Draw(t, "around a holiday") {
				f.At += at("2026-10-05", "00:00") - at("2026-11-23", "00:00")
			}
			f.About = rapid.Int64Range(0, 8).Draw(t, "about")
			x := list.Rules[slices.IndexFunc(list.Rules, func(x Rule) bool { return brute(w, &x.When, &f) })]
			want, conflict := leadNaive(x.Then.leads(), list.Duties, w.cal, &f)
			if want == 0 {
				want, _ = leadNaive([]Unit{{Kind: Territory}}, list.Duties, w.cal, &f)
			}
			d, err := r.route(&f)
			if got := d.Lead; got != want || (err != nil) != (want == 0) || want != 0 && got == f.About {
				t.Fatalf("%+v by %+v: %d (%v), want %d", f, x, got, err, want)
			}
			if want != 0 && conflict && !strings.Contains(d.Why.ZH, "回避") {
				t.Fatalf("%+v: %s", f, d.Why.ZH)
			}
		}
	})
}
