package cases

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/access"
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
	// Await gives the account's uploads with these ids of the client's own to the
	// case, each as soon as it is there.
	Await(tx *store.Tx, district int, account int64, keys []string, caseID int64, sealed bool) error
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
	Visited func(tx *store.Tx, district int, visit string, caseID int64) error                                            // a case came of a visit, by the phone's name of the visit; nil: nobody keeps visits
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
	Awaits        []string // the account's uploads that follow, by the client's own ids
	Uploader      int64    // whose uploads the files are; 0: the account's that reports
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
	if len(in.Files)+len(in.Awaits) > 9 {
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
func (s *Service) place(c *Case, in PlaceIn) error {
	c.CRS = in.CRS
	if c.CRS == "" {
		c.CRS = "wgs84"
	}
	label := w("地点", "place")
	var named Spot
	if in.Grid != 0 || in.Community != 0 {
		var ok bool
		if named, ok = s.Atlas.SpotOf(in.Community, in.Grid); !ok {
			return errs.Invalid.New("field", label, "remedy", w("没有这个社区或网格，请重新选择", "there is no such community or grid; please choose again")).In("place")
		}
	}
	spot := named
	if in.Lon != 0 || in.Lat != 0 {
		p, err := toWGS84(in.Lon, in.Lat, c.CRS)
		if err != nil && s.Atlas.Suspect(in.Lon, in.Lat) == "swapped" { // 112 is no latitude
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
			if in.CRS == "" && doubt != "" && !slices.Contains(in.Confirm, doubt) {
				c.Doubt = doubt // inside the city it is a hint, not a fault
			}
		case named.District == 0 || doubt == "swapped" || doubt == "gcj02" || doubt == "bd09":
			if doubt == "" {
				doubt = "outside"
			}
			if named.District == 0 || !slices.Contains(in.Confirm, doubt) {
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
	if err := s.place(c, PlaceIn{Lon: in.Lon, Lat: in.Lat, CRS: in.CRS, Community: in.Community, Grid: in.Grid, Confirm: in.Confirm}); err != nil {
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
		if cat.EvidenceResolved && len(in.Files)+len(in.Awaits) == 0 {
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
	if len(in.Awaits) > 0 {
		fields["photos"] = in.Awaits
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
		if err := s.Photos.Await(tx, c.District, scope.Account(), in.Awaits, c.ID, c.Has(FlagSealed)); err != nil {
			return err
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
