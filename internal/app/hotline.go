package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/outbox"
	"linli/internal/kernel/store"
	"linli/internal/kernel/tabular"
	"linli/internal/kernel/vault"
	"linli/internal/work/cases"
	"linli/internal/work/hotline"
	"linli/internal/work/intake"
	"linli/internal/work/rulebook"
)

// errNoGateway tells the operator what the hotline lacks.
var errNoGateway = errs.Declare("hotline_no_gateway", 503, "还没有热线网关账号：请安全管理员新建“程序”账号并授予热线网关岗位。", "There is no gateway account yet: the security administrator makes a program's account with the post of hotline gateway.")

func (a *App) openHotline(ctx context.Context) error {
	rows := &orderRows{a: a}
	a.Hotline = &hotline.Service{DB: a.DB, Cases: orderCases{a.Cases}, Rows: rows, Files: orderFiles{a}, Callers: callers{a.Vault, a.DB}, Gateway: a.Gateway, Region: a.Atlas.Name, Account: a.Identity.AccountName,
		Keys: hotline.Keys{Algorithm: a.opt.Hotline.Algorithm, Secrets: a.opt.Hotline.Secrets}, Tokens: a.opt.Hotline.Tokens,
		Zone: func() *time.Location { return a.Rulebook.Current(a.DB.Now()).Calendar().Location() }}
	a.sends(outbox.Channel{Name: hotline.ChannelName, Sender: a.Hotline})
	a.Jobs.Every("hotline orders", 10*time.Second, a.Hotline.Pull)
	a.Jobs.Every("hotline upkeep", time.Minute, a.Hotline.Upkeep)
	a.Jobs.Every("hotline comparison", 15*time.Minute, a.Hotline.Daily)
	a.Jobs.Every("hotline nonces", time.Hour, a.Hotline.Forget)
	return a.follows(ctx, "hotline", a.Hotline.React)
}

// Gateway is the scope of the service account that holds the post of the hotline's
// gateway; the first made, if there are several.
func (a *App) Gateway(_ context.Context, p access.Perm) (access.Scope, error) {
	dir := a.Identity.Directory()
	posts := dir.OfRole("gateway", a.Today())
	if len(posts) == 0 {
		return access.Scope{}, errNoGateway.New()
	}
	who := &access.Actor{Account: posts[0].Account, Login: dir.AccountLogin(posts[0].Account), Name: dir.AccountName(posts[0].Account), Lang: "zh"}
	for _, x := range posts {
		if x.Account == who.Account {
			who.Posts = append(who.Posts, x)
		}
	}
	return who.Scope(p, a.Today())
}

// orderCases gives the hotline the case room.
type orderCases struct{ *cases.Service }

func (o orderCases) show(c *cases.Case) hotline.Case {
	lead, _ := o.People.Org(c.Lead) // no lead: no name
	return hotline.Case{District: c.District, ID: c.ID, Number: c.Number, Version: c.Version, Status: string(c.Status), Title: c.Title, Result: c.Result, Lead: c.Lead, LeadName: lead.Name,
		Street: c.Street, Community: c.Community, DueAt: c.DueAt, Solved: c.Solved, Satisfied: c.Satisfied}
}

func (o orderCases) Report(ctx context.Context, scope access.Scope, m *hotline.Matter, onWrite func(*store.Tx, hotline.Case) error) error {
	_, err := o.Service.Report(ctx, scope, cases.ReportIn{Text: m.Text, Title: m.Title, Channel: "hotline", Category: m.Category, Grade: m.Grade, Lon: m.Lon, Lat: m.Lat, CRS: m.CRS, Address: m.Address,
		Community: m.Community, Grid: m.Grid, Reporter: cases.Person{Name: m.Name, Phone: m.Phone}, OccurredAt: m.ReportedAt, OutsideNumber: m.Number,
		OnWrite: func(tx *store.Tx, c *cases.Case) error { return onWrite(tx, o.show(c)) }})
	if errs.Is(err, errs.Conflict) && errs.As(err).Field == "outside_number" {
		return hotline.ErrKnown
	}
	return err
}

