package files

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

const prefix = "/api/v1/files/"

func openStore(t testing.TB, db *store.DB, dir string) *Store {
	t.Helper()
	s, err := New(db, dir, Options{
		Prefix: prefix,
		Who: func(r *http.Request) (int64, error) {
			n, err := strconv.ParseInt(r.Header.Get("Account"), 10, 64)
			if err != nil {
				return 0, errs.Unauthorized.New()
			}
			return n, nil
		},
		Free: func(string) (uint64, uint64, error) { return 1 << 40, 1 << 40, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// client is a small tus client.
type client struct {
	t       testing.TB
	url     string
	account string
}

func serve(t testing.TB, s *Store) *client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(prefix, s.Handler())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Err() != nil {
			t.Error("a request began cancelled: its connection was left so by an earlier one")
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return &client{t, srv.URL, "7"}
}

type reply struct {
	status   int
	location string
	offset   string
	code     string
	body     string
}

func (c *client) do(method, path string, body []byte, headers ...string) reply {
	c.t.Helper()
	req, err := http.NewRequest(method, c.url+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Tus-Resumable", "1.0.0")
	req.Header.Set("Account", c.account)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	r := reply{status: resp.StatusCode, location: resp.Header.Get("Location"), offset: resp.Header.Get("Upload-Offset"), body: string(raw)}
	var p struct{ Code string }
	if json.Unmarshal(raw, &p) == nil {
		r.code = p.Code
	}
	return r
}

func meta(pairs ...string) string {
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, pairs[i]+" "+base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
	}
	return strings.Join(all, ",")
}

func (c *client) create(size int, pairs ...string) reply {
	c.t.Helper()
	return c.do("POST", prefix, nil, "Upload-Length", strconv.Itoa(size), "Upload-Metadata", meta(pairs...))
}

func (c *client) patch(loc string, offset int, body []byte) reply {
	c.t.Helper()
	return c.do("PATCH", loc, body, "Upload-Offset", strconv.Itoa(offset), "Content-Type", "application/offset+octet-stream")
}

func idOf(t testing.TB, loc string) int64 {
	t.Helper()
	id, err := strconv.ParseInt(strings.TrimPrefix(loc, prefix), 10, 64)
	if err != nil || !strings.HasPrefix(loc, prefix) {
		t.Fatalf("location %q: %v", loc, err)
	}
	return id
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func TestUploadInPieces(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		s := openStore(t, db, t.TempDir())
		c := serve(t, s)
		raw := jpegOf(t, corner(400, 300))
		r := c.create(len(raw), "filename", "../张三的家.png", "key", "0192-abc", "sha256", sum(raw))
		if r.status != 201 {
			t.Fatal(r)
		}
		loc, id := r.location, idOf(t, r.location)
		// The first answer was lost: creating again continues the same upload.
		if again := c.create(len(raw), "key", "0192-abc"); again.status != 201 || again.location != loc {
			t.Error(again)
		}
		if other := c.create(len(raw)+1, "key", "0192-abc"); other.status != 409 {
			t.Error(other)
		}
		if _, err := s.Meta(ctx, id); !errs.Is(err, errs.NotFound) {
			t.Error("an unfinished upload is a file:", err)
		}
		half := len(raw) / 2
		if r := c.patch(loc, 0, raw[:half]); r.status != 204 || r.offset != strconv.Itoa(half) {
			t.Fatal(r)
		}
		if r := c.patch(loc, 0, raw); r.status != 409 || r.code != "conflict" {
			t.Error("wrong offset:", r)
		}
		if r := c.do("HEAD", loc, nil); r.status != 200 || r.offset != strconv.Itoa(half) {
			t.Error(r)
		}
		stranger := &client{t, c.url, "8"}
		for _, method := range []string{"HEAD", "DELETE"} {
			if r := stranger.do(method, loc, nil); r.status != 404 {
				t.Error("a stranger's", method, r)
			}
		}
		if r := stranger.patch(loc, half, raw[half:]); r.status != 404 || r.code != "not_found" {
			t.Error(r)
		}
		if r := c.patch(loc, half, raw[half:]); r.status != 204 || r.offset != strconv.Itoa(len(raw)) {
			t.Fatal(r)
		}
		if again := c.create(len(raw), "key", "0192-abc"); again.status != 201 || again.location != loc {
			t.Error("after the end:", again)
		}
		if r := c.do("HEAD", loc, nil); r.status != 200 || r.offset != strconv.Itoa(len(raw)) {
			t.Error(r)
		}
		m, err := s.Meta(ctx, id)
		if err != nil || m.Type != JPEG || m.Width != 400 || m.Height != 300 || m.Owner != 7 || m.Name != "张三的家.jpg" || m.ThumbSize == 0 {
			t.Error(m, err)
		}
		content, err := s.Open(ctx, id, Full)
		if err != nil {
			t.Fatal(err)
		}
		defer content.Close()
		if _, err := jpeg.Decode(content); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(s.disk.staging()); err != nil || len(left) != 0 {
			t.Error("left behind:", left, err)
		}
		if r := c.do("DELETE", loc, nil); r.status != 204 {
			t.Error(r)
		}
		if r := c.do("HEAD", loc, nil); r.status != 404 {
			t.Error(r)
		}
	})
}

func TestCreationWithContent(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.SQLite(t, nil), t.TempDir())
	c := serve(t, s)
	raw := jpegOf(t, corner(40, 30))
	r := c.do("POST", prefix, raw, "Upload-Length", strconv.Itoa(len(raw)), "Content-Type", "application/offset+octet-stream", "Upload-Metadata", meta("key", "k"))
	if r.status != 201 || r.offset != strconv.Itoa(len(raw)) {
		t.Fatal(r)
	}
	if _, err := s.Meta(t.Context(), idOf(t, r.location)); err != nil {
		t.Error(err)
	}
	r = c.do("POST", prefix, raw, "Upload-Length", strconv.Itoa(len(raw)), "Content-Type", "application/offset+octet-stream", "Upload-Metadata", meta("key", "k"))
	if r.status != 409 {
		t.Error(r)
	}
}

func TestBadUploads(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.SQLite(t, nil), t.TempDir())
	c := serve(t, s)
	anonymous := &client{t, c.url, ""}
	if r := anonymous.create(5); r.status != 401 || r.code != "unauthorized" {
		t.Error(r)
	}
	for name, got := range map[string]struct {
		r      reply
		status int
		code   string
	}{
		"empty":      {c.create(0), 422, "file_empty"},
		"too large":  {c.create(MaxBytes + 1), 413, "too_large"},
		"no length":  {c.do("POST", prefix, nil), 400, "file_request"},
		"negative":   {c.do("POST", prefix, nil, "Upload-Length", "-5"), 400, "file_request"},
		"deferred":   {c.do("POST", prefix, nil, "Upload-Defer-Length", "1"), 503, "unavailable"},
		"bad key":    {c.create(5, "key", "a/../b"), 400, "file_request"},
		"bad sum":    {c.create(5, "sha256", "xyz"), 400, "file_request"},
		"old client": {c.do("POST", prefix, nil, "Upload-Length", "5", "Tus-Resumable", "0.2"), 412, "file_protocol"},
		"override":   {c.do("POST", prefix+"1", nil, "X-HTTP-Method-Override", "DELETE"), 400, "file_request"},
		"path":       {c.do("HEAD", prefix+"..%2f..%2fetc", nil), 404, ""},
		"unknown":    {c.do("HEAD", prefix+"12345", nil), 404, ""},
		"not an id":  {c.patch(prefix+"abc", 0, []byte("x")), 404, "not_found"},
		"download":   {c.do("GET", prefix+"12345", nil), 400, "file_request"},
	} {
		if got.r.status != got.status || got.code != "" && got.r.code != got.code {
			t.Errorf("%s: %+v", name, got.r)
		}
		if strings.Contains(got.r.body, "ERR_") {
			t.Errorf("%s: tusd's own words: %s", name, got.r.body)
		}
	}
	// A file that is not what is taken ends with its reason, and is gone.
	r := c.create(5)
	loc := r.location
	if r = c.patch(loc, 0, []byte("hello")); r.status != 422 || r.code != "file_type" || !strings.Contains(r.body, "JPEG") {
		t.Error(r)
	}
	if r = c.do("HEAD", loc, nil); r.status != 404 {
		t.Error(r)
	}
	raw := jpegOf(t, corner(40, 30))
	loc = c.create(len(raw), "sha256", sum(raw)).location
	raw[len(raw)/2] ^= 0x55
	if r = c.patch(loc, 0, raw); r.status != 422 || r.code != "file_checksum" {
		t.Error(r)
	}
	// More than was declared.
	loc = c.create(10).location
	if r = c.patch(loc, 0, make([]byte, 11)); r.status != 413 {
		t.Error(r)
	}
	for range maxOpen - 1 {
		if r = c.create(10); r.status != 201 {
			t.Fatal(r)
		}
	}
	if r = c.create(10); r.status != 429 || r.code != "file_unfinished" {
		t.Error(r)
	}
}

func TestServerStopsBeforeTheEnd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		dir := t.TempDir()
		s := openStore(t, db, dir)
		raw := jpegOf(t, corner(200, 100))
		loc := serve(t, s).create(len(raw)).location
		id := idOf(t, loc)
		// All bytes arrived, then the machine went down: nothing was said yet.
		if _, err := s.disk.extend(id, 0, bytes.NewReader(raw)); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, db, dir)
		if _, err := s.Meta(t.Context(), id); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		c := serve(t, s)
		// The disk is full when the client comes back: it must not see a whole upload.
		s.disk.hook = func(step string) error {
			if step == "write" {
				return syscall.ENOSPC
			}
			return nil
		}
		if r := c.do("HEAD", loc, nil); r.status != 507 {
			t.Error(r)
		}
		s.disk.hook = func(string) error { return nil }
		if r := c.do("HEAD", loc, nil); r.status != 200 || r.offset != strconv.Itoa(len(raw)) {
			t.Error(r)
		}
		if m, err := s.Meta(t.Context(), id); err != nil || m.Width != 200 {
			t.Error(m, err)
		}
		if n, err := s.Verify(t.Context(), func(p string) { t.Error(p) }); n != 1 || err != nil {
			t.Error(n, err)
		}
		// Staged bytes lost altogether: the client starts over.
		loc = c.create(len(raw)).location
		if err := os.Remove(s.disk.staged(idOf(t, loc))); err != nil {
			t.Fatal(err)
		}
		if r := c.do("HEAD", loc, nil); r.status != 200 || r.offset != "0" {
			t.Error(r)
		}
		if r := c.patch(loc, 0, raw); r.status != 204 {
			t.Error(r)
		}
	})
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	s := openStore(t, db, t.TempDir())
	c := serve(t, s)
	raw := jpegOf(t, corner(200, 100))
	loc := c.create(len(raw)).location
	s.disk.hook = func(step string) error {
		if step == "chunk" {
			return syscall.ENOSPC
		}
		return nil
	}
	if r := c.patch(loc, 0, raw[:100]); r.status != 507 || r.code != "photo_storage_full" {
		t.Error(r)
	}
	s.disk.hook = func(string) error { return nil }
	r := c.do("HEAD", loc, nil)
	at, err := strconv.Atoi(r.offset)
	if err != nil || at > 100 {
		t.Fatal(r)
	}
	if r := c.patch(loc, at, raw[at:]); r.status != 204 {
		t.Error("after there is room again:", r)
	}
	for name, free := range map[string][2]uint64{"199 MB": {199 << 20, 1 << 30}, "2 %": {2 << 30, 100 << 30}} {
		s.disk.free = func(string) (uint64, uint64, error) { return free[0], free[1], nil }
		if r := c.create(len(raw)); r.status != 507 || r.code != "photo_storage_full" {
			t.Error(name, r)
		}
		if _, err := s.Put(t.Context(), 0, 1, "x", bytes.NewReader(raw)); !errs.Is(err, NoRoom) {
			t.Error(name, err)
		}
	}
	s.disk.free = func(string) (uint64, uint64, error) { return 1 << 30, 20 << 30, nil }
	if r := c.create(len(raw)); r.status != 201 {
		t.Error(r)
	}
}

