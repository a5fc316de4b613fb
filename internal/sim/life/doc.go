// Package life lives the life of the loaded city: people report, desks decide,
// units work, communities verify, seats call back. It is demo, load test and
// figure oracle in one.
//
// Run is a discrete-event simulator. Each matter draws from a random stream of
// its own, made of the seed and its number; nothing depends on the wall clock
// or on the order of a map, so the same seed, city and draw key give the same
// cases, row for row. Everything happens through the same commands as on the
// web, by accounts with their own scopes, at its virtual time. What would happen
// after the end does not happen: cases are left in every state.
//
// Replay lets given messages arrive instead of invented ones. The Oracle counts on its own what was done, for tests of figures.
// All texts and people are invented.
package life
