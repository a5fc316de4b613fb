package plan

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"linli/internal/grid/planning/prepare"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
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
