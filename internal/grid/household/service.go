package household

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
)

// Service is the room.
type Service struct {
	DB    *store.DB
	City  City
	Vault *vault.Vault
	Homes *ledger.Register[Home]
	Needs *ledger.Register[Need]
	// Account names who looked.
	Account func(id int64) string
	// Joined brings what others keep about a home to the one that it turned out to
	// be, in the transaction that makes one of the two; nil: nobody keeps anything.
	Joined func(ctx context.Context, tx *store.Tx, scope access.Scope, district int, from, into int64) error
}

// New declares the room's registers on the engine.
func New(db *store.DB, e *ledger.Engine, city City, v *vault.Vault, account func(int64) string) *Service {
	s := &Service{DB: db, City: city, Vault: v, Account: account}
	s.Homes = ledger.Declare(e, ledger.Def[Home]{Code: "home", Name: w("住户", "Homes"), Group: "household", Read: access.HomeRead, Write: access.HomeWrite, Reveal: access.HomeReveal, Place: ledger.InCommunity,
		Label: func(h *Home) string { return h.Door() }, Single: [][]string{{"building", "unit", "room"}}, Twice: []string{"building", "room"}, Check: s.checkHome})
	s.Needs = ledger.Declare(e, ledger.Def[Need]{Code: "care_need", Name: w("关爱需求", "Care needs"), Group: "household", Read: access.HomeRead, Write: access.HomeWrite, Reveal: access.HomeReveal, Place: ledger.InCommunity,
		Single: [][]string{{"home", "kind"}}, Check: s.checkNeed})
	return s
}

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// Door is the home within its building: 1单元 301.
func (h *Home) Door() string { return strings.TrimSpace(h.Unit + " " + h.Room) }

// Kinds are the kinds of care needs with their names.
func (s *Service) Kinds() map[string]errs.Words {
	out := map[string]errs.Words{}
	for _, o := range s.Needs.Options("kind") {
		out[o.Code] = o.Name
	}
	return out
}

// Brief is a home as the planning of visits sees it.
type Brief struct {
	ID, Building int64
	From         int
	Every        int
	Empty        bool
	Needs        []string
}

// In lists the homes of a community in force on a day, with the kinds of care
// needs in force.
func (s *Service) In(ctx context.Context, district int, community int64, day int) ([]Brief, error) {
	rows, err := s.DB.Query(ctx, "SELECT home, kind FROM care_need WHERE district = ? AND community = ? AND state = 'active' AND valid_from <= ? AND valid_to >= ? ORDER BY home, id", district, community, day, day)
	needs := map[int64][]string{}
	if _, err := store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
		var home int64
		var kind string
		err := r.Scan(&home, &kind)
		if !slices.Contains(needs[home], kind) {
			needs[home] = append(needs[home], kind)
		}
		return struct{}{}, err
	}); err != nil {
		return nil, err
	}
	rows, err = s.DB.Query(ctx, "SELECT id, building, valid_from, every_days, use_now FROM home WHERE district = ? AND community = ? AND state = 'active' AND valid_from <= ? ORDER BY id", district, community, day)
	return store.All(rows, err, func(r *sql.Rows) (b Brief, err error) {
		var use string
		err = r.Scan(&b.ID, &b.Building, &b.From, &b.Every, &use)
		b.Empty = use == "empty" || use == "other"
		b.Needs = needs[b.ID]
		return b, err
	})
}

// Building is where a home is, in force or not, and the id under which it is kept:
// another's where the two turned out to be one. errs.NotFound if the district has
// none of that id.
func (s *Service) Building(tx *store.Tx, district int, id int64) (home, building int64, err error) {
	err = tx.QueryRow("SELECT COALESCE(j.home, h.id), h.building FROM home h LEFT JOIN home_joined j ON j.district = h.district AND j.joined = h.id WHERE h.district = ? AND h.id = ? AND h.state <> 'void'", district, id).Scan(&home, &building)
	if errors.Is(err, sql.ErrNoRows) {
		err = errs.NotFound.New().In("home")
	}
	return home, building, err
}

