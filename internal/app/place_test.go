package app_test

import (
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access/matrixtest"
	"linli/internal/work/rulebook"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// spot is a place as a report gives it.
func spot(p matrixtest.Place) apptest.M { return apptest.M{"grid_id": p.Grid} }

// Kinds of categories that tests need.
func plain(c *rulebook.Category) bool    { return !c.Evidence.Resolved && !c.Evidence.Found }
func evidence(c *rulebook.Category) bool { return c.Evidence.Resolved && !c.Evidence.Found }
func onSpot(c *rulebook.Category) bool   { return c.Onsite && plain(c) }

// leafWith finds a category in force of that kind.
func leafWith(t testing.TB, c *apptest.City, want func(*rulebook.Category) bool) *rulebook.Category {
	t.Helper()
	for _, x := range c.Rulebook.Current(c.DB.Now()).Tree() {
		if x.Leaf && want(x) {
			return x
		}
	}
	t.Fatal("the city has no such category")
	return nil
}
