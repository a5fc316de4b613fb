package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/width"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/tabular"
)

// Matter is what a row says, with every name resolved.
type Matter struct {
	Row           int
	OutsideNumber string // of the file, or a hash of the content
	Title, Text   string
	Channel       string
	Grade         string
	Category      int64
	District      int
	Street        int64
	Community     int64
	Grid          int64
	Lon, Lat      float64 // as given, in CRS; 0,0: none
	CRS           string
	Address       string
	ReportedAt    int64 // microseconds UTC
	ClosedAt      int64 // 0: not closed, or unknown
	Result        string
	Name, Phone   string // of the reporter
	Open          bool   // it comes in as a new case, not as history
	Order         Order  // of the hotline
}

// Order is what a row says about an order of the hotline, as it stands there.
type Order struct {
	Kind, Category, ReplyFormat, Note, Status string
	DueAt                                     int64 // microseconds UTC, 0: none
}

// RowError is what is wrong with one field of a row, Field "" with the row.
type RowError struct {
	Row    int
	Field  Field
	Column string
	Err    *errs.Error
}

// Region is a region in force; the digits of its code say its level.
type Region struct {
	Code int64
	Name string
}

// GridRef is a grid in force.
type GridRef struct {
	ID        int64
	Code      int64
	Community int64
}

// Leaf is a category that a case may have, with the names above it.
type Leaf struct {
	ID   int64
	Code string
	Name string
	Path []string // from the top down, its own name last
}

// Spot is a place in the region tree; 0 is unknown.
type Spot struct {
	District                int
	Street, Community, Grid int64
}

// City is what this room needs to know of the city; lists are read once a run.
type City interface {
	Regions() []Region
	Grids() []GridRef
	Leaves() []Leaf
	At(lon, lat float64) (Spot, bool) // WGS 84
	Suspect(lon, lat float64) string  // "", swapped, gcj02, bd09, outside
}

// Longest texts, in characters, as the case room has them.
const (
	maxTitle   = 100
	maxText    = 4000
	maxResult  = 20_000
	maxAddress = 200
	maxNumber  = 64
)

// channels by the words that files use.
var channels = map[string][]string{
	"grid_worker": {"网格员", "网格", "网格上报", "巡查", "网格巡查"},
	"resident":    {"居民", "群众", "市民", "居民上报", "群众上报", "来访"},
	"hotline":     {"热线", "12345", "12345热线", "电话", "市民热线", "政务热线", "便民热线"},
	"app":         {"微信", "小程序", "app", "公众号", "网站", "智慧社区"},
	"liaison":     {"包联", "包联走访", "走访"},
	"whistle":     {"吹哨", "街道吹哨"},
	"department":  {"部门", "部门移交", "部门转办"},
	"open311":     {"open311"},
	"import":      {"导入", "历史", "历史数据", "网络留言", "留言"},
	"superior":    {"上级", "上级交办", "领导批示", "督办"},
}

var grades = map[string][]string{
	"general":  {"一般", "普通", "常规", "低"},
	"urgent":   {"较急", "加急", "急", "中"},
	"critical": {"紧急", "特急", "高"},
	"complex":  {"复杂疑难", "复杂", "疑难"},
}

func code(list map[string][]string, s string) (string, bool) {
	p := tabular.Plain(s)
	for c, names := range list {
		if s == c || slices.Contains(names, p) || strings.ReplaceAll(c, "_", "") == p {
			return c, true
		}
	}
	return "", false
}

// resolver turns rows into matters.
type resolver struct {
	mapping Mapping
	column  map[Field]int
	o       *Options
	now     int64
	epoch04 bool
	regions map[int64]string
	byName  map[string][]int64 // plain names, with and without their kind
	grids   map[int64]GridRef  // by id and by code
	leaves  map[string][]int64 // by code, name, and path with slashes
}

func newResolver(o *Options, m Mapping, columns []string, now int64, epoch04 bool) *resolver {
	r := &resolver{mapping: m, column: map[Field]int{}, o: o, now: now, epoch04: epoch04, regions: map[int64]string{}, byName: map[string][]int64{}, grids: map[int64]GridRef{}, leaves: map[string][]int64{}}
	for f, rule := range m {
		r.column[f] = slices.Index(columns, rule.Column)
	}
	for _, x := range o.City.Regions() {
		r.regions[x.Code] = x.Name
		name := tabular.Plain(x.Name)
		r.byName[name] = append(r.byName[name], x.Code)
		for _, kind := range []string{"街道办事处", "街道", "社区居委会", "社区", "村委会", "村", "镇", "乡", "区", "县"} {
			if short := strings.TrimSuffix(name, kind); short != name && utf8.RuneCountInString(short) >= 2 {
				r.byName[short] = append(r.byName[short], x.Code)
			}
		}
	}
	for _, g := range o.City.Grids() {
		r.grids[g.ID], r.grids[g.Code] = g, g
	}
	for _, c := range o.City.Leaves() {
		for _, k := range []string{tabular.Plain(c.Code), tabular.Plain(c.Name), tabular.Plain(strings.Join(c.Path, ""))} {
			if !slices.Contains(r.leaves[k], c.ID) {
				r.leaves[k] = append(r.leaves[k], c.ID)
			}
		}
	}
	return r
}

