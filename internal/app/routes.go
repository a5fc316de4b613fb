package app

import (
	"context"
	"net/http"
	"strconv"

	"linli/internal/figures/metric"
	"linli/internal/grid/region"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/web"
	webui "linli/web"
)

const filesPath = "/api/v1/files/"

// Routes makes the router with every operation of every room.
func (a *App) Routes() error {
	proxies, err := a.opt.Proxies()
	if err != nil {
		return err
	}
	lim := a.opt.Limits
	a.Web = web.New(web.Options{Version: a.opt.Version, Auth: a.Identity, Log: a.opt.Log, Today: a.Today, Ready: a.DB.Ready, DB: a.DB, Rate: lim.PerSecond(), Burst: lim.Burst,
		MaxInFlight: lim.InFlight, StreamsPerUser: lim.StreamsPerUser, TrustedProxies: proxies})
	a.Identity.Register(a.Web)
	a.Atlas.Register(a.Web, region.NewTiles(a.opt.Tianditu.Key))
	a.Plan.API(a.Web)
	a.Rulebook.Register(a.Web, past{a.Cases})
	a.Cases.API(a.Web, metric.Masks)
	a.Metric.API(a.Web)
	a.Reports.API(a.Web)
	a.Classify.API(a.Web)
	a.Open311.Register(a.Web)
	a.Topics.API(a.Web)
	a.Outbox.API(a.Web)
	a.Door.API(a.Web)
	a.Hotline.API(a.Web)
	a.Ledger.API(a.Web)
	a.Homes.API(a.Web)
	a.Patrol.API(a.Web)
	a.Party.API(a.Web)
	a.Liaison.API(a.Web)
	a.Sync.API(a.Web)
	a.Staff.API(a.Web)
	a.Whistles.API(a.Web)
	a.Partners.API(a.Web)
	a.Agenda.API(a.Web)
	a.cards().API(a.Web)
	a.fileRoutes()
	a.auditRoutes()
	return a.pages()
}

// pages serves the desk and the residents' pages.
func (a *App) pages() error {
	site, err := web.Static(webui.Files())
	if err != nil {
		return err
	}
	a.Web.Mux().Handle("/", site)
	a.Door.Pages(a.Web)
	a.Partners.Pages(a.Web, func() string { return a.Atlas.City().Name })
	return nil
}

// uploader says whose upload it is: anybody's who may put files on a case.
func (a *App) uploader(r *http.Request) (int64, error) {
	who := web.Actor(r.Context())
	if who == nil {
		return 0, errs.Unauthorized.New()
	}
	return who.Account, nil
}

func (a *App) fileRoutes() {
	upload := a.Files.Handler()
	writes := access.Needs(append(a.Ledger.Writers(), access.CaseReport, access.CaseOnsite, access.CaseHandle, access.CaseVerify, access.CaseTriage, access.WhistleAnswer)...)
	type tus struct {
		Version string `header:"Tus-Resumable" required:"true" enum:"1.0.0"`
	}
	type create struct {
		Version  string `header:"Tus-Resumable" required:"true" enum:"1.0.0"`
		Length   int64  `header:"Upload-Length" required:"true" minimum:"1" doc:"bytes"`
		Metadata string `header:"Upload-Metadata" doc:"tus pairs: filename; key, the client's own name for the upload, by which creating it again goes on with it; sha256 in hexadecimal"`
	}
	type write struct {
		Version string `header:"Tus-Resumable" required:"true" enum:"1.0.0"`
		Offset  int64  `header:"Upload-Offset" required:"true" minimum:"0" doc:"bytes that are there already"`
	}
	bytes := []string{"application/offset+octet-stream"}
	for _, op := range []web.Op{
		{ID: "create-upload", Method: "POST", Path: filesPath + "{$}", Status: http.StatusCreated, Params: create{}, Answers: []int{412, 507}, Summary: "开始上传（tus）", SummaryEN: "Begin an upload (tus 1.0)"},
		{ID: "append-upload", Method: "PATCH", Path: filesPath + "{id}", Status: http.StatusNoContent, Params: write{}, Takes: bytes, Answers: []int{412, 423, 507}, Summary: "继续上传", SummaryEN: "Continue an upload"},
		{ID: "upload-offset", Method: "HEAD", Path: filesPath + "{id}", Params: tus{}, Answers: []int{412, 423}, Summary: "查询上传进度", SummaryEN: "How far an upload came"},
		{ID: "end-upload", Method: "DELETE", Path: filesPath + "{id}", Status: http.StatusNoContent, Params: tus{}, Answers: []int{412, 423}, Summary: "取消上传", SummaryEN: "Give an upload up"},
	} {
		op.Policy, op.Tags, op.Body, op.Timeout = writes, []string{"files"}, files.MaxBytes+4096, -1
		web.Handle(a.Web, op,
			func(_ context.Context, _ access.Scope, w http.ResponseWriter, req *http.Request) error {
				upload.ServeHTTP(w, req)
				return nil
			})
	}
	get := func(size files.Size) func(context.Context, access.Scope, http.ResponseWriter, *http.Request) error {
		return func(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
			id, err := strconv.ParseInt(req.PathValue("id"), 10, 64)
			if err != nil {
				return errs.NotFound.New()
			}
			if err := a.mayRead(ctx, scope, id); err != nil {
				return err
			}
			c, err := a.Files.Open(ctx, id, size)
			if err != nil {
				return err
			}
			c.ServeHTTP(w, req)
			return nil
		}
	}
	read := access.Needs(access.CaseRead)
	web.Handle(a.Web, web.Op{ID: "get-file", Method: "GET", Path: filesPath + "{id}", Policy: read, Tags: []string{"files"}, Produces: "image/jpeg, application/pdf, audio/webm, audio/ogg, audio/mp4", Summary: "查看附件", SummaryEN: "A file"}, get(files.Full))
	web.Handle(a.Web, web.Op{ID: "get-thumb", Method: "GET", Path: filesPath + "{id}/thumb", Policy: read, Tags: []string{"files"}, Produces: "image/jpeg", Summary: "附件缩略图", SummaryEN: "A file's thumbnail"}, get(files.Thumb))
}

// mayRead: a case's file is read by who may read the case; one that hangs on
// nothing yet by its owner.
func (a *App) mayRead(ctx context.Context, scope access.Scope, id int64) error {
	f, err := a.Files.Meta(ctx, id)
	if err != nil {
		return err
	}
	if f.Kind == "case" {
		_, _, _, err := a.Cases.ByID(ctx, scope, f.Object)
		return err
	}
	if f.Kind == "visit" {
		visits, err := scope.For(access.VisitRead)
		if err != nil {
			return errs.NotFound.New()
		}
		_, err = a.Patrol.VisitByID(ctx, visits, f.Object)
		return err
	}
	if f.Object == 0 && f.Owner == scope.Account() {
		return nil
	}
	return errs.NotFound.New()
}
