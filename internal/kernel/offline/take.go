package offline

import (
	"context"
	"crypto/ecdh"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Bounds of a batch and of an account's phones.
const (
	BatchMost   = 50
	BatchBytes  = 256 << 10
	devicesMost = 50
	inHand      = 2000 // commands worked on at once; more wait
	patience    = 8 * time.Second
)

var (
	errLocked  = errs.Declare("device_locked", 403, "这部手机已被锁定。手机上未传的记录可由主管凭导出文件恢复。", "This phone is locked. What it has not sent can be recovered by a supervisor from its export.")
	errDevices = errs.Declare("too_many_devices", 409, "一个账号最多登记 {max} 部手机，请先停用旧手机。", "An account has at most {max} phones; please lock an old one first.")
	errOld     = errs.Declare("command_too_old", 409, "该序号早已处理完毕，请核对后以新序号重新提交。", "This number was settled long ago; please check, and send the record with a new number if it is missing.")
	errBatch   = errs.Declare("batch_too_long", 422, "一次最多提交 {max} 条记录，请分批提交。", "At most {max} records at a time; please send them in parts.")
)

// Service takes commands and gives changes.
type Service struct {
	DB    *store.DB
	Today func() int
	Day   func(at int64) int // the city's day of an instant
	// Author is the account with all posts that it ever held, disabled or not, for
	// what it recorded earlier.
	Author     func(ctx context.Context, account int64) (*access.Actor, error)
	EndSession func(ctx context.Context, actor *access.Actor) error // the actor's own
	Place      func(grid int64) (access.Target, bool)               // where a grid lies
	Reached    func(scope access.Scope) []int64                     // accounts for whom the scope's actor answers
	Name       func(account int64) string
	// Photo stores a photo of a phone's export under the phone's own id.
	Photo func(ctx context.Context, account int64, key, name string, r io.Reader) error

	key       *ecdh.PrivateKey
	epochs    epochs
	kinds     map[string]Kind
	sources   []Source
	snapshots snapshots
	gate      *semaphore.Weighted
	lines     lines
	phones    phones
}

// New opens the room: its key, and the epoch.
func New(ctx context.Context, db *store.DB, dir string) (*Service, error) {
	s := &Service{DB: db, kinds: map[string]Kind{}, gate: semaphore.NewWeighted(inHand), epochs: epochs{db: db, file: filepath.Join(dir, epochFile)}}
	var err error
	if s.key, err = openKey(dir); err != nil {
		return nil, err
	}
	return s, s.epochs.open(ctx)
}

// Register makes kinds known. It is called while the program opens.
func (s *Service) Register(kinds ...Kind) {
	for _, k := range kinds {
		if _, twice := s.kinds[k.Name]; twice || k.Name == "" || k.Do == nil {
			panic("offline: bad or repeated kind " + k.Name)
		}
		s.kinds[k.Name] = k
	}
}

// Batch is what a phone sends at once.
type Batch struct {
	Device   UUID
	SentAt   int64 // by the phone's clock, microseconds; 0: not said
	Commands []json.RawMessage
}

// Result is what became of one command.
type Result struct {
	ID    UUID
	Seq   int64
	State State
	kept
	First *Result // of a duplicate
}

// Answer is the acknowledgement of a batch: everything in it is durable.
type Answer struct {
	Epoch   string
	Results []Result // one for each command, in the same order
	Next    int64
	Missing []int64
}

// Take deals with the commands, each once, and returns when all that became of
// them is durable. An error is about the whole batch – the phone is locked, the
// server is too busy or cannot write –: sent again, what was done is a duplicate.
func (s *Service) Take(ctx context.Context, actor *access.Actor, b Batch) (*Answer, error) {
	if len(b.Commands) > BatchMost {
		return nil, errBatch.New("max", BatchMost)
	}
	// One request of a phone at a time: equal ones meet as duplicates.
	leave, err := s.lines.enter(ctx, line{actor.Account, b.Device})
	if err != nil {
		return nil, err
	}
	defer leave()
	p, err := s.phone(ctx, actor, b.Device, false)
	if err != nil {
		return nil, err
	}
	if err := s.barred(ctx, actor, p.Device); err != nil {
		return nil, err
	}
	if err := s.admit(ctx, int64(len(b.Commands))); err != nil {
		return nil, err
	}
	defer s.gate.Release(int64(len(b.Commands)))
	w := &work{s: s, d: p.Device, phone: p, author: authorOf(actor)}
	if err := w.run(ctx, b); err != nil {
		s.phones.forget(line{actor.Account, b.Device})
		return nil, err
	}
	out := &Answer{Results: w.results, Missing: []int64{}}
	if out.Epoch, err = s.epochs.current(ctx); err != nil {
		return nil, err
	}
	var floor int64
	if w.follows && w.noted == int64(len(b.Commands)) {
		p.top += w.noted
		out.Next, floor = p.top+1, p.top
	} else {
		if out.Next, out.Missing, floor, err = s.numbers(ctx, p.Device); err != nil {
			return nil, err
		}
		p.top, p.gaps, p.read = out.Next-1, len(out.Missing) > 0, time.Now()
	}
	return out, s.seen(ctx, p.Device, floor)
}

// admit waits for room among the commands in hand; when too many wait it sends
// the phone away for a random while, so that phones do not come back together.
func (s *Service) admit(ctx context.Context, n int64) error {
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.gate.Acquire(wait, n); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errs.Unavailable.New("seconds", 5+rand.IntN(40))
	}
	return nil
}

