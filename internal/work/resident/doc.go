// Package resident is the city's front door (/): people report without an
// account, follow what became of it with a number and a code, and see what
// others reported.
//
// The pages are HTML made here (page/*.html, page/door.css) and work without
// script; web/src/resident makes them quicker to use: suggestions while typing,
// places, photos shrunk on the phone, the map. report.go takes a report in,
// follow.go tells its story and takes the reporter's own acts, matters.go shows
// the public list, map and open data, guard.go keeps floods out without ever
// standing in the way of a hazard. Everything goes through the case room, which
// the app connects; what is said about a case to its reporter follows the audit
// chain (notice.go).
package resident
