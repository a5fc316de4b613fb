package open311_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"linli/internal/kernel/store"
)

// TestBodies holds the bodies of every call, letter by letter, in both formats.
func TestBodies(t *testing.T) {
	t.Parallel()
	c := sqlite(t)
	c.post("/open311/v2/requests.xml", lamp("description", "灯 <不亮> & 闪"))
	c.cases.all[0].steps = append(c.cases.all[0].steps, c.note("OPEN", "已收到"))
	c.post("/open311/v2/requests.xml", lamp("lat", "", "long", "", "address_id", "990101001001", "description", ""))
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	requestXML := func(n, text, address, lat, long string) string {
		return "<request><service_request_id>261123-00000" + n + "-0</service_request_id><status>open</status><status_notes>已收到</status_notes><service_name>路灯不亮</service_name><service_code>E0907</service_code><description>" + text +
			"</description><agency_responsible></agency_responsible><service_notice></service_notice><requested_datetime>2026-11-23T10:00:00+08:00</requested_datetime><updated_datetime>2026-11-23T10:00:00+08:00</updated_datetime><expected_datetime>2026-11-23T11:00:00+08:00</expected_datetime><address>" + address +
			"</address><address_id>990101001001</address_id><zipcode></zipcode><lat>" + lat + "</lat><long>" + long + "</long><media_url></media_url>"
	}
	requestJSON := func(n, text, lat, long string) string {
		return `{"service_request_id":"261123-00000` + n + `-0","status":"open","status_notes":"已收到","service_name":"路灯不亮","service_code":"E0907","description":"` + text +
			`","agency_responsible":null,"service_notice":null,"requested_datetime":"2026-11-23T10:00:00+08:00","updated_datetime":"2026-11-23T10:00:00+08:00","expected_datetime":"2026-11-23T11:00:00+08:00","address":null,"address_id":"990101001001","zipcode":null,"lat":` + lat + `,"long":` + long + `,"media_url":null`
	}
	for _, x := range []struct{ path, want string }{
		{"/v2/services.xml", head + "<services><service><service_code>E0907</service_code><service_name>路灯不亮</service_name><description>路灯不亮、闪烁</description><metadata>false</metadata><type>realtime</type><keywords>路灯,灯杆</keywords><group>公用设施</group></service>" +
			"<service><service_code>E0801</service_code><service_name>电梯故障</service_name><description></description><metadata>true</metadata><type>realtime</type><keywords></keywords><group>房屋</group></service>" +
			"<service><service_code>E0403</service_code><service_name>燃气泄漏</service_name><description></description><metadata>false</metadata><type>realtime</type><keywords></keywords><group>公用设施</group></service></services>\n"},
		{"/v2/services.json", `[{"service_code":"E0907","service_name":"路灯不亮","description":"路灯不亮、闪烁","metadata":false,"type":"realtime","keywords":"路灯,灯杆","group":"公用设施"},` +
			`{"service_code":"E0801","service_name":"电梯故障","description":null,"metadata":true,"type":"realtime","keywords":null,"group":"房屋"},{"service_code":"E0403","service_name":"燃气泄漏","description":null,"metadata":false,"type":"realtime","keywords":null,"group":"公用设施"}]` + "\n"},
		{"/v2/services/E0801.xml", head + "<service_definition><service_code>E0801</service_code><attributes><attribute><variable>true</variable><code>trapped</code><datatype>singlevaluelist</datatype><required>true</required><datatype_description>选一项</datatype_description><order>1</order><description>有没有人被困（决定是否救援）</description><values><value><key>yes</key><name>有</name></value><value><key>no</key><name>没有</name></value></values></attribute>" +
			"<attribute><variable>true</variable><code>signs</code><datatype>multivaluelist</datatype><required>false</required><datatype_description>可选多项</datatype_description><order>2</order><description>表现</description><values><value><key>a</key><name>停</name></value><value><key>b</key><name>响</name></value></values></attribute></attributes></service_definition>\n"},
		{"/v2/services/E0907.json", `{"service_code":"E0907","attributes":[]}` + "\n"},
		{"/v2/services/E0907.xml", head + "<service_definition><service_code>E0907</service_code><attributes></attributes></service_definition>\n"},
		{"/v2/requests.xml", head + "<service_requests>" + requestXML("2", "路灯不亮", "", "", "") + "</request>" + requestXML("1", "灯 &lt;不亮&gt; &amp; 闪", "", "29.4", "113.03") + "</request></service_requests>\n"},
		{"/v2/requests.json?page_size=1", "[" + requestJSON("2", "路灯不亮", "null", "null") + "}]\n"},
		{"/v2/requests.json?page_size=1&page=3", "[]\n"},
		{"/v2/requests.xml?page=9", head + "<service_requests></service_requests>\n"},
		{"/v2/requests/261123-000001-0.json?extensions=true", "[" + requestJSON("1", "灯 <不亮> & 闪", "29.4", "113.03") +
			`,"attributes":[{"code":"trapped","label":"有没有人被困","value":"有"}],"extended_attributes":{"detailed_status":"已收到"},"notes":[{"datetime":"2026-11-23T10:00:00+08:00","description":"已收到","type":"open"}]}]` + "\n"},
		{"/v2/tokens/261123-000001-0.xml", head + "<service_requests><request><service_request_id>261123-000001-0</service_request_id><token>261123-000001-0</token></request></service_requests>\n"},
		{"/v2/tokens/261123-000001-0.json", `[{"service_request_id":"261123-000001-0","token":"261123-000001-0"}]` + "\n"},
		{"/v2/servicerequestupdates.xml", head + "<service_request_updates><request_update><update_id>261123-000001-0-1</update_id><service_request_id>261123-000001-0</service_request_id><status>OPEN</status><updated_datetime>2026-11-23T10:00:00+08:00</updated_datetime><description>已收到</description><media_url></media_url><external_status_code></external_status_code><customer_reference>261123-000001-0</customer_reference></request_update></service_request_updates>\n"},
		{"/v2/servicerequestupdates.json?start_date=2026-11-24T00:00:00Z", "[]\n"},
	} {
		a := c.get("/open311" + x.path)
		kind := "text/xml; charset=utf-8"
		if strings.Contains(x.path, ".json") {
			kind = "application/json; charset=utf-8"
		}
		if a.status != 200 || a.header.Get("Content-Type") != kind || a.body != x.want {
			t.Errorf("%s: %d %s\n%s\nwant\n%s", x.path, a.status, a.header.Get("Content-Type"), a.body, x.want)
		}
		check(t, x.path, a)
	}
	made := c.post("/open311/v2/requests.xml", lamp("description", "新的", "account_id", "u7"))
	if want := head + "<service_requests><request><service_request_id>261123-000003-0</service_request_id><service_notice>已收到，可凭编号查询进展。</service_notice><account_id>u7</account_id></request></service_requests>\n"; made.body != want || made.status != 200 {
		t.Errorf("POST: %d %s", made.status, made.body)
	}
	made = c.post("/open311/v2/requests.json", lamp("description", "又一个"), "Accept-Language", "en")
	if want := `[{"service_request_id":"261123-000004-0","service_notice":"Received; follow it by its number.","account_id":null}]` + "\n"; made.body != want {
		t.Errorf("POST: %d %s", made.status, made.body)
	}
}

