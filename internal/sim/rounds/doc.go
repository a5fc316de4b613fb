// Package rounds gives the synthetic city its homes, the care that some of them
// have agreed to, the rules of visits, and some weeks of visits that followed
// them. The same seed and city give the same homes and visits. All people are
// invented; their names and numbers lie in the vault as real ones would.
package rounds
