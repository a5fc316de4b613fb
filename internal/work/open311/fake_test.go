package open311_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/web"
	"linli/internal/work/open311"
)

func TestMain(m *testing.M) {
	access.SetDistricts(990101, 990102)
	os.Exit(m.Run())
}

const today = 20261123

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// rules are a small rulebook: a street lamp without questions, a lift with all
// kinds of them, a gas leak that is a hazard.
type rules struct{}

var all = []open311.Service{
	{Category: 1, Code: "E0907", Name: w("路灯不亮", "Street light out"), Description: w("路灯不亮、闪烁", "A street light is out"), Group: w("公用设施", "Utilities"), Keywords: []string{"路灯", "灯杆"}, Grade: "general"},
	{Category: 2, Code: "E0801", Name: w("电梯故障", "Lift out of order"), Group: w("房屋", "Housing"), Grade: "urgent", Questions: []open311.Question{
		{Code: "trapped", Datatype: "singlevaluelist", Required: true, Text: w("有没有人被困", "Is anybody trapped"), Why: w("决定是否救援", "Decides about rescue"), Values: []open311.Value{{Key: "yes", Name: w("有", "Yes")}, {Key: "no", Name: w("没有", "No")}}},
		{Code: "signs", Datatype: "multivaluelist", Text: w("表现", "Signs"), Values: []open311.Value{{Key: "a", Name: w("停", "Stopped")}, {Key: "b", Name: w("响", "Noise")}}},
	}},
	{Category: 3, Code: "E0403", Name: w("燃气泄漏", "Gas leak"), Group: w("公用设施", "Utilities"), Grade: "critical"},
}

func (rules) Services() []open311.Service { return all }
func (rules) Category(code string) (int64, bool) {
	i := slices.IndexFunc(all, func(s open311.Service) bool { return s.Code == code })
	if i < 0 {
		return 0, false
	}
	return all[i].Category, true
}
func (rules) Code(id int64) (string, errs.Words) { return all[id-1].Code, all[id-1].Name }
func (rules) Danger(text string) string {
	if strings.Contains(text, "着火") {
		return "critical"
	}
	return ""
}

type atlas struct{}

func (atlas) Find(address string) (open311.Place, bool) {
	return open311.Place{Lon: 113, Lat: 29.4}, address == "湖滨路1号"
}
func (atlas) ByID(code string) (open311.Place, bool) {
	return open311.Place{Community: 990101001001}, code == "990101001001"
}

// made is a case of the fake case room.
type made struct {
	open311.Report
	number  string
	account int64
	at      int64
	steps   []open311.Note
	sealed  bool // nobody may see it
	state   string
}

// room is a case room in memory.
type room struct {
	db  *store.DB
	mu  sync.Mutex
	all []*made
}

func (r *room) Report(ctx context.Context, scope access.Scope, in open311.Report) (string, error) {
	for _, q := range in.Service.Questions {
		if q.Required && len(in.Answers[q.Code]) == 0 {
			return "", errs.Required.New("field", q.Text).In("answers." + q.Code)
		}
	}
	if in.Place.Lat > 29.5 {
		return "", errs.Invalid.New("field", w("地点", "place"), "remedy", w("不在本市", "not in the city")).In("place")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	m := &made{Report: in, number: fmt.Sprintf("261123-%06d-0", len(r.all)+1), account: scope.Account(), at: r.db.NowIn(ctx), state: "reported"}
	if err := r.db.Write(ctx, func(tx *store.Tx) error { return in.OnWrite(tx, int64(len(r.all)+1), m.number) }); err != nil {
		return "", err
	}
	r.all = append(r.all, m)
	return m.number, nil
}

func (m *made) seen(reader open311.Reader) bool {
	return !m.sealed || reader.Account != 0 && m.account == reader.Account || !reader.Area.Empty()
}

func (r *room) Requests(_ context.Context, reader open311.Reader, q open311.Query, lang string) ([]open311.Request, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []open311.Request
	for _, m := range slices.Backward(r.all) {
		open := m.state != "closed"
		switch {
		case !m.seen(reader),
			len(q.Numbers) > 0 && !slices.Contains(q.Numbers, m.number),
			len(q.Numbers) == 0 && (m.at < q.From || m.at > q.To),
			len(q.Categories) > 0 && !slices.Contains(q.Categories, m.Service.Category),
			q.Open != nil && *q.Open != open:
			continue
		}
		lat, lon := m.Place.Lat, m.Place.Lon
		x := open311.Request{Number: m.number, Open: open, Status: w("已收到", "Received").In(lang), Category: m.Service.Category, Text: m.Text, Address: m.Address, AddressID: "990101001001", Lat: &lat, Lon: &lon,
			ReportedAt: m.at, UpdatedAt: m.at, DueAt: m.at + 3600e6}
		if lat == 0 {
			x.Lat, x.Lon = nil, nil
		}
		if q.Details {
			x.Notes = m.steps
			x.Answers = []open311.Answer{{Code: "trapped", Question: "有没有人被困", Text: "有"}}
		}
		out = append(out, x)
	}
	out = out[min(q.Skip, len(out)):]
	return out[:min(q.Limit, len(out))], nil
}

func (r *room) Updates(_ context.Context, reader open311.Reader, from, to int64, limit int, _ string) ([]open311.Update, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []open311.Update
	for _, m := range r.all {
		for i, s := range m.steps {
			if m.seen(reader) && s.At >= from && s.At <= to && len(out) < limit {
				out = append(out, open311.Update{ID: fmt.Sprintf("%s-%d", m.number, i+1), Number: m.number, Note: s})
			}
		}
	}
	return out, nil
}

// life is the order of acts that the fake life allows.
var life = map[string]string{"sign": "reported", "start": "sign", "resolve": "start sign"}

func (r *room) Act(ctx context.Context, scope access.Scope, number string, a open311.Act) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.all, func(m *made) bool { return m.number == number })
	if i < 0 || r.all[i].sealed {
		return errs.NotFound.New()
	}
	m := r.all[i]
	if a.Action != "note" && (!strings.Contains(life[a.Action], m.state) || scope.Actor().Posts[0].Role != "handler") {
		return open311.NotNow.New()
	}
	if a.OnWrite != nil {
		if err := r.db.Write(ctx, a.OnWrite); err != nil {
			return err
		}
	}
	if a.Action != "note" {
		m.state = a.Action
	}
	m.steps = append(m.steps, open311.Note{At: r.db.NowIn(ctx), Kind: strings.ToUpper(a.Action), Text: a.Text})
	return nil
}

