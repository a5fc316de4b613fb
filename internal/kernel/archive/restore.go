package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"linli/internal/kernel/store"
)

// staging is where a restore works inside the target folder until all is well.
const staging = ".restore"

// Restore brings the archive into an empty data folder and, if url is not
// empty, into an empty PostgreSQL database instead of an embedded one. Either
// everything comes back or the target stays empty: the embedded database is
// loaded in a staging folder, PostgreSQL in one transaction. Verification is
// the caller's next step.
func Restore(ctx context.Context, file, dir, url string) (_ *Summary, err error) {
	start := time.Now()
	st, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if err := emptyFolder(dir); err != nil {
		return nil, err
	}
	stage := filepath.Join(dir, staging)
	if err := os.RemoveAll(stage); err != nil { // of a restore that was killed
		return nil, err
	}
	if err := os.MkdirAll(stage, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be written: %w", err)
	}
	defer os.RemoveAll(stage)
	l := &loader{ctx: ctx, file: file, stage: stage}
	if l.db, err = store.Open(ctx, store.Options{Dir: stage, URL: url}); err != nil {
		return nil, err
	}
	err = l.run()
	if e := l.db.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	if err := publish(stage, dir); err != nil {
		return nil, err
	}
	return &Summary{Manifest: l.manifest, Files: l.files, Bytes: st.Size(), TookMS: time.Since(start).Milliseconds()}, nil
}

// emptyFolder refuses a folder that holds anything but a failed restore.
func emptyFolder(dir string) error {
	if dir == "" {
		return ErrTarget.New("where", "--data")
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != staging && e.Name() != "lost+found" {
			return ErrTarget.New("where", filepath.Join(dir, e.Name()))
		}
	}
	return nil
}

type loader struct {
	ctx      context.Context
	db       *store.DB
	file     string
	stage    string
	manifest *Manifest
	files    int
}

func (l *loader) run() error {
	// The manifest decides before anything is written.
	first := errors.New("first part")
	if _, err := read(l.ctx, l.file, func(m *Manifest, _ part) error { l.manifest = m; return first }); err != nil && !errors.Is(err, first) {
		return err
	}
	if l.manifest == nil {
		return damaged(manifestName, errors.New("nothing follows it"))
	}
	if err := l.emptyDatabase(); err != nil {
		return err
	}
	if err := l.migrate(); err != nil {
		return err
	}
	if err := l.fits(); err != nil {
		return err
	}
	if l.db.Engine() == store.Postgres {
		err := l.db.Write(l.ctx, func(tx *store.Tx) error {
			if err := l.load(func(fn func(*store.Tx) error) error { return fn(tx) }); err != nil {
				return err
			}
			return l.compare(tx)
		})
		if err != nil {
			return err
		}
	} else {
		write := func(fn func(*store.Tx) error) error { return l.db.Write(l.ctx, fn) }
		if err := l.load(write); err != nil {
			return err
		}
		if err := write(l.compare); err != nil {
			return err
		}
	}
	if err := l.db.Migrate(l.ctx); err != nil { // an older archive: the rest of the way
		return err
	}
	// Without statistics verification would take hours on a large database.
	return l.db.Analyze(l.ctx)
}

// partway is a store that can migrate up to a migration and stop there, as an
// archive of an older version needs: its rows fit the tables of that time.
type partway interface {
	MigrateTo(ctx context.Context, id int) error
}

// migrate makes the tables as the archive knew them.
func (l *loader) migrate() error {
	db, ok := any(l.db).(partway)
	if all := l.manifest.Migrations; ok && len(all) > 0 {
		return db.MigrateTo(l.ctx, all[len(all)-1].ID)
	}
	return l.db.Migrate(l.ctx)
}

// emptyDatabase refuses a database that anybody has written to.
func (l *loader) emptyDatabase() error {
	ok, err := Has(l.ctx, l.db)
	if err != nil || !ok {
		return err
	}
	tables, err := tablesOf(l.ctx, l.db)
	if err != nil {
		return err
	}
	for _, t := range tables {
		q := "SELECT COUNT(*) FROM " + quote(t.Name)
		if strings.HasSuffix(t.Name, "_stamp") { // migrations lay one row at 0
			q += " WHERE n <> 0"
		}
		var n int64
		if err := l.db.QueryRow(l.ctx, q).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return ErrTarget.New("where", t.Name)
		}
	}
	return nil
}

