package resident

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// filled is a form as it was sent. Only what residents type is in it; the pages
// give it back when something is missing.
type filled struct {
	Form      string
	Do        string // preview, or send
	Text      string
	Category  int64
	Place     string // what was typed to find the place
	Pick      string // the place chosen: community|lon|lat|name
	Lon, Lat  float64
	Name      string
	Phone     string
	Anonymous bool
	Into      string // number of the matter that it joins
	Files     []int64
	Work      string // proof of work of the script
	Answer    string // to the plain question
	Answers   map[string][]string
	// of the follow-up page
	Version   int
	Note      string
	Reached   string
	Solved    string
	Satisfied int
}

// Bounds of a form.
const (
	maxForm   = 70 << 20 // with three photos as a camera makes them
	maxFields = 200
	maxField  = 16 << 10
	maxPhotos = 3
)

var (
	formBad = errs.Declare("form_bad", 400, "表单没有完整送达，请返回重新填写。", "The form did not arrive whole; please go back and fill it in again.")
	formOld = errs.Declare("form_old", 422, "这个页面打开太久了，请再提交一次。", "This page was open for too long; please send it once more.")
)

// fields reads a form of either encoding within its bounds; each file goes to keep.
func fields(w http.ResponseWriter, r *http.Request, keep func(name string, file io.Reader) error) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, formBad.New()
	}
	out := url.Values{}
	if kind != "multipart/form-data" {
		raw, err := io.ReadAll(io.LimitReader(r.Body, maxFields*maxField/10))
		if err != nil {
			return nil, formBad.New()
		}
		out, err = url.ParseQuery(string(raw))
		if err != nil || len(out) > maxFields {
			return nil, formBad.New()
		}
		return out, nil
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, formBad.New()
	}
	for n := 0; ; n++ {
		p, err := parts.NextPart()
		if err == io.EOF {
			return out, nil
		}
		if err != nil || n >= maxFields {
			return nil, formBad.New()
		}
		if p.FileName() != "" {
			if err := keep(p.FileName(), p); err != nil {
				return nil, err
			}
			continue
		}
		raw, err := io.ReadAll(io.LimitReader(p, maxField+1))
		if err != nil || len(raw) > maxField {
			return nil, formBad.New()
		}
		out.Add(p.FormName(), string(raw))
	}
}

// decode makes a filled form of fields; what is not a number is as if left empty.
func decode(v url.Values) (f filled, err error) {
	for _, list := range v {
		for _, s := range list {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > maxField {
				return f, formBad.New()
			}
		}
	}
	number := func(name string) int64 { n, _ := strconv.ParseInt(v.Get(name), 10, 64); return n }
	degree := func(name string) float64 {
		n, err := strconv.ParseFloat(v.Get(name), 64)
		if err != nil || n != n || n < -180 || n > 180 {
			return 0
		}
		return n
	}
	line := func(name string) string { return strings.Join(strings.Fields(v.Get(name)), " ") }
	f = filled{Form: v.Get("form"), Do: v.Get("do"), Text: strings.TrimSpace(strings.ReplaceAll(v.Get("text"), "\r\n", "\n")), Category: number("category"), Place: line("place"), Pick: v.Get("pick"),
		Lon: degree("lon"), Lat: degree("lat"), Name: line("name"), Phone: line("phone"), Anonymous: v.Get("anonymous") != "", Into: v.Get("into"), Work: v.Get("work"), Answer: line("answer"),
		Version: int(number("version")), Note: strings.TrimSpace(strings.ReplaceAll(v.Get("note"), "\r\n", "\n")), Reached: v.Get("reached"), Solved: v.Get("solved"), Satisfied: int(number("satisfied"))}
	for _, id := range v["file"] {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 && !slices.Contains(f.Files, n) && len(f.Files) < maxPhotos {
			f.Files = append(f.Files, n)
		}
	}
	for name, list := range v {
		if code, ok := strings.CutPrefix(name, "q."); ok {
			if f.Answers == nil {
				f.Answers = map[string][]string{}
			}
			for _, a := range list {
				if a = strings.TrimSpace(a); a != "" {
					f.Answers[code] = append(f.Answers[code], a)
				}
			}
		}
	}
	return f, nil
}

