// Package cases is the life of a case (事件), from report to verified end.
//
// life.go is the table of that life; everything that may happen to a case is a
// row in it. command.go is the only way in: Report makes a case, Act moves it.
// Both decode nothing and render nothing: the web, the simulator, imports and
// later doors (Open311, hotline, phones) call the same two. An act writes, in
// one transaction, the log row, the present row, the units and requests it
// touches, the counters of every figure, and the audit entry.
//
// marks.go says what a case counts for; the same marks are summed in the
// roll-ups and searched for in drill-downs, so that a figure and its rows can
// not differ. list.go and page.go read.
package cases
