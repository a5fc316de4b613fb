package open311

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"linli/internal/kernel/access"
	"linli/internal/kernel/config"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// Errors that callers are told, beside those of the neighbours.
var (
	noKey       = errs.Declare("open311_no_key", 403, "缺少 api_key，或该密钥无效、已撤销、已过期。", "The api_key is missing, or it is not valid, revoked or expired.")
	notAllowed  = errs.Declare("open311_key_scope", 403, "该密钥没有这项权限。", "This api_key does not include that.")
	noService   = errs.Declare("open311_no_service", 404, "没有 service_code 为“{code}”的服务。", "There is no service with service_code “{code}”.")
	noRequest   = errs.Declare("open311_no_request", 404, "没有查到这个 service_request_id。", "No request with that service_request_id was found.")
	noToken     = errs.Declare("open311_no_token", 404, "没有查到这个 token。", "No request with that token was found.")
	noSuchCall  = errs.Declare("open311_no_call", 404, "没有这个接口；格式应为 .xml 或 .json。", "There is no such resource; the format is .xml or .json.")
	unreadable  = errs.Declare("open311_unreadable", 400, "提交的内容无法识别，请使用 UTF-8 的 application/x-www-form-urlencoded 表单。", "The content cannot be read; send an application/x-www-form-urlencoded form in UTF-8.")
	wrong       = errs.Declare("open311_wrong", 400, "参数 {name} 有误：{why}。", "The argument {name} is not right: {why}.")
	missing     = errs.Declare("open311_missing", 400, "缺少参数 {name}。", "The argument {name} is missing.")
	otherBody   = errs.Declare("open311_other_body", 400, "这个 Idempotency-Key 已用于其他内容。", "This Idempotency-Key was used for other content.")
	noPlace     = errs.Declare("open311_no_place", 400, "缺少地点：请给出 lat 和 long，或 address_string，或 address_id。", "The location is missing: give lat and long, or address_string, or address_id.")
	placeVague  = errs.Declare("open311_place_vague", 400, "按 address_string 没有找到具体地点，请写得更具体，或给出 lat 和 long。", "No exact place was found for the address_string; write more of it, or give lat and long.")
	tooFarBack  = errs.Declare("open311_too_many_pages", 400, "页数太多，请缩小日期范围。", "There are too many pages; narrow the dates.")
	unknownArea = errs.Declare("open311_no_address", 400, "没有这个 address_id。", "There is no such address_id.")
)

func invalid(name, zh, en string) error {
	return wrong.New("name", name, "why", errs.Words{ZH: zh, EN: en})
}

// Room is the room's door.
type Room struct {
	DB     *store.DB
	Rules  func() Rules
	Map    Map
	Cases  Cases
	Keys   Keys
	Today  func() int
	Zone   func() *time.Location
	Config config.Open311
	// Unit is the scope of the service account with the login for acts on cases, and
	// the units that it acts for.
	Unit func(login string) (access.Scope, []int64, error)

	flight singleflight.Group
	recent recent
}

// call is one request being answered.
type call struct {
	*Room
	ctx    context.Context
	w      http.ResponseWriter
	req    *http.Request
	format format
	lang   string
	form   url.Values
	dry    bool // the test endpoint: everything is checked and nothing kept
}

// split takes "requests.json" apart. Without a format it is XML, which every
// client reads.
func split(name string) (string, format, bool) {
	head, ext, dotted := strings.Cut(name, ".")
	switch {
	case !dotted, ext == "xml":
		return head, asXML, true
	case ext == "json":
		return head, asJSON, true
	}
	return head, asXML, false
}

// formatOf is the format in which a path is answered, for errors too.
func formatOf(path string) format {
	if strings.HasSuffix(path, ".json") {
		return asJSON
	}
	return asXML
}

// Register adds the room's operations.
func (r *Room) Register(router *web.Router) {
	for _, at := range []struct {
		id, prefix string
		dry        bool
	}{{"open311", "/open311/v2", false}, {"open311-test", "/open311/test/v2", true}} {
		op := func(id, method, path, zh, en string) web.Op {
			return web.Op{ID: at.id + "-" + id, Method: method, Path: at.prefix + path, Policy: access.Public, Tags: []string{"open311"}, Summary: zh, SummaryEN: en,
				Asks: true, Fail: fail, Answers: []int{400, 403, 404}, Produces: "text/xml, application/json", Body: maxBody}
		}
		handle := func(op web.Op, do func(*call) error) {
			web.Handle(router, op, func(ctx context.Context, _ access.Scope, w http.ResponseWriter, req *http.Request) error {
				return do(&call{Room: r, ctx: ctx, w: w, req: req, format: formatOf(req.URL.Path), lang: web.Lang(ctx), dry: at.dry})
			})
		}
		post := op("post", "POST", "/{call}", "上报或反馈（Open311）", "POST requests or servicerequestupdates, .xml or .json")
		post.Takes = []string{"application/x-www-form-urlencoded", "multipart/form-data"}
		handle(post, (*call).post)
		handle(op("list", "GET", "/{call}", "服务、事项和进展（Open311）", "GET services, requests, servicerequestupdates or discovery, .xml or .json"), (*call).list)
		handle(op("one", "GET", "/{kind}/{id}", "一项服务或事项（Open311）", "GET one of services, requests or tokens, .xml or .json"), (*call).one)
	}
	discovery := web.Op{ID: "open311-discovery", Method: "GET", Path: "/open311/{call}", Policy: access.Public, Tags: []string{"open311"}, Summary: "Open311 入口", SummaryEN: "GET discovery.xml or discovery.json",
		Asks: true, Fail: fail, Answers: []int{400, 404}, Produces: "text/xml, application/json", Body: maxBody}
	web.Handle(router, discovery, func(ctx context.Context, _ access.Scope, w http.ResponseWriter, req *http.Request) error {
		c := &call{Room: r, ctx: ctx, w: w, req: req, format: formatOf(req.URL.Path), lang: web.Lang(ctx)}
		if name, _, ok := split(req.PathValue("call")); !ok || name != "discovery" {
			return noSuchCall.New()
		}
		return c.discovery()
	})
}

