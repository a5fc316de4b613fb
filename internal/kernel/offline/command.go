package offline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// UUID is an id that a phone made.
type UUID [16]byte

// ParseUUID reads the usual form of 36 characters.
func ParseUUID(s string) (u UUID, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, false
	}
	_, err := hex.Decode(u[:], []byte(s[:8]+s[9:13]+s[14:18]+s[19:23]+s[24:]))
	return u, err == nil && u != UUID{}
}

func (u UUID) String() string {
	s := hex.EncodeToString(u[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// State is what became of a command.
type State string

// The states. Duplicate is only answered, never kept.
const (
	Applied   State = "applied"
	Duplicate State = "duplicate"
	Held      State = "held"     // kept; the server goes on by itself
	Conflict  State = "conflict" // kept; a person decides
	Rejected  State = "rejected" // without effect; sent again it is tried again
	Lost      State = "lost"     // the phone says that it no longer has it
)

// What a command or a batch may be told.
var (
	errMalformed = errs.Declare("command_malformed", 422, "这条记录的格式有误：{field}。", "This record is not right: {field}.")
	errReused    = errs.Declare("command_id_reused", 409, "该编号已用于另一条内容不同的记录，请以新编号重新提交。", "This id was used for a record with other content; send it with a new id.")
	errSeqReused = errs.Declare("command_seq_reused", 409, "该序号已用于另一条记录，请以新序号重新提交。", "This number was used for another record; send it with a new number.")
	errUnknown   = errs.Declare("command_unknown", 422, "系统暂不认识此类内容（{what}），已保存，升级后自动处理。", "The server does not know this yet ({what}); it is kept and done after the next update.")
	errWaits     = errs.Declare("command_waits", 409, "所依据的记录尚未到达，到达后自动处理。", "The record that it builds on has not come yet; it is done as soon as it comes.")
	errClash     = errs.Declare("command_conflict", 409, "他人已对同一内容作了不同修改，两份都已保存，等待社区负责人确定。", "Somebody changed the same otherwise; both are kept and the community lead decides.")
	errDecided   = errs.Declare("command_decided", 409, "社区负责人已确定采用另一份内容。", "The community lead decided for the other version.")
	errKind      = errors.New("offline: the kind came back without Done")
	errTaken     = errors.New("offline: another request dealt with the command")
)

// Command is one act that a phone recorded.
type Command struct {
	ID       UUID
	Device   UUID
	Account  int64 // its author
	Seq      int64
	Kind     string
	Object   string // what it is about, in the words of its kind
	Base     int    // version of the object that the author saw; 0: none
	Body     json.RawMessage
	At       int64  // when it was recorded, microseconds: the phone's time, set right and bounded; never a reason for a limit
	Clock    string // how far the phone's clock could be believed, see the constants below
	Received int64  // by the server's clock, microseconds
	Decided  bool   // a person decided for it: what it clashes with gives way
	By       int64  // who recovered or decided it; 0: nobody but the author

	said     int64 // the phone's own time, microseconds
	offset   int64 // what the phone believed to be behind the server, milliseconds
	district int
	digest   [32]byte
	before   State // of the note that exists already; "": none
	effect   Effect
	done     bool
	also     func(*store.Tx) error // in the transaction of the effect
}

// How far a phone's clock could be believed.
const (
	ClockGood   = ""
	ClockSkewed = "skewed" // set right by what the phone or the sending said
	ClockAhead  = "ahead"  // in the future: the server's time counts
	ClockBehind = "behind" // longer ago than a phone may be offline: the server's time counts
)

// Effect is what a command made or changed.
type Effect struct {
	ObjectID int64  `json:"object_id,omitempty"`
	Number   string `json:"number,omitempty"`
	Version  int    `json:"version,omitempty"`
}

// Kind is one kind of command. Rooms make them, internal/app registers them.
type Kind struct {
	Name string // "case.report"
	// Fact says that it tells what was seen or done and changes nothing that
	// others may have changed: it never conflicts, its order does not matter, and
	// it is taken under the post that its author held when it was recorded.
	Fact  bool
	Perms []access.Perm // any one is enough
	// Do calls the room's one way in and gives c.Done inside its write. The scope
	// is the author's. Errors: Wait (held), Unknown (held), Clash (conflict), any
	// of the catalogue (rejected).
	Do func(ctx context.Context, scope access.Scope, c *Command) error
}

// Done notes the command as applied in the transaction of its effect. A kind's
// write ends with it.
func (c *Command) Done(tx *store.Tx, e Effect) error {
	c.effect, c.done = e, true
	if c.also != nil {
		if err := c.also(tx); err != nil {
			return err
		}
	}
	return c.note(tx, Applied, kept{Effect: e}, nil, nil)
}

// Wait is what a kind returns when the command builds on another one, of the
// same author, that has not come.
func Wait(on UUID) error { return &waiting{on} }

type waiting struct{ on UUID }

func (w *waiting) Error() string { return "waits for " + w.on.String() }

// Unknown is what a kind returns for content of a newer program.
func Unknown(what string) error { return errUnknown.New("what", what) }

// Decode reads a command's body into *T. A field that T does not have is of a
// newer program: the command is held, nothing of it is dropped in silence.
func Decode[T any](c *Command, into *T) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(c.Body, &given); err != nil {
		return malformed("body")
	}
	known := fieldsOf(reflect.TypeFor[T]())
	for name := range given {
		if !known[name] {
			return Unknown(c.Kind + ": " + shorten(name, 60))
		}
	}
	if err := json.Unmarshal(c.Body, into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return malformed(wrong.Field)
		}
		return malformed("body")
	}
	return nil
}

func fieldsOf(t reflect.Type) map[string]bool {
	all := map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			for n := range fieldsOf(f.Type) {
				all[n] = true
			}
		case name != "" && name != "-":
			all[name] = true
		}
	}
	return all
}

