package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Excel writes the list of grids as a workbook: a sheet of totals, one of the
// grids, and one that says which building is in which grid.
func Excel(w io.Writer, v View) error {
	a, err := newAtlas(v)
	if err != nil {
		return err
	}
	f := excelize.NewFile()
	defer f.Close()
	x := &book{File: f, atlas: a}
	x.styles()
	x.totals()
	x.grids()
	x.buildings()
	if x.err != nil {
		return fmt.Errorf("render: %w", x.err)
	}
	return f.Write(w)
}

// book keeps the first error.
type book struct {
	*excelize.File
	*atlas
	head, cell, bad int
	err             error
}

func (x *book) note(err error) {
	if x.err == nil {
		x.err = err
	}
}

func (x *book) styles() {
	border := []excelize.Border{{Type: "bottom", Color: "E3E7EC", Style: 1}}
	for _, s := range []struct {
		into *int
		is   excelize.Style
	}{
		{&x.head, excelize.Style{Font: &excelize.Font{Bold: true, Color: "1F2733"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E4F0F4"}}, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}}},
		{&x.cell, excelize.Style{Border: border, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}},
		{&x.bad, excelize.Style{Border: border, Font: &excelize.Font{Color: "B42318", Bold: true}, Alignment: &excelize.Alignment{Vertical: "top"}}},
	} {
		var err error
		*s.into, err = x.NewStyle(&s.is)
		x.note(err)
	}
}

// table writes a sheet. Widths are in signs; mark is the column (from 0) whose
// cells are marked where marked says so, or -1.
func (x *book) table(name string, heads []string, widths []float64, rows [][]any, mark int, marked func(row int) bool) {
	_, err := x.NewSheet(name)
	x.note(err)
	s, err := x.NewStreamWriter(name)
	if err != nil {
		x.note(err)
		return
	}
	for i, w := range widths {
		x.note(s.SetColWidth(i+1, i+1, w))
	}
	x.note(s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	top := make([]any, len(heads))
	for i, h := range heads {
		top[i] = excelize.Cell{StyleID: x.head, Value: h}
	}
	x.note(s.SetRow("A1", top, excelize.RowOpts{Height: 22}))
	for r, row := range rows {
		for i, v := range row {
			style := x.cell
			if i == mark && marked(r) {
				style = x.bad
			}
			row[i] = excelize.Cell{StyleID: style, Value: v}
		}
		x.note(s.SetRow(fmt.Sprintf("A%d", r+2), row))
	}
	x.note(s.Flush())
	fit, landscape := 0, "landscape"
	x.note(x.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &landscape, FitToHeight: &fit}))
}

func (x *book) totals() {
	type sum struct {
		grids, households, units int
		by                       map[Status]int
	}
	sums := map[int]*sum{}
	for _, g := range x.atlas.grids {
		s := sums[g.community]
		if s == nil {
			s = &sum{by: map[Status]int{}}
			sums[g.community] = s
		}
		s.grids++
		s.households += g.households
		s.units += len(g.units)
		s.by[g.status]++
	}
	var rows [][]any
	all := sum{by: map[Status]int{}}
	for _, c := range x.communities {
		s := sums[c]
		if s == nil {
			continue
		}
		rows = append(rows, []any{x.Instance.Communities[c].Name, s.grids, s.households, s.units, s.by[Within], s.by[Below], s.by[Above], s.by[Dedicated]})
		all.grids, all.households, all.units = all.grids+s.grids, all.households+s.households, all.units+s.units
		for k, n := range s.by {
			all.by[k] += n
		}
	}
	rows = append(rows, []any{x.say("合计", "Total"), all.grids, all.households, all.units, all.by[Within], all.by[Below], all.by[Above], all.by[Dedicated]})
	name := x.say("汇总", "Totals")
	x.table(name, x.words("社区 Community|网格数 Grids|户数 Households|楼栋（单元） Units|符合 Within bounds|偏少 Too few|偏多 Too many|专属 Dedicated"),
		[]float64{24, 10, 12, 14, 10, 10, 10, 10}, rows, -1, nil)
	x.note(x.DeleteSheet("Sheet1"))
}

func (x *book) grids() {
	var rows [][]any
	for _, g := range x.atlas.grids {
		area := 0.0
		for _, u := range g.units {
			area += x.Instance.Units[u].CellArea
		}
		rows = append(rows, []any{x.Instance.Communities[g.community].Name, g.order, g.Code, g.Name, g.households, len(g.units), statusWords[g.status].In(x.Lang),
			strings.Join(g.compounds, "、"), float64(int(area/100+0.5)) / 100, g.Worker, g.Note})
	}
	x.table(x.say("网格", "Grids"), x.words("社区 Community|序号 No.|网格编码 Code|名称 Name|户数 Households|楼栋（单元） Units|是否符合 Bounds|小区 Compounds|面积（公顷） Hectares|网格员 Worker|说明 Note"),
		[]float64{20, 7, 18, 22, 9, 13, 12, 36, 12, 14, 30}, rows, 6, func(r int) bool {
			s := x.atlas.grids[r].status
			return s == Below || s == Above
		})
}

func (x *book) buildings() {
	var rows [][]any
	for _, g := range x.atlas.grids {
		for _, u := range g.units {
			unit := x.Instance.Units[u]
			rows = append(rows, []any{x.Instance.Communities[g.community].Name, g.order, g.Code, g.Name, x.unitName(u), unit.Households, unit.Kind})
		}
	}
	x.table(x.say("楼栋", "Buildings"), x.words("社区 Community|网格序号 Grid No.|网格编码 Code|网格 Grid|楼栋 Building|户数 Households|用途 Use"), []float64{20, 10, 18, 22, 30, 9, 14}, rows, -1, nil)
}

// words splits headings "中文 English|…" by the language.
func (x *book) words(list string) []string {
	var out []string
	for both := range strings.SplitSeq(list, "|") {
		zh, en, _ := strings.Cut(both, " ")
		out = append(out, x.say(zh, en))
	}
	return out
}
