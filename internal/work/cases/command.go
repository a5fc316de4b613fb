package cases

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// Keeper keeps reporters' personal data apart from the case.
type Keeper interface {
	// Seal encrypts a person outside the write and returns what Keep stores.
	Seal(district int, id int64, p Person) (any, error)
	Keep(tx *store.Tx, sealed any)
	Masked(ctx context.Context, r store.Reader, district int, id int64) (name, phone string, err error)
	Reveal(ctx context.Context, scope access.Scope, district int, id, caseID int64, purpose string) (Person, error)
	Erase(tx *store.Tx, district int, id int64) error // what was sealed; that it was there remains
}

// Photos attaches uploaded files to a case.
type Photos interface {
	// Attach gives the account's files to the case; it fails with a catalogue
	// error if one is unknown, another's, or already used elsewhere. The names
	// of a sealed case's files must not tell who reported it.
	Attach(tx *store.Tx, district int, account int64, files []int64, caseID int64, sealed bool) error
	Of(ctx context.Context, r store.Reader, district int, caseID int64) ([]FileInfo, error)
}

// FileInfo is a file of a case.
type FileInfo struct {
	ID   int64
	Name string
	Type string
	Size int64
	By   int64
	At   int64
}

// Service is the room: everything that reads and writes cases.
type Service struct {
	DB      *store.DB
	Rules   func() Rules
	Atlas   Atlas
	People  People
	Keeper  Keeper
	Photos  Photos
	Search  func(ctx context.Context, r store.Reader, q, id, texts string) (sql string, args []any, rare bool, err error) // predicate on case texts, see search.Plan
	DrawKey []byte                                                                                                        // secret of the random draws
	numbers numberer
	feed    feed
}

// ReportIn is a new matter.
type ReportIn struct {
	ID            int64 // chosen by the caller for repeatable tries; 0: a new one
	Text          string
	Title         string
	Channel       string
	Category      int64
	Grade         string
	Lon, Lat      float64
	CRS           string
	Address       string
	Community     int64
	Grid          int64
	Reporter      Person
	Anonymous     bool
	Sealed        bool
	OccurredAt    int64
	Files         []int64
	Uploader      int64 // whose uploads the files are; 0: the account's that reports
	OutsideNumber string
	Link          string                       // where the reporter says a picture is; nobody fetches it
	Answers       map[string][]string          // to the category's questions, by code; nil: the door does not ask
	Against       int64                        // unit complained about, 0 if none
	Into          int64                        // open case that the reporter joins ("me too"), 0 if none; Text and place may then be left out
	Onsite        string                       // result, if it was settled on the spot
	Confirm       []string                     // doubts that the caller has looked at
	OnWrite       func(*store.Tx, *Case) error // in the same transaction, once the case is complete
}

// Longest texts, in characters.
const (
	maxText    = 4000
	maxTitle   = 100
	maxAddress = 200
	maxName    = 50
	maxPhone   = 30
	maxContact = 100
)

// PlaceOut refuses a position outside the city and says what it looks like.
var (
	PlaceOut = errs.Declare("place_outside", 422, "这个位置不在本市范围内：{why}。请在地图上重新选择。", "This position is outside the city: {why}. Please choose it again on the map.")
)

var doubts = map[string]errs.Words{
	"swapped": w("经度和纬度好像写反了", "longitude and latitude seem to be swapped"),
	"bd09":    w("看起来是百度坐标（BD-09），请注明坐标系", "it looks like BD-09; please name the coordinate system"),
	"gcj02":   w("看起来是火星坐标（GCJ-02），请注明坐标系", "it looks like GCJ-02; please name the coordinate system"),
	"outside": w("超出本市边界", "it lies beyond the city's border"),
}

func checkText(field string, label errs.Words, s string, most int, required bool) error {
	switch n := utf8.RuneCountInString(s); {
	case required && strings.TrimSpace(s) == "":
		return errs.Required.New("field", label).In(field)
	case n > most:
		return errs.TooLong.New("field", label, "max", most).In(field)
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return errs.Invalid.New("field", label, "remedy", w("含有无法识别的字符，请重新输入", "it has characters that cannot be read; please type it again")).In(field)
	}
	return nil
}

