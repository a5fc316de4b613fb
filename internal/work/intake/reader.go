package intake

import (
	"slices"

	"linli/internal/kernel/tabular"
)

// Reader reads single rows, for a door through which matters come one by one. It
// holds the names of the city as they were when it was made; it may be used by
// many at once.
type Reader struct{ r *resolver }

// NewReader makes a reader. Of the options it takes Scope, City, Zone, Channel,
// District, Open, Lenient and Began.
func NewReader(o Options) *Reader { return &Reader{newResolver(&o, nil, nil, 0, false)} }

// Read turns the cells of a row into a matter; the errors of all its fields at
// once, and beside them what could be read. A column that the row lacks is
// empty. now is in microseconds UTC.
func (x *Reader) Read(m Mapping, columns, cells []string, now int64) (*Matter, []RowError) {
	r := *x.r
	r.mapping, r.now, r.column = m, now, map[Field]int{}
	for f, rule := range m {
		r.column[f] = slices.Index(columns, rule.Column)
	}
	return r.matter(tabular.Row{Number: 1, Cells: cells})
}

// IsPlace tells whether a field says where a matter was.
func (f Field) IsPlace() bool {
	return slices.Contains([]Field{District, Street, Community, Grid, Lon, Lat, CRS, Address}, f)
}
