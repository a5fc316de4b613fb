package metric

import (
	"linli/internal/kernel/errs"
	"linli/internal/work/cases"
)

// The units of figures.
const (
	Count = "count"
	Rate  = "rate"
)

// Set is the cases with the mark Is and without the mark Not. Not implies Is,
// so that the set's size is the difference of two counters; the zero Not
// (cases.MarkReported) leaves nothing out. An Empty set has no cases.
type Set struct {
	Is, Not int
	Empty   bool
}

// Masks are the set as bits of Case.Marks: all of all are set, none of none.
func (s Set) Masks() (all, none int64) {
	if s.Empty {
		return 1, 1
	}
	if s.Not > 0 {
		none = 1 << s.Not
	}
	return 1 << s.Is, none
}

// Holds tells whether a case with the marks belongs to the set.
func (s Set) Holds(marks int64) bool {
	all, none := s.Masks()
	return marks&all == all && marks&none == 0
}

// Figure is one entry of the catalogue.
type Figure struct {
	ID          string
	Name        errs.Words
	Unit        string // Count or Rate
	Numerator   Set
	Denominator Set // holds the numerator; for counts it is the numerator
	Excluded    Set // what was looked at and does not count in the denominator; Empty for counts
	Says        Says
}

// Says is a figure in plain words.
type Says struct {
	Numerator, Denominator, Exclusions, Source, Definition errs.Words
}

// The parts of a figure.
const (
	Numerator   = "numerator"
	Denominator = "denominator"
	Excluded    = "excluded"
)

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// Catalogue lists the figures in their order of display.
func Catalogue() []Figure { return append([]Figure(nil), catalogue...) }

// ByID finds a figure; errs.NotFound if there is none.
func ByID(id string) (*Figure, error) {
	for i := range catalogue {
		if catalogue[i].ID == id {
			return &catalogue[i], nil
		}
	}
	return nil, errs.NotFound.New()
}

// Masks are the marks that the rows of a figure's part have and have not:
// numerator, denominator or excluded. It is what case lists filter by.
func Masks(id, part string) (all, none int64, err error) {
	f, err := ByID(id)
	if err != nil {
		return 0, 0, errs.Invalid.New("field", w("指标", "figure"), "remedy", w("没有这个指标，请重新选择", "there is no such figure; please choose again")).In("figure")
	}
	switch part {
	case Numerator:
		all, none = f.Numerator.Masks()
	case Denominator:
		all, none = f.Denominator.Masks()
	case Excluded:
		all, none = f.Excluded.Masks()
	default:
		return 0, 0, errs.Invalid.New("field", w("口径", "part"), "remedy", w("请选择 numerator、denominator 或 excluded", "use numerator, denominator or excluded")).In("part")
	}
	return all, none, nil
}

func (f *Figure) sets() []Set { return []Set{f.Numerator, f.Denominator, f.Excluded} }

// allCases tells whether the figure counts every case.
func (f *Figure) allCases() bool {
	return f.Unit == Count && f.Numerator == Set{Is: cases.MarkReported}
}