// Same are the ids under which a home was and is known, its own among them.
func (s *Service) Same(ctx context.Context, districts []int, home int64) ([]int64, error) {
	out := []int64{home}
	for _, d := range districts {
		rows, err := s.DB.Query(ctx, "SELECT joined FROM home_joined WHERE district = ? AND home = ? ORDER BY joined", d, home)
		more, err := store.All(rows, err, func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) })
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// Units are the units of the buildings of a grid, as their homes name them.
func (s *Service) Units(ctx context.Context, district int, grid int64) (map[int64][]string, error) {
	rows, err := s.DB.Query(ctx, "SELECT DISTINCT building, unit FROM home WHERE district = ? AND grid = ? AND state = 'active' AND unit <> '' ORDER BY building, unit", district, grid)
	out := map[int64][]string{}
	_, err = store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
		var b int64
		var unit string
		err := r.Scan(&b, &unit)
		out[b] = append(out[b], unit)
		return struct{}{}, err
	})
	return out, err
}

// Doors names homes within their buildings.
func (s *Service) Doors(ctx context.Context, district int, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	for chunk := range slices.Chunk(ids, 500) {
		args := []any{district}
		for _, id := range chunk {
			args = append(args, id)
		}
		rows, err := s.DB.Query(ctx, "SELECT id, unit, room FROM home WHERE district = ? AND id IN (?"+strings.Repeat(",?", len(chunk)-1)+")", args...)
		if _, err := store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
			var id int64
			var h Home
			err := r.Scan(&id, &h.Unit, &h.Room)
			out[id] = h.Door()
			return struct{}{}, err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// needsOf are the care needs of a home that have not ended, inside a write.
func needsOf(tx *store.Tx, district int, home int64) ([]int64, error) {
	rows, err := tx.Query("SELECT id FROM care_need WHERE district = ? AND home = ? AND state = 'active' ORDER BY id", district, home)
	return store.All(rows, err, func(r *sql.Rows) (id int64, err error) { return id, r.Scan(&id) })
}

// Merge makes one home of two rows that were the same door: what the kept one
// lacks comes from the other, its care needs, tasks and visits follow, and the
// other ends.
func (s *Service) Merge(ctx context.Context, scope access.Scope, from, into int64, reason string) (*Home, error) {
	other, err := s.Homes.Get(ctx, scope, from)
	if err != nil {
		return nil, err
	}
	if err := checkReason(reason); err != nil {
		return nil, err
	}
	kept, err := s.Homes.Get(ctx, scope, into)
	if err != nil {
		return nil, err
	}
	if from == into || other.Building != kept.Building {
		return nil, errs.Invalid.New("field", w("并入的住户", "the home to keep"), "remedy", w("请选同一栋楼里的另一户", "choose another home of the same building")).In("into")
	}
	// The contact is copied only where the kept home has none, from vault to vault.
	var contact vault.Person
	if kept.Person == 0 && other.Person != 0 {
		if contact, err = s.Vault.Hand(ctx, other.District, other.Person); err != nil {
			return nil, err
		}
	}
	var out *Home
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		ids, err := needsOf(tx, other.District, from)
		if err != nil {
			return err
		}
		have, err := sharedNeeds(tx, other.District, from, into)
		if err != nil {
			return err
		}
		for _, id := range ids {
			var err error
			if have[id] {
				_, err = s.Needs.EndIn(ctx, tx, scope, id, 0, 0, reason)
			} else {
				_, err = s.Needs.ChangeIn(ctx, tx, scope, id, 0, func(n *Need) error { n.Home = into; return nil })
			}
			if err != nil {
				return err
			}
		}
		if _, err := s.Homes.EndIn(ctx, tx, scope, from, other.Version, 0, reason); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE home_joined SET home = ? WHERE district = ? AND home = ?", into, other.District, from); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO home_joined (district, joined, home) VALUES (?,?,?)", other.District, from, into); err != nil {
			return err
		}
		if s.Joined != nil {
			if err := s.Joined(ctx, tx, scope, other.District, from, into); err != nil {
				return err
			}
		}
		out, err = s.Homes.ChangeIn(ctx, tx, scope, into, kept.Version, func(h *Home) error {
			fill(&h.Floor, other.Floor)
			fill(&h.People, other.People)
			fill(&h.Every, other.Every)
			fill(&h.Hint, other.Hint)
			fill(&h.Consent, other.Consent)
			if len(h.Langs) == 0 {
				h.Langs = other.Langs
			}
			if contact.ID != 0 {
				h.Name, h.Phone = ledger.Hide(contact.Name.Plain()), ledger.Hide(contact.Phone.Plain())
			}
			return nil
		})
		return err
	})
	return out, err
}

