package app_test

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"strings"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/access/matrixtest"
	"linli/internal/work/patrol"
)

// call is how the matrix calls one operation about the target: what fills its
// path, and a body that is understood but, where it can be, refused after the
// question of rights is settled.
type call struct {
	path   func(m *matrix, p *apptest.Person) string // "" or nil: the path has no parts
	body   any
	header []string
	scoped bool        // its path names a thing that lies somewhere
	perm   access.Perm // by which the thing is looked up, where the policy has several
	stream bool
	ends   bool // it may end the caller's session or posts
	city   bool // it changes what is the whole city's: a district's admin finds nothing
	absent bool // 404 is right also for those who may: the thing is switched off
}

type matrix struct {
	*apptest.City
	caseID, file, account, org, category int64
	key, poster                          *apptest.Program
	plan, run, draft                     int64
	whistle, meeting, session, turn      int64
	community, grid, conflict            int64
	home, visit                          int64
	payRun, paySlip, appraisal           int64
	calls                                map[string]call // with those of registers
}

func about(id func(m *matrix) int64) func(*matrix, *apptest.Person) string {
	return func(m *matrix, _ *apptest.Person) string { return fmt.Sprint(id(m)) }
}

var (
	aCase     = about(func(m *matrix) int64 { return m.caseID })
	aFile     = about(func(m *matrix) int64 { return m.file })
	account   = about(func(m *matrix) int64 { return m.account })
	anOrg     = about(func(m *matrix) int64 { return m.org })
	category  = about(func(m *matrix) int64 { return m.category })
	aPlan     = about(func(m *matrix) int64 { return m.plan })
	aRequest  = func(m *matrix, _ *apptest.Person) string { return fmt.Sprint(m.draft, 0) }
	aRun      = func(m *matrix, _ *apptest.Person) string { return fmt.Sprint(m.plan, m.run) }
	payRun    = about(func(m *matrix) int64 { return m.payRun })
	paySlip   = about(func(m *matrix) int64 { return m.paySlip })
	appraisal = about(func(m *matrix) int64 { return m.appraisal })
	aDraft    = about(func(m *matrix) int64 { return m.draft })
	aHome     = about(func(m *matrix) int64 { return m.home })
	aVisit    = about(func(m *matrix) int64 { return m.visit })
	text      = func(s string) func(*matrix, *apptest.Person) string {
		return func(*matrix, *apptest.Person) string { return s }
	}
	empty = apptest.M{}
	tus   = []string{"Tus-Resumable", "1.0.0"}
)

// ownUpload is an upload of the caller's, if the caller may begin one.
func ownUpload(_ *matrix, p *apptest.Person) string {
	a := p.Do("POST", "/api/v1/files/", nil, append(tus, "Upload-Length", "9")...)
	if a.Status != 201 {
		return "1"
	}
	return path.Base(a.Header.Get("Location"))
}

func ownFilter(_ *matrix, p *apptest.Person) string {
	var f struct{ ID int64 }
	if a := p.Do("POST", "/api/v1/filters", apptest.M{"name": "我的", "page": "cases", "query": "open=true"}); a.Status == 201 {
		a.Into(&f)
	}
	return fmt.Sprint(f.ID)
}

func ownSession(_ *matrix, p *apptest.Person) string {
	var s struct{ Items []struct{ ID int64 } }
	if a := p.Do("GET", "/api/v1/sessions", nil); a.Status == 200 && len(a.Into(&s).Body) > 0 && len(s.Items) > 0 {
		return fmt.Sprint(s.Items[0].ID)
	}
	return "1"
}

// someSession is a living session of somebody like the target account: the
// target's own are ended by others at the same time.
func someSession(m *matrix, _ *apptest.Person) string {
	p := m.Hire(access.Post{Role: "leader", Region: m.community / 1_000_000})
	return fmt.Sprint(p.Account) + " " + ownSession(m, p)
}

