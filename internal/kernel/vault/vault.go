package vault

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Limits of the fields, in characters.
const (
	MaxName    = 50
	MaxPhone   = 40
	MaxContact = 120
	MaxPurpose = 200
)

// PerHour is how many records an account may reveal in an hour by default.
const PerHour = 30

// Person is a record in the clear.
type Person struct {
	District             int
	ID                   int64 // the record's, from db.NextID
	Kind                 string
	Name, Phone, Contact Clear
}

// Masked is a record as pages show it.
type Masked struct {
	Kind    string
	Name    string // 王**
	Phone   string // 138****1234
	Contact string
	Erased  bool // it was deleted at the person's wish or by a retention rule
}

// Record is a sealed person, ready to be appended.
type Record struct {
	district             int
	id                   int64
	kind                 string
	name, phone, contact []byte
	index                []byte
	fieldsKey, indexKey  uint32
}

// Vault seals and opens.
type Vault struct {
	db      *store.DB
	dir     string
	keys    atomic.Pointer[keys]
	perHour atomic.Int64
}

// New opens the vault of a migrated database with the key file in dir, which
// it makes on the first start. KeyMissing or KeyWrong if the file is not the
// one that this database was sealed with.
func New(ctx context.Context, db *store.DB, dir string) (*Vault, error) {
	v := &Vault{db: db, dir: dir}
	v.perHour.Store(PerHour)
	body, err := v.check(ctx)
	if err != nil {
		return nil, err
	}
	k, err := load(dir, body != nil)
	if err != nil {
		return nil, err
	}
	v.keys.Store(k)
	if body == nil {
		if err := v.noteCheck(ctx, false); err != nil {
			return nil, err
		}
		if body, err = v.check(ctx); err != nil {
			return nil, err
		}
	}
	if err := v.verify(body); err != nil {
		return nil, err
	}
	return v, nil
}

// SetPerHour changes how many records an account may reveal in an hour.
func (v *Vault) SetPerHour(n int) { v.perHour.Store(int64(n)) }

const checkName = "check"

// check reads the known text's row, nil if there is none.
func (v *Vault) check(ctx context.Context) ([]byte, error) {
	var body []byte
	err := v.db.QueryRow(ctx, "SELECT body FROM vault_key WHERE name = ?", checkName).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return body, err
}

// noteCheck writes the known text: the index of a fixed word, sealed, so that
// it proves both keys.
func (v *Vault) noteCheck(ctx context.Context, replace bool) error {
	idx, err := v.keys.Load().indexes(checkName)
	if err != nil {
		return err
	}
	body, err := v.keys.Load().aead.Encrypt(idx[0], []byte(checkName))
	if err != nil {
		return err
	}
	tail := "NOTHING"
	if replace {
		tail = "UPDATE SET body = excluded.body"
	}
	return v.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO vault_key (name, body) VALUES (?, ?) ON CONFLICT (name) DO "+tail, checkName, body)
		return err
	})
}

func (v *Vault) verify(body []byte) error {
	want, err := v.keys.Load().aead.Decrypt(body, []byte(checkName))
	if err != nil {
		return KeyWrong.New("file", KeyFile).Because(err)
	}
	idx, err := v.keys.Load().indexes(checkName)
	if err != nil {
		return err
	}
	for _, i := range idx {
		if string(i) == string(want) {
			return nil
		}
	}
	return KeyWrong.New("file", KeyFile)
}

// data binds a ciphertext to its place.
func data(district int, id int64, field string) []byte {
	return fmt.Appendf(make([]byte, 0, 40), "%d|%d|%s", district, id, field)
}

// clean trims a field and checks its length.
func clean(c Clear, field string, max int) (string, error) {
	s := strings.TrimSpace(strings.ToValidUTF8(c.Plain(), ""))
	if utf8.RuneCountInString(s) > max {
		return "", errs.TooLong.New("max", max).In(field)
	}
	return s, nil
}

// Seal encrypts a person. It is the heavy part: call it before the write.
func (v *Vault) Seal(p Person) (Record, error) {
	name, err := clean(p.Name, "reporter.name", MaxName)
	if err != nil {
		return Record{}, err
	}
	phone, err := clean(p.Phone, "reporter.phone", MaxPhone)
	if err != nil {
		return Record{}, err
	}
	contact, err := clean(p.Contact, "reporter.contact", MaxContact)
	if err != nil {
		return Record{}, err
	}
	return v.keys.Load().record(p.District, p.ID, p.Kind, name, phone, contact)
}

