package cases

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// SavedFilter is a filter that an account keeps.
type SavedFilter struct {
	ID    int64  `json:"id"`
	Page  string `json:"page"`
	Name  string `json:"name"`
	Query string `json:"query" doc:"the page's query string"`
}

type filtersIn struct {
	Page string `query:"page"`
}

type filtersOut struct {
	Body struct {
		Items []SavedFilter `json:"items"`
	}
}

func (a *api) filters(ctx context.Context, scope access.Scope, in *filtersIn) (*filtersOut, error) {
	rows, err := a.DB.Query(ctx, "SELECT id, page, name, query FROM saved_filter WHERE account = ? AND (? = '' OR page = ?) ORDER BY name, id", scope.Account(), in.Page, in.Page)
	items, err := store.All(rows, err, func(r *sql.Rows) (f SavedFilter, err error) { return f, r.Scan(&f.ID, &f.Page, &f.Name, &f.Query) })
	out := &filtersOut{}
	out.Body.Items = append([]SavedFilter{}, items...)
	return out, err
}

type saveFilterIn struct {
	Body struct {
		Page  string `json:"page" maxLength:"40"`
		Name  string `json:"name"`
		Query string `json:"query" maxLength:"2000"`
	}
}

type filterOut struct{ Body SavedFilter }

// maxFilters is how many filters an account may keep.
const maxFilters = 50

func (a *api) saveFilter(ctx context.Context, scope access.Scope, in *saveFilterIn) (*filterOut, error) {
	if err := checkText("name", w("名称", "name"), in.Body.Name, 40, true); err != nil {
		return nil, err
	}
	f := SavedFilter{a.DB.NextID(), in.Body.Page, in.Body.Name, in.Body.Query}
	out := &filterOut{f}
	err := a.DB.Write(ctx, func(tx *store.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT COUNT(*) FROM saved_filter WHERE account = ?", scope.Account()).Scan(&n); err != nil {
			return err
		}
		if n >= maxFilters {
			return errs.Conflict.New("what", w(fmt.Sprintf("最多保存 %d 个筛选,请先删除不用的", maxFilters), fmt.Sprintf("at most %d filters are kept; delete one first", maxFilters)))
		}
		if _, err := tx.Exec("INSERT INTO saved_filter (account, id, page, name, query) VALUES (?, ?, ?, ?, ?)", scope.Account(), f.ID, f.Page, f.Name, f.Query); err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: scope.Account(), Action: "filter.save", Object: "filter", ObjectID: f.ID})
		return web.Commit(ctx, tx, out)
	})
	return out, err
}

func (a *api) deleteFilter(ctx context.Context, scope access.Scope, in *idIn) (*struct{}, error) {
	return nil, a.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec("DELETE FROM saved_filter WHERE account = ? AND id = ?", scope.Account(), in.ID)
		if err == nil && n == 0 {
			return errs.NotFound.New()
		}
		tx.Record(audit.Entry{Actor: scope.Account(), Action: "filter.delete", Object: "filter", ObjectID: in.ID})
		return err
	})
}

// flagOf is the flag that a list may be cut by, 0 for none.
func flagOf(name string) int {
	for _, f := range flagNames {
		if f.name == name {
			return f.flag
		}
	}
	return 0
}

// maxExport bounds an export; narrower filters give the rest.
const maxExport = 100_000

