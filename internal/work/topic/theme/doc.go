// Package topic finds what many people speak of in a stream of messages, without
// waiting for equal words: messages are grouped by theme, place and time as they
// come, each once. docs/topics.md tells the method and what it reaches.
//
// stream.go is the library: pure, in bounded memory, the same order gives the
// same topics. words.go weighs terms, people.go counts persons, name.go makes a
// topic's name of its own words and its rise.
package theme