// check reads the body as its format says.
func check(t *testing.T, path string, a answer) {
	t.Helper()
	if strings.Contains(a.header.Get("Content-Type"), "json") {
		if !json.Valid([]byte(a.body)) {
			t.Errorf("%s: no JSON: %s", path, a.body)
		}
		return
	}
	for d := xml.NewDecoder(strings.NewReader(a.body)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Errorf("%s: no XML: %v\n%s", path, err, a.body)
			return
		}
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	c := sqlite(t)
	for path, kind := range map[string]string{"/open311/discovery.json": "application/json", "/open311/v2/discovery.json": "application/json", "/open311/discovery.xml": "text/xml"} {
		a := c.get(path)
		if a.status != 200 || a.header.Get("Content-Type") != kind {
			t.Errorf("%s: %d %s", path, a.status, a.header.Get("Content-Type"))
		}
		check(t, path, a)
	}
	var doc struct {
		Changeset, Contact string
		KeyService         string `json:"key_service"`
		Endpoints          []struct {
			Specification, URL, Changeset, Type string
			Formats                             []string
		}
	}
	if err := json.Unmarshal([]byte(c.get("/open311/discovery.json").body), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Endpoints) != 2 || doc.Endpoints[0].URL != "http://linli.example/open311/v2" || doc.Endpoints[0].Type != "production" || doc.Endpoints[1].Type != "test" || len(doc.Endpoints[1].Formats) != 2 || doc.Contact == "" || doc.KeyService == "" {
		t.Errorf("discovery: %+v", doc)
	}
	if at, err := time.Parse(time.RFC3339, doc.Changeset); err != nil || at.After(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("changeset %q", doc.Changeset)
	}
}

