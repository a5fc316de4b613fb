package plan

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"linli/internal/grid/planning/prepare"
	"linli/internal/grid/planning/render"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// maxUpload bounds a list of buildings: a city's footprints.
const maxUpload = 64 << 20

// kinds of file that can be handed in, by the end of their name.
var kinds = []string{".csv", ".xlsx", ".geojson", ".json"}

type uploadIn struct {
	Name        string `query:"name" required:"true" doc:"Name of the plan"`
	Communities string `query:"communities" required:"true" doc:"Comma list of codes"`
	File        string `query:"file" required:"true" doc:"Name of the file; its end tells the kind: .csv, .xlsx, .geojson"`
	CRS         string `query:"crs" enum:"wgs84,gcj02,bd09" default:"wgs84" doc:"Coordinate system of the file"`
}

// upload takes the file itself as the body.
func (s *Service) upload(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	q := req.URL.Query()
	system := prepare.System(q.Get("crs"))
	if system == prepare.Metres {
		system = "unknown" // the city has its own places in degrees; the reader refuses with words
	}
	ext := strings.ToLower(filepath.Ext(q.Get("file")))
	if !slices.Contains(kinds, ext) {
		return errs.Invalid.New("field", words("文件", "file"), "remedy", words("请选择 Excel（.xlsx）、CSV 或 GeoJSON 文件。", "choose an Excel (.xlsx), CSV or GeoJSON file.")).In("file")
	}
	var codes []int64
	for c := range strings.SplitSeq(q.Get("communities"), ",") {
		n := regionCode(c)
		if n < 1e11 || n >= 1e12 {
			return NoPlace.New().In("communities")
		}
		codes = append(codes, n)
	}
	f, err := os.CreateTemp("", "linli-plan-*"+ext)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // it was read
	_, err = io.Copy(f, req.Body)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	p, err := s.Upload(ctx, scope, q.Get("name"), codes, f.Name(), system)
	if err != nil {
		return err
	}
	page, err := s.planOut(ctx, scope, p)
	if err != nil {
		return err
	}
	return sendJSON(w, http.StatusCreated, page.Body)
}

type fileIn struct {
	Street string `query:"street" doc:"Only the grids of this street, by code"`
}

// file writes one of the printed forms of a draft: for the whole plan or a street of it.
func (s *Service) file(kind, contentType string, write func(io.Writer, render.View) error) func(context.Context, access.Scope, http.ResponseWriter, *http.Request) error {
	return func(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
		street := regionCode(req.URL.Query().Get("street"))
		var v render.View
		if err := s.with(ctx, scope, regionCode(req.PathValue("id")), func(_ *draft, p *Plan, sh *sheet) (err error) {
			v, err = s.view(ctx, p, sh, street)
			return err
		}); err != nil {
			return err
		}
		var b bytes.Buffer
		if err := write(&b, v); err != nil {
			return err
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(v.Title+kind))
		_, err := b.WriteTo(w)
		return err
	}
}

// view is a draft as it is printed, with the codes and names that its grids
// have, or would have, once published.
func (s *Service) view(ctx context.Context, p *Plan, sh *sheet, street int64) (render.View, error) {
	r, err := sh.redraw(p, func() int64 { return 1 }) // codes do not depend on ids
	if err != nil {
		return render.View{}, err
	}
	workers := map[int64][]string{}
	labels := make(map[int]int64, len(r.named))
	for label := range r.named {
		labels[label] = int64(label) + 1
	}
	for _, m := range s.handover(sh, labels).Workers {
		workers[m.To] = append(workers[m.To], m.Name)
	}
	v := render.View{Instance: sh.Instance, Grid: make([]int, len(sh.grid)), Units: sh.Names, Min: sh.min, Max: sh.max, Title: p.Name, Lang: web.Lang(ctx)}
	at := map[int]int{}
	for _, label := range slices.Sorted(maps.Keys(r.named)) {
		g := r.named[label]
		at[label] = len(v.Grids)
		v.Grids = append(v.Grids, render.Label{Code: digits(g.Code), Name: g.Name, Worker: strings.Join(workers[int64(label)+1], "、"), Note: g.Note})
	}
	for u, label := range sh.grid {
		v.Grid[u] = at[label]
	}
	if street == 0 {
		return v, nil
	}
	for _, c := range s.City.Communities(street) {
		v.Title = p.Name + "·" + c.StreetName
		if slices.Contains(p.Communities, c.Code) {
			v.Communities = append(v.Communities, int(c.Code))
		}
	}
	if len(v.Communities) == 0 {
		return v, errs.NotFound.New()
	}
	return v, nil
}

// streets are those of the plan's communities.
func (s *Service) streets(p *Plan) []street {
	out := []street{}
	for _, c := range s.City.Communities(0) {
		if code := digits(c.Code / 1000); slices.Contains(p.Communities, c.Code) && (len(out) == 0 || out[len(out)-1].Code != code) {
			out = append(out, street{code, c.StreetName})
		}
	}
	return out
}

type street struct {
	Code string `json:"code"`
	Name string `json:"name"`
}
