// Package metric is the city's figures (指标): what each means, its numbers, and
// the rows behind them.
//
// catalogue.go is one table of figures. A figure's numerator, denominator and
// exclusions are sets of cases, told by marks (cases/marks.go); the same marks
// are summed in the roll-ups and searched for in drill-downs, so that a number
// and its rows cannot differ, and a test holds them equal.
//
// Days are days of report: a figure of October is about the cases reported in
// October, as they stand now. Whole months come from the month cubes, the days
// at both ends from the day cube or, for what that does not hold, from the
// cases themselves; so do all figures of a scope that no cube has (a community,
// a grid, a unit). One query a district, added up here; store.go has the SQL.
package metric
