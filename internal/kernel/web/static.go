package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"linli/internal/kernel/locale"
)

// contentPolicy is the Content-Security-Policy of every answer. With a nonce
// it is that of a page whose styles are injected by script; there antd measures a
// growing text field by a style attribute, which no nonce can allow.
func contentPolicy(nonce string) string {
	style := "style-src 'self'"
	if nonce != "" {
		style = "style-src 'self' 'nonce-" + nonce + "'; style-src-attr 'unsafe-inline'"
	}
	return "default-src 'self'; script-src 'self'; " + style + "; img-src 'self' data: blob:; " +
		"media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; child-src 'self' blob:; manifest-src 'self'; " +
		"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
}

// mimeOf names the type of a file; the machine's own tables are not asked,
// because they differ from machine to machine.
func mimeOf(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json", ".map":
		return "application/json"
	case ".geojson":
		return "application/geo+json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".webp":
		return "image/webp"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	case ".woff":
		return "font/woff"
	case ".wasm":
		return "application/wasm"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".xml":
		return "application/xml"
	case ".pmtiles", ".pbf":
		return "application/octet-stream"
	case ".xlsx":
		return XLSX
	case ".csv":
		return "text/csv; charset=utf-8"
	}
	return "application/octet-stream"
}

func acceptsEncoding(req *http.Request, enc string) bool {
	for part := range strings.SplitSeq(req.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), enc) {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0"
		}
	}
	return false
}

// asset is one file. What is compressed stays in memory from the first request on.
type asset struct {
	plain      func() []byte
	gz, br     func() []byte // nil if there is none; gz gives nil if it would save nothing
	kind, etag string
	hashed     bool
}

// hashedName matches names that contain their content's hash, as Vite makes
// them: index-BxT3k9aZ.js. Such files never change under their name.
var hashedName = regexp.MustCompile(`[-.][A-Za-z0-9_-]{8,}\.[a-z0-9.]+$`)

// Site is the built web application: index pages with a nonce, files with
// caching and compression.
type Site struct {
	files map[string]*asset
}

// Static serves a built web application (dist/). Files beside which a .br or .gz
// exists are sent so; others that compress are gzipped here, once. Files under
// assets/ with a hash in their name are immutable for a year; all others are
// revalidated by ETag. The files must not change while it serves.
func Static(fsys fs.FS) (*Site, error) {
	s := &Site{files: map[string]*asset{}}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if base := path.Base(p); strings.HasPrefix(base, ".") {
			return nil
		}
		body, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		read := func() []byte {
			b, _ := fs.ReadFile(fsys, p) // it could be read above
			return b
		}
		name, packed := p, path.Ext(p)
		if packed == ".br" || packed == ".gz" {
			name = strings.TrimSuffix(p, packed)
			if _, err := fs.Stat(fsys, name); err != nil {
				name, packed = p, ""
			}
		} else {
			packed = ""
		}
		a := s.files[name]
		if a == nil {
			a = &asset{kind: mimeOf(name)}
			s.files[name] = a
		}
		switch packed {
		case ".br":
			a.br = sync.OnceValue(read)
		case ".gz":
			a.gz = sync.OnceValue(read)
		default:
			a.plain = read
			sum := sha256.Sum256(body)
			a.etag = `"` + hex.EncodeToString(sum[:12]) + `"`
			a.hashed = strings.Contains(p, "assets/") && hashedName.MatchString(path.Base(p))
			if a.gz == nil && len(body) > 512 && compresses(a.kind) {
				a.gz = sync.OnceValue(func() []byte { return gzipped(read()) })
			}
		}
		return nil
	})
	return s, err
}

// gzipped is the text compressed, nil if that saves less than a tenth.
func gzipped(plain []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = z.Write(plain)
	_ = z.Close()
	if b.Len() >= len(plain)*9/10 {
		return nil
	}
	return bytes.Clone(b.Bytes())
}

func compresses(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.Contains(kind, "json") || strings.Contains(kind, "xml") || kind == "application/wasm"
}

// Has tells whether the site holds the file.
func (s *Site) Has(name string) bool { return s.files[name] != nil }

