package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Errors of Idempotency-Key.
var (
	ErrKeyMismatch = errs.Declare("idempotency_mismatch", 422, "该请求编号已用于其他内容，请重新提交。", "This Idempotency-Key was already used for other content; send it again with a new key.")
	ErrKeyInvalid  = errs.Declare("idempotency_key_invalid", 422, "请求编号格式有误，请使用 1 至 200 个英文可见字符。", "The Idempotency-Key is not right: use 1 to 200 visible ASCII characters.")
	ErrKeyMissing  = errs.Declare("idempotency_key_required", 422, "缺少请求编号（Idempotency-Key）。", "The Idempotency-Key header is missing.")
	errDone        = errs.Declare("already_done", 409, "该操作已完成，请刷新查看结果。", "This was already done; reload to see the result.")
)

// KeysKept is how long an answer is kept at least.
const KeysKept = 25 * time.Hour

// maxStored bounds an answer that is kept or shared between equal requests.
const maxStored = 1 << 20

var keyTable = &store.Table{Name: "idempotency", Cols: []string{"district", "k", "at", "print", "status", "body"}}

// once is the Idempotency-Key of one request.
type once struct {
	id       keyID
	district int
	k        [16]byte // of account, operation and key
	print    [16]byte // of k, method, path, query and body
	shape    *shape
	redoable bool
	marked   bool   // a replay of a marked effect: only its answer is wanted
	status   int    // of the answer that waits for the commit
	body     []byte // that answer, encoded
	durable  bool   // the row is committed
	pending  bool   // Commit or Mark was called
}

type keyID struct {
	account int64
	op, key string
}

// shape knows where O keeps its status and body.
type shape struct {
	typ          reflect.Type
	body, status int // field index, -1 if none
	code         int
}

func shapeOf[O any](code int) *shape {
	s := &shape{typ: reflect.TypeFor[O](), body: -1, status: -1, code: code}
	if f, ok := s.typ.FieldByName("Body"); ok && f.Type.Kind() != reflect.Func {
		s.body = f.Index[0]
	}
	if f, ok := s.typ.FieldByName("Status"); ok && f.Type.Kind() == reflect.Int {
		s.status = f.Index[0]
	}
	if code == 0 {
		s.code = http.StatusOK
		if s.body < 0 {
			s.code = http.StatusNoContent
		}
	}
	return s
}

func (s *shape) encode(out any) (status int, body []byte, err error) {
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.Elem().Type() != s.typ {
		return 0, nil, fmt.Errorf("web: the answer to keep must be the handler's own *%s, not %T", s.typ, out)
	}
	v = v.Elem()
	status = s.code
	if s.status >= 0 && v.Field(s.status).Int() != 0 {
		status = int(v.Field(s.status).Int())
	}
	if s.body < 0 {
		return status, []byte{}, nil
	}
	var buf bytes.Buffer
	if err := encodeJSON(&buf, v.Field(s.body).Interface()); err != nil {
		return 0, nil, err
	}
	return status, buf.Bytes(), nil
}

