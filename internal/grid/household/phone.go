package household

import (
	"context"
	"database/sql"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/offline"
	"linli/internal/kernel/store"
)

// sensitive are the kinds of care needs that never lie on a phone: they are read
// on line.
const sensitive = "('ill', 'pregnant')"

// Sources give phones the homes of a grid and what care they have agreed to.
// Contacts are masks; kinds that tell of somebody's health stay with the server.
func (s *Service) Sources() []offline.Source {
	left := func(code string) func(string) bool {
		return func(action string) bool { return action != code+".create" && action != code+".load" }
	}
	return []offline.Source{
		{Type: "home", Object: "home", Perm: access.HomeRead, Rows: s.phoneHomes, Left: left("home")},
		{Type: "need", Object: "care_need", Perm: access.HomeRead, Rows: s.phoneNeeds, Left: left("care_need")},
	}
}

// among narrows a query to rows by their ids, or by the load that brought them:
// the trail has one entry for all of a load.
func among(q string, args []any, district int, ids []int64) (string, []any) {
	if ids == nil {
		return q, args
	}
	marks := "?" + strings.Repeat(",?", len(ids)-1)
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	args = append(append(append(args, list...), district), list...)
	return q + " AND (r.id IN (" + marks + ") OR r.id IN (SELECT id FROM ledger_log WHERE district = ? AND batch <> 0 AND batch IN (" + marks + ")))", args
}

type phoneHome struct {
	Building int64    `json:"building"`
	Unit     string   `json:"unit"`
	Floor    int      `json:"floor,omitempty"`
	Room     string   `json:"room"`
	Use      string   `json:"use"`
	People   int      `json:"people,omitempty"`
	Langs    []string `json:"langs,omitempty"`
	Name     string   `json:"name,omitempty"`
	Phone    string   `json:"phone,omitempty"`
	Consent  int      `json:"consent_until,omitempty"`
	Every    int      `json:"every,omitempty"`
	Hint     string   `json:"hint,omitempty"`
}

func (s *Service) phoneHomes(ctx context.Context, r store.Reader, at access.Target, ids []int64) ([]offline.Row, error) {
	q, args := among("SELECT r.id, r.version, r.building, r.unit, r.floor, r.room, r.use_now, r.people, r.langs, r.name, r.phone, r.consent, r.every_days, r.hint FROM home r WHERE r.district = ? AND r.grid = ? AND r.state = 'active'",
		[]any{at.District, at.Grid}, at.District, ids)
	rows, err := r.Query(ctx, q+" ORDER BY r.id", args...)
	return store.All(rows, err, func(r *sql.Rows) (offline.Row, error) {
		var x offline.Row
		var h phoneHome
		var langs string
		err := r.Scan(&x.ID, &x.Version, &h.Building, &h.Unit, &h.Floor, &h.Room, &h.Use, &h.People, &langs, &h.Name, &h.Phone, &h.Consent, &h.Every, &h.Hint)
		if langs = strings.Trim(langs, "|"); langs != "" {
			h.Langs = strings.Split(langs, "|")
		}
		x.Row = h
		return x, err
	})
}

type phoneNeed struct {
	Home    int64  `json:"home"`
	Kind    string `json:"kind"`
	Purpose string `json:"purpose"`
	Source  string `json:"source"`
	From    int    `json:"from"`
	Until   int    `json:"until"`
	Person  string `json:"person,omitempty"`
}

func (s *Service) phoneNeeds(ctx context.Context, r store.Reader, at access.Target, ids []int64) ([]offline.Row, error) {
	q, args := among("SELECT r.id, r.version, r.home, r.kind, r.purpose, r.source, r.valid_from, r.valid_to, r.name FROM care_need r WHERE r.district = ? AND r.grid = ? AND r.state = 'active' AND r.kind NOT IN "+sensitive,
		[]any{at.District, at.Grid}, at.District, ids)
	rows, err := r.Query(ctx, q+" ORDER BY r.id", args...)
	return store.All(rows, err, func(r *sql.Rows) (offline.Row, error) {
		var x offline.Row
		var n phoneNeed
		err := r.Scan(&x.ID, &x.Version, &n.Home, &n.Kind, &n.Purpose, &n.Source, &n.From, &n.Until, &n.Person)
		x.Row = n
		return x, err
	})
}
