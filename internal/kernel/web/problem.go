package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Problem is the body of every error answer (RFC 9457, application/problem+json).
type Problem struct {
	Type      string         `json:"type" doc:"Always about:blank; tell problems apart by code." example:"about:blank"`
	Title     string         `json:"title" doc:"Short summary of the status in the caller's language."`
	Status    int            `json:"status" doc:"HTTP status." example:"422"`
	Detail    string         `json:"detail" doc:"A sentence for a person, in the caller's language."`
	Code      string         `json:"code" doc:"Stable code of the problem." example:"invalid"`
	Field     string         `json:"field,omitempty" doc:"JSON name of the field it is about."`
	Params    map[string]any `json:"params,omitempty" doc:"Values used in the sentence."`
	Errors    []FieldProblem `json:"errors,omitempty" doc:"Every field that is not right, for forms."`
	RequestID string         `json:"request_id" doc:"Tell this to the administrator."`

	headers http.Header
}

// FieldProblem is one field that is not right.
type FieldProblem struct {
	Field  string `json:"field" doc:"JSON path of the field, e.g. place.lon or items[2].name."`
	Code   string `json:"code" doc:"invalid, required, too_long …"`
	Detail string `json:"detail" doc:"What to do, in the caller's language."`
}

// Error, GetStatus, ContentType and GetHeaders serve huma.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType names the media type of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders are headers that go with the problem, such as Retry-After.
func (p *Problem) GetHeaders() http.Header { return p.headers }

var titles = map[int]errs.Words{
	400: {ZH: "请求有误", EN: "Bad request"},
	401: {ZH: "需要登录", EN: "Sign in needed"},
	403: {ZH: "没有权限", EN: "Not permitted"},
	404: {ZH: "没有找到", EN: "Not found"},
	405: {ZH: "不支持的操作", EN: "Method not allowed"},
	409: {ZH: "内容冲突", EN: "Conflict"},
	410: {ZH: "已经失效", EN: "Gone"},
	412: {ZH: "条件不符", EN: "Precondition failed"},
	413: {ZH: "内容太大", EN: "Too large"},
	415: {ZH: "不支持的内容格式", EN: "Unsupported media type"},
	422: {ZH: "内容需要修改", EN: "Needs correction"},
	429: {ZH: "请求太多", EN: "Too many requests"},
	499: {ZH: "请求已取消", EN: "Cancelled"},
	500: {ZH: "系统问题", EN: "Server problem"},
	503: {ZH: "暂时不可用", EN: "Not available"},
	507: {ZH: "存储空间不足", EN: "Storage is nearly full"},
}

// problem translates any error into the answer for this caller and keeps
// faults for the log.
func (r *Router) problem(c *call, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var e *errs.Error
	var he huma.StatusError
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &e):
	case c.gone():
		e = ErrGone.New()
	case errors.Is(err, context.DeadlineExceeded):
		e = ErrTimeout.New("seconds", 1).Because(err)
	case errors.As(err, &tooLong):
		e = errs.TooLarge.New("max", size(tooLong.Limit))
	case store.IsDuplicate(err):
		e = errs.Conflict.New("what", errs.Words{ZH: "相同的内容已存在", EN: "the same exists already"}).Because(err)
	case store.Unreachable(err):
		e = errs.Unavailable.New().Because(err)
	case errors.As(err, &he):
		e = kindOfStatus(he.GetStatus()).New().Because(err)
	default:
		e = errs.Internal.New().Because(err)
	}
	if e.Kind.Status >= 500 && e.Cause != nil {
		c.fault = e
	}
	c.cause = e.Kind.Code
	lang := c.language()
	p = &Problem{Type: "about:blank", Status: e.Kind.Status, Code: e.Kind.Code, Field: e.Field, RequestID: c.id}
	p.Title = titleOf(p.Status, lang)
	p.Detail = sentence(e, lang)
	if len(e.Params) > 0 {
		p.Params = make(map[string]any, len(e.Params))
		for k, v := range e.Params {
			switch w := v.(type) {
			case errs.Words:
				v = w.In(lang)
			case []FieldError:
				for _, f := range w {
					p.Errors = append(p.Errors, FieldProblem{Field: f.Field, Code: f.Err.Kind.Code, Detail: sentence(f.Err.In(f.Field), lang)})
				}
				continue
			}
			p.Params[k] = v
		}
	}
	switch s := e.Params["seconds"].(type) {
	case int:
		p.headers = http.Header{"Retry-After": {strconv.Itoa(max(s, 1))}}
	default:
		if p.Status == http.StatusServiceUnavailable {
			p.headers = http.Header{"Retry-After": {"2"}}
		}
	}
	return p
}

