package locale

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	used        = regexp.MustCompile(`locale\.T\([^,]+,\s*"([^"]+)"`)
	placeholder = regexp.MustCompile(`\{[a-z_]+\}`)
)

// keys finds every key that the code asks for.
func keys(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	root := filepath.Join("..", "..", "..")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "web" && filepath.Dir(p) == root || strings.HasPrefix(d.Name(), ".") && d.Name() != ".." && p != root) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for _, m := range used.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = p
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestKeys(t *testing.T) {
	t.Parallel()
	zh, en := texts["zh"], texts["en"]
	if diff := cmp.Diff(slices.Sorted(maps.Keys(zh)), slices.Sorted(maps.Keys(en))); diff != "" {
		t.Errorf("the languages hold different keys:\n%s", diff)
	}
	for k := range zh {
		a, b := placeholder.FindAllString(zh[k], -1), placeholder.FindAllString(en[k], -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: placeholders differ: %v, %v", k, a, b)
		}
		if strings.ContainsAny(zh[k], "!!") {
			t.Errorf("%s: exclamation mark", k)
		}
	}
	code := keys(t)
	for k, file := range code {
		if _, ok := zh[k]; !ok {
			t.Errorf("%s asks for %q, which does not exist", file, k)
		}
	}
	for k := range zh {
		if code[k] == "" {
			t.Errorf("no code uses %q", k)
		}
	}
}

func TestT(t *testing.T) {
	t.Parallel()
	if got := T("en", "yes"); got != "yes" {
		t.Error(got)
	}
	if got := T("", "yes"); got != "是" {
		t.Error(got)
	}
	if got := T("zh", "no.such.key"); got != "no.such.key" {
		t.Error(got)
	}
}
