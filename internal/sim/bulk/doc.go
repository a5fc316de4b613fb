// Package bulk makes large synthetic data sets for measurements.
//
// Nobody lives these cases: a case's state and times are drawn at once, and
// cases.Seed writes thousands of them in one transaction. The rows, counters,
// digests and audit entries are those that any write makes, so `linli verify`
// and a recount of the figures hold. Each case has one step of history instead
// of eight or so, and no reporter. For a lived city see package life.
package bulk
