package ledger

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/kernel/web"
)

// RegisterView is a register as the desk's table and form are made from it, in
// the caller's language.
type RegisterView struct {
	Code   string      `json:"code"`
	Name   string      `json:"name"`
	About  string      `json:"about,omitempty" doc:"what one of the city's own is for"`
	Form   int64       `json:"form,omitempty" doc:"one of the city's own registers: rows of form_row with where=form=ID"`
	Group  string      `json:"group"`
	Place  int         `json:"place_digits" doc:"how far down a row must hang: 0 anywhere, 6 district, 9 street, 12 community, 15 grid"`
	Tree   string      `json:"tree,omitempty" doc:"the field that names the row above, where rows form a tree"`
	May    May         `json:"may"`
	Fields []FieldView `json:"fields"`
}

// May is what the caller may do with a register somewhere.
type May struct {
	Write  bool `json:"write"`
	Reveal bool `json:"reveal"`
}

// FieldView is a field of a register.
type FieldView struct {
	Name     string       `json:"name"`
	Kind     string       `json:"kind" enum:"text,long,choice,choices,number,decimal,bool,day,ref,personal"`
	Label    string       `json:"label"`
	Why      string       `json:"why,omitempty" doc:"the reason for which it is asked"`
	Standard bool         `json:"standard,omitempty" doc:"of every register"`
	Required bool         `json:"required,omitempty"`
	Fixed    bool         `json:"fixed,omitempty" doc:"not changed once it is set"`
	Unique   bool         `json:"unique,omitempty"`
	Filter   bool         `json:"filter,omitempty" doc:"lists are narrowed and sorted by it"`
	Search   bool         `json:"search,omitempty" doc:"q looks at it"`
	Max      int          `json:"max,omitempty" doc:"characters, or the greatest number"`
	Min      *int64       `json:"min,omitempty"`
	Options  []OptionView `json:"options,omitempty"`
	Ref      string       `json:"ref,omitempty" doc:"region, grid, org, account, or a register's code"`
	Part     string       `json:"part,omitempty" enum:"name,phone,contact" doc:"of a personal field"`
	Class    string       `json:"class,omitempty" doc:"permission that it needs"`
	City     bool         `json:"city,omitempty" doc:"the city's own: its name begins with x."`
	Closed   bool         `json:"closed,omitempty" doc:"its form is closed or has expired: it is shown and not asked any more"`
}

// OptionView is one value of a choice.
type OptionView struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

type registersOut struct {
	Body struct {
		Items []RegisterView `json:"items"`
	}
}

func (e *Engine) registers(ctx context.Context, scope access.Scope, _ *struct{}) (*registersOut, error) {
	out := &registersOut{}
	out.Body.Items = []RegisterView{}
	lang := web.Lang(ctx)
	for _, r := range e.regs {
		if _, err := scope.For(r.read); err != nil || r.code == ownRegister {
			continue
		}
		v := r.view(scope, lang)
		own, err := r.everAsked(ctx, 0)
		if err != nil {
			return nil, err
		}
		for _, f := range own {
			if may(scope, f) {
				v.Fields = append(v.Fields, f.view(lang))
			}
		}
		out.Body.Items = append(out.Body.Items, v)
	}
	forms, err := e.formsWhere(ctx, e.DB, "published_at <> 0 AND register = ?", ownRegister)
	if err != nil {
		return nil, err
	}
	own := e.register(ownRegister)
	if _, err := scope.For(own.read); err != nil {
		return out, nil
	}
	for _, form := range forms { // each of the city's own registers, as a part of form_row
		v := own.view(scope, lang)
		v.Form, v.Name, v.About = form.ID, form.name().In(lang), form.Purpose
		v.May.Write = v.May.Write && form.asks(e.Today())
		for i := range form.Fields {
			if f := form.Fields[i].field(); may(scope, f) {
				v.Fields = append(v.Fields, f.view(lang))
			}
		}
		out.Body.Items = append(out.Body.Items, v)
	}
	return out, nil
}

func (r *register) view(scope access.Scope, lang string) RegisterView {
	has := func(p access.Perm) bool {
		if p == "" {
			return false
		}
		_, err := scope.For(p)
		return err == nil
	}
	v := RegisterView{Code: r.code, Name: r.name.In(lang), Group: r.group, Place: int(r.place), May: May{Write: has(r.write), Reveal: has(r.reveal)}, Fields: []FieldView{}}
	if r.tree != nil {
		v.Tree = r.tree.Name
	}
	for _, f := range r.fields {
		if !may(scope, f) {
			continue
		}
		v.Fields = append(v.Fields, f.view(lang))
	}
	return v
}

func (f *Field) view(lang string) FieldView {
	x := FieldView{Name: f.Name, Kind: string(f.Kind), Label: f.Label.In(lang), Why: f.Why.In(lang), Standard: f.Standard, Required: f.Required, Fixed: f.Fixed, Unique: f.Unique, Filter: f.Filter, Search: f.Search,
		Max: f.Max, Min: f.Min, Ref: f.Ref, Part: f.Part, Class: string(f.Class), City: f.extra != "", Closed: f.closed}
	for _, o := range f.Options {
		if !(f.Standard && o.Code == Void) {
			x.Options = append(x.Options, OptionView{o.Code, o.Name.In(lang)})
		}
	}
	return x
}
