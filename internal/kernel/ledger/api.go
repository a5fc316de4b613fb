package ledger

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
	"linli/internal/kernel/web"
)

const prefix = "/api/v1/ledger"

// API registers what all registers share, and the operations of each.
func (e *Engine) API(r *web.Router) {
	web.Register(r, web.Op{ID: "list-registers", Method: "GET", Path: prefix, Policy: access.SignedIn, Tags: []string{"ledger"}, Summary: "可用的台账及其字段", SummaryEN: "The registers that one may read, with their fields"}, e.registers)
	e.formAPI(r)
	for _, api := range e.apis {
		api(r)
	}
}

// Item is a row as JSON has it; each register's document names its own fields.
type Item struct{ itemBody }

// document tells of an operation what its Go types, which are the same for all
// registers, cannot: the fields of this one. An instance of the types for each
// register would say the same, and take the compiler minutes.
func (r *register) document(router *web.Router, id string) {
	router.Document(id, func(op *huma.Operation, reg huma.Registry) {
		row := r.component(reg, "", func() *huma.Schema {
			s := huma.SchemaFromType(reg, reflect.TypeFor[itemBody]())
			s.Properties["fields"] = r.fieldSchema(false)
			return s
		})
		for _, answer := range op.Responses {
			own(answer.Content, reflect.TypeFor[Item](), func() *huma.Schema { return row })
			own(answer.Content, reflect.TypeFor[listBody](), func() *huma.Schema {
				s := huma.SchemaFromType(reg, reflect.TypeFor[listBody]())
				s.Properties["items"] = &huma.Schema{Type: huma.TypeArray, Items: row}
				return s
			})
		}
		if op.RequestBody == nil {
			return
		}
		for _, body := range []reflect.Type{reflect.TypeFor[createBody](), reflect.TypeFor[changeBody]()} {
			own(op.RequestBody.Content, body, func() *huma.Schema {
				s := huma.SchemaFromType(reg, body)
				s.Properties["fields"] = r.component(reg, "Fields", func() *huma.Schema { return r.fieldSchema(true) })
				return s
			})
		}
	})
}

// own replaces a schema that refers to the Go type.
func own(content map[string]*huma.MediaType, t reflect.Type, by func() *huma.Schema) {
	for _, m := range content {
		if m.Schema != nil && strings.EqualFold(m.Schema.Ref, "#/components/schemas/Ledger"+t.Name()) {
			m.Schema = by()
		}
	}
}

// component keeps a schema under the name of the register's Go type, so that it is
// written once.
func (r *register) component(reg huma.Registry, suffix string, make func() *huma.Schema) *huma.Schema {
	t := r.typ
	room := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
	name := "Ledger" + strings.ToUpper(room[:1]) + room[1:] + strings.ToUpper(t.Name()[:1]) + t.Name()[1:] + suffix
	if _, ok := reg.Map()[name]; !ok {
		s := make()
		s.PrecomputeMessages()
		reg.Map()[name] = s
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

// fieldSchema describes the register's fields. What comes in is checked by the
// register itself, which tells all that is wrong with its own words.
func (r *register) fieldSchema(in bool) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, AdditionalProperties: true}
	for _, f := range r.fields {
		p := &huma.Schema{Description: f.Label.EN, Extensions: map[string]any{"x-kind": f.Kind, "x-label": f.Label.ZH}}
		if f.Ref != "" {
			p.Extensions["x-ref"] = f.Ref
		}
		if !in {
			switch f.Kind {
			case Ref:
				p.Type, p.Nullable = huma.TypeObject, true
				p.Properties = map[string]*huma.Schema{"id": {Type: huma.TypeInteger}, "code": {Type: huma.TypeString}, "name": {Type: huma.TypeString}}
			case Date:
				p.Type, p.Format, p.Nullable = huma.TypeString, "date", true
			case Choices:
				p.Type, p.Items = huma.TypeArray, &huma.Schema{Type: huma.TypeString}
			case Number:
				p.Type = huma.TypeInteger
			case Decimal:
				p.Type = huma.TypeNumber
			case YesNo:
				p.Type = huma.TypeBoolean
			default:
				p.Type = huma.TypeString
			}
		}
		s.Properties[f.Name] = p
	}
	return s
}

