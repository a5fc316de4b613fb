// Package flow is the one engine for things that move through states: cases,
// and later errands, whistles, agreements, appeals.
//
// A Life is one readable table: which action leads from which states to which,
// who may do it, what the actor must give, which rules must hold, and whether
// somebody must approve. The engine is pure. It answers what may be done now
// and why the rest may not; the room applies the answer in one transaction.
package flow

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
)

// State is a stable snake_case status code.
type State string

// Action is a stable snake_case action code.
type Action string

// Field is something that the actor gives with an action.
type Field struct {
	Name     string // JSON name
	Type     string // text, org, orgs, day, category, grade, files, case, choice, place, number …
	Required bool
	Max      int      // text: longest in characters; lists: most entries
	Choices  []string // choice: the codes
	Label    errs.Words
}

// Rule is a condition on the facts, with the reason why not when it fails.
type Rule[F any] struct {
	Why  errs.Words
	Hold func(F) bool
}

// Transition is one row of a life's table.
type Transition[F any] struct {
	Action Action
	Name   errs.Words
	From   []State // none: it creates the thing
	To     State   // "": the state stays
	Perms  []access.Perm
	System bool // done by the program only, never offered to people
	Needs  []Field
	Rules  []Rule[F]
	Asks   bool // the action files a request that somebody has to approve; To is reached then
	Side   bool // a side move: never the main button
}

// Life is the definition of something that moves.
type Life[F any] struct {
	Name   string
	Ends   []State // states in which nothing is due any more
	States []State
	Table  []Transition[F]
}

// Errors of the engine.
var (
	NotNow  = errs.Declare("action_not_allowed", 409, "现在不能“{action}”：{why}", "“{action}” is not possible now: {why}")
	Unknown = errs.Declare("action_unknown", 422, "没有“{action}”这个操作。", "There is no action “{action}”.")
)

// Check looks for mistakes in the table: unknown states, two rows that compete,
// states that nothing reaches or that lead to no end.
func (l *Life[F]) Check() error {
	known := func(s State) bool { return slices.Contains(l.States, s) }
	taken := map[string]bool{}
	leads := map[State][]State{}
	reached := map[State]bool{}
	var start []State
	for _, t := range l.Table {
		if t.To != "" && !known(t.To) {
			return fmt.Errorf("%s: %s leads to unknown state %s", l.Name, t.Action, t.To)
		}
		if !t.System && len(t.Perms) == 0 {
			return fmt.Errorf("%s: nobody may %s", l.Name, t.Action)
		}
		if len(t.From) == 0 {
			start = append(start, t.To)
		}
		for _, s := range t.From {
			if !known(s) {
				return fmt.Errorf("%s: %s starts from unknown state %s", l.Name, t.Action, s)
			}
			key := string(s) + " " + string(t.Action)
			if taken[key] {
				return fmt.Errorf("%s: two rows for %s", l.Name, key)
			}
			taken[key] = true
			if t.To != "" {
				leads[s] = append(leads[s], t.To)
			}
		}
	}
	var visit func(State)
	visit = func(s State) {
		if reached[s] {
			return
		}
		reached[s] = true
		for _, n := range leads[s] {
			visit(n)
		}
	}
	for _, s := range start {
		visit(s)
	}
	for _, s := range l.States {
		if !reached[s] {
			return fmt.Errorf("%s: nothing leads to %s", l.Name, s)
		}
		if !l.endReachable(s, leads, map[State]bool{}) {
			return fmt.Errorf("%s: %s leads to no end", l.Name, s)
		}
	}
	return nil
}

func (l *Life[F]) endReachable(s State, leads map[State][]State, seen map[State]bool) bool {
	if slices.Contains(l.Ends, s) {
		return true
	}
	seen[s] = true
	return slices.ContainsFunc(leads[s], func(n State) bool { return !seen[n] && l.endReachable(n, leads, seen) })
}

// Ended tells whether nothing is due in the state any more.
func (l *Life[F]) Ended(s State) bool { return slices.Contains(l.Ends, s) }

