package planning

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Reason says why a community has grids out of bounds.
type Reason string

// The reasons. All but NotFound are proved.
const (
	TooSmall         Reason = "too_small"               // fewer households than the grids need
	Gap              Reason = "gap"                     // too many for k grids, too few for k+1
	LockedGrid       Reason = "locked"                  // a grid that is locked as a whole lies outside the bounds
	IndivisibleUnit  Reason = "indivisible_unit"        // a unit has more households than a grid may have
	DisconnectedPart Reason = "disconnected_part"       // a part without links to the rest makes no grids by itself
	ProvedImpossible Reason = "proved_impossible"       // the sums would do, but links and households do not let them
	NotFound         Reason = "not_found_within_budget" // neither a division nor a proof was found
)

// Certificate is a proof that a community cannot be divided into K contiguous
// grids (0: any number) of Min to Max households, when each unit of Oversize
// has a grid of its own and counts as one of the K. Units are positions in
// the instance. CheckCertificate verifies it.
//
// Without Parts the sums prove it. Otherwise Parts are connected parts of what
// is left without Oversize: if K is 0 one part for which no number of grids
// remains, else all parts, whose remaining numbers do not come to K.
type Certificate struct {
	Reason     Reason      `json:"reason"`
	K          int         `json:"k"`
	Min        int         `json:"min"`
	Max        int         `json:"max"`
	Households int         `json:"households"`
	Oversize   []int       `json:"oversize,omitempty"`
	Parts      []PartProof `json:"parts,omitempty"`
}

// PartProof says into how many grids a connected part cannot be divided. From
// ceil(Households/Max) to floor(Households/Min) remain but for Excluded.
type PartProof struct {
	Units      []int       `json:"units"`
	Households int         `json:"households"`
	Oversize   bool        `json:"beside_oversize,omitempty"` // linked to an oversize unit: without households it needs no grid
	Excluded   []Exclusion `json:"excluded,omitempty"`
}

// Exclusion proves that a part does not make K grids. Either Branches are all
// that hangs at Root, and what Root's grid can take of them leaves no number
// of households that K-1 grids can have. Or, if Searched is set, every
// division was tried; the search can be repeated in that many steps.
type Exclusion struct {
	K        []int    `json:"k"`
	Root     int      `json:"root"`
	Branches []Branch `json:"branches,omitempty"`
	Searched int      `json:"searched,omitempty"`
}

// Branch is what hangs at one unit: Units and, at these, Inner branches have
// no links to others but through Via. A grid without Via that has a unit of
// the branch lies inside it, so the branch less what the grid of Via takes
// makes whole grids: Takes are the numbers of households for which the sums
// allow that, as stretches {first, last}.
type Branch struct {
	Via   int      `json:"via"`
	Units []int    `json:"units"`
	Inner []Branch `json:"inner,omitempty"`
	Takes [][2]int `json:"takes"`
}

func newCertificate(g *Graph, lo, hi, k int) *Certificate {
	c := &Certificate{K: k, Min: lo, Max: hi, Households: g.total(all(len(g.Units)))}
	for u, h := range g.Households {
		if h > hi {
			c.Oversize = append(c.Oversize, g.Units[u])
		}
	}
	return c
}

// arithmetic is the reason that the households alone give, or "".
func (c *Certificate) arithmetic(ofOversize int) Reason {
	rest, k := c.Households-ofOversize, c.K-len(c.Oversize)
	var few, many bool
	if c.K == 0 {
		few = rest < c.Min && (rest > 0 || len(c.Oversize) == 0)
		many = rest > c.Min && !feasible(rest, c.Min, c.Max)
	} else {
		few, many = rest < k*c.Min, rest > k*c.Max || k < 0
	}
	switch {
	case !few && !many:
		return ""
	case len(c.Oversize) > 0:
		return IndivisibleUnit
	case few:
		return TooSmall
	}
	return Gap
}

// reason of a certificate with parts.
func (c *Certificate) reason() Reason {
	switch {
	case slices.ContainsFunc(c.Parts, func(p PartProof) bool { return len(p.Excluded) > 0 }):
		return ProvedImpossible
	case len(c.Oversize) > 0:
		return IndivisibleUnit
	}
	return DisconnectedPart
}

