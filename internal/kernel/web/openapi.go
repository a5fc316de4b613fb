package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"linli/internal/kernel/errs"
)

//go:embed docs
var docsFS embed.FS

func humaConfig(opt Options) huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: opt.Title, Version: opt.Version, Description: "Community grid governance. Instants are RFC 3339 in the city's time zone, days yyyymmdd, " +
				"ids whole numbers below 2^53, region codes strings. Every error is application/problem+json with a stable `code`. " +
				"Lists page with `cursor` → `next`. A POST may carry `Idempotency-Key` (1–200 visible ASCII characters, a UUID is best): repeats within 24 h get the first answer with `Idempotency-Replayed: true`."},
			Servers: []*huma.Server{{URL: "/"}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", namer()),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"cookie": {Type: "apiKey", In: "cookie", Name: CookieName, Description: "Set by POST /api/v1/session."},
					"bearer": {Type: "http", Scheme: "bearer", Description: "The token that POST /api/v1/session returns."},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// jsonFormat writes an already encoded answer as it is; everything else is
// encoded once, with its length, so that small answers are one packet.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		rw, ok := w.(*response)
		if ok && rw.saved != nil {
			_, err := rw.Write(rw.saved)
			return err
		}
		buf := buffers.Get().(*bytes.Buffer)
		buf.Reset()
		defer func() {
			if buf.Cap() <= 1<<18 {
				buffers.Put(buf)
			}
		}()
		if err := encodeJSON(buf, v); err != nil {
			return err
		}
		_, err := w.Write(buf.Bytes())
		return err
	},
	Unmarshal: json.Unmarshal,
}

// namer is schemaName with a number behind the names of unnamed types that
// would clash: two rooms' ListOut.Body.
func namer() func(reflect.Type, string) string {
	taken := map[string]reflect.Type{}
	return func(t reflect.Type, hint string) string {
		name := schemaName(t, hint)
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Name() != "" {
			return name
		}
		for n := 1; ; n++ {
			try := name
			if n > 1 {
				try += strconv.Itoa(n)
			}
			if had, ok := taken[try]; !ok || had == t {
				taken[try] = t
				return try
			}
		}
	}
}

// schemaName keeps rooms apart: types of the same name in two packages would
// otherwise clash in the registry.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Name() == "" || t.PkgPath() == "" || strings.HasSuffix(t.PkgPath(), "kernel/web") {
		return name
	}
	room := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
	if strings.HasPrefix(strings.ToLower(name), room) || strings.Contains(t.PkgPath(), "huma") {
		return name
	}
	return strings.ToUpper(room[:1]) + room[1:] + strings.ToUpper(name[:1]) + name[1:]
}

// plainPath is a ServeMux pattern as OpenAPI writes paths.
var plainPath = strings.NewReplacer("...}", "}", "{$}", "")

// describe makes huma's operation out of ours.
func (r *Router) describe(o *operation) huma.Operation {
	op := huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: plainPath.Replace(o.Path),
		Summary: o.Summary, Tags: o.Tags, DefaultStatus: o.Status, MaxBodyBytes: -1,
		Errors:     append([]int{400, 429, 503}, o.Answers...),
		Extensions: map[string]any{"x-policy": o.Policy.String()},
	}
	if op.Summary == "" {
		op.Summary = o.SummaryEN
	}
	if o.SummaryEN != "" {
		op.Extensions["x-summary-en"] = o.SummaryEN
	}
	if strings.Contains(o.Path, "{") {
		op.Errors = append(op.Errors, 404)
	}
	switch o.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		op.Errors = append(op.Errors, 409, 413, 415, 422)
	case http.MethodDelete:
		op.Errors = append(op.Errors, 409)
	}
	if !o.Policy.IsPublic() {
		op.Errors = append(op.Errors, 401, 403)
		op.Security = []map[string][]string{{"cookie": {}}, {"bearer": {}}}
	} else {
		op.Security = []map[string][]string{}
	}
	if o.keyed {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string", MinLength: ptr(1), MaxLength: ptr(200)},
			Description: "Repeats with the same key and content within 24 h get the first answer.",
		})
	}
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "Accept-Language", In: "header", Schema: &huma.Schema{Type: "string", Examples: []any{"zh", "en"}},
		Description: "Language of messages: zh or en. Without it the account's setting, else zh.",
	})
	return op
}

// Document changes what the OpenAPI document says of an operation, and nothing
// that the operation does; one that is not registered is passed over.
func (r *Router) Document(id string, say func(op *huma.Operation, schemas huma.Registry)) {
	doc := r.api.OpenAPI()
	for _, at := range doc.Paths {
		for _, op := range []*huma.Operation{at.Get, at.Post, at.Put, at.Patch, at.Delete} {
			if op != nil && op.OperationID == id {
				say(op, doc.Components.Schemas)
			}
		}
	}
}

