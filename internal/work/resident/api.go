package resident

import (
	"context"
	"net/http"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/web"
)

// API adds what the pages' script asks for. All of it is public and bounded by
// source; the pages do the same without it.
func (s *Service) API(r *web.Router) {
	s.moderation(r)
	tags := []string{"door"}
	web.Register(r, web.Op{ID: "door-places", Method: "GET", Path: "/api/v1/door/places", Policy: access.Public, Tags: tags, Summary: "居民页：查找地点", SummaryEN: "Residents' page: find a place"}, s.apiPlaces)
	web.Register(r, web.Op{ID: "door-hints", Method: "POST", Path: "/api/v1/door/hints", Policy: access.Public, ReadOnly: true, Urgent: true, Body: 32 << 10, Tags: tags, Summary: "居民页：边写边提示", SummaryEN: "Residents' page: hints while typing"}, s.apiHints)
	web.Handle(r, web.Op{ID: "door-photo", Method: "POST", Path: "/api/v1/door/photos", Policy: access.Public, Status: http.StatusCreated, Body: 21 << 20, Timeout: time.Minute, Takes: []string{"image/jpeg", "image/png", "image/webp"}, Produces: "application/json", Answers: []int{422},
		Params: struct {
			Form string `query:"form" required:"true" doc:"the token of the form that the photo belongs to"`
		}{}, Tags: tags, Summary: "居民页：上传照片", SummaryEN: "Residents' page: send a photo"}, s.apiPhoto)
}

type placesIn struct {
	Q   string  `query:"q" maxLength:"100"`
	Lon float64 `query:"lon" minimum:"-180" maximum:"180"`
	Lat float64 `query:"lat" minimum:"-90" maximum:"90"`
}

type placeItem struct {
	Name string  `json:"name"`
	Path string  `json:"path"`
	Lon  float64 `json:"lon"`
	Lat  float64 `json:"lat"`
	Pick string  `json:"pick" doc:"what the form sends back"`
}

type placesOut struct {
	Body struct {
		Items []placeItem `json:"items"`
	}
}

func (s *Service) apiPlaces(ctx context.Context, _ access.Scope, in *placesIn) (*placesOut, error) {
	if err := s.allow(ctx, "hint", mostHints); err != nil {
		return nil, err
	}
	out := &placesOut{}
	out.Body.Items = []placeItem{}
	add := func(p Place) {
		out.Body.Items = append(out.Body.Items, placeItem{p.Name, p.Path, p.Lon, p.Lat, p.Pick()})
	}
	if in.Lon != 0 || in.Lat != 0 {
		if c, name, ok := s.City.At(in.Lon, in.Lat); ok {
			add(Place{Name: name, Lon: in.Lon, Lat: in.Lat, Community: c})
		}
		return out, nil
	}
	if in.Q == "" {
		return out, nil
	}
	for _, p := range s.City.Places(in.Q, 8) {
		if p.Community != 0 {
			add(p)
		}
	}
	return out, nil
}

type hintsIn struct {
	Body struct {
		Text     string  `json:"text" maxLength:"4000"`
		Lang     string  `json:"lang,omitempty" enum:"zh,en"`
		Category int64   `json:"category_id,omitempty"`
		Lon      float64 `json:"lon,omitempty"`
		Lat      float64 `json:"lat,omitempty"`
	}
}

type guessItem struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Share float64 `json:"share" doc:"how sure the proposal is, 0 to 1"`
}

type similarItem struct {
	Number    string `json:"number"`
	Title     string `json:"title"`
	Community string `json:"community"`
	Reported  string `json:"reported" format:"date"`
	Phase     string `json:"phase"`
	People    int    `json:"people"`
}

type hintsOut struct {
	Body struct {
		Urgent     []Hint        `json:"urgent"`
		Elsewhere  []Hint        `json:"elsewhere" doc:"matters that the city does not handle, and who does"`
		Categories []guessItem   `json:"categories"`
		Similar    []similarItem `json:"similar"`
		Preview    string        `json:"preview" doc:"the text as others will see it"`
	}
}

// apiHints never stands in the way of a hazard: what is urgent is told even to a
// source that asked too often.
func (s *Service) apiHints(ctx context.Context, _ access.Scope, in *hintsIn) (*hintsOut, error) {
	b, l := &in.Body, in.Body.Lang
	if l == "" {
		l = web.Lang(ctx)
	}
	out := &hintsOut{}
	signs := s.Sense.Signs(b.Text, l)
	out.Body.Urgent, out.Body.Elsewhere = append([]Hint{}, signs.Urgent...), append([]Hint{}, signs.Elsewhere...)
	out.Body.Categories, out.Body.Similar = []guessItem{}, []similarItem{}
	if err := s.allow(ctx, "hint", mostHints); err != nil {
		return out, nil // the rest is a convenience
	}
	out.Body.Preview = s.Cases.Scrub(b.Text)
	guesses, err := s.Sense.Suggest(ctx, b.Text, l)
	if err != nil {
		s.Log.Warn("no category was suggested", "error", err)
	}
	for _, g := range guesses {
		out.Body.Categories = append(out.Body.Categories, guessItem(g))
	}
	if b.Lon != 0 || b.Lat != 0 {
		near, err := s.Cases.Similar(ctx, b.Lon, b.Lat, b.Category, b.Text, l)
		if err != nil {
			return nil, err
		}
		for _, m := range near {
			out.Body.Similar = append(out.Body.Similar, similarItem{m.Number, m.Title, m.Community, moment(m.ReportedAt, "2006-01-02"), m.PhaseName, m.Supporters})
		}
	}
	return out, nil
}

// apiPhoto takes a photo for a form that a page gave out: the form's token is the
// upload ticket. It becomes part of the report that the form sends.
func (s *Service) apiPhoto(ctx context.Context, _ access.Scope, w http.ResponseWriter, req *http.Request) error {
	name, _, ok := s.form(ctx, req.URL.Query().Get("form"))
	if !ok {
		return formOld.New()
	}
	if err := s.allow(ctx, "photo", mostPhotos); err != nil {
		return err
	}
	id, err := s.Photos.Put(ctx, uploader(name), "photo.jpg", req.Body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, err = w.Write([]byte(`{"id":` + text(id) + `}`))
	return err
}
