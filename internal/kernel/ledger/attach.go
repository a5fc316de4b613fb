package ledger

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// FileView is a file of a row.
type FileView struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Size  int64  `json:"size"`
	By    string `json:"by"`
	At    string `json:"at" format:"date-time"`
	URL   string `json:"url"`
	Thumb string `json:"thumb_url,omitempty"`
}

type filesOut struct {
	Body struct {
		Items []FileView `json:"items"`
	}
}

type attachIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Files []int64 `json:"files" minItems:"1" maxItems:"20" doc:"ids of uploads of one's own"`
	}
}

func (r *register) filesOp(ctx context.Context, scope access.Scope, in *idIn) (*filesOut, error) {
	v, err := r.get(ctx, r.e.DB, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return r.filesOf(ctx, base(v))
}

func (r *register) filesOf(ctx context.Context, b *Row) (*filesOut, error) {
	all, err := r.e.Files.Of(ctx, r.e.DB, b.District, r.code, b.ID)
	out := &filesOut{}
	out.Body.Items = []FileView{}
	for _, f := range all {
		by, _ := r.e.Sources["account"].Named(f.Owner)
		url := prefix + "/" + r.code + "/" + strconv.FormatInt(b.ID, 10) + "/files/" + strconv.FormatInt(f.ID, 10)
		x := FileView{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, By: by.Name, At: r.e.instant(f.CreatedAt), URL: url}
		if f.ThumbSize > 0 {
			x.Thumb = url + "?thumb=true"
		}
		out.Body.Items = append(out.Body.Items, x)
	}
	return out, err
}

// attach gives uploads of the caller's to a row.
func (r *register) attach(ctx context.Context, scope access.Scope, in *attachIn) (*filesOut, error) {
	v, err := r.get(ctx, r.e.DB, scope, in.ID)
	if err != nil {
		return nil, err
	}
	b := base(v)
	if err := r.e.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := files.Attach(tx, files.Target{District: b.District, Kind: r.code, Object: b.ID, Account: scope.Account()}, in.Body.Files); err != nil {
			return err
		}
		detail, err := json.Marshal(map[string]any{"files": in.Body.Files})
		if err != nil {
			return err
		}
		post, _ := scope.PostFor(b.Target())
		tx.Record(audit.Entry{District: b.District, Actor: scope.Account(), Post: post.ID, Action: r.code + ".attach", Object: r.code, ObjectID: b.ID, Detail: detail})
		return web.Mark(ctx, tx, b.ID)
	}); err != nil {
		return nil, err
	}
	return r.filesOf(ctx, b)
}

// fileOp gives one file of a row.
func (r *register) fileOp(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	id, err := strconv.ParseInt(req.PathValue("id"), 10, 64)
	if err != nil {
		return errs.NotFound.New()
	}
	file, err := strconv.ParseInt(req.PathValue("file"), 10, 64)
	if err != nil {
		return errs.NotFound.New()
	}
	if _, err := r.get(ctx, r.e.DB, scope, id); err != nil {
		return err
	}
	m, err := r.e.Files.Meta(ctx, file)
	if err != nil {
		return err
	}
	if m.Kind != r.code || m.Object != id {
		return errs.NotFound.New()
	}
	size := files.Full
	if req.URL.Query().Get("thumb") == "true" {
		size = files.Thumb
	}
	c, err := r.e.Files.Open(ctx, file, size)
	if err != nil {
		return err
	}
	c.ServeHTTP(w, req)
	return nil
}
