package files

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/exp/slog"

	"linli/internal/kernel/errs"
)

// call is what belongs to one request: tusd hands its context through.
type call struct {
	account int64
	method  string
	body    bool  // the creation brings bytes along
	err     error // what the store answered; tusd only knows that there was one
	input   *body
	output  http.ResponseWriter
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil {
		c = &call{}
	}
	return c
}

// refuse remembers the error for the answer and gives tusd one of its own.
func (c *call) refuse(err error) error {
	if err == nil {
		return nil
	}
	c.err = err
	return handler.NewError("ERR_LINLI", errs.As(err).Kind.Code, errs.As(err).Kind.Status)
}

// Handler speaks tus 1.0 under Options.Prefix: creation (with or without
// content), PATCH, HEAD, DELETE. The last part of Location is the file's id.
// Upload-Metadata: filename; key (the client's own id for the upload: creating
// again with the same key continues it); sha256 (hex, checked at the end).
func (s *Store) Handler() http.Handler {
	composer := handler.NewStoreComposer()
	composer.UseCore(tusStore{s})
	composer.UseTerminater(tusStore{s})
	composer.UseLocker(&locker{held: map[string]*holder{}})
	h, err := handler.NewHandler(handler.Config{
		StoreComposer:   composer,
		BasePath:        s.opts.Prefix,
		MaxSize:         s.opts.MaxBytes,
		DisableDownload: true,
		Cors:            &handler.CorsConfig{Disable: true},
		// tusd's log would say nothing that the server's own does not.
		Logger:                           slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.Level(100)})),
		GracefulRequestCompletionTimeout: 3 * time.Second,
		AcquireLockTimeout:               10 * time.Second,
	})
	if err != nil {
		panic("files: " + err.Error()) // the configuration above is wrong
	}
	return http.StripPrefix(strings.TrimSuffix(s.opts.Prefix, "/"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{method: r.Method, body: r.Header.Get("Content-Type") == "application/offset+octet-stream"}
		if r.Method != http.MethodOptions {
			var err error
			if c.account, err = s.opts.Who(r); err != nil {
				s.opts.Problem(w, r, err)
				return
			}
		}
		c.input, c.output = &body{ReadCloser: r.Body}, w
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		r.Body = c.input
		r.Header.Del("X-HTTP-Method-Override") // a POST stays a POST for whoever guards it
		a := &answer{ResponseWriter: w, call: c}
		h.ServeHTTP(a, r)
		if a.failed != 0 {
			s.opts.Problem(w, r, a.problem())
		}
	}))
}

// answer holds back tusd's plain-text errors, so that they can be told in
// Linli's way, and makes Location relative to the server.
type answer struct {
	http.ResponseWriter
	call   *call
	failed int
	text   []byte
}

