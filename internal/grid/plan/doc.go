// Package plan is the planning studio: it takes communities of the city as
// they are (or an uploaded list of buildings), has them planned in the
// background, keeps the results, lets people compare and edit them, and brings
// one of them through the approval of two persons into force on a day.
//
// The planning itself is the pure library grid/planning. What the room adds is
// memory: a plan keeps the ground it was made on, a draft is a first
// assignment and an append-only log of edits, so that a reload, another
// process or another person finds everything, undo and redo included. Sheets
// (drafts opened for editing) live in memory and can always be made anew.
//
// A published plan becomes the city's grids through the region room, its
// workers' posts through the identity room and its open cases through the case
// room, each behind an interface that internal/app connects (ports.go).
package plan