// read reads a form with its photos. They belong to the form until they are sent.
func (s *Service) read(w http.ResponseWriter, r *http.Request) (f filled, err error) {
	var photos []int64
	// The token stands before the photos, but may be read only after: keep them
	// under what is known by then.
	owner := int64(0)
	var held url.Values
	held, err = fields(w, r, func(name string, file io.Reader) error {
		if len(photos) >= maxPhotos {
			return errs.TooLong.New("field", say("zh", "report.photos"), "max", maxPhotos).In("photo")
		}
		token := r.URL.Query().Get("form")
		name2, _, ok := s.form(r.Context(), token)
		if !ok {
			return formOld.New()
		}
		if err := s.allow(r.Context(), "photo", mostPhotos); err != nil {
			return err
		}
		owner = uploader(name2)
		id, err := s.Photos.Put(r.Context(), owner, name, file)
		if err != nil {
			return err
		}
		photos = append(photos, id)
		return nil
	})
	if err != nil {
		return f, err
	}
	if f, err = decode(held); err != nil {
		return f, err
	}
	f.Files = append(f.Files, photos...)
	if len(f.Files) > maxPhotos {
		f.Files = f.Files[:maxPhotos]
	}
	return f, nil
}

// reportPage is the form with what was filled in and what the city says to it.
type reportPage struct {
	filled
	Categories []Category
	Questions  []Question
	Found      []Place // where the typed place may be
	Chosen     string  // the place as it was understood
	Urgent     []Hint
	Elsewhere  []Hint
	Guesses    []Guess
	Similar    []Matter
	Preview    *preview
	Question   string // the plain question, if it must be answered
}

// preview is what other people will see.
type preview struct{ Title, Text, Place string }

// Hint is a signal found in a text, in the reader's language.
type Hint struct {
	Call string `json:"call,omitempty"`
	Text string `json:"text"`
}

func (s *Service) home(w http.ResponseWriter, r *http.Request) {
	l := lang(w, r)
	if s.City.Empty() {
		s.show(w, r, http.StatusOK, "trouble", page{Lang: l, Title: say(l, "empty.title"), Error: say(l, "empty.text")})
		return
	}
	s.show(w, r, http.StatusOK, "report", page{Lang: l, Body: s.form0(r.Context(), filled{Form: s.newForm(r.Context()), Into: r.URL.Query().Get("into")}, l)})
}

// form0 is the page of a form.
func (s *Service) form0(ctx context.Context, f filled, l string) *reportPage {
	signs := s.Sense.Signs(f.Text, l)
	p := &reportPage{filled: f, Categories: s.Rules.Categories(l), Urgent: signs.Urgent, Elsewhere: signs.Elsewhere}
	if c, ok := s.Rules.Category(f.Category, l); ok {
		p.Questions = c.Questions
	}
	p.Question, _ = s.question(f.Form, l)
	if f.Into != "" {
		if m, err := s.Cases.Matter(ctx, f.Into, l); err == nil {
			p.Similar = []Matter{m}
		}
	}
	return p
}

// spot is a place that was chosen.
type spot struct {
	community int64
	lon, lat  float64
	name      string
}

func parsePick(text string) (p spot, ok bool) {
	parts := strings.SplitN(text, "|", 4)
	if len(parts) != 4 {
		return p, false
	}
	var err1, err2, err3 error
	p.community, err1 = strconv.ParseInt(parts[0], 10, 64)
	p.lon, err2 = strconv.ParseFloat(parts[1], 64)
	p.lat, err3 = strconv.ParseFloat(parts[2], 64)
	p.name = strings.TrimSpace(parts[3])
	return p, err1 == nil && err2 == nil && err3 == nil && p.lon >= -180 && p.lon <= 180 && p.lat >= -90 && p.lat <= 90 && utf8.RuneCountInString(p.name) <= 100
}

// Pick is the place as a form sends it back.
func (p Place) Pick() string {
	return strconv.FormatInt(p.Community, 10) + "|" + strconv.FormatFloat(p.Lon, 'f', 6, 64) + "|" + strconv.FormatFloat(p.Lat, 'f', 6, 64) + "|" + p.Name
}

