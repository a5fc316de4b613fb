// Package city makes the synthetic city 澄湖市 (code 9901) out of a seed.
//
// Generate is pure: no database, no clock, no files. The same Options give the
// same City, byte for byte, on one build. Each part (layout, buildings, names,
// organisations, people) draws from its own random stream, so that refining one
// part leaves the others as they were.
//
// The land is one planar mesh. District borders are drawn first (lake, river,
// ring road), then faces are cut again and again along a field of directions –
// streets, communities, grids, blocks – and every cut becomes a road, a canal
// or a wall. So all borders follow streets and every level is an exact
// partition of the one above, sharing vertices. Households are fitted to the
// grids afterwards. Nothing in it is taken from a real place or person.
package city