// ListIn chooses rows of a register; embedded, its name must be exported for the fields to be read.
type ListIn struct {
	Where  []string `query:"where,explode" maxItems:"20" doc:"conditions that all hold: kind=branch, kind=branch|general, kind!=branch, members>=3, valid_to<=2026-12-31, name~红旗, org=, region=990101001, on=2026-11-28 (in force), id=1|2"`
	Q      string   `query:"q" maxLength:"200" doc:"words of the searched fields"`
	Phone  string   `query:"phone" maxLength:"40" doc:"whole number of a personal field"`
	Sort   string   `query:"sort" maxLength:"60" doc:"a field with filter, or id; - before it: descending. Default -id"`
	Cursor string   `query:"cursor"`
	Limit  int      `query:"limit" minimum:"1" maximum:"1000"`
	Count  bool     `query:"count" doc:"count up to 1000"`
}

func (in *ListIn) filter() (Filter, error) {
	f := Filter{Where: in.Where, Query: in.Q, Phone: in.Phone, Sort: in.Sort, Limit: in.Limit}
	var after Place
	more, err := web.ParseCursor(in.Cursor, &after)
	if more {
		f.After = &after
	}
	return f, err
}

type listBody struct {
	Items []Item `json:"items"`
	Next  string `json:"next"`
	Count *int   `json:"count,omitempty"`
	Exact *bool  `json:"count_exact,omitempty"`
}

type listOut struct{ Body listBody }

type figureIn struct {
	ListIn
	By  string `query:"by" maxLength:"60" doc:"a field with filter, or district, street, community; absent: the total only"`
	Sum string `query:"sum" maxLength:"60" doc:"a number that is added up besides"`
}

type figureOut struct{ Body Figure }

type idIn struct {
	ID int64 `path:"id"`
}

type itemOut struct{ Body Item }

type createBody struct {
	Fields map[string]any `json:"fields"`
}

type createIn struct{ Body createBody }

type changeBody struct {
	Version int            `json:"version" minimum:"1" doc:"the one that was seen"`
	Fields  map[string]any `json:"fields"`
	Reason  string         `json:"reason,omitempty" maxLength:"200"`
}

type changeIn struct {
	ID   int64 `path:"id"`
	Body changeBody
}

type endIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int    `json:"version" minimum:"1"`
		Day     string `json:"day,omitempty" doc:"the last day, 2026-11-28; today if absent"`
		Reason  string `json:"reason,omitempty" maxLength:"200"`
	}
}

type historyOut struct {
	Body struct {
		Items []historyItem `json:"items"`
	}
}

type revealIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Purpose string `json:"purpose"`
	}
}

type revealOut struct {
	Body struct {
		Fields map[string]string `json:"fields" doc:"the personal fields in the clear"`
	}
}

type undoIn struct {
	Import int64 `path:"import"`
}

type refsIn struct {
	Field string `query:"field" required:"true" maxLength:"60"`
	Q     string `query:"q" maxLength:"100"`
	Form  int64  `query:"form" doc:"of the city's own register, for its fields"`
}

type refsOut struct {
	Body struct {
		Items []Named `json:"items"`
	}
}