func TestAttach(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		s := openStore(t, db, t.TempDir())
		put := func(account int64, name string, raw []byte) int64 {
			t.Helper()
			f, err := s.Put(ctx, 0, account, name, bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			return f.ID
		}
		pdf := []byte("%PDF-1.7\n%%EOF\n")
		a, b, d := put(7, "张三.jpg", jpegOf(t, corner(30, 30))), put(7, "x.png", pngOf(t, corner(20, 20))), put(7, "张三的报告.pdf", pdf)
		attach := func(to Target, ids ...int64) ([]File, error) {
			var all []File
			err := db.Write(ctx, func(tx *store.Tx) (err error) {
				all, err = Attach(tx, to, ids)
				return err
			})
			return all, err
		}
		to := Target{District: 990101, Kind: "case", Object: 55, Account: 7}
		for range 2 { // again is harmless
			all, err := attach(to, a, b)
			if err != nil || len(all) != 2 || all[0].Name != "照片 1.jpg" || all[1].Name != "照片 2.jpg" {
				t.Fatal(all, err)
			}
		}
		neutral := to
		neutral.Neutral = true
		if all, err := attach(neutral, d); err != nil || all[0].Name != "文件 3.pdf" {
			t.Error(all, err)
		}
		all, err := s.Of(ctx, db, 990101, "case", 55)
		if err != nil || len(all) != 3 || all[0].ID != a || all[2].ID != d || all[0].Object != 55 || all[0].AttachedAt == 0 {
			t.Error(all, err)
		}
		if strings.Contains(fmt.Sprint(all), "张三") {
			t.Error("a name leaks")
		}
		if raw, err := json.Marshal(all); err != nil || strings.Contains(string(raw), "wner") {
			t.Error(string(raw), err)
		}
		plain := put(7, "../现场报告.PDF", pdf)
		if all, err := attach(to, plain); err != nil || all[0].Name != "现场报告.pdf" {
			t.Error(all, err)
		}
		// Refused: another's file, another object's, an unknown one; and then nothing is attached.
		mine := put(7, "y", jpegOf(t, corner(10, 10)))
		theirs := put(8, "y", jpegOf(t, corner(12, 12)))
		for _, ids := range [][]int64{{mine, theirs}, {mine, 424242}} {
			if _, err := attach(to, ids...); !errs.Is(err, NotReady) {
				t.Error(err)
			}
		}
		elsewhere := to
		elsewhere.Object = 56
		if _, err := attach(elsewhere, a); !errs.Is(err, NotReady) {
			t.Error(err)
		}
		if m, err := s.Meta(ctx, mine); err != nil || m.Object != 0 {
			t.Error(m, err)
		}
		system := elsewhere
		system.Account = 0
		if _, err := attach(system, theirs); err != nil {
			t.Error(err)
		}
		if err := s.Discard(ctx, 7, a); !errs.Is(err, InUse) {
			t.Error(err)
		}
		if err := s.Discard(ctx, 8, mine); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		many := []int64{}
		for range MaxPerObject {
			many = append(many, put(7, "z", jpegOf(t, corner(10, 10))))
		}
		if _, err := attach(to, many...); !errs.Is(err, TooMany) {
			t.Error(err)
		}
	})
}