func malformed(field string) error { return errMalformed.New("field", field).In(field) }

func shorten(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}

// wire is a command as it comes in. Each field is looked at by itself, so that
// id and number of a broken one are known all the same.
type wire struct {
	ID     json.RawMessage `json:"id"`
	Seq    json.RawMessage `json:"seq"`
	Kind   json.RawMessage `json:"kind"`
	Object json.RawMessage `json:"object"`
	Base   json.RawMessage `json:"base"`
	At     json.RawMessage `json:"at"`
	Offset json.RawMessage `json:"offset_ms"`
	Body   json.RawMessage `json:"body"`
}

// maxSeq keeps numbers exact in JavaScript.
const maxSeq = 1 << 53

// decode reads one command. With an error the command is what could be read: it
// can be noted if its id and number are among that.
func decode(raw json.RawMessage, sent, now int64) (*Command, error) {
	c := &Command{Received: now, At: now}
	var w wire
	if !utf8.Valid(raw) || bytes.Contains(raw, []byte(`\u0000`)) || json.Unmarshal(raw, &w) != nil {
		c.digest = sha256.Sum256(raw)
		_ = json.Unmarshal(raw, &struct { // for the answer's sake; what cannot be read stays empty
			ID  *UUIDText `json:"id"`
			Seq *int64    `json:"seq"`
		}{(*UUIDText)(&c.ID), &c.Seq})
		return c, malformed("command")
	}
	var fault error
	bad := func(field string) {
		if fault == nil {
			fault = malformed(field)
		}
	}
	read := func(field string, raw json.RawMessage, into any, needed bool) {
		if len(raw) == 0 || string(raw) == "null" {
			if needed {
				bad(field)
			}
			return
		}
		if json.Unmarshal(raw, into) != nil {
			bad(field)
		}
	}
	read("id", w.ID, (*UUIDText)(&c.ID), true)
	read("seq", w.Seq, &c.Seq, true)
	if c.Seq < 1 || c.Seq >= maxSeq {
		c.Seq = 0
		bad("seq")
	}
	read("kind", w.Kind, &c.Kind, true)
	read("object", w.Object, &c.Object, false)
	read("base", w.Base, &c.Base, false)
	read("offset_ms", w.Offset, &c.offset, false)
	if c.Base < 0 || c.Base > 1<<30 {
		c.Base = 0
		bad("base")
	}
	if c.offset < -offsetMax || c.offset > offsetMax {
		c.offset = 0
		bad("offset_ms")
	}
	var at string
	read("at", w.At, &at, true)
	if t, err := time.Parse(time.RFC3339Nano, at); err == nil {
		c.said = t.UnixMicro()
	} else {
		bad("at")
	}
	if c.Kind == "" || len(c.Kind) > 60 {
		c.Kind = shorten(c.Kind, 60)
		bad("kind")
	}
	if len(c.Object) > 100 {
		c.Object = shorten(c.Object, 100)
		bad("object")
	}
	if len(w.Body) == 0 || w.Body[0] != '{' {
		bad("body")
		w.Body = json.RawMessage("{}")
	}
	c.Body = w.Body
	c.digest = c.print()
	c.At, c.Clock = believe(c.said, c.offset, sent, now)
	return c, fault
}

// UUIDText reads a UUID from JSON.
type UUIDText UUID

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *UUIDText) UnmarshalText(b []byte) error {
	v, ok := ParseUUID(string(b))
	if !ok {
		return errors.New("not a UUID")
	}
	*u = UUIDText(v)
	return nil
}

// print tells equal commands from others: kind, object, base and body, whatever
// the order of the body's fields.
func (c *Command) print() [32]byte {
	var v any
	d := json.NewDecoder(bytes.NewReader(c.Body))
	d.UseNumber()
	body := []byte(c.Body)
	if d.Decode(&v) == nil {
		if b, err := json.Marshal(v); err == nil { // keys come out sorted
			body = b
		}
	}
	h := sha256.New()
	for _, part := range [][]byte{[]byte(c.Kind), []byte(c.Object), strconv.AppendInt(nil, int64(c.Base), 10), body} {
		h.Write(strconv.AppendInt(nil, int64(len(part)), 10))
		h.Write([]byte{' '})
		h.Write(part)
	}
	return [32]byte(h.Sum(nil))
}

// Bounds of what is believed of a phone's clock.
const (
	tolerance  = 2 * 60 * 1_000_000           // a good clock's distance from the server's, microseconds
	offsetMax  = 100 * 366 * 24 * 3600 * 1000 // milliseconds
	offlineMax = 14 * 24 * 3600 * 1_000_000   // a phone may stay offline for so long
)

// believe sets the phone's time right: by the offset that the phone had measured,
// or else by how far its clock was from the server's when it sent. What lies in
// the future then, or longer ago than a phone may be offline, is now.
func believe(said, offsetMS, sent, now int64) (at int64, mark string) {
	at = said + offsetMS*1000
	if offsetMS != 0 && (offsetMS > tolerance/1000 || offsetMS < -tolerance/1000) {
		mark = ClockSkewed
	}
	if offsetMS == 0 && sent != 0 && (now-sent > tolerance || sent-now > tolerance) {
		at, mark = said+now-sent, ClockSkewed
	}
	switch {
	case at > now+tolerance:
		return now, ClockAhead
	case at < now-offlineMax-tolerance:
		return now, ClockBehind
	}
	return min(at, now), mark
}
