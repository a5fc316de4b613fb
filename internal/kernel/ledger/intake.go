package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/tabular"
	"linli/internal/kernel/vault"
	"linli/internal/kernel/web"
)

// What may be wrong with an import as a whole.
var (
	ErrMapping  = errs.Declare("import_columns", 422, "列的对应有误：{what}。", "The columns are not matched rightly: {what}.")
	ErrAgain    = errs.Declare("import_again", 409, "同一个文件已于 {at} 导入过。如确需再次导入，请选择“仍然导入”。", "The same file was imported on {at}. If you mean it, choose to import it again.")
	ErrTooMany  = errs.Declare("import_rows", 422, "一次最多导入 {max} 行，请拆分文件。", "At most {max} rows come in at a time; split the file.")
	ErrTouched  = errs.Declare("import_touched", 409, "不能撤销：这次导入的 {n} 条记录已被修改或引用，例如“{label}”。", "It cannot be undone: {n} of its rows were changed or are referred to, such as “{label}”.")
	ErrNotState = errs.Declare("import_state", 409, "这次导入已撤销或尚未完成。", "This import was undone already, or has not ended.")
)

// Bounds of an import.
const (
	maxImportBytes = 64 << 20
	maxImportRows  = 200_000
	mostRowErrors  = 500
	importChunk    = 500
)

// ImportOptions say how a file comes in.
type ImportOptions struct {
	Sheet   string
	Form    int64             // of the city's own register, for its rows
	Mapping map[string]string // column → field, "" leaves the column out; nil: by the headings
	Dry     bool              // only look
	Partial bool              // take the rows that are right and leave the others
	Doubles bool              // take also those that may be there already
	Again   bool              // even if the same file came in before
}

// RowError is what is wrong with a cell or a row.
type RowError struct {
	Row    int    `json:"row" doc:"as the file counts"`
	Field  string `json:"field,omitempty"`
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty"`
	Code   string `json:"code"`
	Detail string `json:"detail" doc:"what is wrong and what to do"`
}

// Double is a row that may be there already.
type Double struct {
	Row   int    `json:"row"`
	Field string `json:"field"`
	Label string `json:"label"`
	ID    int64  `json:"id,omitempty" doc:"the row of the register; absent when the file itself has it twice"`
	Of    int    `json:"of,omitempty" doc:"the earlier row of the file"`
}

// ImportResult is what came of a file.
type ImportResult struct {
	ID         int64             `json:"id,omitempty" doc:"of the import, to undo it; absent for a dry run"`
	Columns    []string          `json:"columns"`
	Mapping    map[string]string `json:"mapping" doc:"column → field"`
	Missing    []string          `json:"missing" doc:"required fields that no column gives"`
	Rows       int               `json:"rows"`
	Good       int               `json:"good"`
	Added      int               `json:"added"`
	Errors     []RowError        `json:"errors" doc:"the first 500"`
	MoreErrors int               `json:"more_errors"`
	Doubles    []Double          `json:"doubles" doc:"the first 500"`
	MoreDouble int               `json:"more_doubles"`
}

// Import brings a file's rows into the register. Unless partial, a file with
// anything wrong changes nothing.
func (r *register) Import(ctx context.Context, scope access.Scope, lang, path, name, digest string, o ImportOptions) (*ImportResult, error) {
	if !o.Dry && !o.Again {
		var at int64
		err := r.e.DB.QueryRow(ctx, "SELECT at FROM ledger_import WHERE district = 0 AND register = ? AND digest = ? AND state = 'done' ORDER BY id DESC LIMIT 1", r.code, digest).Scan(&at)
		if err == nil {
			return nil, ErrAgain.New("at", r.e.instant(at)[:10])
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	if o.Dry || !o.Partial {
		look, err := r.bring(ctx, scope, lang, path, o, 0)
		if err != nil || o.Dry || len(look.Errors) > 0 || len(look.Doubles) > 0 && !o.Doubles {
			return look, err
		}
	}
	run := r.e.DB.NextID()
	if err := r.e.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO ledger_import (district, id, register, account, at, file, digest, added, state, undone_by, undone_at) VALUES (0, ?, ?, ?, ?, ?, ?, 0, 'running', 0, 0)",
			run, r.code, scope.Account(), tx.Now(), name, digest)
		return err
	}); err != nil {
		return nil, err
	}
	out, err := r.bring(ctx, scope, lang, path, o, run)
	if err == nil && len(out.Errors) > 0 && !o.Partial { // somebody was faster with the same rows
		err = r.withdraw(ctx, scope, run, "导入未完成")
		out.Added, out.ID = 0, 0
	}
	state := "done"
	if err != nil || out.Added == 0 {
		state = "failed"
	}
	added := 0
	if out != nil {
		added = out.Added
	}
	note := r.e.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: "ledger.import", Object: "ledger_import", ObjectID: run, Detail: importDetail(r.code, name, added, state)})
		_, err := tx.Exec("UPDATE ledger_import SET state = ?, added = ? WHERE district = 0 AND id = ?", state, added, run)
		return err
	})
	return out, errors.Join(err, note)
}

