package theme

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// stream reads the real messages, or skips the test where they are absent.
func stream(t testing.TB) []Line {
	t.Helper()
	path := filepath.Join(cmp.Or(os.Getenv("LINLI_SHARED"), "../../../../../shared"), "data/messages/stream_2017_2020.jsonl.gz")
	if _, err := os.Stat(path); err != nil {
		t.Skip("the messages beside the repository (../shared/data/messages) are not here")
	}
	lines, err := Read(path, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// labels are recurring themes by the names of their messages, found by reading;
// the bounds were chosen on "seen", "held_back" was looked at once.
func labels(t testing.TB) map[string]map[string][]string {
	t.Helper()
	b, err := os.ReadFile("testdata/themes.json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]map[string][]string
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// score is the mean over the themes of the F1 of the group that fits each best,
// with the mean purity and recall of those groups. group is each message's.
func score(themes map[string][]string, group map[string]int) (f1, purity, recall float64) {
	size := map[int]int{}
	for _, g := range group {
		size[g]++
	}
	for _, names := range themes {
		in := map[int]int{}
		for _, n := range names {
			if g, ok := group[n]; ok {
				in[g]++
			}
		}
		best, bp, br := 0.0, 0.0, 0.0
		for g, n := range in {
			p, r := float64(n)/float64(size[g]), float64(n)/float64(len(names))
			if f := 2 * p * r / (p + r); f > best {
				best, bp, br = f, p, r
			}
		}
		f1, purity, recall = f1+best, purity+bp, recall+br
	}
	n := float64(len(themes))
	return f1 / n, purity / n, recall / n
}

// grouped runs the stream as the command line does.
func grouped(lines []Line) map[string]int {
	s := New(Settings{})
	for _, l := range lines {
		s.Learn(l.Title, l.Body)
	}
	at := map[string]int64{}
	for _, l := range lines {
		at[l.Name] = s.AddKnown(l.Message).ID
	}
	out := map[string]int{}
	for name, id := range at {
		if t := s.Find(id); t != nil {
			out[name] = int(t.ID)
		}
	}
	return out
}

// plainVectors are the TF-IDF vectors of the peers: title and body alike.
func plainVectors(lines []Line) []map[uint32]float64 {
	w := newWords()
	in := map[uint32]float64{}
	counts := make([]map[uint32]float32, len(lines))
	for i, l := range lines {
		counts[i] = w.count("", l.Title+"\n"+l.Body)
		for h := range counts[i] {
			in[h]++
		}
	}
	out := make([]map[uint32]float64, len(lines))
	for i, c := range counts {
		v, sum := map[uint32]float64{}, 0.0
		for h, n := range c {
			v[h] = float64(n) * math.Log(float64(len(lines)+1)/(in[h]+1))
			sum += v[h] * v[h]
		}
		for h := range v {
			v[h] /= math.Sqrt(sum)
		}
		out[i] = v
	}
	return out
}

// singlePass joins each message to the group whose mean is nearest.
func singlePass(lines []Line, vecs []map[uint32]float64, join float64) map[string]int {
	var means []map[uint32]float64
	var norms []float64
	by := map[uint32][]int{}
	out := map[string]int{}
	for i, v := range vecs {
		dots := map[int]float64{}
		for h, w := range v {
			for _, g := range by[h] {
				dots[g] += w * means[g][h]
			}
		}
		best, most := -1, join
		for g, d := range dots {
			if l := d / norms[g]; l > most || l == most && g < best {
				best, most = g, l
			}
		}
		if best < 0 {
			best = len(means)
			means, norms = append(means, map[uint32]float64{}), append(norms, 0)
		}
		sum := 0.0
		for h, w := range v {
			if means[best][h] == 0 {
				by[h] = append(by[h], best)
			}
			means[best][h] += w
		}
		for _, w := range means[best] {
			sum += w * w
		}
		norms[best] = math.Sqrt(sum)
		out[lines[i].Name] = best
	}
	return out
}

// dbscan groups messages that lie densely: at least three within the distance.
func dbscan(lines []Line, near [][]int) map[string]int {
	group := make([]int, len(lines))
	n := 0
	for i := range lines {
		if group[i] != 0 || len(near[i]) < 3 {
			continue
		}
		n++
		for todo := []int{i}; len(todo) > 0; {
			j := todo[0]
			todo = todo[1:]
			if group[j] != 0 {
				continue
			}
			group[j] = n
			if len(near[j]) >= 3 {
				todo = append(todo, near[j]...)
			}
		}
	}
	out := map[string]int{}
	for i, l := range lines {
		if out[l.Name] = group[i]; group[i] == 0 {
			out[l.Name] = -i - 1 // alone
		}
	}
	return out
}

// TestThemesOfTheRealStreamSurface holds the method to labelled themes, beside
// single-pass and DBSCAN over plain TF-IDF, each with the best of its bounds.
func TestThemesOfTheRealStreamSurface(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the peers take a while")
	}
	lines, all := stream(t), labels(t)
	both := maps.Clone(all["held_back"])
	for k, v := range all["seen"] {
		both["seen "+k] = v
	}
	ours := grouped(lines)
	f1, purity, recall := score(both, ours)
	for _, split := range []string{"seen", "held_back"} {
		f, p, r := score(all[split], ours)
		t.Logf("ours, %s: F1 %.3f, purity %.3f, recall %.3f", split, f, p, r)
	}
	t.Logf("ours, both: F1 %.3f, purity %.3f, recall %.3f", f1, purity, recall)
	if purity < 0.80 || recall < 0.75 {
		t.Errorf("purity %.3f, recall %.3f", purity, recall)
	}
	vecs := plainVectors(lines)
	peers := map[string]float64{}
	for _, join := range []float64{0.10, 0.15, 0.20, 0.25, 0.30} {
		f, p, r := score(both, singlePass(lines, vecs, join))
		t.Logf("single pass, %.2f: F1 %.3f, purity %.3f, recall %.3f", join, f, p, r)
		peers["single pass"] = max(peers["single pass"], f)
	}
	near := map[float64][][]int{}
	bounds := []float64{0.15, 0.20, 0.25, 0.30, 0.40}
	for _, b := range bounds {
		near[b] = make([][]int, len(lines))
	}
	type said struct {
		by     int
		weight float64
	}
	before := map[uint32][]said{}
	for i, v := range vecs {
		likeness := make([]float64, i)
		for h, w := range v {
			for _, o := range before[h] {
				likeness[o.by] += w * o.weight
			}
			before[h] = append(before[h], said{i, w})
		}
		for j, l := range likeness {
			for _, b := range bounds {
				if l >= b {
					near[b][i], near[b][j] = append(near[b][i], j), append(near[b][j], i)
				}
			}
		}
	}
	for _, b := range bounds {
		for i := range near[b] {
			near[b][i] = append(near[b][i], i)
		}
		f, p, r := score(both, dbscan(lines, near[b]))
		t.Logf("DBSCAN, %.2f: F1 %.3f, purity %.3f, recall %.3f", b, f, p, r)
		peers["DBSCAN"] = max(peers["DBSCAN"], f)
	}
	for _, name := range slices.Sorted(maps.Keys(peers)) {
		if f1 <= peers[name] {
			t.Errorf("F1 %.3f, %s reaches %.3f", f1, name, peers[name])
		}
	}
}

// TestHeatCountsPeople: the one who wrote most makes no topic hot.
func TestHeatCountsPeople(t *testing.T) {
	t.Parallel()
	lines := stream(t)
	s := New(Settings{})
	byName := map[int64]string{}
	for _, l := range lines {
		s.Add(l.Message)
		byName[l.ID] = l.Person
	}
	for _, tp := range s.Hot(2, time.Time{}) {
		who := map[string]bool{}
		for _, id := range tp.Members {
			who[byName[id]] = true
		}
		if len(tp.Members) == tp.Messages && tp.People() != len(who) {
			t.Errorf("topic %d counts %d people, %d wrote", tp.ID, tp.People(), len(who))
		}
	}
}

// BenchmarkJoin adds messages to a stream that has taken in a million.
func BenchmarkJoin(b *testing.B) {
	lines := stream(b)
	s := New(Settings{})
	at := lines[len(lines)-1].At
	next := func(i int) Message { // real wording, mixed anew so that all differ
		m, o := lines[i%len(lines)].Message, lines[(i*7919+i/len(lines))%len(lines)]
		at = at.Add(20 * time.Second)
		m.ID, m.Person, m.At, m.Body = int64(i)+10_000_000, fmt.Sprintf("p%d", i%400_000), at, m.Title+o.Title+m.Body[:len(m.Body)/2]
		if i%3 > 0 {
			m.Title = o.Title
		}
		return m
	}
	const known = 1_000_000
	for i := range known {
		s.Add(next(i))
	}
	i := known
	for b.Loop() {
		s.Add(next(i))
		i++
	}
	var mem runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&mem)
	b.ReportMetric(float64(len(s.topics)), "topics")
	b.ReportMetric(float64(mem.HeapAlloc)/(1<<20), "MB")
}
