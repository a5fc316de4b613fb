// Package topic shows the desk what many people speak of, and where more reports
// come in than usual.
//
// The library theme groups messages; this room lets it follow the city's cases, in
// memory and newest first, so that every process has its own and none is written.
// What somebody sees of a topic is summed anew from those of its cases that the
// scope reaches: its people, name, rise and place. A person may make one special
// case of it, into which the others are merged by the rules of a case's life.
//
// The library early finds communities with more reports of a kind than usual once
// an hour (signs.go); a person takes a sign up or dismisses it.
package topic
