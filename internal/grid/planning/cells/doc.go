// Package cells divides land among points: each point has the part of the land
// that is nearer to it than to any other point (its Voronoi cell, clipped to
// the land). It gives areas, the borders that neighbours share, and outlines
// of any set of cells. Prepare measures with it, the renderers draw with it.
//
// Everything is metres in a flat frame. No polygon is ever clipped against
// another: a cell is convex before it meets the land, so its border consists of
// pieces of bisectors inside the land and pieces of the land's own border
// inside the cell. Both are found on one line each, and area and outline
// follow from the pieces. That holds for concave land, holes and slits.
package cells
