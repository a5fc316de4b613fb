package offline

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Clash is what a kind returns when the author and another person changed the
// same otherwise. Both are kept; a person who has Decides at the place chooses.
type Clash struct {
	Target   access.Target
	ObjectID int64
	Fields   []string       // what differs
	Theirs   map[string]any // what stands now in these fields
	Mine     map[string]any // what the author wants there
}

// Error implements error.
func (c *Clash) Error() string { return "conflict" }

var conflictTable = &store.Table{Name: "sync_conflict", Cols: []string{"district", "id", "street", "community", "grid", "kind", "object_id", "home", "account", "command",
	"fields", "mine", "theirs", "made_at", "decided", "decided_by", "decided_at"}}

// ask puts the clash before the people who decide.
func (s *Service) ask(tx *store.Tx, c *Command, clash *Clash) error {
	fields, err := json.Marshal(clash.Fields)
	if err != nil {
		return err
	}
	var sealed [2][]byte
	for i, side := range []map[string]any{clash.Mine, clash.Theirs} {
		text, err := json.Marshal(side)
		if err != nil {
			return err
		}
		if sealed[i], err = Seal(s.key.PublicKey(), text); err != nil {
			return err
		}
	}
	t := clash.Target
	tx.Append(conflictTable, t.District, tx.NextID(), t.Street, t.Community, t.Grid, c.Kind, clash.ObjectID, c.district, c.Account, c.ID[:],
		string(fields), sealed[0], sealed[1], tx.Now(), "", 0, 0)
	return nil
}

// Merge joins the author's changes with what others did meanwhile: base is the
// row that the author saw, theirs the row as it is, mine the fields that the
// author wants to have. A field that only one side changed is taken from it; one
// that both changed alike is no matter; clash names the rest.
func Merge(base, theirs, mine map[string]any) (changed map[string]any, clash []string) {
	changed = map[string]any{}
	for name, want := range mine {
		now, was := theirs[name], base[name]
		switch {
		case same(want, now):
		case same(now, was):
			changed[name] = want
		case same(want, was): // the author left it as it was
		default:
			clash = append(clash, name)
		}
	}
	slices.Sort(clash)
	return changed, clash
}

// same compares values as they would be written: 1 and 1.0, nil and absent alike.
func same(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// Open conflicts are listed by the place of what they are about.
var conflictCols = access.Cols{District: "district", Street: "street", Community: "community", Grid: "grid"}

// Dispute is a conflict as those who decide see it.
type Dispute struct {
	ID       int64          `json:"id"`
	Kind     string         `json:"kind"`
	ObjectID int64          `json:"object_id"`
	Author   string         `json:"author" doc:"name of who recorded it on the phone"`
	At       string         `json:"at" format:"date-time" doc:"when it was recorded, by the phone"`
	MadeAt   string         `json:"made_at" format:"date-time"`
	Fields   []string       `json:"fields" doc:"what differs"`
	Mine     map[string]any `json:"mine" doc:"as the author wants it"`
	Theirs   map[string]any `json:"theirs" doc:"as it stood when they clashed"`

	district, home int
	account        int64
	command        UUID
}

// disputes lists open conflicts in the scope, the oldest first; id 0: all.
func (s *Service) disputes(ctx context.Context, scope access.Scope, id int64) ([]Dispute, error) {
	where, args := scope.Where(conflictCols)
	q := "SELECT district, id, kind, object_id, home, account, command, fields, mine, theirs, made_at FROM sync_conflict WHERE decided = '' AND " + where
	if id != 0 {
		q, args = q+" AND id = ?", append(args, id)
	}
	rows, err := s.DB.Query(ctx, q+" ORDER BY id LIMIT 200", args...)
	list, err := store.All(rows, err, func(r *sql.Rows) (d Dispute, err error) {
		var command, mine, theirs []byte
		var fields string
		var at int64
		if err = r.Scan(&d.district, &d.ID, &d.Kind, &d.ObjectID, &d.home, &d.account, &command, &fields, &mine, &theirs, &at); err != nil {
			return d, err
		}
		copy(d.command[:], command)
		d.MadeAt, d.Author = instant(at), s.Name(d.account)
		return d, errors.Join(json.Unmarshal([]byte(fields), &d.Fields), s.open(mine, &d.Mine), s.open(theirs, &d.Theirs))
	})
	if err != nil {
		return nil, err
	}
	for i := range list {
		c, err := s.rowByID(ctx, list[i].home, list[i].account, list[i].command)
		if err != nil {
			return nil, err
		}
		list[i].At = instant(c.At)
	}
	return list, nil
}

// open reads what was sealed to the server's key.
func (s *Service) open(sealed []byte, into any) error {
	text, err := unseal(s.key, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// The choices of who decides.
const (
	Mine   = "mine"   // the author's: it is done now, over what stands there
	Theirs = "theirs" // what stands there stays
)

// Decide ends a conflict. With Mine the command runs again and gives no way; what
// its room refuses now is the decider's to read.
func (s *Service) Decide(ctx context.Context, scope access.Scope, id int64, choice string) error {
	found, err := s.disputes(ctx, scope, id)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errs.NotFound.New()
	}
	if choice != Mine && choice != Theirs {
		return errs.Invalid.New("field", errs.Words{ZH: "选择", EN: "the choice"}, "remedy", errs.Words{ZH: "请选择采用哪一份", EN: "choose one of the two"}).In("choice")
	}
	d := found[0]
	r, err := s.rowByID(ctx, d.home, d.account, d.command)
	if err != nil {
		return err
	}
	settle := func(tx *store.Tx) error {
		n, err := tx.Exec("UPDATE sync_conflict SET decided = ?, decided_by = ?, decided_at = ? WHERE district = ? AND id = ? AND decided = ''", choice, scope.Account(), tx.Now(), d.district, d.ID)
		if err == nil && n == 0 {
			err = errs.NotFound.New() // another lead was quicker
		}
		tx.Record(audit.Entry{District: d.district, Actor: scope.Account(), Post: scope.Post().ID, Action: "sync.decide", Object: "conflict", ObjectID: d.ID, Detail: detail("choice", choice, "command", d.command.String())})
		return err
	}
	c := &r.Command
	if choice == Theirs {
		return s.DB.Write(ctx, func(tx *store.Tx) error {
			if err := settle(tx); err != nil {
				return err
			}
			return c.note(tx, Rejected, keptOf(errDecided.New()), nil, nil)
		})
	}
	if c.Body, err = unseal(s.key, r.body); err != nil {
		return err
	}
	author, err := s.Author(ctx, d.account)
	if err != nil {
		return err
	}
	c.Decided, c.By, c.also = true, scope.Account(), settle
	err = s.do(ctx, author, c)
	if err != nil && (errs.As(err).Kind.Status == http.StatusNotFound || errs.Is(err, access.Forbidden)) { // its author works elsewhere now
		err = s.do(ctx, authorOf(scope.Actor()), c)
	}
	if errors.Is(err, errTaken) {
		return errs.NotFound.New()
	}
	return err
}
