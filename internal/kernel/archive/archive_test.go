package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

// fill writes rows with every kind of value at its bounds, through the store's
// own door where the audit chain is concerned. (SQLite itself knows no negative
// zero, and its driver reads empty bytes as NULL where NULL is allowed.)
func fill(t *testing.T, db *store.DB) {
	t.Helper()
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		exec := func(q string, args ...any) error { _, err := tx.Exec(q, args...); return err }
		for i, f := range []float64{0.1, 1, math.MaxFloat64, math.SmallestNonzeroFloat64, 112.60000000000001} {
			if err := exec("INSERT INTO compound (district, id, name, community, lon, lat) VALUES (990101, ?, ?, ?, ?, ?)", i+1, "小区 'x' \n\t\"", int64(math.MaxInt64), f, -f); err != nil {
				return err
			}
		}
		for i, b := range [][]byte{nil, {0, 255, 0}, bytes.Repeat([]byte{7}, 70_000)} {
			var v any
			if b != nil {
				v = b
			}
			if err := exec("INSERT INTO vault_record (district, id, kind, name, phone, contact, phone_index, aead_key, index_key, created_at, erased_at) VALUES (990101, ?, 'r', ?, NULL, NULL, NULL, ?, 1, 2, 0)", i+1, v, int64(math.MinInt64)); err != nil {
				return err
			}
		}
		if err := exec("INSERT INTO file_ref (district, id, owner, status, name, type, declared, checksum, source, sha, size, thumb_size, width, height, client_key, object_kind, object_id, place, created_at, attached_at) VALUES (0, 1, 1, 'ready', '', '', 1, '', '', '', 1, 1, 1, 1, NULL, '', 0, 0, 1, 0)"); err != nil {
			return err
		}
		if err := exec("INSERT INTO vault_key (name, body) VALUES ('empty', ?)", []byte{}); err != nil {
			return err
		}
		if err := exec("UPDATE region_stamp SET n = 5"); err != nil {
			return err
		}
		return exec("INSERT INTO session (district, id, account, digest, created_at, seen_at, expires_at, source, agent) VALUES (0, 1, 1, ?, 1, 1, 1, '', '')", []byte{1})
	})
	if err != nil {
		t.Fatal(err)
	}
	record(t, db, 300)
}

