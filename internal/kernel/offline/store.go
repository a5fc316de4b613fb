package offline

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

var commandTable = &store.Table{Name: "sync_command", Cols: []string{"district", "account", "id", "device", "seq", "kind", "object", "base", "at", "offset_ms", "clock", "received_at",
	"digest", "state", "result", "waits", "body"}}

// kept is the result of a command as it is stored.
type kept struct {
	Effect
	Code  string `json:"code,omitempty"`
	Field string `json:"field,omitempty"`
	ZH    string `json:"zh,omitempty"`
	EN    string `json:"en,omitempty"`
}

func keptOf(e *errs.Error) kept {
	return kept{Code: e.Kind.Code, Field: e.Field, ZH: e.Text("zh"), EN: e.Text("en")}
}

// note writes what became of the command: a new row, or the change of the one
// that exists. It fails as a duplicate, or with errTaken, if another request was
// quicker; the whole write falls with it.
func (c *Command) note(tx *store.Tx, state State, k kept, waits *UUID, sealed []byte) error {
	result, err := json.Marshal(k)
	if err != nil {
		return err
	}
	var on, body any
	if waits != nil {
		on = waits[:]
	}
	if sealed != nil {
		body = sealed
	}
	if c.before == "" {
		tx.Append(commandTable, c.district, c.Account, c.ID[:], c.Device[:], c.Seq, c.Kind, c.Object, c.Base, c.said, c.offset, c.Clock, c.Received, c.digest[:], string(state), string(result), on, body)
		return nil
	}
	n, err := tx.Exec("UPDATE sync_command SET state = ?, result = ?, waits = ?, body = ? WHERE district = ? AND account = ? AND id = ? AND state = ?",
		string(state), string(result), on, body, c.district, c.Account, c.ID[:], string(c.before))
	if err == nil && n == 0 {
		err = errTaken
	}
	return err
}

// row is the note of a command.
type row struct {
	Command
	state State
	kept  kept
	waits []byte
	body  []byte // sealed
}

const rowCols = "account, id, device, seq, kind, object, base, at, offset_ms, clock, received_at, digest, state, result, waits, body"

func scanRow(district int) func(*sql.Rows) (*row, error) {
	return func(rows *sql.Rows) (*row, error) {
		r := &row{}
		var id, device, digest []byte
		var result string
		err := rows.Scan(&r.Account, &id, &device, &r.Seq, &r.Kind, &r.Object, &r.Base, &r.said, &r.offset, &r.Clock, &r.Received, &digest, &r.state, &result, &r.waits, &r.body)
		if err != nil {
			return nil, err
		}
		copy(r.ID[:], id)
		copy(r.Device[:], device)
		copy(r.digest[:], digest)
		r.district, r.before = district, r.state
		r.At, _ = believe(r.said, r.offset, 0, r.Received)
		return r, json.Unmarshal([]byte(result), &r.kept)
	}
}

// rowsOf reads the notes of commands by their ids, and by numbers of the device.
func (s *Service) rowsOf(ctx context.Context, d *Device, all []*Command) (byID map[UUID]*row, bySeq map[int64]*row, err error) {
	byID, bySeq = map[UUID]*row{}, map[int64]*row{}
	ids, seqs := []any{d.district, d.Account}, []any{d.district, d.Account, d.ID[:]}
	for _, c := range all {
		ids, seqs = append(ids, c.ID[:]), append(seqs, c.Seq)
	}
	if len(all) == 0 {
		return byID, bySeq, nil
	}
	in := "(?" + strings.Repeat(",?", len(all)-1) + ")"
	rows, err := s.DB.Query(ctx, "SELECT "+rowCols+" FROM sync_command WHERE district = ? AND account = ? AND id IN "+in+
		" UNION SELECT "+rowCols+" FROM sync_command WHERE district = ? AND account = ? AND device = ? AND seq IN "+in, append(ids, seqs...)...)
	found, err := store.All(rows, err, scanRow(d.district))
	for _, r := range found {
		byID[r.ID] = r
		if r.Device == d.ID {
			bySeq[r.Seq] = r
		}
	}
	return byID, bySeq, err
}