// homeOf is the district of the actor's first post, 0 for the city.
func homeOf(a *access.Actor) int {
	if len(a.Posts) == 0 {
		return 0
	}
	return access.DistrictOf(a.Posts[0].Region)
}

// authorOf is the person with all posts: through which of them a session acts
// says nothing about what was recorded before.
func authorOf(a *access.Actor) *access.Actor {
	b := *a
	b.Posts, b.Aside = a.Held(), nil
	return &b
}

// work is one batch being dealt with.
type work struct {
	s       *Service
	d       *Device
	author  *access.Actor
	by      int64 // who recovers it
	phone   *phone
	follows bool  // the commands are the phone's next ones
	noted   int64 // how many of them are noted now
	results []Result
	mu      sync.Mutex
	failed  error // about the whole batch
}

func (w *work) run(ctx context.Context, b Batch) error {
	now := w.s.DB.Now()
	w.results = make([]Result, len(b.Commands))
	commands := make([]*Command, len(b.Commands))
	faults := make([]error, len(b.Commands))
	for i, raw := range b.Commands {
		c, err := decode(raw, b.SentAt, now)
		c.Device, c.Account, c.district, c.By = w.d.ID, w.d.Account, w.d.district, w.by
		commands[i], faults[i] = c, err
		w.results[i] = Result{ID: c.ID, Seq: c.Seq}
	}
	var byID map[UUID]*row
	var bySeq map[int64]*row
	var err error
	if w.follows = w.phone != nil && w.phone.follows(commands); !w.follows {
		if byID, bySeq, err = w.s.rowsOf(ctx, w.d, commands); err != nil {
			return err
		}
	}
	// What stands in the batch twice is looked at after the first was done.
	var facts, ordered, again []int
	ids, seqs := map[UUID]bool{}, map[int64]bool{}
	for i, c := range commands {
		twice := ids[c.ID] || seqs[c.Seq]
		ids[c.ID], seqs[c.Seq] = true, true
		switch {
		case c.ID == UUID{} || c.Seq == 0: // nothing to note it by
			w.results[i].State, w.results[i].kept = Rejected, keptOf(errs.As(faults[i]))
		case twice:
			again = append(again, i)
		case w.s.kinds[c.Kind].Fact:
			facts = append(facts, i)
		default:
			ordered = append(ordered, i)
		}
	}
	one := func(i int) {
		c := commands[i]
		r, err := w.one(ctx, c, faults[i], byID[c.ID], bySeq[c.Seq])
		if err != nil {
			w.mu.Lock()
			w.failed = err
			w.mu.Unlock()
			return
		}
		w.results[i] = r
		if r.State != Duplicate && r.Code != errReused.Code && r.Code != errSeqReused.Code {
			w.mu.Lock()
			w.noted++
			w.mu.Unlock()
		}
	}
	var wg sync.WaitGroup
	for _, i := range facts { // their writes share transactions
		wg.Go(func() { one(i) })
	}
	wg.Wait()
	slices.SortStableFunc(ordered, func(a, b int) int { return int(commands[a].Seq - commands[b].Seq) })
	for _, i := range ordered {
		one(i)
	}
	for _, i := range again {
		c := commands[i]
		if byID, bySeq, err = w.s.rowsOf(ctx, w.d, commands[i:i+1]); err != nil {
			return err
		}
		r, err := w.one(ctx, c, faults[i], byID[c.ID], bySeq[c.Seq])
		if err != nil {
			return err
		}
		w.results[i] = r
	}
	return w.failed
}

