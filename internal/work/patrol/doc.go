// Package patrol says who and what is to be visited, and keeps what was found.
//
// rule.go: a city's rules are data – who or what is due how often, with which
// questions and why. plan.go makes tasks of them: one for each obligation, named
// by rule, target and the day on which it was last met, so that planning may run
// any number of times, after a crash or with a clock that jumped, and gives the
// same tasks. share.go takes a fair share of them for a day from the workers'
// hours, tour.go puts it into walking order.
//
// visit.go is the only way in for what was done: Record settles everything that
// was due at a home in one stop, whoever does it and however often it is sent.
// lead.go is for those who arrange: postponing, handing over. Nothing here counts
// or compares workers: figures are about homes and communities.
package patrol
