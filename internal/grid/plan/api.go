package plan

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"strconv"
	"time"

	"linli/internal/grid/planning"
	"linli/internal/grid/planning/render"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// API adds the room's operations.
func (s *Service) API(r *web.Router) {
	const v1 = "/api/v1"
	look := access.Needs(access.PlanWrite, access.PlanApprove, access.RegionWrite)
	write, approve, publish := access.Needs(access.PlanWrite), access.Needs(access.PlanApprove), access.Needs(access.RegionWrite)
	op := func(id, method, path string, p access.Policy, zh, en string) web.Op {
		return web.Op{ID: id, Method: method, Path: v1 + path, Policy: p, Tags: []string{"plans"}, Summary: zh, SummaryEN: en}
	}
	made := func(o web.Op) web.Op { o.Status = http.StatusCreated; return o }
	sends := func(o web.Op, what string) web.Op { o.Produces = what; return o }
	slow := func(o web.Op) web.Op { o.Timeout = 2 * time.Minute; return o }
	web.Register(r, op("list-plan-communities", "GET", "/plan-communities", write, "可规划的社区", "Communities that can be planned"), s.apiCommunities)
	web.Register(r, op("list-plans", "GET", "/plans", look, "网格规划列表", "List plans"), s.apiPlans)
	web.Register(r, slow(made(op("create-plan", "POST", "/plans", write, "新建网格规划", "Make a plan of communities as they are today"))), s.apiCreate)
	take := sends(slow(made(op("upload-plan", "POST", "/plan-uploads", write, "用楼栋表新建规划（Excel、CSV、GeoJSON）", "Make a plan with the buildings of a file"))), "application/json")
	take.Body, take.Params, take.Answers = maxUpload, uploadIn{}, []int{404, 409, 413}
	take.Takes = []string{web.XLSX, "text/csv", "application/geo+json", "application/octet-stream"}
	web.Handle(r, take, s.upload)
	web.Register(r, op("get-plan", "GET", "/plans/{id}", look, "网格规划", "A plan with its runs and drafts"), s.apiPlan)
	web.Handle(r, sends(slow(op("plan-units", "GET", "/plans/{id}/units", look, "规划单元（楼栋）", "The units of a plan")), "application/json"), s.serveUnits)
	web.Register(r, made(op("start-plan-run", "POST", "/plans/{id}/runs", write, "开始规划计算", "Start a run in the background")), s.apiStart)
	web.Register(r, op("cancel-plan-run", "DELETE", "/plans/{id}/runs/{run}", write, "停止规划计算", "Stop a run; what it has is kept"), s.apiCancel)
	web.Stream(r, op("watch-plan-run", "GET", "/plans/{id}/runs/{run}/stream", look, "规划计算进度", "The progress of a run"), s.watchRun)
	web.Register(r, made(op("copy-plan-draft", "POST", "/plan-drafts", write, "另存为草稿", "Make an editable draft of a result or draft")), s.apiCopy)
	web.Register(r, slow(op("get-plan-draft", "GET", "/plan-drafts/{id}", look, "方案", "A draft with its grids, figures and decisions")), s.apiDraft)
	web.Register(r, op("rename-plan-draft", "PATCH", "/plan-drafts/{id}", write, "重命名草稿", "Rename a draft"), s.apiRename)
	web.Register(r, op("edit-plan-draft", "POST", "/plan-drafts/{id}/edits", write, "修改草稿", "Edit a draft and see the effect"), s.apiEdit)
	web.Register(r, op("answer-plan-request", "POST", "/plan-drafts/{id}/requests/{request}", approve, "答复方案中的请求", "Grant or refuse what a draft asks for"), s.apiAnswer)
	web.Register(r, slow(made(op("split-plan-towers", "POST", "/plan-drafts/{id}/towers", write, "按单元拆分楼栋，另立规划", "Split units by their entrances: a new plan with this draft"))), s.apiTowers)
	web.Handle(r, sends(slow(op("plan-draft-grids", "GET", "/plan-drafts/{id}/grids.geojson", look, "方案网格边界", "The grids of a draft as GeoJSON")), "application/geo+json"), s.serveGrids)
	web.Register(r, slow(op("compare-plan-drafts", "GET", "/plan-drafts/{id}/compare", look, "方案对比", "Compare a draft with today's grids or another draft")), s.apiCompare)
	printed := func(id, name, what, zh, en string, write func(io.Writer, render.View) error) {
		o := sends(slow(op(id, "GET", "/plan-drafts/{id}/"+name, look, zh, en)), what)
		o.Params, o.Answers = fileIn{}, []int{404, 409, 422}
		web.Handle(r, o, s.file(path.Ext(name), what, write))
	}
	printed("plan-draft-list", "grids.xlsx", web.XLSX, "网格清单（Excel）", "The list of grids as Excel", render.Excel)
	printed("plan-draft-pages", "grids.pdf", "application/pdf", "每格一页的网格图（PDF）", "One printable map page a grid", render.PDF)
	decide := func(id, path, kind string, p access.Policy, zh, en string) {
		web.Register(r, slow(op(id, "POST", "/plan-drafts/{id}/"+path, p, zh, en)), func(ctx context.Context, scope access.Scope, in *decideIn) (*draftOut, error) {
			if err := s.Decide(ctx, scope, in.ID, kind, in.Body.Note); err != nil {
				return nil, err
			}
			return s.draftOut(ctx, scope, in.ID)
		})
	}
	decide("ask-plan-approval", "ask", Ask, write, "送审", "Hand a draft in for approval")
	decide("withdraw-plan", "withdraw", Withdraw, write, "撤回送审", "Withdraw a draft")
	decide("approve-plan", "approve", Approve, approve, "批准", "Approve a draft; two persons must")
	decide("decline-plan", "decline", Decline, approve, "退回", "Decline a draft")
	web.Register(r, slow(op("publish-plan", "POST", "/plan-drafts/{id}/publication", publish, "发布方案", "Publish an approved draft from a day on")), s.apiPublish)
	web.Register(r, slow(op("undo-plan-publication", "DELETE", "/plan-drafts/{id}/publication", publish, "撤回发布", "Take a publication back before its day")), s.apiUndo)
}

