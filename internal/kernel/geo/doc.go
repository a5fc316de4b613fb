// Package geo answers where a point lies: which grid, which place is nearest,
// whether its coordinates were swapped or belong to another system.
//
// Everything inside Linli is WGS 84 (CGCS2000 differs by less than a metre),
// longitude first. GCJ-02 and BD-09 are converted at the edge with ToWGS84 and
// FromWGS84. Index (polygons) and Places (points) are built once, read-only and
// safe for concurrent use; a new version of the regions is a new index. Shapes
// are orb's types. Areas must not cross the 180th meridian.
package geo
