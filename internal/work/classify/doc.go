// Package classify proposes what a matter is about, how urgent it is, where it
// lies and what its reporter wants. It never decides: people choose, and every
// choice is kept beside what was proposed (DOMAIN.md, rule 11).
//
// Categories come from a model (package learn) of the city's own cases as people
// corrected them; a city without history starts with the categories' own words.
// Models are rows: a new one goes into force only if it does better on cases that
// neither it nor the one in force has seen, and an earlier one can be put back.
// Urgency comes from the city's list of danger words, which is data, and from a
// model that may raise a grade but never lowers what the list says.
//
// The room follows the audit chains: for each reported case it keeps what it
// proposed, for each later change of category what was chosen. Where the city has
// set a threshold, it gives a case that came without a category its likeliest one
// – nothing else: it never declines, merges, closes or grades down.
package classify
