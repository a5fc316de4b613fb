package app_test

import (
	"fmt"
	"maps"
	"path"
	"strings"
	"sync"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/access/matrixtest"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/web"
)

// samples are fields without which a register's own rule takes no row; the rest
// is made up from the register's declaration.
var samples = map[string]apptest.M{
	"home":          {"consent": "2027-03-31", "unit": "1单元"},
	"care_need":     {"valid_from": "2026-11-01", "valid_to": "2027-03-31"},
	"staff_round":   {"state": "open", "deadline": "2099-12-31"},
	"staff_absence": {"valid_to": "2099-12-31"},
	"party_post":    {"valid_to": "2029-12-31"},
	"party_side":    {"side": "owners"},
	"liaison_visit": {"planned": "2026-11-20"},
}

// chainedSample are the fields of a sample that stands below other rows.
func chainedSample(t *testing.T, c *apptest.City, at matrixtest.Place, code string) apptest.M {
	if code != "party_household" {
		return nil
	}
	up := sampleRow(t, c, at, "party_org")
	for _, level := range []string{"branch", "group"} {
		id, err := c.Ledger.Put(t.Context(), access.System("matrix"), "party_org", map[string]any{"grid": float64(at.Grid), "name": level, "level": level, "parent": float64(up)})
		if err != nil {
			t.Fatal(err)
		}
		up = id
	}
	return apptest.M{"in_group": float64(up)}
}

// ofRegister is how the matrix calls an operation of any register, about a row
// that lies at the place.
func ofRegister(t *testing.T, c *apptest.City, at matrixtest.Place, op web.Op) call {
	t.Helper()
	code := strings.Split(strings.TrimPrefix(op.Path, "/api/v1/ledger/"), "/")[0]
	how := call{scoped: strings.Contains(op.Path, "{id}"), perm: op.Policy.Perms()[0]}
	if how.scoped {
		id := sampleRow(t, c, at, code)
		how.path = text(fmt.Sprint(id))
	}
	if strings.Contains(op.Path, "{file}") { // no file is the row's: whoever may sees that too
		how.path, how.absent = text(how.path(nil, nil)+" 1"), true
	}
	switch op.Method {
	case "DELETE":
		return call{path: text("1"), absent: true}
	case "POST", "PATCH":
		switch path.Base(op.Path) {
		case "imports":
			return call{body: "x", header: []string{"Content-Type", "text/csv"}}
		case "views":
			return call{body: empty}
		case "files":
			how.body = apptest.M{"files": []int64{1}}
			return how
		case "undo":
			return call{path: text("1"), absent: true}
		case "reveal":
			how.body = apptest.M{"purpose": "核对登记"}
		case "end":
			how.body = apptest.M{"version": 99}
		case code:
			how.body = apptest.M{"fields": empty}
		default:
			how.body = apptest.M{"version": 99, "fields": empty}
		}
	}
	return how
}

var sampled sync.Map // city and register → id

// sampleRow is a row of the register at the place, with every required field.
func sampleRow(t *testing.T, c *apptest.City, at matrixtest.Place, code string) int64 {
	t.Helper()
	type key struct {
		c    *apptest.City
		code string
	}
	if id, ok := sampled.Load(key{c, code}); ok {
		return id.(int64)
	}
	fields := apptest.M{"grid": float64(at.Grid), "org": float64(at.Org)}
	for _, v := range c.Ledger.Views("zh") {
		if v.Code != code {
			continue
		}
		for _, f := range v.Fields {
			if f.Required && !f.Standard {
				fields[f.Name] = sampleValue(t, c, at, f)
			} else if f.Kind == string(ledger.Personal) {
				fields[f.Name] = "13900000000"
			}
		}
	}
	for name, val := range samples[code] {
		fields[name] = val
	}
	maps.Copy(fields, chainedSample(t, c, at, code))
	id, err := c.Ledger.Put(t.Context(), access.System("matrix"), code, fields)
	if err != nil {
		t.Fatalf("a sample row of %s (see samples): %v", code, err)
	}
	sampled.Store(key{c, code}, id)
	return id
}

func sampleValue(t *testing.T, c *apptest.City, at matrixtest.Place, f ledger.FieldView) any {
	switch ledger.Kind(f.Kind) {
	case ledger.Choice:
		return f.Options[0].Code
	case ledger.Choices:
		return []string{f.Options[0].Code}
	case ledger.Number, ledger.Decimal:
		if f.Min != nil {
			return float64(max(*f.Min, 1))
		}
		return 1.0
	case ledger.Date:
		return "2026-11-01"
	case ledger.Personal:
		return "13900000000"
	case ledger.Ref:
		switch f.Ref {
		case "region":
			return float64(at.Community)
		case "grid":
			return float64(at.Grid)
		case "org":
			return float64(at.Org)
		case "form":
			return float64(sampleForm(t, c))
		case "account":
			return float64(c.Identity.Directory().Accounts()[0])
		case "building":
			for _, b := range c.Atlas.Buildings(at.Community) {
				if b.Grid == at.Grid {
					return float64(b.ID)
				}
			}
			t.Fatal("no building in the grid")
		}
		return float64(sampleRow(t, c, at, f.Ref))
	}
	return "样例"
}

// sampleForm is a published form of a register of the city's own.
func sampleForm(t *testing.T, c *apptest.City) int64 {
	t.Helper()
	post := access.Post{Role: roleWith(t, access.FormManage), Region: c.Atlas.City().Code}
	drafts, approves := c.Hire(post), c.Hire(post)
	var f struct{ ID int64 }
	body := apptest.M{"register": "form_row", "zh": "样例登记", "en": "Sample", "purpose": "测试", "legal_basis": "测试", "owner": c.Identity.Directory().Orgs("", "", 0)[0].ID, "expires": "2030-12-31", "people": 1, "per_year": 1,
		"fields": []apptest.M{{"name": "shelf", "zh": "书架数", "en": "Shelves", "why_zh": "配书", "why_en": "", "kind": "number"}}}
	drafts.Do("POST", "/api/v1/forms", body).Want(201).Into(&f)
	drafts.Do("POST", fmt.Sprintf("/api/v1/forms/%d/submit", f.ID), apptest.M{"version": 1, "burden": 1}).Want(200)
	approves.Do("POST", fmt.Sprintf("/api/v1/forms/%d/publish", f.ID), apptest.M{"version": 2, "burden": 1}).Want(200)
	return f.ID
}

func roleWith(t *testing.T, p access.Perm) string {
	t.Helper()
	for _, r := range access.Roles() {
		if r.Grants(p) && r.Level == access.ByRegion && r.Depths[0] == 4 {
			return r.Code
		}
	}
	t.Fatal("no city role has " + string(p))
	return ""
}
