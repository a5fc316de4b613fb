package resident

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

const followCookie = "linli_follow"

// letIn lets the browser follow the case for an hour without the code.
func (s *Service) letIn(w http.ResponseWriter, r *http.Request, ref Ref) {
	now := s.DB.NowIn(r.Context())
	what := strconv.Itoa(ref.District) + "." + strconv.FormatInt(ref.ID, 10) + "." + ref.Number
	ck := web.SessionCookie(r.Context(), s.token(useFollow, what, now+followLast), followLast/1_000_000*1e9)
	ck.Name, ck.Path, ck.SameSite = followCookie, "/follow", http.SameSiteStrictMode
	http.SetCookie(w, &ck)
}

// follows is the case that the browser has proved to follow.
func (s *Service) follows(r *http.Request) (ref Ref, ok bool) {
	c, err := r.Cookie(followCookie)
	if err != nil {
		return ref, false
	}
	what, _, ok := s.tokenIs(useFollow, c.Value, s.DB.NowIn(r.Context()))
	parts := strings.SplitN(what, ".", 3)
	if !ok || len(parts) != 3 || parts[2] != r.PathValue("number") {
		return ref, false
	}
	ref.District, err = strconv.Atoi(parts[0])
	if err != nil {
		return ref, false
	}
	if ref.ID, err = strconv.ParseInt(parts[1], 10, 64); err != nil {
		return ref, false
	}
	ref.Number = parts[2]
	return ref, true
}

type askPage struct{ Number string }

func (s *Service) ask(w http.ResponseWriter, r *http.Request) {
	l := lang(w, r)
	s.show(w, r, http.StatusOK, "follow", page{Lang: l, Body: askPage{r.URL.Query().Get("number")}})
}

// enter proves by number and code whose case it is, and goes there.
func (s *Service) enter(w http.ResponseWriter, r *http.Request) {
	l := lang(w, r)
	v, err := fields(w, r, nil)
	if err != nil {
		s.trouble(w, r, l, err)
		return
	}
	number := strings.TrimSpace(v.Get("number"))
	err = s.allow(r.Context(), "code", mostCodes)
	var ref Ref
	if err == nil {
		ref, err = s.open(r.Context(), number, v.Get("code"))
	}
	if err != nil {
		e := errs.As(err)
		if e.Kind == errs.Internal {
			s.trouble(w, r, l, err)
			return
		}
		s.show(w, r, e.Kind.Status, "follow", page{Lang: l, Error: e.Text(l), Field: "code", Body: askPage{number}})
		return
	}
	s.letIn(w, r, ref)
	http.Redirect(w, r, "/follow/"+ref.Number, http.StatusSeeOther)
}

// storyPage is the reporter's own case with what may be done.
type storyPage struct {
	*Story
	Form  string
	Told  bool   // of progress, by the contact that was left
	Said  string // what was done just now
	Given filled // what was refused, to be corrected
}

func (s *Service) story(w http.ResponseWriter, r *http.Request) {
	l := lang(w, r)
	ref, ok := s.follows(r)
	if !ok {
		http.Redirect(w, r, "/follow?number="+r.PathValue("number"), http.StatusSeeOther)
		return
	}
	s.tell(w, r, l, ref, page{}, filled{}, r.URL.Query().Get("done"))
}

func (s *Service) tell(w http.ResponseWriter, r *http.Request, l string, ref Ref, p page, f filled, done string) {
	st, err := s.Cases.Story(r.Context(), ref.ID, l)
	if err != nil {
		s.trouble(w, r, l, err)
		return
	}
	own, err := s.followOf(r.Context(), ref)
	if err != nil {
		s.trouble(w, r, l, err)
		return
	}
	said := ""
	if _, ok := words[l]["said."+done]; ok && done != "" {
		said = say(l, "said."+done)
	}
	status := http.StatusOK
	if p.Error != "" {
		status = http.StatusUnprocessableEntity
	}
	p.Lang, p.Title = l, say(l, "story.title", "number", ref.Number)
	p.Body = storyPage{Story: st, Form: s.newForm(r.Context()), Told: own.notices != 0 && st.Phone != "", Said: said, Given: f}
	s.show(w, r, status, "story", p)
}

func yes(s string) *bool {
	switch s {
	case "yes":
		v := true
		return &v
	case "no":
		v := false
		return &v
	}
	return nil
}

// deed does what the reporter asked for and shows the case as it is then.
func (s *Service) deed(w http.ResponseWriter, r *http.Request) {
	l := lang(w, r)
	ref, ok := s.follows(r)
	if !ok {
		http.Redirect(w, r, "/follow?number="+r.PathValue("number"), http.StatusSeeOther)
		return
	}
	f, err := s.read(w, r)
	if err == nil {
		err = s.allow(r.Context(), "deed", mostCodes)
	}
	if err != nil {
		s.trouble(w, r, l, err)
		return
	}
	if err := s.do(r.Context(), ref, f); err != nil {
		e := errs.As(err)
		if e.Kind == errs.Internal {
			s.trouble(w, r, l, err)
			return
		}
		s.tell(w, r, l, ref, page{Error: e.Text(l), Field: e.Field}, f, "")
		return
	}
	http.Redirect(w, r, "/follow/"+ref.Number+"?done="+f.Do, http.StatusSeeOther)
}

func (s *Service) do(ctx context.Context, ref Ref, f filled) error {
	if f.Do == "quiet" { // no more notices; the case does not change
		return s.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec("UPDATE resident_report SET notices = 0 WHERE district = ? AND case_id = ?", ref.District, ref.ID)
			return err
		})
	}
	d := Deed{Action: "own_" + f.Do, Version: f.Version, Note: f.Note, Reached: yes(f.Reached), Solved: yes(f.Solved), Satisfied: f.Satisfied}
	if form, _, ok := s.form(ctx, f.Form); ok {
		d.Files, d.Uploader = f.Files, uploader(form)
	}
	if f.Do == "correct" && f.Place != "" {
		at, _, err := s.where(&f)
		if err != nil {
			return err
		}
		d.Address, d.Community = at.name, at.community
	}
	return s.Cases.Do(ctx, ref.ID, d)
}

// leave forgets that this browser follows the case.
func (s *Service) leave(w http.ResponseWriter, r *http.Request) {
	ck := web.SessionCookie(r.Context(), "", 0)
	ck.Name, ck.Path = followCookie, "/follow"
	http.SetCookie(w, &ck)
	http.Redirect(w, r, "/follow", http.StatusSeeOther)
}
