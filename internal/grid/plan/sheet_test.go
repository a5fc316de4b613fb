package plan

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/plangen"
)

// townGround is a generated town whose grids before are blocks of 40 units.
func townGround(t interface{ Fatal(...any) }, seed uint64) *ground {
	in := plangen.Generate(seed, plangen.Town, 1).Instance
	g := &Ground{Instance: in}
	for u := range in.Units {
		g.Old = append(g.Old, u/40)
		g.Buildings, g.Names = append(g.Buildings, int64(u+1)), append(g.Names, "")
	}
	w, err := newGround(g)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestSheetIsItsLog: whatever is done to a draft, undoing and redoing included,
// it is the same draft when its log is played again on the first assignment,
// and undoing everything brings that assignment back.
func TestSheetIsItsLog(t *testing.T) {
	t.Parallel()
	g := townGround(t, 5)
	rapid.Check(t, func(t *rapid.T) {
		first := slices.Clone(g.Old)
		s := newSheet(g, first, 300, 500)
		var log []change
		for range rapid.IntRange(1, 25).Draw(t, "edits") {
			c, err := draw(t, s)
			if err != nil {
				continue // refused, as it should be: nothing happened
			}
			raw, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			kept := change{}
			if err := json.Unmarshal(raw, &kept); err != nil {
				t.Fatal(err)
			}
			kept.Kind = c.Kind
			if err := s.apply(c); err == nil {
				log = append(log, kept)
			}
		}
		again := newSheet(g, first, 300, 500)
		for _, c := range log {
			if err := again.apply(c); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(again.grid, s.grid) || again.next != s.next || again.version != s.version {
			t.Fatal("the log played again gives another draft")
		}
		for len(s.done) > 0 {
			if err := s.apply(change{Kind: editUndo}); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(s.grid, first) {
			t.Fatal("everything undone is not the beginning")
		}
	})
}

// draw makes an edit that a person might make.
func draw(t *rapid.T, s *sheet) (change, error) {
	unit := func(name string) int { return rapid.IntRange(0, len(s.grid)-1).Draw(t, name) }
	switch rapid.SampledFrom([]string{editMove, editMerge, editSplit, editLock, editUnlock, editUndo, editRedo}).Draw(t, "kind") {
	case editMove:
		to := -1
		if rapid.Bool().Draw(t, "to an old grid") {
			to = s.grid[unit("to")]
		}
		return s.move([]int{unit("unit")}, to)
	case editMerge:
		return s.merge([]int{s.grid[unit("into")], s.grid[unit("from")]})
	case editSplit:
		members, err := s.members(s.grid[unit("grid")])
		if err != nil {
			return change{}, err
		}
		return s.relabel(editSplit, members, s.halve(members)), nil
	case editLock:
		return change{Kind: editLock, Lock: []int{s.grid[unit("grid")]}}, nil
	case editUnlock:
		return change{Kind: editUnlock, Lock: []int{s.grid[unit("grid")]}}, nil
	case editUndo:
		return change{Kind: editUndo}, nil
	}
	return change{Kind: editRedo}, nil
}

// TestHalvesAreConnected: a connected grid falls into two connected halves.
func TestHalvesAreConnected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := townGround(t, rapid.Uint64Range(1, 20).Draw(t, "town"))
		s := newSheet(g, make([]int, len(g.Old)), 300, 500)
		if s.pieces(nil)[0] != 1 {
			t.Skip("the town itself is in pieces")
		}
		members, err := s.members(0)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.apply(s.relabel(editSplit, members, s.halve(members))); err != nil {
			t.Fatal(err)
		}
		for label, n := range s.pieces(nil) {
			if n != 1 {
				t.Fatalf("half %d is in %d pieces", label, n)
			}
		}
	})
}

// TestKeptIDs: a kept pair shares at least half of its joint households, and no
// grid is in two pairs.
func TestKeptIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "units")
		pick := func(name string, lo, hi int) []int {
			return rapid.SliceOfN(rapid.IntRange(lo, hi), n, n).Draw(t, name)
		}
		grid, old, weight := pick("grid", 0, 4), pick("old", planning.NoGrid, 4), pick("households", 0, 9)
		taken := map[int]bool{}
		for g, o := range keptIDs(grid, old, weight) {
			if taken[o] {
				t.Fatalf("old grid %d is kept twice", o)
			}
			taken[o] = true
			both, either := 0, 0
			for u := range grid {
				if grid[u] == g && old[u] == o {
					both += weight[u]
				}
				if grid[u] == g || old[u] == o {
					either += weight[u]
				}
			}
			if 2*both < either || both == 0 {
				t.Fatalf("grid %d keeps %d with %d of %d households", g, o, both, either)
			}
		}
	})
}