// TestRefusals: what is wrong, the status, and that the body is in the format asked for.
func TestRefusals(t *testing.T) {
	t.Parallel()
	c := sqlite(t)
	c.post("/open311/v2/requests.xml", lamp())
	c.cases.all[0].sealed = true
	long := strings.Repeat("长", 4001)
	for _, x := range []struct {
		name, path string
		form       []string // of a POST
		status     int
		says       string
	}{
		{"no key", "requests", []string{"api_key", ""}, 403, "api_key"},
		{"a wrong key", "requests", []string{"api_key", "nonsense"}, 403, "api_key"},
		{"a person's session", "requests", []string{"api_key", "person"}, 403, "api_key"},
		{"a key that does not report", "requests", []string{"api_key", "idle"}, 403, ""},
		{"no service_code", "requests", []string{"service_code", ""}, 400, "service_code"},
		{"an unknown service_code", "requests", []string{"service_code", "E9999"}, 404, "E9999"},
		{"no location", "requests", []string{"lat", "", "long", ""}, 400, "lat"},
		{"half a location", "requests", []string{"long", ""}, 400, "long"},
		{"no number", "requests", []string{"lat", "29,4"}, 400, "lat"},
		{"not a number", "requests", []string{"lat", "NaN"}, 400, "lat"},
		{"beyond the earth", "requests", []string{"long", "181"}, 400, "long"},
		{"outside the city", "requests", []string{"lat", "40"}, 400, "本市"},
		{"an address nobody knows", "requests", []string{"lat", "", "long", "", "address_string", "火星"}, 400, "address_string"},
		{"an address_id nobody knows", "requests", []string{"lat", "", "long", "", "address_id", "7"}, 400, "address_id"},
		{"a required attribute", "requests", []string{"service_code", "E0801"}, 400, "有没有人被困"},
		{"too long", "requests", []string{"description", long}, 400, "4000"},
		{"a script as picture", "requests", []string{"media_url", "javascript:alert(1)"}, 400, "media_url"},
		{"an unknown resource", "nothing", []string{}, 404, ""},
		{"an update of nothing", "servicerequestupdates", []string{"status", "OPEN", "update_id", "1"}, 400, "service_request_id"},
		{"an update without id", "servicerequestupdates", []string{"status", "OPEN", "service_request_id", "x"}, 400, "update_id"},
		{"an update without status", "servicerequestupdates", []string{"update_id", "1", "service_request_id", "x"}, 400, "status"},
		{"an update of an unknown status", "servicerequestupdates", []string{"status", "SOON", "update_id", "1", "service_request_id", "x"}, 400, "status"},
		{"an update of an unknown request", "servicerequestupdates", []string{"status", "OPEN", "update_id", "1", "service_request_id", "x"}, 404, "service_request_id"},
		{"an update at no time", "servicerequestupdates", []string{"status", "OPEN", "update_id", "1", "service_request_id", "x", "updated_datetime", "soon"}, 400, "updated_datetime"},
		{"an unknown service", "services/E9999", nil, 404, "E9999"},
		{"an unknown request", "requests/261123-000009-0", nil, 404, "service_request_id"},
		{"a sealed request", "requests/261123-000001-0", nil, 404, "service_request_id"},
		{"an unknown token", "tokens/7", nil, 404, "token"},
		{"a sealed token", "tokens/261123-000001-0", nil, 404, "token"},
		{"only sealed ids", "requests?service_request_id=261123-000001-0", nil, 404, "service_request_id"},
		{"an unknown status", "requests?status=lost", nil, 400, "status"},
		{"an unknown code in a list", "requests?service_code=E9999", nil, 404, "E9999"},
		{"no date", "requests?start_date=yesterday", nil, 400, "start_date"},
		{"no end", "requests?end_date=2026-13-01T00:00:00Z", nil, 400, "end_date"},
		{"no page", "requests?page=0", nil, 400, "page"},
		{"no size", "requests?page_size=x", nil, 400, "page_size"},
		{"too far back", "requests?page=1000", nil, 400, ""},
		{"half a circle", "requests?lat=29", nil, 400, "long"},
		{"no radius", "requests?lat=29&long=113&radius=-1", nil, 400, "radius"},
		{"a wrong key on reading", "requests?api_key=nonsense", nil, 403, "api_key"},
		{"bytes that are no text", "requests?status=%ff", nil, 400, ""},
	} {
		for _, f := range []string{"xml", "json"} {
			path, query, _ := strings.Cut(x.path, "?")
			path = "/open311/v2/" + path + "." + f + "?" + query
			a := c.get(path)
			if x.form != nil {
				a = c.post(path, lamp(x.form...))
			}
			check(t, path, a)
			code := fmt.Sprintf(`[{"code":%d,"description":"`, x.status)
			if f == "xml" {
				code = fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>`+"\n<errors><error><code>%d</code><description>", x.status)
			}
			if a.status != x.status || !strings.HasPrefix(a.body, code) || !strings.Contains(a.body, x.says) {
				t.Errorf("%s, %s: %d %s", x.name, f, a.status, a.body)
			}
		}
	}
	if n := len(c.cases.all); n != 1 {
		t.Errorf("refused reports made %d cases", n-1)
	}
	if a := c.get("/open311/v2/services.html"); a.status != 404 {
		t.Errorf("an unknown format: %d", a.status)
	}
	if a := c.get("/open311/v2/services"); a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/xml") {
		t.Errorf("without a format: %d %s", a.status, a.header.Get("Content-Type"))
	}
}

// TestWhatIsReported: all that a POST may carry reaches the case room as it was meant.
func TestWhatIsReported(t *testing.T) {
	t.Parallel()
	c := sqlite(t)
	last := func() *made { return c.cases.all[len(c.cases.all)-1] }
	form := lamp("service_code", "E0801", "first_name", "小明", "last_name", "王", "email", "a@example.org", "phone", "13800000000", "media_url", "https://pictures.example/1.jpg", "device_id", "d", "jurisdiction_id", "whatever", "attribute[trapped]", "yes", "attribute[unknown]", "x")
	form["attribute[signs][]"] = []string{"a", "b"}
	if a := c.post("/open311/v2/requests.json", form); a.status != 200 {
		t.Fatal(a.body)
	}
	m := last()
	if m.Name != "王小明" || m.Phone != "13800000000" || m.Contact != "a@example.org" || m.Link != "https://pictures.example/1.jpg" || m.Text != "三盏路灯不亮" || m.account != 1 || m.Grade != "urgent" ||
		strings.Join(m.Answers["signs"], "") != "ab" || strings.Join(m.Answers["trapped"], "") != "yes" || len(m.Answers) != 2 || m.Place.Lat != 29.4 || m.Place.Lon != 113.03 {
		t.Errorf("%+v", m.Report)
	}
	c.post("/open311/v2/requests.xml", lamp("first_name", "Ann", "last_name", "Lee", "lat", "", "long", "", "address_string", "湖滨路1号"))
	if m = last(); m.Name != "Ann Lee" || m.Address != "湖滨路1号" || m.Place.Lon != 113 {
		t.Errorf("%+v", m.Report)
	}
	c.post("/open311/v2/requests.xml", lamp("description", "厨房着火了"))
	if last().Grade != "critical" {
		t.Error("a sign of danger was not seen")
	}

	// A multipart form and a JSON object are understood too, and a bearer token.
	n := len(c.cases.all)
	body := "--b\r\nContent-Disposition: form-data; name=\"service_code\"\r\n\r\nE0907\r\n--b\r\nContent-Disposition: form-data; name=\"lat\"\r\n\r\n29.4\r\n--b\r\nContent-Disposition: form-data; name=\"long\"\r\n\r\n113\r\n--b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.jpg\"\r\n\r\n\xff\xd8\r\n--b--\r\n"
	for kind, text := range map[string]string{"multipart/form-data; boundary=b": body, "application/json": `{"service_code":"E0801","lat":29.4,"long":113,"attribute":{"trapped":"no","signs":["a","b"]},"description":null}`} {
		req := httptest.NewRequest("POST", "/open311/v2/requests.json", strings.NewReader(text))
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Authorization", "Bearer client")
		if a := c.do(req); a.status != 200 {
			t.Errorf("%s: %d %s", kind, a.status, a.body)
		}
	}
	if len(c.cases.all) != n+2 {
		t.Errorf("%d cases", len(c.cases.all)-n)
	}
}

// TestRepeats: a POST whose answer was lost makes no second case.
func TestRepeats(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *city) {
		first := c.post("/open311/v2/requests.xml", lamp())
		for _, path := range []string{"/open311/v2/requests.xml", "/open311/v2/requests.json"} {
			if a := c.post(path, lamp()); a.status != 200 || a.header.Get("Idempotency-Replayed") != "true" || !strings.Contains(a.body, "261123-000001-0") {
				t.Errorf("again: %d %s; first %s", a.status, a.body, first.body)
			}
		}
		other := open(t, func(func() time.Time) *store.DB { return c.DB }) // another process
		other.cases, other.Room.Cases = c.cases, c.cases
		if a := other.post("/open311/v2/requests.xml", lamp()); !strings.Contains(a.body, "261123-000001-0") {
			t.Errorf("in another process: %s", a.body)
		}
		for name, form := range map[string][]string{"of another key": {"api_key", "other"}, "with other words": {"description", "别的"}} {
			if a := c.post("/open311/v2/requests.xml", lamp(form...)); a.status != 200 || strings.Contains(a.body, "261123-000001-0") {
				t.Errorf("a report %s: %s", name, a.body)
			}
		}
		n := len(c.cases.all)
		c.wait(11 * time.Minute)
		if a := c.post("/open311/v2/requests.xml", lamp()); a.status != 200 || len(c.cases.all) != n+1 {
			t.Errorf("the same a while later: %d %s", a.status, a.body)
		}
		key := []string{"Idempotency-Key", "k-1"}
		a := c.post("/open311/v2/requests.json", lamp("description", "有编号"), key...)
		c.wait(time.Hour)
		if b := c.post("/open311/v2/requests.json", lamp("description", "有编号"), key...); b.body != a.body || b.status != 200 {
			t.Errorf("under the same key: %s, then %s", a.body, b.body)
		}
		if b := c.post("/open311/v2/requests.json", lamp("description", "别的内容"), key...); b.status != 400 {
			t.Errorf("another report under the same key: %d %s", b.status, b.body)
		}
		c.wait(26 * time.Hour)
		if err := c.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := c.DB.QueryRow(t.Context(), "SELECT COUNT(*) FROM open311_once").Scan(&left); err != nil || left != 0 {
			t.Errorf("%d rows are left: %v", left, err)
		}
	})
}

// TestDates: what programs send as dates is read as they meant it.
func TestDates(t *testing.T) {
	t.Parallel()
	c := sqlite(t)
	c.post("/open311/v2/requests.xml", lamp())
	c.wait(2 * time.Hour)
	for query, n := range map[string]int{
		"": 1,
		"start_date=2026-11-23T10:00:00%2B08:00&end_date=2026-11-23T10:00:00%2B08:00": 1, // ends are inclusive
		"start_date=2026-11-23T02:00:00Z":                                             1,
		"start_date=2026-11-23T10:00:00+08:00":                                        1, // the + came as a blank
		"start_date=2026-11-23T10:00:01%2B08:00":                                      0,
		"start_date=2026-11-23T10:00:00.000%2B08:00":                                  1,
		"start_date=2026-11-23":                                                       1,
		"end_date=2026-11-23T01:59:59Z":                                               0,
		"end_date=2027-02-20T00:00:00Z":                                               1,
		"end_date=2027-03-20T00:00:00Z":                                               0, // 90 days before that end
		"start_date=2020-01-01T00:00:00Z&end_date=2026-11-24T00:00:00Z":               1,
		"status=open":                       1,
		"status=closed":                     0,
		"status=open,closed":                1,
		"service_code=E0907,E0801":          1,
		"service_code=E0801":                0,
		"status=&service_code=&start_date=": 1, // empty counts as absent
		"service_request_id=261123-000001-0,x&status=closed&start_date=nonsense": 1, // it overrides all others
	} {
		a := c.get("/open311/v2/requests.json?" + query)
		var got []any
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || len(got) != n || a.status != 200 {
			t.Errorf("%s: %d %.200s", query, a.status, a.body)
		}
	}
}

// TestReaders: a sealed request is shown to the key that sent it and to a key that
// reads cases, to no other.
func TestReaders(t *testing.T) {
	t.Parallel()
	c := sqlite(t)
	c.post("/open311/v2/requests.xml", lamp())
	c.cases.all[0].sealed = true
	for key, status := range map[string]int{"": 404, "client": 200, "other": 404, "reader": 200, "unit": 200} {
		if a := c.get("/open311/v2/requests/261123-000001-0.json?api_key=" + key); a.status != status {
			t.Errorf("key %q: %d %s", key, a.status, a.body)
		}
	}
}

// TestUpdatesBecomeActs: what the life allows is done, the rest is noted, nothing twice.
func TestUpdatesBecomeActs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, c *city) {
		c.post("/open311/v2/requests.xml", lamp())
		m := c.cases.all[0]
		say := func(key, id, status, text string) answer {
			return c.post("/open311/v2/servicerequestupdates.xml", lamp("api_key", key, "service_request_id", m.number, "update_id", id, "status", status, "description", text, "updated_datetime", "2026-11-23T10:00:00+08:00"))
		}
		kinds := func() string {
			var out []string
			for _, s := range m.steps {
				out = append(out, s.Kind)
			}
			return strings.Join(out, " ")
		}
		first := say("unit", "1", "IN_PROGRESS", "已派人")
		if first.status != 200 || kinds() != "SIGN START" || !strings.Contains(first.body, "<service_request_updates><request_update><update_id>"+m.number+"-") {
			t.Errorf("%d %s: %s", first.status, first.body, kinds())
		}
		if a := say("unit", "1", "IN_PROGRESS", "已派人"); a.body != first.body || kinds() != "SIGN START" {
			t.Errorf("again: %d %s: %s", a.status, a.body, kinds())
		}
		say("unit", "2", "not_councils_responsibility", "应为供电公司")
		say("client", "1", "FIXED", "已经好了") // it reports and has no hand in the work
		say("unit", "3", "FIXED", "")
		say("unit", "4", "CLOSED", "已结")
		if kinds() != "SIGN START NOTE NOTE RESOLVE NOTE" {
			t.Errorf("steps: %s", kinds())
		}
		if m.steps[2].Text != "【不属于本单位职责】应为供电公司" || m.steps[4].Text != "已办好" {
			t.Errorf("words: %+v", m.steps)
		}
		c.Config.Acts = map[string][]string{"OPEN": {"sign"}}
		c.post("/open311/v2/requests.xml", lamp("description", "第二件"))
		m = c.cases.all[1]
		if say("unit", "5", "OPEN", "收到"); kinds() != "SIGN" {
			t.Errorf("the city's own mapping: %s", kinds())
		}
	})
}

// TestTestEndpointKeepsNothing: everything is checked there, nothing is kept.
func TestTestEndpointKeepsNothing(t *testing.T) {
	t.Parallel()
	c := sqlite(t)
	if a := c.post("/open311/test/v2/requests.json", lamp()); a.status != 200 || !strings.Contains(a.body, `"service_request_id":"TEST"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := c.post("/open311/test/v2/requests.json", lamp("service_code", "")); a.status != 400 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if len(c.cases.all) != 0 {
		t.Error("a case was made")
	}
}
