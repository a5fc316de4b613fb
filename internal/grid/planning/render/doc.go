// Package render shows a plan of grids: as GeoJSON and SVG, as an Excel list
// and as a PDF with one printable page a grid. Nothing is read but what is
// given; output goes to a writer and is the same for the same plan.
//
// Grids are drawn as the union of their units' cells, recomputed from the
// units' places and the communities' borders, so that any instance in the
// format of docs/planning.md can be drawn.
package render
