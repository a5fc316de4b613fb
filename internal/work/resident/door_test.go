package resident

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"log/slog"
	"math/bits"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/geo"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/web"
)

// desk is a case room that remembers what it was told.
type desk struct {
	reports []Report
	matters []Matter
	db      *store.DB
}

func (d *desk) Report(ctx context.Context, r Report) (Ref, error) {
	ref := Ref{990101, int64(len(d.reports) + 1), "260101-00000" + strconv.Itoa(len(d.reports)+1) + "-0"}
	if err := d.db.Write(ctx, func(tx *store.Tx) error { return r.OnWrite(tx, ref) }); err != nil {
		return Ref{}, err
	}
	d.reports = append(d.reports, r)
	return ref, nil
}

func (d *desk) Find(_ context.Context, number string) (Ref, error) {
	for i := range d.reports {
		if n := "260101-00000" + strconv.Itoa(i+1) + "-0"; n == number {
			return Ref{990101, int64(i + 1), n}, nil
		}
	}
	return Ref{}, errs.NotFound.New()
}

func (d *desk) Number(_ context.Context, id int64) (string, error) {
	return "260101-00000" + strconv.FormatInt(id, 10) + "-0", nil
}
func (*desk) Scrub(text string) string { return strings.ReplaceAll(text, "13812345678", "***") }
func (d *desk) Story(_ context.Context, id int64, _ string) (*Story, error) {
	n, _ := d.Number(context.Background(), id)
	return &Story{Ref: Ref{990101, id, n}, Version: 1, Text: d.reports[id-1].Text, Phase: "received", PhaseName: "已收到", Options: map[string]Option{"own_note": {Allowed: true}}}, nil
}
func (*desk) Do(context.Context, int64, Deed) error { return nil }
func (d *desk) Matters(_ context.Context, q Query, _ string) ([]Matter, string, error) {
	from, _ := strconv.Atoi(q.After)
	to := min(from+q.Limit, len(d.matters))
	if to == len(d.matters) {
		return d.matters[from:to], "", nil
	}
	return d.matters[from:to], strconv.Itoa(to), nil
}
func (*desk) Matter(context.Context, string, string) (Matter, error) {
	return Matter{}, errs.NotFound.New()
}
func (d *desk) Count(context.Context, Query) (int, bool, error) { return len(d.matters), true, nil }
func (*desk) Similar(context.Context, float64, float64, int64, string, string) ([]Matter, error) {
	return nil, nil
}

type town struct{}

func (town) Name() string                            { return "澄湖市" }
func (town) Synthetic() bool                         { return true }
func (town) Empty() bool                             { return false }
func (town) At(lon, _ float64) (int64, string, bool) { return 990101001001, "翠湖", lon > 100 }
func (town) Communities() []Area                     { return []Area{{990101001001, "翠湖社区", "翠湖街道"}} }
func (town) Places(q string, _ int) []Place {
	if q == "翠湖" {
		return []Place{{"翠湖花园", "翠湖街道", 112, 29, 990101001001}, {"翠湖小区", "翠湖街道", 112, 29, 990101001001}}
	}
	if q == "翠湖花园" {
		return []Place{{"翠湖花园", "翠湖街道", 112, 29, 990101001001}}
	}
	return nil
}

type kinds struct{}

func (kinds) Categories(string) []Category { return []Category{{ID: 1, Name: "路灯"}} }
func (kinds) Category(id int64, _ string) (Category, bool) {
	return Category{ID: 1, Name: "路灯", Questions: []Question{{Code: "pole", Text: "灯杆编号", Datatype: "string", Required: true}}}, id == 1
}

type nothing struct{}

func (nothing) Suggest(context.Context, string, string) ([]Guess, error) { return nil, nil }
func (nothing) Signs(text, _ string) (s Signs) {
	if strings.Contains(text, "煤气味") {
		s.Grade, s.Urgent = "critical", []Hint{{Call: "119", Text: "请打电话"}}
	}
	return s
}
func (nothing) Put(context.Context, int64, string, io.Reader) (int64, error) {
	return 7, nil
}

// atDoor is the pages around a case room that remembers.
func atDoor(t *testing.T, db *store.DB) (*Service, *desk, http.Handler) {
	t.Helper()
	d := &desk{db: db}
	s := &Service{DB: db, Cases: d, City: town{}, Rules: kinds{}, Sense: nothing{}, Photos: nothing{}, Key: []byte("test"), Today: func() int { return 20260101 }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Reach:   func(string) int { return 0 },
		Licence: "CC BY 4.0"}
	return s, d, served(s, web.Options{Rate: -1})
}

// served is the router with the room's pages.
func served(s *Service, o web.Options) *web.Router {
	o.Log = s.Log
	r := web.New(o)
	s.Pages(r)
	return r
}