func (a *api) export(ctx context.Context, scope access.Scope, out http.ResponseWriter, req *http.Request) error {
	in, err := parseList(req)
	if err != nil {
		return err
	}
	f, err := a.filter(in)
	if err != nil {
		return err
	}
	lang := web.Lang(ctx)
	cols := []web.Column{}
	for _, c := range []errs.Words{w("编号", "Number"), w("标题", "Title"), w("内容", "Text"), w("状态", "Status"), w("来源渠道", "Channel"), w("分级", "Grade"), w("类别", "Category"),
		w("街道", "Street"), w("社区", "Community"), w("网格", "Grid"), w("地址", "Address"), w("主办单位", "Lead unit"), w("登记时间", "Reported"), w("办理时限", "Due"), w("办结时间", "Resolved"), w("结案时间", "Closed"),
		w("退单次数", "Returns"), w("重办次数", "Redos"), w("回访解决", "Solved"), w("满意程度", "Satisfaction"), w("办理结果", "Result"), w("补充信息", "Answers")} {
		cols = append(cols, web.Column{Title: c.In(lang)})
	}
	t, err := web.NewTable(out, w("事件", "cases").In(lang), "xlsx", a.Rules().Calendar().Location(), cols)
	if err != nil {
		return err
	}
	v := a.view(scope, lang)
	name := func(n *Named) string {
		if n == nil {
			return ""
		}
		return n.Name
	}
	f.Limit = 1000
	rows := 0
	for {
		found, more, err := a.Cases(ctx, scope, f)
		if err != nil {
			t.Abort()
			return err
		}
		for _, c := range found {
			it := v.item(c)
			solved := ""
			if c.Solved >= 0 {
				solved = []string{w("否", "no").In(lang), w("是", "yes").In(lang)}[c.Solved]
			}
			var satisfied any
			if c.Satisfied > 0 {
				satisfied = c.Satisfied
			}
			err := t.Row(c.Number, c.Title, c.Body, label("status", string(c.Status), lang), label("channel", c.Channel, lang), label("grade", c.Grade, lang), name(it.Category), name(it.Street), name(it.Community), name(it.Grid), c.Address, name(it.Lead),
				web.Instant(c.ReportedAt), web.Instant(c.DueAt), web.Instant(c.ResolvedAt), web.Instant(c.ClosedAt), c.Returns, c.Redos, solved, satisfied, c.Result, a.answersText(c, lang))
			if err != nil {
				t.Abort()
				return err
			}
		}
		if rows += len(found); !more || rows >= maxExport {
			break
		}
		p := found[len(found)-1].PlaceOf(f.Sort)
		f.After = &p
	}
	if err := a.DB.Write(ctx, func(tx *store.Tx) error {
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: "case.export", Object: "case", Detail: []byte(fmt.Sprintf(`{"rows":%d}`, rows))})
		return nil
	}); err != nil {
		t.Abort()
		return err
	}
	return t.Close()
}

// parseList reads the list's query parameters of a raw operation.
func parseList(req *http.Request) (*listIn, error) {
	in := &listIn{}
	q := req.URL.Query()
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("query")
		s := q.Get(name)
		if s == "" {
			continue
		}
		var err error
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(s)
		case reflect.Bool:
			var b bool
			b, err = strconv.ParseBool(s)
			f.SetBool(b)
		default:
			var n int64
			n, err = strconv.ParseInt(s, 10, 64)
			f.SetInt(n)
		}
		if err != nil {
			return nil, errs.Invalid.New("field", name, "remedy", w("请检查筛选条件", "check the filter")).In(name)
		}
	}
	return in, nil
}

var labels = map[string]map[string]errs.Words{
	"status": {"reported": w("待受理", "Reported"), "accepted": w("已受理", "Accepted"), "declined": w("不予受理", "Declined"), "filed": w("待派遣", "Filed"), "not_filed": w("不予立案", "Not filed"),
		"dispatched": w("待签收", "Dispatched"), "signed": w("已签收", "Signed for"), "in_progress": w("办理中", "In progress"), "resolved": w("待核查", "Resolved"), "verified": w("待回访", "Verified"),
		"closed": w("已结案", "Closed"), "archived": w("已归档", "Archived"), "merged": w("已并入", "Merged"), "withdrawn": w("已撤回", "Withdrawn"), "void": w("已作废", "Void")},
	"channel": {"grid_worker": w("网格员", "Grid worker"), "resident": w("居民", "Resident"), "hotline": w("12345 热线", "12345 hotline"), "app": w("智慧社区", "Community app"), "liaison": w("包联走访", "Liaison visit"),
		"whistle": w("吹哨", "Whistle"), "department": w("部门", "Department"), "open311": w("Open311", "Open311"), "import": w("导入", "Import"), "superior": w("上级交办", "Superior")},
	"grade": {"general": w("一般", "General"), "urgent": w("较急", "Urgent"), "critical": w("紧急", "Critical"), "complex": w("复杂疑难", "Complex")},
}

// label is the name of a code in exports.
func label(kind, code, lang string) string {
	if l, ok := labels[kind][code]; ok {
		return l.In(lang)
	}
	return code
}

// Label is the name of a status, channel or grade code.
func Label(kind, code string) errs.Words {
	if l, ok := labels[kind][code]; ok {
		return l
	}
	return errs.Words{ZH: code, EN: code}
}
