package household_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"linli/internal/grid/household"
	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
)

const (
	today = 20261128
	green = int64(990101001001) // communities
	blue  = int64(990101001002)
	far   = int64(990102001001) // of another district
)

func TestMain(m *testing.M) {
	access.SetDistricts(990101, 990102)
	os.Exit(m.Run())
}

type names map[int64]string

func (s names) Named(id int64) (ledger.Named, bool) {
	n, ok := s[id]
	return ledger.Named{ID: id, Name: n}, ok
}

func (s names) Find(text string) []int64 {
	var out []int64
	for id, n := range s {
		if n == text || fmt.Sprint(id) == text {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

func (s names) Search(string, int) []ledger.Named { return nil }

type place struct{ grid, community int64 }

// town is two communities of one district, and one of another, around the room.
type town struct {
	*household.Service
	t         *testing.T
	buildings map[int64]place
	clerk     access.Scope // the lead of green
}

func (w *town) Building(id int64) (grid, community int64, ok bool) {
	p, ok := w.buildings[id]
	return p.grid, p.community, ok
}

func newTown(t *testing.T, db *store.DB) *town {
	t.Helper()
	v, err := vault.New(t.Context(), db, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, buildings: map[int64]place{1: {11, green}, 2: {12, green}, 3: {21, blue}, 4: {31, far}}}
	grids := map[int64]int64{11: green, 12: green, 21: blue, 31: far}
	e := ledger.New(ledger.Options{DB: db, Vault: v, Today: func() int { return today }, Zone: time.FixedZone("CST", 8*3600),
		Sources: map[string]ledger.Source{
			"region": names{9901: "和安市", 990101: "湖东区", 990102: "湖西区", 990101001: "翠湖街道", green: "绿苑社区", blue: "蓝天社区", 990102001: "西街街道", far: "西苑社区"},
			"grid":   names{11: "绿苑第一网格", 12: "绿苑第二网格", 21: "蓝天第一网格", 31: "西苑第一网格"},
			"org":    names{}, "account": names{7: "王建国"},
			"building": names{1: "翠湖花园1号楼", 2: "翠湖花园2号楼", 3: "蓝天家园1号楼", 4: "西苑1号楼"},
		},
		Community: func(grid int64) int64 { return grids[grid] }, Path: func(int64) string { return "" }})
	w.Service = household.New(db, e, w, v, func(id int64) string { return map[int64]string{7: "王建国"}[id] })
	if err := e.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clerk = w.scope(access.HomeWrite, green)
	return w
}

func (w *town) scope(p access.Perm, community int64) access.Scope {
	w.t.Helper()
	s, err := (&access.Actor{Account: 7, Lang: "zh", Posts: []access.Post{{ID: 1, Account: 7, Role: "community", Region: community, From: 20260101}}}).Scope(p, today)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// bring imports rows of an Excel file, the first of them the headings; a cell that
// begins with "f:" is a formula. merged are pairs of corners.
func (w *town) bring(o ledger.ImportOptions, rows [][]any, merged ...string) *ledger.ImportResult {
	w.t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	set := func(err error) {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	for i, r := range rows {
		for j, v := range r {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			set(err)
			if s, ok := v.(string); ok && strings.HasPrefix(s, "f:") {
				set(f.SetCellFormula("Sheet1", at, s[2:]))
			} else {
				set(f.SetCellValue("Sheet1", at, v))
			}
		}
	}
	for i := 0; i+1 < len(merged); i += 2 {
		set(f.MergeCell("Sheet1", merged[i], merged[i+1]))
	}
	var raw bytes.Buffer
	set(f.Write(&raw))
	path := filepath.Join(w.t.TempDir(), "住户.xlsx")
	set(os.WriteFile(path, raw.Bytes(), 0o600))
	out, err := w.Homes.Import(w.t.Context(), w.clerk, "zh", path, "住户.xlsx", fmt.Sprintf("%x", sha256.Sum256(raw.Bytes())), o)
	set(err)
	return out
}

// all are the homes in force and ended, by door.
func (w *town) all() map[string]*household.Home {
	w.t.Helper()
	out := map[string]*household.Home{}
	if err := w.Homes.All(context.Background(), access.System("test"), ledger.Filter{Sort: "id"}, func(h *household.Home) error {
		out[fmt.Sprint(h.Building, " ", h.Door())] = h
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *town) home(building int64, room string, edit func(*household.Home)) *household.Home {
	w.t.Helper()
	h := household.Home{Row: ledger.Row{Region: green}, Building: building, Unit: "1单元", Room: room, Use: "lived"}
	if edit != nil {
		edit(&h)
	}
	made, err := w.Homes.Put(w.t.Context(), w.clerk, h)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func (w *town) need(home *household.Home, kind, who string) *household.Need {
	w.t.Helper()
	made, err := w.Needs.Put(w.t.Context(), w.clerk, household.Need{Row: ledger.Row{Region: green, To: 20270601}, Home: home.ID, Kind: kind, Purpose: "每周探访", Source: "resident", Consent: today, Name: ledger.Hide(who)})
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func get[T any](t *testing.T, r *ledger.Register[T], id int64) *T {
	t.Helper()
	row, err := r.Get(t.Context(), access.System("test"), id)
	if err != nil {
		t.Fatal(err)
	}
	return row
}