func importDetail(code, file string, rows int, state string) []byte {
	b, err := json.Marshal(map[string]any{"register": code, "file": vault.Redact(file), "rows": rows, "state": state})
	if err != nil {
		return nil // plain values always encode
	}
	return b
}

// bring reads the file once: run 0 only looks.
func (r *register) bring(ctx context.Context, scope access.Scope, lang, path string, o ImportOptions, run int64) (*ImportResult, error) {
	own, err := r.asked(ctx, o.Form)
	if err != nil {
		return nil, err
	}
	src, err := tabular.Open(path, o.Sheet, func(head string) bool { return r.byHeading(scope, head, own) != nil })
	if err != nil {
		return nil, err
	}
	defer src.Close()
	im := &importer{r: r, asked: own, scope: scope, lang: lang, o: o, run: run, since1904: src.Since1904(), out: &ImportResult{ID: run, Columns: src.Columns(), Mapping: map[string]string{}, Missing: []string{}, Errors: []RowError{}, Doubles: []Double{}}}
	if err := im.match(); err != nil {
		return nil, err
	}
	var chunk []*line
	for {
		row, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if im.out.Rows++; im.out.Rows > maxImportRows {
			return nil, ErrTooMany.New("max", maxImportRows)
		}
		if row.Err != nil {
			im.wrong(&line{number: row.Number}, row.Err)
			continue
		}
		if chunk = append(chunk, &line{number: row.Number, cells: row.Cells, formulas: row.Formulas}); len(chunk) == importChunk {
			if err := im.take(ctx, chunk); err != nil {
				return im.out, err
			}
			chunk = chunk[:0]
		}
	}
	return im.out, im.take(ctx, chunk)
}

// byHeading is the field that a heading names, nil if it names none.
func (r *register) byHeading(scope access.Scope, head string, own []*Field) *Field {
	head = tabular.Plain(head)
	for _, f := range slices.Concat(r.fields, own) {
		if f.Name != "state" && may(scope, f) && (head == tabular.Plain(f.Label.ZH) || head == tabular.Plain(f.Label.EN) || head == tabular.Plain(f.Name)) {
			return f
		}
	}
	return nil
}

// match says which column is which field.
func (im *importer) match() error {
	im.fields = make([]*Field, len(im.out.Columns))
	used := map[*Field]bool{}
	for i, c := range im.out.Columns {
		f := im.r.byHeading(im.scope, c, im.asked)
		if im.o.Mapping != nil {
			f = nil
			if name := im.o.Mapping[c]; name != "" {
				if f = im.r.field(name); f == nil {
					if i := slices.IndexFunc(im.asked, func(x *Field) bool { return x.Name == name }); i >= 0 {
						f = im.asked[i]
					}
				}
				if f == nil || f.Name == "state" || !may(im.scope, f) {
					return ErrMapping.New("what", w("没有“"+name+"”这一项", "there is no field "+name))
				}
			}
		}
		if f == nil || used[f] {
			if f != nil && im.o.Mapping != nil {
				return ErrMapping.New("what", w("“"+f.Label.ZH+"”对应了两列", f.Label.EN+" is matched twice"))
			}
			continue
		}
		used[f], im.fields[i] = true, f
		im.out.Mapping[c] = f.Name
	}
	for c := range im.o.Mapping {
		if !slices.Contains(im.out.Columns, c) {
			return ErrMapping.New("what", w("文件中没有“"+c+"”列", "the file has no column "+c))
		}
	}
	for _, f := range slices.Concat(im.r.fields, im.asked) {
		if f.Required && !used[f] && !(f.Name == "form" && im.o.Form != 0) {
			im.out.Missing = append(im.out.Missing, f.Name)
		}
	}
	if len(used) == 0 {
		return ErrMapping.New("what", w("没有一列与台账的字段对应，请使用模板或手工对应", "no column is one of the register's fields; use the template or match by hand"))
	}
	return nil
}