func (in *ReportIn) check() error {
	for _, f := range []struct {
		name     string
		label    errs.Words
		text     string
		most     int
		required bool
	}{
		{"text", w("诉求内容", "text"), in.Text, maxText, true},
		{"title", w("标题", "title"), in.Title, maxTitle, false},
		{"address", w("地址", "address"), in.Address, maxAddress, false},
		{"reporter.name", w("姓名", "name"), in.Reporter.Name, maxName, false},
		{"reporter.phone", w("电话", "telephone"), in.Reporter.Phone, maxPhone, false},
		{"reporter.contact", w("联系方式", "contact"), in.Reporter.Contact, maxContact, false},
		{"outside_number", w("外部编号", "outside number"), in.OutsideNumber, 64, false},
		{"onsite", w("办理结果", "result"), in.Onsite, 2000, false},
	} {
		if err := checkText(f.name, f.label, f.text, f.most, f.required); err != nil {
			return err
		}
	}
	if !slices.Contains(Channels, in.Channel) {
		return errs.Invalid.New("field", w("来源渠道", "channel"), "remedy", w("请从列表中选择", "please choose from the list")).In("channel")
	}
	if in.Grade == "" {
		in.Grade = Grades[0]
	}
	if !slices.Contains(Grades, in.Grade) {
		return errs.Invalid.New("field", w("分级", "grade"), "remedy", w("请从列表中选择", "please choose from the list")).In("grade")
	}
	if len(in.Files) > 9 {
		return errs.TooLong.New("field", w("照片", "photos"), "max", 9).In("files")
	}
	if in.Title == "" {
		in.Title = titleOf(in.Text)
	}
	return nil
}

// titleOf is the first sentence of the text, at most 30 characters.
func titleOf(text string) string {
	s := strings.TrimSpace(text)
	n, cut, begun := 0, 0, false // cut: the bytes of the first 29 characters
	for i, r := range s {
		switch r {
		case '\n', '。', '！', '？', '；', '!', '?', ';':
			if begun {
				return s[:i]
			}
		default:
			begun = true
		}
		if n++; n == 30 {
			cut = i
		}
		if n > 30 {
			return s[:cut] + "…"
		}
	}
	return s
}

// place finds where the matter is: from the position, or from the named grid
// or community.
func (s *Service) place(c *Case, lon, lat float64, crs string, community, grid int64, confirm []string) error {
	c.CRS = crs
	if c.CRS == "" {
		c.CRS = "wgs84"
	}
	label := w("地点", "place")
	var named Spot
	if grid != 0 || community != 0 {
		var ok bool
		if named, ok = s.Atlas.SpotOf(community, grid); !ok {
			return errs.Invalid.New("field", label, "remedy", w("没有这个社区或网格，请重新选择", "there is no such community or grid; please choose again")).In("place")
		}
	}
	spot := named
	if lon != 0 || lat != 0 {
		p, err := toWGS84(lon, lat, c.CRS)
		if err != nil && s.Atlas.Suspect(lon, lat) == "swapped" { // 112 is no latitude
			return PlaceOut.New("why", doubts["swapped"], "doubt", "swapped").In("place")
		}
		if err != nil {
			return err
		}
		c.Lon, c.Lat = p.Lon, p.Lat
		at, ok := s.Atlas.At(c.Lon, c.Lat)
		switch doubt := s.Atlas.Suspect(c.Lon, c.Lat); {
		case ok:
			spot = at
			if crs == "" && doubt != "" && !slices.Contains(confirm, doubt) {
				c.Doubt = doubt // inside the city it is a hint, not a fault
			}
		case named.District == 0 || doubt == "swapped" || doubt == "gcj02" || doubt == "bd09":
			if doubt == "" {
				doubt = "outside"
			}
			if named.District == 0 || !slices.Contains(confirm, doubt) {
				return PlaceOut.New("why", doubts[doubt], "doubt", doubt).In("place")
			}
		}
	}
	if spot.District == 0 {
		return errs.Required.New("field", label).In("place")
	}
	c.District, c.Street, c.Community, c.Grid = spot.District, spot.Street, spot.Community, spot.Grid
	return nil
}

