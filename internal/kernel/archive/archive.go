package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// format is raised when the archive's form changes; an older program refuses
// what it does not know.
const format = 1

const (
	manifestName = "manifest.json"
	endName      = "end.json"
	partLen      = 4 << 20  // bytes of rows in a part, about
	partMax      = 64 << 20 // no part is longer: one row is never that long
	sumRecord    = "LINLI.sha256"
)

// What a backup or a restore may find wrong.
var (
	ErrNothing = errs.Declare("nothing_to_back_up", 404, "这里没有邻里的数据库：{where}。请核对 --data 与 --db。", "There is no Linli database here: {where}. Please check --data and --db.")
	ErrFormat  = errs.Declare("not_a_backup", 422, "{file} 不是邻里的备份文件。", "{file} is not a Linli backup.")
	ErrDamaged = errs.Declare("backup_damaged", 422, "备份文件已损坏（{part}），没有恢复任何内容。请使用另一份备份。", "The backup is damaged ({part}); nothing was restored. Please use another copy.")
	ErrNewer   = errs.Declare("backup_newer", 422, "该备份由更新的版本 {version} 制作，请用该版本恢复。", "The backup was made by the newer version {version}; restore it with that version.")
	ErrOlder   = errs.Declare("backup_older", 422, "该备份由较早的版本 {version} 制作（缺少数据库变更 {migration}）。请先用该版本恢复，再升级。",
		"The backup was made by the older version {version} (before migration {migration}); restore it with that version first, then upgrade.")
	ErrTarget = errs.Declare("restore_target", 409, "恢复目标不是空的：{where}。请选择空的数据目录和空的数据库。", "The target is not empty: {where}. Choose an empty data folder and an empty database.")
)

// Manifest says what an archive holds. It is the archive's first part.
type Manifest struct {
	About      string      `json:"about"`
	Format     int         `json:"format"`
	Version    string      `json:"version"` // of the program
	Engine     string      `json:"engine"`
	CreatedAt  time.Time   `json:"created_at"`
	Migrations []Migration `json:"migrations"`
	Tables     []Table     `json:"tables"`
	Root       string      `json:"audit_root"` // one hash over all chains
	Heads      []Head      `json:"audit_heads"`
}

// Migration is one that the database has.
type Migration struct {
	ID       int    `json:"id"`
	Name     string `json:"name"`
	Checksum string `json:"checksum"` // engines differ where their texts do
}

// Head is a chain at the moment of the backup.
type Head struct {
	District int    `json:"district"`
	Size     int64  `json:"size"`
	Root     string `json:"root"`
}