var placeMissing = errs.Declare("place_missing", 422, "请告诉我们在哪里：小区、道路或社区的名字都可以。", "Please say where: the name of a compound, a road or a community will do.")
var placeUnknown = errs.Declare("place_unknown", 422, "没有找到“{place}”。请换个写法，例如小区或社区的名字。", "“{place}” was not found. Please write it otherwise, for instance the name of the compound or community.")
var placeChoose = errs.Declare("place_choose", 422, "找到几个地方，请选一个。", "Several places were found; please choose one.")

// where finds the place of the form: a position, a choice, or what was typed.
func (s *Service) where(f *filled) (p spot, found []Place, err error) {
	if f.Lon != 0 || f.Lat != 0 {
		p = spot{lon: f.Lon, lat: f.Lat, name: f.Place}
		var name string
		var ok bool
		if p.community, name, ok = s.City.At(f.Lon, f.Lat); ok {
			if p.name == "" {
				p.name = name
			}
			return p, nil, nil
		}
		f.Lon, f.Lat = 0, 0 // outside the city: ask by name
	}
	if p, ok := parsePick(f.Pick); ok && (f.Place == "" || f.Place == p.name) {
		return p, nil, nil
	}
	f.Pick = ""
	if f.Place == "" {
		return p, nil, placeMissing.New().In("place")
	}
	for _, x := range s.City.Places(f.Place, 8) {
		if x.Community != 0 {
			found = append(found, x)
		}
	}
	switch {
	case len(found) == 0:
		return p, nil, placeUnknown.New("place", f.Place).In("place")
	case len(found) == 1, found[0].Name == f.Place && found[1].Name != f.Place:
		x := found[0]
		f.Pick, f.Place = x.Pick(), x.Name
		return spot{x.Community, x.Lon, x.Lat, x.Name}, nil, nil
	}
	return p, found, placeChoose.New().In("place")
}

func (s *Service) send(w http.ResponseWriter, r *http.Request) {
	l := lang(w, r)
	f, err := s.read(w, r)
	if err != nil {
		s.trouble(w, r, l, err)
		return
	}
	ctx := r.Context()
	form, given, known := s.form(ctx, f.Form)
	again := func(err error, change ...func(*reportPage)) {
		if !known {
			f.Form, f.Files = s.newForm(ctx), nil
		}
		p := s.form0(ctx, f, l)
		for _, c := range change {
			c(p)
		}
		e := errs.As(err)
		if e.Kind == errs.Internal {
			s.trouble(w, r, l, err)
			return
		}
		s.show(w, r, e.Kind.Status, "report", page{Lang: l, Error: e.Text(l), Field: e.Field, Body: p})
	}
	if f.Text == "" && f.Into == "" {
		again(errs.Required.New("field", w2("report.text")).In("text"))
		return
	}
	signs := s.Sense.Signs(f.Text, l)
	if err := web.Admit(ctx, nil, signs.Grade != ""); err != nil {
		again(err)
		return
	}
	at, found, err := s.where(&f)
	if err != nil && f.Into == "" {
		again(err, func(p *reportPage) { p.Found = found })
		return
	}
	if c, ok := s.Rules.Category(f.Category, l); ok {
		for _, q := range c.Questions {
			if q.Required && len(f.Answers[q.Code]) == 0 {
				again(errs.Required.New("field", errs.Words{ZH: q.Text, EN: q.Text}).In("q." + q.Code))
				return
			}
		}
	}
	if f.Do == "preview" {
		p := s.form0(ctx, f, l)
		p.Chosen = at.name
		p.Preview = &preview{Text: s.Cases.Scrub(f.Text), Place: s.area(at.community)}
		if p.Similar, err = s.Cases.Similar(ctx, at.lon, at.lat, f.Category, f.Text, l); err != nil {
			s.trouble(w, r, l, err)
			return
		}
		if p.Guesses, err = s.Sense.Suggest(ctx, f.Text, l); err != nil {
			s.Log.Warn("no category was suggested", "error", err)
		}
		s.show(w, r, http.StatusOK, "report", page{Lang: l, Body: p})
		return
	}
	if !known {
		again(formOld.New())
		return
	}
	if signs.Grade == "" { // a hazard is never kept waiting
		n := s.guard.hit(s, ctx, "report")
		if n > mostReports {
			again(errs.Busy.New("seconds", 600))
			return
		}
		if (n > easyReports || s.guard.same(f.Text) > sameTexts || s.DB.NowIn(ctx)-given < s.Hurry || !worked(f.Form, f.Work)) && !s.human(ctx, f.Form, given, "", f.Answer) {
			again(askHuman.New().In("answer"))
			return
		}
	}
	s.take(w, r, l, f, form, at, signs, again)
}