func somePost(m *matrix, _ *apptest.Person) string {
	for _, h := range m.Identity.Directory().Holders(access.CaseExport, access.Target{District: int(m.community / 1_000_000)}, m.Today()) {
		if h.Account == m.account {
			return fmt.Sprint(h.Post.ID)
		}
	}
	return "1"
}

// posted is an Open311 report whose fields stand in the query.
func posted(m *matrix, _ *apptest.Person) string {
	return fmt.Sprintf("requests.json?api_key=%s&service_code=E0907&address_id=%d", m.poster.Token, m.community)
}

// visitRule is one that is refused once the question of rights is settled.
var visitRule = apptest.M{"name": "", "why": "", "kind": "visit", "priority": 1, "minutes": 1}

var act = apptest.M{"action": "note", "note": "x", "version": 99}

// calls has every operation of the program. One that is not here fails the
// test: say here how it is called about the target.
var calls = map[string]call{
	"act-on-case":           {path: aCase, body: act, scoped: true, perm: access.CaseRead},
	"act-on-meeting":        {path: aMeeting, body: apptest.M{"action": "nothing", "version": 99}, scoped: true},
	"act-on-whistle":        {path: aWhistle, body: apptest.M{"action": "nothing", "version": 99}, scoped: true},
	"blow-whistle":          {body: empty},
	"list-meetings":         {},
	"list-whistles":         {},
	"meeting-minutes":       {path: aMeeting, scoped: true},
	"meeting-page":          {path: aMeeting, scoped: true},
	"meeting-tasks":         {},
	"plan-meeting":          {body: empty},
	"my-duties":             {},
	"list-grid-cards":       {},
	"grid-card":             {path: about(func(m *matrix) int64 { return m.grid }), scoped: true, absent: true}, // an organisation reaches no grid: see TestCardStaysInScope
	"grid-sheet":            {path: about(func(m *matrix) int64 { return m.grid }), scoped: true, absent: true},
	"calendar":              {},
	"calendar-file":         {},
	"my-inbox":              {},
	"read-inbox":            {body: apptest.M{"up_to": 1}},
	"partner-totals":        {},
	"partner-dues":          {},
	"partner-matches":       {},
	"join-partners":         {body: apptest.M{"need": 1, "resource": 1}, absent: true},
	"volunteer-session":     {path: about(func(m *matrix) int64 { return m.session }), scoped: true},
	"certify-volunteers":    {path: about(func(m *matrix) int64 { return m.session }), body: apptest.M{"version": 99, "came": []int64{}}, scoped: true},
	"volunteer-certificate": {path: about(func(m *matrix) int64 { return m.turn }), scoped: true},
	"whistle-page":          {path: aWhistle, scoped: true},
	"whistle-sums":          {},
	"act-on-cases":          {body: apptest.M{"action": "note", "note": "x", "cases": []apptest.M{{"id": 1, "version": 1}}}},
	"add-post":              {path: account, body: apptest.M{"role": "nonsense"}, scoped: true},
	"answer-plan-request":   {path: aRequest, body: apptest.M{"granted": true, "note": ""}, scoped: true},
	"approve-plan":          {path: aDraft, body: apptest.M{"note": ""}, scoped: true},
	"ask-plan-approval":     {path: aDraft, body: apptest.M{"note": ""}, scoped: true},
	"append-upload":         {path: ownUpload, body: "123", header: append(tus, "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")},
	"audit-heads":           {},
	"audit-trail":           {},
	"cancel-plan-run":       {path: aRun, scoped: true},
	"case-page":             {path: aCase, scoped: true},
	"case-trail":            {path: aCase, scoped: true},
	"change-password":       {body: apptest.M{"old": "not this one", "new": "nor this one"}},
	"classifier":            {city: true},
	"cockpit":               {},
	"compare-plan-drafts":   {path: aDraft, scoped: true},
	"compare-hotline-day":   {body: apptest.M{"day": 20261101}},
	"compare-hotline-list":  {body: "", header: []string{"Content-Type", "text/csv"}},
	"copy-plan-draft":       {body: apptest.M{"from": 1, "name": ""}},
	"create-account":        {body: empty},
	"create-category":       {body: empty},
	"create-key":            {path: account, body: apptest.M{"label": ""}, scoped: true},
	"create-org":            {body: empty},
	"create-plan":           {body: apptest.M{"name": "", "communities": []string{"990101001001"}}},
	"create-upload":         {body: nil, header: append(tus, "Upload-Length", "9")},
	"decline-plan":          {path: aDraft, body: apptest.M{"note": ""}, scoped: true},
	"decide-hotline-order":  {path: text("1"), body: apptest.M{"action": "seen", "version": 1}, absent: true},
	"delete-filter":         {path: ownFilter},
	"door-hints":            {body: apptest.M{"text": "路灯不亮"}},
	"door-photo":            {body: "x", header: []string{"Content-Type", "image/jpeg"}},
	"door-places":           {},
	"draw-callbacks":        {body: apptest.M{"n": 1}},
	"edit-plan-draft":       {path: aDraft, body: apptest.M{"kind": "undo", "version": 99}, scoped: true},
	"end-own-session":       {path: ownSession, ends: true},
	"end-own-sessions":      {ends: true},
	"end-post":              {path: somePost, body: apptest.M{"to": 0}, scoped: true},
	"end-session":           {path: someSession, scoped: true},
	"end-sessions":          {path: account, scoped: true},
	"end-upload":            {path: ownUpload, header: tus},
	"export-cases":          {},
	"export-figure":         {path: text("reported")},
	"figure":                {path: text("reported")},
	"find-places":           {},
	"get-account":           {path: account, scoped: true},
	"get-calendar":          {path: text("2026")},
	"get-file":              {path: aFile, scoped: true},
	"get-hotline-order":     {path: text("1"), absent: true},
	"get-hotline-setting":   {path: text("rules")},
	"get-plan":              {path: aPlan, scoped: true},
	"get-plan-draft":        {path: aDraft, scoped: true},
	"get-routing":           {},
	"get-session":           {},
	"hotline-state":         {},
	"hotline-summary":       {},
	"get-settings":          {},
	"get-thumb":             {path: aFile, scoped: true},
	"import-categories":     {body: "", city: true, header: []string{"Content-Type", "text/csv"}},
	"import-hotline-orders": {body: "", header: []string{"Content-Type", "text/csv"}},
	"list-accounts":         {},
	"list-cases":            {},
	"list-categories":       {},
	"list-figures":          {},
	"list-filters":          {},
	"list-grids":            {},
	"list-hotline-orders":   {},
	"list-hotline-pairs":    {},
	"list-keys":             {path: account, scoped: true},
	"list-nets":             {},
	"list-orgs":             {},
	"list-outbox":           {},
	"list-own-sessions":     {},
	"party-chain":           {},
	"my-liaison":            {},
	"liaison-quarter":       {},
	"plan-liaison-visit":    {path: text("1"), body: apptest.M{"day": "2026-11-30"}, absent: true}, // each leader's own: see TestLeadersVisitTheirOwnGrids
	"record-liaison-visit":  {path: text("1"), body: apptest.M{"done": "2026-11-20", "found": "无"}, absent: true},
	"file-liaison-finding":  {path: text("1"), absent: true},
	"list-plan-communities": {},
	"list-plans":            {},
	"list-regions":          {},
	"list-registers":        {},
	"list-forms":            {},
	"create-form":           {body: empty},
	"change-form":           {path: text("1"), body: apptest.M{"version": 1, "zh": "", "en": "", "fields": []int{}}, absent: true},
	"check-form":            {body: apptest.M{"register": "form_row", "zh": "", "fields": []int{}}},
	"submit-form":           {path: text("1"), body: apptest.M{"version": 1, "burden": 0}, absent: true},
	"return-form":           {path: text("1"), body: apptest.M{"version": 1, "note": "x"}, absent: true},
	"publish-form":          {path: text("1"), body: apptest.M{"version": 1, "burden": 0}, absent: true},
	"close-form":            {path: text("1"), body: apptest.M{"version": 1}, absent: true},
	"list-reports":          {},
	"find-recipients":       {},
	"create-report":         {body: apptest.M{"name": "", "length": "month", "source": "register", "code": "nope"}},
	"change-report":         {path: text("1"), body: apptest.M{"version": 1, "name": "", "length": "month", "source": "register", "code": "nope"}, absent: true}, // each author's own: see TestReports
	"close-report":          {path: text("1"), body: apptest.M{"version": 1}, absent: true},
	"run-report":            {path: text("1"), body: empty, absent: true},
	"list-report-runs":      {},
	"get-report-run":        {path: text("1"), absent: true}, // each recipient's own
	"export-report-run":     {path: text("1"), absent: true},
	"list-roles":            {},
	"list-rule-versions":    {},
	"list-sessions":         {path: account, scoped: true},
	"map-base-layer":        {path: text("water.geojson")},
	"map-grids":             {},
	"map-info":              {},
	"map-tile":              {path: text("5 1 1"), absent: true},
	"my-callbacks":          {},
	"open311-discovery":     {path: text("discovery.json")},
	"open311-list":          {path: text("requests.json")},
	"open311-one":           {path: text("services E0907.xml")},
	"open311-post":          {path: posted},
	"open311-test-list":     {path: text("services.json")},
	"open311-test-one":      {path: text("services E0907.json")},
	"open311-test-post":     {path: posted},
	"place-at":              {},
	"plan-draft-grids":      {path: aDraft, scoped: true},
	"plan-draft-list":       {path: aDraft, scoped: true},
	"plan-draft-pages":      {path: aDraft, scoped: true},
	"plan-units":            {path: aPlan, scoped: true},
	"preview-calendar":      {body: empty},
	"preview-category":      {body: empty},
	"preview-hotline-order": {body: empty},
	"preview-routing":       {body: empty},
	"publish-plan":          {path: aDraft, body: apptest.M{"valid_from": 20990101}, scoped: true},
	"publish-hotline":       {path: text("rules"), body: apptest.M{"version": 99, "body": empty}, city: true},
	"rename-plan-draft":     {path: aDraft, body: apptest.M{"name": ""}, scoped: true},
	"report-case":           {body: empty},
	"register-device":       {body: apptest.M{"id": "0193709a-5b3c-7d2e-8f10-3a5b7c9d1e2f"}},
	"list-devices":          {},
	"lock-device":           {path: text("0193709a-5b3c-7d2e-8f10-3a5b7c9d1e2f"), body: apptest.M{"locked": true}, absent: true},
	"recover-device":        {body: apptest.M{"file": apptest.M{"linli": "", "v": 0, "device": "", "account": 0, "key": "", "commands": []string{}}}},
	"list-conflicts":        {},
	"decide-conflict":       {path: about(func(m *matrix) int64 { return m.conflict }), body: apptest.M{"choice": ""}, scoped: true},
	"sync-changes":          {},
	"sync-snapshot":         {},
	"sync-commands":         {body: apptest.M{"batch": "1", "device": "0193709a-5b3c-7d2e-8f10-3a5b7c9d1e2f", "commands": []apptest.M{{"id": 1}}}},
	"receive-hotline-order": {body: empty, absent: true},
	"reset-password":        {path: account, scoped: true},
	"restore-classifier":    {body: apptest.M{"model": 0}, city: true},
	"retrain-classifier":    {city: true},
	"reveal-reporter":       {path: aCase, body: apptest.M{"purpose": "回访核实"}, scoped: true},
	"revoke-key":            {path: about(func(m *matrix) int64 { return m.key.ID }), scoped: true},
	"save-filter":           {body: empty},
	"send-outbox-again":     {body: apptest.M{"ids": []int64{}}},
	"set-language":          {body: apptest.M{"lang": "zh"}},
	"settle-hotline-pair":   {body: apptest.M{"day": 20261101, "number": "1"}, absent: true},
	"photo-shown":           {path: aFile, scoped: true},
	"show-photo":            {path: aFile, body: apptest.M{"shown": true}, scoped: true},
	"sign-in":               {body: empty},
	"sign-out":              {ends: true},
	"similar-cases":         {},
	"hot-topics":            {},
	"hot-topic":             {path: text("1"), absent: true},
	"make-special-case":     {path: text("1"), body: apptest.M{"cases": []int64{1}, "title": "专项", "text": "专项"}, absent: true},
	"early-signs":           {},
	"decide-sign":           {path: text("1"), body: apptest.M{"version": 1, "state": "taken", "note": ""}, absent: true},
	"split-plan-towers":     {path: aDraft, body: apptest.M{"name": "", "towers": []apptest.M{}}, scoped: true},
	"start-plan-run":        {path: aPlan, body: apptest.M{"min": 500, "max": 300}, scoped: true},
	"suggest":               {body: apptest.M{"text": "路灯不亮"}},
	"undo-plan-publication": {path: aDraft, scoped: true},
	"update-account":        {path: account, body: apptest.M{"version": 99}, scoped: true},
	"update-calendar":       {path: text("2026"), body: empty},
	"update-category":       {path: category, body: empty},
	"update-hours":          {body: empty},
	"update-org":            {path: anOrg, body: apptest.M{"code": "1", "name": "甲", "kind": "department", "region": "990101", "version": 99}, scoped: true},
	"update-region":         {path: func(m *matrix, _ *apptest.Person) string { return fmt.Sprint(m.community) }, body: apptest.M{"name": "新名", "valid_from": 20270101, "version": 99}, scoped: true},
	"update-routing":        {body: empty},
	"update-settings":       {body: empty},
	"upload-plan":           {path: nil, body: "x", header: []string{"Content-Type", "text/csv"}},
	"upload-offset":         {path: ownUpload, header: tus},
	"verify-audit":          {},
	"watch-plan-run":        {path: aRun, stream: true}, // tells nothing to whom the plan is out of reach
	"withdraw-plan":         {path: aDraft, body: apptest.M{"note": ""}, scoped: true},
	"change-visit-rule":     {path: text("1"), body: apptest.M{"base": 1, "rule": visitRule}, absent: true},
	"get-visit":             {path: aVisit, scoped: true},
	"hand-over-visits":      {body: apptest.M{"tasks": []int64{1}, "to": 1, "reason": "休假"}, absent: true},
	"home-looks":            {path: aHome, scoped: true},
	"list-visits":           {},
	"make-visit-rule":       {body: apptest.M{"rule": visitRule}, absent: true},
	"merge-homes":           {path: aHome, body: apptest.M{"into": 1, "reason": ""}, scoped: true},
	"move-out":              {path: aHome, body: apptest.M{"version": 99, "reason": "搬走"}, scoped: true},
	"my-visits":             {},
	"postpone-visits":       {body: apptest.M{"tasks": []int64{1}, "until": 20261201, "reason": "外出"}, absent: true},
	"preview-visit-rule":    {body: apptest.M{"rule": visitRule}, absent: true},
	"record-visit":          {body: apptest.M{"client": "not-a-uuid", "outcome": "fine"}},
	"visit-progress":        {},
	"visit-rule-versions":   {path: text("1"), absent: true},
	"visit-rules":           {},
	"visit-tasks":           {},
	"visit-workers":         {},
	"watch-cases":           {stream: true},

	"list-pay-rules":         {},
	"set-pay-rule":           {body: apptest.M{"district": 990101, "from": 0, "name": "规则", "items": []apptest.M{}}},
	"list-pay-runs":          {},
	"prepare-pay-run":        {body: apptest.M{"street": "990101001", "month": 0}},
	"get-pay-run":            {path: payRun, scoped: true},
	"act-on-pay-run":         {path: payRun, body: apptest.M{"action": "submit", "version": 99}, scoped: true},
	"export-pay-run":         {path: payRun, scoped: true},
	"correct-pay-slip":       {path: paySlip, body: apptest.M{"amount": 0, "reason": ""}, scoped: true},
	"my-pay":                 {},
	"my-training":            {},
	"staff-summary":          {},
	"hire-candidate":         {path: text("1"), body: apptest.M{"login": "x", "grid_id": 1, "number": "1", "from": 20261101, "to": 20261102}, absent: true},
	"staff-handover":         {path: text("1"), absent: true},
	"hand-over-work":         {path: text("1"), body: apptest.M{"to": 1}, absent: true},
	"my-handovers":           {},
	"list-staff-rounds":      {},
	"get-staff-round":        {path: text("1"), absent: true},
	"act-on-staff-round":     {path: text("1"), body: apptest.M{"action": "announce", "version": 1}, absent: true},
	"act-on-candidate":       {path: text("1"), body: apptest.M{"action": "qualify", "version": 1}, absent: true},
	"staff-training":         {},
	"whistle-file":           {path: text("1 1"), absent: true},
	"get-training-session":   {path: text("1"), absent: true},
	"mark-training-session":  {path: text("1"), body: apptest.M{"items": []apptest.M{{"account": 1, "attended": "present"}}}, absent: true},
	"list-indicators":        {},
	"list-appraisals":        {},
	"publish-appraisal":      {body: apptest.M{"region": "990101", "name": "", "from": 0, "to": 0, "criteria": []apptest.M{}, "sample": 1, "appeal_days": 5}},
	"get-appraisal":          {path: appraisal, scoped: true},
	"act-on-appraisal":       {path: appraisal, body: apptest.M{"action": "draw", "version": 99}, scoped: true},
	"appraisal-draw":         {path: appraisal},
	"get-appraisal-sheet":    {path: text("1"), absent: true},
	"act-on-appraisal-sheet": {path: text("1"), body: apptest.M{"action": "decide", "version": 1}, absent: true},
	"list-appraisal-calls":   {},
	"answer-appraisal-call":  {path: text("1"), body: apptest.M{"reached": false}, absent: true},
	"my-appraisals":          {},
	"act-on-my-appraisal":    {path: text("1"), body: apptest.M{"action": "comment", "version": 1, "text": "x"}, absent: true},
}

