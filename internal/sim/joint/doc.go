// Package joint fills the demo city with what its organisations do together:
// agreements, projects, matters, social forces, service batches, sessions of
// volunteers, whistles and joint meetings. At scale 1 the totals are those of
// DOMAIN.md, by counting records; the same seed gives the same records. Registers
// are loaded in bulk, whistles and meetings are lived: each step is done by an
// account with its own scope, at its time. All names are invented.
package joint
