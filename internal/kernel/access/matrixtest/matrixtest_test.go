package matrixtest_test

import (
	"os"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/access/matrixtest"
	"linli/internal/kernel/errs"
)

var world = matrixtest.World{
	Target:        matrixtest.Place{City: 9901, District: 990101, Street: 990101001, Community: 990101001001, Grid: 1, Org: 11},
	Sibling:       matrixtest.Place{City: 9901, District: 990101, Street: 990101001, Community: 990101001002, Grid: 2, Org: 12},
	OtherStreet:   matrixtest.Place{City: 9901, District: 990101, Street: 990101002, Community: 990101002001, Grid: 3, Org: 13},
	OtherDistrict: matrixtest.Place{City: 9901, District: 990102, Street: 990102001, Community: 990102001001, Grid: 4, Org: 14},
	OtherCity:     matrixtest.Place{City: 8801, District: 880101, Street: 880101001, Community: 880101001001, Grid: 5, Org: 15},
	Today:         20261123,
}

func TestMain(m *testing.M) {
	access.SetDistricts(990101, 990102)
	os.Exit(m.Run())
}

// TestScopesAgree asks policies and scopes directly what the app-level test
// asks over HTTP.
func TestScopesAgree(t *testing.T) {
	t.Parallel()
	ops := []matrixtest.Op{
		{ID: "public", Policy: access.Public},
		{ID: "me", Policy: access.SignedIn},
		{ID: "either", Policy: access.Needs(access.AuditRead, access.CaseHandle), Scoped: true},
	}
	for _, p := range access.Perms() {
		ops = append(ops, matrixtest.Op{ID: "list " + string(p), Policy: access.Needs(p)},
			matrixtest.Op{ID: "get " + string(p), Policy: access.Needs(p), Scoped: true})
	}
	cells, err := matrixtest.Matrix(ops, world)
	if err != nil {
		t.Fatal(err)
	}
	target := access.Target{District: 990101, Street: 990101001, Community: 990101001001, Grid: 1, Orgs: []int64{11}}
	seen := map[matrixtest.Want]int{}
	for _, c := range cells {
		seen[c.Want]++
		s, err := c.Op.Policy.Authorize(c.Fixture.Actor, world.Today)
		if err == nil && c.Op.Scoped {
			err = s.Check(target)
		}
		status := 200
		if err != nil {
			status = errs.As(err).Kind.Status
		}
		if err := c.Check(status); err != nil {
			t.Error(err)
		}
	}
	for _, w := range []matrixtest.Want{matrixtest.Allow, matrixtest.Unauthorized, matrixtest.Forbidden, matrixtest.Hide} {
		if seen[w] == 0 {
			t.Errorf("the matrix has no cell %q", w)
		}
	}
}

func TestMatrixRefusesAnUndeclaredPolicy(t *testing.T) {
	t.Parallel()
	if _, err := matrixtest.Matrix([]matrixtest.Op{{ID: "forgotten"}}, world); err == nil {
		t.Error("an operation without a policy passed")
	}
}
