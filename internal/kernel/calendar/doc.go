// Package calendar counts time as a city's limits do: working hours, working
// days, calendar days and plain hours, with weekends, days off and make-up
// working days (调休) as data for each year.
//
// A Spec is the data (JSON, validated); New compiles it into a Calendar,
// which is immutable, safe for concurrent use and answers in well under a
// microsecond from tables built once per year. Instants are int64 microseconds
// UTC, days are int yyyymmdd in the calendar's zone.
//
// Add turns a Limit into the instant it is due. Elapsed, Left, Remaining and
// AddRemaining measure counted time only, so a pause costs nobody anything.
// Changing a calendar in mid-case: call Due again with the new Calendar.
// A case is overdue when now > due, never at the due instant itself.
package calendar