// Commit keeps the answer of a command in the transaction of its effect, so
// that the two exist together or not at all. A room's command needs one line:
//
//	err := db.Write(ctx, func(tx *store.Tx) error {
//		… the effect …
//		return web.Commit(ctx, tx, out)   // out: the *O that the handler returns
//	})
//
// Without an Idempotency-Key, and outside a request, it does nothing.
//
// How sixteen equal requests make one effect and sixteen equal answers:
//
//  1. In one process they meet in a table of flights (account, operation,
//     key). The first runs; the others wait and get the same bytes. One with
//     another body gets 422 at once.
//  2. The hot path reads nothing. Commit appends one row (tx.Append) with
//     primary key (district, digest of account, operation and key); it rides in
//     the batch's multi-row insert and is durable with the effect. The encoded bytes are
//     also what is sent, so the answer is encoded once.
//  3. A repeat that another process, or this one before a crash, has already
//     done violates the primary key. The store then replays the batch's callers
//     one by one; the repeat's transaction rolls back with its whole effect,
//     the others commit. Its handler returns an error – the duplicate itself,
//     or what the room made of it, or stale_version because the effect was seen
//     earlier – and on any error of a keyed request this package looks the key
//     up: found, same content → the stored answer with Idempotency-Replayed;
//     found, other content → 422; not found → the error stands.
//  4. The same look-up answers where a commit's outcome was unknown (connection
//     lost after COMMIT): the row tells.
//  5. Keys that this process has seen succeed are remembered (bounded), so that
//     a storm of repeats costs one read each and no replayed batch.
//
// The row's district is the actor's home district (0 for the city and for
// nobody), not the effect's: it does not depend on the body, so the same key
// with another body is always found out. Keys that sort by time (UUIDv7) keep
// the table's inserts in one place; random ones work, but cost more pages.
//
// Operations that do not call Commit or Mark get a fallback: their answer is
// stored in a write of its own after success. A crash between the two leaves
// the effect without its answer; use Commit where that matters.
func Commit(ctx context.Context, tx *store.Tx, out any) error {
	c := callOf(ctx)
	if c == nil || c.once == nil || c.once.shape == nil {
		return nil
	}
	o := c.once
	status, body, err := o.shape.encode(out)
	if err != nil {
		return err
	}
	if len(body) > maxStored {
		body = nil
		if !o.redoable {
			return fmt.Errorf("web: the answer of %s is too large to keep", o.id.op)
		}
	}
	o.append(tx, status, body)
	return nil
}

// Mark is Commit for commands whose answer is read back after the effect (the
// case page after an action): only the fact is kept, and a repeat gets the
// answer from the second function given to Register, computed anew. Repeats
// that wait in the same process get the first one's bytes.
// ref, if not 0, is the id of what was made; the second function gets it from
// Marked.
func Mark(ctx context.Context, tx *store.Tx, ref int64) error {
	c := callOf(ctx)
	if c == nil || c.once == nil || c.once.shape == nil {
		return nil
	}
	if !c.once.redoable {
		return fmt.Errorf("web: %s marks its effect, but Register got no function that answers again", c.once.id.op)
	}
	var body []byte
	if ref != 0 {
		body = binary.BigEndian.AppendUint64(nil, uint64(ref))
	}
	c.once.append(tx, 0, body)
	return nil
}

// Marked is the id that Mark kept with the effect that is being answered again;
// 0 if it kept none.
func Marked(ctx context.Context) int64 {
	if c := callOf(ctx); c != nil && c.once != nil && len(c.once.body) == 8 && c.once.status == 0 {
		return int64(binary.BigEndian.Uint64(c.once.body))
	}
	return 0
}

func (o *once) append(tx *store.Tx, status int, body []byte) {
	o.status, o.body, o.pending, o.durable = status, body, true, false
	var stored any
	if body != nil {
		stored = body
	}
	tx.Append(keyTable, o.district, o.k[:], tx.Now(), o.print[:], status, stored)
	tx.AfterCommit(func() { o.durable = true })
}

// settle sees that the answer of a successful handler is kept, and that the
// kept bytes are what is sent.
func (r *Router) settle(c *call, out any) error {
	o := c.once
	if o.durable {
		if o.status != 0 { // of a marked effect the answer is what the handler gives
			c.w.saved = o.body
		}
		r.flights.remember(o.id)
		return nil
	}
	if r.opt.DB == nil {
		return nil
	}
	status, body, err := o.shape.encode(out)
	if err != nil || len(body) > maxStored {
		return err
	}
	// The effect is done; whether its answer can be kept is not the caller's concern,
	// except that an earlier answer must win.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c), 10*time.Second)
	defer cancel()
	err = r.opt.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO idempotency (district, k, at, print, status, body) VALUES (?,?,?,?,?,?)",
			o.district, o.k[:], tx.Now(), o.print[:], status, body)
		return err
	})
	switch {
	case err == nil:
		c.w.saved = body
		r.flights.remember(o.id)
	case store.IsDuplicate(err):
		return err
	default:
		c.fault = fmt.Errorf("the answer could not be kept: %w", err)
	}
	return nil
}

