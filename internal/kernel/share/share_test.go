package share_test

import (
	"fmt"
	"testing"

	"linli/internal/kernel/share"
)

func TestWilson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k, n   int64
		lo, hi string
	}{ // textbook values
		{15, 20, "0.5313", "0.8881"}, {0, 10, "0.0000", "0.2775"}, {10, 10, "0.7225", "1.0000"}, {1, 2, "0.0945", "0.9055"}, {500, 1000, "0.4691", "0.5309"}, {0, 0, "0.0000", "1.0000"},
	} {
		lo, hi := share.Wilson(c.k, c.n)
		if got := fmt.Sprintf("%.4f %.4f", lo, hi); got != c.lo+" "+c.hi {
			t.Errorf("%d of %d: %s, want %s %s", c.k, c.n, got, c.lo, c.hi)
		}
	}
}
