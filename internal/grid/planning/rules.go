package planning

import (
	"fmt"
	"maps"
	"slices"
)

// LoadRules reads `rule,group,unit` into the options. The units of a group
// belong together: rule is together (they share a grid), apart (no two of them
// do), dedicated (they are a grid of their own, outside the bounds) or lock
// (they stay in the grid of the plan in force; the group says nothing).
func (o *Options) LoadRules(path string, in *Instance) error {
	groups := map[string]map[string][]int{}
	err := eachRow(path, []string{"rule", "group", "unit"}, func(r row) error {
		rule := r.text("rule")
		if !slices.Contains([]string{"together", "apart", "dedicated", "lock"}, rule) {
			return r.wrong("rule", fmt.Sprintf("%q is no rule", rule), "give together, apart, dedicated or lock")
		}
		u, err := r.unit("unit", len(in.Units))
		if err != nil {
			return err
		}
		if rule == "lock" && o.Warm == nil {
			return r.wrong("rule", "a lock without a plan in force", "give the plan with --warm")
		}
		group := r.text("group")
		if groups[rule] == nil {
			groups[rule] = map[string][]int{}
		}
		if slices.Contains(groups[rule][group], u) {
			return r.wrong("unit", fmt.Sprintf("unit %d stands twice in group %q", u, group), "remove the row")
		}
		groups[rule][group] = append(groups[rule][group], u)
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(groups["together"])) {
		for _, u := range groups["together"][name][1:] {
			o.Together = append(o.Together, [2]int{groups["together"][name][0], u})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups["apart"])) {
		for i, u := range groups["apart"][name] {
			for _, v := range groups["apart"][name][:i] {
				o.Apart = append(o.Apart, [2]int{v, u})
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups["dedicated"])) {
		o.Dedicated = append(o.Dedicated, groups["dedicated"][name])
	}
	for _, units := range groups["lock"] {
		if o.Locked == nil {
			o.Locked = make([]bool, len(in.Units))
		}
		for _, u := range units {
			o.Locked[u] = true
		}
	}
	return nil
}
