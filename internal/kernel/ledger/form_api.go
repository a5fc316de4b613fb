package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// FormView is a form in the list.
type FormView struct {
	ID       int64  `json:"id"`
	Version  int    `json:"version"`
	Register string `json:"register" doc:"code of the register that it adds fields to; form_row: a register of its own"`
	State    string `json:"state" enum:"draft,submitted,published,closed"`
	FormBody
	Where       string `json:"where" doc:"what the register is called"`
	OwnerName   string `json:"owner_name,omitempty"`
	Note        string `json:"note,omitempty" doc:"why it was not approved"`
	ChangedBy   Named  `json:"changed_by" doc:"who changed it last; another person approves it"`
	PublishedBy *Named `json:"published_by,omitempty" doc:"who approved it"`
	Burden      int    `json:"burden" doc:"entries a year: fields × people × times"`
	Expired     bool   `json:"expired"`
	PublishedAt string `json:"published_at,omitempty" format:"date-time"`
	ReadAt      string `json:"read_at,omitempty" format:"date-time"`
	Close       bool   `json:"propose_close" doc:"nobody has read it for 90 days, or it has expired"`
}

func (e *Engine) formView(f *Form, lang string) FormView {
	v := FormView{ID: f.ID, Version: f.Version, Register: f.Register, State: f.State, FormBody: f.FormBody, Note: f.Note, Burden: f.Burden()}
	if r := e.register(f.Register); r != nil {
		v.Where = r.name.In(lang)
	}
	who := func(id int64) Named {
		n, _ := e.Sources["account"].Named(id)
		n.ID = id
		return n
	}
	v.ChangedBy = who(cmp.Or(f.ChangedBy, f.CreatedBy))
	if f.Fields == nil {
		v.Fields = []FormField{}
	}
	o, _ := e.Sources["org"].Named(f.Owner)
	v.OwnerName = o.Name
	v.Expired = f.Expires != "" && f.lastDay() < e.Today()
	if f.PublishedAt != 0 {
		v.PublishedAt = e.instant(f.PublishedAt)
		by := who(f.PublishedBy)
		v.PublishedBy = &by
	}
	if f.ReadAt != 0 {
		v.ReadAt = e.instant(f.ReadAt)
	}
	quiet := e.DB.Now()-max(f.ReadAt, f.PublishedAt) > unread*(24*time.Hour).Microseconds()
	v.Close = f.State == "published" && (quiet || v.Expired)
	return v
}

type listFormsIn struct {
	State string `query:"state" enum:"draft,submitted,published,closed"`
	Close bool   `query:"propose_close" doc:"only those that nobody has read for 90 days, or that have expired"`
}

type formsOut struct {
	Body struct {
		Items []FormView `json:"items"`
	}
}

type formIn struct {
	Body struct {
		Register string `json:"register" maxLength:"60" doc:"form_row for a register of its own"`
		FormBody
	}
}

type changeFormIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int `json:"version" minimum:"1"`
		FormBody
	}
}

type publishFormIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int `json:"version" minimum:"1"`
		Burden  int `json:"burden" doc:"the figure that was shown: fields × people × times a year"`
	}
}

type returnFormIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int    `json:"version" minimum:"1"`
		Note    string `json:"note" maxLength:"500" doc:"what is to be mended"`
	}
}

type checkFormIn struct {
	Body struct {
		ID       int64  `json:"id,omitempty" doc:"of the form, if it is kept already"`
		Register string `json:"register" maxLength:"60"`
		FormBody
	}
}

// FormProblem is what keeps a form from being approved.
type FormProblem struct {
	Field  string    `json:"field" doc:"zh, owner, fields[2], fields[2].zh …"`
	Code   string    `json:"code"`
	Detail string    `json:"detail"`
	At     *FormHeld `json:"at,omitempty" doc:"where what it asks for is held already"`
}

// FormHeld is where something is held; empty outside of registers.
type FormHeld struct {
	Register string `json:"register,omitempty" doc:"code of the register that holds it"`
	Name     string `json:"name,omitempty" doc:"its field there"`
	Form     int64  `json:"form,omitempty" doc:"the form by which it is asked there"`
}

type checkFormOut struct {
	Body struct {
		Burden   int           `json:"burden" doc:"entries a year: fields × people × times"`
		Problems []FormProblem `json:"problems"`
	}
}

type closeFormIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int `json:"version" minimum:"1"`
	}
}

type formOut struct{ Body FormView }

// Forms are the city's forms in the state, of any state if it is "", the newest first.
func (e *Engine) Forms(ctx context.Context, state, lang string) ([]FormView, error) {
	list, err := e.formsWhere(ctx, e.DB, "(? = '' OR state = ?)", state, state)
	out := make([]FormView, 0, len(list))
	for _, f := range list {
		out = append(out, e.formView(f, lang))
	}
	return out, err
}

// formAPI registers the form builder's operations.
func (e *Engine) formAPI(r *web.Router) {
	op := func(id, method, path, zh, en string) web.Op {
		return web.Op{ID: id, Method: method, Path: "/api/v1/forms" + path, Policy: access.Needs(access.FormManage), Tags: []string{"forms"}, Summary: zh, SummaryEN: en}
	}
	web.Register(r, op("list-forms", "GET", "", "自定义字段和登记表", "The city's own fields and registers"), func(ctx context.Context, _ access.Scope, in *listFormsIn) (*formsOut, error) {
		list, err := e.Forms(ctx, in.State, web.Lang(ctx))
		out := &formsOut{}
		out.Body.Items = slices.DeleteFunc(list, func(v FormView) bool { return in.Close && !v.Close })
		return out, err
	})
	create := op("create-form", "POST", "", "新建登记表", "Draft a form")
	create.Status = http.StatusCreated
	web.Register(r, create, func(ctx context.Context, scope access.Scope, in *formIn) (*formOut, error) {
		f := &Form{ID: e.DB.NextID(), Version: 1, Register: in.Body.Register, State: "draft", FormBody: in.Body.FormBody, CreatedBy: scope.Account(), CreatedAt: e.DB.Now(), ChangedBy: scope.Account()}
		if err := e.checkForm(ctx, f, false); err != nil {
			return nil, err
		}
		return e.writeForm(ctx, scope, f, 0, "form.create")
	})
	web.Register(r, op("change-form", "PATCH", "/{id}", "修改登记表草稿", "Change a draft"), func(ctx context.Context, scope access.Scope, in *changeFormIn) (*formOut, error) {
		f, err := e.formByID(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if f.State != "draft" {
			return nil, ErrForm.New()
		}
		f.FormBody, f.ChangedBy = in.Body.FormBody, scope.Account()
		if err := e.checkForm(ctx, f, false); err != nil {
			return nil, err
		}
		return e.writeForm(ctx, scope, f, in.Body.Version, "form.change")
	})
	web.Register(r, op("check-form", "POST", "/check", "检查登记表并计算填报负担", "What keeps a form from being approved, and what it costs"), func(ctx context.Context, _ access.Scope, in *checkFormIn) (*checkFormOut, error) {
		f := &Form{ID: in.Body.ID, Register: in.Body.Register, FormBody: in.Body.FormBody}
		wrong, err := e.wrongIn(ctx, f, true)
		out := &checkFormOut{}
		out.Body.Burden, out.Body.Problems = f.Burden(), []FormProblem{}
		for _, x := range wrong {
			p := FormProblem{Field: x.Field, Code: x.Err.Kind.Code, Detail: x.Err.Text(web.Lang(ctx))}
			if x.Err.Kind == ErrHeld {
				p.At = &FormHeld{x.Err.Params["register"].(string), x.Err.Params["name"].(string), x.Err.Params["form"].(int64)}
			}
			out.Body.Problems = append(out.Body.Problems, p)
		}
		return out, err
	})
	// seen is the form in that state, whole, whose burden the caller has seen.
	seen := func(ctx context.Context, in *publishFormIn, state string) (*Form, error) {
		f, err := e.formByID(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if f.State != state {
			return nil, ErrForm.New()
		}
		if err := e.checkForm(ctx, f, true); err != nil {
			return nil, err
		}
		if in.Body.Burden != f.Burden() {
			return nil, ErrBurden.New("total", f.Burden())
		}
		return f, nil
	}
	web.Register(r, op("submit-form", "POST", "/{id}/submit", "提交登记表审批", "Ask for approval of a form"), func(ctx context.Context, scope access.Scope, in *publishFormIn) (*formOut, error) {
		f, err := seen(ctx, in, "draft")
		if err != nil {
			return nil, err
		}
		f.State, f.Note, f.ChangedBy = "submitted", "", scope.Account()
		return e.writeForm(ctx, scope, f, in.Body.Version, "form.submit")
	})
	web.Register(r, op("return-form", "POST", "/{id}/return", "退回登记表修改", "Give a form back to be mended"), func(ctx context.Context, scope access.Scope, in *returnFormIn) (*formOut, error) {
		f, err := e.formByID(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if f.State != "submitted" {
			return nil, ErrForm.New()
		}
		if f.Note = strings.TrimSpace(in.Body.Note); f.Note == "" {
			return nil, errs.Required.New("field", w("退回原因", "the reason")).In("note")
		}
		f.State = "draft"
		return e.writeForm(ctx, scope, f, in.Body.Version, "form.return")
	})
	web.Register(r, op("publish-form", "POST", "/{id}/publish", "审批并发布登记表", "Approve and publish a form that another person submitted"), func(ctx context.Context, scope access.Scope, in *publishFormIn) (*formOut, error) {
		f, err := seen(ctx, in, "submitted")
		if err != nil {
			return nil, err
		}
		if scope.Account() == f.ChangedBy || scope.Account() == f.CreatedBy {
			return nil, ErrOwn.New()
		}
		f.State, f.PublishedBy, f.PublishedAt = "published", scope.Account(), e.DB.Now()
		return e.writeForm(ctx, scope, f, in.Body.Version, "form.publish")
	})
	web.Register(r, op("close-form", "POST", "/{id}/close", "停用登记表", "Close a form"), func(ctx context.Context, scope access.Scope, in *closeFormIn) (*formOut, error) {
		f, err := e.formByID(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if f.State == "closed" {
			return nil, ErrForm.New()
		}
		f.State = "closed"
		return e.writeForm(ctx, scope, f, in.Body.Version, "form.close")
	})
}

// writeForm keeps the form; was is the version that it must have, 0 for a new one.
func (e *Engine) writeForm(ctx context.Context, scope access.Scope, f *Form, was int, action string) (*formOut, error) {
	body, err := json.Marshal(f.FormBody)
	if err != nil {
		return nil, err
	}
	current := f.Version
	if was != 0 {
		if was != current {
			return nil, errs.Stale.New("current", current)
		}
		f.Version++
	}
	out := &formOut{e.formView(f, web.Lang(ctx))}
	return out, e.DB.Write(ctx, func(tx *store.Tx) error {
		if was == 0 {
			if _, err := tx.Exec("INSERT INTO ledger_form (district, id, version, register, state, body, note, created_by, created_at, changed_by, published_by, published_at, read_at) VALUES (0, ?, ?, ?, ?, ?, '', ?, ?, ?, 0, 0, 0)",
				f.ID, f.Version, f.Register, f.State, string(body), f.CreatedBy, f.CreatedAt, f.ChangedBy); err != nil {
				return err
			}
		} else {
			n, err := tx.Exec("UPDATE ledger_form SET version = ?, state = ?, body = ?, note = ?, changed_by = ?, published_by = ?, published_at = ? WHERE district = 0 AND id = ? AND version = ?", f.Version, f.State, string(body), f.Note, f.ChangedBy, f.PublishedBy, f.PublishedAt, f.ID, was)
			if err != nil {
				return err
			}
			if n == 0 {
				return errs.Stale.New("current", was+1)
			}
		}
		detail, err := json.Marshal(map[string]any{"register": f.Register, "name": f.ZH, "burden": f.Burden(), "fields": len(f.Fields)})
		if err != nil {
			return err
		}
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: action, Object: "form", ObjectID: f.ID, Seq: f.Version, Detail: detail})
		return web.Commit(ctx, tx, out)
	})
}

// FormActions names the audited actions of forms and imports.
var FormActions = map[string]errs.Words{
	"form.create": w("新建登记表", "Draft a form"), "form.change": w("修改登记表", "Change a form"), "form.submit": w("提交登记表审批", "Ask for approval of a form"), "form.return": w("退回登记表", "Give a form back"), "form.publish": w("发布登记表", "Publish a form"), "form.close": w("停用登记表", "Close a form"),
	"ledger.import": w("导入台账", "Import into a register"), "ledger.undo": w("撤销导入", "Undo an import"),
}