// open are the numbers of grids that remain for the part.
func (p *PartProof) open(c *Certificate) []int {
	if p.Households == 0 && p.Oversize {
		return []int{0}
	}
	var open []int
	most := p.Households / c.Min
	if c.K > 0 {
		most = min(most, c.K)
	}
	for k := max(1, ceilDiv(p.Households, c.Max)); k <= most; k++ {
		if !slices.ContainsFunc(p.Excluded, func(e Exclusion) bool { return slices.Contains(e.K, k) }) {
			open = append(open, k)
		}
	}
	return open
}

// possible tells whether the numbers that remain for the parts come to K, or,
// if K is 0, whether every part has one.
func (c *Certificate) possible() bool {
	sums := map[int]bool{len(c.Oversize): true}
	for i := range c.Parts {
		next := map[int]bool{}
		for sum := range sums {
			for _, k := range c.Parts[i].open(c) {
				next[sum+k] = true
			}
		}
		sums = next
	}
	return c.K == 0 && len(sums) > 0 || sums[c.K]
}

// CheckCertificate returns nil if c proves for this community what it says.
// It uses neither Prove nor its sums; only exclusions that rest on a search
// are searched again, in as many steps as they name.
func CheckCertificate(g *Graph, c *Certificate) error {
	k := checker{g: g, c: c, at: make(map[int]int, len(g.Units)), large: map[int]bool{}}
	ofOversize := 0
	for i, u := range g.Units {
		k.at[u] = i
		k.households += g.Households[i]
		if g.Households[i] > c.Max {
			k.large[i] = true
			ofOversize += g.Households[i]
		}
	}
	if c.Min < 1 || c.Min > c.Max || c.Households != k.households || len(c.Oversize) != len(k.large) {
		return errors.New("bounds, households or oversize units are not those of the community")
	}
	for _, u := range c.Oversize {
		if i, ours := k.at[u]; !ours || !k.large[i] {
			return fmt.Errorf("unit %d is not oversize", u)
		}
	}
	if len(c.Parts) == 0 {
		if why := c.arithmetic(ofOversize); why != "" && why == c.Reason || c.Reason == IndivisibleUnit && len(c.Oversize) > 0 {
			return nil
		}
		return errors.New("the sums do not prove it")
	}
	covered := len(k.large)
	for i := range c.Parts {
		if err := k.part(&c.Parts[i]); err != nil {
			return fmt.Errorf("part %d: %w", i, err)
		}
		covered += len(c.Parts[i].Units)
	}
	switch {
	case c.K > 0 && covered != len(g.Units):
		return errors.New("the parts are not all of the community")
	case c.possible():
		return errors.New("a number of grids remains")
	case c.reason() != c.Reason:
		return fmt.Errorf("the reason is %s", c.reason())
	}
	return nil
}

type checker struct {
	g          *Graph
	c          *Certificate
	at         map[int]int // position in the instance → number
	large      map[int]bool
	households int
	used       map[int]bool // units of parts before
}

// numbers are the units as numbers of the graph, each once.
func (k *checker) numbers(units []int) (map[int]bool, error) {
	set := make(map[int]bool, len(units))
	for _, u := range units {
		i, ours := k.at[u]
		if !ours || set[i] {
			return nil, fmt.Errorf("unit %d is foreign or named twice", u)
		}
		set[i] = true
	}
	return set, nil
}

func (k *checker) part(p *PartProof) error {
	units, err := k.numbers(p.Units)
	if err != nil {
		return err
	}
	households, beside := 0, false
	for u := range units {
		if k.large[u] || k.used[u] {
			return fmt.Errorf("unit %d belongs elsewhere", k.g.Units[u])
		}
		households += k.g.Households[u]
		for _, v := range k.g.Near[u] {
			beside = beside || k.large[v]
			if !units[v] && !k.large[v] {
				return fmt.Errorf("unit %d has a link out of the part", k.g.Units[u])
			}
		}
	}
	if households != p.Households || beside != p.Oversize {
		return errors.New("households or neighbours are not those of the part")
	}
	if k.used == nil {
		k.used = map[int]bool{}
	}
	for u := range units {
		k.used[u] = true
	}
	for _, e := range p.Excluded {
		if e.Searched > 0 {
			err = k.searchAgain(units, e)
		} else {
			err = k.exclusion(units, households, e)
		}
		if err != nil {
			return fmt.Errorf("not in %v grids: %w", e.K, err)
		}
	}
	return nil
}

func (k *checker) searchAgain(units map[int]bool, e Exclusion) error {
	part := k.g.of(slices.Sorted(maps.Keys(units)))
	for _, n := range e.K {
		small := contract(part, k.c.Min, k.c.Max, n)
		s := newSearch(small.Graph, k.c.Min, k.c.Max, e.Searched)
		if len(small.Households) > searchable || s.cut(1<<len(small.Households)-1, n, 0) != nil || s.steps <= 0 {
			return errors.New("the search does not prove it")
		}
	}
	return nil
}