// reading is one row in the making.
type reading struct {
	*resolver
	row  tabular.Row
	m    *Matter
	errs []RowError
}

func (r *reading) fail(f Field, err *errs.Error) {
	r.errs = append(r.errs, RowError{r.row.Number, f, r.mapping[f].Column, err.In(string(f))})
}

func (r *reading) wrong(f Field, zh, en string) {
	r.fail(f, errs.Invalid.New("field", labelOf(f), "remedy", words(zh, en)))
}

func (r *reading) unless(yes bool, f Field, zh, en string) {
	if !yes {
		r.wrong(f, zh, en)
	}
}

// text is the field's value as the mapping makes it, trimmed, with one kind of
// line end.
func (r *reading) text(f Field) string {
	rule, ok := r.mapping[f]
	if !ok {
		return ""
	}
	v := rule.Const
	if i := r.column[f]; rule.Column != "" && i >= 0 {
		v = r.row.Cells[i]
	}
	if !utf8.ValidString(v) || strings.ContainsRune(v, utf8.RuneError) || strings.ContainsRune(v, 0) {
		r.wrong(f, "含有无法识别的字符，请用 UTF-8 重新保存", "it has characters that cannot be read; save the file as UTF-8")
		return ""
	}
	v = strings.NewReplacer("\r\n", "\n", "\r", "\n", "_x000D_", "").Replace(v)
	v = strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == '\ufeff' {
			return -1
		}
		return c
	}, v))
	if to, ok := rule.Map[v]; ok {
		v = to
	}
	if v != "" {
		v = rule.Prefix + v
	}
	return v
}

// short is text in its narrow form: digits and letters in their usual width.
func (r *reading) short(f Field) string { return strings.TrimSpace(width.Narrow.String(r.text(f))) }

func (r *reading) upTo(f Field, s string, most int) string {
	if utf8.RuneCountInString(s) > most {
		r.fail(f, errs.TooLong.New("field", labelOf(f), "max", most))
		return ""
	}
	return s
}

// matter reads a row; the errors of all its fields at once.
func (r *resolver) matter(row tabular.Row) (*Matter, []RowError) {
	if row.Err != nil {
		return nil, []RowError{{row.Number, "", "", row.Err}}
	}
	x := &reading{resolver: r, row: row, m: &Matter{Row: row.Number}}
	m := x.m
	m.Title = x.text(Title)
	m.Text = x.text(Text)
	if m.Text == "" {
		m.Text = m.Title
	}
	if m.Text == "" && len(x.errs) == 0 {
		x.fail(Text, errs.Required.New("field", labelOf(Text)))
	}
	m.Text = x.upTo(Text, m.Text, maxText)
	if rs := []rune(strings.ReplaceAll(m.Title, "\n", " ")); len(rs) > maxTitle {
		m.Title = string(rs[:maxTitle-1]) + "…"
	} else {
		m.Title = string(rs)
	}
	m.Result = x.upTo(Result, x.text(Result), maxResult)
	m.Order = Order{Kind: x.upTo(OrderKind, x.text(OrderKind), maxNumber), Category: x.upTo(OrderCategory, x.text(OrderCategory), maxAddress), ReplyFormat: x.upTo(ReplyFormat, x.short(ReplyFormat), maxNumber),
		Note: x.upTo(OrderNote, x.text(OrderNote), maxText), Status: x.upTo(OrderStatus, x.text(OrderStatus), maxNumber)}
	m.Address = x.upTo(Address, x.text(Address), maxAddress)
	x.times()
	x.kinds()
	x.place()
	m.Open = r.o.Open && m.Result == "" && m.ClosedAt == 0
	if m.ReportedAt == 0 && !m.Open && !x.failed(ReportedAt) {
		x.fail(ReportedAt, errs.Required.New("field", labelOf(ReportedAt)))
	}
	switch {
	case m.Open:
		m.Name, m.Phone = x.upTo(ReporterName, x.text(ReporterName), 50), x.upTo(ReporterPhone, x.short(ReporterPhone), 30)
	case m.Result == "" && m.ClosedAt == 0 && m.ReportedAt >= r.o.Began && len(x.errs) == 0:
		x.wrong(ClosedAt, "没有办理结果和办结时间，且登记时间在系统启用之后；如需作为新事件登记，请加 --open", "it has neither result nor closing and was reported after this system began; --open takes it as a new case")
	default:
		m.addressInText()
	}
	m.OutsideNumber = x.upTo(OutsideNumber, x.short(OutsideNumber), maxNumber)
	if m.OutsideNumber == "" && !r.o.Lenient {
		m.OutsideNumber = m.hash()
	}
	if m.District != 0 && !r.o.Scope.Covers(m.target()) && len(x.errs) == 0 {
		x.wrong(placeField(m), "不在该账号的工作范围内", "it lies outside the account's area")
	}
	return m, x.errs
}

