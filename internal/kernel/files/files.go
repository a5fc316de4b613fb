package files

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// decodeBudget bounds what is decoded at once, in megapixels and megabytes.
const decodeBudget = 48

// Options of a Store.
type Options struct {
	// Prefix is the path under which Handler is mounted: "/api/v1/files/".
	Prefix string
	// Who says whose request it is; an error is answered as it is.
	Who func(*http.Request) (account int64, err error)
	// Problem answers with an error; by default a bare problem document.
	Problem func(http.ResponseWriter, *http.Request, error)
	// MaxBytes of an upload; MaxBytes by default.
	MaxBytes int64
	// Free tells a folder's free and total bytes; by default it asks the system.
	Free func(dir string) (free, total uint64, err error)
}

// Store keeps files.
type Store struct {
	db       *store.DB
	disk     *disk
	opts     Options
	decoding *semaphore.Weighted
	// tidy keeps Sweep from removing a content between its being stored and noted.
	tidy sync.RWMutex
}

// New opens the store in dir/files.
func New(db *store.DB, dir string, o Options) (*Store, error) {
	d, err := openDisk(filepath.Join(dir, "files"))
	if err != nil {
		return nil, fmt.Errorf("files: cannot use the data folder: %w", err)
	}
	if o.Free != nil {
		d.free = o.Free
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = MaxBytes
	}
	if o.Problem == nil {
		o.Problem = bareProblem
	}
	return &Store{db: db, disk: d, opts: o, decoding: semaphore.NewWeighted(decodeBudget)}, nil
}

// Put stores a file that the program itself has (simulator, import). The
// result is ready and unattached.
func (s *Store) Put(ctx context.Context, district int, account int64, name string, r io.Reader) (File, error) {
	if err := s.disk.room(0); err != nil {
		return File{}, err
	}
	f, err := os.CreateTemp(s.disk.staging(), "put-*")
	if err != nil {
		return File{}, full(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	n, err := io.Copy(f, io.LimitReader(r, s.opts.MaxBytes+1))
	if err != nil {
		return File{}, full(err)
	}
	if n > s.opts.MaxBytes {
		return File{}, s.tooLarge()
	}
	row := &ref{File: File{District: district, ID: s.db.NextID(), Owner: account, Name: name}, declared: n, status: ready}
	err = s.settle(ctx, f, row, func(tx *store.Tx, r *ref) error {
		r.CreatedAt = tx.Now()
		return r.insert(tx)
	})
	return row.File, err
}

func (s *Store) tooLarge() error {
	return errs.TooLarge.New("max", fmt.Sprintf("%d MB", s.opts.MaxBytes>>20)).In("file")
}

// settle checks a whole upload, stores its content and lets note write the row
// in the same breath. The row's description is filled in.
func (s *Store) settle(ctx context.Context, f *os.File, row *ref, note func(*store.Tx, *ref) error) error {
	source, err := hash(f)
	if err != nil {
		return err
	}
	if row.checksum != "" && row.checksum != source {
		return Checksum.New()
	}
	row.source = source
	s.tidy.RLock()
	defer s.tidy.RUnlock()
	// The same bytes were uploaded before: nothing to decode again.
	same, err := one(ctx, s.db, "source = ? AND status = 'ready' LIMIT 1", source)
	switch {
	case err == nil && s.disk.has(same.File):
		row.Type, row.sha, row.Size, row.ThumbSize, row.Width, row.Height = same.Type, same.sha, same.Size, same.ThumbSize, same.Width, same.Height
	case err != nil && !errs.Is(err, errs.NotFound):
		return err
	default:
		c, err := s.process(ctx, f)
		if err != nil {
			return err
		}
		if err := s.disk.room(int64(len(c.body))); err != nil {
			return err
		}
		if row.sha, err = s.disk.keep(c); err != nil {
			return err
		}
		row.Type, row.Size, row.ThumbSize, row.Width, row.Height = c.typ, int64(len(c.body)), int64(len(c.thumb)), c.width, c.height
	}
	row.Name = CleanName(row.Name, row.Type)
	row.status = ready
	return s.db.Write(ctx, func(tx *store.Tx) error {
		r := *row
		return note(tx, &r)
	})
}

// Content is an open file. Close it.
type Content struct {
	File
	io.ReadSeekCloser
	size Size
}

// Open opens a complete file. errs.NotFound if there is none, or no thumbnail.
// Whether the caller may read it is decided before, from Meta.
func (s *Store) Open(ctx context.Context, id int64, size Size) (*Content, error) {
	m, err := s.Meta(ctx, id)
	if err != nil {
		return nil, err
	}
	path := s.disk.path(m.sha)
	if size == Thumb {
		if m.ThumbSize == 0 {
			return nil, errs.NotFound.New()
		}
		path = s.disk.thumb(m.sha)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, errs.Internal.New().Because(err) // noted as stored, so a fault
	}
	return &Content{File: m, ReadSeekCloser: f, size: size}, nil
}

// ServeHTTP answers with the content: ranges and If-None-Match included,
// harmless for a browser whatever the bytes are. Documents are downloads.
func (c *Content) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", c.Type)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("ETag", `"`+c.sha[:32]+string(c.size)+`"`)
	how := "inline"
	if !c.Photo() {
		how = "attachment"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": c.Name}))
	http.ServeContent(w, r, "", time.Time{}, c.ReadSeekCloser)
}

// Discard deletes a file of the account that is not attached. errs.NotFound if
// the account has no such file, InUse if it belongs to an object.
func (s *Store) Discard(ctx context.Context, account, id int64) error {
	r, err := one(ctx, s.db, "id = ? AND owner = ?", id, account)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec("DELETE FROM file_ref WHERE district = ? AND id = ? AND owner = ? AND object_id = 0", r.District, id, account)
		if err == nil && n == 0 {
			err = InUse.New()
		}
		return err
	})
	if err != nil {
		return err
	}
	// Its content goes with the next Sweep, unless another file has the same.
	return ignoreMissing(os.Remove(s.disk.staged(id)))
}

