package patrol

import (
	"context"
	"sync"
	"sync/atomic"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/store"
)

// City is what the room needs of regions, grids and buildings.
type City interface {
	// Communities lists the codes of all communities.
	Communities() []int64
	// Buildings lists those of a community with the grids that they lie in today.
	Buildings(community int64) []Building
	Building(id int64) (Building, bool)
	// Place is a building's name with its compound's: 翠湖花园3号楼.
	Place(building int64) string
	// Grids lists the grids of an area (region code, 0 all) in order of code.
	Grids(area int64) []Grid
	Name(code int64) string
}

// Grid is one with its name.
type Grid struct {
	ID, Community int64
	Name          string
}

// Homes is what the room needs of households.
type Homes interface {
	// In lists the homes of a community's buildings with the needs in force on the day.
	In(ctx context.Context, district int, community int64, day int) ([]Home, error)
	// Home is one home, the one that was kept if it was joined to another; errs.NotFound if there is none in the district.
	Home(tx *store.Tx, district int, id int64) (Home, error)
	// Rooms names homes: "1单元 301".
	Rooms(ctx context.Context, district int, ids []int64) (map[int64]string, error)
	// Same are the ids under which a home was and is known, its own among them.
	Same(ctx context.Context, districts []int, home int64) ([]int64, error)
	// Needs lists the kinds of care needs, with their names.
	Needs() map[string]errs.Words
}

// Hazards lists the open cases of a community that are of one of the grades.
type Hazards interface {
	Hazards(ctx context.Context, district int, community int64, grades []string) ([]Hazard, error)
}

// Files lists what hangs on visits.
type Files interface {
	OfEach(ctx context.Context, r store.Reader, district int, kind string, objects []int64) (map[int64][]files.File, error)
}

// People is what the room needs of accounts and posts.
type People interface {
	Account(id int64) string
	// Workers lists who works in the grid on the day: not who is on leave, but who covers.
	Workers(ctx context.Context, grid int64, day int) ([]Worker, error)
	// Holders lists who may record visits at the target on the day.
	Holders(t access.Target, day int) []Worker
}

// Worker is somebody who visits. Share is the part of the day's hours that this
// grid gets of them: 1 for one grid, ½ each for the own one and a covered one.
type Worker struct {
	Account int64
	Name    string
	Share   float64
}

// Service is the room.
type Service struct {
	DB       *store.DB
	City     City
	Homes    Homes
	Hazards  Hazards
	People   People
	Files    Files
	Calendar func() *calendar.Calendar
	Known    func(code, text string) (where errs.Words, ok bool) // where the system holds what a question asks
	Router   Router
	Hours    Hours

	last  atomic.Pointer[kept]
	sheet sync.Map // versions of rules, which never change: [2]int64 → *Rule
}

// Hours are the minutes of a day that a worker walks: on working days, and the
// stand-by service's on days off.
type Hours struct{ Work, Off int }

// DefaultHours are a city's that set none: five hours of a working day, two of a
// day off. Offices of grids are staffed every day.
var DefaultHours = Hours{Work: 300, Off: 120}

// Today is the city's day.
func (s *Service) Today(ctx context.Context) int { return s.Calendar().Day(s.DB.NowIn(ctx)) }

func (s *Service) minutes(day int) int {
	if s.Calendar().Workday(day) {
		return s.Hours.Work
	}
	return s.Hours.Off
}
