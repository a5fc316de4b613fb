package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

// CookieName carries the session token in browsers; other clients send it as
// `Authorization: Bearer`.
const CookieName = "linli_session"

// DefaultBody is the limit of a request body in bytes where the Op sets none.
const DefaultBody = 1 << 20

// Authenticator turns a session token into the person it stands for. It
// returns errs.Unauthorized for a token that is unknown, expired or revoked.
// It is called on every request that carries a token, so it must be quick.
type Authenticator interface {
	Actor(ctx context.Context, token string) (*access.Actor, error)
}

// Options are the parts and limits of a Router. The zero value of each limit
// means its default.
type Options struct {
	Title, Version string
	Auth           Authenticator                   // nil: everybody is anonymous
	Log            *slog.Logger                    // nil: slog.Default()
	Today          func() int                      // the city's day yyyymmdd, for posts' dates; nil: today in China
	MaxInFlight    int                             // requests at once before shedding; default 512
	Timeout        time.Duration                   // of an operation; default 30 s
	Rate           float64                         // requests a second for one account or address; default 200; < 0 none
	Burst          int                             // default 400
	RequireKey     bool                            // refuse a POST without Idempotency-Key
	DB             *store.DB                       // keeps the answers to Idempotency-Key; nil: only concurrent equals are joined
	TrustedProxies []netip.Prefix                  // whose X-Forwarded-For and X-Forwarded-Proto are believed
	Ready          func(ctx context.Context) error // what /readyz asks, usually store.DB.Ready
	StreamsPerUser int                             // open SSE connections of one account; default 8
}

// Op declares an operation. ID, Method, Path and Policy are required.
type Op struct {
	ID        string // kebab-case, unique: "list-cases"
	Method    string
	Path      string // ServeMux pattern without method: "/api/v1/cases/{id}"
	Policy    access.Policy
	Summary   string // one line, Chinese
	SummaryEN string // the same in English
	Tags      []string
	Status    int           // of success; default 200 (204 without a body)
	Body      int64         // limit of the request body; default DefaultBody; -1 none (raw operations only)
	Timeout   time.Duration // default Options.Timeout; -1 none (streams, long exports)
	Urgent    bool          // the hazard lane: never shed, never rate limited
	Asks      bool          // the handler asks for admission itself (Admit), once it has read how urgent the matter is
	// Fail writes an error of a raw operation in that operation's own form; nil: as
	// a problem document. Retry-After is set already.
	Fail     func(w http.ResponseWriter, req *http.Request, status int, code, detail string)
	ReadOnly bool     // a POST that changes nothing (preview, search): Idempotency-Key is ignored
	Loose    bool     // characters that no text may have are the handler's concern, part by part
	Secret   bool     // the answer holds a secret or personal data: never stored for replay
	Answers  []int    // statuses of errors other than those that every operation of its method has, for the OpenAPI document
	Ranges   bool     // a raw operation answers Range (206) and If-None-Match (304)
	Produces string   // content types of a raw operation's answer, separated by ", ", for the document
	Takes    []string // content types of a raw operation's body, for the document
	Params   any      // a struct whose query and header fields a raw operation takes, for the document
}

// Router is an http.Handler that serves everything registered on it.
type Router struct {
	opt      Options
	mux      *http.ServeMux
	api      huma.API
	ops      map[string]*operation
	order    []*operation
	csrf     *http.CrossOriginProtection
	log      *slog.Logger
	inflight atomic.Int64
	meters   *meters
	limits   *limiter
	flights  *flights
	streams  *streamLimits
	spec     specOnce
	closing  chan struct{}
}

type operation struct {
	Op
	meter opMeter
	keyed bool // takes part in Idempotency-Key
	raw   bool // the handler reads the body itself
}

