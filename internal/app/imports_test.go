package app

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// wings from the ground up: a package may import its own floor's kernel and
// what lies below, never a room of its own wing or above.
var wings = []string{"internal/kernel", "internal/grid", "internal/people", "internal/work", "internal/figures", "internal/sim", "internal/app", "cmd"}

func floorOf(path string) int {
	for i, w := range wings {
		if path == w || strings.HasPrefix(path, w+"/") {
			return i
		}
	}
	return -1
}

// room is the first two or three parts of a path: internal/work/cases.
func room(path string) string {
	parts := strings.Split(path, "/")
	return strings.Join(parts[:min(3, len(parts))], "/")
}

// library is a part of a wing that is no room: it has no store, knows no request
// and may be used by the rooms of its wing.
func library(path string) bool { return room(path) == "internal/grid/planning" }

func TestImportsPointDownOnly(t *testing.T) {
	t.Parallel()
	root := "../.."
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		pkg, err := build.ImportDir(dir, 0)
		if err != nil {
			return nil //nolint:nilerr // a folder without Go code
		}
		from, err := filepath.Rel(root, dir)
		if err != nil {
			return err
		}
		floor := floorOf(from)
		if floor < 0 {
			t.Errorf("%s belongs to no wing", from)
		}
		for _, imp := range pkg.Imports {
			to, ok := strings.CutPrefix(imp, "linli/")
			if !ok || to == "web" {
				continue
			}
			switch target := floorOf(to); {
			case target > floor:
				t.Errorf("%s imports %s, which lies above", from, to)
			case target == floor && floor > 0 && wings[floor] != "internal/sim" && wings[floor] != "internal/app" && room(to) != room(from) && !library(to):
				t.Errorf("%s imports %s, a room of its own wing", from, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