// fill puts the parts, in order, into the path.
func fill(t *testing.T, op matrixtest.Op, parts string) string {
	t.Helper()
	var out []string
	left := strings.Fields(parts)
	for _, s := range strings.Split(op.Path, "/") {
		if strings.HasPrefix(s, "{") && s != "{$}" {
			if len(left) == 0 {
				t.Fatalf("%s: nothing to put into %s of %s", op.ID, s, op.Path)
			}
			s, left = left[0], left[1:]
		}
		out = append(out, s)
	}
	return strings.TrimSuffix(strings.Join(out, "/"), "{$}")
}

// TestMatrix calls every operation as every role in every relation to a case,
// a file, an account, an organisation and a region of the target place.
func TestMatrix(t *testing.T) {
	t.Parallel()
	m := &matrix{City: apptest.SQLite(t)}
	w := m.World()
	m.org, m.community, m.grid = w.Target.Org, w.Target.Community, w.Target.Grid
	desk := m.Hire(access.Post{Role: "district_desk", Region: w.Target.District})
	leader := m.Hire(access.Post{Role: "leader", Region: w.Target.District})
	m.account = leader.Account
	m.poster = m.Key(access.Post{Role: "client", Region: w.Target.District})
	m.key = m.Key(access.Post{Role: "client", Region: w.Target.District})
	photo := desk.Photo("现场.jpg")
	m.category = leafWith(t, m.City, plain).ID
	made := desk.Report(apptest.M{"text": "路灯不亮", "place": spot(w.Target), "category_id": m.category, "files": []int64{photo}, "reporter": apptest.M{"name": "张三", "phone": "13900000000"}})
	m.caseID, m.file = made.ID, photo
	desk.Act(made.ID, "file", nil)
	desk.Act(made.ID, "dispatch", apptest.M{"lead": w.Target.Org})

	m.conflict = conflictOn(m.City, made.ID)

	planner := m.Hire(access.Post{Role: "planner", Region: w.Target.District})
	page := planOf(t, planner, w.Target.Community)
	m.plan, m.run = page.ID, page.Runs[0].ID
	var draft planDraft
	planner.Do("POST", "/api/v1/plan-drafts", apptest.M{"from": page.Drafts[0].ID, "name": "草稿"}).Want(201).Into(&draft)
	m.draft = draft.ID

	m.home = sampleRow(t, m.City, w.Target, "home")
	visit, err := m.Patrol.Record(t.Context(), apptest.Everything, patrol.Visit{Client: "00000000-0000-7000-8000-000000000001", Home: m.home, Outcome: patrol.Fine})
	if err != nil {
		t.Fatal(err)
	}
	m.visit = visit.ID
	m.payRun, m.paySlip, m.appraisal = staffed(t, m.City, w.Target)
	m.whistle, m.meeting = called(m.City, w.Target)
	m.session, m.turn = sampleRow(t, m.City, w.Target, "volunteer_session"), sampleRow(t, m.City, w.Target, "volunteer_turn")

	m.calls = maps.Clone(calls)
	registers := 0
	var ops []matrixtest.Op
	for _, op := range m.Web.Ops() {
		c, known := calls[op.ID]
		if !known && strings.HasPrefix(op.Path, "/api/v1/ledger/") {
			c, known = ofRegister(t, m.City, w.Target, op), true
			registers++
			m.calls[op.ID] = c
		}
		if !known {
			t.Errorf("the matrix does not know how to call %s (%s %s): add it to calls", op.ID, op.Method, op.Path)
			continue
		}
		ops = append(ops, matrixtest.Op{ID: op.ID, Method: op.Method, Path: op.Path, Policy: op.Policy, Scoped: c.scoped, Perm: c.perm})
	}
	if len(ops)-registers != len(calls) {
		t.Errorf("%d operations, %d calls: a call in the table names no operation", len(ops)-registers, len(calls))
	}
	cells, err := matrixtest.Matrix(ops, w)
	if err != nil {
		t.Fatal(err)
	}
	byFixture, order := map[string][]matrixtest.Cell{}, []string{}
	for _, c := range cells {
		if byFixture[c.Fixture.Name] == nil {
			order = append(order, c.Fixture.Name)
		}
		byFixture[c.Fixture.Name] = append(byFixture[c.Fixture.Name], c)
	}
	t.Logf("%d operations, %d people, %d cells", len(ops), len(order), len(cells))
	for _, name := range order {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var who *apptest.Person
			if f := byFixture[name][0].Fixture; f.Actor == nil {
				who = m.Nobody().For(t)
			} else {
				who = m.Hire(f.Actor.Posts...).For(t)
			}
			for _, c := range byFixture[name] {
				m.check(t, who, c)
			}
		})
	}
}