// fail writes an error in the format asked for. GeoReport knows 403, 404 and 400
// for everything else that the caller can mend.
func fail(w http.ResponseWriter, req *http.Request, status int, _, detail string) {
	switch {
	case status == http.StatusUnauthorized:
		status = http.StatusForbidden
	case status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusTooManyRequests, status >= 500:
	default:
		status = http.StatusBadRequest
	}
	f := formatOf(req.URL.Path)
	body := f.encode("errors", list{item: "error", values: []any{record{{"code", status}, {"description", detail}}}})
	w.Header()["Content-Type"] = []string{f.kind()}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// answer writes the document.
func (c *call) answer(root string, v any) error {
	h := c.w.Header()
	h["Content-Type"] = []string{c.format.kind()}
	if c.req.Method == http.MethodGet { // what nobody's key may read any page may read
		h["Access-Control-Allow-Origin"] = []string{"*"}
	}
	body := c.format.encode(root, v)
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	_, err := c.w.Write(body)
	return err
}

// reads parses the arguments of a GET and lets it in.
func (c *call) reads() (Reader, error) {
	var err error
	if c.form, err = parseForm(c.req, nil); err != nil {
		return Reader{}, unreadable.New()
	}
	actor, err := c.key()
	if err != nil && !errs.Is(err, noKey) {
		return Reader{}, err
	}
	if admit := web.Admit(c.ctx, actor, false); admit != nil {
		return Reader{}, admit
	}
	if err != nil {
		return Reader{}, err
	}
	if actor == nil {
		return Reader{}, nil
	}
	area, err := access.Needs(access.CaseRead).Authorize(actor, c.Today())
	if err != nil {
		return Reader{Account: actor.Account}, nil // it reads what it reported
	}
	return Reader{Area: area, Account: actor.Account}, nil
}

// key is whom the caller's API key stands for, nil without one: the argument
// api_key or a bearer token. One that is not valid is refused even where none is
// needed.
func (c *call) key() (*access.Actor, error) {
	key := first(c.form, "api_key")
	if key == "" {
		// The chain knows already whom a bearer token stands for.
		if actor := web.Actor(c.ctx); actor != nil && actor.Key != 0 {
			return actor, nil
		}
		return nil, nil
	}
	actor, err := c.Keys.Actor(c.ctx, key)
	switch {
	case errs.Is(err, errs.Unauthorized), err == nil && actor.Key == 0: // a person's session is no key
		return nil, noKey.New()
	case err != nil:
		return nil, err
	}
	return actor, nil
}

func (c *call) list() error {
	name, _, ok := split(c.req.PathValue("call"))
	if !ok {
		return noSuchCall.New()
	}
	switch name {
	case "discovery":
		return c.discovery()
	case "services":
		return c.services()
	case "requests":
		return c.requests()
	case "servicerequestupdates":
		return c.updates()
	}
	return noSuchCall.New()
}

func (c *call) one() error {
	kind, file := c.req.PathValue("kind"), c.req.PathValue("id")
	// Codes may hold dots: only the last one begins the format.
	id, ext := file, ""
	if i := strings.LastIndexByte(file, '.'); i >= 0 {
		id, ext = file[:i], file[i+1:]
	}
	if ext != "" && ext != "xml" && ext != "json" {
		return noSuchCall.New()
	}
	switch kind {
	case "services":
		return c.definition(id)
	case "requests":
		return c.request(id)
	case "tokens":
		return c.token(id)
	}
	return noSuchCall.New()
}

func (c *call) post() error {
	name, _, ok := split(c.req.PathValue("call"))
	if !ok {
		return noSuchCall.New()
	}
	switch name {
	case "requests":
		return c.report()
	case "servicerequestupdates":
		return c.update()
	}
	return noSuchCall.New()
}

// recent remembers in two generations of bounded size what was taken lately, so
// that a storm of repeats asks the database before it writes.
type recent struct {
	mu       sync.Mutex
	now, old map[[16]byte]struct{}
}

const recentMost = 20_000

func (r *recent) add(k [16]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.now) >= recentMost || r.now == nil {
		r.old, r.now = r.now, map[[16]byte]struct{}{}
	}
	r.now[k] = struct{}{}
}

func (r *recent) has(k [16]byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, a := r.now[k]
	_, b := r.old[k]
	return a || b
}

// instant writes a time in the city's zone; "" for none.
func (c *call) instant(micros int64) string {
	if micros == 0 {
		return ""
	}
	return time.UnixMicro(micros).In(c.Zone()).Format(time.RFC3339)
}

var errDates = errors.New("no date")

// times are the forms in which programs write instants; those without an offset
// are in the city's zone.
var times = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", time.DateOnly}

// parseInstant reads a W3C date. A + that became a blank on its way through a query
// is read as what it was.
func parseInstant(s string, zone *time.Location) (int64, error) {
	if i := strings.LastIndexByte(s, ' '); i > 10 {
		s = s[:i] + "+" + s[i+1:]
	}
	for _, layout := range times {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UnixMicro(), nil
		}
	}
	return 0, errDates
}
