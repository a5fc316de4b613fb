package household

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/offline"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
)

// Phones is what the room asks of the phones' sync.
type Phones interface {
	// Made is what the author's command made; offline.Wait if it has not come.
	Made(ctx context.Context, c *offline.Command, of offline.UUID) (offline.Effect, error)
	// Own are the versions of the object that other commands of the author's phone made, with their numbers.
	Own(ctx context.Context, c *offline.Command, object int64) (map[int]int64, error)
}

// What a phone may be told of its records.
var (
	NoHome   = errs.Declare("home_not_found", 404, "没有找到这户，可能已注销，或不在您负责的网格内。请与社区核对。", "There is no such home, or it is not in your grid. Please check with the community.")
	NoNeed   = errs.Declare("need_not_found", 404, "没有找到这项关爱需求，可能不在您负责的网格内。请与社区核对。", "There is no such care need, or it is not in your grid. Please check with the community.")
	NeedKept = errs.Declare("need_there", 409, "这户已登记“{kind}”，有效期至 {to}，不必重复登记。", "“{kind}” is registered at this home already, until {to}; it need not be registered again.")
	NotAsked = errs.Declare("need_consent", 422, "没有本人或监护人的同意，不能登记关爱需求。", "Without consent of the person or a guardian a care need is not registered.")
)

// Commands are the kinds that phones send about homes. A care need is a fact – somebody asked
// for it at the door –; an edit and an end change what others may have changed.
func (s *Service) Commands(phones Phones, day func(at int64) int) []offline.Kind {
	may := []access.Perm{access.HomeWrite}
	kind := func(name string, fact bool, do func(context.Context, access.Scope, *offline.Command, Phones, ledger.Day) error) offline.Kind {
		return offline.Kind{Name: name, Fact: fact, Perms: may, Do: func(ctx context.Context, scope access.Scope, c *offline.Command) error {
			var err error
			for range 3 { // others may change the row while this one is tried
				if err = do(ctx, scope, c, phones, ledger.Day(day(c.At))); !errs.Is(err, errs.Stale) {
					break
				}
			}
			return err
		}}
	}
	return []offline.Kind{kind("home.edit", false, s.editFromPhone), kind("need.add", true, s.addFromPhone), kind("need.end", false, s.endFromPhone)}
}

// editable are the fields of a home that phones change, by the names that its
// rows have there, with the register's.
var editable = map[string]string{"use": "use_now", "people": "people", "langs": "langs", "every": "every_days", "hint": "hint", "floor": "floor", "name": "name", "phone": "phone", "consent_until": "consent"}

var masks = map[string]func(string) string{"name": vault.MaskName, "phone": vault.MaskPhone}

type phoneEdit struct {
	Home   int64          `json:"home"`
	Fields map[string]any `json:"fields"`
}

// editFromPhone joins the author's fields with what others changed since the
// version that the author saw. Where both changed the same otherwise, nothing is
// written and who leads the community decides.
func (s *Service) editFromPhone(ctx context.Context, scope access.Scope, c *offline.Command, phones Phones, _ ledger.Day) error {
	var b phoneEdit
	if err := offline.Decode(c, &b); err != nil {
		return err
	}
	mine, said := map[string]any{}, map[string]string{}
	for name, val := range b.Fields {
		field, ok := editable[name]
		if !ok {
			return offline.Unknown(c.Kind + ": " + name)
		}
		mine[field], said[field] = given(val), name
	}
	h, err := s.home(ctx, scope, b.Home)
	if err != nil {
		return err
	}
	now := valuesOf(s.Homes, h)
	seen, err := seenBy(ctx, s.DB, s.Homes, c, c.Base, &h.Row, phones, now, mine)
	if err != nil {
		return err
	}
	changed, clash := offline.Merge(seen, now, mine)
	if len(clash) > 0 && !c.Decided {
		out := &offline.Clash{Target: h.Target(), ObjectID: h.ID, Mine: map[string]any{}, Theirs: map[string]any{}}
		for _, field := range clash {
			out.Fields = append(out.Fields, said[field])
			want := mine[field]
			if mask := masks[field]; mask != nil && want != nil {
				want = mask(fmt.Sprint(want))
			}
			out.Mine[said[field]], out.Theirs[said[field]] = s.told(field, want), s.told(field, now[field])
		}
		return out
	}
	for _, field := range clash { // it was decided for the author's
		changed[field] = mine[field]
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		h, err := s.Homes.ChangeIn(ctx, tx, scope, h.ID, h.Version, func(h *Home) error { return s.Homes.Apply(ctx, scope, h, changed) })
		if err != nil {
			return err
		}
		return c.Done(tx, offline.Effect{ObjectID: h.ID, Version: h.Version})
	})
}