// addressInText keeps the address of a historical matter, which has no place
// of its own for it.
func (m *Matter) addressInText() {
	if m.Address == "" || strings.Contains(m.Text, m.Address) || m.Text == "" {
		return
	}
	if t := m.Text + "\n地址：" + m.Address; utf8.RuneCountInString(t) <= maxText {
		m.Text = t
	}
}

// hash is an outside number for a matter that has none: what was said, where
// and when. An answer that came later does not change it.
func (m *Matter) hash() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %d %d", m.Title, m.Text, m.Address, m.ReportedAt, m.District)
	return "row-" + hex.EncodeToString(h.Sum(nil)[:14])
}

func (x *reading) times() {
	m := x.m
	at := func(f Field) (time.Time, bool) {
		s := x.text(f)
		if s == "" {
			return time.Time{}, false
		}
		t, day, ok := parseTime(s, x.o.Zone, x.epoch04)
		if !ok {
			x.wrong(f, "无法识别的时间，请写成 2019/2/28 11:25:05 或 2019-02-28", "this is no time; write it like 2019/2/28 11:25:05 or 2019-02-28")
			return t, false
		}
		if day && f == ClosedAt { // closed on a day is closed by its end
			t = t.AddDate(0, 0, 1).Add(-time.Second)
			if t.UnixMicro() > x.now && t.AddDate(0, 0, -1).UnixMicro() < x.now {
				t = time.UnixMicro(x.now)
			}
		}
		return t, true
	}
	if t, ok := at(ReportedAt); ok {
		m.ReportedAt = t.UnixMicro()
	}
	if t, ok := at(ClosedAt); ok {
		m.ClosedAt = t.UnixMicro()
	}
	if t, ok := at(OrderDue); ok {
		m.Order.DueAt = t.UnixMicro()
	}
	if x.o.Lenient && m.ReportedAt > x.now { // the other side's clock is ahead
		m.ReportedAt = x.now
	}
	switch {
	case m.ReportedAt > x.now:
		x.wrong(ReportedAt, "不能晚于现在", "it cannot lie in the future")
	case m.ClosedAt > x.now:
		x.wrong(ClosedAt, "不能晚于现在", "it cannot lie in the future")
	case m.ClosedAt != 0 && m.ClosedAt < m.ReportedAt:
		x.wrong(ClosedAt, "不能早于登记时间", "it cannot be before the time of report")
	}
}

func (x *reading) failed(f Field) bool {
	return slices.ContainsFunc(x.errs, func(e RowError) bool { return e.Field == f })
}

func (x *reading) kinds() {
	m := x.m
	m.Channel = x.o.Channel
	if s := x.short(Channel); s != "" {
		var ok bool
		if m.Channel, ok = code(channels, s); !ok {
			m.Channel = x.o.Channel
			x.unless(x.o.Lenient, Channel, "没有这个渠道，请用 --mapping 中的 map 对应到 "+keysOf(channels), "there is no such channel; map it with --mapping to one of "+keysOf(channels))
		}
	}
	if s := x.short(Grade); s != "" {
		var ok bool
		if m.Grade, ok = code(grades, s); !ok {
			x.unless(x.o.Lenient, Grade, "没有这个分级，可用的有 "+keysOf(grades), "there is no such grade; there are "+keysOf(grades))
		}
	}
	if s := x.text(Category); s != "" {
		switch found := x.leaves[tabular.Plain(s)]; len(found) {
		case 1:
			m.Category = found[0]
		case 0:
			x.unless(x.o.Lenient, Category, "没有这个最末级类别，请写类别编码或名称，或在 --mapping 中对应", "there is no such category of the last level; write its code or name, or map it with --mapping")
		default:
			x.unless(x.o.Lenient, Category, "有几个类别同名，请写类别编码", "several categories have this name; write the code")
		}
	}
}