func TestServeContent(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := openStore(t, storetest.SQLite(t, nil), t.TempDir())
	f, err := s.Put(ctx, 0, 7, "a", bytes.NewReader(jpegOf(t, corner(900, 30))))
	if err != nil {
		t.Fatal(err)
	}
	get := func(size Size, headers ...string) *httptest.ResponseRecorder {
		t.Helper()
		c, err := s.Open(ctx, f.ID, size)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		r := httptest.NewRequest("GET", "/", nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		c.ServeHTTP(w, r)
		return w
	}
	w := get(Full)
	if w.Code != 200 || w.Header().Get("Content-Type") != JPEG || w.Header().Get("X-Content-Type-Options") != "nosniff" || int64(w.Body.Len()) != f.Size {
		t.Error(w.Code, w.Header())
	}
	if again := get(Full, "If-None-Match", w.Header().Get("ETag")); again.Code != 304 {
		t.Error(again.Code)
	}
	th := get(Thumb)
	if cfg, err := jpeg.DecodeConfig(th.Body); err != nil || cfg.Width != 320 || th.Header().Get("ETag") == w.Header().Get("ETag") {
		t.Error(cfg, err)
	}
	pdf, err := s.Put(ctx, 0, 7, `a"b.pdf`, strings.NewReader("%PDF-1.7\n%%EOF\n"))
	if err != nil {
		t.Fatal(err)
	}
	f = pdf
	if w := get(Full); !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Error(w.Header())
	}
	if _, err := s.Open(ctx, pdf.ID, Thumb); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if _, err := s.Open(ctx, 5, Full); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		s := openStore(t, db, t.TempDir())
		old := store.ContextAt(ctx, db.Now()-Keep.Microseconds()-1e6)
		put := func(ctx context.Context, w int) File {
			t.Helper()
			f, err := s.Put(ctx, 0, 7, "x", bytes.NewReader(jpegOf(t, corner(w, 8))))
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		gone, shared, fresh, kept := put(old, 10), put(old, 12), put(ctx, 14), put(old, 16)
		again := put(ctx, 12)
		if again.sha != shared.sha || again.ID == shared.ID {
			t.Error("the same photo is stored twice")
		}
		if err := db.Write(ctx, func(tx *store.Tx) error {
			_, err := Attach(tx, Target{District: 990101, Kind: "case", Object: 1}, []int64{kept.ID})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		row, err := s.begin(old, 7, 10, "x", "", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"new-1", "put-2", "99", "foreign"} {
			if err := os.WriteFile(s.disk.staging()+"/"+name, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		age := func() { // everything on disk looks older than the grace
			then := time.Now().Add(-2 * grace)
			for _, f := range []File{gone, shared, fresh, kept} {
				if err := os.Chtimes(s.disk.path(f.sha), then, then); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
			}
			left, _ := os.ReadDir(s.disk.staging())
			for _, e := range left {
				if err := os.Chtimes(s.disk.staging()+"/"+e.Name(), then, then); err != nil {
					t.Fatal(err)
				}
			}
		}
		done, err := s.Sweep(ctx)
		if err != nil || done != (Swept{Files: 3}) {
			t.Error("within the grace:", done, err)
		}
		age()
		done, err = s.Sweep(ctx)
		if err != nil || done != (Swept{Contents: 1}) {
			t.Error(done, err)
		}
		left, err := os.ReadDir(s.disk.staging())
		if err != nil || len(left) != 1 || left[0].Name() != "foreign" {
			t.Error(left, err)
		}
		for _, f := range []File{again, fresh, kept} {
			c, err := s.Open(ctx, f.ID, Full)
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
		for _, id := range []int64{gone.ID, shared.ID, row.ID} {
			if _, err := s.Meta(ctx, id); !errs.Is(err, errs.NotFound) {
				t.Error(err)
			}
		}
		if _, err := os.Stat(s.disk.thumb(gone.sha)); !os.IsNotExist(err) {
			t.Error(err)
		}
		files, size, err := s.Sizes(ctx)
		if err != nil || files != 3 || size == 0 {
			t.Error(files, size, err)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := openStore(t, db, t.TempDir())
		c := serve(t, s)
		raw := jpegOf(t, corner(300, 200))
		var wg sync.WaitGroup
		locs := make([]string, 12)
		for i := range locs {
			wg.Go(func() {
				r := c.create(len(raw), "key", "one") // 12 times the same request
				if r.status != 201 {
					t.Error(r)
					return
				}
				locs[i] = r.location
				r = c.patch(r.location, 0, raw)
				if r.status != 204 && r.status != 409 && r.status != 423 && r.status != 503 && r.status != 400 {
					t.Error(r)
				}
			})
		}
		wg.Wait()
		for _, l := range locs {
			if l != locs[0] {
				t.Fatal("several uploads under one key:", locs)
			}
		}
		r := c.do("HEAD", locs[0], nil)
		at, err := strconv.Atoi(r.offset)
		if err != nil {
			t.Fatal(r)
		}
		if at < len(raw) {
			if r := c.patch(locs[0], at, raw[at:]); r.status != 204 {
				t.Error(r)
			}
		}
		m, err := s.Meta(t.Context(), idOf(t, locs[0]))
		if err != nil || m.Width != 300 {
			t.Error(m, err)
		}
		if _, err := s.Verify(t.Context(), func(p string) { t.Error(p) }); err != nil {
			t.Error(err)
		}
	})
}

func TestComingBackTakesOver(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.SQLite(t, nil), t.TempDir())
	c := serve(t, s)
	raw := jpegOf(t, corner(300, 200))
	loc := c.create(len(raw)).location
	// The first connection brings some bytes and then hangs.
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nAccount: 7\r\nUpload-Offset: 0\r\n"+
		"Content-Type: application/offset+octet-stream\r\nContent-Length: %d\r\n\r\n%s", loc, len(raw), raw[:1000]); err != nil {
		t.Fatal(err)
	}
	path := s.disk.staged(idOf(t, loc))
	for { // until the bytes are on the server
		if st, err := os.Stat(path); err == nil && st.Size() == 1000 {
			break
		}
	}
	start := time.Now()
	r := c.do("HEAD", loc, nil)
	if r.status != 200 || r.offset != "1000" || time.Since(start) > 5*time.Second {
		t.Error(r, time.Since(start))
	}
	if r := c.patch(loc, 1000, raw[1000:]); r.status != 204 {
		t.Error(r)
	}
	// Whoever shares its connection, as behind a proxy, must not find it cancelled.
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode == 204 || !resp.Close {
		t.Error("the hung request was acknowledged, or its connection goes on:", resp.StatusCode, resp.Header)
	}
	if m, err := s.Meta(t.Context(), idOf(t, loc)); err != nil || m.Width != 300 {
		t.Error(m, err)
	}
}

func TestUnwritableFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/files", []byte("in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(nil, dir, Options{}); err == nil || errors.Is(err, os.ErrExist) {
		t.Error(err)
	}
}

func TestInterruptedTooLate(t *testing.T) {
	w := httptest.NewRecorder()
	c := &call{input: &body{ReadCloser: http.NoBody}, output: w}
	c.answering()
	c.interrupt()
	if c.input.ended || w.Header().Get("Connection") != "" {
		t.Error("a call that has answered was interrupted: the connection serves another by now")
	}
}