// given is a value with one word for nothing: nil stands for what is empty.
func given(v any) any {
	switch x := v.(type) {
	case string:
		if x == "" {
			return nil
		}
	case float64:
		if x == 0 {
			return nil
		}
	case int64:
		if x == 0 {
			return nil
		}
	case []any:
		if len(x) == 0 {
			return nil
		}
	case []string:
		if len(x) == 0 {
			return nil
		}
	}
	return v
}

func valuesOf[T any](r *ledger.Register[T], row *T) map[string]any {
	out := r.Values(row)
	for field, v := range out {
		out[field] = given(v)
	}
	return out
}

// seenBy is the row as the command's author saw it: as it is, without what others
// changed since version base. What the same phone changed before, its
// author saw; what it changed after is the author's later word, and leaves mine.
func seenBy[T any](ctx context.Context, db *store.DB, r *ledger.Register[T], c *offline.Command, base int, row *ledger.Row, phones Phones, now, mine map[string]any) (map[string]any, error) {
	if base < 1 {
		return nil, errs.Required.New("field", w("版本", "version")).In("base")
	}
	seen := maps.Clone(now)
	if base >= row.Version {
		return seen, nil
	}
	history, err := r.History(ctx, db, row.District, row.ID)
	if err != nil {
		return nil, err
	}
	own, err := phones.Own(ctx, c, row.ID)
	if err != nil {
		return nil, err
	}
	first := map[string]bool{}
	for _, h := range slices.Backward(history) { // the oldest first
		if h.Version <= base {
			continue
		}
		seq, ours := own[h.Version]
		for field, pair := range h.Changes {
			switch {
			case ours && seq > c.Seq:
				delete(mine, field)
			case ours:
				seen[field] = pair[1]
			case reflect.DeepEqual(pair[0], pair[1]): // two names have one mask
				seen[field] = struct{}{}
			case !first[field]:
				seen[field] = pair[0]
			}
			first[field] = true
		}
	}
	return seen, nil
}

// told is a value as the people who decide read it: choices by their names.
func (s *Service) told(field string, v any) any {
	switch options := s.Homes.Options(field); {
	case v == nil:
		return map[string]string{"zh": "（空）", "en": "(empty)"}
	case field == "consent":
		return dayText(v)
	case options != nil:
		var zh, en []string
		for _, o := range options {
			if slices.Contains(codes(v), o.Code) {
				zh, en = append(zh, o.Name.ZH), append(en, o.Name.EN)
			}
		}
		return map[string]string{"zh": strings.Join(zh, "、"), "en": strings.Join(en, ", ")}
	}
	return v
}

// dayText is a day, a number of the register or of a command, as people write it.
func dayText(v any) string {
	var day int
	switch v := v.(type) {
	case ledger.Day:
		day = int(v)
	case int64:
		day = int(v)
	case float64:
		day = int(v)
	}
	return dayTime(day).Format(time.DateOnly)
}

// codes are the choices in a value of the register or of a command.
func codes(v any) (out []string) {
	switch v := v.(type) {
	case string:
		out = []string{v}
	case []string:
		out = v
	case []any:
		for _, x := range v {
			out = append(out, fmt.Sprint(x))
		}
	}
	return out
}