func (o orderCases) Act(ctx context.Context, scope access.Scope, c hotline.Case, a hotline.Act, onWrite func(*store.Tx) error) error {
	act := cases.Act{Action: flow.Action(a.Action), Version: c.Version, OnWrite: onWrite}
	switch a.Action {
	case "withdraw":
		act.Reason = short(a.Text, 500)
	case "reopen":
		act.Reason, act.Lead = short(a.Text, 500), a.Lead
	default:
		act.Note = a.Text
	}
	_, err := o.Service.Act(ctx, scope, c.ID, act)
	return err
}

func short(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}

func (o orderCases) ByID(ctx context.Context, scope access.Scope, id int64) (hotline.Case, error) {
	c, _, _, err := o.Service.ByID(ctx, scope, id)
	if err != nil {
		return hotline.Case{}, err
	}
	return o.show(c), nil
}

func (o orderCases) ByNumber(ctx context.Context, scope access.Scope, outside string) (hotline.Case, error) {
	c, err := o.Service.ByOutside(ctx, scope, outside)
	if err != nil {
		return hotline.Case{}, err
	}
	return o.show(c), nil
}

func (o orderCases) Step(ctx context.Context, district int, id int64, seq int) (hotline.Step, error) {
	e, err := o.Service.LogRow(ctx, district, id, seq)
	if err != nil {
		return hotline.Step{}, err
	}
	x := hotline.Step{Action: string(e.Action), At: e.At}
	return x, json.Unmarshal([]byte(e.Fields), &x.Fields)
}

// callers keeps who called apart from the order, until it is a case.
type callers struct {
	*vault.Vault
	db *store.DB
}

func (c callers) Seal(name, phone string) (int64, func(*store.Tx), error) {
	id := c.db.NextID()
	r, err := c.Vault.Seal(vault.Person{ID: id, Kind: "caller", Name: vault.Hide(name), Phone: vault.Hide(phone)})
	return id, r.Append, err
}

func (c callers) Hand(ctx context.Context, id int64) (name, phone string, err error) {
	p, err := c.Vault.Hand(ctx, 0, id)
	return p.Name.Plain(), p.Phone.Plain(), err
}

func (c callers) Erase(tx *store.Tx, id int64) error { return vault.Erase(tx, 0, id) }

// orderRows reads orders with the intake room's reader, which it makes anew when
// the city or the rulebook has changed.
type orderRows struct {
	a   *App
	cur atomic.Pointer[rowReader]
}

type rowReader struct {
	*intake.Reader
	book *rulebook.Book
	at   int64
}

// readerLife is how long names of regions and grids may be old, in microseconds.
const readerLife = 60_000_000

func (o *orderRows) reader() (*rowReader, error) {
	now := o.a.DB.Now()
	book := o.a.Rulebook.Current(now)
	if r := o.cur.Load(); r != nil && r.book == book && now-r.at < readerLife && now >= r.at {
		return r, nil
	}
	scope, err := o.a.Gateway(context.Background(), access.CaseReport)
	if err != nil {
		return nil, err
	}
	r := &rowReader{intake.NewReader(intake.Options{Scope: scope, City: cityMap{o.a}, Zone: book.Calendar().Location(), Channel: "hotline", Open: true, Lenient: true}), book, now}
	o.cur.Store(r)
	return r, nil
}

func (*orderRows) Check(mapping json.RawMessage) error {
	m, err := intake.ParseMapping(mapping)
	if err != nil {
		return err
	}
	return m.Check(m.Columns()) // paths that an order lacks are empty
}

func (o *orderRows) Read(mapping json.RawMessage, columns, cells []string) (*hotline.Matter, []hotline.Fault, error) {
	m, err := intake.ParseMapping(mapping)
	if err != nil {
		return nil, nil, err
	}
	r, err := o.reader()
	if err != nil {
		return nil, nil, err
	}
	x, bad := r.Read(m, columns, cells, o.a.DB.Now())
	return orderMatter(x), faultsOf(bad), nil
}

func orderMatter(x *intake.Matter) *hotline.Matter {
	return &hotline.Matter{Number: x.OutsideNumber, Kind: x.Order.Kind, Title: x.Title, Text: x.Text, Note: x.Order.Note, Status: x.Order.Status, Grade: x.Grade, Category: x.Category, TheirCategory: x.Order.Category,
		ReplyFormat: x.Order.ReplyFormat, District: x.District, Street: x.Street, Community: x.Community, Grid: x.Grid, Lon: x.Lon, Lat: x.Lat, CRS: x.CRS, Address: x.Address, ReportedAt: x.ReportedAt,
		DueAt: x.Order.DueAt, Name: x.Name, Phone: x.Phone}
}

