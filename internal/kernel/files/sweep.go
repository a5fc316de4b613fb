package files

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/store"
)

// Keep is how long a file may lie unattached, or an upload unfinished.
const Keep = 7 * 24 * time.Hour

// grace protects contents that another process may be noting just now.
const grace = time.Hour

// Swept is what a Sweep removed.
type Swept struct {
	Files    int // unattached files and unfinished uploads
	Contents int // contents that no file needs
}

// Sweep removes what was uploaded and never attached within Keep, and contents
// and staged bytes that no file needs. Run it daily.
func (s *Store) Sweep(ctx context.Context) (Swept, error) {
	var done Swept
	old := s.db.Now() - Keep.Microseconds()
	for {
		n, err := s.sweepSome(ctx, old)
		if err != nil {
			return done, err
		}
		if done.Files += n; n == 0 {
			break
		}
	}
	if err := s.sweepStaged(ctx); err != nil {
		return done, err
	}
	err := filepath.WalkDir(s.disk.root, func(path string, e os.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(ignoreMissing(err), ctx.Err())
		}
		if e.IsDir() {
			if path == s.disk.staging() {
				return filepath.SkipDir
			}
			return nil
		}
		if len(e.Name()) != 64 {
			return nil
		}
		gone, err := s.sweepContent(ctx, e.Name())
		if gone {
			done.Contents++
		}
		return err
	})
	return done, err
}

func (s *Store) sweepSome(ctx context.Context, old int64) (int, error) {
	rows, err := s.db.Query(ctx, "SELECT district, id FROM file_ref WHERE object_id = 0 AND created_at < ? LIMIT 200", old)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var all []File
	for rows.Next() {
		var f File
		if err := rows.Scan(&f.District, &f.ID); err != nil {
			return 0, err
		}
		all = append(all, f)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(all) == 0 {
		return 0, err
	}
	return len(all), s.db.Write(ctx, func(tx *store.Tx) error {
		for _, f := range all {
			if _, err := tx.Exec("DELETE FROM file_ref WHERE district = ? AND id = ? AND object_id = 0", f.District, f.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// sweepStaged removes staged bytes whose upload is gone or was finished, and
// what a crash left of files in the making.
func (s *Store) sweepStaged(ctx context.Context) error {
	entries, err := os.ReadDir(s.disk.staging())
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < grace {
			continue
		}
		if id, err := strconv.ParseInt(e.Name(), 10, 64); err == nil {
			var n int
			if err := s.db.QueryRow(ctx, "SELECT COUNT(*) FROM file_ref WHERE id = ? AND status = 'uploading'", id).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				continue
			}
		} else if !strings.HasPrefix(e.Name(), "new-") && !strings.HasPrefix(e.Name(), "put-") {
			continue
		}
		if err := ignoreMissing(os.Remove(filepath.Join(s.disk.staging(), e.Name()))); err != nil {
			return err
		}
	}
	return nil
}

// sweepContent removes a content that no row names and nobody touched lately.
func (s *Store) sweepContent(ctx context.Context, sha string) (bool, error) {
	unused := func() (bool, error) {
		var n int
		err := s.db.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM file_ref WHERE sha = ? LIMIT 1) x", sha).Scan(&n)
		return n == 0, err
	}
	if ok, err := unused(); !ok {
		return false, err
	}
	s.tidy.Lock() // nothing is being noted now by this process
	defer s.tidy.Unlock()
	st, err := os.Stat(s.disk.path(sha))
	if err != nil || time.Since(st.ModTime()) < grace {
		return false, ignoreMissing(err)
	}
	if ok, err := unused(); !ok {
		return false, err
	}
	return true, s.disk.drop(sha)
}

// Verify reads every content that a file names and reports each that is
// missing or not what its name says. It returns how many it looked at.
func (s *Store) Verify(ctx context.Context, report func(problem string)) (int, error) {
	rows, err := s.db.Query(ctx, "SELECT DISTINCT sha, thumb_size FROM file_ref WHERE status = 'ready' ORDER BY sha")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var sha string
		var thumb int64
		if err := rows.Scan(&sha, &thumb); err != nil {
			return n, err
		}
		n++
		f, err := os.Open(s.disk.path(sha))
		if err != nil {
			report(fmt.Sprintf("content %s is missing", sha))
			continue
		}
		sum, err := hash(f)
		f.Close()
		if err != nil || sum != sha {
			report(fmt.Sprintf("content %s is damaged", sha))
		}
		if st, err := os.Stat(s.disk.thumb(sha)); thumb > 0 && (err != nil || st.Size() != thumb) {
			report(fmt.Sprintf("thumbnail of %s is missing or damaged", sha))
		}
	}
	return n, rows.Err()
}