func send(h http.Handler, path string, v url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// prove finds what the script finds.
func prove(token string) string {
	for n := 0; ; n++ {
		sum := sha256.Sum256([]byte(token + ":" + strconv.Itoa(n)))
		if bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:8])) >= workBits {
			return strconv.Itoa(n)
		}
	}
}

// TestFormsAreFilledInBySomebody: without proof of work or answer a report waits,
// a hazard never does; the same form makes one report with one code.
func TestFormsAreFilledInBySomebody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, d, h := atDoor(t, db)
		form := func(text string) url.Values {
			return url.Values{"form": {s.newForm(t.Context())}, "text": {text}, "place": {"翠湖花园"}, "do": {"send"}}
		}
		v := form("路灯不亮")
		if w := send(h, "/", v); w.Code != http.StatusUnprocessableEntity || len(d.reports) != 0 {
			t.Fatalf("without an answer: %d", w.Code)
		}
		_, answer := s.question(v.Get("form"), "zh")
		v.Set("answer", answer)
		if w := send(h, "/", v); w.Code != http.StatusOK || len(d.reports) != 1 {
			t.Fatalf("with the answer: %d %s", w.Code, w.Body)
		}
		first, again := send(h, "/", v), send(h, "/", v)
		if len(d.reports) != 1 || first.Body.String() != again.Body.String() || !strings.Contains(first.Body.String(), s.codeOf(name(t, s, v))) {
			t.Errorf("the same form made %d reports", len(d.reports))
		}
		v = form("楼道里有垃圾")
		v.Set("work", prove(v.Get("form")))
		if w := send(h, "/", v); w.Code != http.StatusOK || len(d.reports) != 2 {
			t.Errorf("with proof of work: %d", w.Code)
		}
		s.Hurry = 60_000_000
		v = form("井盖没有了")
		v.Set("work", prove(v.Get("form")))
		if w := send(h, "/", v); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("faster than anybody types: %d", w.Code)
		}
		if w := send(h, "/", form("楼下有煤气味")); w.Code != http.StatusOK || len(d.reports) != 3 || d.reports[2].Grade != "critical" || !strings.Contains(w.Body.String(), "tel:119") {
			t.Errorf("a hazard: %d", w.Code)
		}
		s.Hurry = 0
		for i := range sameTexts + 2 {
			v = form("垃圾满了")
			v.Set("work", prove(v.Get("form")))
			if w := send(h, "/", v); (w.Code == http.StatusOK) != (i < sameTexts) {
				t.Errorf("equal text %d: %d", i, w.Code)
			}
		}
		if w := send(h, "/", url.Values{"form": {"forged"}, "text": {"x"}, "place": {"翠湖花园"}, "do": {"send"}}); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a forged form: %d", w.Code)
		}
	})
}

func name(t *testing.T, s *Service, v url.Values) string {
	t.Helper()
	n, _, ok := s.form(t.Context(), v.Get("form"))
	if !ok {
		t.Fatal("the form is not known")
	}
	return n
}

// TestPlacesAreAskedFor: never more than a community is needed, and what several
// places are called is chosen, not guessed.
func TestPlacesAreAskedFor(t *testing.T) {
	t.Parallel()
	s, d, h := atDoor(t, storetest.SQLite(t, nil))
	for _, c := range []struct {
		set  url.Values
		code int
		page string
	}{
		{url.Values{}, 422, "请告诉我们在哪里"},
		{url.Values{"place": {"没有的地方"}}, 422, "没有找到“没有的地方”"},
		{url.Values{"place": {"翠湖"}}, 422, `value="990101001001|112.000000|29.000000|翠湖小区"`},
		{url.Values{"place": {"翠湖花园"}}, 200, ""},
		{url.Values{"pick": {"990101001001|112|29|翠湖小区"}}, 200, ""},
		{url.Values{"pick": {"abc|1"}}, 422, "请告诉我们在哪里"},
		{url.Values{"lon": {"112.5"}, "lat": {"29.5"}}, 200, ""},
		{url.Values{"lon": {"NaN"}, "lat": {"1e999"}}, 422, "请告诉我们在哪里"},
		{url.Values{"place": {"翠湖花园"}, "category": {"1"}}, 422, "灯杆编号"},
		{url.Values{"place": {"翠湖花园"}, "category": {"1"}, "q.pole": {"A7"}}, 200, ""},
	} {
		v := url.Values{"form": {s.newForm(t.Context())}, "text": {"楼下有煤气味"}, "do": {"send"}}
		for k, list := range c.set {
			v[k] = list
		}
		w := send(h, "/", v)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.page) {
			t.Errorf("%v: %d %s", c.set, w.Code, w.Body)
		}
	}
	if last := d.reports[len(d.reports)-1]; last.Answers["pole"][0] != "A7" || last.Community != 990101001001 || last.Address != "翠湖花园" {
		t.Errorf("%+v", last)
	}
}

