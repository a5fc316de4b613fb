// Package region knows where things are: the tree city → district → street →
// community, its grids, compounds, buildings, roads and other named places,
// and the base map drawn from them.
//
// The tables are small reference lists. Every process keeps them in memory as
// an Atlas, an immutable snapshot that is swapped when the tables change, so
// that "which grid is this point in", "what is 990101001003 called" and
// "翠湖花园3号楼" are answered without the database.
//
// A grid has an id that never changes and a code that does, when the city is
// planned anew. Positions are WGS 84; Place warns when a position looks like
// swapped axes or like GCJ-02 taken for WGS 84.
package region