// storedAnswer is an answer that exists already; huma writes it like an error.
type storedAnswer struct {
	status int
	body   []byte
}

func (s *storedAnswer) Error() string             { return "stored answer" }
func (s *storedAnswer) GetStatus() int            { return s.status }
func (s *storedAnswer) ContentType(string) string { return "application/json" }

// recall looks the key up after a handler's error. It returns the stored answer
// as an error value for huma, or marked = true when only the effect is known.
func (r *Router) recall(c *call, cause error) (answer error, marked bool) {
	o := c.once
	if o.durable { // the effect is done, what failed came after
		if !errors.Is(cause, context.Canceled) {
			c.fault = cause
		}
		r.flights.remember(o.id)
		if o.status == 0 {
			o.marked = true
			return nil, true
		}
		c.w.saved = o.body
		return &storedAnswer{o.status, o.body}, false
	}
	s, err := r.lookup(c)
	switch {
	case err != nil:
		if errs.Is(err, ErrKeyMismatch) {
			return r.problem(c, err), false
		}
		return nil, false
	case s.status == 0:
		o.marked, o.status, o.body = true, 0, s.body
		return nil, true
	}
	r.meters.replays.Inc()
	c.w.Header()["Idempotency-Replayed"] = headerTrue
	c.w.saved = s.body
	return s, false
}

// lookup reads the key's row: its answer, ErrKeyMismatch, or sql.ErrNoRows.
func (r *Router) lookup(c *call) (*storedAnswer, error) {
	if r.opt.DB == nil {
		return nil, sql.ErrNoRows
	}
	o := c.once
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c), 5*time.Second)
	defer cancel()
	var s storedAnswer
	var print []byte
	err := r.opt.DB.QueryRow(ctx, "SELECT print, status, body FROM idempotency WHERE district = ? AND k = ?", o.district, o.k[:]).Scan(&print, &s.status, &s.body)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(print, o.print[:]) {
		return nil, ErrKeyMismatch.New()
	}
	if s.body == nil && s.status != 0 { // SQLite gives an empty blob as nil
		s.body = []byte{}
	}
	return &s, nil
}

// withKey runs a request that carries an Idempotency-Key.
func (r *Router) withKey(c *call, req *http.Request, key string, body []byte, next func(*call, *http.Request)) {
	if !saneKey(key) {
		r.fail(c, ErrKeyInvalid.New())
		return
	}
	o := &once{id: keyID{op: c.op.ID, key: key}}
	if c.actor != nil {
		o.id.account = c.actor.Account
		if len(c.actor.Posts) > 0 {
			o.district = access.DistrictOf(c.actor.Posts[0].Region)
		}
	}
	o.k = digest(o.id)
	mark := len(body) // the buffer's free end serves as scratch
	body = append(append(body, '\n'), o.k[:]...)
	body = append(append(append(append(body, req.Method...), ' '), req.URL.Path...), '?')
	body = append(body, req.URL.RawQuery...)
	sum := sha256.Sum256(body)
	copy(o.print[:], sum[:])
	clear(body[mark:])

	for {
		f, leader, known := r.flights.join(o.id, o.print)
		if leader {
			defer r.flights.leave(o.id, f)
			c.once = o
			if known {
				s, err := r.lookup(c)
				switch {
				case err == nil && s.status != 0:
					r.replay(c, s.status, "application/json", s.body)
					f.status, f.kind, f.body = s.status, "application/json", s.body
					return
				case err == nil:
					o.marked, o.body = true, s.body
				case errs.Is(err, ErrKeyMismatch):
					r.fail(c, err)
					return
				}
			}
			c.w.keep = true
			next(c, req)
			f.status, f.kind, f.body = c.w.status, c.w.Header().Get("Content-Type"), c.w.kept
			return
		}
		if f.print != o.print {
			r.fail(c, ErrKeyMismatch.New())
			return
		}
		select {
		case <-f.done:
		case <-c.Done():
			r.fail(c, c.Err())
			return
		}
		if f.status == 0 || f.status == ErrGone.Status || f.status == http.StatusTooManyRequests || f.status >= 500 || f.body == nil {
			continue // the first one's caller went away, it came to nothing or its answer was too long: take its place
		}
		r.replay(c, f.status, f.kind, f.body)
		return
	}
}

