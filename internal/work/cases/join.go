package cases

import (
	"linli/internal/kernel/errs"
)

// answer tells each merged case that its matter was closed; their reporters are
// drawn for call-backs like the main one's.
func (st *steps) answer() error {
	if st.c.Supporters <= 1 { // nothing was merged into it
		return nil
	}
	rate, err := st.callRate()
	if err != nil {
		return err
	}
	return st.eachOther("merged_into", func(o *steps) {
		o.system(ActAnswer, map[string]any{"main": st.c.Number, "result": st.c.Result})
		o.drawCall(rate)
	})
}

// merge makes the present case part of another open one; every reporter stays.
func (st *steps) merge(into int64) error {
	main, units, _, err := st.s.load(st.tx, st.scope, into)
	if err != nil || main.District != st.c.District || main.ID == st.c.ID || Life.Ended(main.Status) {
		return errs.Invalid.New("field", w("主事件", "main case"), "remedy", w("请选择同一区内尚未办结的另一事件", "please choose another open case of the same district")).In("into")
	}
	st.c.MergedInto = main.ID
	o := st.other(main, units)
	main.Supporters += st.c.Supporters
	main.Version++
	o.system(ActGather, map[string]any{"case": st.c.Number})
	return nil
}

// split makes a case of each part, with the place and the reporter of this one.
func (st *steps) split(parts []Part) error {
	for i, p := range parts {
		if err := checkText("parts", w("拆出的事项", "parts"), p.Text, maxText, true); err != nil {
			return err
		}
		if p.Title == "" {
			p.Title = titleOf(p.Text)
		}
		if err := checkText("parts", w("标题", "title"), p.Title, maxTitle, true); err != nil {
			return err
		}
		c := st.c
		n := &Case{District: c.District, ID: st.tx.NextID(), Number: st.spare[i], Version: 1, Status: Reported, Channel: c.Channel, Grade: c.Grade,
			Category: c.Category, CategoryVersion: c.CategoryVersion, Title: p.Title, Body: p.Text, Address: c.Address, Lon: c.Lon, Lat: c.Lat, CRS: c.CRS,
			Street: c.Street, Community: c.Community, Grid: c.Grid, Day: st.cal.Day(st.now), OccurredAt: c.OccurredAt, ReportedAt: st.now,
			Creator: st.scope.Account(), Reporter: c.Reporter, Flags: c.Flags & (FlagAnonymous | FlagSealed), Against: c.Against, Supporters: 1, Solved: -1, SplitFrom: c.ID}
		o := st.other(n, nil)
		o.was = nil
		o.stage("triage")
		o.logFrom("", ActReport, map[string]any{"channel": n.Channel, "from": c.Number}, false)
		st.system(ActPart, map[string]any{"case": n.Number, "title": n.Title})
	}
	return nil
}

// other prepares steps on another case of the same write.
func (st *steps) other(c *Case, units []Unit) *steps {
	o := &steps{s: st.s, c: c, now: st.now, scope: st.scope, post: st.post, cal: st.cal, rules: st.rules, set: st.set}
	o.begin(st.tx, clone(c), units, nil)
	st.others = append(st.others, o)
	return o
}

// eachOther does something to every case that a link column points from.
func (st *steps) eachOther(link string, do func(*steps)) error {
	linked, err := st.s.linked(st.tx, st.c, link)
	if err != nil {
		return err
	}
	for _, c := range linked {
		do(st.other(c, nil))
	}
	return nil
}