// api registers the operations of a register.
func (r *register) api(router *web.Router) {
	path := prefix + "/" + r.code
	kebab := strings.ReplaceAll(r.code, "_", "-")
	defer func() {
		for _, verb := range []string{"list", "get", "create", "change", "end"} {
			r.document(router, verb+"-ledger-"+kebab)
		}
	}()
	op := func(verb, method, tail string, p access.Perm, zh, en string) web.Op {
		return web.Op{ID: verb + "-ledger-" + kebab, Method: method, Path: path + tail, Policy: access.Needs(p), Tags: []string{"ledger-" + r.group}, Summary: zh + "：" + r.name.ZH, SummaryEN: en + ": " + r.name.EN}
	}
	web.Register(router, op("list", "GET", "", r.read, "查询台账", "List of the register"), r.listOp)
	web.Register(router, op("get", "GET", "/{id}", r.read, "查看记录", "A row of the register"), func(ctx context.Context, scope access.Scope, in *idIn) (*itemOut, error) {
		return r.one(ctx, scope, in.ID)
	})
	web.Register(router, op("history", "GET", "/{id}/history", r.read, "记录的变更历史", "History of a row"), func(ctx context.Context, scope access.Scope, in *idIn) (*historyOut, error) {
		v, err := r.get(ctx, r.e.DB, scope, in.ID)
		if err != nil {
			return nil, err
		}
		out := &historyOut{}
		out.Body.Items, err = r.historyItems(ctx, scope, web.Lang(ctx), v)
		return out, err
	})
	if r.personal {
		o := op("reveal", "POST", "/{id}/reveal", r.reveal, "查看个人信息", "Reveal the personal fields")
		o.Secret = true
		web.Register(router, o, r.revealOp)
	}
	web.Register(router, op("figure", "GET", "/figure", r.read, "台账统计", "Count the rows by a field"), func(ctx context.Context, scope access.Scope, in *figureIn) (*figureOut, error) {
		f, err := in.filter()
		if err != nil {
			return nil, err
		}
		out, err := r.Figure(ctx, scope, f, in.By, in.Sum, web.Lang(ctx))
		if err != nil {
			return nil, err
		}
		return &figureOut{*out}, nil
	})
	web.Register(router, op("views", "GET", "/views", r.read, "已保存的视图", "Saved views"), r.views)
	view := op("save-view", "POST", "/views", r.read, "保存视图", "Save a view")
	view.Status = http.StatusCreated
	web.Register(router, view, r.saveView)
	web.Register(router, op("delete-view", "DELETE", "/views/{view}", r.read, "删除视图", "Delete a view"), r.deleteView)
	if r.e.Files != nil {
		web.Register(router, op("files", "GET", "/{id}/files", r.read, "附件", "Files of a row"), r.filesOp)
		one := op("file", "GET", "/{id}/files/{file}", r.read, "查看附件", "A file of a row")
		one.Produces = "image/jpeg, application/pdf, audio/webm, audio/ogg, audio/mp4"
		web.Handle(router, one, r.fileOp)
		if r.write != "" {
			web.Register(router, op("attach", "POST", "/{id}/files", r.write, "添加附件", "Attach files"), r.attach, func(ctx context.Context, scope access.Scope, in *attachIn) (*filesOut, error) {
				return r.filesOp(ctx, scope, &idIn{in.ID})
			})
		}
	}
	exports := op("export", "GET", "/export", r.read, "导出或打印台账", "Export or print the register")
	exports.Timeout, exports.Params, exports.Produces = -1, exportIn{}, web.XLSX+", text/csv, text/html"
	web.Handle(router, exports, r.export)
	if r.write == "" {
		return
	}
	template := op("template", "GET", "/template", r.write, "导入模板", "The template of an import")
	template.Produces = web.XLSX
	web.Handle(router, template, r.template)
	imports := op("import", "POST", "/imports", r.write, "导入台账（Excel 或 CSV）", "Import rows, .xlsx or CSV; dry_run=true only looks")
	imports.Timeout, imports.Body, imports.Params, imports.Produces, imports.Takes, imports.Answers = -1, maxImportBytes, importIn{}, "application/json", []string{web.XLSX, "text/csv"}, []int{404, 409}
	web.Handle(router, imports, r.importOp)
	web.Register(router, op("imports", "GET", "/imports", r.write, "导入记录", "Imports into the register"), r.imports)
	web.Register(router, op("undo-import", "POST", "/imports/{import}/undo", r.write, "撤销整次导入", "Undo a whole import"), func(ctx context.Context, scope access.Scope, in *undoIn) (*struct{}, error) {
		return nil, r.Undo(ctx, scope, in.Import)
	})
	create := op("create", "POST", "", r.write, "新增记录", "Add a row")
	create.Status = http.StatusCreated
	web.Register(router, create, func(ctx context.Context, scope access.Scope, in *createIn) (*itemOut, error) {
		v := r.fresh()
		if err := r.apply(ctx, scope, v, in.Body.Fields); err != nil {
			return nil, err
		}
		var id int64
		err := r.e.DB.Write(ctx, func(tx *store.Tx) error {
			row := copied(v)
			if err := r.create(&Write{Ctx: ctx, Tx: tx, Scope: scope, Action: "create"}, row); err != nil {
				return err
			}
			id = base(row).ID
			return web.Mark(ctx, tx, id)
		})
		if err != nil {
			return nil, err
		}
		return r.one(ctx, scope, id)
	}, func(ctx context.Context, scope access.Scope, _ *createIn) (*itemOut, error) {
		return r.one(ctx, scope, web.Marked(ctx))
	})
	web.Register(router, op("change", "PATCH", "/{id}", r.write, "修改记录", "Change a row"), func(ctx context.Context, scope access.Scope, in *changeIn) (*itemOut, error) {
		err := r.e.DB.Write(ctx, func(tx *store.Tx) error {
			_, err := r.change(&Write{Ctx: ctx, Tx: tx, Scope: scope, Action: "change", Reason: in.Body.Reason}, in.ID, in.Body.Version, func(v reflect.Value) error {
				return r.apply(ctx, scope, v, in.Body.Fields)
			})
			if err != nil {
				return err
			}
			return web.Mark(ctx, tx, in.ID)
		})
		if err != nil {
			return nil, err
		}
		return r.one(ctx, scope, in.ID)
	}, func(ctx context.Context, scope access.Scope, in *changeIn) (*itemOut, error) {
		return r.one(ctx, scope, in.ID)
	})
	web.Register(router, op("end", "POST", "/{id}/end", r.write, "结束记录", "End a row"), func(ctx context.Context, scope access.Scope, in *endIn) (*itemOut, error) {
		day, err := r.field("valid_to").parse(in.Body.Day)
		if err != nil {
			return nil, err
		}
		err = r.e.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := r.end(&Write{Ctx: ctx, Tx: tx, Scope: scope, Action: "end", Reason: in.Body.Reason}, in.ID, in.Body.Version, Day(day.(int64))); err != nil {
				return err
			}
			return web.Mark(ctx, tx, in.ID)
		})
		if err != nil {
			return nil, err
		}
		return r.one(ctx, scope, in.ID)
	}, func(ctx context.Context, scope access.Scope, in *endIn) (*itemOut, error) {
		return r.one(ctx, scope, in.ID)
	})
	web.Register(router, op("refs", "GET", "/refs", r.write, "可选的关联对象", "What a field may refer to"), r.refsOp)
}