// digest is the row's key. A UUIDv7 keeps its time in front, so that rows of
// our own clients go to one end of the index.
func digest(id keyID) (k [16]byte) {
	var buf [256]byte
	b := strconv.AppendInt(buf[:0], id.account, 10)
	b = append(append(append(append(b, 0), id.op...), 0), id.key...)
	sum := sha256.Sum256(b)
	copy(k[:], sum[:])
	if len(id.key) == 36 && id.key[14] == '7' && id.key[8] == '-' && id.key[13] == '-' {
		var t [6]byte
		if _, err := hex.Decode(t[:4], []byte(id.key[:8])); err == nil {
			if _, err = hex.Decode(t[4:], []byte(id.key[9:13])); err == nil {
				copy(k[:], t[:])
			}
		}
	}
	return k
}

// replay writes an answer that exists already.
func (r *Router) replay(c *call, status int, kind string, body []byte) {
	r.meters.replays.Inc()
	h := c.w.Header()
	h["Idempotency-Replayed"] = headerTrue
	if len(body) > 0 {
		h["Content-Type"] = []string{kind}
	}
	c.w.WriteHeader(status)
	if len(body) > 0 {
		_, _ = c.w.Write(body)
	}
}

func saneKey(k string) bool {
	if len(k) == 0 || len(k) > 200 {
		return false
	}
	for i := range len(k) {
		if k[i] <= ' ' || k[i] > '~' {
			return false
		}
	}
	return true
}

// flights joins equal requests of this process, and remembers keys that
// succeeded lately in two generations of bounded size.
type flights struct {
	mu       sync.Mutex
	open     map[keyID]*flight
	now, old map[keyID]struct{}
}

const recentKeys = 20_000 // in one generation

type flight struct {
	print  [16]byte
	done   chan struct{}
	status int
	kind   string
	body   []byte
}

func newFlights() *flights {
	return &flights{open: map[keyID]*flight{}, now: map[keyID]struct{}{}}
}

// join returns the flight of the key, whether the caller leads it, and whether
// the key succeeded in this process before.
func (fs *flights) join(id keyID, print [16]byte) (f *flight, leader, known bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f = fs.open[id]; f != nil {
		return f, false, false
	}
	f = &flight{print: print, done: make(chan struct{})}
	fs.open[id] = f
	if _, known = fs.now[id]; !known {
		_, known = fs.old[id]
	}
	return f, true, known
}

func (fs *flights) leave(id keyID, f *flight) {
	fs.mu.Lock()
	delete(fs.open, id)
	fs.mu.Unlock()
	close(f.done)
}

func (fs *flights) remember(id keyID) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.now) >= recentKeys {
		fs.old, fs.now = fs.now, map[keyID]struct{}{}
	}
	fs.now[id] = struct{}{}
}

// ForgetKeys deletes answers older than KeysKept, a few thousand rows at a
// time. Run it from a periodic job.
func ForgetKeys(ctx context.Context, db *store.DB) (deleted int64, err error) {
	before := db.Now() - KeysKept.Microseconds()
	for {
		bound := before
		err := db.QueryRow(ctx, "SELECT at FROM idempotency WHERE at < ? ORDER BY at LIMIT 1 OFFSET 4000", before).Scan(&bound)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return deleted, err
		}
		last := err != nil
		var n int64
		err = db.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.Exec("DELETE FROM idempotency WHERE at < ? AND at <= ?", before, bound)
			return err
		})
		deleted += n
		if err != nil || last {
			return deleted, err
		}
	}
}
