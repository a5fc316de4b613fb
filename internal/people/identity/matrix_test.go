package identity

import (
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"linli/internal/kernel/access/matrixtest"
	"linli/internal/kernel/store/storetest"
	"linli/internal/kernel/web"
)

// TestMatrix asks every operation of the room as every role in every relation.
func TestMatrix(t *testing.T) {
	t.Parallel()
	db := storetest.SQLite(t, nil)
	s, err := New(ctx, db, Options{Today: func() int { return today }})
	ok(t, err)
	t.Cleanup(s.Close)
	r := web.New(web.Options{Auth: s, Today: s.o.Today, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Rate: -1})
	t.Cleanup(r.Close)
	s.Register(r)

	orgs, err := s.CreateOrgs(ctx, system, []Org{
		{Code: "1", Name: "甲", Kind: "department", Region: 990101}, {Code: "2", Name: "乙", Kind: "department", Region: 9901},
		{Code: "3", Name: "丙", Kind: "department", Region: 9901}, {Code: "4", Name: "丁", Kind: "department", Region: 9901}, {Code: "5", Name: "戊", Kind: "department", Region: 8801},
		{Code: "6", Name: "己", Kind: "department", Region: 9901},
	})
	ok(t, err)
	place := func(city, district, street, community, grid int64, org Org) matrixtest.Place {
		return matrixtest.Place{City: city, District: district, Street: street, Community: community, Grid: grid, Org: org.ID}
	}
	cells, err := matrixtest.Matrix(matrixOps(r), matrixtest.World{Today: today,
		Target:        place(9901, 990101, 990101001, 990101001001, 1, orgs[5]),
		Sibling:       place(9901, 990101, 990101001, 990101001002, 2, orgs[1]),
		OtherStreet:   place(9901, 990101, 990101002, 990101002001, 3, orgs[2]),
		OtherDistrict: place(9901, 990102, 990102001, 990102001001, 4, orgs[3]),
		OtherCity:     place(8801, 880101, 880101001, 880101001001, 5, orgs[4]),
	})
	ok(t, err)
	outside := program(t, s, "outside", NewPost{Role: "client", Region: 990101})
	key, _, err := s.CreateKey(ctx, system, outside.ID, NewKey{Label: "x"})
	ok(t, err)
	target := create(t, s, "target", NewPost{Role: "leader", Region: 990101})
	people := map[string]int64{}
	for _, c := range cells {
		f := c.Fixture
		token := ""
		if f.Actor != nil {
			if people[f.Name] == 0 {
				n := NewAccount{Login: f.Actor.Login, Name: f.Actor.Name}
				for _, p := range f.Actor.Posts {
					n.Posts = append(n.Posts, NewPost{Role: p.Role, Region: p.Region, Grid: p.Grid, Org: p.Org, From: p.From, To: p.To})
				}
				made, err := s.CreateAll(ctx, system, []NewAccount{n})
				ok(t, err)
				people[f.Name] = made[0].ID
			}
			token, err = s.SignInAs(ctx, system, people[f.Name])
			ok(t, err)
		}
		id, session := target.ID, int64(1)
		body := map[string]string{"create-key": `{"label":""}`, "update-account": `{"version":99}`, "add-post": `{"role":"nonsense"}`, "end-post": `{"to":0}`,
			"update-org": `{"code":"1","name":"甲","kind":"department","region":"990101","version":99}`}[c.Op.ID]
		switch c.Op.ID {
		case "end-post":
			id = target.Posts[0].ID
		case "revoke-key":
			id = key.ID
		case "update-org":
			id = orgs[0].ID
		case "end-own-session":
			if token != "" {
				a, err := s.Actor(ctx, token)
				ok(t, err)
				id = a.Session
			}
		case "end-session":
			if c.Want == matrixtest.Allow {
				theirs, err := s.SignInAs(ctx, system, target.ID)
				ok(t, err)
				a, err := s.Actor(ctx, theirs)
				ok(t, err)
				session = a.Session
			}
		}
		path := strings.NewReplacer("{id}", fmt.Sprint(id), "{session}", fmt.Sprint(session)).Replace(c.Op.Path)
		req := httptest.NewRequest(c.Op.Method, path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		if err := c.Check(w.Code); err != nil {
			t.Errorf("%v: %s", err, w.Body)
		}
	}
}

func matrixOps(r *web.Router) []matrixtest.Op {
	var out []matrixtest.Op
	for _, op := range r.Ops() {
		scoped := strings.Contains(op.Path, "{id}") && len(op.Policy.Perms()) > 0
		if strings.HasPrefix(op.Path, "/api/v1/") {
			out = append(out, matrixtest.Op{ID: op.ID, Method: op.Method, Path: op.Path, Policy: op.Policy, Scoped: scoped})
		}
	}
	return out
}
