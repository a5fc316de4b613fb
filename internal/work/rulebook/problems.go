package rulebook

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"linli/internal/grid/region"
	"linli/internal/kernel/errs"
)

// The kinds of Problem. All of them refuse a publication.
const (
	Shadowed        = "shadowed"         // earlier rules take everything that it would take
	Contradictory   = "contradictory"    // its conditions exclude each other, or the same conditions have another unit
	Dead            = "dead"             // it can never match: what it names is closed or gone
	NoBackstop      = "no_backstop"      // nothing takes what no rule takes
	UnknownUnit     = "unknown_unit"     // there is no such unit where the rule holds
	UnknownCategory = "unknown_category" // there is no such category
	UnknownArea     = "unknown_area"     // there is no such region or grid
	UnknownSource   = "unknown_source"   // there is no such program, or it is disabled
	DeputyRing      = "deputy_ring"      // units stand in for each other in a ring
)

// Problem is why a rule cannot run.
type Problem struct {
	Rule string     // id of the rule, "" for the list as a whole
	Kind string     // see above
	Text errs.Words // what is wrong and what to do
}

// problems checks a list of rules and duty calendars against the world: exactly, because a rule's
// conditions are products of finite sets. inForce must hold the world's open
// categories and its regions as of the list's start.
func problems(list Routing, w *world) []Problem {
	r, rules := newRouter(list, w), list.Rules
	var out []Problem
	report := func(i int, kind, zh, en string, args ...any) {
		id := ""
		if i >= 0 {
			id = rules[i].ID
			w := rules[i].words()
			zh, en = "规则“"+escape(w.ZH)+"”"+zh, "Rule “"+escape(w.EN)+"” "+en
		}
		out = append(out, Problem{id, kind, words(fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...))})
	}
	if n := len(rules); n == 0 || !rules[n-1].When.IsBackstop() {
		report(-1, NoBackstop, "最后一条规则应当没有任何条件，用来兜底。", "The last rule must have no condition, so that it takes what no other takes.")
	}
	r.checkDuties(list.Duties, report)
	whole := r.wholeBox(w.open)
	taken := make([]box, 0, len(rules))
	for i := range rules {
		named := len(out)
		r.checkNames(i, w, report)
		b := r.rules[i].box
		for d := range b {
			b[d] = b[d].and(whole[d])
		}
		switch {
		case b.empty():
			if named < len(out) {
				break // what it names is unknown or closed, which was said
			}
			report(i, Contradictory, "的条件互相排斥，永远不会适用，请检查。", "has conditions that exclude each other, so it never applies; check them.")
		default:
			if !r.reportShadow(i, &b, taken, report) {
				left, _ := b.remainder(taken)
				r.checkUnits(i, left, report)
			}
		}
		taken = append(taken, b)
	}
	return out
}

