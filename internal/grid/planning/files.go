package planning

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// Load reads PREFIX.units.csv, PREFIX.edges.csv and PREFIX.communities.csv,
// and, where they exist, PREFIX.barriers.csv and PREFIX.meta.json. Rows may
// stand in any order; columns are found by their names. What is malformed is
// reported as an *InputError.
func Load(prefix string) (*Instance, error) {
	in := &Instance{}
	communities, err := in.loadCommunities(prefix + ".communities.csv")
	if err != nil {
		return nil, err
	}
	if err := in.loadUnits(prefix+".units.csv", communities); err != nil {
		return nil, err
	}
	if err := in.loadEdges(prefix + ".edges.csv"); err != nil {
		return nil, err
	}
	if err := in.loadBarriers(prefix + ".barriers.csv"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := in.loadMeta(prefix + ".meta.json"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return in, nil
}

func (in *Instance) loadCommunities(path string) (known map[int]bool, err error) {
	known = map[int]bool{}
	err = eachRow(path, []string{"id"}, func(r row) error {
		id, err := r.whole("id", nil)
		if err != nil {
			return err
		}
		if known[id] {
			return r.wrong("id", fmt.Sprintf("community %d is listed twice", id), "keep one row a community")
		}
		known[id] = true
		area, err := r.area("ring")
		if err != nil {
			return err
		}
		in.Communities = append(in.Communities, Community{ID: id, Name: r.text("name"), Area: area})
		return nil
	})
	return known, err
}

func (in *Instance) loadUnits(path string, communities map[int]bool) error {
	var ids []int
	line := map[int]int{}
	err := eachRow(path, []string{"id", "community", "x", "y", "households"}, func(r row) error {
		id, err := r.whole("id", nil)
		if err != nil {
			return err
		}
		if first, twice := line[id]; twice {
			return r.wrong("id", fmt.Sprintf("unit %d stands in line %d already", id, first), "give every unit its own number")
		}
		line[id] = r.line
		u := Unit{Building: r.text("building"), Kind: r.text("kind")}
		none, zero := NoCompound, 0
		var levels float64
		for _, step := range []func() error{
			func() (err error) { u.Community, err = r.whole("community", nil); return },
			func() (err error) { u.Compound, err = r.whole("compound", &none); return },
			func() (err error) { u.Households, err = r.whole("households", &zero); return },
			func() (err error) { u.X, err = r.number("x", true); return },
			func() (err error) { u.Y, err = r.number("y", true); return },
			func() (err error) { levels, err = r.number("levels", false); return },
			func() (err error) { u.CellArea, err = r.positive("cell_area"); return },
			func() (err error) { u.CellOuter, err = r.positive("cell_outer"); return },
			func() (err error) { u.Workload, err = r.positive("workload"); return },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		u.Levels = int(levels)
		if !communities[u.Community] {
			return r.wrong("community", fmt.Sprintf("community %d is not in the communities file", u.Community), "add its row there or correct the number")
		}
		if u.Households < 0 {
			return r.wrong("households", "a number below 0", "give 0 where nobody lives")
		}
		u.Compound = max(u.Compound, NoCompound)
		in.Units = append(in.Units, u)
		ids = append(ids, id)
		return nil
	})
	if err != nil {
		return err
	}
	if len(in.Units) == 0 {
		return &InputError{File: path, Problem: "no units", Remedy: "give one row a building or entrance"}
	}
	ordered := make([]Unit, len(ids))
	for i, id := range ids {
		if id < 0 || id >= len(ids) {
			return &InputError{File: path, Line: line[id], Column: "id", Problem: fmt.Sprintf("unit %d among %d units", id, len(ids)), Remedy: fmt.Sprintf("number the units 0 to %d without gaps", len(ids)-1)}
		}
		ordered[id] = in.Units[i]
	}
	in.Units = ordered
	return nil
}

func (in *Instance) loadEdges(path string) error {
	seen := map[[2]int]int{}
	zero := 0
	return eachRow(path, []string{"u", "v"}, func(r row) error {
		u, err := r.unit("u", len(in.Units))
		if err != nil {
			return err
		}
		v, err := r.unit("v", len(in.Units))
		if err != nil {
			return err
		}
		border, err := r.positive("border_len")
		if err != nil {
			return err
		}
		cross, err := r.whole("cross", &zero)
		if err != nil {
			return err
		}
		if cross < int(CrossNone) || cross > int(CrossArtificial) {
			return r.wrong("cross", strconv.Itoa(cross)+" is no kind of link", "give 0 none, 1 over a barrier, 2 artificial link")
		}
		if u == v {
			return r.wrong("v", fmt.Sprintf("unit %d is its own neighbour", u), "remove the row")
		}
		if in.Units[u].Community != in.Units[v].Community {
			return r.wrong("v", fmt.Sprintf("units %d and %d lie in different communities", u, v), "remove the row: a grid never crosses a community's border")
		}
		key := [2]int{min(u, v), max(u, v)}
		if first, twice := seen[key]; twice {
			return r.wrong("v", fmt.Sprintf("units %d and %d are joined in line %d already", u, v, first), "keep one row a pair, with the whole border")
		}
		seen[key] = r.line
		in.Edges = append(in.Edges, Edge{U: u, V: v, Border: border, Cross: Cross(cross)})
		return nil
	})
}

func (in *Instance) loadBarriers(path string) error {
	return eachRow(path, []string{"class", "line"}, func(r row) error {
		line, err := r.points("line", r.text("line"))
		if err != nil {
			return err
		}
		in.Barriers = append(in.Barriers, Barrier{Class: r.text("class"), Line: line})
		return nil
	})
}

// meta is PREFIX.meta.json; it may hold more than is read.
type meta struct {
	Name            string     `json:"name"`
	Units           int        `json:"units"`
	Households      int        `json:"households"`
	Communities     int        `json:"communities"`
	Origin          [2]float64 `json:"origin_lonlat"`
	MetresPerDegree [2]float64 `json:"metres_per_degree"`
	Licence         string     `json:"licence,omitempty"`
}

func (in *Instance) loadMeta(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var m meta
	if err := json.Unmarshal(b, &m); err != nil {
		return &InputError{File: path, Problem: "no readable JSON: " + err.Error(), Remedy: "correct or remove the file"}
	}
	in.Name, in.Licence, in.Origin, in.MetresPerDegree = m.Name, m.Licence, m.Origin, m.MetresPerDegree
	return nil
}

// Save writes the files that Load reads. The columns feasible, kmin and kmax of
// the communities are for the common bounds of 300 to 500 households.
func (in *Instance) Save(prefix string) error {
	households, count := make([]int, len(in.Communities)), make([]int, len(in.Communities))
	for c, members := range in.Members() {
		count[c] = len(members)
		for _, u := range members {
			households[c] += in.Units[u].Households
		}
	}
	units := [][]string{strings.Split("id,building,community,compound,x,y,households,kind,levels,cell_area,cell_outer,workload", ",")}
	for i, u := range in.Units {
		units = append(units, []string{strconv.Itoa(i), u.Building, strconv.Itoa(u.Community), strconv.Itoa(u.Compound), metres(u.X), metres(u.Y), strconv.Itoa(u.Households), u.Kind, strconv.Itoa(u.Levels), metres(u.CellArea), metres(u.CellOuter), metres(u.Workload)})
	}
	edges := [][]string{{"u", "v", "border_len", "cross"}}
	for _, e := range in.Edges {
		edges = append(edges, []string{strconv.Itoa(e.U), strconv.Itoa(e.V), metres(e.Border), strconv.Itoa(int(e.Cross))})
	}
	communities := [][]string{strings.Split("id,name,units,households,feasible,kmin,kmax,ring", ",")}
	total := 0
	for i, c := range in.Communities {
		h := households[i]
		total += h
		kmin, kmax, feasible := (h+DefaultMax-1)/DefaultMax, h/DefaultMin, "0"
		if kmin <= kmax && h > 0 {
			feasible = "1"
		}
		communities = append(communities, []string{strconv.Itoa(c.ID), c.Name, strconv.Itoa(count[i]), strconv.Itoa(h), feasible, strconv.Itoa(kmin), strconv.Itoa(kmax), areaText(c.Area)})
	}
	barriers := [][]string{{"class", "line"}}
	for _, b := range in.Barriers {
		barriers = append(barriers, []string{b.Class, pointsText(b.Line)})
	}
	for _, file := range []struct {
		name string
		rows [][]string
	}{{"units", units}, {"edges", edges}, {"communities", communities}, {"barriers", barriers}} {
		if err := saveRows(prefix+"."+file.name+".csv", file.rows); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(meta{Name: in.Name, Units: len(in.Units), Households: total, Communities: len(in.Communities), Origin: in.Origin, MetresPerDegree: in.MetresPerDegree, Licence: in.Licence}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(prefix+".meta.json", append(b, '\n'), 0o644)
}

// LoadPlan reads `unit,grid` (or `unit,old_grid`). Grids are numbered from 0 in
// the order in which the file first names them; names holds what the file calls
// them. A unit that the file does not name has NoGrid: Complete tells.
func LoadPlan(path string, in *Instance) (grid []int, names []string, err error) {
	grid = slices.Repeat([]int{NoGrid}, len(in.Units))
	number, line := map[string]int{}, map[int]int{}
	column := "grid"
	err = eachRow(path, []string{"unit"}, func(r row) error {
		if _, ok := r.columns[column]; !ok {
			column = "old_grid"
		}
		u, err := r.unit("unit", len(in.Units))
		if err != nil {
			return err
		}
		if first, twice := line[u]; twice {
			return r.wrong("unit", fmt.Sprintf("unit %d stands in line %d already", u, first), "put every unit into one grid")
		}
		line[u] = r.line
		name := r.text(column)
		if name == "" {
			return r.wrong("grid", "no grid", "name the grid of the unit")
		}
		g, ok := number[name]
		if !ok {
			g = len(names)
			number[name] = g
			names = append(names, name)
		}
		grid[u] = g
		return nil
	})
	return grid, names, err
}

// Complete is nil if the plan read from path names a grid for every unit.
func Complete(path string, grid []int) error {
	if u := slices.Index(grid, NoGrid); u >= 0 {
		return &InputError{File: path, Column: "unit", Problem: fmt.Sprintf("unit %d has no grid", u), Remedy: "give one row a unit"}
	}
	return nil
}

// SavePlan writes `unit,grid`, one row a unit. Without names grids are called by their numbers.
func SavePlan(path string, grid []int, names []string) error {
	rows := [][]string{{"unit", "grid"}}
	for u, g := range grid {
		name := strconv.Itoa(g)
		if names != nil {
			name = names[g]
		}
		rows = append(rows, []string{strconv.Itoa(u), name})
	}
	return saveRows(path, rows)
}

func saveRows(path string, rows [][]string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	return errors.Join(w.WriteAll(rows), f.Close())
}

// row is a line of a CSV file.
type row struct {
	file    string
	line    int
	columns map[string]int
	fields  []string
}

// eachRow calls fn for each row below the header, which must hold the needed columns.
func eachRow(path string, needed []string, fn func(row) error) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	read := csv.NewReader(bufio.NewReader(bytes.NewReader(b)))
	read.FieldsPerRecord = -1
	read.ReuseRecord = true
	r := row{file: path}
	for {
		fields, err := read.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
			return &InputError{File: path, Line: parse.Line, Problem: parse.Err.Error(), Remedy: "quote fields that hold commas, quotes or line breaks"}
		}
		if err != nil {
			return err
		}
		r.line, _ = read.FieldPos(0)
		if r.columns == nil {
			r.columns = make(map[string]int, len(fields))
			for i, name := range fields {
				r.columns[strings.ToLower(strings.TrimSpace(name))] = i
			}
			for _, name := range needed {
				if _, ok := r.columns[name]; !ok {
					return r.wrong(name, "the column is missing", "the first line names the columns: "+strings.Join(needed, ", ")+", …")
				}
			}
			continue
		}
		if len(fields) != len(r.columns) {
			return r.wrong("", fmt.Sprintf("%d fields under %d columns", len(fields), len(r.columns)), "give every row one field a column")
		}
		r.fields = fields
		if err := fn(r); err != nil {
			return err
		}
	}
	if r.columns == nil {
		return &InputError{File: path, Problem: "the file is empty", Remedy: "the first line names the columns: " + strings.Join(needed, ", ") + ", …"}
	}
	return nil
}

func (r row) wrong(column, problem, remedy string) error {
	return &InputError{File: r.file, Line: r.line, Column: column, Problem: problem, Remedy: remedy}
}

// text is the field of the column, empty if the file has no such column.
func (r row) text(column string) string {
	if i, ok := r.columns[column]; ok {
		return strings.TrimSpace(r.fields[i])
	}
	return ""
}

// whole is a whole number; where the field is empty, absent, if there is one.
func (r row) whole(column string, absent *int) (int, error) {
	s := r.text(column)
	if s == "" && absent != nil {
		return *absent, nil
	}
	n, err := strconv.Atoi(s)
	if f, ferr := strconv.ParseFloat(s, 64); err != nil && ferr == nil && f == math.Trunc(f) && math.Abs(f) < 1e15 {
		n, err = int(f), nil // spreadsheets write 3 as 3.0
	}
	if err != nil {
		return 0, r.wrong(column, fmt.Sprintf("%q is no whole number", s), "give digits only")
	}
	return n, nil
}

// number is a finite number, 0 where the field is empty and not needed.
func (r row) number(column string, needed bool) (float64, error) {
	s := r.text(column)
	if s == "" && !needed {
		return 0, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, r.wrong(column, fmt.Sprintf("%q is no number", s), "give digits with a decimal point")
	}
	return f, nil
}

// positive is a number of at least 0, 0 where the field is empty.
func (r row) positive(column string) (float64, error) {
	f, err := r.number(column, false)
	if err == nil && f < 0 {
		err = r.wrong(column, "a number below 0", "give 0 or more")
	}
	return f, err
}

// unit is the number of a unit that exists.
func (r row) unit(column string, units int) (int, error) {
	u, err := r.whole(column, nil)
	if err == nil && (u < 0 || u >= units) {
		err = r.wrong(column, fmt.Sprintf("unit %d does not exist", u), fmt.Sprintf("the units are 0 to %d", units-1))
	}
	return u, err
}

// area reads polygons: "|" parts them, "/" parts a ring from its holes.
func (r row) area(column string) (orb.MultiPolygon, error) {
	s := r.text(column)
	if s == "" {
		return nil, nil
	}
	var area orb.MultiPolygon
	for part := range strings.SplitSeq(s, "|") {
		var polygon orb.Polygon
		for ring := range strings.SplitSeq(part, "/") {
			points, err := r.points(column, ring)
			if err != nil {
				return nil, err
			}
			polygon = append(polygon, orb.Ring(points))
		}
		area = append(area, polygon)
	}
	return area, nil
}

// points reads "x y;x y;…".
func (r row) points(column, s string) (orb.LineString, error) {
	var line orb.LineString
	for pair := range strings.SplitSeq(s, ";") {
		xs, ys, _ := strings.Cut(strings.TrimSpace(pair), " ")
		x, xerr := strconv.ParseFloat(xs, 64)
		y, yerr := strconv.ParseFloat(strings.TrimSpace(ys), 64)
		if xerr != nil || yerr != nil {
			return nil, r.wrong(column, fmt.Sprintf("%q is no point", pair), "write points as x y;x y;…")
		}
		line = append(line, orb.Point{x, y})
	}
	return line, nil
}

func areaText(area orb.MultiPolygon) string {
	parts := make([]string, len(area))
	for i, polygon := range area {
		rings := make([]string, len(polygon))
		for j, ring := range polygon {
			rings[j] = pointsText(orb.LineString(ring))
		}
		parts[i] = strings.Join(rings, "/")
	}
	return strings.Join(parts, "|")
}

func pointsText(line orb.LineString) string {
	points := make([]string, len(line))
	for i, p := range line {
		points[i] = metres(p[0]) + " " + metres(p[1])
	}
	return strings.Join(points, ";")
}

// metres is a length to the centimetre, without needless digits.
func metres(f float64) string {
	return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
}
