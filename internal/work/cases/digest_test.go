package cases

import "testing"

// TestOlderHistoriesStillProve: a row without anything in the later columns has
// the digest that it had before there were any; each later column changes it.
func TestOlderHistoriesStillProve(t *testing.T) {
	t.Parallel()
	c := Case{ID: 7, District: 990101, Number: "261123-000001-7", Status: Filed, Solved: -1, Result: "好"}
	var first []any
	for _, col := range columns[:firstCols] {
		first = append(first, col.ptr(&c))
	}
	old := digest(first)
	if stateDigest(&c) != old {
		t.Error("the digest of an older row changed")
	}
	seen := map[[32]byte]string{old: "none"}
	for name, with := range map[string]Case{"against": {Against: 1}, "pauses": {Pauses: 1}, "stages": {Stages: "1"}, "next_at": {NextAt: 1}, "answers": {Answers: "{}"}} {
		d := c
		d.Against, d.Pauses, d.Stages, d.NextAt, d.Answers = with.Against, with.Pauses, with.Stages, with.NextAt, with.Answers
		sum := stateDigest(&d)
		if other, ok := seen[sum]; ok {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[sum] = name
	}
	if n := len(columns) - firstCols; n != len(seen)-1 {
		t.Errorf("%d later columns, %d tried", n, len(seen)-1)
	}
}
