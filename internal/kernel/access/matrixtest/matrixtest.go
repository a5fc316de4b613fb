// Package matrixtest generates, from the declared policies, who must be let in
// and who must not: every operation × every role × every relation to a target
// (own, sibling, parent, other street, other district, other city, ended post)
// and anonymous. An app-level test signs each fixture in, calls each operation
// about the target over HTTP and gives the status to Cell.Check.
package matrixtest

import (
	"fmt"

	"linli/internal/kernel/access"
)

// Op is a registered operation.
type Op struct {
	ID, Method, Path string
	Policy           access.Policy
	// Scoped says that the path names one thing that lies somewhere (a case, a
	// file of a case), so that it must look absent from outside the scope.
	// Lists and operations on one's own things are not scoped.
	Scoped bool
	// Perm narrows a scoped operation that needs one of several permissions:
	// the one by which the thing itself is looked up. Zero: any of the policy.
	Perm access.Perm
}

// Place is a chain of areas in the fixture city and the organisations there.
type Place struct {
	City                    int64
	District                int64
	Street, Community, Grid int64
	Org                     int64
}

// World is what fixtures are made from. Target is where the tested thing lies
// and who leads it; the other places differ from it as their names say.
type World struct {
	Target        Place
	Sibling       Place // same street, other community, grid and organisation
	OtherStreet   Place // same district, other street
	OtherDistrict Place // same city, other district
	OtherCity     Place // city that this installation does not serve
	Today         int
}

// Fixture is one person of the matrix. Name is unique, such as
// "dispatcher/other_street". Actor is nil for anonymous. Post.Account and
// Post.ID are left to the test.
type Fixture struct {
	Name, Role, Relation string
	Actor                *access.Actor
}

// Fixtures makes one person for every role in force and every relation.
func Fixtures(w World) []Fixture {
	out := []Fixture{{Name: "anonymous", Relation: "anonymous"}}
	for _, r := range access.Roles() {
		depth := r.Depths[len(r.Depths)-1]
		add := func(relation string, p access.Post) {
			p.Role = r.Code
			p.From = max(p.From, 20200101)
			out = append(out, Fixture{Name: r.Code + "/" + relation, Role: r.Code, Relation: relation,
				Actor: &access.Actor{Login: r.Code + "_" + relation, Name: r.Label.ZH, Lang: "zh", Posts: []access.Post{p}}})
		}
		own := post(w.Target, depth)
		add("own", own)
		add("sibling", post(w.Sibling, depth))
		add("parent", parent(r, w.Target, depth))
		add("other_street", post(w.OtherStreet, depth))
		add("other_district", post(w.OtherDistrict, depth))
		add("other_city", post(w.OtherCity, depth))
		own.To = w.Today
		add("ended", own)
	}
	return out
}

func post(p Place, depth int) access.Post {
	return access.Post{Region: at(p, depth), Grid: p.Grid, Org: p.Org}
}

// parent is a post one level up where the role allows it, or else the top one.
func parent(r access.Role, p Place, depth int) access.Post {
	up := depth
	for _, d := range r.Depths {
		if d < depth {
			up = d
		}
	}
	return post(p, up)
}

func at(p Place, depth int) int64 {
	switch depth {
	case 4:
		return p.City
	case 6:
		return p.District
	case 9:
		return p.Street
	}
	return p.Community
}

// Want is the expected class of answer.
type Want string

// The classes.
const (
	Allow        Want = "allow"        // anything but 401, 403, 404
	Unauthorized Want = "unauthorized" // 401
	Forbidden    Want = "forbidden"    // 403
	Hide         Want = "hide"         // 404: exists, but not for the asker
)

// Cell is one expectation.
type Cell struct {
	Op      Op
	Fixture Fixture
	Want    Want
}

// Matrix gives all cells. It fails on an operation without a policy.
func Matrix(ops []Op, w World) ([]Cell, error) {
	t := access.Target{District: int(w.Target.District), Street: w.Target.Street, Community: w.Target.Community,
		Grid: w.Target.Grid, Orgs: []int64{w.Target.Org}}
	fixtures := Fixtures(w)
	var out []Cell
	for _, op := range ops {
		if !op.Policy.Declared() {
			return nil, fmt.Errorf("operation %s (%s %s) declares no policy", op.ID, op.Method, op.Path)
		}
		for _, f := range fixtures {
			out = append(out, Cell{Op: op, Fixture: f, Want: want(op, f.Actor, t, w.Today)})
		}
	}
	return out, nil
}

// want reads the roles itself and not through Scope, so that a mistake there
// shows.
func want(op Op, a *access.Actor, t access.Target, today int) Want {
	perms := op.Policy.Perms()
	switch {
	case op.Policy.IsPublic():
		return Allow
	case a == nil:
		return Unauthorized
	case len(perms) == 0:
		return Allow
	}
	granted, reached := false, false
	for _, p := range a.Posts {
		role, _ := access.RoleByCode(p.Role)
		if p.To != 0 && p.To <= today || p.From > today {
			continue
		}
		for _, perm := range perms {
			if role.Grants(perm) {
				granted = true
				reached = reached || (op.Perm == "" || role.Grants(op.Perm)) && reaches(role, p, t)
			}
		}
	}
	switch {
	case !granted:
		return Forbidden
	case op.Scoped && !reached:
		return Hide
	}
	return Allow
}

func reaches(r access.Role, p access.Post, t access.Target) bool {
	switch r.Level {
	case access.ByGrid:
		return p.Grid == t.Grid
	case access.ByOrg:
		return len(t.Orgs) > 0 && p.Org == t.Orgs[0]
	}
	for _, code := range []int64{int64(t.District) / 100, int64(t.District), t.Street, t.Community} {
		if code == p.Region {
			return true
		}
	}
	return false
}

// Check compares the status of the answer with the expectation.
func (c Cell) Check(status int) error {
	ok := false
	switch c.Want {
	case Allow:
		ok = status != 401 && status != 403 && status != 404 && status < 500
	case Unauthorized:
		ok = status == 401
	case Forbidden:
		ok = status == 403
	case Hide:
		ok = status == 404
	}
	if ok {
		return nil
	}
	return fmt.Errorf("%s as %s: got %d, want %s", c.Op.ID, c.Fixture.Name, status, c.Want)
}