// one deals with one command. have is its note, at the note with its number.
func (w *work) one(ctx context.Context, c *Command, fault error, have, at *row) (Result, error) {
	out := Result{ID: c.ID, Seq: c.Seq}
	reject := func(e *errs.Error) (Result, error) {
		out.State, out.kept = Rejected, keptOf(e)
		return out, nil
	}
	switch {
	case have != nil && have.digest != c.digest:
		return reject(errReused.New())
	case have != nil:
		if !have.open(w.s) {
			return have.again(out), nil
		}
		c.Received, c.said, c.offset, c.before = have.Received, have.said, have.offset, have.state
		c.At, c.Clock = have.At, have.Clock
	case at != nil && at.state == Lost: // the phone found it again
		if err := w.s.unlose(ctx, at); err != nil {
			return out, err
		}
	case at != nil:
		return reject(errSeqReused.New("id", at.ID.String()))
	case c.Seq <= w.d.floor:
		return reject(errOld.New())
	}
	err := fault
	if err == nil {
		err = w.s.do(ctx, w.author, c)
	}
	if err == nil {
		out.State, out.kept = Applied, kept{Effect: c.effect}
		if w.phone != nil && !w.waits() {
			return out, nil
		}
		return out, w.s.release(ctx, w.author, c)
	}
	if transient(err) {
		return out, err
	}
	out, err = w.s.settle(ctx, w.author, c, err, out)
	if out.State == Held && w.phone != nil {
		w.mu.Lock()
		w.phone.held = true
		w.mu.Unlock()
	}
	return out, err
}

// waits tells whether commands of the account wait for others; one that another
// process, or another phone, put aside this second is found by TryHeld.
func (w *work) waits() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.phone.held
}

// open tells whether the command may still have an effect when it is sent again.
func (r *row) open(s *Service) bool {
	switch r.state {
	case Held:
		return true
	case Rejected:
		return r.kept.Code != errDecided.Code
	}
	return false
}

// again is the answer to a command that was dealt with before.
func (r *row) again(out Result) Result {
	if r.state == Conflict {
		out.State, out.kept = Conflict, r.kept
		return out
	}
	out.State, out.Effect = Duplicate, r.kept.Effect
	out.First = &Result{ID: r.ID, Seq: r.Seq, State: r.state, kept: r.kept}
	return out
}

// do runs the command's kind. A panic is the command's own misfortune.
func (s *Service) do(ctx context.Context, author *access.Actor, c *Command) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errs.Internal.New().Because(fmt.Errorf("panic in kind %s: %v\n%s", c.Kind, p, debug.Stack()))
		}
	}()
	k, ok := s.kinds[c.Kind]
	if !ok {
		return errUnknown.New("what", c.Kind)
	}
	if author.MustChange {
		return access.MustChangePassword.New()
	}
	scope, err := s.scope(author, &k, c)
	if err != nil {
		return err
	}
	c.effect, c.done = Effect{}, false
	if err = k.Do(ctx, scope, c); err == nil && !c.done {
		err = errKind
	}
	return err
}

// scope is what the author could reach when the command was recorded, for facts,
// or can reach now. A phone's word about the time counts for facts only, and only
// within the days for which a phone may be offline.
func (s *Service) scope(author *access.Actor, k *Kind, c *Command) (access.Scope, error) {
	a, today := author, s.Today()
	if k.Fact {
		day := s.Day(c.At)
		then := *author
		then.Posts = nil
		for _, p := range author.Posts {
			// A post that ended on the day counted in its hours before.
			if held := p.From <= day && (p.To == 0 || day <= p.To); held && p.From < p.To || p.InForce(today) {
				p.From, p.To = min(p.From, today), 0
				then.Posts = append(then.Posts, p)
			}
		}
		a = &then
	}
	scope, err := access.Needs(k.Perms...).Authorize(a, today)
	return scope, err
}