func sendJSON(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(body)
}

func regionCode(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n } // patterns allow digits only

func digits(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

type communitiesIn struct {
	Region string `query:"region" pattern:"^([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})?$"`
}

type communityItem struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	Street      string `json:"street" doc:"Code"`
	StreetName  string `json:"street_name"`
	Households  int    `json:"households"`
	Grids       int    `json:"grids" doc:"Basic grids today"`
	OutOfBounds int    `json:"out_of_bounds" doc:"Of those, with fewer than 300 or more than 500 households"`
}

type communitiesOut struct {
	Body struct {
		Items []communityItem `json:"items"`
	}
}

func (s *Service) apiCommunities(_ context.Context, scope access.Scope, in *communitiesIn) (*communitiesOut, error) {
	out := &communitiesOut{}
	out.Body.Items = []communityItem{}
	for _, c := range s.City.Communities(regionCode(in.Region)) {
		if scope.Covers(access.Target{District: int(c.Code / 1_000_000), Street: c.Code / 1000, Community: c.Code}) {
			out.Body.Items = append(out.Body.Items, communityItem{digits(c.Code), c.Name, digits(c.Code / 1000), c.StreetName, c.Households, c.Grids, c.OutOfBounds})
		}
	}
	return out, nil
}

type person struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

func (s *Service) person(id int64) person { return person{id, s.People.Account(id)} }

func instant(t int64) string {
	if t == 0 {
		return ""
	}
	return time.UnixMicro(t).In(time.FixedZone("", 8*3600)).Format(time.RFC3339)
}