func (k *keys) record(district int, id int64, kind, name, phone, contact string) (r Record, err error) {
	r = Record{district: district, id: id, kind: kind, fieldsKey: k.fieldsID, indexKey: k.indexID}
	if r.name, err = k.seal(name, data(district, id, "name")); err != nil {
		return Record{}, err
	}
	if r.phone, err = k.seal(phone, data(district, id, "phone")); err != nil {
		return Record{}, err
	}
	if r.contact, err = k.seal(contact, data(district, id, "contact")); err != nil {
		return Record{}, err
	}
	if n, ok := NormalPhone(phone); ok {
		idx, err := k.prfs.ComputePrimaryPRF([]byte("phone|"+n), indexLen)
		if err != nil {
			return Record{}, err
		}
		r.index = idx
	}
	return r, nil
}

var recordTable = &store.Table{Name: "vault_record", Cols: []string{"district", "id", "kind", "name", "phone", "contact", "phone_index", "aead_key", "index_key", "created_at", "erased_at"}}

// Append adds the record in the caller's write.
func (r Record) Append(tx *store.Tx) {
	tx.Append(recordTable, r.district, r.id, r.kind, null(r.name), null(r.phone), null(r.contact), null(r.index), int64(r.fieldsKey), int64(r.indexKey), tx.Now(), 0)
}

// Amend changes fields (name, phone, contact) of a record within the caller's
// write and returns those that are not what they were. errs.NotFound if there is
// no such record or it was erased.
func (v *Vault) Amend(tx *store.Tx, district int, id int64, fields map[string]Clear) ([]string, error) {
	var sealed [3][]byte
	var kind string
	err := tx.QueryRow("SELECT kind, name, phone, contact FROM vault_record WHERE district = ? AND id = ? AND erased_at = 0", district, id).Scan(&kind, &sealed[0], &sealed[1], &sealed[2])
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.NotFound.New()
	}
	if err != nil {
		return nil, err
	}
	k := v.keys.Load()
	var text [3]string
	var changed []string
	for i, name := range [3]string{"name", "phone", "contact"} {
		if text[i], err = k.open(sealed[i], data(district, id, name)); err != nil {
			return nil, errs.Internal.New().Because(err)
		}
		c, given := fields[name]
		if !given {
			continue
		}
		fresh, err := clean(c, name, [3]int{MaxName, MaxPhone, MaxContact}[i])
		if err != nil {
			return nil, err
		}
		if fresh != text[i] {
			text[i], changed = fresh, append(changed, name)
		}
	}
	if len(changed) == 0 {
		return nil, nil
	}
	r, err := k.record(district, id, kind, text[0], text[1], text[2])
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec("UPDATE vault_record SET name = ?, phone = ?, contact = ?, phone_index = ?, aead_key = ?, index_key = ? WHERE district = ? AND id = ?",
		null(r.name), null(r.phone), null(r.contact), null(r.index), int64(r.fieldsKey), int64(r.indexKey), district, id)
	return changed, err
}

// null keeps an absent field NULL on both engines.
func null(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// row reads and opens a record.
func (v *Vault) row(ctx context.Context, r store.Reader, district int, id int64) (Person, bool, error) {
	var name, phone, contact []byte
	var erased int64
	p := Person{District: district, ID: id}
	err := r.QueryRow(ctx, "SELECT kind, name, phone, contact, erased_at FROM vault_record WHERE district = ? AND id = ?", district, id).Scan(&p.Kind, &name, &phone, &contact, &erased)
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, false, errs.NotFound.New()
	}
	if err != nil {
		return Person{}, false, err
	}
	for _, f := range []struct {
		to     *Clear
		sealed []byte
		name   string
	}{{&p.Name, name, "name"}, {&p.Phone, phone, "phone"}, {&p.Contact, contact, "contact"}} {
		s, err := v.keys.Load().open(f.sealed, data(district, id, f.name))
		if err != nil {
			return Person{}, false, errs.Internal.New().Because(err)
		}
		*f.to = Hide(s)
	}
	return p, erased != 0, nil
}

// Open reads a record as a page may show it. errs.NotFound if there is none.
func (v *Vault) Open(ctx context.Context, r store.Reader, district int, id int64) (Masked, error) {
	p, erased, err := v.row(ctx, r, district, id)
	if err != nil {
		return Masked{}, err
	}
	return Masked{Kind: p.Kind, Name: MaskName(p.Name.Plain()), Phone: MaskPhone(p.Phone.Plain()), Contact: MaskContact(p.Contact.Plain()), Erased: erased}, nil
}