func (m *matrix) check(t *testing.T, who *apptest.Person, c matrixtest.Cell) {
	t.Helper()
	how := m.calls[c.Op.ID]
	if how.ends && who.Token != "" {
		who = m.Hire(c.Fixture.Actor.Posts...).For(t)
	}
	parts := ""
	if how.path != nil {
		parts = how.path(m, who)
	}
	send := who.Do
	if how.stream {
		send = who.Head
	}
	if how.city && c.Want == matrixtest.Allow && c.Fixture.Actor.Posts[0].Region != m.Atlas.City().Code {
		c.Want = matrixtest.Hide
	}
	a := send(c.Op.Method, fill(t, c.Op, parts), how.body, how.header...)
	switch {
	case a.Status == http.StatusMethodNotAllowed, a.Status == http.StatusUnsupportedMediaType, a.Status == http.StatusBadRequest:
		t.Errorf("%s as %s: the call is not understood: %d %s", c.Op.ID, c.Fixture.Name, a.Status, a.Body)
		return
	case how.absent && c.Want == matrixtest.Allow && a.Status == http.StatusNotFound:
		return
	}
	if err := c.Check(a.Status); err != nil {
		t.Errorf("%v: %.300s", err, a.Body)
	}
}

// TestPostEndsAtOnce: with the post ends what it allowed, in the middle of a
// session, for lists, pages, acts and a stream that is open.
func TestPostEndsAtOnce(t *testing.T) {
	t.Parallel()
	c := apptest.SQLite(t)
	w := c.World()
	p := c.Hire(access.Post{Role: "dispatcher", Region: w.Target.Street})
	security := c.Hire(access.Post{Role: "security", Region: w.Target.City})
	made := p.Report(apptest.M{"text": "井盖松动", "place": spot(w.Target)})
	events := p.Watch()
	colleague := c.Hire(access.Post{Role: "dispatcher", Region: w.Target.Street})
	var info struct{ Posts []struct{ ID int64 } }
	security.Do("GET", fmt.Sprintf("/api/v1/accounts/%d", p.Account), nil).Want(200).Into(&info)
	security.Do("PATCH", fmt.Sprintf("/api/v1/posts/%d", info.Posts[0].ID), apptest.M{"to": c.Today()}).Want(200)
	colleague.Report(apptest.M{"text": "岗位结束以后", "place": spot(w.Target)})
	for e := range events { // the stream ends with the next event, which it does not show
		if e.ID != made.ID {
			t.Errorf("an open stream shows %+v", e)
		}
	}
	for _, q := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/api/v1/cases", nil}, {"GET", fmt.Sprintf("/api/v1/cases/%d", made.ID), nil},
		{"POST", "/api/v1/cases", apptest.M{"text": "x"}}, {"POST", fmt.Sprintf("/api/v1/cases/%d/actions", made.ID), act},
		{"GET", "/api/v1/cases/export.xlsx", nil}, {"GET", "/api/v1/cases/stream", nil},
	} {
		if a := p.Do(q.method, q.path, q.body); a.Status != http.StatusForbidden {
			t.Errorf("%s %s after the post ended: %d %.200s", q.method, q.path, a.Status, a.Body)
		}
	}
	p.Do("GET", "/api/v1/session", nil).Want(200) // the account itself lives on
}