type planItem struct {
	ID          int64    `json:"id"`
	Name        string   `json:"name"`
	Source      string   `json:"source" enum:"city,upload"`
	Communities []string `json:"communities" doc:"Codes"`
	Units       int      `json:"units"`
	Households  int      `json:"households"`
	CreatedBy   person   `json:"created_by"`
	CreatedAt   string   `json:"created_at"`
}

func (s *Service) planItem(p *Plan) planItem {
	x := planItem{ID: p.ID, Name: p.Name, Source: p.Source, Units: p.Units, Households: p.Households, CreatedBy: s.person(p.CreatedBy), CreatedAt: instant(p.CreatedAt), Communities: make([]string, len(p.Communities))}
	for i, c := range p.Communities {
		x.Communities[i] = digits(c)
	}
	return x
}

type plansOut struct {
	Body struct {
		Items []planItem `json:"items"`
	}
}

func (s *Service) apiPlans(ctx context.Context, scope access.Scope, _ *struct{}) (*plansOut, error) {
	list, err := s.plans(ctx, scope)
	if err != nil {
		return nil, err
	}
	out := &plansOut{}
	out.Body.Items = make([]planItem, len(list))
	for i, p := range list {
		out.Body.Items[i] = s.planItem(p)
	}
	return out, nil
}

type createIn struct {
	Body struct {
		Name        string   `json:"name" maxLength:"60"`
		Communities []string `json:"communities" minItems:"1" maxItems:"5000" nullable:"false" doc:"Codes"`
	}
}

type planOut struct{ Body planPage }

type planPage struct {
	planItem
	Today   Measured    `json:"today" doc:"What today's grids come to"`
	Remarks []remark    `json:"remarks" doc:"What the data check found"`
	Runs    []runItem   `json:"runs"`
	Drafts  []draftItem `json:"drafts"`
}

type remark struct {
	Row       int    `json:"row,omitempty" doc:"In the uploaded file, headings included"`
	What      string `json:"what" doc:"The building or community it is about"`
	Problem   string `json:"problem"`
	Treatment string `json:"treatment"`
}

type runItem struct {
	ID        int64      `json:"id"`
	Status    string     `json:"status" enum:"running,finished,cancelled,failed"`
	Options   RunOptions `json:"options"`
	Progress  Progress   `json:"progress"`
	StartedBy person     `json:"started_by"`
	StartedAt string     `json:"started_at"`
	EndedAt   string     `json:"ended_at,omitempty"`
}

type draftItem struct {
	ID        int64        `json:"id"`
	Plan      int64        `json:"plan"`
	Run       int64        `json:"run"`
	Name      string       `json:"name"`
	Status    string       `json:"status" enum:"result,draft,asked,approved,published"`
	Version   int          `json:"version"`
	Options   DraftOptions `json:"options"`
	Figures   Measured     `json:"figures"`
	Bounds    Bounds       `json:"bounds"`
	ChangedAt string       `json:"changed_at"`
}

func (s *Service) runItem(r *Run) runItem {
	return runItem{r.ID, r.Status, r.Options, r.Progress, s.person(r.StartedBy), instant(r.StartedAt), instant(r.EndedAt)}
}

func draftItemOf(d *draft, sh *sheet) draftItem {
	return draftItem{d.ID, d.Plan, d.Run, d.Name, d.Status, d.Version, d.Options, sh.measureAll(), d.Report.Bounds, instant(d.ChangedAt)}
}

func (s *Service) apiCreate(ctx context.Context, scope access.Scope, in *createIn) (*planOut, error) {
	codes := make([]int64, len(in.Body.Communities))
	for i, c := range in.Body.Communities {
		codes[i] = regionCode(c)
		if codes[i] < 1e11 || codes[i] >= 1e12 {
			return nil, errs.NotFound.New()
		}
	}
	p, err := s.Create(ctx, scope, in.Body.Name, codes)
	if err != nil {
		return nil, err
	}
	return s.planOut(ctx, scope, p)
}

