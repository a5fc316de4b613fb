package resident

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// Actions names what the room records on the trail.
var Actions = map[string]errs.Words{
	"photo.show": w("公开照片", "Show a photo to the public"),
	"photo.hide": w("不公开照片", "Keep a photo from the public"),
}

// Gallery is the photos of cases: whose they are, and the pictures themselves.
type Gallery interface {
	// CaseOf is the case that the photo belongs to, if the scope reaches it;
	// errs.NotFound otherwise and for what is no photo.
	CaseOf(ctx context.Context, scope access.Scope, file int64) (Ref, error)
	Serve(w http.ResponseWriter, r *http.Request, file int64) error
}

// moderation adds the desk's operations: a photo is shown to the public only once
// somebody has looked whether it shows faces, plates or homes.
func (s *Service) moderation(r *web.Router) {
	desk := access.Needs(access.CaseTriage, access.CaseDispatch)
	tags := []string{"door"}
	web.Register(r, web.Op{ID: "show-photo", Method: "POST", Path: "/api/v1/files/{id}/public", Policy: desk, Tags: tags, Summary: "公开或不公开照片", SummaryEN: "Show a photo to the public, or not", Answers: []int{404}}, s.apiShow)
	web.Register(r, web.Op{ID: "photo-shown", Method: "GET", Path: "/api/v1/files/{id}/public", Policy: desk, Tags: tags, Summary: "照片是否公开", SummaryEN: "Whether a photo is public", Answers: []int{404}}, s.apiShown)
}

type showIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Shown bool `json:"shown"`
	}
}

type shownIn struct {
	ID int64 `path:"id"`
}

type shownOut struct {
	Body struct {
		Decided bool `json:"decided" doc:"somebody has looked at it"`
		Shown   bool `json:"shown"`
	}
}

func (s *Service) apiShow(ctx context.Context, scope access.Scope, in *showIn) (*shownOut, error) {
	ref, err := s.Gallery.CaseOf(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	action, shown := "photo.hide", 0
	if in.Body.Shown {
		action, shown = "photo.show", 1
	}
	post := scope.Post().ID
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec("INSERT INTO public_photo (district, file, case_id, shown, account, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (district, file) DO UPDATE SET shown = excluded.shown, account = excluded.account, at = excluded.at",
			ref.District, in.ID, ref.ID, shown, scope.Account(), tx.Now()); err != nil {
			return err
		}
		detail, err := json.Marshal(map[string]any{"file": in.ID})
		if err != nil {
			return err
		}
		tx.Record(audit.Entry{District: ref.District, Actor: scope.Account(), Post: post, Action: action, Object: "photo", ObjectID: in.ID, Detail: detail,
			Digest: sha256.Sum256(fmt.Appendf(nil, "public_photo|%d|%d|%d|%d|%d|%d", ref.District, in.ID, ref.ID, shown, scope.Account(), tx.Now()))})
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := &shownOut{}
	out.Body.Decided, out.Body.Shown = true, in.Body.Shown
	return out, nil
}

func (s *Service) apiShown(ctx context.Context, scope access.Scope, in *shownIn) (*shownOut, error) {
	ref, err := s.Gallery.CaseOf(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, "SELECT shown FROM public_photo WHERE district = ? AND file = ?", ref.District, in.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := &shownOut{}
	if rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out.Body.Decided, out.Body.Shown = true, n != 0
	}
	return out, rows.Err()
}

// shown are the photos of a case that the public may see.
func (s *Service) shown(ctx context.Context, ref Ref) (list []int64, err error) {
	rows, err := s.DB.Query(ctx, "SELECT file FROM public_photo WHERE district = ? AND case_id = ? AND shown = 1 ORDER BY file", ref.District, ref.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		list = append(list, id)
	}
	return list, rows.Err()
}

// photo shows a photo of a public matter that somebody let through.
func (s *Service) photo(w http.ResponseWriter, r *http.Request) {
	l := lang(w, r)
	m, err := s.Cases.Matter(r.Context(), r.PathValue("number"), l)
	var list []int64
	if err == nil {
		list, err = s.shown(r.Context(), m.Ref)
	}
	if err == nil {
		err = errs.NotFound.New()
		for _, id := range list {
			if strconv.FormatInt(id, 10) == r.PathValue("id") {
				err = s.Gallery.Serve(w, r, id)
			}
		}
	}
	if err != nil {
		s.trouble(w, r, l, err)
	}
}
