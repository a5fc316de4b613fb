package offline

import (
	"encoding/json"
	"reflect"
	"slices"

	"linli/internal/kernel/access"
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