type idIn struct {
	ID int64 `path:"id"`
}

func (s *Service) apiPlan(ctx context.Context, scope access.Scope, in *idIn) (*planOut, error) {
	p, err := s.planByID(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return s.planOut(ctx, scope, p)
}

func (s *Service) planOut(ctx context.Context, scope access.Scope, p *Plan) (*planOut, error) {
	out := &planOut{planPage{planItem: s.planItem(p), Remarks: []remark{}, Runs: []runItem{}, Drafts: []draftItem{}}}
	g, err := s.groundOf(ctx, p.District, p.ID)
	if err != nil {
		return nil, err
	}
	if g.hasOld() {
		out.Body.Today = newSheet(g, g.Old, planning.DefaultMin, planning.DefaultMax).measureAll()
	}
	for _, f := range g.Findings {
		text := words(f.ZH, f.EN).In(web.Lang(ctx))
		out.Body.Remarks = append(out.Body.Remarks, remark{f.Row, f.Object, text, f.Treatment.Words().In(web.Lang(ctx))})
	}
	runs, err := s.runsOf(ctx, p, " ORDER BY id DESC LIMIT 20")
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		out.Body.Runs = append(out.Body.Runs, s.runItem(r))
	}
	drafts, err := s.draftsOf(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, d := range drafts {
		if err := s.with(ctx, scope, d.ID, func(d *draft, _ *Plan, sh *sheet) error {
			out.Body.Drafts = append(out.Body.Drafts, draftItemOf(d, sh))
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type startIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Min     int      `json:"min,omitempty" minimum:"1" maximum:"100000" default:"300" doc:"Fewest households of a grid"`
		Max     int      `json:"max,omitempty" minimum:"1" maximum:"100000" default:"500" doc:"Most households of a grid"`
		K       string   `json:"k,omitempty" enum:"min,target" default:"min" doc:"As few grids as possible, or as near the target as possible"`
		Target  int      `json:"target,omitempty" minimum:"1" maximum:"100000" default:"400" doc:"Households of a grid, with k target"`
		Keep    int      `json:"keep,omitempty" minimum:"0" maximum:"100" default:"50" doc:"How much today's grids count, percent"`
		Styles  []string `json:"styles,omitempty" nullable:"false" maxItems:"4" enum:"compact,compounds,balanced,least-change" doc:"All four if left out"`
		Seconds int      `json:"seconds,omitempty" minimum:"1" maximum:"600" default:"20" doc:"For all plans of the run together"`
	}
}

type runOut struct{ Body runItem }

func (s *Service) apiStart(ctx context.Context, scope access.Scope, in *startIn) (*runOut, error) {
	b := in.Body
	r, err := s.Start(ctx, scope, in.ID, RunOptions{Options{b.Min, b.Max, b.K, b.Target, b.Keep}, b.Styles, b.Seconds})
	if err != nil {
		return nil, err
	}
	return &runOut{s.runItem(r)}, nil
}

type runIn struct {
	ID  int64 `path:"id"`
	Run int64 `path:"run"`
}

func (s *Service) apiCancel(ctx context.Context, scope access.Scope, in *runIn) (*struct{}, error) {
	return nil, s.Cancel(ctx, scope, in.ID, in.Run)
}

// watchRun sends a run as it goes on, until it ends.
func (s *Service) watchRun(ctx context.Context, scope access.Scope, _ string, req *http.Request, send func(web.Event) error) error {
	id, run := regionCode(req.PathValue("id")), regionCode(req.PathValue("run"))
	p, err := s.planByID(ctx, scope, id)
	if err != nil {
		return err
	}
	t := time.NewTicker(beat)
	defer t.Stop()
	for {
		r, err := one(s.runsOf(ctx, p, " AND id = ?", run))
		if err != nil {
			return err
		}
		if err := send(web.Event{Name: "run", Data: s.runItem(r)}); err != nil {
			return err
		}
		if r.Status != running {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}