// escape keeps a name from being read as a format.
func escape(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// wholeBox is everything that can still happen: open categories and no category.
func (r *router) wholeBox(open map[int64]bool) box {
	b := r.box(&When{})
	for i, c := range r.cats {
		if !open[c.ID] {
			b[dimCategory][i>>6] &^= 1 << (i & 63)
		}
	}
	return b
}

type reporter func(i int, kind, zh, en string, args ...any)

// checkNames reports what a condition names that does not exist or is closed.
func (r *router) checkNames(i int, w *world, report reporter) {
	x := &r.rules[i].When
	dead := len(x.Categories) > 0
	for _, id := range x.Categories {
		switch at, ok := r.catAt[id]; {
		case !ok:
			report(i, UnknownCategory, "所写的类别（编号 %d）不存在，请重新选择。", "names a category (id %d) that does not exist; choose again.", id)
			dead = false
		case w.open[id]:
			dead = false
		default:
			_ = at
		}
	}
	if dead {
		c := r.cats[r.catAt[x.Categories[0]]]
		report(i, Dead, "所写的类别（如“%[1]s”）已停用，规则不会再适用，请改写或删除。", "names only categories that are closed (such as %[1]s), so it never applies; change or remove it.", c.Name)
	}
	for _, code := range x.Areas {
		if _, ok := r.areaAt[code]; !ok || code == 0 {
			report(i, UnknownArea, "所写的区划（%d）不存在或已撤销，请重新选择。", "names a region (%d) that does not exist any more; choose again.", code)
		}
	}
	for _, id := range x.Sources {
		if r.sources[id] == 0 {
			report(i, UnknownSource, "所写的接入程序（编号 %d）不存在或已停用，请重新选择。", "names a program (id %d) that does not exist or is disabled; choose again.", id)
		}
	}
	for _, id := range x.Grids {
		if _, ok := r.grids[id]; !ok {
			report(i, UnknownArea, "所写的网格（编号 %d）不存在或已撤销，请重新选择。", "names a grid (id %d) that does not exist any more; choose again.", id)
		}
	}
}

// reportShadow reports a rule that earlier ones leave nothing to; true if it is one.
func (r *router) reportShadow(i int, b *box, taken []box, report reporter) bool {
	for j := range taken {
		if taken[j].empty() || !b.inside(&taken[j]) {
			continue
		}
		if b.equal(&taken[j]) && !reflect.DeepEqual(r.rules[i].Then, r.rules[j].Then) {
			report(i, Contradictory, "与规则“%[1]s”条件相同、处理不同，请保留一条。", "has the same conditions as “%[1]s” but decides otherwise; keep one of them.", r.rules[j].Name)
		} else {
			report(i, Shadowed, "永远不会适用：前面的“%[1]s”已包括它的全部情形，请调整顺序或删除。",
				"is never reached: “%[1]s” before it takes all that it would take; change the order or remove it.", r.rules[j].Name)
		}
		return true
	}
	left, exact := b.remainder(taken)
	if len(left) > 0 || !exact {
		return false
	}
	var names []string
	for j := range taken {
		if taken[j].meets(b) && !slices.Contains(names, r.rules[j].Name) {
			names = append(names, r.rules[j].Name)
		}
	}
	report(i, Shadowed, "永远不会适用：前面的“%[1]s”合起来已包括它的全部情形，请调整顺序或删除。",
		"is never reached: “%[2]s” before it together take all that it would take; change the order or remove it.", strings.Join(names, "”“"), strings.Join(names, "”, “"))
	return true
}

// checkUnits reports units that do not exist where the rule holds. Places that
// are known only to a district or less may do without a nearer unit.
func (r *router) checkUnits(i int, left []box, report reporter) {
	x := &r.rules[i].Then
	backstop := i == len(r.rules)-1
	groups := [][]Unit{x.leads()}
	for _, u := range x.Assists {
		groups = append(groups, []Unit{u})
	}
	for n, group := range groups {
		role := words("主办", "the lead")
		if n > 0 {
			role = words("协办", "an assisting unit")
		}
		gone := false
		for _, u := range group {
			if _, ok := r.orgName[u.Org]; u.Org != 0 && !ok {
				report(i, UnknownUnit, "指定的%[1]s单位（编号 %[3]d）不存在或已撤销，请重新选择。", "names %[2]s (id %[3]d) that does not exist any more; choose again.", role.ZH, role.EN, u.Org)
				gone = true
			}
		}
		if gone {
			continue
		}
		u := group[0]
		where, total, some := r.unresolved(group, left, backstop && n == 0)
		if n > 0 && some {
			continue // an assisting unit assists where there is one
		}
		if total > 0 {
			name := r.unitWords(u)
			report(i, UnknownUnit, "的%[1]s“%[3]s”在 %[5]d 处找不到单位（如%[6]s），请补充单位或改写规则。",
				"finds no unit for %[2]s (%[4]s) in %[5]d places, such as %[6]s; add the unit or change the rule.", role.ZH, role.EN, strings.Trim(name.ZH, "“”"), name.EN, total, where)
		}
	}
}

// unresolved counts the areas among the boxes in which none of the units can
// be found for some category, and names one. some tells that there is a unit
// somewhere.
func (r *router) unresolved(group []Unit, left []box, backstop bool) (where string, total int, some bool) {
	byCategory := slices.ContainsFunc(group, func(u Unit) bool { return u.Kind == Owner || u.Kind == ByPrinciple })
	then := Then{Lead: group[0], Or: group[1:]}
	seen := newSet(len(r.areas) + len(r.gridIn))
	for b := range left {
		left[b][dimArea].each(func(a int) bool {
			if seen.has(a) {
				return true
			}
			s, level := r.spotOf(a)
			if level < region.Community && !(backstop && level >= region.District) {
				return true
			}
			left[b][dimCategory].each(func(c int) bool {
				if s.at[dimCategory] = c; !r.leaf[c] {
					return true
				}
				if r.lead(&then, &s, 0).id != 0 {
					some = true
					return byCategory
				}
				if c >= len(r.cats) && byCategory {
					return true // a case without category has no owner; the backstop takes it
				}
				seen.add(a)
				if total++; where == "" {
					where = r.areaName(a)
					if byCategory && c < len(r.cats) {
						where += "、" + r.cats[c].Name
					}
				}
				return false
			})
			return true
		})
	}
	return where, total, some
}

// spotOf is a spot in the area, of the other dimensions' first members.
func (r *router) spotOf(a int) (spot, region.Level) {
	var s spot
	s.at[dimArea] = a
	code := int64(0)
	if a < len(r.areas) {
		code = r.areas[a].Code
	} else {
		code = r.gridIn[a-len(r.areas)]
	}
	level := region.LevelOf(code)
	for n := 0; code != 0 && n < len(s.chain); n++ {
		s.chain[n] = code
		code = region.ParentOf(code)
	}
	return s, level
}

func (r *router) areaName(a int) string {
	code := int64(0)
	if a >= len(r.areas) {
		code = r.gridIn[a-len(r.areas)]
	} else {
		code = r.areas[a].Code
	}
	if i, ok := r.areaAt[code]; ok {
		return r.areas[i].Name
	}
	return ""
}
