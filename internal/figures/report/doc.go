// Package report keeps reports (报表): saved queries of a register or a figure with
// a period and recipients. Nobody is asked anything for a report; it is computed
// from records through the registers' own lists and the one figure path, in the
// eyes of each recipient: what somebody does not reach is in nobody's report.
//
// period.go has the months, quarters and years of the city's calendar, report.go
// what a report may ask, store.go its SQL, api.go its operations. A run is what one
// recipient got for one period, with its rows, and says when it was made. It never
// changes: making a report anew adds a run beside the old ones.
package report
