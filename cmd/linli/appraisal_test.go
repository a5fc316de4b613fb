package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"linli/internal/people/workforce"
)

func TestAppraisalCheck(t *testing.T) {
	t.Parallel()
	seed, pool := []byte("a seed of thirty-two octets, say"), []int64{11, 12, 13, 14, 15}
	d := workforce.Drawn{Appraisal: 7, Commitment: workforce.Commit(seed), Seed: hex.EncodeToString(seed), Sample: 2, Sheets: []workforce.DrawnPool{{Sheet: 1, Pool: pool, Drawn: workforce.Draw(seed, pool, 2)}}}
	check := func(edit func(d *workforce.Drawn), more ...string) error {
		x := d
		x.Sheets = []workforce.DrawnPool{d.Sheets[0]}
		edit(&x)
		body, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "draw.json")
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
		return appraisal(t.Context(), append([]string{"check", file, "--json"}, more...))
	}
	same := func(*workforce.Drawn) {}
	if err := check(same, "--commitment", d.Commitment); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{
		"another hash was published": check(same, "--commitment", workforce.Commit([]byte("another"))),
		"another seed":               check(func(d *workforce.Drawn) { d.Seed = hex.EncodeToString([]byte("another")) }),
		"no seed yet":                check(func(d *workforce.Drawn) { d.Seed = "" }),
		"a chosen sample":            check(func(d *workforce.Drawn) { d.Sheets[0].Drawn = []int64{11, 12, 13} }),
		"a smaller pool":             check(func(d *workforce.Drawn) { d.Sheets[0].Pool = []int64{d.Sheets[0].Drawn[1], 99} }),
		"no such file":               appraisal(t.Context(), []string{"check", filepath.Join(t.TempDir(), "none.json")}),
		"no such word":               appraisal(t.Context(), []string{"draw", "1"}),
	} {
		if err == nil {
			t.Errorf("%s was found equal", name)
		}
	}
}