// Hand gives a record in the clear to another room of the program, which seals it
// anew elsewhere or sends something to the person; nobody sees it, so it is no look. It is not for pages. An erased
// record is empty.
func (v *Vault) Hand(ctx context.Context, district int, id int64) (Person, error) {
	p, _, err := v.row(ctx, v.db, district, id)
	return p, err
}

// Ref names a record.
type Ref struct {
	District int
	ID       int64
	Kind     string
}

// FindByPhone finds the records with this number in the districts, newest
// first, 200 at most; written forms of one number are the same.
func (v *Vault) FindByPhone(ctx context.Context, r store.Reader, districts []int, phone string) ([]Ref, error) {
	n, ok := NormalPhone(phone)
	if !ok || len(districts) == 0 {
		return nil, nil
	}
	idx, err := v.keys.Load().indexes("phone|" + n)
	if err != nil {
		return nil, err
	}
	var args []any
	for _, d := range districts {
		args = append(args, d)
	}
	for _, i := range idx {
		args = append(args, i)
	}
	marks := func(n int) string { return "?" + strings.Repeat(",?", n-1) }
	rows, err := r.Query(ctx, "SELECT district, id, kind FROM vault_record WHERE district IN ("+marks(len(districts))+") AND phone_index IN ("+marks(len(idx))+") ORDER BY id DESC LIMIT 200", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Ref
	for rows.Next() {
		var x Ref
		if err := rows.Scan(&x.District, &x.ID, &x.Kind); err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, rows.Err()
}

// Known adds to the map, for each of the telephones (in NormalPhone's form) that
// a record of the kind in the district has, one such record.
func (v *Vault) Known(ctx context.Context, r store.Reader, district int, kind string, phones []string, to map[string]int64) error {
	at := map[string]string{}
	var indexes []any
	for _, n := range phones {
		list, err := v.keys.Load().indexes("phone|" + n)
		if err != nil {
			return err
		}
		for _, i := range list {
			at[string(i)] = n
			indexes = append(indexes, i)
		}
	}
	byPhone := "vault_record"
	if v.db.Engine() == store.SQLite { // without statistics it would rather read the whole district than look for so many
		byPhone += " INDEXED BY vault_record_phone"
	}
	for chunk := range slices.Chunk(indexes, 500) {
		rows, err := r.Query(ctx, "SELECT id, phone_index FROM "+byPhone+" WHERE district = ? AND phone_index IN (?"+strings.Repeat(",?", len(chunk)-1)+") AND kind = ?", slices.Concat([]any{district}, chunk, []any{kind})...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var id int64
			var index []byte
			if err := rows.Scan(&id, &index); err != nil {
				return errors.Join(err, rows.Close())
			}
			to[at[string(index)]] = id
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Look is one look at a record in the clear.
type Look struct {
	Account, Post int64
	District      int
	ID            int64 // the record's
	Object        string
	ObjectID      int64 // what it belongs to, for the trail: "case" and the case's id
	Purpose       string
	At            int64 // microseconds UTC; set by the vault
}

// Same adds to the map, for each of the district's records that has a telephone, a
// word that is equal for equal telephones and says nothing of them.
func (v *Vault) Same(ctx context.Context, r store.Reader, district int, ids []int64, to map[int64]string) error {
	for chunk := range slices.Chunk(ids, 500) {
		args := []any{district}
		for _, id := range chunk {
			args = append(args, id)
		}
		rows, err := r.Query(ctx, "SELECT id, phone_index FROM vault_record WHERE phone_index IS NOT NULL AND district = ? AND id IN (?"+strings.Repeat(",?", len(chunk)-1)+")", args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var id int64
			var index []byte
			if err := rows.Scan(&id, &index); err != nil {
				return errors.Join(err, rows.Close())
			}
			to[id] = string(index)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Reveal gives one record in the clear, after the look is on the audit chain
// as OBJECT.reveal. errs.Required or TooLong for the purpose, errs.Busy when
// the account has looked too often within the hour, errs.NotFound if there is
// no record or it was erased.
func (v *Vault) Reveal(ctx context.Context, l Look) (Person, error) {
	l.Purpose = strings.TrimSpace(Redact(l.Purpose))
	switch n := utf8.RuneCountInString(l.Purpose); {
	case n < 2:
		return Person{}, errs.Required.New().In("purpose")
	case n > MaxPurpose:
		return Person{}, errs.TooLong.New("max", MaxPurpose).In("purpose")
	}
	p, erased, err := v.row(ctx, v.db, l.District, l.ID)
	if err != nil {
		return Person{}, err
	}
	if erased {
		return Person{}, errs.NotFound.New()
	}
	// Looked at first outside the write, so that knocking on a shut door costs
	// other writers nothing.
	now := v.db.NowIn(ctx)
	if err := v.quota(func(q string, args ...any) scanner { return v.db.QueryRow(ctx, q, args...) }, l.Account, now); err != nil {
		return Person{}, err
	}
	err = v.db.Write(ctx, func(tx *store.Tx) error {
		l := l
		l.At = tx.Now()
		// This row's lock makes looks of one account come one after another.
		if _, err := tx.Exec("INSERT INTO vault_quota (district, account, n) VALUES (0, ?, 1) ON CONFLICT (district, account) DO UPDATE SET n = vault_quota.n + 1", l.Account); err != nil {
			return err
		}
		if err := v.quota(func(q string, args ...any) scanner { return tx.QueryRow(q, args...) }, l.Account, l.At); err != nil {
			return err
		}
		id := tx.NextID()
		if _, err := tx.Exec("INSERT INTO vault_reveal (district, id, record, account, post, at, purpose) VALUES (?, ?, ?, ?, ?, ?, ?)", l.District, id, l.ID, l.Account, l.Post, l.At, l.Purpose); err != nil {
			return err
		}
		detail, err := json.Marshal(map[string]any{"purpose": l.Purpose, "reveal": id})
		if err != nil {
			return err
		}
		tx.Record(audit.Entry{District: l.District, Actor: l.Account, Post: l.Post, Action: l.Object + ".reveal", Object: l.Object, ObjectID: l.ObjectID, Detail: detail, Digest: l.Digest(id)})
		return nil
	})
	if err != nil {
		return Person{}, err
	}
	return p, nil
}

// Digest is the audit digest of the look's row with the given id.
func (l Look) Digest(id int64) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "vault_reveal|%d|%d|%d|%d|%d|%d|%s", l.District, id, l.ID, l.Account, l.Post, l.At, l.Purpose))
}

type scanner interface{ Scan(...any) error }

// quota says Busy when the account's hour is used up.
func (v *Vault) quota(row func(string, ...any) scanner, account, now int64) error {
	var n, oldest int64
	from := now - time.Hour.Microseconds()
	if err := row("SELECT COUNT(*), COALESCE(MIN(at), 0) FROM vault_reveal WHERE account = ? AND at > ?", account, from).Scan(&n, &oldest); err != nil {
		return err
	}
	if n < v.perHour.Load() {
		return nil
	}
	return errs.Busy.New("seconds", max(1, (oldest-from+999_999)/1_000_000))
}

// Looks lists who looked at a record in the clear, newest first.
func (v *Vault) Looks(ctx context.Context, r store.Reader, district int, id int64) ([]Look, error) {
	rows, err := r.Query(ctx, "SELECT account, post, at, purpose FROM vault_reveal WHERE district = ? AND record = ? ORDER BY id DESC LIMIT 500", district, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Look
	for rows.Next() {
		l := Look{District: district, ID: id}
		if err := rows.Scan(&l.Account, &l.Post, &l.At, &l.Purpose); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, rows.Err()
}

// Erase deletes a record's fields and its place in the phone index within the
// caller's write; that it was there and was erased remains. The caller records
// the act with its reason. errs.NotFound if there is no such record. Copies in
// backups end with RotateKey, Reseal and RetireKeys.
func Erase(tx *store.Tx, district int, id int64) error {
	n, err := tx.Exec("UPDATE vault_record SET name = NULL, phone = NULL, contact = NULL, phone_index = NULL, erased_at = ? WHERE district = ? AND id = ? AND erased_at = 0", tx.Now(), district, id)
	if err != nil || n > 0 {
		return err
	}
	var erased int64
	if err := tx.QueryRow("SELECT erased_at FROM vault_record WHERE district = ? AND id = ?", district, id).Scan(&erased); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return errs.NotFound.New()
		}
		return err
	}
	return nil // already erased: the same request again is harmless
}
