package render

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/plangen"
)

// TestPictures draws the pictures of docs/planning-data.md. It runs only when
// LINLI_PICTURES names the folder.
func TestPictures(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("LINLI_PICTURES")
	if dir == "" {
		t.Skip("set LINLI_PICTURES to a folder to draw the pictures of the documentation")
	}
	c := plangen.Generate(1, plangen.Town, 9)
	p, err := planning.Solve(t.Context(), c.Instance, planning.Options{Min: planning.DefaultMin, Max: planning.DefaultMax, Target: planning.DefaultTarget, Seed: 1, Time: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	v := View{Instance: c.Instance, Grid: p.Grid, Min: p.Min, Max: p.Max, Title: "湖滨街道网格方案", Lang: "zh"}
	for _, name := range p.Names {
		v.Grids = append(v.Grids, Label{Code: name})
	}
	for name, write := range map[string]func(io.Writer, View) error{"grids.svg": SVG, "grids.pdf": PDF} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := write(f, v); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