func record(t *testing.T, db *store.DB, n int) {
	t.Helper()
	for i := range n {
		err := db.Write(context.Background(), func(tx *store.Tx) error {
			tx.Record(audit.Entry{District: 990101 + i%2, Actor: 1, Action: "test.write", Object: "test", ObjectID: int64(i), Digest: sha256.Sum256([]byte{byte(i)})})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"vault.key": "v", "audit.key": "a", "draw.key": "d", "files/ab/cd/abcd": "photo", "files/ab/cd/abcd.thumb": "",
		"files/tmp/17": "unfinished", "map/manifest.json": "{}", ".write-test-1": "", "linli.db.old": "no"} {
		put(t, filepath.Join(dir, name), text)
	}
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// dump is every row of every table that a backup holds.
func dump(t *testing.T, db *store.DB) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := db.Snapshot(context.Background(), func(r store.Reader) error {
		tables, err := tablesOf(context.Background(), r)
		if err != nil {
			return err
		}
		for _, tb := range tables {
			if tb.Name == "node" {
				continue
			}
			// Engines may hold the columns in the same order only by chance.
			slices.SortFunc(tb.Columns, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
			out[tb.Name] = []string{}
			if err := tb.read(context.Background(), r, func(vals []any) error {
				out[tb.Name] = append(out[tb.Name], fmt.Sprintf("%#v", vals))
				return nil
			}); err != nil {
				return err
			}
			slices.Sort(out[tb.Name])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// target is an empty target on the engine.
func target(t *testing.T, e store.Engine) (dir, url string) {
	if e == store.Postgres {
		url = storetest.PostgresURL(t)
	}
	return filepath.Join(t.TempDir(), "new"), url
}

func open(t *testing.T, dir, url string) *store.DB {
	t.Helper()
	return storetest.Open(t, store.Options{Dir: dir, URL: url})
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fill(t, db)
		want := dump(t, db)
		dir := folder(t)
		file := filepath.Join(t.TempDir(), "x.backup")
		s, err := Backup(t.Context(), db, dir, "v1", file)
		if err != nil {
			t.Fatal(err)
		}
		if st, _ := os.Stat(file); st.Mode().Perm() != 0o600 || s.Bytes != st.Size() || s.Files != 6 {
			t.Errorf("mode %v, %d files, %d bytes", st.Mode(), s.Files, s.Bytes)
		}
		if m, err := Check(t.Context(), file); err != nil || m.Root != s.Manifest.Root || m.Rows() != s.Manifest.Rows() {
			t.Errorf("check: %v", err)
		}
		for _, e := range []store.Engine{store.SQLite, store.Postgres} {
			t.Run("into "+string(e), func(t *testing.T) {
				to, url := target(t, e)
				got, err := Restore(t.Context(), file, to, url)
				if err != nil {
					t.Fatal(err)
				}
				back := open(t, to, url)
				if d := cmp.Diff(want, dump(t, back)); d != "" {
					t.Errorf("rows differ (-before +after):\n%.3000s", d)
				}
				heads, err := audit.Heads(t.Context(), back)
				if err != nil || audit.RootOf(heads) != got.Manifest.Root {
					t.Errorf("root differs: %v", err)
				}
				if p, err := audit.VerifyChains(t.Context(), back); err != nil || len(p) > 0 {
					t.Errorf("chains: %v %v", p, err)
				}
				for name, text := range map[string]string{"vault.key": "v", "files/ab/cd/abcd": "photo", "files/ab/cd/abcd.thumb": "", "map/manifest.json": "{}"} {
					b, err := os.ReadFile(filepath.Join(to, name))
					if err != nil || string(b) != text {
						t.Errorf("%s: %q %v", name, b, err)
					}
				}
				for _, name := range []string{"files/tmp", ".write-test-1", "linli.db.old", staging} {
					if _, err := os.Stat(filepath.Join(to, name)); err == nil {
						t.Errorf("%s came back", name)
					}
				}
				var sessions int
				if err := back.QueryRow(t.Context(), "SELECT COUNT(*) FROM session").Scan(&sessions); err != nil || sessions != 0 {
					t.Errorf("%d sessions live again (%v)", sessions, err)
				}
				if _, err := Restore(t.Context(), file, to, url); !errs.Is(err, ErrTarget) {
					t.Errorf("a second restore into the same place: %v", err)
				}
				if url != "" {
					if _, err := Restore(t.Context(), file, filepath.Join(t.TempDir(), "other"), url); !errs.Is(err, ErrTarget) {
						t.Errorf("a second restore into the same database: %v", err)
					}
				}
			})
		}
	})
}

// Rows written while the backup runs are in it with all that belongs to them,
// or not at all.
func TestConsistentWhileWriting(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		record(t, db, 200)
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for w := range 3 {
			writers.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					err := db.Write(context.Background(), func(tx *store.Tx) error {
						id := int64(w*1_000_000 + i)
						tx.Record(audit.Entry{District: 990101, Actor: id, Action: "test.write", Object: "test", ObjectID: id})
						_, err := tx.Exec("INSERT INTO vault_quota (district, account, n) VALUES (990101, ?, ?)", id, id)
						return err
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		dir := folder(t)
		var wrote [2]int64
		for i := range 2 {
			file := filepath.Join(t.TempDir(), "x.backup")
			s, err := Backup(t.Context(), db, dir, "v1", file)
			if err != nil {
				t.Fatal(err)
			}
			wrote[i] = s.Manifest.Rows()
			to, url := target(t, []store.Engine{store.SQLite, store.Postgres}[i])
			if _, err := Restore(t.Context(), file, to, url); err != nil {
				t.Fatal(err)
			}
			back := open(t, to, url)
			if p, err := audit.VerifyChains(t.Context(), back); err != nil || len(p) > 0 {
				t.Errorf("chains: %v %v", p, err)
			}
			var lone int
			if err := back.QueryRow(t.Context(), "SELECT (SELECT COUNT(*) FROM vault_quota) - (SELECT COUNT(*) FROM audit WHERE actor <> 1 OR object_id = 1 AND idx > 199)").Scan(&lone); err != nil || lone > 1 || lone < -1 {
				t.Errorf("%d rows without their audit entries (%v)", lone, err)
			}
		}
		close(stop)
		writers.Wait()
		if wrote[1] <= wrote[0] {
			t.Logf("nothing was written between the backups (%v)", wrote)
		}
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	fill(t, db)
	dir := folder(t)
	file := filepath.Join(t.TempDir(), "x.backup")
	if _, err := Backup(t.Context(), db, dir, "v1", file); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	empty := func(t *testing.T, to string) {
		t.Helper()
		if left, _ := os.ReadDir(to); len(left) > 0 {
			t.Errorf("something was left behind: %v", left)
		}
	}
	try := func(name string, want *errs.Kind, data []byte) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := filepath.Join(t.TempDir(), "bad")
			put(t, bad, string(data))
			to := filepath.Join(t.TempDir(), "new")
			if _, err := Restore(t.Context(), bad, to, ""); !errs.Is(err, want) {
				t.Errorf("restore: %v", err)
			}
			empty(t, to)
			if _, err := Check(t.Context(), bad); !errs.Is(err, want) {
				t.Errorf("check: %v", err)
			}
		})
	}
	try("another file", ErrFormat, []byte("PK\x03\x04 no backup"))
	try("an empty file", ErrFormat, nil)
	try("cut off", ErrDamaged, whole[:len(whole)-40])
	try("cut in the middle", ErrDamaged, whole[:len(whole)*2/3])
	// Repacked as somebody with tools would: valid gzip and tar, other rows.
	repack := func(change func(name string, data []byte) (string, []byte, bool)) []byte {
		var b bytes.Buffer
		w, err := newWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		m, err := read(t.Context(), file, func(m *Manifest, p part) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		add := func(name string, data []byte, sum [32]byte) {
			name, data, keep := change(name, data)
			if !keep {
				return
			}
			if name == manifestName {
				sum = sha256.Sum256(data)
			}
			if err := w.head(name, int64(len(data)), sum[:]); err != nil {
				t.Fatal(err)
			}
			if _, err := w.tar.Write(data); err != nil {
				t.Fatal(err)
			}
		}
		text := marshal(t, m)
		add(manifestName, text, sha256.Sum256(text))
		if _, err := read(t.Context(), file, func(_ *Manifest, p part) error {
			var data bytes.Buffer
			if _, err := data.ReadFrom(p); err != nil {
				return err
			}
			if !strings.HasPrefix(p.name, "rows/") {
				w.end.Files++
			}
			add(p.name, data.Bytes(), sha256.Sum256(data.Bytes()))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	same := func(name string, data []byte) (string, []byte, bool) { return name, data, true }
	if b := repack(same); len(b) == 0 {
		t.Fatal("no archive")
	}
	try("a changed part", ErrDamaged, repack(func(name string, data []byte) (string, []byte, bool) {
		if name == "rows/audit/000001" {
			data = bytes.Replace(data, []byte("test.write"), []byte("test.wrote"), 1)
		}
		return name, data, true
	}))
	try("a part left out", ErrDamaged, repack(func(name string, data []byte) (string, []byte, bool) { return name, data, name != "data/draw.key" }))
	try("a path out of the folder", ErrDamaged, repack(func(name string, data []byte) (string, []byte, bool) {
		if name == "data/vault.key" {
			name = "data/files/../../../vault.key"
		}
		return name, data, true
	}))
	try("a newer format", ErrNewer, repackManifest(t, repack, `"format": 1`, `"format": 2`))

	t.Run("a newer database", func(t *testing.T) {
		t.Parallel()
		bad := filepath.Join(t.TempDir(), "bad")
		put(t, bad, string(repackManifest(t, repack, `"name": "0005_cases"`, `"name": "0005_other"`)))
		to := filepath.Join(t.TempDir(), "new")
		if _, err := Restore(t.Context(), bad, to, ""); !errs.Is(err, ErrNewer) {
			t.Error(err)
		}
		empty(t, to)
	})
	t.Run("a damaged backup leaves PostgreSQL empty", func(t *testing.T) {
		t.Parallel()
		bad := filepath.Join(t.TempDir(), "bad")
		put(t, bad, string(whole[:len(whole)-40]))
		to, url := target(t, store.Postgres)
		if _, err := Restore(t.Context(), bad, to, url); !errs.Is(err, ErrDamaged) {
			t.Error(err)
		}
		empty(t, to)
		if _, err := Restore(t.Context(), file, to, url); err != nil {
			t.Errorf("and the next restore fails: %v", err)
		}
	})
	t.Run("a full target", func(t *testing.T) {
		t.Parallel()
		to := t.TempDir()
		put(t, filepath.Join(to, "notes.txt"), "mine")
		if _, err := Restore(t.Context(), file, to, ""); !errs.Is(err, ErrTarget) {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(to, "notes.txt")); err != nil {
			t.Error(err)
		}
	})
	t.Run("leftovers of a killed restore are cleared", func(t *testing.T) {
		t.Parallel()
		to := t.TempDir()
		put(t, filepath.Join(to, staging, "linli.db"), "half")
		if _, err := Restore(t.Context(), file, to, ""); err != nil {
			t.Error(err)
		}
	})
	t.Run("no folder for the backup", func(t *testing.T) {
		t.Parallel()
		at := filepath.Join(t.TempDir(), "none", "x.backup")
		if _, err := Backup(t.Context(), db, dir, "v1", at); err == nil || !strings.Contains(err.Error(), "cannot write") {
			t.Error(err)
		}
		if _, err := Backup(t.Context(), db, dir, "v1", t.TempDir()); err == nil {
			t.Error("a folder was taken for a file")
		}
	})
	t.Run("a failed backup leaves the old one", func(t *testing.T) {
		t.Parallel()
		at := filepath.Join(t.TempDir(), "x.backup")
		put(t, at, "old")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Backup(ctx, db, dir, "v1", at); err == nil {
			t.Error("a cancelled backup succeeded")
		}
		if b, _ := os.ReadFile(at); string(b) != "old" {
			t.Error("the old backup is gone")
		}
		if left, _ := os.ReadDir(filepath.Dir(at)); len(left) != 1 {
			t.Errorf("left behind: %v", left)
		}
	})
}

func marshal(t *testing.T, m *Manifest) []byte {
	t.Helper()
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// repackManifest changes the manifest's text with a right checksum.
func repackManifest(t *testing.T, repack func(func(string, []byte) (string, []byte, bool)) []byte, before, after string) []byte {
	t.Helper()
	return repack(func(name string, data []byte) (string, []byte, bool) {
		if name == manifestName {
			changed := bytes.Replace(data, []byte(before), []byte(after), 1)
			if bytes.Equal(changed, data) {
				t.Fatalf("the manifest has no %s", before)
			}
			data = changed
		}
		return name, data, true
	})
}