// Unwrap lets tusd set deadlines on the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) WriteHeader(status int) {
	a.call.answering()
	if status >= 400 {
		a.failed = status
		for _, name := range []string{"Content-Type", "Content-Length"} {
			a.Header().Del(name)
		}
		return
	}
	if loc := a.Header().Get("Location"); loc != "" {
		if u, err := url.Parse(loc); err == nil {
			a.Header().Set("Location", u.Path)
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.failed == 0 {
		return a.ResponseWriter.Write(b)
	}
	if len(a.text) < 200 {
		a.text = append(a.text, b...)
	}
	return len(b), nil
}

// problem is the catalogue's error for what went wrong.
func (a *answer) problem() error {
	if a.call.err != nil {
		return a.call.err
	}
	cause := errors.New(strings.TrimSpace(string(a.text)))
	switch {
	case a.failed == http.StatusNotFound:
		return errs.NotFound.New()
	case a.failed == http.StatusRequestEntityTooLarge:
		return errs.TooLarge.New("max", "20 MB").In("file").Because(cause)
	case a.failed == http.StatusConflict:
		return errs.Conflict.New("what", errs.Words{ZH: "上传进度", EN: "the upload's offset"})
	case a.failed == http.StatusLocked:
		return Locked.New()
	case a.failed == http.StatusPreconditionFailed:
		return Protocol.New()
	case a.failed >= 500:
		return errs.Unavailable.New().Because(cause) // the connection broke; what came is kept
	}
	return Malformed.New().Because(cause)
}

// tusStore is the Store as tusd sees it.
type tusStore struct{ s *Store }

var (
	goodKey = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	goodSum = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// NewUpload begins an upload.
func (t tusStore) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	c := callOf(ctx)
	key, sum := info.MetaData["key"], strings.ToLower(info.MetaData["sha256"])
	switch {
	case info.Size < 1:
		return nil, c.refuse(Empty.New())
	case key != "" && !goodKey.MatchString(key), sum != "" && !goodSum.MatchString(sum):
		return nil, c.refuse(Malformed.New())
	}
	row, err := t.s.begin(ctx, c.account, info.Size, info.MetaData["filename"], key, sum)
	if err != nil {
		return nil, c.refuse(err)
	}
	u, err := t.upload(ctx, row)
	if err != nil {
		return nil, c.refuse(err)
	}
	if c.body && u.offset > 0 { // the bytes begin at 0, but the upload is further on: HEAD tells where
		return nil, c.refuse(errs.Conflict.New("what", errs.Words{ZH: "上传进度", EN: "the upload's offset"}))
	}
	return u, nil
}

// GetUpload finds an upload of the asking account. One that is whole but was
// not finished, because the server stopped or the disk was full, is finished
// first: a client that sees it complete may rely on it.
func (t tusStore) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	c := callOf(ctx)
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, handler.ErrNotFound
	}
	row, err := one(ctx, t.s.db, "id = ? AND owner = ?", n, c.account)
	if err != nil {
		return nil, c.refuse(err)
	}
	u, err := t.upload(ctx, row)
	if err != nil {
		return nil, c.refuse(err)
	}
	if u.offset == row.declared && c.method != http.MethodDelete {
		if err := t.s.finish(ctx, row); err != nil {
			return nil, c.refuse(err)
		}
	}
	return u, nil
}

func (t tusStore) upload(_ context.Context, row *ref) (*upload, error) {
	u := &upload{s: t.s, row: row, offset: row.declared}
	if row.status == ready {
		return u, nil
	}
	st, err := os.Stat(t.s.disk.staged(row.ID))
	switch {
	case errors.Is(err, os.ErrNotExist): // lost by a power cut before its folder was written, or the folder was emptied
		u.offset = 0
	case err != nil:
		return nil, err
	default:
		u.offset = st.Size()
	}
	return u, nil
}

// AsTerminatableUpload lets an upload be deleted.
func (t tusStore) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return u.(*upload)
}

// upload is one upload as tusd sees it.
type upload struct {
	s      *Store
	row    *ref
	offset int64
}

// GetInfo tells size and offset. The name is not told back.
func (u *upload) GetInfo(context.Context) (handler.FileInfo, error) {
	return handler.FileInfo{ID: strconv.FormatInt(u.row.ID, 10), Size: u.row.declared, Offset: u.offset, MetaData: handler.MetaData{}}, nil
}

// WriteChunk appends bytes durably.
func (u *upload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	c := callOf(ctx)
	if err := u.s.disk.room(u.row.declared - offset); err != nil {
		return 0, c.refuse(err)
	}
	n, err := u.s.disk.extend(u.row.ID, offset, src)
	u.offset = offset + n
	return n, c.refuse(err)
}

// FinishUpload checks and stores the whole.
func (u *upload) FinishUpload(ctx context.Context) error {
	return callOf(ctx).refuse(u.s.finish(ctx, u.row))
}

// GetReader is not offered: uploads are read through Open once they are stored.
func (u *upload) GetReader(context.Context) (io.ReadCloser, error) { return nil, handler.ErrNotFound }

// Terminate deletes an upload that is not attached.
func (u *upload) Terminate(ctx context.Context) error {
	c := callOf(ctx)
	return c.refuse(u.s.Discard(ctx, c.account, u.row.ID))
}
