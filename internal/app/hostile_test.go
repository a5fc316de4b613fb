package app_test

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/geo"
)

// Words that no person should read: of Go, of SQL, of the JSON decoder; and,
// in Chinese sentences, any English word that is no name of a thing.
var (
	machine = regexp.MustCompile(`(?i)goroutine|panic|\.go:|runtime error|sql:|sqlite|pgx|postgres|SQLSTATE|SELECT |INSERT |constraint failed|strconv|json:|unmarshal|invalid character|<nil>|%!|EOF|huma|struct|int64|unexpected end|interface`)
	english = regexp.MustCompile(`[A-Za-z]{3,}`)
	names   = regexp.MustCompile(`JSON|UTF-8|GCJ-?02|BD-?09|WGS ?84|wgs84|gcj02|bd09|Excel|CSV|xlsx|JPEG|PNG|WebP|HEIC|PDF|Idempotency-Key|yyyymmdd|RFC 3339|KB|MB|MiB|[a-z]+(_[a-z]+)+`)
)

// polite holds an answer to the rules for errors: a problem document in the
// language asked for, with words for a person.
func polite(t *testing.T, what, lang string, a *apptest.Answer, status int, code string) {
	t.Helper()
	p := a.Problem()
	switch {
	case a.Status >= 500 && status < 500:
		t.Errorf("%s: %d %s", what, a.Status, a.Body)
		return
	case status != 0 && a.Status != status, code != "" && p.Code != code:
		t.Errorf("%s: %d %q, want %d %q: %.300s", what, a.Status, p.Code, status, code, a.Body)
		return
	case p.Detail == "" || p.Title == "" || p.Code == "" || p.ID == "":
		t.Errorf("%s: not a whole problem document: %d %s", what, a.Status, a.Body)
		return
	}
	texts := []string{p.Title, p.Detail}
	for _, e := range p.Errors {
		texts = append(texts, e.Detail)
	}
	for _, s := range texts {
		if m := machine.FindString(s); m != "" {
			t.Errorf("%s (%s): %q speaks of %q", what, lang, s, m)
		}
		han := strings.ContainsFunc(s, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
		if lang == "en" && han {
			t.Errorf("%s: Chinese in the English answer: %q", what, s)
		}
		if lang == "zh" {
			if m := english.FindString(names.ReplaceAllString(s, "")); m != "" || !han {
				t.Errorf("%s: %q in the Chinese answer: %q", what, m, s)
			}
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		type M = apptest.M
		w := c.World()
		desk := map[string]*apptest.Person{}
		for _, lang := range []string{"zh", "en"} {
			desk[lang] = c.Hire(access.Post{Role: "district_desk", Region: w.Target.City}, access.Post{Role: "callback", Region: w.Target.City})
			desk[lang].Do("PATCH", "/api/v1/session", M{"lang": lang}).Want(200)
		}
		leaf := leafWith(t, c, plain).ID
		here := spot(w.Target)
		open := desk["zh"].Report(M{"text": "待用", "place": here})
		closed := desk["zh"].Report(M{"text": "已结", "place": here})
		desk["zh"].Act(closed.ID, "withdraw", M{"reason": "撤回"})
		drawn := apptest.Drawn().Grids[0].Center
		long := strings.Repeat("长", 10_000)
		report := func(with M) M {
			m := M{"text": "路灯不亮", "place": here}
			for k, v := range with {
				if v == nil {
					delete(m, k)
				} else {
					m[k] = v
				}
			}
			return m
		}
		act := func(with M) M {
			m := M{"version": 1}
			for k, v := range with {
				m[k] = v
			}
			return m
		}
		cases, onOpen, onClosed := "POST /api/v1/cases", fmt.Sprintf("POST /api/v1/cases/%d/actions", open.ID), fmt.Sprintf("POST /api/v1/cases/%d/actions", closed.ID)
		for _, q := range []struct {
			name, call string
			body       any
			status     int
			code       string
		}{
			{"nothing", cases, "", 0, ""},
			{"not JSON", cases, "路灯不亮", 400, "malformed"},
			{"half a JSON", cases, `{"text":"路灯`, 400, "malformed"},
			{"a list", cases, `[]`, 422, ""},
			{"null", cases, `null`, 422, ""},
			{"two documents", cases, `{"text":"x"}{"text":"y"}`, 400, ""},
			{"deep", cases, strings.Repeat(`{"a":`, 20_000), 0, ""},
			{"deep lists", cases, `{"text":` + strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000) + `}`, 0, ""},
			{"text a number", cases, report(M{"text": 7}), 422, ""},
			{"place a text", cases, report(M{"place": "家"}), 422, ""},
			{"category a text", cases, report(M{"category_id": "路灯"}), 422, ""},
			{"category too big", cases, `{"text":"x","category_id":99999999999999999999999}`, 0, ""},
			{"category a fraction", cases, report(M{"category_id": 1.5}), 422, ""},
			{"unknown field", cases, report(M{"some_colour": "red"}), 422, ""},
			{"no text", cases, report(M{"text": nil}), 422, ""},
			{"blank text", cases, report(M{"text": " \n\t"}), 422, "required"},
			{"NUL", cases, report(M{"text": "路灯\x00不亮"}), 400, "bad_encoding"},
			{"NUL in a title", cases, report(M{"title": "\x00"}), 400, "bad_encoding"},
			{"NUL in a name", cases, report(M{"reporter": M{"name": "张\x00三"}}), 400, "bad_encoding"},
			{"invalid UTF-8", cases, "{\"text\":\"\xff\xfe\xfd\"}", 400, "bad_encoding"},
			{"long text", cases, report(M{"text": long}), 422, "too_long"},
			{"long title", cases, report(M{"title": long}), 422, "too_long"},
			{"long address", cases, report(M{"place": M{"grid_id": w.Target.Grid, "address": long}}), 422, "too_long"},
			{"long name", cases, report(M{"reporter": M{"name": long}}), 422, "too_long"},
			{"long phone", cases, report(M{"reporter": M{"phone": long}}), 422, "too_long"},
			{"long outside number", cases, report(M{"outside_number": long}), 422, "too_long"},
			{"20 MB", cases, `{"text":"` + strings.Repeat("x", 20<<20) + `"}`, 413, "too_large"},
			{"unknown category", cases, report(M{"category_id": 12345}), 422, "invalid"},
			{"negative category", cases, report(M{"category_id": -1}), 422, "invalid"},
			{"a group for a category", cases, report(M{"category_id": leafParent(c, leaf)}), 422, "invalid"},
			{"unknown channel", cases, report(M{"channel": "pigeon"}), 422, "invalid"},
			{"unknown grade", cases, report(M{"grade": "so-so"}), 422, "invalid"},
			{"no place", cases, report(M{"place": nil}), 422, "required"},
			{"unknown community", cases, report(M{"place": M{"community": "990199001001"}}), 422, "invalid"},
			{"community a word", cases, report(M{"place": M{"community": "翠湖社区"}}), 422, ""},
			{"unknown grid", cases, report(M{"place": M{"grid_id": 42}}), 422, "invalid"},
			{"grid of another community", cases, report(M{"place": M{"grid_id": w.Target.Grid, "community": fmt.Sprint(w.Sibling.Community)}}), 422, "invalid"},
			{"outside the city", cases, report(M{"place": M{"lon": 116.39, "lat": 39.9}}), 422, "place_outside"},
			{"swapped", cases, report(M{"place": M{"lon": drawn[1], "lat": drawn[0]}}), 422, "place_outside"},
			{"nowhere on earth", cases, report(M{"place": M{"lon": 999, "lat": -999}}), 422, ""},
			{"infinite", cases, `{"text":"x","place":{"lon":1e999,"lat":1}}`, 0, ""},
			{"huge position", cases, report(M{"place": M{"lon": math.MaxFloat64, "lat": math.MaxFloat64, "crs": "gcj02"}}), 422, ""},
			{"unknown system", cases, report(M{"place": M{"lon": drawn[0], "lat": drawn[1], "crs": "mars"}}), 422, ""},
			{"in the future", cases, report(M{"occurred_at": apptest.Now().AddDate(1, 0, 0).Format(time.RFC3339)}), 422, "invalid"},
			{"in the year 1", cases, report(M{"occurred_at": "0001-01-01T00:00:00Z"}), 0, ""},
			{"no date", cases, report(M{"occurred_at": "昨天"}), 422, ""},
			{"unknown file", cases, report(M{"files": []int64{12345}}), 0, ""},
			{"many files", cases, report(M{"files": make([]int64, 10)}), 422, ""},
			{"doubled file", cases, report(M{"files": []int64{5, 5}}), 0, ""},

			{"closed case", onClosed, act(M{"action": "file", "version": 2}), 409, "action_not_allowed"},
			{"stale version", onOpen, act(M{"action": "accept", "version": 9}), 409, "stale_version"},
			{"version 0", onOpen, act(M{"action": "accept", "version": 0}), 422, ""},
			{"no version", onOpen, M{"action": "accept"}, 422, ""},
			{"no action", onOpen, act(nil), 422, ""},
			{"unknown action", onOpen, act(M{"action": "xx"}), 422, "action_unknown"},
			{"NUL in a note", onOpen, act(M{"action": "note", "note": "a\x00b"}), 400, "bad_encoding"},
			{"NUL in a reason", onOpen, act(M{"action": "decline", "reason": "a\x00b"}), 400, "bad_encoding"},
			{"NUL in a part", onOpen, act(M{"action": "split", "parts": []M{{"text": "a\x00"}}}), 400, "bad_encoding"},
			{"long reason", onOpen, act(M{"action": "decline", "reason": long}), 422, "too_long"},
			{"long note", onOpen, act(M{"action": "note", "note": long}), 422, "too_long"},
			{"no parts", onOpen, act(M{"action": "split", "parts": []M{}}), 422, ""},
			{"many parts", onOpen, act(M{"action": "split", "parts": make([]M, 60)}), 422, ""},
			{"file under a wrong grade", onOpen, act(M{"action": "file", "category_id": leaf, "grade": "so-so"}), 422, ""},
			{"file under an unknown category", onOpen, act(M{"action": "file", "category_id": 12345}), 422, "invalid"},
			{"correct to a wrong grade", onOpen, act(M{"action": "correct", "grade": "so-so", "reason": "x"}), 422, ""},
			{"correct the place to nowhere", onOpen, act(M{"action": "correct", "reason": "x", "place": M{"lon": 999, "lat": 1}}), 422, ""},
			{"correct a title with NUL", onOpen, act(M{"action": "correct", "reason": "x", "title": "\x00"}), 400, "bad_encoding"},
			{"correct an address with NUL", onOpen, act(M{"action": "correct", "reason": "x", "place": M{"grid_id": w.Target.Grid, "address": "\x00"}}), 400, "bad_encoding"},
			{"merge into nothing", onOpen, act(M{"action": "merge", "into": 12345}), 422, "invalid"},
			{"unknown case", "POST /api/v1/cases/12345/actions", act(M{"action": "accept"}), 404, "not_found"},
			{"case abc", "GET /api/v1/cases/abc", nil, 0, ""},
			{"case -1", "GET /api/v1/cases/-1", nil, 404, ""},
			{"case 2^70", "GET /api/v1/cases/1180591620717411303424", nil, 0, ""},
			{"bulk of nothing", "POST /api/v1/cases/actions", M{"action": "accept", "cases": []M{}}, 422, ""},
			{"bulk of too many", "POST /api/v1/cases/actions", M{"action": "accept", "cases": make([]M, 300)}, 422, ""},
			{"reveal without a purpose", fmt.Sprintf("POST /api/v1/cases/%d/reveal", open.ID), M{"purpose": ""}, 422, "required"},
			{"reveal with NUL", fmt.Sprintf("POST /api/v1/cases/%d/reveal", open.ID), M{"purpose": "\x00"}, 400, "bad_encoding"},
			{"draw -1", "POST /api/v1/callbacks/draw", M{"n": -1}, 422, ""},
			{"draw 1e9", "POST /api/v1/callbacks/draw", M{"n": 1e9}, 422, ""},
			{"filter without a name", "POST /api/v1/filters", M{"name": "", "page": "cases", "query": ""}, 422, ""},
			{"filter with NUL", "POST /api/v1/filters", M{"name": "a\x00", "page": "cases", "query": "\x00"}, 400, "bad_encoding"},
			{"long filter", "POST /api/v1/filters", M{"name": long, "page": "cases", "query": long}, 422, ""},
			{"sign in with NUL", "POST /api/v1/session", M{"login": "a\x00", "password": "\x00"}, 400, "bad_encoding"},
			{"sign in with much", "POST /api/v1/session", M{"login": long, "password": long}, 0, ""},
			{"no such page", "GET /api/v1/houses", nil, 404, "not_found"},
			{"wrong method", "DELETE /api/v1/cases", nil, 405, "method_not_allowed"},
			{"figure of nothing", "GET /api/v1/figures/nothing", nil, 0, ""},
			{"figure from nowhen", "GET /api/v1/figures/reported?by=day&from=99999999&to=-1", nil, 422, ""},
			{"cockpit of nowhere", "GET /api/v1/cockpit?region=abc", nil, 0, ""},
			{"calendar of year 0", "GET /api/v1/calendar/0", nil, 0, ""},
			{"calendar of a word", "GET /api/v1/calendar/now", nil, 0, ""},
			{"place at a word", "GET /api/v1/places/at?lon=x&lat=y", nil, 422, ""},
		} {
			t.Run(q.name, func(t *testing.T) {
				t.Parallel()
				method, path, _ := strings.Cut(q.call, " ")
				for lang, p := range desk {
					if q.call == onOpen { // none meets what another has changed
						one := desk["zh"].For(t).Report(M{"text": "待用", "place": here})
						path = fmt.Sprintf("/api/v1/cases/%d/actions", one.ID)
					}
					a := p.For(t).Do(method, path, q.body, "Accept-Language", lang)
					if a.Status < 300 && q.status == 0 {
						continue // it may be harmless
					}
					polite(t, q.name, lang, a, q.status, q.code)
				}
			})
		}

		t.Run("the wrong form", func(t *testing.T) {
			t.Parallel()
			p := desk["zh"].For(t)
			polite(t, "a form", "zh", p.Do("POST", "/api/v1/cases", "text=x", "Content-Type", "application/x-www-form-urlencoded"), 415, "")
			polite(t, "from another site", "zh", p.Do("POST", "/api/v1/cases", report(nil), "Sec-Fetch-Site", "cross-site"), 403, "cross_origin")
			polite(t, "nobody", "zh", c.Nobody().For(t).Do("GET", "/api/v1/cases", nil), 401, "unauthorized")
			polite(t, "a false token", "zh", (&apptest.Person{City: c, Token: strings.Repeat("x", 43)}).For(t).Do("GET", "/api/v1/cases", nil), 401, "")
			polite(t, "a long token", "zh", (&apptest.Person{City: c, Token: strings.Repeat("x", 4000)}).For(t).Do("GET", "/api/v1/cases", nil), 401, "")
		})

		t.Run("coordinates", func(t *testing.T) {
			t.Parallel()
			p := desk["zh"].For(t)
			// Inside the city, but like GCJ-02: taken, with a warning.
			warned := 0
			for _, g := range apptest.Drawn().Grids {
				var made apptest.Case
				q := geo.WGSToGCJ(geo.Point{Lon: g.Center[0], Lat: g.Center[1]})
				a := p.Do("POST", "/api/v1/cases", M{"text": "坐标", "place": M{"lon": q.Lon, "lat": q.Lat}})
				switch {
				case a.Status == 201:
					if a.Into(&made); made.Warning != "" {
						warned++
					}
				case a.Problem().Code == "place_outside" && strings.Contains(a.Problem().Detail, "GCJ-02"):
					warned++
				case a.Problem().Code != "place_outside":
					t.Errorf("%d %s", a.Status, a.Body)
				}
			}
			t.Logf("%d of %d positions in GCJ-02 are doubted", warned, len(apptest.Drawn().Grids))
			if warned == 0 {
				t.Error("no position in GCJ-02 is doubted")
			}
			g := apptest.Drawn().Grids[0]
			q := geo.WGSToGCJ(geo.Point{Lon: g.Center[0], Lat: g.Center[1]})
			var made struct{ Grid struct{ ID int64 } }
			p.Do("POST", "/api/v1/cases", M{"text": "坐标", "place": M{"lon": q.Lon, "lat": q.Lat, "crs": "gcj02"}}).Want(201).Into(&made)
			if made.Grid.ID != g.ID {
				t.Errorf("named as GCJ-02 it lies in grid %d, want %d", made.Grid.ID, g.ID)
			}
			if a := p.Do("POST", "/api/v1/cases", M{"text": "坐标", "place": M{"lon": g.Center[1], "lat": g.Center[0]}}); !strings.Contains(a.Problem().Detail, "写反") {
				t.Errorf("swapped: %s", a.Body)
			}
		})
	})
}

