package card

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"linli/internal/grid/planning/render"
	"linli/internal/kernel/access"
)

// drawn is a card of any lines; each number is unlike every other.
func drawn(t *rapid.T) *Card {
	c := &Card{Grid: Grid{ID: 1, Name: "翠湖社区第3网格", Place: "云湖区 湖西街道 翠湖社区"}}
	for i := range rapid.IntRange(0, 40).Draw(t, "lines") {
		p := Parts[rapid.IntRange(0, len(Parts)-1).Draw(t, "part")].Code
		c.Lines = append(c.Lines, Line{Part: p, Name: rapid.StringMatching(`[一-龥]{0,4}`).Draw(t, "name"), Of: rapid.StringMatching(`[一-龥]{0,20}`).Draw(t, "of"),
			Phone: "138" + strings.Repeat(string(rune('0'+i%10)), 4) + rapid.StringMatching(`[0-9]{4}`).Draw(t, "phone"), Public: rapid.Bool().Draw(t, "public"), From: 20261101, Until: 20261231})
	}
	return c
}

// TestSheetHoldsPublicNumbersOnly: whatever the lines are, the sheet has the
// numbers that may be public and no other, and no contact of a company without.
func TestSheetHoldsPublicNumbersOnly(t *testing.T) {
	t.Parallel()
	s := &Service{City: func() string { return "云州市" }, Now: func() string { return "2026-11-28 09:00" }}
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		allowed, hidden := map[string]bool{}, map[string]bool{}
		for _, l := range c.Lines {
			if l.Public && (l.Name != "" || l.Of != "") {
				allowed[l.Phone] = true
			}
		}
		for _, l := range c.Lines {
			if !allowed[l.Phone] {
				hidden[l.Phone] = true
			}
		}
		for _, lang := range []string{"zh", "en"} {
			shown := map[string]bool{}
			for _, r := range s.board(c, lang, "https://linli.example/").Rows {
				if r.Phone != "" && !allowed[r.Phone] {
					t.Fatalf("%+v is on the sheet", r)
				}
				shown[r.Phone] = true
				for number := range hidden {
					if strings.Contains(r.Label+r.Text, number) {
						t.Fatalf("%s is in the text of %+v", number, r)
					}
				}
			}
			for number := range allowed {
				if !shown[number] {
					t.Fatalf("the public number %s is not on the sheet", number)
				}
			}
		}
	})
}

// TestSheetIsOnePage: the poster is one page however much stands on it.
func TestSheetIsOnePage(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 20, 60} {
		b := render.Board{Title: "翠湖社区第3网格", Sub: "云湖区 湖西街道 翠湖社区", Link: "https://linli.example/", Call: []string{"有事请扫码反映"}, Foot: "云州市"}
		for range n {
			b.Rows = append(b.Rows, render.BoardRow{Label: "包联部门负责人", Text: strings.Repeat("长", 12), Phone: "0599-12345678"})
		}
		var out bytes.Buffer
		if err := render.Poster(&out, b); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(out.Bytes(), []byte("/Count 1>>")) {
			t.Errorf("%d rows are more than one page", n)
		}
	}
}

// TestHiddenNumbers: who may not read the registers sees the public numbers alone.
func TestHiddenNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		all := append([]Line{}, c.Lines...)
		hide(c, access.Scope{}) // reaches nothing
		for i, l := range c.Lines {
			if want := map[bool]string{true: all[i].Phone}[all[i].Public]; l.Phone != want {
				t.Fatalf("%+v shows %q", all[i], l.Phone)
			}
		}
	})
}
