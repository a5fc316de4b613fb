package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/files"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
	"linli/internal/kernel/web"
)

// Source names what fields refer to outside of registers.
type Source interface {
	Named(id int64) (Named, bool)
	// Find gives the ids that a person may mean by a code or a name, exact ones only.
	Find(text string) []int64
	// Search gives what a person may be looking for while typing, best first; "" gives the first ones.
	Search(text string, limit int) []Named
}

// Options are an engine's neighbours.
type Options struct {
	DB        *store.DB
	Vault     *vault.Vault
	Files     *files.Store // of attachments; nil: none
	Held      []Held       // what is held outside of registers, that forms do not ask again
	Today     func() int   // the city's day, yyyymmdd
	Zone      *time.Location
	Sources   map[string]Source         // region, grid, org, account
	Community func(grid int64) int64    // of a grid that is or was or comes, 0 if there is none
	Path      func(region int64) string // names of the region from the district down
}

// Engine holds the registers of a program.
type Engine struct {
	Options
	regs []*register
	read sync.Map // when what forms gather was last read: register and forms → day
	apis []func(*web.Router)
}

// New makes an engine with no registers but the city's own.
func New(o Options) *Engine {
	e := &Engine{Options: o}
	e.Sources = maps.Clone(o.Sources)
	e.Sources["form"] = formNames{e}
	Declare(e, Def[FormRow]{Code: ownRegister, Name: w("自建台账", "Registers of the city's own"), Group: "own", Read: access.FormRead, Write: access.FormWrite,
		Place: InDistrict, Label: func(r *FormRow) string { return r.Title }, Check: e.checkFormRow})
	return e
}

func (e *Engine) add(r *register, api func(*web.Router)) {
	if e.register(r.code) != nil {
		panic("ledger: register " + r.code + " is declared twice")
	}
	e.regs = append(e.regs, r)
	e.apis = append(e.apis, api)
}

func (e *Engine) register(code string) *register {
	if i := slices.IndexFunc(e.regs, func(r *register) bool { return r.code == code }); i >= 0 {
		return e.regs[i]
	}
	return nil
}

// Writers lists the permissions by which rows are written, for whoever lets files in.
func (e *Engine) Writers() []access.Perm {
	var out []access.Perm
	for _, r := range e.regs {
		if r.write != "" && !slices.Contains(out, r.write) {
			out = append(out, r.write)
		}
	}
	return out
}

// Check tells whether each register's table has the columns that its struct
// declares, and whether each reference leads somewhere. Call it once all
// registers are declared.
func (e *Engine) Check(ctx context.Context) error {
	for _, r := range e.regs {
		for _, f := range r.fields {
			if f.Kind == Ref && e.Sources[f.Ref] == nil && e.register(f.Ref) == nil {
				return fmt.Errorf("ledger: %s.%s refers to %q, which is no register and no source", r.code, f.Name, f.Ref)
			}
		}
		rows, err := e.DB.Query(ctx, "SELECT "+r.selectCols()+" FROM "+r.table+" r WHERE 1 = 0")
		if err == nil {
			err = errors.Join(rows.Err(), rows.Close())
		}
		if err != nil {
			return fmt.Errorf("ledger: the table of %s does not fit its struct: %w", r.code, err)
		}
	}
	return nil
}

// keeper is the program itself.
var keeper = access.System("registers")

// Put adds a row of the register with that code from fields as JSON has them,
// and returns its id: for doors that know registers only by name.
func (e *Engine) Put(ctx context.Context, scope access.Scope, code string, fields map[string]any) (int64, error) {
	r := e.register(code)
	if r == nil {
		return 0, errs.NotFound.New()
	}
	v := r.fresh()
	if err := r.apply(ctx, scope, v, fields); err != nil {
		return 0, err
	}
	var id int64
	err := e.DB.Write(ctx, func(tx *store.Tx) error {
		row := copied(v)
		if err := r.create(&Write{Ctx: ctx, Tx: tx, Scope: scope, Action: "create"}, row); err != nil {
			return err
		}
		id = base(row).ID
		return nil
	})
	return id, err
}

// Views describes every register, in the language.
func (e *Engine) Views(lang string) []RegisterView {
	out := make([]RegisterView, len(e.regs))
	for i, r := range e.regs {
		out[i] = r.view(keeper, lang)
	}
	return out
}