// fits compares the archive's migrations with those of this program: they must
// be the same. Their texts are compared where the engine is.
func (l *loader) fits() error {
	mine, err := migrations(l.ctx, l.db)
	if err != nil {
		return err
	}
	for i, m := range l.manifest.Migrations {
		if i >= len(mine) || mine[i].ID != m.ID || mine[i].Name != m.Name {
			return ErrNewer.New("version", l.manifest.Version)
		}
		if l.manifest.Engine == string(l.db.Engine()) && mine[i].Checksum != m.Checksum {
			return ErrNewer.New("version", l.manifest.Version).Because(fmt.Errorf("migration %s has another text", m.Name))
		}
	}
	if n := len(l.manifest.Migrations); n < len(mine) {
		return ErrOlder.New("version", l.manifest.Version, "migration", mine[n].Name)
	}
	tables, err := tablesOf(l.ctx, l.db)
	if err != nil {
		return err
	}
	for _, t := range l.manifest.Tables {
		i := slices.IndexFunc(tables, func(x Table) bool { return x.Name == t.Name })
		if i < 0 {
			return damaged(manifestName, fmt.Errorf("there is no table %s", t.Name))
		}
		for _, c := range t.Columns {
			if !slices.ContainsFunc(tables[i].Columns, func(x Column) bool { return x.Name == c.Name && x.Kind == c.Kind }) {
				return damaged(manifestName, fmt.Errorf("table %s has no column %s of kind %s", t.Name, c.Name, c.Kind))
			}
		}
	}
	return nil
}

// load reads the whole archive: rows into the database, each part through
// write, files into the staging folder. It may run more than once.
func (l *loader) load(write func(func(*store.Tx) error) error) error {
	err := write(func(tx *store.Tx) error {
		for _, t := range l.manifest.Tables {
			if strings.HasSuffix(t.Name, "_stamp") {
				if _, err := tx.Exec("DELETE FROM " + quote(t.Name)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.files = 0
	_, err = read(l.ctx, l.file, func(m *Manifest, p part) error {
		name, ok := strings.CutPrefix(p.name, "rows/")
		if !ok {
			l.files++
			return l.extract(p)
		}
		t, err := m.table(path.Dir(name))
		if err != nil {
			return damaged(p.name, err)
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return damaged(p.name, err)
		}
		return write(func(tx *store.Tx) error { return insert(tx, t, part{p.name, p.size, bytes.NewReader(data)}) })
	})
	if err != nil {
		return err
	}
	// Places of writers were those of processes that are no more; what they
	// noted keeps new ids from repeating old ones.
	return write(func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE node SET owner = '', seen = 0")
		return err
	})
}

// insert writes the rows of a part, many a statement.
func insert(tx *store.Tx, t *Table, p part) error {
	width := len(t.Columns)
	most := max(1, min(400, 8000/width)) // parameters below both engines' bounds
	head := "INSERT INTO " + quote(t.Name) + " (" + names(t.Columns) + ") VALUES "
	one := "(?" + strings.Repeat(",?", width-1) + ")"
	text := func(rows int) string { return head + one + strings.Repeat(","+one, rows-1) }
	full := text(most)
	args := make([]any, 0, most*width)
	flush := func() error {
		if len(args) == 0 {
			return nil
		}
		q := full
		if len(args) < most*width {
			q = text(len(args) / width)
		}
		_, err := tx.Exec(q, args...)
		args = args[:0]
		if err != nil {
			return fmt.Errorf("archive: table %s: %w", t.Name, err)
		}
		return nil
	}
	if _, err := eachRow(t, p, func(vals []any) error {
		if args = append(args, vals...); len(args) == most*width {
			return flush()
		}
		return nil
	}); err != nil {
		return err
	}
	return flush()
}

// extract writes a file of the data folder into staging.
func (l *loader) extract(p part) error {
	target := filepath.Join(l.stage, filepath.FromSlash(strings.TrimPrefix(p.name, "data/")))
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(target, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, p); err != nil {
		_ = f.Close()
		var at *fs.PathError
		if errors.As(err, &at) { // our side: a full disk
			return err
		}
		return damaged(p.name, err)
	}
	return errors.Join(f.Sync(), f.Close())
}

// compare counts the rows that came back.
func (l *loader) compare(tx *store.Tx) error {
	for _, t := range l.manifest.Tables {
		var n int64
		if err := tx.QueryRow("SELECT COUNT(*) FROM " + quote(t.Name)).Scan(&n); err != nil {
			return err
		}
		if n != t.Rows {
			return damaged(t.Name, fmt.Errorf("%d rows, want %d", n, t.Rows))
		}
	}
	return nil
}

// publish moves what staging holds into the folder, the database last, so that
// a folder with a database is a whole one. Its write-ahead log goes with it.
func publish(stage, dir string) error {
	entries, err := os.ReadDir(stage)
	if err != nil {
		return err
	}
	var order []string
	for _, e := range entries {
		if name := e.Name(); name != "linli.db" && name != "linli.db-shm" {
			order = append(order, name)
		}
	}
	if _, err := os.Stat(filepath.Join(stage, "linli.db")); err == nil {
		order = append(order, "linli.db")
	}
	for _, name := range order {
		if err := os.Rename(filepath.Join(stage, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return errors.Join(syncDir(stage), syncDir(dir))
}