func faultsOf(bad []intake.RowError) []hotline.Fault {
	var out []hotline.Fault
	for _, e := range bad {
		out = append(out, hotline.Fault{Field: string(e.Field), Code: e.Err.Kind.Code, ZH: e.Err.Text("zh"), EN: e.Err.Text("en")})
	}
	return out
}

// orderFiles reads files of orders with the intake room's importer.
type orderFiles struct{ a *App }

func (o orderFiles) open(file string, raw json.RawMessage) (tabular.Source, intake.Mapping, error) {
	var m intake.Mapping
	is := intake.Known
	if string(raw) != "{}" {
		var err error
		if m, err = intake.ParseMapping(raw); err != nil {
			return nil, nil, err
		}
		is = m.Uses
	}
	src, err := tabular.Open(file, "", is)
	if err != nil {
		return nil, nil, err
	}
	if m == nil {
		m = intake.Auto(src.Columns())
	}
	return src, m, nil
}

func (o orderFiles) Import(ctx context.Context, scope access.Scope, file string, raw json.RawMessage, dry bool, fault func(hotline.RowFault)) (hotline.FileReport, error) {
	src, m, err := o.open(file, raw)
	if err != nil {
		return hotline.FileReport{}, err
	}
	defer src.Close()
	gate, err := o.a.Gateway(ctx, access.CaseReport)
	if err != nil {
		return hotline.FileReport{}, err
	}
	opt, err := o.a.Intake(ctx, intake.Options{Scope: gate, Mapping: m, Cases: hotlineDoor{o.a, scope}, Channel: "hotline", Open: true, Lenient: true, DryRun: dry, OnError: func(e intake.RowError) {
		fault(hotline.RowFault{Row: e.Row, Column: e.Column, Fault: faultsOf([]intake.RowError{e})[0]})
	}})
	if err != nil {
		return hotline.FileReport{}, err
	}
	r, err := intake.Run(ctx, src, opt)
	return hotline.FileReport{Rows: r.Rows, Taken: r.Opened, History: r.Imported, Known: r.Known, Failed: r.Failed, DryRun: r.DryRun, TookMS: r.TookMS}, err
}

func (o orderFiles) Each(file string, raw json.RawMessage, fn func(*hotline.Matter, []hotline.Fault)) error {
	src, m, err := o.open(file, raw)
	if err != nil {
		return err
	}
	defer src.Close()
	if err := m.Check(src.Columns()); err != nil {
		return err
	}
	rows := &orderRows{a: o.a}
	r, err := rows.reader()
	if err != nil {
		return err
	}
	for {
		row, err := src.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if row.Err != nil {
			return row.Err
		}
		x, bad := r.Read(m, src.Columns(), row.Cells, o.a.DB.Now())
		fn(orderMatter(x), faultsOf(bad))
	}
}

// HotlineDoor takes rows of a file in as orders of the hotline.
func (a *App) HotlineDoor() intake.Cases { return hotlineDoor{a, access.System("import hotline")} }

// hotlineDoor leads from the intake room to the hotline; what is closed already
// comes in as history, in the name of who imports.
type hotlineDoor struct {
	a  *App
	by access.Scope
}

func (d hotlineDoor) Import(ctx context.Context, _ access.Scope, m *intake.Matter) error {
	return caseDoor{d.a.Cases}.Import(ctx, d.by, m)
}

func (d hotlineDoor) Report(ctx context.Context, _ access.Scope, m *intake.Matter) error {
	x := orderMatter(m)
	raw, err := json.Marshal([]any{x, m.Name, m.Phone})
	if err != nil {
		return err
	}
	out, err := d.a.Hotline.Take(ctx, &hotline.Incoming{Via: hotline.ViaFile, Matter: *x, Digest: hotline.DigestOf(raw)})
	if err == nil && (out.Again || out.Result == "updated") {
		err = intake.ErrKnown
	}
	return err
}
