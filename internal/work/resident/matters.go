package resident

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// query reads what is asked for from an address.
func query(v url.Values) Query {
	q := Query{Phase: v.Get("phase"), After: v.Get("after"), Limit: 20}
	switch q.Phase {
	case "", "open", "closed", "received", "accepted", "handling", "resolved":
	default:
		q.Phase = ""
	}
	q.Category, _ = strconv.ParseInt(v.Get("category"), 10, 64)
	q.Community, _ = strconv.ParseInt(v.Get("community"), 10, 64)
	q.Days, _ = strconv.Atoi(v.Get("days"))
	if q.Days < 0 || q.Days > 3660 {
		q.Days = 0
	}
	return q
}

type mattersPage struct {
	Query
	List       []Matter
	Next       string // address of what follows
	Count      int
	More       bool // there are more than counted
	Categories []Category
	Areas      []Area
	Data       string // address of the map's data
}

func (s *Service) matters(w http.ResponseWriter, r *http.Request) {
	l, q := lang(w, r), query(r.URL.Query())
	list, next, err := s.Cases.Matters(r.Context(), q, l)
	if err != nil {
		s.trouble(w, r, l, err)
		return
	}
	n, exact, err := s.Cases.Count(r.Context(), q)
	if err != nil {
		s.trouble(w, r, l, err)
		return
	}
	v := url.Values{}
	for _, k := range []string{"phase", "category", "community", "days"} {
		if x := r.URL.Query().Get(k); x != "" {
			v.Set(k, x)
		}
	}
	p := mattersPage{Query: q, List: list, Count: n, More: !exact, Categories: s.Rules.Categories(l), Areas: s.City.Communities(), Data: link("/open-data/matters.geojson", v)}
	if next != "" {
		v.Set("after", next)
		p.Next = link("/matters", v)
	}
	w.Header().Set("Cache-Control", "public, max-age=60")
	w.Header().Set("Vary", "Cookie, Accept-Language")
	s.show(w, r, http.StatusOK, "matters", page{Lang: l, Body: p})
}

func (s *Service) matter(w http.ResponseWriter, r *http.Request) {
	l := lang(w, r)
	m, err := s.Cases.Matter(r.Context(), r.PathValue("number"), l)
	if err != nil {
		s.trouble(w, r, l, err)
		return
	}
	photos, err := s.shown(r.Context(), m.Ref)
	if err != nil {
		s.trouble(w, r, l, err)
		return
	}
	s.show(w, r, http.StatusOK, "matter", page{Lang: l, Title: m.Title, Body: matterPage{m, photos}})
}

type matterPage struct {
	Matter
	Photos []int64 // that somebody let through
}

type dataPage struct{ Licence string }

func (s *Service) data(w http.ResponseWriter, r *http.Request) {
	l := lang(w, r)
	s.show(w, r, http.StatusOK, "data", page{Lang: l, Body: dataPage{s.Licence}})
}

// each calls f with every matter of the query, page by page, so that an extract
// of any length needs the memory of one page.
func (s *Service) each(ctx context.Context, q Query, l string, f func([]Matter) error) error {
	q.Limit = 1000
	for {
		list, next, err := s.Cases.Matters(ctx, q, l)
		if err != nil {
			return err
		}
		if err := f(list); err != nil || next == "" {
			return err
		}
		q.After = next
	}
}

// Columns of the open data.
var columns = []string{"number", "phase", "category", "title", "text", "result", "unit", "street", "community", "lon", "lat", "within_metres", "reported", "closed", "reporters"}