// New makes a Router with /api/openapi.json, /api/docs, /healthz, /readyz and
// /metrics already on it.
func New(opt Options) *Router {
	if opt.MaxInFlight == 0 {
		opt.MaxInFlight = 512
	}
	if opt.Timeout == 0 {
		opt.Timeout = 30 * time.Second
	}
	if opt.Rate == 0 {
		opt.Rate, opt.Burst = 200, max(opt.Burst, 400)
	}
	if opt.StreamsPerUser == 0 {
		opt.StreamsPerUser = 8
	}
	if opt.Title == "" {
		opt.Title = "邻里 Linli"
	}
	if opt.Version == "" {
		opt.Version = "dev"
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	if opt.Today == nil {
		opt.Today = todayInChina
	}
	r := &Router{
		opt:     opt,
		mux:     http.NewServeMux(),
		ops:     map[string]*operation{},
		csrf:    http.NewCrossOriginProtection(),
		log:     opt.Log,
		meters:  newMeters(),
		limits:  newLimiter(opt.Rate, opt.Burst),
		flights: newFlights(),
		streams: newStreamLimits(opt.StreamsPerUser),
		closing: make(chan struct{}),
	}
	r.meters.watch(r)
	r.api = huma.NewAPI(humaConfig(opt), adapter{r})
	r.system()
	return r
}

// Mux gives access to plain routes that are no operations: static files,
// pages, Open311. They walk the outer chain but have no policy and no actor.
func (r *Router) Mux() *http.ServeMux { return r.mux }

// Ops lists what is registered, in order of registration, for the access
// matrix test and the documentation.
func (r *Router) Ops() []Op {
	all := make([]Op, len(r.order))
	for i, o := range r.order {
		all[i] = o.Op
	}
	return all
}

// Close ends the open streams so that a graceful shutdown does not wait for
// them. Call it before http.Server.Shutdown.
func (r *Router) Close() {
	select {
	case <-r.closing:
	default:
		close(r.closing)
	}
}

var chinaTime = time.FixedZone("CST", 8*3600)

func todayInChina() int {
	y, m, d := time.Now().In(chinaTime).Date()
	return y*10000 + int(m)*100 + d
}

// add checks the declaration and remembers it. Mistakes are the programmer's
// and stop the start.
func (r *Router) add(op Op) *operation {
	switch {
	case op.ID == "" || op.Method == "" || !strings.HasPrefix(op.Path, "/"):
		panic("web: operation needs ID, Method and Path: " + op.ID + " " + op.Path)
	case !op.Policy.Declared():
		panic("web: operation " + op.ID + " declares no policy")
	case r.ops[op.ID] != nil:
		panic("web: operation " + op.ID + " registered twice")
	}
	if op.Body == 0 {
		op.Body = DefaultBody
	}
	if op.Timeout == 0 {
		op.Timeout = r.opt.Timeout
	}
	op.Method = strings.ToUpper(op.Method)
	o := &operation{Op: op, meter: r.meters.op(op.ID)}
	r.ops[op.ID] = o
	r.order = append(r.order, o)
	return o
}

// adapter connects huma to the chain: humago's context, our own handling
// around it.
type adapter struct{ r *Router }

func (a adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	o := a.r.ops[op.OperationID]
	if o == nil {
		panic("web: use web.Register, not huma.Register, for " + op.OperationID)
	}
	a.r.mux.HandleFunc(o.Method+" "+o.Path, a.r.guard(o, func(c *call, req *http.Request) {
		handler(humago.NewContext(op, req, &c.w))
	}))
}

func (a adapter) ServeHTTP(w http.ResponseWriter, req *http.Request) { a.r.ServeHTTP(w, req) }

// Register adds a typed operation. I and O are huma structs (path, query,
// header and Body fields); use separate types for input and output. The
// handler gets the Scope that the policy granted; it passes it on to store
// queries and never makes one.
//
// again, if given, computes the answer of an effect that is already durable;
// see Mark.
func Register[I, O any](r *Router, op Op, h func(ctx context.Context, scope access.Scope, in *I) (*O, error),
	again ...func(ctx context.Context, scope access.Scope, in *I) (*O, error)) {
	o := r.add(op)
	if o.Body < 0 {
		panic("web: operation " + op.ID + " must limit its body")
	}
	o.keyed = !op.ReadOnly && !op.Secret && (o.Method == "POST" || o.Method == "PUT" || o.Method == "PATCH")
	var redo func(ctx context.Context, scope access.Scope, in *I) (*O, error)
	if len(again) > 0 {
		redo = again[0]
	}
	shape := shapeOf[O](op.Status)
	huma.Register(r.api, r.describe(o), func(ctx context.Context, in *I) (*O, error) {
		c := callOf(ctx)
		if c.once == nil {
			out, err := h(ctx, c.scope, in)
			if err != nil {
				return nil, r.problem(c, err)
			}
			return out, nil
		}
		c.once.shape, c.once.redoable = shape, redo != nil
		if !c.once.marked {
			out, err := h(ctx, c.scope, in)
			if err == nil {
				err = r.settle(c, out)
			}
			if err == nil {
				return out, nil
			}
			stored, marked := r.recall(c, err)
			if stored != nil {
				return nil, stored
			}
			if !marked {
				return nil, r.problem(c, err)
			}
		}
		if redo == nil {
			return nil, r.problem(c, errDone.New())
		}
		if !c.once.durable {
			c.w.Header()["Idempotency-Replayed"] = headerTrue
		}
		out, err := redo(ctx, c.scope, in)
		if err != nil {
			return nil, r.problem(c, err)
		}
		return out, nil
	})
}

// Handle adds a raw operation: the handler writes the answer itself (streams,
// files, exports). An error returned before anything was written becomes a
// problem document; later ones are logged. The request body is limited by
// http.MaxBytesReader unless Op.Body is -1. With Op.Timeout -1 the exchange may
// take any time, but each read and write must come forward within a minute.
// Idempotency-Key does not apply.
func Handle(r *Router, op Op, h func(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error) {
	o := r.add(op)
	o.raw = true
	if !strings.Contains(op.Path, "...") {
		r.api.OpenAPI().AddOperation(r.describeRaw(o))
	}
	r.mux.HandleFunc(o.Method+" "+o.Path, r.guard(o, func(c *call, req *http.Request) {
		if err := h(c, c.scope, &c.w, req); err != nil {
			if c.w.status != 0 {
				if !c.gone() {
					c.fault = err
				}
				return
			}
			c.w.clear()
			r.fail(c, err)
		}
	}))
}

// Page adds a page that is no operation of the API. Like an operation it is shed
// under overload and held to the rate of its address; refuse writes what the
// visitor reads then. asks: the handler asks for admission itself (Admit), once
// it has read how urgent the matter is.
func (r *Router) Page(pattern string, asks bool, h http.HandlerFunc, refuse func(w http.ResponseWriter, req *http.Request, err error)) {
	r.mux.HandleFunc(pattern, func(w http.ResponseWriter, req *http.Request) {
		r.inflight.Add(1)
		defer r.inflight.Add(-1)
		if !asks {
			if err := Admit(req.Context(), nil, false); err != nil {
				refuse(w, req, err)
				return
			}
		}
		h(w, req)
	})
}

// WriteText answers with a text made in memory, compressed where that is worth it
// and the browser takes it. Content-Type is the caller's.
func WriteText(w http.ResponseWriter, req *http.Request, status int, body []byte) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	if len(body) > 1024 && acceptsEncoding(req, "gzip") {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // into memory
		_ = z.Close()
		body = b.Bytes()
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if req.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