// ServeHTTP sends the file at the request's path, or the page that its
// surface starts from: /desk/… → desk/index.html (or desk.html), the same for
// /worker/…, everything else without an extension → index.html.
func (s *Site) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		Fail(w, req, ErrMethod.New())
		return
	}
	name := strings.TrimPrefix(path.Clean(req.URL.Path), "/")
	if a := s.files[name]; a != nil && path.Ext(name) != ".html" {
		if path.Base(name) == "sw.js" { // worker/sw.js also starts the page that is asked for without the slash
			w.Header().Set("Service-Worker-Allowed", "/"+path.Dir(name))
		}
		s.send(w, req, a)
		return
	}
	page := s.pageFor(name)
	if page == nil || (path.Ext(name) != "" && path.Ext(name) != ".html") {
		s.missing(w, req)
		return
	}
	sendIndex(w, req, page.plain())
}

func (s *Site) pageFor(name string) *asset {
	first, _, _ := strings.Cut(name, "/")
	for _, try := range []string{name, name + "/index.html", first + "/index.html", first + ".html", "index.html"} {
		if a := s.files[try]; a != nil && strings.HasSuffix(try, ".html") {
			return a
		}
	}
	return nil
}

func (s *Site) send(w http.ResponseWriter, req *http.Request, a *asset) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", a.etag)
	if a.hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	if a.gz != nil || a.br != nil {
		h.Set("Vary", "Accept-Encoding")
	}
	if strings.Contains(req.Header.Get("If-None-Match"), a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	var body []byte
	switch {
	case a.br != nil && acceptsEncoding(req, "br"):
		h.Set("Content-Encoding", "br")
		body = a.br()
	case a.gz != nil && acceptsEncoding(req, "gzip"):
		if body = a.gz(); body != nil {
			h.Set("Content-Encoding", "gzip")
		}
	}
	if body == nil {
		body = a.plain()
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if req.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// missing is the neutral page for addresses that lead nowhere.
func (s *Site) missing(w http.ResponseWriter, req *http.Request) {
	if !strings.Contains(req.Header.Get("Accept"), "text/html") {
		http.NotFound(w, req)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	lang, tag := Lang(req.Context()), "zh-CN"
	if lang == "en" {
		tag = "en"
	}
	title := locale.T(lang, "page.not_found")
	_, _ = io.WriteString(w, `<!doctype html><html lang="`+tag+`"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>`+
		title+`</title><h1>`+title+`</h1><p>`+locale.T(lang, "page.not_found.text")+` <a href="/">`+locale.T(lang, "page.home")+`</a></p></html>`)
}

// NoncePlaceholder stands in the built index pages where the nonce goes.
const NoncePlaceholder = "__CSP_NONCE__"

// Index serves fsys's index.html with a fresh CSP nonce in it.
//
// For the web people: the policy allows no inline script and no inline <style>
// except those that carry the nonce of this very answer. Put
//
//	<meta name="csp-nonce" content="__CSP_NONCE__">
//
// into each index.html (and nonce="__CSP_NONCE__" on a <style>, should there be one),
// read it once at start,
//
//	const nonce = document.querySelector('meta[name="csp-nonce"]')?.getAttribute('content') ?? ''
//
// and give it to antd: <ConfigProvider csp={{ nonce }}>. antd's CSS-in-JS puts
// it on every <style> that it injects; without it the desk appears unstyled.
// style="" attributes are allowed (style-src-attr), because antd, ECharts and
// maplibre set sizes that way; they run no code and load nothing. maplibre's
// worker may be a file or a blob:. Scripts must be files: no inline <script>,
// no eval, no new Function. The page itself is sent with no-store, because the
// nonce must differ each time; everything that it links is cached. A service
// worker must not keep index pages with a nonce past their policy: it stores
// the whole Response, headers included, so that nonce and policy stay a pair.
func Index(fsys fs.FS) (http.Handler, error) {
	page, err := fs.ReadFile(fsys, "index.html")
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { sendIndex(w, req, page) }), nil
}

func sendIndex(w http.ResponseWriter, req *http.Request, page []byte) {
	var b [18]byte
	_, _ = rand.Read(b[:])
	nonce := base64.RawURLEncoding.EncodeToString(b[:])
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy(nonce))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	body := bytes.ReplaceAll(page, []byte(NoncePlaceholder), []byte(nonce))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if req.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