var askHuman = errs.Declare("ask_human", 422, "请回答下面的小问题，再提交一次。", "Please answer the small question below and send it again.")

func w2(key string) errs.Words { return errs.Words{ZH: say("zh", key), EN: say("en", key)} }

// area is the community's name with the names above it.
func (s *Service) area(code int64) string {
	for _, a := range s.City.Communities() {
		if a.Code == code {
			return a.Name
		}
	}
	return ""
}

// donePage is the number and the code, shown once.
type donePage struct {
	Ref
	Code    string
	Urgent  []Hint
	Contact bool
	Into    bool
}

// take takes the report in and answers with its number and code.
func (s *Service) take(rw http.ResponseWriter, r *http.Request, l string, f filled, form string, at spot, signs Signs, again func(error, ...func(*reportPage))) {
	ctx := r.Context()
	in := Report{Text: f.Text, Category: f.Category, Lon: at.lon, Lat: at.lat, Address: at.name, Community: at.community, Name: f.Name, Phone: f.Phone, Anonymous: f.Anonymous,
		Grade: signs.Grade, Files: f.Files, Uploader: uploader(form), Answers: f.Answers}
	if f.Into != "" {
		m, err := s.Cases.Matter(ctx, f.Into, l)
		if err != nil {
			f.Into = ""
			again(intoGone.New())
			return
		}
		in.Into = m.ID
	}
	code := s.codeOf(form)
	notices := s.Reach(f.Phone)
	in.OnWrite = func(tx *store.Tx, c Ref) error {
		_, err := tx.Exec("INSERT INTO resident_report (district, case_id, code, form, lang, notices, made_at, wrong, wrong_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)",
			c.District, c.ID, s.hashOf(code), form, l, notices, tx.Now())
		return err
	}
	ref, err := s.known(ctx, form)
	if errs.Is(err, errs.NotFound) {
		if ref, err = s.Cases.Report(ctx, in); store.IsDuplicate(err) { // the same form, sent twice at once
			ref, err = s.known(ctx, form)
		}
	}
	if err != nil {
		again(err)
		return
	}
	s.letIn(rw, r, ref)
	s.show(rw, r, http.StatusOK, "done", page{Lang: l, Body: donePage{ref, code, signs.Urgent, notices != 0, in.Into != 0}})
}

var intoGone = errs.Declare("into_gone", 422, "您要附议的那件事已经办结或不再公开。请直接提交，我们按新的事项办理。", "The matter that you wanted to join is closed or no longer public. Please send yours as a new one.")

// known finds the report that came by the form; errs.NotFound if none did.
func (s *Service) known(ctx context.Context, form string) (ref Ref, err error) {
	rows, err := s.DB.Query(ctx, "SELECT district, case_id FROM resident_report WHERE form = ?", form)
	if err != nil {
		return ref, err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return ref, err
		}
		return ref, errs.NotFound.New()
	}
	if err := rows.Scan(&ref.District, &ref.ID); err != nil {
		return ref, err
	}
	ref.Number, err = s.Cases.Number(ctx, ref.ID)
	return ref, err
}

// questions is the part of the form that asks what the category asks.
func (s *Service) questions(w http.ResponseWriter, r *http.Request) {
	l := lang(w, r)
	id, _ := strconv.ParseInt(r.URL.Query().Get("category"), 10, 64)
	c, _ := s.Rules.Category(id, l)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "private, max-age=300")
	if err := sheets["report"].ExecuteTemplate(w, "questions", pairs("Lang", l, "Questions", c.Questions, "Answers", map[string][]string(nil))); err != nil {
		s.Log.Error("questions could not be shown", "error", err, "request_id", web.RequestID(r.Context()))
	}
}