// Find is the action's row for the state, or nil.
func (l *Life[F]) Find(at State, a Action) *Transition[F] {
	for i := range l.Table {
		if t := &l.Table[i]; t.Action == a && (slices.Contains(t.From, at) || at == "" && len(t.From) == 0) {
			return t
		}
	}
	return nil
}

// NameOf is the action's name, or its code if there is none.
func (l *Life[F]) NameOf(a Action) errs.Words {
	for i := range l.Table {
		if l.Table[i].Action == a {
			return l.Table[i].Name
		}
	}
	return errs.Words{ZH: string(a), EN: string(a)}
}

// Can says which permissions the actor has on the thing.
type Can func(access.Perm) bool

func (t *Transition[F]) permitted(can Can) bool { return slices.ContainsFunc(t.Perms, can) }

var (
	whyState  = errs.Words{ZH: "当前状态下没有这一步", EN: "not a step of the present state"}
	whySystem = errs.Words{ZH: "这一步由系统自动完成", EN: "the program takes this step by itself"}
	whyPerm   = errs.Words{ZH: "您的岗位不办理这一步", EN: "not a step of your post"}
)

// Next is the row to apply when the actor does the action in the state, or why
// it cannot be done.
func (l *Life[F]) Next(at State, a Action, can Can, f F) (*Transition[F], error) {
	t := l.Find(at, a)
	if t == nil {
		name := l.NameOf(a)
		if !slices.ContainsFunc(l.Table, func(t Transition[F]) bool { return t.Action == a }) {
			return nil, Unknown.New("action", string(a))
		}
		return nil, NotNow.New("action", name, "why", whyState)
	}
	if t.System { // nobody asks for it
		return nil, NotNow.New("action", t.Name, "why", whySystem)
	}
	if !t.permitted(can) {
		return nil, NotNow.New("action", t.Name, "why", whyPerm)
	}
	for _, r := range t.Rules {
		if !r.Hold(f) {
			return nil, NotNow.New("action", t.Name, "why", r.Why)
		}
	}
	return t, nil
}

// Option is an action with whether it may be done now, and why not.
type Option[F any] struct {
	*Transition[F]
	Allowed bool
	Why     errs.Words
}

// Options lists the actions that belong to the state and that the actor's
// posts include, allowed or not.
func (l *Life[F]) Options(at State, can Can, f F) []Option[F] {
	var out []Option[F]
	for i := range l.Table {
		t := &l.Table[i]
		if t.System || !slices.Contains(t.From, at) || !t.permitted(can) {
			continue
		}
		o := Option[F]{Transition: t, Allowed: true}
		for _, r := range t.Rules {
			if !r.Hold(f) {
				o.Allowed, o.Why = false, r.Why
				break
			}
		}
		out = append(out, o)
	}
	return out
}

// Given is what an actor gave, looked at by field name.
type Given interface {
	// Text is the field as text, "" if it is not given; n is its length:
	// characters of a text, entries of a list, 1 for a given id or number.
	Text(field string) (value string, n int)
}

// CheckNeeds tests what was given against the row's fields.
func (t *Transition[F]) CheckNeeds(g Given) error {
	for _, n := range t.Needs {
		v, size := g.Text(n.Name)
		switch {
		case size == 0 && n.Required:
			return errs.Required.New("field", n.Label).In(n.Name)
		case n.Max > 0 && size > n.Max:
			return errs.TooLong.New("field", n.Label, "max", n.Max).In(n.Name)
		case !utf8.ValidString(v):
			return errs.Invalid.New("field", n.Label, "remedy", errs.Words{ZH: "含有无法识别的字符，请重新输入", EN: "it has characters that cannot be read; please type it again"}).In(n.Name)
		case size > 0 && len(n.Choices) > 0 && !slices.Contains(n.Choices, v):
			return errs.Invalid.New("field", n.Label, "remedy", errs.Words{ZH: "请从列表中选择", EN: "please choose from the list"}).In(n.Name)
		}
	}
	return nil
}