func (k *checker) exclusion(units map[int]bool, households int, e Exclusion) error {
	root, ours := k.at[e.Root]
	if !ours || !units[root] {
		return fmt.Errorf("the root %d is foreign", e.Root)
	}
	held := k.numbersUpTo(k.g.Households[root])
	seen := map[int]bool{root: true}
	for _, b := range e.Branches {
		if b.Via != e.Root {
			return fmt.Errorf("a branch hangs at %d, not at the root", b.Via)
		}
		if err := k.branch(b, seen); err != nil {
			return err
		}
		held = k.add(held, b.taken(k.most()))
	}
	if len(seen) != len(units) {
		return errors.New("the branches are not all of the part")
	}
	for _, n := range e.K {
		for h := k.c.Min; h <= k.most(); h++ {
			if left := households - h; held[h] && (n-1)*k.c.Min <= left && left <= (n-1)*k.c.Max {
				return fmt.Errorf("the root's grid may have %d households", h)
			}
		}
	}
	return nil
}

// branch verifies b and all inside it; seen gathers the units.
func (k *checker) branch(b Branch, seen map[int]bool) error {
	inside, err := k.numbers(b.everyUnit())
	if err != nil {
		return err
	}
	via, ours := k.at[b.Via]
	if !ours || inside[via] {
		return fmt.Errorf("the branch at %d holds it", b.Via)
	}
	total := 0
	for u := range inside {
		total += k.g.Households[u]
		for _, v := range k.g.Near[u] {
			if v != via && !inside[v] && !k.large[v] {
				return fmt.Errorf("unit %d has a link out of the branch at %d", k.g.Units[u], b.Via)
			}
		}
	}
	// What a grid may hold of each unit and of what hangs at it.
	open := map[int][]bool{}
	for _, u := range b.Units {
		if seen[k.at[u]] {
			return fmt.Errorf("unit %d hangs twice", u)
		}
		seen[k.at[u]] = true
		open[u] = k.numbersUpTo(k.g.Households[k.at[u]])
	}
	for _, in := range b.Inner {
		if open[in.Via] == nil {
			return fmt.Errorf("a branch hangs at %d, which is not in the branch around it", in.Via)
		}
		if err := k.branch(in, seen); err != nil {
			return err
		}
		open[in.Via] = k.add(open[in.Via], in.taken(k.most()))
	}
	sums := k.numbersUpTo(0)
	for _, set := range open {
		either := slices.Clone(set)
		either[0] = true
		sums = k.add(sums, either)
	}
	if len(b.Units) == 1 {
		// Without its only unit nothing is taken, and then that unit's grid
		// is whole.
		only := open[b.Units[0]]
		sums = slices.Clone(only)
		for h := k.c.Min; h <= k.most(); h++ {
			sums[0] = sums[0] || only[h] && k.whole(total-h)
		}
	}
	claimed := b.taken(k.most())
	for h, reached := range sums {
		if reached && k.whole(total-h) && !claimed[h] {
			return fmt.Errorf("the branch at %d could give %d households", b.Via, h)
		}
	}
	return nil
}

// whole tells whether h households can be some number of grids.
func (k *checker) whole(h int) bool {
	for n := 0; n*k.c.Min <= h; n++ {
		if h <= n*k.c.Max {
			return true
		}
	}
	return false
}

// most is how many households a grid can hold.
func (k *checker) most() int { return min(k.c.Max, k.households) }

func (k *checker) numbersUpTo(h int) []bool {
	set := make([]bool, k.most()+1)
	if h <= k.most() {
		set[h] = true
	}
	return set
}

func (k *checker) add(a, b []bool) []bool {
	sum := make([]bool, len(a))
	for x, inA := range a {
		for y := 0; inA && x+y < len(sum); y++ {
			sum[x+y] = sum[x+y] || b[y]
		}
	}
	return sum
}

func (b Branch) everyUnit() []int {
	units := slices.Clone(b.Units)
	for _, in := range b.Inner {
		units = append(units, in.everyUnit()...)
	}
	return units
}

func (b Branch) taken(bound int) []bool {
	set := make([]bool, bound+1)
	for _, r := range b.Takes {
		for h := max(0, r[0]); h <= min(r[1], bound); h++ {
			set[h] = true
		}
	}
	return set
}