// TestPagesShowWhatPeopleWroteAsText: nothing that was typed becomes a part of the page.
func TestPagesShowWhatPeopleWroteAsText(t *testing.T) {
	t.Parallel()
	s, d, h := atDoor(t, storetest.SQLite(t, nil))
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	for _, l := range []string{"zh", "en"} {
		w := send(h, "/?lang="+l, url.Values{"form": {s.newForm(t.Context())}, "text": {evil}, "place": {evil}, "phone": {evil}, "name": {evil}, "pick": {evil}, "do": {"preview"}})
		if strings.Contains(w.Body.String(), "<script>alert") || strings.Contains(w.Body.String(), "<img src=x") {
			t.Errorf("%s", w.Body)
		}
	}
	d.matters = []Matter{{Ref: Ref{1, 1, "N"}, Title: evil, Text: "=cmd()", At: &geo.Point{Lon: 112.1, Lat: 29.1}, Metres: 120}}
	for _, path := range []string{"/matters", "/open-data/matters.csv", "/open-data/matters.geojson", "/open-data", "/follow", "/matters/x", "/follow/x"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code >= 500 || strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && strings.Contains(w.Body.String(), "<script>alert") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		if path == "/open-data/matters.csv" && !strings.Contains(w.Body.String(), ",'=cmd()") {
			t.Errorf("a formula is left: %s", w.Body)
		}
	}
}

// TestABusyDoorStillTakesHazards: who asks too often reads a page that says so,
// but a hazard is taken.
func TestABusyDoorStillTakesHazards(t *testing.T) {
	t.Parallel()
	s, d, _ := atDoor(t, storetest.SQLite(t, nil))
	r := served(s, web.Options{Rate: 0.001, Burst: 1})
	get := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", "/matters", nil))
		return w
	}
	if w := get(); w.Code != http.StatusOK {
		t.Fatalf("the first: %d", w.Code)
	}
	if w := get(); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "<html") {
		t.Errorf("the second: %d %s", w.Code, w.Body)
	}
	v := url.Values{"form": {s.newForm(t.Context())}, "text": {"路灯不亮"}, "place": {"翠湖花园"}, "do": {"send"}}
	v.Set("work", prove(v.Get("form")))
	if w := send(r, "/", v); w.Code != http.StatusTooManyRequests || len(d.reports) != 0 || !strings.Contains(w.Body.String(), "路灯不亮") {
		t.Errorf("a report: %d; what was typed must stay", w.Code)
	}
	v.Set("text", "楼下有煤气味")
	if w := send(r, "/", v); w.Code != http.StatusOK || len(d.reports) != 1 {
		t.Errorf("a hazard: %d", w.Code)
	}
}

func TestPagesAreCompressed(t *testing.T) {
	t.Parallel()
	_, _, h := atDoor(t, storetest.SQLite(t, nil))
	r := httptest.NewRequest("GET", "/", nil)
	plain := httptest.NewRecorder()
	h.ServeHTTP(plain, r)
	r.Header.Set("Accept-Encoding", "gzip, br")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	z, err := gzip.NewReader(w.Body)
	if err != nil || w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Vary") == "" {
		t.Fatal(err, w.Header())
	}
	text, err := io.ReadAll(z)
	if err != nil || !bytes.Contains(text, []byte("</html>")) || w.Body.Len() >= plain.Body.Len() {
		t.Error(err, len(text))
	}
}

// TestOpenDataIsAllOfTheList: whatever the number of pages.
func TestOpenDataIsAllOfTheList(t *testing.T) {
	t.Parallel()
	_, d, h := atDoor(t, storetest.SQLite(t, nil))
	for i := range 2345 {
		d.matters = append(d.matters, Matter{Ref: Ref{1, int64(i), strconv.Itoa(i)}, Title: "路灯"})
	}
	for path, count := range map[string]func(string) int{
		"/open-data/matters.csv":     func(s string) int { return strings.Count(s, "\n") - 1 },
		"/open-data/matters.geojson": func(s string) int { return strings.Count(s, `"type":"Feature"`) },
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if n := count(w.Body.String()); n != len(d.matters) {
			t.Errorf("%s has %d of %d", path, n, len(d.matters))
		}
	}
}

