package learn

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shared reads labelled messages that are no part of the repository.
func shared(t testing.TB, name string, f Fields) ([]Example, []string) {
	t.Helper()
	path := filepath.Join(cmp.Or(os.Getenv("LINLI_SHARED"), "../../../../../shared"), "data/messages", name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("the labelled messages are not here (../shared/data/messages): nothing was measured")
	}
	list, fold, err := Read(path, f)
	if err != nil {
		t.Fatal(err)
	}
	return list, fold
}

func segmented(t testing.TB) ([]Example, []string) {
	return shared(t, "labelled_segmented.jsonl.gz", Fields{Text: []string{"text"}, Label: "label", Fold: "fold"})
}

// twins says for each raw message which segmented one tells the same (by shared
// stretches of three characters), -1 if less than 40 % of it is there.
func twins(raw, segmented []Example) []int {
	pieces := func(s string) map[string]bool {
		r := []rune(strings.Join(strings.Fields(s), ""))
		out := map[string]bool{}
		for i := 0; i+3 <= len(r); i++ {
			out[string(r[i:i+3])] = true
		}
		return out
	}
	holds, size := map[string][]int{}, make([]int, len(segmented))
	for i, e := range segmented {
		p := pieces(e.Text)
		size[i] = len(p)
		for g := range p {
			holds[g] = append(holds[g], i)
		}
	}
	out := make([]int, len(raw))
	for i, e := range raw {
		n := make([]int, len(segmented))
		for g := range pieces(e.Text) {
			for _, j := range holds[g] {
				n[j]++
			}
		}
		best := 0
		for j := range n {
			if n[j] > n[best] {
				best = j
			}
		}
		out[i] = -1
		if float64(n[best]) >= 0.4*float64(size[best]) {
			out[i] = best
		}
	}
	return out
}

// The figures of docs/classify.md, with a little room. Each raw message is tried by
// the model that has not seen its segmented twin.
func TestFiguresOnRealMessages(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("trains sixteen models")
	}
	list, fold := segmented(t)
	raw, _ := shared(t, "labelled_raw.jsonl.gz", Fields{Text: []string{"title", "body"}, Label: "label"})
	twin := twins(raw, list)
	var all, ofRaw, ofTwins []Tried
	most := 0
	for _, name := range []string{"0", "1", "2", "3"} {
		var rest []Example
		for i, e := range list {
			if fold[i] != name {
				rest = append(rest, e)
			}
		}
		m := train(t, rest)
		most = max(most, len(m.Bytes()))
		try := func(e Example) Tried { return Tried{e.Label, m.Predict(e.Text, 3)} }
		for i, e := range list {
			if fold[i] == name {
				all = append(all, try(e))
			}
		}
		for i, j := range twin {
			if j >= 0 && fold[j] == name {
				ofRaw, ofTwins = append(ofRaw, try(raw[i])), append(ofTwins, try(list[j]))
			}
		}
	}
	f, r, w := Judge(all), Judge(ofRaw), Judge(ofTwins)
	t.Logf("macro-F1 %.4f, right %.4f, three %.4f, surest 80 %% %.4f, 85 %% %.4f, %d bytes; %d raw messages %.4f, their twins %.4f", f.MacroF1, f.Accuracy, f.Top3, f.Coverage["0.80"], f.Coverage["0.85"], most, r.Messages, r.MacroF1, w.MacroF1)
	if f.MacroF1 < 0.928 || f.Top3 < 0.994 || f.Coverage["0.85"] < 0.969 || most > 5<<20 {
		t.Error("worse than docs/classify.md says")
	}
	if r.Messages < 900 || r.MacroF1 < w.MacroF1-0.005 {
		t.Errorf("raw messages %.4f, segmented %.4f", r.MacroF1, w.MacroF1)
	}
}

func BenchmarkTrain(b *testing.B) {
	list, _ := segmented(b)
	for b.Loop() {
		train(b, list)
	}
}

func BenchmarkPredict(b *testing.B) {
	list, _ := segmented(b)
	m := train(b, list[:3000])
	i := 0
	for b.Loop() {
		m.Predict(list[3000+i%4000].Text, 3)
		i++
	}
}

func BenchmarkExplain(b *testing.B) {
	list, _ := segmented(b)
	m := train(b, list[:3000])
	i := 0
	for b.Loop() {
		m.Explain(list[3000+i%4000].Text, 3, 5)
		i++
	}
}