func keysOf(m map[string][]string) string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// find finds a region of the level (digits of its code) by code or name,
// inside the code within, 0 for anywhere.
func (x *reading) find(f Field, digits int, within int64) int64 {
	s := x.short(f)
	if s == "" {
		return 0
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		for d := digitsOf(n); d > digits && d <= 15; d-- { // statistical codes have 12 digits with zeros at the end
			if n%10 != 0 {
				break
			}
			n /= 10
		}
		if _, ok := x.regions[n]; ok && digitsOf(n) == digits {
			return n
		}
	}
	var found []int64
	for _, c := range x.byName[tabular.Plain(s)] {
		if digitsOf(c) == digits && inside(c, within) && !slices.Contains(found, c) {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 1:
		return found[0]
	case 0:
		x.wrong(f, "区划表中没有“"+cut(s)+"”，请写现行的名称或编码", "the regions have no “"+cut(s)+"”; write a name or code in force")
	default:
		x.wrong(f, "有几处同名，请写编码或补充上级区划", "several have this name; write the code or add the region above")
	}
	return 0
}

func cut(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return s
}

func digitsOf(n int64) int { return len(strconv.FormatInt(n, 10)) }

func inside(c, within int64) bool {
	for within > 0 && c > within {
		c /= 10
	}
	return within == 0 || c == within
}

// place finds where the matter was: the position first, then the smallest
// region named, then the district that the operator named for all rows.
func (x *reading) place() {
	m := x.m
	before := len(x.errs)
	m.District = int(x.find(District, 6, 0))
	above := int64(m.District)
	if above == 0 {
		above = int64(x.o.District)
	}
	m.Street = x.find(Street, 9, above)
	if m.Street != 0 {
		above = m.Street
	}
	m.Community = x.find(Community, 12, above)
	if s := x.short(Grid); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		g, ok := x.grids[n]
		switch {
		case err != nil || !ok:
			x.wrong(Grid, "没有这个网格，请写 15 位网格编码", "there is no such grid; write its 15-digit code")
		case m.Community != 0 && g.Community != m.Community:
			x.wrong(Grid, "网格不在这个社区", "the grid is not in this community")
		default:
			m.Grid, m.Community = g.ID, g.Community
		}
	}
	x.position()
	if m.Community != 0 {
		m.Street = m.Community / 1000
	}
	if m.Street != 0 {
		m.District = int(m.Street / 1000)
	}
	if m.District == 0 {
		m.District = x.o.District
	}
	if m.District == 0 && len(x.errs) == before && !x.o.Lenient {
		x.fail(District, errs.Required.New("field", labelOf(District)))
	}
}

var doubts = map[string]errs.Words{
	"swapped": words("经度和纬度好像写反了", "longitude and latitude seem to be swapped"),
	"gcj02":   words("看起来是火星坐标，请用 crs 注明 gcj02", "it looks like GCJ-02; say so with crs"),
	"bd09":    words("看起来是百度坐标，请用 crs 注明 bd09", "it looks like BD-09; say so with crs"),
}

func (x *reading) position() {
	m := x.m
	lon, lat := x.short(Lon), x.short(Lat)
	if lon == "" && lat == "" || (lon == "0" || lon == "0.0") && (lat == "0" || lat == "0.0") {
		return
	}
	a, err1 := strconv.ParseFloat(lon, 64)
	b, err2 := strconv.ParseFloat(lat, 64)
	m.CRS = strings.ToLower(x.short(CRS))
	p, err := geo.ToWGS84(geo.Point{Lon: a, Lat: b}, geo.CRS(m.CRS))
	switch {
	case err1 != nil || err2 != nil:
		x.wrong(Lon, "经纬度须为小数，如 112.6012 和 29.4031", "longitude and latitude are decimals such as 112.6012 and 29.4031")
		return
	case err != nil && m.CRS != "" && m.CRS != "wgs84" && m.CRS != "gcj02" && m.CRS != "bd09":
		x.wrong(CRS, "请使用 wgs84、gcj02 或 bd09", "use wgs84, gcj02 or bd09")
		return
	case err != nil:
		x.wrong(Lon, "经纬度超出范围", "longitude or latitude is out of range")
		return
	}
	spot, ok := x.o.City.At(p.Lon, p.Lat)
	if !ok {
		if m.Community != 0 { // the name is enough; the position is not kept
			m.CRS = ""
			return
		}
		why, known := doubts[x.o.City.Suspect(p.Lon, p.Lat)]
		if !known {
			why = words("位置不在本市范围内，请核对经纬度", "the position is outside the city; please check it")
		}
		x.fail(Lon, errs.Invalid.New("field", words("位置", "position"), "remedy", why))
		return
	}
	m.Lon, m.Lat = a, b
	if m.Community == 0 || m.Community == spot.Community {
		m.Community = spot.Community
		if m.Grid == 0 {
			m.Grid = spot.Grid
		}
	}
}

// placeField is the field by which the operator would correct the place.
func placeField(m *Matter) Field {
	switch {
	case m.Lon != 0:
		return Lon
	case m.Community != 0:
		return Community
	case m.Street != 0:
		return Street
	}
	return District
}
