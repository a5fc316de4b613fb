package plan

import (
	"context"

	"github.com/paulmach/orb"

	"linli/internal/grid/planning"
	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
)

// City is what the room needs of the city's regions and grids.
type City interface {
	// Communities lists those in the area (a region's code) in order of code.
	Communities(area int64) []Community
	// Survey gathers what lies in communities; errs.NotFound for one that does not exist.
	Survey(ctx context.Context, communities []int64) (*Survey, error)
	// Publish and Undo write into the caller's transaction; see region.Redraw.
	Publish(tx *store.Tx, scope access.Scope, r Redraw) error
	Undo(tx *store.Tx, scope access.Scope, id int64) error
	// Refresh makes what was published known to this process.
	Refresh(ctx context.Context) error
}

// Community is one that can be chosen.
type Community struct {
	Code        int64
	Name        string
	StreetName  string
	Households  int
	Grids       int // basic ones, today
	OutOfBounds int // of those, with fewer than 300 or more than 500 households
}

// Survey is communities as they are. Shapes and barriers are WGS 84.
type Survey struct {
	Communities []Place
	Buildings   []Building
	Compounds   map[int64]string
	Grids       []OldGrid
	Barriers    []planning.Barrier
}

// Place is a community with its boundary.
type Place struct {
	Code  int64
	Name  string
	Shape orb.MultiPolygon
}

// Building is a building with the position of its entrance.
type Building struct {
	ID         int64
	Name       string // with its compound's: 翠湖花园3号楼
	Kind       string
	Compound   int64
	Grid       int64
	Community  int64
	Lon, Lat   float64
	Households int
}

// NewGrid is a grid as it is from the publication's day on.
type NewGrid struct {
	ID         int64
	Kind       string
	Purpose    string
	Community  int64
	Name       string
	Code       int64
	Polygon    string
	Households int
	Note       string
}

// Redraw is a publication, as the region room takes it.
type Redraw struct {
	ID          int64
	From        int
	Communities []int64
	Grids       []NewGrid
	Ended       []int64
	Buildings   map[int64]int64
}

// People is what the room needs of accounts and posts.
type People interface {
	Account(id int64) string
	// Workers lists who works in the grids today.
	Workers(grids []int64) []Worker
	// Move ends a post on a day and gives its holder the same in another grid
	// from that day on. Done before, it changes nothing.
	Move(ctx context.Context, post, grid int64, day int) error
	// MoveBack undoes Move before the day.
	MoveBack(ctx context.Context, post, grid int64, day int) error
}

// Worker is a grid worker's post.
type Worker struct {
	Post    int64
	Account int64
	Name    string
	Grid    int64
}

// Cases is what the room needs of the case room: open cases of the grids that
// were planned anew (old → the new one that has most of it) go where they lie
// now. It returns how many moved.
type Cases interface {
	FollowGrids(ctx context.Context, heirs map[int64]int64) (int, error)
}
