package resident

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestPagesSayEverythingInBothLanguages: each key that a page or handler uses is
// there in both, with the same places to fill, and none is there for nothing.
func TestPagesSayEverythingInBothLanguages(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, form := range []string{"done", "follow", "matters", "data", "trouble", "report"} {
		used[form+".title"] = true // page.Title
	}
	for _, do := range []string{"note", "correct", "withdraw", "rate", "erase", "quiet"} {
		used["said."+do] = true
	}
	key := regexp.MustCompile(`(?:t \$l|t \.Lang|t \.Other|say\(\w+(?:\.\w+)?,|say\("zh",|w2\() ?"([a-z_.0-9]+)"`)
	look := func(text string) {
		for _, m := range key.FindAllStringSubmatch(text, -1) {
			if m[1] != "said." { // completed above
				used[m[1]] = true
			}
		}
	}
	err := fs.WalkDir(files, "page", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".html") {
			raw, err := files.ReadFile(path)
			look(string(raw))
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	own, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range own {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		look(string(raw))
	}
	script, err := os.ReadFile("../../../web/src/resident/main.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`word\('([a-z_]+)'\)`).FindAllStringSubmatch(string(script), -1) {
		used["js."+m[1]] = true
	}
	hole := regexp.MustCompile(`\{\w+\}`)
	for k := range used {
		zh, en := words["zh"][k], words["en"][k]
		if zh == "" || en == "" {
			t.Errorf("%s is missing: %q %q", k, zh, en)
		}
		a, b := hole.FindAllString(zh, -1), hole.FindAllString(en, -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: places to fill differ", k)
		}
		if strings.ContainsAny(zh, "!！") || k != "site.lang" && strings.ContainsFunc(en, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s: %q %q", k, zh, en)
		}
	}
	for _, l := range []string{"zh", "en"} {
		for k := range words[l] {
			if !used[k] {
				t.Errorf("%s: nothing uses %s", l, k)
			}
		}
	}
}