// TestFirstPassword: whoever has a given password sets an own one first.
func TestFirstPassword(t *testing.T) {
	t.Parallel()
	c := apptest.SQLite(t)
	w := c.World()
	security := c.Hire(access.Post{Role: "security", Region: w.Target.City})
	login := "newcomer"
	var made struct {
		Password string
		Account  struct{ ID int64 }
	}
	security.Do("POST", "/api/v1/accounts", apptest.M{"login": login, "name": "新人", "posts": []apptest.M{{"role": "operator", "region": fmt.Sprint(w.Target.City)}}}).Want(201).Into(&made)
	var in struct {
		Token string
		Me    struct {
			Must bool `json:"must_change_password"`
		}
	}
	c.Nobody().Do("POST", "/api/v1/session", apptest.M{"login": login, "password": made.Password}).Want(200).Into(&in)
	p := c.Nobody()
	p.Token = in.Token
	if !in.Me.Must {
		t.Error("the page is not told that the password must be changed")
	}
	for _, op := range c.Web.Ops() {
		if len(op.Policy.Perms()) == 0 {
			continue
		}
		path := fill(t, matrixtest.Op{ID: op.ID, Path: op.Path}, "1 1 1")
		if a := p.Do(op.Method, path, nil); a.Status != http.StatusForbidden || op.Method != "HEAD" && a.Problem().Code != "password_change_required" {
			t.Errorf("%s: %d %.200s", op.ID, a.Status, a.Body)
		}
	}
	p.Do("POST", "/api/v1/session/password", apptest.M{"old": made.Password, "new": "湖边的三棵银杏 77"}).Want(200)
	p.Do("GET", "/api/v1/cases", nil).Want(200)
}
