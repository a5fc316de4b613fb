package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer is returned when the database was written by a newer version.
var ErrNewer = errors.New("the database belongs to a newer version of Linli; please run that version")

type migration struct {
	id   int
	name string
	sql  string
	sum  string
}

// load reads the migrations of the engine: NNNN_name.sql, and beside it
// NNNN_name.sqlite.sql or .postgres.sql where the engines truly differ. Both
// engines count every number, also one that is empty on theirs: a backup of one
// is restored on the other.
func (db *DB) load() ([]migration, error) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	byID := map[int]*migration{}
	for _, f := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(f, "migrations/"), ".sql")
		base, engine, _ := strings.Cut(name, ".")
		id, err := strconv.Atoi(base[:4])
		if err != nil {
			return nil, fmt.Errorf("store: migration %s has no number: %w", f, err)
		}
		m := byID[id]
		if m == nil {
			m = &migration{id: id, name: base}
			byID[id] = m
		}
		if m.name != base {
			return nil, fmt.Errorf("store: migrations %s and %s have the same number", m.name, base)
		}
		if engine != "" && Engine(engine) != db.engine {
			continue
		}
		text, err := migrations.ReadFile(f)
		if err != nil {
			return nil, err
		}
		if engine == "" {
			m.sql = string(text) + "\n" + m.sql
		} else {
			m.sql += "\n" + string(text)
		}
	}
	var all []migration
	for _, m := range byID {
		sum := sha256.Sum256([]byte(m.sql))
		m.sum = hex.EncodeToString(sum[:])
		m.sql = db.macros(m.sql)
		all = append(all, *m)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].id < all[j].id })
	return all, nil
}

// ledgerColumns are those that every register has (ledger.Row; its key is
// PRIMARY KEY (district, id)), ledgerIndexes the
// lists that every register is read by; both are macros, so that a register's
// migration says only what is its own. Applied migrations hold them: they are
// never changed, only added to by a migration.
const (
	ledgerColumns = `district INTEGER NOT NULL, id BIGINT NOT NULL, version INTEGER NOT NULL,
  region BIGINT NOT NULL, street BIGINT NOT NULL, community BIGINT NOT NULL, grid BIGINT NOT NULL, org BIGINT NOT NULL,
  valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL, state TEXT NOT NULL, person BIGINT NOT NULL, extra TEXT NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL`
	ledgerIndexes = `CREATE INDEX ${1}_street ON $1 (district, street, id);
CREATE INDEX ${1}_community ON $1 (district, community, id);
CREATE INDEX ${1}_grid ON $1 (district, grid, id);
CREATE INDEX ${1}_org ON $1 (district, org, id) WHERE org <> 0;
CREATE INDEX ${1}_person ON $1 (district, person) WHERE person <> 0`
)

var ledgerMacro = regexp.MustCompile(`\{\{ledger_indexes (\w+)\}\}`)

func (db *DB) macros(s string) string {
	s = ledgerMacro.ReplaceAllString(strings.ReplaceAll(s, "{{ledger}}", ledgerColumns), ledgerIndexes)
	if db.engine == Postgres {
		return strings.NewReplacer("{{blob}}", "BYTEA", "{{norowid}}", "", "{{json}}", "TEXT").Replace(s)
	}
	return strings.NewReplacer("{{blob}}", "BLOB", "{{norowid}}", "WITHOUT ROWID", "{{json}}", "TEXT").Replace(s)
}

// statements splits a migration at semicolons that end a line.
func statements(s string) []string {
	var out []string
	var b strings.Builder
	for line := range strings.Lines(s) {
		bare := strings.TrimSpace(line)
		if strings.HasPrefix(bare, "--") || bare == "" {
			continue
		}
		b.WriteString(line)
		if strings.HasSuffix(bare, ";") {
			out = append(out, strings.TrimSuffix(strings.TrimSpace(b.String()), ";"))
			b.Reset()
		}
	}
	if rest := strings.TrimSpace(b.String()); rest != "" {
		out = append(out, rest)
	}
	return out
}

// Script runs a text written as a migration is, macros included, that belongs to
// no release: tests of engines make their own tables with it.
func (db *DB) Script(ctx context.Context, text string) error {
	return db.Write(ctx, func(tx *Tx) error {
		for _, s := range statements(db.macros(text)) {
			if _, err := tx.Exec(s); err != nil {
				return fmt.Errorf("%w in: %.120s", err, s)
			}
		}
		return nil
	})
}

// Migrate brings the database to this version: each migration in one durable
// transaction. It refuses a database of a newer version and one whose applied
// migrations are not those that this version knows.
func (db *DB) Migrate(ctx context.Context) error { return db.MigrateTo(ctx, 0) }

// MigrateTo is Migrate up to the migration with that number, 0 for all: to load
// a backup of an older version before it is brought to this one.
func (db *DB) MigrateTo(ctx context.Context, last int) error {
	all, err := db.load()
	if err != nil {
		return err
	}
	if last > 0 {
		all = slices.DeleteFunc(all, func(m migration) bool { return m.id > last })
	}
	err = db.Write(ctx, func(tx *Tx) error {
		if tx.Engine() == Postgres { // two processes may start at once
			if _, err := tx.Exec("SELECT pg_advisory_xact_lock(5173001)"); err != nil {
				return err
			}
		}
		if _, err := tx.Exec("CREATE TABLE IF NOT EXISTS migration (id INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, at BIGINT NOT NULL)"); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, m := range all {
		if err := db.apply(ctx, m); err != nil {
			return fmt.Errorf("store: migration %s: %w", m.name, err)
		}
	}
	var newest sql.NullInt64
	if err := db.QueryRow(ctx, "SELECT MAX(id) FROM migration").Scan(&newest); err != nil {
		return err
	}
	if int(newest.Int64) > all[len(all)-1].id {
		return ErrNewer
	}
	return nil
}

func (db *DB) apply(ctx context.Context, m migration) error {
	return db.Write(ctx, func(tx *Tx) error {
		if tx.Engine() == Postgres {
			if _, err := tx.Exec("SELECT pg_advisory_xact_lock(5173001)"); err != nil {
				return err
			}
		}
		var sum string
		err := tx.QueryRow("SELECT checksum FROM migration WHERE id = ?", m.id).Scan(&sum)
		if err == nil {
			if sum != m.sum {
				return errors.New("was applied with another text; this database and this program do not fit")
			}
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		for _, s := range statements(m.sql) {
			if _, err := tx.Exec(s); err != nil {
				return fmt.Errorf("%w in: %.120s", err, s)
			}
		}
		_, err = tx.Exec("INSERT INTO migration (id, name, checksum, at) VALUES (?, ?, ?, ?)", m.id, m.name, m.sum, time.Now().UnixMicro())
		return err
	})
}
