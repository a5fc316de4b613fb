package learn

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
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

// The figures of docs/classify.md, with a little room.
func TestFiguresOnRealMessages(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("trains sixteen models")
	}
	list, fold := segmented(t)
	f, _, err := CrossValidate(context.Background(), list, fold)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("macro-F1 %.4f, right %.4f, three %.4f, surest 85 %% %.4f, %d bytes", f.MacroF1, f.Accuracy, f.Top3, f.Coverage["0.85"], f.ModelBytes)
	if f.MacroF1 < 0.925 || f.Top3 < 0.995 || f.Coverage["0.85"] < 0.968 || f.ModelBytes > 5<<20 {
		t.Errorf("macro-F1 %.4f, three %.4f, surest 85 %% %.4f, %d bytes", f.MacroF1, f.Top3, f.Coverage["0.85"], f.ModelBytes)
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