func (r *register) listOp(ctx context.Context, scope access.Scope, in *ListIn) (*listOut, error) {
	f, err := in.filter()
	if err == nil {
		f, err = r.filled(ctx, f)
	}
	if err != nil {
		return nil, err
	}
	rows, more, err := r.rows(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	items, err := r.items(ctx, scope, rows)
	if err != nil {
		return nil, err
	}
	r.noteRead(ctx, formsIn(f.Where))
	out := &listOut{}
	out.Body.Items = make([]Item, len(items))
	for i := range items {
		out.Body.Items[i] = Item{items[i]}
	}
	if more {
		o, err := r.order(scope, f)
		if err != nil {
			return nil, err
		}
		out.Body.Next = web.Cursor(o.place(rows[len(rows)-1]))
	}
	if in.Count {
		n, exact, err := r.count(ctx, scope, f, 1000)
		if err != nil {
			return nil, err
		}
		out.Body.Count, out.Body.Exact = &n, &exact
	}
	return out, nil
}

func (r *register) one(ctx context.Context, scope access.Scope, id int64) (*itemOut, error) {
	v, err := r.get(ctx, r.e.DB, scope, id)
	if err != nil {
		return nil, err
	}
	items, err := r.items(ctx, scope, []reflect.Value{v})
	if err != nil {
		return nil, err
	}
	return &itemOut{Item{items[0]}}, nil
}

func (r *register) revealOp(ctx context.Context, scope access.Scope, in *revealIn) (*revealOut, error) {
	v, err := r.get(ctx, r.e.DB, scope, in.ID)
	if err != nil {
		return nil, err
	}
	b := base(v)
	if b.Person == 0 {
		return nil, errs.NotFound.New()
	}
	post, _ := scope.PostFor(b.Target())
	p, err := r.e.Vault.Reveal(ctx, vault.Look{Account: scope.Account(), Post: post.ID, District: b.District, ID: b.Person, Object: r.code, ObjectID: b.ID, Purpose: in.Body.Purpose})
	if err != nil {
		return nil, err
	}
	out := &revealOut{}
	out.Body.Fields = map[string]string{}
	may := sees(scope)
	for _, f := range r.fields {
		if f.Kind == Personal && may(f, b) {
			out.Body.Fields[f.Name] = map[string]vault.Clear{"name": p.Name, "phone": p.Phone, "contact": p.Contact}[f.Part].Plain()
		}
	}
	return out, nil
}

// mostRefs is how many things a picker offers.
const mostRefs = 20

func (r *register) refsOp(ctx context.Context, scope access.Scope, in *refsIn) (*refsOut, error) {
	f := r.field(in.Field)
	if own, err := r.ownField(ctx, in.Form, in.Field); err != nil {
		return nil, err
	} else if own != nil {
		f = own
	}
	if f == nil || f.Kind != Ref || !may(scope, f) {
		return nil, errs.NotFound.New()
	}
	out := &refsOut{}
	out.Body.Items = []Named{}
	to := r.e.register(f.Ref)
	if to == nil {
		out.Body.Items = append(out.Body.Items, r.e.Sources[f.Ref].Search(in.Q, mostRefs)...)
		return out, nil
	}
	reads, err := scope.For(to.read)
	if err != nil {
		return out, nil
	}
	rows, _, err := to.rows(ctx, reads, Filter{Query: in.Q, Where: []string{"state!=" + Ended}, Limit: mostRefs})
	if err != nil {
		return nil, err
	}
	for _, v := range rows {
		out.Body.Items = append(out.Body.Items, Named{ID: base(v).ID, Code: r.e.place(base(v)), Name: to.label(v.Addr().Interface())})
	}
	return out, nil
}
