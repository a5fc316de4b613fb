package ledger

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Row is the part that all registers share. Embed it first.
//
// A row hangs on a region of any level, or on a grid by its id that never
// changes; Region, Street, Community and District follow from it. Org is the
// organisation whose row it is, for posts that reach rows by organisation.
type Row struct {
	ID        int64
	District  int // 0 for rows of the city itself; never changes
	Version   int // 1, 2, …
	Region    int64
	Street    int64
	Community int64
	Grid      int64
	Org       int64
	From      Day            // first day in force
	To        Day            // last day in force, 0 = open
	State     string         // Active, one of the register's own, Ended or Void
	Person    int64          // vault record of the personal fields, 0 = none
	Extra     map[string]any // the city's own fields
	CreatedAt int64          // microseconds UTC
	UpdatedAt int64
}

// The states of every register. A row that an undone import had brought is Void:
// no list shows it.
const (
	Active = "active"
	Ended  = "ended"
	Void   = "void"
)

// columnsOfRow are the columns of Row, as the macro {{ledger}} of migrations makes them.
var columnsOfRow = []string{"district", "id", "version", "region", "street", "community", "grid", "org", "valid_from", "valid_to", "state", "person", "extra", "created_at", "updated_at"}

// InForce tells whether the row counts on the day.
func (r *Row) InForce(day int) bool {
	d := Day(day)
	return r.State != Void && r.From <= d && (r.To == 0 || d < r.To || d == r.To && r.State != Ended)
}

// Target is where the row lies, for scopes.
func (r *Row) Target() access.Target {
	t := access.Target{District: r.District, Street: r.Street, Community: r.Community, Grid: r.Grid}
	if r.Org != 0 {
		t.Orgs = []int64{r.Org}
	}
	return t
}

// rowCols ties scopes to every register's table.
var rowCols = access.Cols{District: "r.district", Street: "r.street", Community: "r.community", Grid: "r.grid", Org: "r.org"}

// Level says how far down a row of a register must hang.
type Level int

// The levels, by the digits of their codes.
const (
	Anywhere    Level = 0
	InDistrict  Level = 6
	InStreet    Level = 9
	InCommunity Level = 12
	InGrid      Level = 15
)

// Write is a change being written, for a register's own rules.
type Write struct {
	Ctx    context.Context
	Tx     *store.Tx
	Scope  access.Scope
	Today  int
	Action string // create, change, end, move (the grid was planned anew), void
	Reason string
}

// Def declares a register.
type Def[T any] struct {
	Code  string // stable snake_case: "party_branch"
	Table string // Code if ""
	Name  errs.Words
	Group string // under which the desk shows it: party, workforce, liaison, partner, household …

	Read   access.Perm
	Write  access.Perm // "": nobody changes rows by hand; rooms do
	Reveal access.Perm // who may see personal fields in the clear

	Place  Level
	Label  func(*T) string // how other rows name one; the first text field if nil
	States string          // the register's own states before ended, "draft:草稿:Draft; active:有效:Active"; the first is where rows begin
	// Single are sets of fields: rows that are equal in all of one set may not be in
	// force on the same day. Standard fields (grid, org …) are named as in JSON.
	Single [][]string
	// Twice are fields by which an import tells that a row may be there already,
	// besides unique ones; a telephone number always counts.
	Twice []string
	// Check is the register's own rule over several fields, old is nil for a new
	// row. It may change row. It runs inside the write; errors name their field with In.
	Check func(w *Write, row, old *T) error
	// Then does what else belongs to the write, in the same transaction.
	Then func(w *Write, row, old *T) error
}

// register is a declared register without its Go type.
type register struct {
	e             *Engine
	code, table   string
	name          errs.Words
	group         string
	read          access.Perm
	write, reveal access.Perm
	place         Level
	states        []Option
	single        [][]*Field
	twice         []*Field
	fields        []*Field
	typ           reflect.Type
	label         func(row any) string
	check, then   func(w *Write, row, old any) error
	tab           *store.Table
	personal      bool
	tree          *Field // refers to the register itself
}

// Register is a declared register.
type Register[T any] struct{ *register }