// begin notes a new upload and returns its row, or the row of the upload that
// the same account began under the same key.
func (s *Store) begin(ctx context.Context, account, size int64, name, key, checksum string) (*ref, error) {
	if err := s.disk.room(size); err != nil {
		return nil, err
	}
	again := func() (*ref, error) {
		if key == "" {
			return nil, errs.NotFound.New()
		}
		r, err := one(ctx, s.db, "owner = ? AND client_key = ?", account, key)
		if err == nil && r.declared != size {
			return nil, errs.Conflict.New("what", errs.Words{ZH: "上传编号", EN: "the upload's key"})
		}
		return r, err
	}
	if r, err := again(); !errs.Is(err, errs.NotFound) {
		return r, err
	}
	var open int
	if err := s.db.QueryRow(ctx, "SELECT COUNT(*) FROM file_ref WHERE owner = ? AND status = 'uploading' AND object_id = 0", account).Scan(&open); err != nil {
		return nil, err
	}
	if open >= maxOpen {
		return nil, Unfinished.New()
	}
	row := &ref{File: File{ID: s.db.NextID(), Owner: account, Name: CleanName(name, "")}, status: uploading, declared: size, checksum: checksum, key: sql.NullString{String: key, Valid: key != ""}}
	if err := s.disk.create(row.ID); err != nil {
		return nil, err
	}
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		r := *row
		r.CreatedAt = tx.Now()
		return r.insert(tx)
	})
	if err != nil {
		_ = os.Remove(s.disk.staged(row.ID)) // Sweep finds it otherwise
		if store.IsDuplicate(err) {
			return again()
		}
		return nil, err
	}
	return row, nil
}

// finish turns a whole upload into a stored file. What is wrong with the file
// for good ends the upload; other faults leave it to be finished later.
func (s *Store) finish(ctx context.Context, row *ref) error {
	if row.status == ready {
		return nil
	}
	f, err := os.Open(s.disk.staged(row.ID))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := lock(f); err != nil {
		return err
	}
	err = s.settle(ctx, f, row, func(tx *store.Tx, r *ref) error {
		_, err := tx.Exec("UPDATE file_ref SET status = ?, name = ?, type = ?, source = ?, sha = ?, size = ?, thumb_size = ?, width = ?, height = ? WHERE district = ? AND id = ? AND status = 'uploading'",
			ready, r.Name, r.Type, r.source, r.sha, r.Size, r.ThumbSize, r.Width, r.Height, r.District, r.ID)
		if err != nil || !r.key.Valid {
			return err
		}
		return join(tx, r.Owner, r.ID, r.key.String)
	})
	if err == nil {
		return ignoreMissing(os.Remove(s.disk.staged(row.ID)))
	}
	row.status = uploading
	var e *errs.Error
	if errors.As(err, &e) && e.Kind.Status == http.StatusUnprocessableEntity {
		if gone := s.Discard(ctx, row.Owner, row.ID); gone != nil {
			return errors.Join(err, gone)
		}
	}
	return err
}

// Sizes counts what is stored: files noted and the bytes of their contents.
func (s *Store) Sizes(ctx context.Context) (files, bytes int64, err error) {
	err = s.db.QueryRow(ctx, "SELECT COUNT(*), COALESCE(SUM(size + thumb_size), 0) FROM file_ref WHERE status = 'ready'").Scan(&files, &bytes)
	return files, bytes, err
}

func bareProblem(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.As(err)
	lang := "zh"
	if strings.HasPrefix(r.Header.Get("Accept-Language"), "en") {
		lang = "en"
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(e.Kind.Status)
	fmt.Fprintf(w, `{"status":%d,"code":%q,"detail":%q}`, e.Kind.Status, e.Kind.Code, e.Text(lang))
}