// Rows is the number of rows in all tables.
func (m *Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

const about = "Linli backup. Secret: it holds the keys to the personal data in it."

// end is the last part: without it an archive is cut off.
type end struct {
	Parts  int    `json:"parts"`
	Files  int    `json:"files"`
	SHA256 string `json:"sha256"` // over the checksums of all parts in order
}

// inFolder is what a backup takes from the data folder: these folders whole,
// and these files. Hidden and unfinished files stay out.
var (
	folders = []string{"files", "map"}
	keys    = []string{"vault.key", "audit.key", "draw.key", "sync.key", "linli.json"}
	heads   = "audit-heads.txt"
	skipped = "files/tmp" // unfinished uploads
)

// Summary is what a backup or restore did.
type Summary struct {
	Manifest *Manifest `json:"manifest"`
	Files    int       `json:"files"`
	Bytes    int64     `json:"bytes"` // of the archive
	TookMS   int64     `json:"took_ms"`
}

// Has tells whether the database is one of Linli's: it has applied migrations.
func Has(ctx context.Context, r store.Reader) (bool, error) {
	q := "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'migration'"
	if r.Engine() == store.Postgres {
		q = "SELECT COUNT(*) FROM pg_class WHERE relname = 'migration' AND relnamespace = current_schema()::regnamespace"
	}
	var n int
	err := r.QueryRow(ctx, q).Scan(&n)
	return n > 0, err
}

// Backup writes the installation (the database and its data folder) into the
// file, which appears whole or not at all. The server may go on working: all
// rows are of one moment, and the folder's contents are those that the rows of
// that moment need.
func Backup(ctx context.Context, db *store.DB, dir, version, file string) (*Summary, error) {
	start := time.Now()
	s := &Summary{}
	// Before the snapshot: a head that was signed later would be ahead of it.
	signed, err := os.ReadFile(filepath.Join(dir, heads))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	err = WriteFile(file, func(w io.Writer) error {
		out, err := newWriter(w)
		if err != nil {
			return err
		}
		err = db.Snapshot(ctx, func(r store.Reader) error {
			if s.Manifest, err = describe(ctx, r, version); err != nil {
				return err
			}
			text, err := json.MarshalIndent(s.Manifest, "", " ")
			if err != nil {
				return err
			}
			if err := out.part(manifestName, text); err != nil {
				return err
			}
			for i := range s.Manifest.Tables {
				if err := out.table(ctx, r, &s.Manifest.Tables[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if signed != nil {
			if err := out.part("data/"+heads, signed); err != nil {
				return err
			}
			out.end.Files++
		}
		if err := out.folder(ctx, dir); err != nil {
			return err
		}
		s.Files = out.end.Files
		return out.close()
	})
	if err != nil {
		return nil, err
	}
	st, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	s.Bytes, s.TookMS = st.Size(), time.Since(start).Milliseconds()
	return s, nil
}

// describe makes the manifest from the snapshot.
func describe(ctx context.Context, r store.Reader, version string) (*Manifest, error) {
	if ok, err := Has(ctx, r); err != nil || !ok {
		if err == nil {
			err = ErrNothing.New("where", string(r.Engine()))
		}
		return nil, err
	}
	m := &Manifest{About: about, Format: format, Version: version, Engine: string(r.Engine()), CreatedAt: time.Now().UTC().Truncate(time.Second)}
	var err error
	if m.Migrations, err = migrations(ctx, r); err != nil {
		return nil, err
	}
	if m.Tables, err = tablesOf(ctx, r); err != nil {
		return nil, err
	}
	for i := range m.Tables {
		if m.Tables[i].Rows, err = m.Tables[i].count(ctx, r); err != nil {
			return nil, err
		}
	}
	chains, err := audit.Heads(ctx, r)
	if err != nil {
		return nil, err
	}
	m.Root = audit.RootOf(chains)
	m.Heads = []Head{}
	for _, h := range chains {
		m.Heads = append(m.Heads, Head{h.District, h.Size, h.Root.String()})
	}
	return m, nil
}

func migrations(ctx context.Context, r store.Reader) ([]Migration, error) {
	rows, err := r.Query(ctx, "SELECT id, name, checksum FROM migration ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Migration
	for rows.Next() {
		var m Migration
		if err := rows.Scan(&m.ID, &m.Name, &m.Checksum); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, rows.Err()
}

// writer writes parts.
type writer struct {
	gz  *gzip.Writer
	tar *tar.Writer
	sum []byte // checksums of the parts so far, one after another
	end end
	now time.Time
}

func newWriter(w io.Writer) (*writer, error) {
	gz, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	return &writer{gz: gz, tar: tar.NewWriter(gz), now: time.Now().UTC().Truncate(time.Second)}, nil
}

func (w *writer) head(name string, size int64, sum []byte) error {
	w.sum = append(w.sum, sum...)
	w.end.Parts++
	return w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: w.now, Format: tar.FormatPAX, PAXRecords: map[string]string{sumRecord: hex.EncodeToString(sum)}})
}

func (w *writer) part(name string, data []byte) error {
	sum := sha256.Sum256(data)
	if err := w.head(name, int64(len(data)), sum[:]); err != nil {
		return err
	}
	_, err := w.tar.Write(data)
	return err
}

// table writes the rows in parts. Their number must be what the manifest says.
func (w *writer) table(ctx context.Context, r store.Reader, t *Table) error {
	buf := make([]byte, 0, partLen+1<<20)
	parts, rows := 0, int64(0)
	flush := func() error {
		if len(buf) == 0 {
			return nil
		}
		parts++
		err := w.part(fmt.Sprintf("rows/%s/%06d", t.Name, parts), buf)
		buf = buf[:0]
		return err
	}
	err := t.read(ctx, r, func(vals []any) error {
		rows++
		buf = appendRow(buf, vals)
		if len(buf) >= partLen {
			if err := ctx.Err(); err != nil {
				return err
			}
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	if rows != t.Rows {
		return fmt.Errorf("archive: table %s gave %d rows after it counted %d", t.Name, rows, t.Rows)
	}
	return flush()
}

// folder writes what belongs into a backup of the data folder.
func (w *writer) folder(ctx context.Context, dir string) error {
	for _, name := range keys {
		if err := w.file(dir, name); err != nil {
			return err
		}
	}
	root := os.DirFS(dir)
	for _, folder := range folders {
		err := fs.WalkDir(root, folder, func(name string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist): // no such folder, or tidied away meanwhile
				return nil
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case d.IsDir() && name == skipped:
				return fs.SkipDir
			case strings.HasPrefix(d.Name(), "."), !d.Type().IsRegular():
				return nil
			}
			return w.file(dir, name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// file writes a file; one that is gone meanwhile was not needed.
func (w *writer) file(dir, name string) error {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := w.head("data/"+name, size, h.Sum(nil)); err != nil {
		return err
	}
	w.end.Files++
	if _, err := io.CopyN(w.tar, f, size); err != nil {
		return fmt.Errorf("archive: %s changed while it was read: %w", name, err)
	}
	return nil
}

func (w *writer) close() error {
	sum := sha256.Sum256(w.sum)
	w.end.SHA256 = hex.EncodeToString(sum[:])
	text, err := json.Marshal(w.end)
	if err == nil {
		err = w.part(endName, text)
	}
	return errors.Join(err, w.tar.Close(), w.gz.Close())
}

// part is a part of an archive that is being read.
type part struct {
	name string
	size int64
	io.Reader
}

// read calls do for every part in order, the manifest first, and checks all
// checksums: an error of do ends it; nil means that the archive is whole.
func read(ctx context.Context, file string, do func(m *Manifest, p part) error) (*Manifest, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	base := filepath.Base(file)
	gz, err := gzip.NewReader(f)
	if err != nil {
		return nil, ErrFormat.New("file", base).Because(err)
	}
	in := tar.NewReader(gz)
	var m *Manifest
	var sums []byte
	parts, files, ended := 0, 0, false
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h, err := in.Next()
		if errors.Is(err, io.EOF) && ended {
			break
		}
		if m == nil && (err != nil || h.Name != manifestName) {
			return nil, ErrFormat.New("file", base).Because(err)
		}
		if err != nil {
			return nil, damaged(fmt.Sprintf("after part %d", parts), err)
		}
		data, isFile := strings.CutPrefix(h.Name, "data/")
		if ended || h.Typeflag != tar.TypeReg || isFile && !belongs(data) || !isFile && h.Size > partMax {
			return nil, damaged(h.Name, errors.New("an unexpected part"))
		}
		if h.Name == endName {
			var e end
			if err := json.NewDecoder(io.LimitReader(in, 1<<16)).Decode(&e); err != nil {
				return nil, damaged(h.Name, err)
			}
			sum := sha256.Sum256(sums)
			if e.Parts != parts || e.Files != files || e.SHA256 != hex.EncodeToString(sum[:]) {
				return nil, damaged(h.Name, fmt.Errorf("%d parts, want %d", parts, e.Parts))
			}
			ended = true
			continue
		}
		parts++
		sum := sha256.New()
		body := io.TeeReader(in, sum)
		if m == nil {
			text, err := io.ReadAll(body)
			if err != nil {
				return nil, damaged(h.Name, err)
			}
			m = &Manifest{}
			if err := json.Unmarshal(text, m); err != nil {
				return nil, ErrFormat.New("file", base).Because(err)
			}
			if m.Format > format {
				return nil, ErrNewer.New("version", m.Version)
			}
			body = bytes.NewReader(nil)
		} else if isFile {
			files++
		} else if !strings.HasPrefix(h.Name, "rows/") {
			return nil, damaged(h.Name, errors.New("an unexpected part"))
		}
		// What the part holds is checked before it is believed: rows wait in
		// memory, files in a staging folder.
		var late error
		if strings.HasPrefix(h.Name, "rows/") {
			data, err := io.ReadAll(body)
			if err != nil {
				return nil, damaged(h.Name, err)
			}
			if err := compare(h, sum.Sum(nil)); err != nil {
				return nil, err
			}
			late = do(m, part{h.Name, h.Size, bytes.NewReader(data)})
		} else {
			if h.Name != manifestName {
				late = do(m, part{h.Name, h.Size, body})
			}
			if _, err := io.Copy(io.Discard, body); err != nil && late == nil {
				return nil, damaged(h.Name, err)
			}
			if err := compare(h, sum.Sum(nil)); err != nil && late == nil {
				return nil, err
			}
		}
		if late != nil {
			return nil, late
		}
		sums = append(sums, sum.Sum(nil)...)
	}
	if _, err := io.Copy(io.Discard, gz); err != nil { // gzip's own checksum comes last
		return nil, damaged("end of file", err)
	}
	return m, nil
}

// belongs tells whether the name is one of those that folder writes.
func belongs(name string) bool {
	top, _, inside := strings.Cut(name, "/")
	return filepath.IsLocal(name) && path.Clean(name) == name && (inside && slices.Contains(folders, top) || name == heads || slices.Contains(keys, name))
}

func compare(h *tar.Header, sum []byte) error {
	if h.PAXRecords[sumRecord] != hex.EncodeToString(sum) {
		return damaged(h.Name, errors.New("its checksum differs"))
	}
	return nil
}

func damaged(part string, cause error) error {
	return ErrDamaged.New("part", part).Because(cause)
}

// Check reads the archive through and says what it holds; ErrDamaged,
// ErrFormat or ErrNewer if it cannot be restored.
func Check(ctx context.Context, file string) (*Manifest, error) {
	left := map[string]int64{}
	m, err := read(ctx, file, func(m *Manifest, p part) error {
		name, ok := strings.CutPrefix(p.name, "rows/")
		if !ok {
			return nil
		}
		t, err := m.table(path.Dir(name))
		if err != nil {
			return damaged(p.name, err)
		}
		n, err := eachRow(t, p, func([]any) error { return nil })
		left[t.Name] += n
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, t := range m.Tables {
		if left[t.Name] != t.Rows {
			return nil, damaged(t.Name, fmt.Errorf("%d rows, want %d", left[t.Name], t.Rows))
		}
	}
	return m, nil
}

func (m *Manifest) table(name string) (*Table, error) {
	i := slices.IndexFunc(m.Tables, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return nil, errors.New("a table that the manifest does not name")
	}
	return &m.Tables[i], nil
}

func eachRow(t *Table, p part, row func(vals []any) error) (n int64, err error) {
	data, err := io.ReadAll(p)
	if err != nil {
		return 0, damaged(p.name, err)
	}
	vals := make([]any, len(t.Columns))
	for len(data) > 0 {
		if data, err = parseRow(data, t.Columns, vals); err != nil {
			return n, damaged(p.name, err)
		}
		n++
		if err := row(vals); err != nil {
			return n, err
		}
	}
	return n, nil
}

// WriteFile writes a file through fn so that it appears whole under its name
// or not at all: a hidden file beside it, fsync, rename. Its mode is 0600.
func WriteFile(file string, fn func(io.Writer) error) (err error) {
	dir := filepath.Dir(file)
	if st, err := os.Stat(file); err == nil && !st.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", file)
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(file)+".part-")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", file, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := fn(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
