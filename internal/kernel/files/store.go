package files

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

const (
	uploading = "uploading"
	ready     = "ready"
)

const columns = "district, id, owner, status, name, type, declared, checksum, source, sha, size, thumb_size, width, height, client_key, object_kind, object_id, place, created_at, attached_at"

// ref is a row of file_ref.
type ref struct {
	File
	status   string
	declared int64
	checksum string // SHA-256 that the client promised, or ""
	key      sql.NullString
	place    int // number among the object's files
}

func (r *ref) scan(row interface{ Scan(...any) error }) error {
	return row.Scan(&r.District, &r.ID, &r.Owner, &r.status, &r.Name, &r.Type, &r.declared, &r.checksum, &r.source, &r.sha, &r.Size, &r.ThumbSize, &r.Width, &r.Height, &r.key, &r.Kind, &r.Object, &r.place, &r.CreatedAt, &r.AttachedAt)
}

func (r *ref) insert(tx *store.Tx) error {
	_, err := tx.Exec("INSERT INTO file_ref ("+columns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		r.District, r.ID, r.Owner, r.status, r.Name, r.Type, r.declared, r.checksum, r.source, r.sha, r.Size, r.ThumbSize, r.Width, r.Height, r.key, r.Kind, r.Object, r.place, r.CreatedAt, r.AttachedAt)
	return err
}

// one reads the row that the condition picks; errs.NotFound if there is none.
func one(ctx context.Context, db store.Reader, where string, args ...any) (*ref, error) {
	var r ref
	err := r.scan(db.QueryRow(ctx, "SELECT "+columns+" FROM file_ref WHERE "+where, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.NotFound.New()
	}
	return &r, err
}

// Meta describes a complete file. errs.NotFound if there is none.
func (s *Store) Meta(ctx context.Context, id int64) (File, error) {
	r, err := one(ctx, s.db, "id = ? AND status = 'ready'", id)
	if err != nil {
		return File{}, err
	}
	return r.File, nil
}

// Of lists an object's files in the order in which they were attached.
func (s *Store) Of(ctx context.Context, r store.Reader, district int, kind string, object int64) ([]File, error) {
	all, err := s.OfEach(ctx, r, district, kind, []int64{object})
	return all[object], err
}

// OfEach lists the files of several objects.
func (s *Store) OfEach(ctx context.Context, r store.Reader, district int, kind string, objects []int64) (map[int64][]File, error) {
	if len(objects) == 0 {
		return nil, nil
	}
	args := []any{district, kind}
	for _, o := range objects {
		args = append(args, o)
	}
	rows, err := r.Query(ctx, "SELECT "+columns+" FROM file_ref WHERE district = ? AND object_kind = ? AND object_id IN (?"+strings.Repeat(",?", len(objects)-1)+") AND object_id <> 0 ORDER BY object_id, place", args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[int64][]File{}
	for rows.Next() {
		var x ref
		if err := x.scan(rows); err != nil {
			return nil, err
		}
		all[x.Object] = append(all[x.Object], x.File)
	}
	return all, rows.Err()
}

// Target says what files are attached to.
type Target struct {
	District int
	Kind     string // "case"
	Object   int64
	Account  int64 // whose files they must be; 0 takes anybody's (system, import)
	// Neutral drops the given names of documents too, as for a sealed reporter;
	// photos never keep theirs.
	Neutral bool
}

// Attach gives uploaded files to an object within the caller's write, in the
// given order; the object's district becomes theirs. Attaching again to the
// same object is harmless. NotReady names the file that cannot be attached,
// TooMany says that the object has enough.
func Attach(tx *store.Tx, to Target, ids []int64) ([]File, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var n int
	if err := tx.QueryRow("SELECT COALESCE(MAX(place), 0) FROM file_ref WHERE district = ? AND object_kind = ? AND object_id = ? AND object_id <> 0", to.District, to.Kind, to.Object).Scan(&n); err != nil {
		return nil, err
	}
	var all []File
	for _, id := range ids {
		var r ref
		err := r.scan(tx.QueryRow("SELECT "+columns+" FROM file_ref WHERE id = ?", id))
		if errors.Is(err, sql.ErrNoRows) {
			return nil, NotReady.New("id", id).In("files")
		}
		if err != nil {
			return nil, err
		}
		switch {
		case r.status != ready, to.Account != 0 && r.Owner != to.Account:
			return nil, NotReady.New("id", id).In("files")
		case r.Object != 0 && r.Object == to.Object && r.Kind == to.Kind:
			all = append(all, r.File)
			continue
		case r.Object != 0:
			return nil, NotReady.New("id", id).In("files")
		}
		if n++; n > MaxPerObject {
			return nil, TooMany.New("max", MaxPerObject).In("files")
		}
		from := r.District
		r.District, r.Kind, r.Object, r.place, r.AttachedAt = to.District, to.Kind, to.Object, n, tx.Now()
		if r.Type != PDF || to.Neutral {
			r.Name = NameFor(r.Type, n)
		}
		if from == r.District {
			_, err = tx.Exec("UPDATE file_ref SET name = ?, object_kind = ?, object_id = ?, place = ?, attached_at = ? WHERE district = ? AND id = ?", r.Name, r.Kind, r.Object, r.place, r.AttachedAt, from, id)
		} else if _, err = tx.Exec("DELETE FROM file_ref WHERE district = ? AND id = ?", from, id); err == nil {
			err = r.insert(tx) // a row's district never changes: it moves
		}
		if err != nil {
			return nil, err
		}
		all = append(all, r.File)
	}
	return all, nil
}
