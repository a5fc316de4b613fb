package resident

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

//go:embed page/*.html page/*.json page/door.css
var files embed.FS

// words are the pages' texts by language and key.
var words = map[string]map[string]string{"zh": texts("zh"), "en": texts("en")}

func texts(lang string) map[string]string {
	raw, err := files.ReadFile("page/" + lang + ".json")
	if err != nil {
		panic(err) // embedded above
	}
	m := map[string]string{}
	if err := json.Unmarshal(raw, &m); err != nil {
		panic("resident: page/" + lang + ".json: " + err.Error())
	}
	return m
}

// say is the text of the key; params alternate name and value and replace {name}.
func say(lang, key string, params ...any) string {
	s, ok := words[lang][key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(params); i += 2 {
		s = strings.ReplaceAll(s, "{"+text(params[i])+"}", text(params[i+1]))
	}
	return s
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

var style, styleTag = func() ([]byte, string) {
	css, err := files.ReadFile("page/door.css")
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(css)
	return css, hex.EncodeToString(sum[:6])
}()

var china = time.FixedZone("CST", 8*3600)

// sheets are the pages, one set of templates each.
var sheets = func() map[string]*template.Template {
	base := template.New("layout.html").Funcs(template.FuncMap{
		"t":   say,
		"day": func(at int64) string { return moment(at, "2006-01-02") },
		"at":  func(at int64) string { return moment(at, "2006-01-02 15:04") },
		"map": pairs,
		"script": func(lang string) (string, error) { // the texts of the pages' script
			m := map[string]string{}
			for k, v := range words[lang] {
				if strings.HasPrefix(k, "js.") {
					m[k] = v
				}
			}
			raw, err := json.Marshal(m)
			return string(raw), err
		},
	})
	base = template.Must(base.ParseFS(files, "page/layout.html", "page/parts.html"))
	out := map[string]*template.Template{}
	for _, name := range []string{"report", "done", "follow", "story", "matters", "matter", "data", "trouble"} {
		out[name] = template.Must(template.Must(base.Clone()).ParseFS(files, "page/"+name+".html"))
	}
	return out
}()

func moment(at int64, form string) string {
	if at == 0 {
		return ""
	}
	return time.UnixMicro(at).In(china).Format(form)
}

func pairs(list ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(list); i += 2 {
		m[text(list[i])] = list[i+1]
	}
	return m
}

// page is what every page has, and Body for the one at hand.
type page struct {
	Lang, Tag, Other string
	City             string
	Synthetic        bool
	Path             string
	Style, Script    string
	Title            string
	Error            string
	Field            string // that the error is about
	Body             any
}

const langCookie = "linli_lang"

// lang is the page's language: asked for by ?lang=, chosen before, the browser's.
func lang(w http.ResponseWriter, r *http.Request) string {
	if l := r.URL.Query().Get("lang"); l == "zh" || l == "en" {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: l, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true})
		return l
	}
	if c, err := r.Cookie(langCookie); err == nil && (c.Value == "zh" || c.Value == "en") {
		return c.Value
	}
	return web.Lang(r.Context())
}

// show writes a page.
func (s *Service) show(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	p.Tag, p.Other = map[string]string{"zh": "zh-CN", "en": "en"}[p.Lang], map[string]string{"zh": "en", "en": "zh"}[p.Lang]
	p.City, p.Synthetic, p.Path = s.City.Name(), s.City.Synthetic(), r.URL.Path
	p.Style, p.Script = styleTag, s.Assets.Script
	if p.Title == "" {
		p.Title = say(p.Lang, name+".title")
	}
	var b bytes.Buffer
	if err := sheets[name].ExecuteTemplate(&b, "layout.html", p); err != nil {
		s.Log.Error("a page could not be made", "page", name, "error", err)
		http.Error(w, say(p.Lang, "trouble.text"), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	web.WriteText(w, r, status, b.Bytes())
}

// trouble answers with what is wrong: a fault of ours stays neutral.
func (s *Service) trouble(w http.ResponseWriter, r *http.Request, l string, err error) {
	e := errs.As(err)
	if e.Kind == errs.Internal {
		s.Log.Error("residents' page", "path", r.URL.Path, "request_id", web.RequestID(r.Context()), "error", err)
	}
	if n, ok := e.Params["seconds"].(int); ok {
		w.Header().Set("Retry-After", strconv.Itoa(n))
	}
	s.show(w, r, e.Kind.Status, "trouble", page{Lang: l, Error: e.Text(l), Body: web.RequestID(r.Context())})
}

// Pages puts the residents' pages on the router. What is sent asks for admission
// once it is known whether it tells of a danger.
func (s *Service) Pages(r *web.Router) {
	s.guard = newGuard()
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /{$}":                          s.home,
		"POST /{$}":                         s.send,
		"GET /follow":                       s.ask,
		"POST /follow":                      s.enter,
		"GET /follow/{number}":              s.story,
		"POST /follow/{number}":             s.deed,
		"POST /follow/{number}/leave":       s.leave,
		"GET /matters":                      s.matters,
		"GET /matters/{number}":             s.matter,
		"GET /open-data":                    s.data,
		"GET /open-data/{$}":                s.data,
		"GET /open-data/matters.csv":        s.csv,
		"GET /open-data/matters.geojson":    s.geojson,
		"GET /door/questions":               s.questions,
		"GET /door.css":                     sheet,
		"GET /matters/{number}/photos/{id}": s.photo,
	} {
		r.Page(pattern, pattern == "POST /{$}", h, func(w http.ResponseWriter, req *http.Request, err error) {
			s.trouble(w, req, lang(w, req), err)
		})
	}
}

func sheet(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("ETag", `"`+styleTag+`"`)
	http.ServeContent(w, r, "door.css", time.Time{}, bytes.NewReader(style))
}

// link keeps a query in an address.
func link(path string, q url.Values) string {
	if e := q.Encode(); e != "" {
		return path + "?" + e
	}
	return path
}
