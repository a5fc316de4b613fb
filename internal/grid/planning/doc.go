// Package planning draws grids: it divides each community of a city into
// contiguous grids of 300 to 500 households (the bounds are parameters).
//
// An Instance is the city as a planner sees it: units (buildings, or one
// entrance of a tower), their neighbours, communities, barriers. Solve plans
// it, Judge measures a plan, LowerBounds says what no plan can beat, Prove
// certifies that a community cannot be divided within the bounds, and a
// Session lets a person edit a plan and see at once what each edit costs.
//
// The package knows neither database nor server. The same instance, options
// and seed give the same plan, whatever the number of threads. The method,
// its bounds and its limits are told in docs/planning.md.
package planning