// describeRaw is the document of an operation that huma does not decode.
func (r *Router) describeRaw(o *operation) *huma.Operation {
	op := r.describe(o)
	for _, name := range pathParam.FindAllStringSubmatch(op.Path, -1) {
		op.Parameters = append(op.Parameters, &huma.Param{Name: name[1], In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
	}
	status := o.Status
	if status == 0 {
		status = 200
	}
	op.Parameters = append(op.Parameters, paramsOf(r.api.OpenAPI().Components.Schemas, o.Params)...)
	if len(o.Takes) > 0 {
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
		for _, kind := range o.Takes {
			op.RequestBody.Content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
		}
	}
	answer := &huma.Response{Description: http.StatusText(status)}
	if o.Produces != "" {
		answer.Content = map[string]*huma.MediaType{}
		for kind := range strings.SplitSeq(o.Produces, ", ") {
			answer.Content[kind] = &huma.MediaType{}
		}
	}
	op.Responses = map[string]*huma.Response{strconv.Itoa(status): answer}
	if o.Ranges {
		op.Responses["206"] = &huma.Response{Description: http.StatusText(http.StatusPartialContent), Content: answer.Content}
		op.Responses["304"] = &huma.Response{Description: http.StatusText(http.StatusNotModified)}
	}
	schema := r.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	if len(op.Parameters) > 1 { // more than the language: they may be wrong
		op.Errors = append(op.Errors, 422)
	}
	for _, code := range append(op.Errors, 500) {
		content := map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}
		if o.Fail != nil {
			content = answer.Content
		}
		op.Responses[strconv.Itoa(code)] = &huma.Response{Description: http.StatusText(code), Content: content}
	}
	return &op
}

// paramsOf describes the fields of a struct that carry the tag query or header,
// as huma does for operations that it decodes.
func paramsOf(schemas huma.Registry, of any) []*huma.Param {
	if of == nil {
		return nil
	}
	var out []*huma.Param
	t := reflect.TypeOf(of)
	for i := range t.NumField() {
		f := t.Field(i)
		for _, in := range []string{"query", "header"} {
			if name, ok := f.Tag.Lookup(in); ok {
				out = append(out, &huma.Param{Name: name, In: in, Required: f.Tag.Get("required") == "true", Description: f.Tag.Get("doc"), Schema: huma.SchemaFromField(schemas, f, "")})
			}
		}
	}
	return out
}

var pathParam = regexp.MustCompile(`\{([a-z_]+)\}`)

func ptr[T any](v T) *T { return &v }

// specOnce is the OpenAPI document, made on first use.
type specOnce struct {
	once  sync.Once
	plain []byte
	gz    []byte
	etag  string
}

// Spec is the OpenAPI 3.1 document as JSON. Register everything first: it is
// made once.
func (r *Router) Spec() []byte {
	s := &r.spec
	s.once.Do(func() {
		doc := r.api.OpenAPI()
		doc.Extensions = map[string]any{"x-problems": problemCatalogue()}
		s.plain, _ = json.Marshal(doc)
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		_, _ = z.Write(s.plain)
		_ = z.Close()
		s.gz = b.Bytes()
		sum := sha256.Sum256(s.plain)
		s.etag = `"` + hex.EncodeToString(sum[:12]) + `"`
	})
	return s.plain
}

// problemCatalogue lists every code that an answer may carry.
func problemCatalogue() []map[string]any {
	kinds := errs.Kinds()
	all := make([]map[string]any, len(kinds))
	for i, k := range kinds {
		all[i] = map[string]any{"code": k.Code, "status": k.Status, "zh": k.New().Text("zh"), "en": k.New().Text("en")}
	}
	return all
}

func (r *Router) serveSpec(w http.ResponseWriter, req *http.Request) {
	r.Spec()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", r.spec.etag)
	h.Set("Vary", "Accept-Encoding")
	if req.Header.Get("If-None-Match") == r.spec.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := r.spec.plain
	if acceptsEncoding(req, "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = r.spec.gz
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// system adds the routes that every Linli process has.
func (r *Router) system() {
	r.mux.HandleFunc("GET /api/openapi.json", r.serveSpec)
	for path, file := range map[string]string{"/api/docs": "index.html", "/api/docs/docs.js": "docs.js", "/api/docs/docs.css": "docs.css"} {
		body, err := docsFS.ReadFile("docs/" + file)
		if err != nil {
			panic(err)
		}
		kind := mimeOf(file)
		r.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Cache-Control", "no-cache")
			_, _ = w.Write(body)
		})
	}
	r.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "ok\n")
	})
	r.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		if err := r.ready(req.Context()); err != nil {
			if c := callOf(req.Context()); c != nil {
				c.fault = err
			}
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "not ready\n")
			return
		}
		_, _ = io.WriteString(w, "ready\n")
	})
	metrics := promhttp.InstrumentMetricHandler(r.meters.reg, r.meters.handler())
	r.mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, req *http.Request) {
		// Operators scrape from the machine or its own network; the city does not.
		if a := r.clientIP(req); a.IsValid() && !a.IsLoopback() && !a.IsPrivate() && !a.IsLinkLocalUnicast() {
			Fail(w, req, errs.NotFound.New())
			return
		}
		metrics.ServeHTTP(w, req)
	})
	r.mux.HandleFunc("/api/", r.noRoute)
}

func (r *Router) ready(ctx context.Context) error {
	select {
	case <-r.closing:
		return errors.New("shutting down")
	default:
	}
	if r.opt.Ready == nil {
		return nil
	}
	return r.opt.Ready(ctx)
}