func fill[T comparable](to *T, from T) {
	var zero T
	if *to == zero {
		*to = from
	}
}

// MoveOut ends what was kept about the people who lived there: contact, consent,
// care needs. The door stays, empty until somebody moves in.
func (s *Service) MoveOut(ctx context.Context, scope access.Scope, id int64, version int, reason string) (*Home, error) {
	if err := checkReason(reason); err != nil {
		return nil, err
	}
	var out *Home
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		h, err := s.Homes.ChangeIn(ctx, tx, scope, id, version, func(h *Home) error {
			h.Use, h.People, h.Langs, h.Consent, h.Every, h.Hint = "empty", 0, nil, 0, 0, ""
			h.Name, h.Phone = ledger.Hide(""), ledger.Hide("")
			return nil
		})
		if err != nil {
			return err
		}
		out = h
		needs, err := needsOf(tx, h.District, id)
		if err != nil {
			return err
		}
		for _, n := range needs {
			if _, err := s.Needs.EndIn(ctx, tx, scope, n, 0, 0, reason); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// sharedNeeds are the care needs of one home of which the other has the kind too.
func sharedNeeds(tx *store.Tx, district int, from, into int64) (map[int64]bool, error) {
	rows, err := tx.Query("SELECT a.id FROM care_need a JOIN care_need b ON b.district = a.district AND b.kind = a.kind AND b.home = ? AND b.state = 'active' WHERE a.district = ? AND a.home = ? AND a.state = 'active'", into, district, from)
	out := map[int64]bool{}
	_, err = store.All(rows, err, func(r *sql.Rows) (struct{}, error) {
		var id int64
		err := r.Scan(&id)
		out[id] = true
		return struct{}{}, err
	})
	return out, err
}

func checkReason(reason string) error {
	switch n := len([]rune(strings.TrimSpace(reason))); {
	case n == 0:
		return errs.Required.New().In("reason")
	case n > 200:
		return errs.TooLong.New("max", 200).In("reason")
	}
	return nil
}

// Look is who saw a home's contact or the name of a care need in the clear.
type Look struct {
	By      string
	What    string // home, or the kind of care need
	Purpose string
	At      int64 // microseconds UTC
}

// Looks lists who looked, the newest first: what a resident may ask for. The
// listing is itself on the trail.
func (s *Service) Looks(ctx context.Context, scope access.Scope, id int64) ([]Look, error) {
	h, err := s.Homes.Get(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	type record struct {
		id   int64
		what string
	}
	same, err := s.Same(ctx, []int{h.District}, id)
	if err != nil {
		return nil, err
	}
	var list []record
	for _, home := range same {
		rows, err := s.DB.Query(ctx, "SELECT person, 'home' FROM home WHERE district = ? AND id = ? UNION ALL SELECT person, kind FROM care_need WHERE district = ? AND home = ?", h.District, home, h.District, home)
		found, err := store.All(rows, err, func(r *sql.Rows) (x record, err error) { return x, r.Scan(&x.id, &x.what) })
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	var out []Look
	for _, x := range list {
		if x.id == 0 {
			continue
		}
		looks, err := s.Vault.Looks(ctx, s.DB, h.District, x.id)
		if err != nil {
			return nil, err
		}
		for _, l := range looks {
			out = append(out, Look{By: s.Account(l.Account), What: x.what, Purpose: l.Purpose, At: l.At})
		}
	}
	slices.SortFunc(out, func(a, b Look) int { return int(b.At - a.At) })
	post, _ := scope.PostFor(h.Target())
	return out, s.DB.Write(ctx, func(tx *store.Tx) error {
		tx.Record(audit.Entry{District: h.District, Actor: scope.Account(), Post: post.ID, Action: "home.looks", Object: "home", ObjectID: id, Seq: h.Version})
		return nil
	})
}