// rowByID is the note of the account's command; sql.ErrNoRows if there is none.
func (s *Service) rowByID(ctx context.Context, district int, account int64, id UUID) (*row, error) {
	rows, err := s.DB.Query(ctx, "SELECT "+rowCols+" FROM sync_command WHERE district = ? AND account = ? AND id = ?", district, account, id[:])
	found, err := store.All(rows, err, scanRow(district))
	if err == nil && len(found) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// missingMost bounds how many missing numbers an answer names.
const missingMost = 100

// numbers is what the server has of the device's numbers: the next one, those
// below it that never came (the first hundred), and up to where none is missing.
func (s *Service) numbers(ctx context.Context, d *Device) (next int64, missing []int64, floor int64, err error) {
	var top, n int64
	err = s.DB.QueryRow(ctx, "SELECT COALESCE(MAX(seq), 0), COUNT(*) FROM sync_command WHERE district = ? AND account = ? AND device = ? AND seq > ?", d.district, d.Account, d.ID[:], d.floor).Scan(&top, &n)
	missing = []int64{}
	if err != nil || n == 0 {
		return d.floor + 1, missing, d.floor, err
	}
	if n == top-d.floor {
		return top + 1, missing, top, nil
	}
	rows, err := s.DB.Query(ctx, "SELECT seq FROM sync_command WHERE district = ? AND account = ? AND device = ? AND seq > ? ORDER BY seq", d.district, d.Account, d.ID[:], d.floor)
	have, err := store.All(rows, err, func(r *sql.Rows) (n int64, err error) { err = r.Scan(&n); return n, err })
	if err != nil {
		return 0, nil, 0, err
	}
	floor = d.floor
	want := d.floor + 1
	for _, seq := range have {
		for ; want < seq && len(missing) < missingMost; want++ {
			missing = append(missing, want)
		}
		if len(missing) == 0 {
			floor = seq
		}
		want = seq + 1
	}
	return top + 1, missing, floor, nil
}

// Device is a phone of an account.
type Device struct {
	ID       UUID
	Account  int64
	Label    string
	FirstAt  int64 // microseconds
	SeenAt   int64 // exact to a few minutes
	LockedAt int64 // 0: not locked
	LockedBy int64
	district int
	floor    int64
}

const deviceCols = "district, account, id, label, first_at, seen_at, floor, locked_at, locked_by"

func scanDevice(r *sql.Rows) (*Device, error) {
	d := &Device{}
	var id []byte
	err := r.Scan(&d.district, &d.Account, &id, &d.Label, &d.FirstAt, &d.SeenAt, &d.floor, &d.LockedAt, &d.LockedBy)
	copy(d.ID[:], id)
	return d, err
}

// devicesOf lists the account's phones.
func (s *Service) devicesOf(ctx context.Context, account int64) ([]*Device, error) {
	rows, err := s.DB.Query(ctx, "SELECT "+deviceCols+" FROM sync_device WHERE account = ? ORDER BY first_at, id", account)
	return store.All(rows, err, scanDevice)
}

// known is the account's phone, made known if it is new. home is the district in
// which the account's rows lie if it has none yet.
func (s *Service) known(ctx context.Context, account int64, id UUID, label string, home int) (*Device, error) {
	all, err := s.devicesOf(ctx, account)
	if err != nil {
		return nil, err
	}
	pick := func(d *Device) bool { return d.ID == id }
	if i := slices.IndexFunc(all, pick); i >= 0 {
		return all[i], nil
	}
	if len(all) >= devicesMost {
		return nil, errDevices.New("max", devicesMost)
	}
	d := &Device{ID: id, Account: account, Label: label, district: home}
	if len(all) > 0 {
		d.district = all[0].district
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		d.FirstAt, d.SeenAt = tx.Now(), tx.Now()
		n, err := tx.Exec("INSERT INTO sync_device ("+deviceCols+") VALUES (?,?,?,?,?,?,0,0,0) ON CONFLICT (district, account, id) DO NOTHING", d.district, account, id[:], label, d.FirstAt, d.SeenAt)
		if err == nil && n == 1 {
			tx.Record(audit.Entry{Actor: account, Action: "device.add", Object: "device", Detail: detail("device", id.String())})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if all, err = s.devicesOf(ctx, account); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(all, pick); i >= 0 { // another request may have made it
		return all[i], nil
	}
	return nil, errors.New("offline: a device that was made known is not there")
}

// seenEvery is how exactly a phone's last contact is noted; floorEvery how far
// the floor may lag behind.
const (
	seenEvery  = 5 * 60 * 1_000_000
	floorEvery = 512
)

// seen notes the contact, and up to where all numbers came, now and then.
func (s *Service) seen(ctx context.Context, d *Device, floor int64) error {
	now := s.DB.Now()
	if now-d.SeenAt < seenEvery && floor-d.floor < floorEvery {
		return nil
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE sync_device SET seen_at = ?, floor = CASE WHEN floor < ? THEN ? ELSE floor END WHERE district = ? AND account = ? AND id = ?", now, floor, floor, d.district, d.Account, d.ID[:])
		return err
	})
	if err == nil {
		d.SeenAt, d.floor = now, max(d.floor, floor)
	}
	return err
}

func detail(pairs ...string) []byte {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings always encode
	}
	return b
}