// Declare makes a register of the struct T, which embeds Row. Mistakes in the
// declaration are the programmer's and panic.
func Declare[T any](e *Engine, d Def[T]) *Register[T] {
	t := reflect.TypeFor[T]()
	r := &register{e: e, code: d.Code, table: d.Table, name: d.Name, group: d.Group, read: d.Read, write: d.Write, reveal: d.Reveal, place: d.Place, typ: t}
	fail := func(why string) { panic("ledger: register " + d.Code + ": " + why) }
	if r.table == "" {
		r.table = d.Code
	}
	if d.Code == "" || d.Name.ZH == "" || d.Name.EN == "" || !d.Read.Known() || d.Write != "" && !d.Write.Known() || d.Reveal != "" && !d.Reveal.Known() {
		fail("it wants Code, Name, Read and known permissions")
	}
	states := d.States
	if states == "" {
		states = "active:有效:Active"
	}
	r.states = append(options(states, fail), Option{Ended, w("已结束", "Ended")}, Option{Void, w("已撤销", "Withdrawn")})
	r.fields = fieldsOf(t, r.states)
	cols := slices.Clone(columnsOfRow)
	for _, f := range r.fields {
		if f.Standard {
			continue
		}
		cols = append(cols, f.Name)
		r.personal = r.personal || f.Kind == Personal
		if f.Ref == d.Code {
			r.tree = f
		}
	}
	if r.personal != (d.Reveal != "") {
		fail("Reveal goes with personal fields")
	}
	r.tab = &store.Table{Name: r.table, Cols: cols}
	for _, set := range d.Single {
		r.single = append(r.single, r.named(set, fail))
	}
	r.twice = r.named(d.Twice, fail)
	r.label = r.firstText
	if d.Label != nil {
		r.label = func(row any) string { return d.Label(row.(*T)) }
	}
	as := func(x any) *T { p, _ := x.(*T); return p }
	r.check, r.then = func(*Write, any, any) error { return nil }, func(*Write, any, any) error { return nil }
	if d.Check != nil {
		r.check = func(w *Write, row, old any) error { return d.Check(w, as(row), as(old)) }
	}
	if d.Then != nil {
		r.then = func(w *Write, row, old any) error { return d.Then(w, as(row), as(old)) }
	}
	reg := &Register[T]{r}
	e.add(r, reg.api)
	return reg
}

func (r *register) named(names []string, fail func(string)) []*Field {
	var out []*Field
	for _, n := range names {
		f := r.field(n)
		if f == nil || f.Kind == Personal {
			fail("no such field: " + n)
		}
		out = append(out, f)
	}
	return out
}

// field is the field of that name, or nil.
func (r *register) field(name string) *Field {
	if i := slices.IndexFunc(r.fields, func(f *Field) bool { return f.Name == name }); i >= 0 {
		return r.fields[i]
	}
	return nil
}

// Code is the register's code.
func (r *register) Code() string { return r.code }

// Name is what the register is called.
func (r *register) Name() errs.Words { return r.name }

func (r *register) firstText(row any) string {
	v := reflect.ValueOf(row).Elem()
	for _, f := range r.fields {
		if (f.Kind == Text || f.Kind == Personal) && !f.Standard {
			return fmt.Sprint(f.get(v))
		}
	}
	return fmt.Sprint(base(v).ID)
}

// base is the Row of a row.
func base(v reflect.Value) *Row { return v.FieldByName("Row").Addr().Interface().(*Row) }

// fresh is an empty row of the register's type.
func (r *register) fresh() reflect.Value { return reflect.New(r.typ).Elem() }

// copied is a copy that may be changed without changing the row.
func copied(v reflect.Value) reflect.Value {
	n := reflect.New(v.Type()).Elem()
	n.Set(v)
	return n
}

func (r *register) selectCols() string { return "r." + strings.Join(r.tab.Cols, ", r.") }

// Options are the values of a field with choices, in their order.
func (r *Register[T]) Options(field string) []Option {
	if f := r.field(field); f != nil {
		return slices.Clone(f.Options)
	}
	return nil
}
