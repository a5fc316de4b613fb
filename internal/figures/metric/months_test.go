package metric

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMonthsSplitsDays(t *testing.T) {
	t.Parallel()
	type split struct {
		From, To int
		Edges    [][2]int
	}
	for name, c := range map[string]struct {
		day, end, first, last int
		want                  split
	}{
		"one whole month":                  {20260201, 20260228, 20250105, 20261123, split{202602, 202602, nil}},
		"inside a month":                   {20260203, 20260210, 20250105, 20261123, split{1, 0, [][2]int{{20260203, 20260210}}}},
		"ends on both sides":               {20251220, 20260310, 20250105, 20261123, split{202601, 202602, [][2]int{{20251220, 20251231}, {20260301, 20260310}}}},
		"two halves":                       {20251220, 20260110, 20250105, 20261123, split{202601, 202512, [][2]int{{20251220, 20251231}, {20260101, 20260110}}}},
		"the month that has not ended yet": {20261101, 20261123, 20250105, 20261123, split{202611, 202611, nil}},
		"the month in which it all began":  {20250105, 20250331, 20250105, 20261123, split{202501, 202503, nil}},
		"last 30 days":                     {20261025, 20261123, 20250105, 20261123, split{202611, 202611, [][2]int{{20261025, 20261031}}}},
		"nothing":                          {20260301, 20260228, 20250105, 20261123, split{1, 0, nil}},
		"leap year":                        {20240201, 20240229, 20240101, 20261123, split{202402, 202402, nil}},
		"from December's second":           {20251202, 20251231, 20250105, 20261123, split{1, 0, [][2]int{{20251202, 20251231}}}},
		"up to January's end minus one":    {20260101, 20260130, 20250105, 20261123, split{1, 0, [][2]int{{20260101, 20260130}}}},
		"December's second on":             {20251202, 20260131, 20250105, 20261123, split{202601, 202601, [][2]int{{20251202, 20251231}}}},
		"year and a bit":                   {20250301, 20260102, 20250105, 20261123, split{202503, 202512, [][2]int{{20260101, 20260102}}}},
	} {
		from, to, edges := months(c.day, c.end, c.first, c.last)
		if d := cmp.Diff(c.want, split{from, to, edges}); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