// FieldError names one field of a form that is not right. A room that checks
// several fields returns them together with Fields.
type FieldError struct {
	Field string // JSON path
	Err   *errs.Error
}

// Fields joins the errors of several fields into one; nil if there are none.
func Fields(all []FieldError) error {
	if len(all) == 0 {
		return nil
	}
	first := all[0].Err
	e := first.Kind.New().In(all[0].Field)
	for k, v := range first.Params {
		e.Params[k] = v
	}
	if len(all) > 1 {
		e.Params["errors"] = all
	}
	return e
}

// sentence is the error's text with the field called by its name in the
// person's language.
func sentence(e *errs.Error, lang string) string {
	if e.Field == "" || e.Params["field"] != nil {
		return e.Text(lang)
	}
	named := &errs.Error{Kind: e.Kind, Field: e.Field, Params: map[string]any{"field": fieldWords(e.Field).In(lang)}}
	for k, v := range e.Params {
		named.Params[k] = v
	}
	return named.Text(lang)
}

func titleOf(status int, lang string) string {
	w, ok := titles[status]
	if !ok {
		w = titles[status/100*100]
	}
	if w.ZH == "" {
		w = titles[500]
	}
	return w.In(lang)
}

func kindOfStatus(status int) *errs.Kind {
	switch {
	case status == 404:
		return errs.NotFound
	case status == 405:
		return ErrMethod
	case status == 413:
		return errs.TooLarge
	case status == 415:
		return ErrMediaType
	case status == 422:
		return errs.Invalid
	case status == 503 || status == 408:
		return ErrTimeout
	case status < 500:
		return ErrMalformed
	}
	return errs.Internal
}

// fail writes the error as the answer.
func (r *Router) fail(c *call, err error) { r.writeProblem(c, r.problem(c, err)) }

func (r *Router) writeProblem(c *call, p *Problem) {
	h := c.w.Header()
	for k, v := range p.headers {
		h[k] = v
	}
	if p.Status == http.StatusUnauthorized {
		h["Www-Authenticate"] = []string{`Bearer realm="linli"`}
	}
	h["Cache-Control"] = headerNoStore
	if c.op != nil && c.op.Fail != nil {
		c.op.Fail(&c.w, c.req, p.Status, p.Code, p.Detail)
		return
	}
	h["Content-Type"] = []string{"application/problem+json"}
	var buf bytes.Buffer
	_ = encodeJSON(&buf, p)
	c.w.WriteHeader(p.Status)
	if c.req.Method != http.MethodHead {
		_, _ = c.w.Write(buf.Bytes())
	}
}

// Fail writes an error as a problem document from a plain handler on Mux.
func Fail(w http.ResponseWriter, req *http.Request, err error) {
	c := callOf(req.Context())
	if c == nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	c.w.clear()
	c.r.fail(c, err)
}

func encodeJSON(buf *bytes.Buffer, v any) error {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// noRoute answers for paths nobody registered: 405 with Allow where another
// method would be right, else 404.
func (r *Router) noRoute(w http.ResponseWriter, req *http.Request) {
	c := callOf(req.Context())
	var allow []string
	probe := *req
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		probe.Method = m
		if _, pattern := r.mux.Handler(&probe); strings.HasPrefix(pattern, m+" ") {
			allow = append(allow, m)
		}
	}
	if len(allow) > 0 {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		r.fail(c, ErrMethod.New())
		return
	}
	r.fail(c, errs.NotFound.New())
}
