package apptest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// document is what /api/openapi.json promises, as far as answers are held to it.
type document struct{ ops []described }

type described struct {
	method  string
	path    *regexp.Regexp
	answers map[string][]string // content types by status
}

var param = regexp.MustCompile(`\\\{[^}]*\\\}`)

func read(t testing.TB, spec []byte) *document {
	t.Helper()
	var in struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct{ Content map[string]any }
		}
	}
	if err := json.Unmarshal(spec, &in); err != nil {
		t.Fatal(err)
	}
	d := &document{}
	paths := []string{}
	for p := range in.Paths {
		paths = append(paths, p)
	}
	slices.Sort(paths) // "{" sorts behind letters, so fixed words are tried first
	for _, p := range paths {
		for method, op := range in.Paths[p] {
			o := described{strings.ToUpper(method), regexp.MustCompile("^" + param.ReplaceAllString(regexp.QuoteMeta(p), "[^/]*") + "$"), map[string][]string{}}
			for status, r := range op.Responses {
				kinds := []string{}
				for k := range r.Content {
					kinds = append(kinds, k)
				}
				o.answers[status] = kinds
			}
			d.ops = append(d.ops, o)
		}
	}
	return d
}

// holds fails the test when the document does not know the answer.
func (d *document) holds(t testing.TB, method, path string, a *Answer) {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	i := slices.IndexFunc(d.ops, func(o described) bool { return o.method == method && o.path.MatchString(path) })
	if i < 0 || a.Header.Get("Allow") != "" { // no operation: a page, or nothing
		return
	}
	kinds, ok := d.ops[i].answers[strconv.Itoa(a.Status)]
	got, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	switch {
	case !ok:
		t.Errorf("%s: the document knows no answer %d: %.300s", a.what, a.Status, a.Body)
	case len(a.Body) > 0 && !slices.ContainsFunc(kinds, func(k string) bool { return strings.HasPrefix(k, got) }):
		t.Errorf("%s: %d comes as %q, the document says %v", a.what, a.Status, got, kinds)
	}
}