// withdraw makes the rows of an import void, with their personal fields erased.
func (r *register) withdraw(ctx context.Context, scope access.Scope, run int64, reason string) error {
	for _, d := range keeper.Districts() {
		for {
			n, err := r.withdrawSome(ctx, scope, d, run, reason)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	return nil
}

const fromImport = "r.id IN (SELECT l.id FROM ledger_log l WHERE l.district = ? AND l.import = ? AND l.action = 'create') AND r.state <> 'void'"

func (r *register) withdrawSome(ctx context.Context, scope access.Scope, district int, run int64, reason string) (n int, err error) {
	err = r.e.DB.Write(ctx, func(tx *store.Tx) error {
		n = 0
		rows, err := tx.Query("SELECT "+r.selectCols()+" FROM "+r.table+" r WHERE r.district = ? AND "+fromImport+" ORDER BY r.id LIMIT ?", district, district, run, importChunk)
		list, err := store.All(rows, err, r.scan)
		if err != nil {
			return err
		}
		b := &batch{id: tx.NextID(), load: run, action: "void"}
		for _, old := range list {
			v := copied(old)
			row := base(v)
			row.State, row.Version, row.UpdatedAt = Void, row.Version+1, tx.Now()
			if row.Person != 0 {
				if err := vault.Erase(tx, row.District, row.Person); err != nil {
					return err
				}
			}
			w := &Write{Ctx: ctx, Tx: tx, Scope: scope, Today: r.e.Today(), Action: "void", Reason: reason}
			if err := r.store(w, v, old, base(old).Version, b); err != nil {
				return err
			}
			if err := r.then(w, v.Addr().Interface(), old.Addr().Interface()); err != nil {
				return err
			}
			n++
		}
		r.close(tx, scope, b)
		return nil
	})
	return n, err
}

// Undo withdraws a whole import as long as none of its rows was changed since
// and nothing refers to them.
func (r *register) Undo(ctx context.Context, scope access.Scope, run int64) error {
	var account int64
	var state string
	err := r.e.DB.QueryRow(ctx, "SELECT account, state FROM ledger_import WHERE district = 0 AND id = ? AND register = ?", run, r.code).Scan(&account, &state)
	if errors.Is(err, sql.ErrNoRows) || err == nil && account != scope.Account() && !scope.CityWide() {
		return errs.NotFound.New()
	}
	if err != nil {
		return err
	}
	if state != "done" && state != "undoing" {
		return ErrNotState.New()
	}
	if err := r.untouched(ctx, run); err != nil {
		return err
	}
	note := func(state string) error {
		return r.e.DB.Write(ctx, func(tx *store.Tx) error {
			if state == "undone" {
				tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: "ledger.undo", Object: "ledger_import", ObjectID: run, Detail: importDetail(r.code, "", 0, state)})
			}
			_, err := tx.Exec("UPDATE ledger_import SET state = ?, undone_by = ?, undone_at = ? WHERE district = 0 AND id = ?", state, scope.Account(), tx.Now(), run)
			return err
		})
	}
	if err := note("undoing"); err != nil {
		return err
	}
	if err := r.withdraw(ctx, scope, run, "撤销导入"); err != nil {
		return err
	}
	return note("undone")
}

// untouched tells whether all rows of an import are as they came and nothing
// outside the import refers to them.
func (r *register) untouched(ctx context.Context, run int64) error {
	n, label := 0, ""
	note := func(rows *sql.Rows, err error) error {
		list, err := store.All(rows, err, r.scan)
		if len(list) > 0 {
			n += len(list)
			label = r.label(list[0].Addr().Interface())
		}
		return err
	}
	for _, d := range keeper.Districts() {
		rows, err := r.e.DB.Query(ctx, "SELECT "+r.selectCols()+" FROM "+r.table+" r WHERE r.district = ? AND "+fromImport+" AND r.version > 1 LIMIT 100", d, d, run)
		if err := note(rows, err); err != nil {
			return err
		}
		for _, other := range r.e.regs {
			for _, f := range other.fields {
				if f.Ref != r.code {
					continue
				}
				cond := ""
				args := []any{d, d, run, d}
				if other == r {
					cond = " AND o.id NOT IN (SELECT l.id FROM ledger_log l WHERE l.district = ? AND l.import = ?)"
					args = append(args, d, run)
				}
				rows, err := r.e.DB.Query(ctx, "SELECT "+r.selectCols()+" FROM "+r.table+" r WHERE r.district = ? AND "+fromImport+" AND r.version = 1 AND r.id IN (SELECT o."+f.Name+" FROM "+other.table+" o WHERE o.district = ? AND o.state <> 'void'"+cond+") LIMIT 100", args...)
				if err := note(rows, err); err != nil {
					return err
				}
			}
		}
	}
	if n > 0 {
		return ErrTouched.New("n", n, "label", label)
	}
	return nil
}