// Report makes a case. The scope must reach the place (case.report); an
// on-the-spot closing needs case.onsite there.
func (s *Service) Report(ctx context.Context, scope access.Scope, in ReportIn) (*Case, error) {
	if in.Into != 0 {
		if err := s.joinAs(ctx, scope, &in); err != nil {
			return nil, err
		}
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	now := s.DB.NowIn(ctx)
	rules := s.Rules()
	cal, set := rules.Calendar(), rules.Settings()
	c := &Case{
		ID: in.ID, Version: 1, Status: Reported, Channel: in.Channel, Grade: in.Grade,
		Title: in.Title, Body: in.Text, Address: in.Address, OccurredAt: in.OccurredAt,
		ReportedAt: now, Day: cal.Day(now), Creator: scope.Account(), Supporters: 1,
		OutsideNumber: in.OutsideNumber, Against: in.Against, Solved: -1, Open: true,
	}
	if _, ok := s.People.Org(in.Against); in.Against != 0 && !ok {
		return nil, noSuchUnit("against", against.Label)
	}
	if c.ID == 0 {
		c.ID = s.DB.NextID()
	}
	if c.OccurredAt == 0 {
		c.OccurredAt = now
	}
	if c.OccurredAt > now+day24h {
		return nil, errs.Invalid.New("field", w("发生时间", "time"), "remedy", w("不能晚于现在", "it cannot lie in the future")).In("occurred_at")
	}
	if err := s.place(c, in.Lon, in.Lat, in.CRS, in.Community, in.Grid, in.Confirm); err != nil {
		return nil, err
	}
	var cat Category
	if in.Category != 0 {
		var err error
		if cat, err = s.categoryOf(in.Category, in.Grade); err != nil {
			return nil, err
		}
		c.Category, c.CategoryVersion = cat.ID, cat.Version
	}
	var err error
	if c.Answers, err = checkAnswers(cat, in.Answers); err != nil {
		return nil, err
	}
	c.set(FlagAnonymous, in.Anonymous)
	c.set(FlagSealed, in.Sealed)
	action := ActReport
	if in.Onsite != "" {
		action = ActOnsite
	}
	reach := scope
	if action == ActOnsite {
		if reach, err = scope.For(access.CaseOnsite); err != nil {
			return nil, errs.NotFound.New()
		}
	}
	if !reach.Covers(c.Target(nil)) {
		return nil, errs.Invalid.New("field", w("地点", "place"), "remedy", w("不在您的工作范围内，请核对地点", "it lies outside your area; please check the place")).In("place")
	}
	var sealed any
	if in.Reporter != (Person{}) {
		c.Reporter = s.DB.NextID()
		if sealed, err = s.Keeper.Seal(c.District, c.Reporter, in.Reporter); err != nil {
			return nil, err
		}
	}
	if c.Number, err = s.numbers.take(ctx, s.DB, c.Day); err != nil {
		return nil, err
	}
	st := &steps{s: s, c: c, now: now, scope: scope, cal: cal, rules: rules, set: set}
	st.stage("triage")
	if action == ActOnsite {
		if !onsite.Hold(&facts{c: c, cat: cat}) {
			return nil, flow.NotNow.New("action", Life.NameOf(ActOnsite), "why", onsite.Why)
		}
		if cat.EvidenceResolved && len(in.Files) == 0 {
			return nil, needPhotos(cat)
		}
	}
	// A new case's own rows follow from nothing that is read, so all of them are
	// prepared outside the writer.
	stage := s.DB.Stage(ctx)
	st.begin(stage, nil, nil, nil)
	st.post, _ = scope.PostFor(c.Target(nil))
	fields := map[string]any{"channel": in.Channel}
	if in.Link != "" {
		fields["link"] = in.Link
	}
	if len(in.Files) > 0 && action == ActReport {
		fields["files"] = in.Files
	}
	st.logFrom("", ActReport, fields, false)
	if action == ActOnsite {
		st.settle(in.Onsite, in.Files)
	}
	if in.Into != 0 {
		c.MergedInto = in.Into
		st.system(ActJoin, map[string]any{"into": in.Into})
	}
	if err := st.finish(); err != nil {
		return nil, err
	}
	if sealed != nil {
		s.Keeper.Keep(stage, sealed)
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		tx.Take(stage)
		if in.Into != 0 {
			st.begin(tx, nil, nil, nil)
			if err := st.merge(in.Into); err != nil {
				return err
			}
			for _, main := range st.others {
				if err := main.finish(); err != nil {
					return err
				}
			}
		}
		if len(in.Files) > 0 {
			if err := s.Photos.Attach(tx, c.District, cmp.Or(in.Uploader, scope.Account()), in.Files, c.ID, c.Has(FlagSealed)); err != nil {
				return err
			}
		}
		if in.OnWrite != nil {
			return in.OnWrite(tx, c)
		}
		return nil
	})
	if store.IsDuplicate(err) && in.OutsideNumber != "" {
		return nil, errs.Conflict.New("what", w("外部编号 "+in.OutsideNumber+" 已经登记", "outside number "+in.OutsideNumber+" exists")).In("outside_number")
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *Service) categoryOf(id int64, grade string) (Category, error) {
	cat, err := s.Rules().Category(id, 0, grade)
	if err != nil || !cat.Leaf {
		return cat, errs.Invalid.New("field", w("类别", "category"), "remedy", w("请选择现行的最末级类别", "please choose a category of the last level that is in force")).In("category_id")
	}
	return cat, nil
}

func needPhotos(cat Category) error {
	return errs.Invalid.New("field", w("照片", "photos"), "remedy", w("这类事项需要照片："+cat.EvidenceWhy, "this kind of matter needs a photo: "+cat.EvidenceWhy)).In("files")
}

// Act is what somebody does to a case.
type Act struct {
	Action    flow.Action
	Version   int // of the case as the actor saw it; 0 is accepted from the program only
	Reason    string
	Note      string
	Result    string
	Title     string
	Address   string
	Category  int64
	Grade     string
	Lead      int64
	Assists   []int64
	Proposed  int64
	Against   int64 // unit complained about, 0: as it is
	Stage     string
	Found     *bool
	Request   int64
	Until     int
	Review    int
	Into      int64
	Parts     []Part
	Files     []int64
	Uploader  int64 // whose uploads the files are; 0: the actor's account
	Reached   *bool
	Solved    *bool
	Satisfied int
	Place     *PlaceIn
	OnWrite   func(*store.Tx) error // in the same transaction
}

// Part is a matter split off.
type Part struct{ Title, Text string }

// PlaceIn is a corrected place.
type PlaceIn struct {
	Lon, Lat  float64
	CRS       string
	Address   string
	Community int64
	Grid      int64
	Confirm   []string
}

// Text implements flow.Given.
func (a *Act) Text(field string) (string, int) {
	text := func(s string) (string, int) {
		if strings.TrimSpace(s) == "" {
			return s, 0
		}
		return s, utf8.RuneCountInString(s)
	}
	number := func(n int64) (string, int) {
		if n == 0 {
			return "", 0
		}
		return "", 1
	}
	given := func(yes bool) (string, int) {
		if yes {
			return "", 1
		}
		return "", 0
	}
	switch field {
	case "reason":
		return text(a.Reason)
	case "note":
		return text(a.Note)
	case "result":
		return text(a.Result)
	case "title":
		return text(a.Title)
	case "grade":
		return text(a.Grade)
	case "category_id":
		return number(a.Category)
	case "lead":
		return number(a.Lead)
	case "proposed":
		return number(a.Proposed)
	case "against":
		return number(a.Against)
	case "stage":
		return text(a.Stage)
	case "found":
		return given(a.Found != nil)
	case "request":
		return number(a.Request)
	case "into":
		return number(a.Into)
	case "until":
		return number(int64(a.Until))
	case "review":
		return number(int64(a.Review))
	case "assists":
		return "", len(a.Assists)
	case "parts":
		return "", len(a.Parts)
	case "files":
		return "", len(a.Files)
	case "reached":
		return given(a.Reached != nil)
	case "solved":
		return given(a.Solved != nil)
	case "satisfied":
		return number(int64(a.Satisfied))
	case "place":
		return given(a.Place != nil)
	}
	panic("cases: field " + field + " is not known")
}

// fields are the act's given fields for the log, without what is elsewhere.
func (a *Act) fields() map[string]any {
	m := map[string]any{}
	put := func(name string, v any, yes bool) {
		if yes {
			m[name] = v
		}
	}
	put("reason", a.Reason, a.Reason != "")
	put("note", a.Note, a.Note != "")
	put("result", a.Result, a.Result != "")
	put("title", a.Title, a.Title != "")
	put("grade", a.Grade, a.Grade != "")
	put("category_id", a.Category, a.Category != 0)
	put("lead", a.Lead, a.Lead != 0)
	put("assists", a.Assists, len(a.Assists) > 0)
	put("proposed", a.Proposed, a.Proposed != 0)
	put("against", a.Against, a.Against != 0)
	put("stage", a.Stage, a.Stage != "")
	put("until", a.Until, a.Until != 0)
	put("review", a.Review, a.Review != 0)
	put("into", a.Into, a.Into != 0)
	put("files", a.Files, len(a.Files) > 0)
	put("satisfied", a.Satisfied, a.Satisfied != 0)
	for name, answer := range map[string]*bool{"reached": a.Reached, "solved": a.Solved, "found": a.Found} {
		if answer != nil {
			m[name] = *answer
		}
	}
	return m
}

// Act does the action on the case that the scope reaches and returns it as it
// is then. Stale with params.current when somebody was quicker.
func (s *Service) Act(ctx context.Context, scope access.Scope, id int64, a Act) (*Case, error) {
	rules := s.Rules()
	now := s.DB.NowIn(ctx)
	st := &steps{s: s, now: now, scope: scope, cal: rules.Calendar(), rules: rules, set: rules.Settings()}
	if a.Action == ActSplit {
		for range a.Parts {
			n, err := s.numbers.take(ctx, s.DB, st.cal.Day(now))
			if err != nil {
				return nil, err
			}
			st.spare = append(st.spare, n)
		}
	}
	spare := st.spare
	var out *Case
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		st.spare = spare
		c, units, requests, err := s.load(tx, scope, id)
		if err != nil {
			return err
		}
		if !knows(scope, c, units) {
			return errs.NotFound.New()
		}
		st.c = c
		st.begin(tx, clone(c), units, requests)
		if a.Version != c.Version && (a.Version != 0 || scope.SystemReason() == "") {
			return errs.Stale.New("current", c.Version)
		}
		if err := st.act(&a); err != nil {
			return err
		}
		out = c
		if err := st.finish(); err != nil || a.OnWrite == nil {
			return err
		}
		return a.OnWrite(tx)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// knows tells whether the actor may know of the case at all: a program that
// reports reads nothing but what it reported.
func knows(scope access.Scope, c *Case, units []Unit) bool {
	if scope.SystemReason() != "" || scope.Owns(c.ID) || c.Creator != 0 && c.Creator == scope.Account() {
		return true
	}
	read, err := scope.For(access.CaseRead)
	return err == nil && read.Covers(c.Target(units))
}

func clone(c *Case) *Case { d := *c; return &d }

// canOn answers which permissions the scope's actor has on the case.
func canOn(scope access.Scope, c *Case, units []Unit) flow.Can {
	target := c.Target(units)
	known := map[access.Perm]bool{}
	return func(p access.Perm) bool {
		if scope.Visits() { // residents act on their own case alone, and only as its reporter
			return p == access.CaseOwn && scope.Owns(c.ID)
		}
		if p == access.CaseOwn && (c.Creator == 0 || c.Creator != scope.Account()) {
			return false // a program outside acts on what it reported itself
		}
		yes, ok := known[p]
		if !ok {
			sc, err := scope.For(p)
			yes = err == nil && sc.Covers(target)
			known[p] = yes
		}
		return yes
	}
}

// factsFrom gathers the facts that need no look-up.
func (st *steps) factsFrom() *facts {
	c := st.c
	f := &facts{c: c, now: st.now, account: st.scope.Account(), system: st.scope.SystemReason() != "", set: st.set, can: canOn(st.scope, c, st.units)}
	if a := st.scope.Actor(); a != nil {
		leads := func(p access.Post) bool { return p.Org != 0 && p.Org == c.Lead && p.InForce(st.scope.Today()) }
		f.leads = slices.ContainsFunc(a.Posts, leads)
		for _, p := range a.Held() { // of which unit somebody is does not change with the post at hand
			if p.Org == 0 || !p.InForce(st.scope.Today()) {
				continue
			}
			f.helps = f.helps || slices.ContainsFunc(st.units, func(u Unit) bool { return u.Org == p.Org })
			f.about = f.about || c.Against != 0 && st.s.People.Under(p.Org, c.Against)
		}
	}
	f.leads, f.helps = f.leads || f.system, f.helps || f.system
	for i := range st.requests {
		if st.requests[i].Status == "pending" {
			f.request = &st.requests[i]
		}
	}
	return f
}

func (st *steps) facts() (f *facts, err error) {
	f = st.factsFrom()
	if c := st.c; c.Category != 0 {
		if f.cat, err = st.rules.Category(c.Category, c.CategoryVersion, c.Grade); err != nil {
			return nil, err
		}
	}
	f.handled, err = st.s.handledBy(st.tx, st.c, f.account)
	return f, err
}

// act finds the row, checks what was given and applies it.
func (st *steps) act(a *Act) error {
	f, err := st.facts()
	if err != nil {
		return err
	}
	t, err := Life.Next(st.c.Status, a.Action, f.can, f)
	if err != nil {
		return err
	}
	if err := t.CheckNeeds(a); err != nil {
		return err
	}
	if !utf8.ValidString(a.Note + a.Reason + a.Result + a.Title) {
		return errs.Invalid.New("field", w("文字", "text"), "remedy", w("含有无法识别的字符，请重新输入", "it has characters that cannot be read; please type it again"))
	}
	st.post, _ = st.scope.PostFor(st.c.Target(st.units))
	if sc, err := st.scope.For(permOf(t, f.can)); err == nil {
		st.post, _ = sc.PostFor(st.c.Target(st.units))
	}
	st.reason = a.Reason
	if err := st.apply(t, a, f); err != nil {
		return err
	}
	if len(a.Files) > 0 {
		return st.s.Photos.Attach(st.tx, st.c.District, cmp.Or(a.Uploader, st.scope.Account()), a.Files, st.c.ID, st.c.Has(FlagSealed))
	}
	return nil
}

func permOf(t *row, can flow.Can) access.Perm {
	if i := slices.IndexFunc(t.Perms, can); i >= 0 {
		return t.Perms[i]
	}
	return access.CaseRead
}

func canonical(fields map[string]any) string {
	b, err := json.Marshal(fields) // keys come out sorted
	if err != nil {
		panic(err)
	}
	return string(b)
}

// limitOf finds the limit of a stage for the case; false if there is none.
func (st *steps) limitOf(stage string) (calendar.Limit, bool) {
	for _, l := range st.rules.Limits(st.c.Category, st.c.CategoryVersion, st.c.Grade) {
		if l.Stage == stage {
			return l.Limit, true
		}
	}
	return calendar.Limit{}, false
}