// transient tells whether the fault is the server's and passes: nothing is noted
// and the phone sends the batch again.
func transient(err error) bool {
	for _, k := range []*errs.Kind{errs.Busy, errs.Unavailable, errs.StorageFull} {
		if errs.Is(err, k) {
			return true
		}
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || store.Unreachable(err)
}

// settle notes a command that had no effect: it is held, in conflict or rejected.
func (s *Service) settle(ctx context.Context, author *access.Actor, c *Command, cause error, out Result) (Result, error) {
	if store.IsDuplicate(cause) || errors.Is(cause, errTaken) {
		if again, err := s.quicker(ctx, c, out); err != nil || again.State != "" {
			return again, err
		}
	}
	var on *UUID
	var wait *waiting
	var clash *Clash
	state, reason := Rejected, errs.As(cause)
	switch {
	case errors.As(cause, &wait):
		state, reason, on = Held, errWaits.New("on", wait.on.String()), &wait.on
	case errs.Is(cause, errUnknown):
		state = Held
	case errors.As(cause, &clash):
		state, reason = Conflict, errClash.New()
	case reason.Kind == errs.Internal:
		slog.ErrorContext(ctx, "a command came to nothing", "kind", c.Kind, "id", c.ID.String(), "error", cause)
	}
	if c.before == state && (state == Rejected || state == Held && on == nil) { // nothing new to note
		out.State, out.kept = state, keptOf(reason)
		return out, nil
	}
	sealed, err := Seal(s.key.PublicKey(), c.Body)
	if err != nil {
		return out, err
	}
	out.State, out.kept = state, keptOf(reason)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if clash != nil {
			if err := s.ask(tx, c, clash); err != nil {
				return err
			}
		}
		return c.note(tx, state, out.kept, on, sealed)
	})
	switch {
	case store.IsDuplicate(err) || errors.Is(err, errTaken):
		return s.quicker(ctx, c, out)
	case err != nil:
		return out, err
	}
	if wait != nil { // it may have come while this one was put aside
		first, err := s.rowByID(ctx, c.district, c.Account, *on)
		if err == nil && first.state == Applied {
			c.before = Held
			if err := s.do(ctx, author, c); err == nil {
				out.State, out.kept = Applied, kept{Effect: c.effect}
			}
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return out, err
		}
	}
	return out, nil
}

// quicker is the answer when another request dealt with the command, or took its
// number, meanwhile. An empty state: neither did.
func (s *Service) quicker(ctx context.Context, c *Command, out Result) (Result, error) {
	d := &Device{ID: c.Device, Account: c.Account, district: c.district}
	byID, bySeq, err := s.rowsOf(ctx, d, []*Command{c})
	if err != nil {
		return out, err
	}
	out.State = ""
	switch have := byID[c.ID]; {
	case have != nil && have.digest != c.digest:
		out.State, out.kept = Rejected, keptOf(errReused.New())
	case have != nil && (have.state == Held || have.state == Rejected):
		out.State, out.kept = have.state, have.kept
	case have != nil:
		return have.again(out), nil
	case bySeq[c.Seq] != nil:
		out.State, out.kept = Rejected, keptOf(errSeqReused.New("id", bySeq[c.Seq].ID.String()))
	}
	return out, nil
}

// line names a phone of an account; lines lets its requests in one by one.
type line struct {
	account int64
	device  UUID
}

type lines struct {
	mu   sync.Mutex
	held map[line]*queue
}

type queue struct {
	turn chan struct{}
	n    int // those inside and waiting
}

func (l *lines) enter(ctx context.Context, at line) (leave func(), err error) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[line]*queue{}
	}
	q := l.held[at]
	if q == nil {
		q = &queue{turn: make(chan struct{}, 1)}
		l.held[at] = q
	}
	q.n++
	l.mu.Unlock()
	out := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if q.n--; q.n == 0 {
			delete(l.held, at)
		}
	}
	select {
	case q.turn <- struct{}{}:
		return func() { <-q.turn; out() }, nil
	case <-ctx.Done():
		out()
		return nil, ctx.Err()
	}
}