// TestTokensHold: only what was made here, for its use and in its time.
func TestTokensHold(t *testing.T) {
	t.Parallel()
	s := &Service{Key: []byte("k")}
	rapid.Check(t, func(t *rapid.T) {
		what, until, now := rapid.String().Draw(t, "what"), rapid.Int64Range(1, 1<<60).Draw(t, "until"), rapid.Int64Range(0, 1<<60).Draw(t, "now")
		token := s.token(useForm, what, until)
		if len(token) > 400 {
			t.Skip("longer than any form")
		}
		got, end, ok := s.tokenIs(useForm, token, now)
		if ok != (until > now) || ok && (got != what || end != until) {
			t.Fatalf("%v at %v: %q %d %v", until, now, got, end, ok)
		}
		if _, _, ok := s.tokenIs(useFollow, token, 0); ok {
			t.Fatal("a form is taken for the proof of a case")
		}
		i := rapid.IntRange(0, len(token)-2).Draw(t, "i") // the last sign has spare bits
		bad := []byte(token)
		bad[i] = map[bool]byte{true: 'A', false: 'B'}[bad[i] != 'A']
		if _, _, ok := s.tokenIs(useForm, string(bad), 0); ok {
			t.Fatal("a changed token holds")
		}
	})
}

func TestCodesAreReadableAndTheirOwn(t *testing.T) {
	t.Parallel()
	s := &Service{Key: []byte("k")}
	form := regexp.MustCompile(`^[34679ACDEFGHJKLMNPQRTUVWXY]{4}(-[34679ACDEFGHJKLMNPQRTUVWXY]{4}){2}$`)
	seen := map[string]bool{}
	for i := range 2000 {
		c := s.codeOf(strconv.Itoa(i))
		if !form.MatchString(c) || seen[c] {
			t.Fatalf("code %s", c)
		}
		seen[c] = true
	}
	if plainCode(" ehp9-7fra ａ９ ") != "EHP97FRAA9" {
		t.Error(plainCode(" ehp9-7fra ａ９ "))
	}
}

func TestSourcesAreHouseholds(t *testing.T) {
	t.Parallel()
	for a, want := range map[string]string{"203.0.113.7": "203.0.113.7", "2001:db8:1:2ff::1": "2001:db8:1:200::/56"} {
		if got := prefix(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s counts as %s", a, got)
		}
	}
}

// FuzzForm: no form, of whatever encoding, panics or lets through what is no text
// or beyond the bounds.
func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", []byte("text=%E8%B7%AF&lon=112&file=1&file=x&q.a=b"))
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("text", "路灯")
	p, _ := m.CreateFormFile("photo", "../../a.jpg")
	_, _ = p.Write([]byte("\xff\xd8\xff"))
	_ = m.Close()
	f.Add(m.FormDataContentType(), b.Bytes())
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--x--"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r := httptest.NewRequest("POST", "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		v, err := fields(httptest.NewRecorder(), r, func(_ string, file io.Reader) error { _, err := io.Copy(io.Discard, file); return err })
		if err != nil {
			return
		}
		got, err := decode(v)
		if err != nil {
			return
		}
		if len(got.Files) > maxPhotos || len(got.Text) > maxField || strings.ContainsRune(got.Text, 0) || got.Lon != got.Lon || got.Lon < -180 || got.Lon > 180 {
			t.Errorf("%+v", got)
		}
	})
}

// TestStyleHasTheColoursOfAllSurfaces holds door.css equal to the shared tokens.
func TestStyleHasTheColoursOfAllSurfaces(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../web/src/shared/tokens.ts")
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile(`(?s)light: \{(.*?)\n  \},\n  dark: \{(.*?)\n  \},`).FindStringSubmatch(string(raw))
	if parts == nil {
		t.Fatal("the tokens are written otherwise")
	}
	tokens := func(text string) map[string]string {
		m := map[string]string{}
		for _, x := range regexp.MustCompile(`(\w+): '(#[0-9a-f]{6})'`).FindAllStringSubmatch(text, -1) {
			kebab := regexp.MustCompile(`[A-Z]`).ReplaceAllStringFunc(x[1], func(c string) string { return "-" + strings.ToLower(c) })
			m[kebab] = x[2]
		}
		return m
	}
	light, dark, _ := strings.Cut(string(style), "prefers-color-scheme: dark")
	dark, _, _ = strings.Cut(dark, "box-sizing")
	light, _, _ = strings.Cut(light, "@media")
	for name, c := range map[string]struct {
		css  string
		want map[string]string
	}{"light": {light, tokens(parts[1])}, "dark": {dark, tokens(parts[2])}} {
		n := 0
		for _, x := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6})`).FindAllStringSubmatch(c.css, -1) {
			if want, ok := c.want[x[1]]; ok {
				if n++; want != x[2] {
					t.Errorf("%s: --%s is %s, the tokens say %s", name, x[1], x[2], want)
				}
			}
		}
		if n < 10 {
			t.Errorf("%s: only %d colours are shared", name, n)
		}
	}
}
