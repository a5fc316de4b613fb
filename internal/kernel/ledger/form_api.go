package ledger

import (
	"context"
	"encoding/json"
	"net/http"
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
	State    string `json:"state" enum:"draft,published,closed"`
	FormBody
	OwnerName   string `json:"owner_name,omitempty"`
	Burden      int    `json:"burden" doc:"entries a year: fields × people × times"`
	Expired     bool   `json:"expired"`
	PublishedAt string `json:"published_at,omitempty" format:"date-time"`
	ReadAt      string `json:"read_at,omitempty" format:"date-time"`
	Close       bool   `json:"propose_close" doc:"nobody has read it for 90 days, or it has expired"`
}

func (e *Engine) formView(f *Form) FormView {
	v := FormView{ID: f.ID, Version: f.Version, Register: f.Register, State: f.State, FormBody: f.FormBody, Burden: f.Burden()}
	if f.Fields == nil {
		v.Fields = []FormField{}
	}
	o, _ := e.Sources["org"].Named(f.Owner)
	v.OwnerName = o.Name
	v.Expired = f.Expires != "" && f.lastDay() < e.Today()
	if f.PublishedAt != 0 {
		v.PublishedAt = e.instant(f.PublishedAt)
	}
	if f.ReadAt != 0 {
		v.ReadAt = e.instant(f.ReadAt)
	}
	quiet := e.DB.Now()-max(f.ReadAt, f.PublishedAt) > unread*(24*time.Hour).Microseconds()
	v.Close = f.State == "published" && (quiet || v.Expired)
	return v
}

type formsIn1 struct {
	State string `query:"state" enum:"draft,published,closed"`
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

type closeFormIn struct {
	ID   int64 `path:"id"`
	Body struct {
		Version int `json:"version" minimum:"1"`
	}
}

type formOut struct{ Body FormView }

// formAPI registers the form builder's operations.
func (e *Engine) formAPI(r *web.Router) {
	op := func(id, method, path, zh, en string) web.Op {
		return web.Op{ID: id, Method: method, Path: "/api/v1/forms" + path, Policy: access.Needs(access.FormManage), Tags: []string{"forms"}, Summary: zh, SummaryEN: en}
	}
	web.Register(r, op("list-forms", "GET", "", "自定义字段和登记表", "The city's own fields and registers"), func(ctx context.Context, _ access.Scope, in *formsIn1) (*formsOut, error) {
		list, err := e.formsWhere(ctx, e.DB, "(? = '' OR state = ?)", in.State, in.State)
		out := &formsOut{}
		out.Body.Items = []FormView{}
		for _, f := range list {
			if v := e.formView(f); !in.Close || v.Close {
				out.Body.Items = append(out.Body.Items, v)
			}
		}
		return out, err
	})
	create := op("create-form", "POST", "", "新建登记表", "Draft a form")
	create.Status = http.StatusCreated
	web.Register(r, create, func(ctx context.Context, scope access.Scope, in *formIn) (*formOut, error) {
		f := &Form{ID: e.DB.NextID(), Version: 1, Register: in.Body.Register, State: "draft", FormBody: in.Body.FormBody, CreatedBy: scope.Account(), CreatedAt: e.DB.Now()}
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
		f.FormBody = in.Body.FormBody
		if err := e.checkForm(ctx, f, false); err != nil {
			return nil, err
		}
		return e.writeForm(ctx, scope, f, in.Body.Version, "form.change")
	})
	web.Register(r, op("publish-form", "POST", "/{id}/publish", "发布登记表", "Publish a form"), func(ctx context.Context, scope access.Scope, in *publishFormIn) (*formOut, error) {
		f, err := e.formByID(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if f.State != "draft" {
			return nil, ErrForm.New()
		}
		if err := e.checkForm(ctx, f, true); err != nil {
			return nil, err
		}
		if in.Body.Burden != f.Burden() {
			return nil, ErrBurden.New("total", f.Burden())
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
	out := &formOut{e.formView(f)}
	return out, e.DB.Write(ctx, func(tx *store.Tx) error {
		if was == 0 {
			if _, err := tx.Exec("INSERT INTO ledger_form (district, id, version, register, state, body, created_by, created_at, published_by, published_at, read_at) VALUES (0, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0)",
				f.ID, f.Version, f.Register, f.State, string(body), f.CreatedBy, f.CreatedAt); err != nil {
				return err
			}
		} else {
			n, err := tx.Exec("UPDATE ledger_form SET version = ?, state = ?, body = ?, published_by = ?, published_at = ? WHERE district = 0 AND id = ? AND version = ?", f.Version, f.State, string(body), f.PublishedBy, f.PublishedAt, f.ID, was)
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
	"form.create": w("新建登记表", "Draft a form"), "form.change": w("修改登记表", "Change a form"), "form.publish": w("发布登记表", "Publish a form"), "form.close": w("停用登记表", "Close a form"),
	"ledger.import": w("导入台账", "Import into a register"), "ledger.undo": w("撤销导入", "Undo an import"),
}
