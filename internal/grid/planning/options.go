package planning

// The bounds of the national guideline: households in a grid.
const (
	DefaultMin    = 300
	DefaultMax    = 500
	DefaultTarget = 400
)