func (r *room) Handed(_ context.Context, _ int, id int64) (open311.Handed, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.all[id-1]
	return open311.Handed{Number: m.number, Code: m.Service.Code, Lead: 7, Text: m.Text, Lon: m.Place.Lon, Lat: m.Place.Lat}, nil
}

// keys are the keys of the test: client and other report, unit handles.
type keys struct{}

func (keys) Actor(_ context.Context, key string) (*access.Actor, error) {
	for i, k := range []string{"client", "other", "unit", "reader", "idle"} {
		if k == key {
			role := map[string]string{"unit": "handler", "reader": "district_desk", "idle": "planner"}[k]
			if role == "" {
				role = "client"
			}
			return &access.Actor{Account: int64(i + 1), Key: int64(i + 1), Rate: 10_000, Posts: []access.Post{{ID: int64(i + 1), Role: role, Region: 990101, Org: 7}}}, nil
		}
	}
	if key == "person" {
		return &access.Actor{Account: 99, Session: 1, Posts: []access.Post{{Role: "district_desk", Region: 990101}}}, nil
	}
	return nil, errs.Unauthorized.New()
}

// city is the room with its router.
type city struct {
	*open311.Room
	cases  *room
	router *web.Router
	now    time.Time
	mu     sync.Mutex
	t      *testing.T
}

var zone = time.FixedZone("CST", 8*3600)

func (c *city) clock() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *city) wait(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

func open(t *testing.T, db func(func() time.Time) *store.DB, limits ...web.Options) *city {
	t.Helper()
	c := &city{now: time.Date(2026, 11, 23, 10, 0, 0, 0, zone), t: t}
	d := db(c.clock)
	c.cases = &room{db: d}
	c.Room = &open311.Room{DB: d, Rules: func() open311.Rules { return rules{} }, Map: atlas{}, Cases: c.cases, Keys: keys{}, Today: func() int { return today }, Zone: func() *time.Location { return zone }}
	o := web.Options{Rate: -1}
	if len(limits) > 0 {
		o = limits[0]
	}
	o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	o.Auth = keys{}
	c.router = web.New(o)
	t.Cleanup(c.router.Close)
	c.Register(c.router)
	return c
}

func sqlite(t *testing.T) *city {
	t.Helper()
	return open(t, func(clock func() time.Time) *store.DB { return storetest.SQLite(t, clock) })
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (c *city) do(req *http.Request) answer {
	rec := httptest.NewRecorder()
	c.router.ServeHTTP(rec, req)
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

func (c *city) get(path string) answer {
	return c.do(httptest.NewRequest("GET", "http://linli.example"+path, nil))
}

func (c *city) post(path string, form url.Values, header ...string) answer {
	req := httptest.NewRequest("POST", "http://linli.example"+path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return c.do(req)
}

// lamp is a good report.
func lamp(more ...string) url.Values {
	v := url.Values{"api_key": {"client"}, "service_code": {"E0907"}, "lat": {"29.4"}, "long": {"113.03"}, "description": {"三盏路灯不亮"}}
	for i := 0; i < len(more); i += 2 {
		if more[i+1] == "" {
			v.Del(more[i])
		} else {
			v[more[i]] = append([]string(nil), more[i+1])
		}
	}
	return v
}

func (c *city) note(kind, text string) open311.Note {
	return open311.Note{At: c.clock().UnixMicro(), Kind: kind, Text: text}
}

// each runs fn on both engines with a room whose clock the test sets.
func each(t *testing.T, fn func(t *testing.T, c *city)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); fn(t, sqlite(t)) })
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, open(t, func(clock func() time.Time) *store.DB {
			return storetest.Open(t, store.Options{URL: storetest.PostgresURL(t), Clock: clock})
		}))
	})
}
