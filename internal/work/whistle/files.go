package whistle

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
)

// object is the kind of thing to which a whistle's files belong.
const object = "whistle"

// addFiles puts the files of results on their steps, and those of the latest
// result on the department's part.
func (s *Service) addFiles(ctx context.Context, v *view, o *Whistle, log []Entry, p *Page) error {
	if !slices.ContainsFunc(log, func(e Entry) bool { return e.Fields["files"] != nil }) {
		return nil
	}
	all, err := s.Files.Of(ctx, s.DB, o.District, object, o.ID)
	if err != nil {
		return err
	}
	shown := map[int64]File{}
	for _, f := range all {
		url := "/api/v1/whistles/" + strconv.FormatInt(o.ID, 10) + "/files/" + strconv.FormatInt(f.ID, 10)
		x := File{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, By: v.account(f.Owner), At: v.time(f.CreatedAt), URL: url}
		if f.ThumbSize > 0 {
			x.Thumb = url + "?thumb=true"
		}
		shown[f.ID] = x
	}
	for i, e := range log {
		ids, _ := e.Fields["files"].([]any)
		if e.Action != "result" {
			continue
		}
		var list []File
		for _, id := range ids {
			if n, ok := id.(float64); ok {
				if f, ok := shown[int64(n)]; ok {
					list = append(list, f)
				}
			}
		}
		p.Steps[i].Files = list
		if k := slices.IndexFunc(o.Calls, func(c Call) bool { return c.Org == e.Org }); k >= 0 {
			p.Calls[k].Files = list
		}
	}
	return nil
}

// file gives one file of a whistle that the scope reaches.
func (s *Service) file(ctx context.Context, scope access.Scope, w http.ResponseWriter, req *http.Request) error {
	id, err := strconv.ParseInt(req.PathValue("id"), 10, 64)
	if err != nil {
		return errs.NotFound.New()
	}
	file, err := strconv.ParseInt(req.PathValue("file"), 10, 64)
	if err != nil {
		return errs.NotFound.New()
	}
	if _, err := s.ByID(ctx, scope, id); err != nil {
		return err
	}
	m, err := s.Files.Meta(ctx, file)
	if err != nil {
		return err
	}
	if m.Kind != object || m.Object != id {
		return errs.NotFound.New()
	}
	size := files.Full
	if req.URL.Query().Get("thumb") == "true" {
		size = files.Thumb
	}
	c, err := s.Files.Open(ctx, file, size)
	if err != nil {
		return err
	}
	c.ServeHTTP(w, req)
	return nil
}