type importIn struct {
	Sheet   string `query:"sheet" maxLength:"100"`
	Mapping string `query:"mapping" maxLength:"8000" doc:"JSON object: column → field, \"\" to leave a column out; absent: by the headings"`
	DryRun  bool   `query:"dry_run" doc:"only look"`
	Partial bool   `query:"partial" doc:"take the rows that are right, leave the others"`
	Doubles bool   `query:"doubles" doc:"take also rows that may be there already"`
	Again   bool   `query:"again" doc:"even if the same file came in before"`
	Form    int64  `query:"form" doc:"of the city's own register, for rows of form_row"`
	Name    string `query:"name" maxLength:"200" doc:"of the file"`
}

// importOp takes the file that the request carries.
func (r *register) importOp(ctx context.Context, scope access.Scope, rw http.ResponseWriter, req *http.Request) error {
	q := req.URL.Query()
	yes := func(name string) bool { v, err := strconv.ParseBool(q.Get(name)); return err == nil && v }
	o := ImportOptions{Sheet: q.Get("sheet"), Dry: yes("dry_run"), Partial: yes("partial"), Doubles: yes("doubles"), Again: yes("again")}
	o.Form, _ = strconv.ParseInt(q.Get("form"), 10, 64) // none otherwise
	if m := q.Get("mapping"); m != "" {
		if err := json.Unmarshal([]byte(m), &o.Mapping); err != nil {
			return ErrMapping.New("what", w("对应关系不是 JSON 对象", "the mapping is no JSON object")).Because(err)
		}
	}
	dir, err := os.MkdirTemp("", "linli-import-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	name := q.Get("name")
	if name = filepath.Base(strings.ReplaceAll(name, `\`, "/")); name == "." || name == "/" || strings.ContainsAny(name, "\x00") || len(name) > 200 {
		name = "import"
	}
	path := filepath.Join(dir, "rows")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := newSum()
	_, err = io.Copy(io.MultiWriter(f, sum), req.Body)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	out, err := r.Import(ctx, scope, web.Lang(ctx), path, name, hex.EncodeToString(sum.Sum(nil)), o)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if out.Added > 0 {
		status = http.StatusCreated
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	return json.NewEncoder(rw).Encode(out)
}

// ImportView is an import in the list.
type ImportView struct {
	ID    int64  `json:"id"`
	File  string `json:"file"`
	By    Named  `json:"by"`
	At    string `json:"at" format:"date-time"`
	Added int    `json:"added"`
	State string `json:"state" enum:"running,done,failed,undoing,undone"`
}

type importsOut struct {
	Body struct {
		Items []ImportView `json:"items"`
	}
}

// imports lists the newest imports: one's own, or everybody's for city posts.
func (r *register) imports(ctx context.Context, scope access.Scope, _ *struct{}) (*importsOut, error) {
	rows, err := r.e.DB.Query(ctx, "SELECT id, account, at, file, added, state FROM ledger_import WHERE district = 0 AND register = ? AND (? = 1 OR account = ?) ORDER BY id DESC LIMIT 100", r.code, number(scope.CityWide()), scope.Account())
	items, err := store.All(rows, err, func(rows *sql.Rows) (v ImportView, err error) {
		var at, account int64
		err = rows.Scan(&v.ID, &account, &at, &v.File, &v.Added, &v.State)
		v.At = r.e.instant(at)
		v.By, _ = r.e.Sources["account"].Named(account)
		v.By.ID = account
		return v, err
	})
	out := &importsOut{}
	out.Body.Items = append([]ImportView{}, items...)
	return out, err
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