type phoneNew struct {
	Home    int64  `json:"home"`
	Kind    string `json:"kind"`
	Purpose string `json:"purpose"`
	Source  string `json:"source"`
	Until   int    `json:"until"`
	Consent *bool  `json:"consent,omitempty"` // phones that leave it out save nothing before it was given
	Person  string `json:"person,omitempty"`
}

// addFromPhone registers a care need on the day on which the command was made,
// which is that of the consent too.
func (s *Service) addFromPhone(ctx context.Context, scope access.Scope, c *offline.Command, _ Phones, day ledger.Day) error {
	var b phoneNew
	if err := offline.Decode(c, &b); err != nil {
		return err
	}
	if b.Consent != nil && !*b.Consent {
		return NotAsked.New().In("consent")
	}
	h, err := s.home(ctx, scope, b.Home)
	if err != nil {
		return err
	}
	n := Need{Row: ledger.Row{Region: h.Region, Grid: h.Grid, From: day, To: ledger.Day(b.Until)}, Home: h.ID, Kind: b.Kind, Purpose: b.Purpose, Source: b.Source, Consent: day}
	if b.Person != "" {
		n.Name = ledger.Hide(b.Person)
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		made, err := s.Needs.PutIn(ctx, tx, scope, n)
		if err != nil {
			return err
		}
		return c.Done(tx, offline.Effect{ObjectID: made.ID, Version: made.Version})
	})
	if errs.Is(err, ledger.Overlap) {
		return NeedKept.New("kind", s.Kinds()[b.Kind], "to", errs.As(err).Params["to"]).In("kind")
	}
	return err
}

type phoneEnd struct {
	Need  int64  `json:"need,omitempty"`
	Added string `json:"added,omitempty"` // the command that registered it, of the same author
	Home  int64  `json:"home,omitempty"`  // for the phone's own use
}

// endFromPhone ends a care need on the day on which the command was made. One that
// ended meanwhile is what its author wants; one that others prolonged is a clash.
func (s *Service) endFromPhone(ctx context.Context, scope access.Scope, c *offline.Command, phones Phones, day ledger.Day) error {
	var b phoneEnd
	if err := offline.Decode(c, &b); err != nil {
		return err
	}
	base := c.Base
	if b.Added != "" {
		add, ok := offline.ParseUUID(b.Added)
		if !ok {
			return NoNeed.New().In("added")
		}
		made, err := phones.Made(ctx, c, add)
		if err != nil {
			return err
		}
		b.Need, base = made.ObjectID, max(base, made.Version)
	}
	n, err := s.Needs.Get(ctx, scope, b.Need)
	if errs.Is(err, errs.NotFound) {
		return NoNeed.New().In("need")
	}
	if err != nil {
		return err
	}
	day = max(day, n.From)
	now, mine := valuesOf(s.Needs, n), map[string]any{"valid_to": int64(day)}
	seen, err := seenBy(ctx, s.DB, s.Needs, c, base, &n.Row, phones, now, mine)
	if err != nil {
		return err
	}
	if _, clash := offline.Merge(seen, now, mine); len(clash) > 0 && n.State != ledger.Ended && !c.Decided {
		return &offline.Clash{Target: n.Target(), ObjectID: n.ID, Fields: []string{"until"},
			Mine: map[string]any{"until": dayText(day)}, Theirs: map[string]any{"until": dayText(n.To)}}
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		version := n.Version
		if n.State != ledger.Ended {
			ended, err := s.Needs.EndIn(ctx, tx, scope, n.ID, n.Version, day, "")
			if err != nil {
				return err
			}
			version = ended.Version
		}
		return c.Done(tx, offline.Effect{ObjectID: n.ID, Version: version})
	})
}

// home is a home that is in force and in reach of a phone's command.
func (s *Service) home(ctx context.Context, scope access.Scope, id int64) (*Home, error) {
	h, err := s.Homes.Get(ctx, scope, id)
	if errs.Is(err, errs.NotFound) || err == nil && h.State == ledger.Ended {
		return nil, NoHome.New().In("home")
	}
	return h, err
}