// safeCell keeps a spreadsheet from taking a text for a formula.
func safeCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (s *Service) csv(w http.ResponseWriter, r *http.Request) {
	l, q := lang(w, r), query(r.URL.Query())
	if err := s.allow(r.Context(), "data", mostPhotos); err != nil {
		s.trouble(w, r, l, err)
		return
	}
	h := w.Header()
	begun := false
	out := bufio.NewWriterSize(w, 64<<10)
	c := csv.NewWriter(out)
	err := s.each(r.Context(), q, l, func(list []Matter) error {
		if !begun {
			h.Set("Content-Type", "text/csv; charset=utf-8")
			h.Set("Content-Disposition", `attachment; filename="matters.csv"`)
			h.Set("Link", `</open-data>; rel="license"`)
			_, _ = out.WriteString("\uFEFF") // Excel reads UTF-8 by it
			begun = true
			if err := c.Write(columns); err != nil {
				return err
			}
		}
		for _, m := range list {
			lon, lat, within := "", "", ""
			if m.At != nil {
				lon, lat, within = strconv.FormatFloat(m.At.Lon, 'f', 5, 64), strconv.FormatFloat(m.At.Lat, 'f', 5, 64), strconv.Itoa(int(m.Metres+0.5))
			}
			if err := c.Write([]string{m.Number, m.Phase, safeCell(m.Category), safeCell(m.Title), safeCell(m.Text), safeCell(m.Result), safeCell(m.Lead), m.Street, m.Community, lon, lat, within,
				moment(m.ReportedAt, "2006-01-02"), moment(m.ClosedAt, "2006-01-02"), strconv.Itoa(m.Supporters)}); err != nil {
				return err
			}
		}
		c.Flush()
		return c.Error()
	})
	s.ended(w, r, l, begun, err, out.Flush)
}

// ended answers for an extract that could not begin; one that breaks off in the
// middle is cut, so that it cannot be taken for a whole one.
func (s *Service) ended(w http.ResponseWriter, r *http.Request, l string, begun bool, err error, flush func() error) {
	if err == nil {
		err = flush()
	}
	switch {
	case err == nil:
	case !begun:
		s.trouble(w, r, l, err)
	default:
		if r.Context().Err() == nil {
			s.Log.Error("open data broke off", "error", err)
		}
		panic(http.ErrAbortHandler)
	}
}

// Feature is a matter in GeoJSON; without a position its geometry is null.
type Feature struct {
	Type       string         `json:"type"`
	Geometry   *geometry      `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

type geometry struct {
	Type        string     `json:"type"`
	Coordinates [2]float64 `json:"coordinates"`
}

func (s *Service) geojson(w http.ResponseWriter, r *http.Request) {
	l, q := lang(w, r), query(r.URL.Query())
	if err := s.allow(r.Context(), "data", mostPhotos); err != nil {
		s.trouble(w, r, l, err)
		return
	}
	most := 0
	if n, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil && n > 0 {
		most = n
	}
	begun, n := false, 0
	out := bufio.NewWriterSize(w, 64<<10)
	err := s.each(r.Context(), q, l, func(list []Matter) error {
		if !begun {
			w.Header().Set("Content-Type", "application/geo+json")
			w.Header().Set("Link", `</open-data>; rel="license"`)
			begun = true
			licence, err := json.Marshal(s.Licence)
			if err != nil {
				return err
			}
			_, _ = out.WriteString(`{"type":"FeatureCollection","license":` + string(licence) + `,"features":[`)
		}
		for _, m := range list {
			if most > 0 && n >= most {
				return errEnough
			}
			f := Feature{Type: "Feature", Properties: map[string]any{"number": m.Number, "phase": m.Phase, "phase_name": m.PhaseName, "category": m.Category, "title": m.Title, "text": m.Text, "result": m.Result, "unit": m.Lead,
				"street": m.Street, "community": m.Community, "reported": moment(m.ReportedAt, "2006-01-02"), "closed": moment(m.ClosedAt, "2006-01-02"), "reporters": m.Supporters}}
			if m.At != nil {
				f.Geometry = &geometry{"Point", [2]float64{m.At.Lon, m.At.Lat}}
				f.Properties["within_metres"] = int(m.Metres + 0.5)
			}
			raw, err := json.Marshal(f)
			if err != nil {
				return err
			}
			if n++; n > 1 {
				_ = out.WriteByte(',')
			}
			if _, err := out.Write(raw); err != nil {
				return err
			}
		}
		return nil
	})
	if err == errEnough {
		err = nil
	}
	if err == nil {
		_, err = out.WriteString("]}")
	}
	s.ended(w, r, l, begun, err, out.Flush)
}

// errEnough ends an extract that was asked for in part.
var errEnough = errors.New("resident: enough")