func leafParent(c *apptest.City, leaf int64) int64 {
	x, _ := c.Rulebook.Current(c.DB.Now()).Category(leaf)
	return x.Parent
}

// TestHostileQueries: whatever stands in an address, no fault and no more rows
// than the scope has.
func TestHostileQueries(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World()
		desk := c.Hire(access.Post{Role: "district_desk", Region: w.Target.District}, access.Post{Role: "callback", Region: w.Target.District})
		outside := c.Hire(access.Post{Role: "district_desk", Region: w.OtherDistrict.District})
		auditor := c.Hire(access.Post{Role: "auditor", Region: w.Target.City})
		security := c.Hire(access.Post{Role: "security", Region: w.Target.City})
		for i := range 5 {
			desk.Report(apptest.M{"text": fmt.Sprintf("第 %d 件", i), "place": spot(w.Target)})
			outside.Report(apptest.M{"text": fmt.Sprintf("外区第 %d 件", i), "place": spot(w.OtherDistrict)})
		}
		values := []string{"", "-1", "9223372036854775808", "99999999", "NaN", `'"; DROP TABLE cases; --`, "%_", "*", `"a" OR`, "NEAR(", "-", "a\x00b", "\xff\xfe", strings.Repeat("长", 199), strings.Repeat("1,", 3000), "{}", "路灯 OR"}
		params := []struct {
			who   *apptest.Person
			path  string
			names string
		}{
			{desk, "/api/v1/cases", "status open category grade channel district street community grid lead assist overdue soon mine pending q from to figure part sort cursor limit count"},
			{desk, "/api/v1/cases/similar", "text lon lat category_id community case"},
			{desk, "/api/v1/cases/export.xlsx", "status street q cursor"},
			{desk, "/api/v1/places", "q limit"},
			{desk, "/api/v1/places/at", "lon lat crs"},
			{desk, "/api/v1/regions", "parent newest"},
			{desk, "/api/v1/grids", "region cursor limit"},
			{desk, "/api/v1/orgs", "q kind"},
			{desk, "/api/v1/categories", "at"},
			{desk, "/api/v1/rulebook/versions", "kind key cursor"},
			{desk, "/api/v1/figures/reported", "by from to street category unit channel grid region"},
			{desk, "/api/v1/figures/reported/export.xlsx", "by from to"},
			{desk, "/api/v1/cockpit", "from to region"},
			{auditor, "/api/v1/audit", "account object object_id from to cursor limit action"},
			{security, "/api/v1/accounts", "q role org cursor limit"},
		}
		for _, q := range params {
			t.Run(q.path, func(t *testing.T) {
				t.Parallel()
				p := q.who.For(t)
				for _, name := range strings.Fields(q.names) {
					for _, v := range values {
						path := q.path + "?" + url.Values{name: {v}}.Encode()
						if strings.HasSuffix(q.path, "similar") && name != "lon" && name != "lat" {
							path += "&lon=112.6&lat=29.4"
						}
						a := p.Do("GET", path, nil)
						switch {
						case a.Status >= 300:
							polite(t, name+"="+v[:min(len(v), 30)], "", a, 0, "")
							if a.Status >= 500 {
								t.Errorf("%s=%.40q: %d %s", name, v, a.Status, a.Body)
							}
						case strings.HasSuffix(q.path, "/cases") && strings.Contains(string(a.Body), "外区"):
							t.Errorf("%s=%.40q shows another district", name, v)
						}
					}
				}
			})
		}
		t.Run("cursors of other lists", func(t *testing.T) {
			t.Parallel()
			p := desk.For(t)
			var page struct{ Next string }
			p.Do("GET", "/api/v1/cases?limit=2&sort=-reported", nil).Want(200).Into(&page)
			for _, sort := range []string{"-reported", "reported", "due", "-due"} {
				a := p.Do("GET", "/api/v1/cases?limit=2&sort="+sort+"&cursor="+url.QueryEscape(page.Next), nil)
				if a.Status >= 500 || strings.Contains(string(a.Body), "外区") {
					t.Errorf("%s: %d %s", sort, a.Status, a.Body)
				}
			}
			cut := p.Do("GET", "/api/v1/cases?cursor="+url.QueryEscape(page.Next[:len(page.Next)/2]), nil)
			polite(t, "half a cursor", "zh", cut, 422, "")
			if a := auditor.For(t).Do("GET", "/api/v1/audit?cursor="+url.QueryEscape(page.Next), nil); a.Status >= 500 {
				t.Errorf("a case list's cursor for the trail: %d", a.Status)
			}
		})
	})
}
