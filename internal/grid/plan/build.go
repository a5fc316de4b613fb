package plan

import (
	"errors"
	"slices"
	"strconv"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/prepare"
	"linli/internal/kernel/errs"
)

// BadFile is what a list that was handed in cannot be read for.
var BadFile = errs.Declare("plan_file", 422, "文件无法使用（{where}）：{problem}。{remedy}", "The file cannot be used ({where}): {problem}. {remedy}")

// sources are the survey as raw data. Buildings of dedicated grids are left
// out, since those grids stay as they are.
func (v *Survey) sources() *prepare.Sources {
	s := &prepare.Sources{}
	dedicated := map[int64]bool{}
	for _, x := range v.Grids {
		dedicated[x.ID] = x.Kind != basic
	}
	for _, c := range v.Communities {
		s.Communities = append(s.Communities, prepare.Community{ID: digits(c.Code), Name: c.Name, Area: c.Shape})
	}
	for _, b := range v.Barriers {
		s.Barriers = append(s.Barriers, prepare.Barrier(b))
	}
	for _, b := range v.Buildings {
		if dedicated[b.Grid] {
			continue
		}
		s.Buildings = append(s.Buildings, prepare.Building{ID: digits(b.ID), Name: b.Name, Community: digits(b.Community), Compound: digits(b.Compound), Kind: b.Kind, Households: b.Households,
			Levels: prepare.Unknown, Entrances: prepare.Unknown, OldGrid: digits(b.Grid), At: [2]float64{b.Lon, b.Lat}, HasPlace: true})
	}
	return s
}

// ground makes the ground of the survey. uploaded, if not empty, is the path of
// a list of buildings that takes the place of the city's own; it may be in
// another coordinate system.
func (v *Survey) ground(uploaded string, system prepare.System) (*Ground, error) {
	s := v.sources()
	if uploaded != "" {
		s.Buildings = nil
		if err := s.ReadBuildings(uploaded, prepare.Reading{System: system}); err != nil {
			return nil, fileError(err)
		}
	}
	r, err := prepare.Prepare(s, prepare.Options{})
	if err != nil {
		return nil, fileError(err)
	}
	g := &Ground{Instance: r.Instance, OldGrids: v.Grids, Findings: r.Findings}
	at := map[string]int{}
	for i, x := range v.Grids {
		at[digits(x.ID)] = i
		if uploaded != "" { // a person's list calls grids by code or name
			at[digits(x.Code)], at[x.Name] = i, i
		}
	}
	names := map[string]string{}
	for _, b := range s.Buildings {
		names[b.ID] = b.Name
	}
	for i, u := range r.Instance.Units {
		id := int64(0)
		if uploaded == "" {
			id, _ = strconv.ParseInt(u.Building, 10, 64) // written by sources
		}
		name := names[u.Building]
		if name == "" {
			name = u.Building
		}
		old := planning.NoGrid
		if len(r.Old) > 0 {
			if o, ok := at[r.Old[i]]; ok && v.Grids[o].Community == int64(u.Community) {
				old = o
			}
		}
		g.Buildings, g.Names, g.Old = append(g.Buildings, id), append(g.Names, name), append(g.Old, old)
	}
	for _, c := range v.Communities {
		if !slices.ContainsFunc(r.Instance.Units, func(u planning.Unit) bool { return u.Community == int(c.Code) }) {
			return nil, errs.Invalid.New("field", words("社区", "communities"), "remedy", words(c.Name+"没有楼栋数据，请不要选它。", c.Name+" has no buildings; leave it out.")).In("communities")
		}
	}
	return g, nil
}

// fileError turns what the library says about a file into a sentence for the person who gave it.
func fileError(err error) error {
	var in *planning.InputError
	if !errors.As(err, &in) {
		return err
	}
	where := words("全部", "as a whole")
	if in.Line > 0 {
		n := strconv.Itoa(in.Line)
		where = words("第 "+n+" 行 "+in.Column, "row "+n+" "+in.Column)
	} else if in.Column != "" {
		where = words(in.Column, in.Column)
	}
	problem, remedy := words(in.ProblemZH, in.Problem), words(in.RemedyZH, in.Remedy)
	return BadFile.New("where", where, "problem", problem, "remedy", remedy).Because(err)
}
