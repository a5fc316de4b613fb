// Package whistle is what a street calls others together for.
//
// A whistle (吹哨) calls named departments to a matter: each reports (报到) within
// the limit, acts on site, gives its result, and the street confirms; both sides
// rate. Whole and Part in whistle.go are the two lives in two tables: of the
// whistle, and of each department's part in it. Who does not come is raised to a
// named leader and counted; who says "not ours" is released or called again, and
// from the number of times that the settings give on, one named person decides.
//
// A joint meeting (联席会议) has a quarter, an agenda proposed from unsolved cases,
// requests, resources and open tasks, guests, minutes and decisions. A decision
// is a task with an owner and a day; while it is open it comes into the next
// agenda by itself. Meeting and Task in meeting.go are its lives.
//
// All writes go through Service.Blow, Act, Convene and Do; every step is a row of
// joint_log with its digest on the audit chain. Cases, people and places come
// through the small interfaces below, connected in internal/app.
package whistle
