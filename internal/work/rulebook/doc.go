// Package rulebook holds everything that a city may set differently: the tree
// of categories with their limits and evidence rules, the calendar, the
// routing rules, and settings such as call-back rates. All of it is versioned
// data with a start date, never code.
//
// A Book is what is in force at an instant, compiled into memory: Limits,
// Calendar and Route are answered without the database. A publication is
// checked first: rules that are shadowed, contradict each other, can never
// match, name an unknown unit or category, or lack a backstop are refused with
// the reason in plain words. A rule that cannot run is loud, never silently
// skipped. A preview tells what a change would have done to past cases.
//
// A case keeps the category version that it was filed under (CategoryAt).
//
// Rules are the city's: the column district of rule_version is 0 in every row and
// there for the key alone. What differs between districts is a condition of a
// routing rule, not a second rulebook.
package rulebook
