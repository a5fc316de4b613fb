// Package open311 speaks Open311 GeoReport v2 with other programs, in XML and
// JSON: they learn which services there are, report, follow what they reported
// and read what anybody may know. docs/open311.md is written for them.
//
// A service is a category in force that takes cases, its attributes are the
// category's questions, a request is a case, its id the case's number. A POST is
// the command that every door uses; an update from outside becomes the acts that
// the life of a case allows to the unit whose key it carries, or a note – never
// more. What a reader sees is decided in one place (reader): a key whose posts
// read cases sees their area, any other key what it reported itself and what
// anybody may know, nobody's key the latter.
//
// The room knows its neighbours – rulebook, cases, map – only through the
// interfaces in ports.go.
package open311
