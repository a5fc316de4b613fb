package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"linli/internal/figures/report"
	"linli/internal/grid/plan"
	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/outbox"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
	"linli/internal/people/identity"
	"linli/internal/people/workforce"
	"linli/internal/work/cases"
	"linli/internal/work/hotline"
	"linli/internal/work/resident"
)

// headsFile keeps the signed heads of all chains, one note after another.
func (a *App) headsFile() string { return filepath.Join(a.opt.Data, "audit-heads.txt") }

// SignHeads signs each chain that grew and adds its head to the file, which
// other seats copy: with it, `linli verify --heads FILE` proves later changes.
func (a *App) SignHeads(ctx context.Context) error {
	heads, err := audit.Heads(ctx, a.DB)
	if err != nil {
		return err
	}
	kept, err := a.keptHeads()
	if err != nil {
		return err
	}
	size := map[int]int64{}
	for _, h := range kept {
		size[h.District] = max(size[h.District], h.Size)
	}
	var notes strings.Builder
	for _, h := range heads {
		if h.Size > size[h.District] {
			n, err := a.Signer.Sign(h)
			if err != nil {
				return err
			}
			notes.WriteString(n)
		}
	}
	if notes.Len() == 0 {
		return nil
	}
	f, err := os.OpenFile(a.headsFile(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(notes.String())
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func (a *App) keptHeads() ([]audit.Head, error) {
	text, err := os.ReadFile(a.headsFile())
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return a.Signer.ParseHeads(string(text))
}

// Proof is the result of a verification.
type Proof struct {
	OK       bool            `json:"ok"`
	Entries  int64           `json:"entries"`
	Cases    int64           `json:"cases"`
	Heads    int             `json:"signed_heads" doc:"signed heads that the chains were compared with"`
	Root     string          `json:"root" doc:"one hash over all chains' roots"`
	Problems []audit.Problem `json:"problems"`
	TookMS   int64           `json:"took_ms"`
}

// Verify proves that nothing was changed behind the program's back: chains
// against their heads and the signed heads, histories against chains, present
// rows against histories. extra are heads that were kept elsewhere.
func (a *App) Verify(ctx context.Context, extra ...audit.Head) (*Proof, error) {
	start := time.Now()
	kept, err := a.keptHeads()
	if err != nil {
		return &Proof{Problems: []audit.Problem{{District: -1, Idx: -1, Text: err.Error()}}}, nil
	}
	kept = append(kept, extra...)
	p := &Proof{Heads: len(kept), Problems: []audit.Problem{}}
	err = a.DB.Snapshot(ctx, func(r store.Reader) error {
		chains, err := audit.VerifyChains(ctx, r, kept...)
		if err != nil {
			return err
		}
		rows, err := a.Cases.Verify(ctx, r)
		if err != nil {
			return err
		}
		p.Problems = append(append(p.Problems, chains...), rows...)
		for _, room := range []interface {
			Verify(context.Context, store.Reader) ([]audit.Problem, error)
		}{a.Atlas, a.Rulebook, a.Plan, a.Ledger, a.Staff, a.Whistles} {
			found, err := room.Verify(ctx, r)
			if err != nil {
				return err
			}
			p.Problems = append(p.Problems, found...)
		}
		heads, err := audit.Heads(ctx, r)
		if err != nil {
			return err
		}
		for _, h := range heads {
			p.Entries += h.Size
		}
		p.Root = audit.RootOf(heads)
		return r.QueryRow(ctx, "SELECT COUNT(*) FROM cases").Scan(&p.Cases)
	})
	p.OK, p.TookMS = len(p.Problems) == 0, time.Since(start).Milliseconds()
	return p, err
}

type auditIn struct {
	Account  int64  `query:"account"`
	Object   string `query:"object"`
	ObjectID int64  `query:"object_id"`
	Action   string `query:"action" doc:"beginning of the action's code: case. or account.disable"`
	From     int    `query:"from" doc:"yyyymmdd"`
	To       int    `query:"to" doc:"yyyymmdd"`
	Cursor   string `query:"cursor"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200"`
}

// AuditItem is an entry of the trail.
type AuditItem struct {
	Chain    int             `json:"chain"`
	Idx      int64           `json:"idx"`
	At       string          `json:"at" format:"date-time"`
	Actor    *AuditActor     `json:"actor"`
	Action   string          `json:"action"`
	Name     string          `json:"action_name"`
	Object   string          `json:"object"`
	ObjectID int64           `json:"object_id"`
	Label    string          `json:"label"`
	Detail   json.RawMessage `json:"detail"`
}

// AuditActor is who did it; null is the system.
type AuditActor struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Login string `json:"login"`
	Post  string `json:"post"`
}

type auditOut struct {
	Body struct {
		Items []AuditItem `json:"items"`
		Next  string      `json:"next"`
	}
}

type auditPlace struct {
	At    int64 `json:"a"`
	Chain int   `json:"c"`
	Idx   int64 `json:"i"`
}

func (a *App) auditRoutes() {
	read := access.Needs(access.AuditRead)
	tags := []string{"audit"}
	web.Register(a.Web, web.Op{ID: "audit-trail", Method: "GET", Path: "/api/v1/audit", Policy: read, Tags: tags, Summary: "审计记录", SummaryEN: "The audit trail"}, a.trail)
	web.Register(a.Web, web.Op{ID: "verify-audit", Method: "POST", Path: "/api/v1/audit/verify", Policy: read, Tags: tags, ReadOnly: true, Timeout: 10 * time.Minute, Summary: "校验审计链", SummaryEN: "Verify the chain"},
		func(ctx context.Context, _ access.Scope, _ *struct{}) (*struct{ Body *Proof }, error) {
			p, err := a.Verify(ctx)
			return &struct{ Body *Proof }{p}, err
		})
	web.Handle(a.Web, web.Op{ID: "audit-heads", Method: "GET", Path: "/api/v1/audit/heads", Policy: read, Tags: tags, Produces: "text/plain; charset=utf-8", Summary: "签名的链头", SummaryEN: "Signed heads, to be kept elsewhere"},
		func(ctx context.Context, _ access.Scope, w http.ResponseWriter, _ *http.Request) error {
			heads, err := audit.Heads(ctx, a.DB)
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Content-Disposition", web.Attachment(fmt.Sprintf("linli-heads-%d.txt", a.Today())))
			w.Header().Set("Linli-Verifier-Key", a.Signer.Public)
			for _, h := range heads {
				n, err := a.Signer.Sign(h)
				if err != nil {
					return err
				}
				if _, err := w.Write([]byte(n)); err != nil {
					return err
				}
			}
			return nil
		})
}

// trail lists entries, newest first, over the chains of the scope.
func (a *App) trail(ctx context.Context, scope access.Scope, in *auditIn) (*auditOut, error) {
	limit := in.Limit
	if limit == 0 {
		limit = 50
	}
	var after auditPlace
	if _, err := web.ParseCursor(in.Cursor, &after); err != nil {
		return nil, err
	}
	cal := a.Rulebook.Current(a.DB.Now()).Calendar()
	var found []audit.Row
	for _, d := range scope.Districts() {
		where, args := []string{"district = ?"}, []any{d}
		and := func(cond string, vals ...any) { where = append(where, cond); args = append(args, vals...) }
		if in.Account != 0 {
			and("actor = ?", in.Account)
		}
		if in.Object != "" {
			and("object = ?", in.Object)
		}
		if in.ObjectID != 0 {
			and("object_id = ?", in.ObjectID)
		}
		if in.Action != "" {
			and("action LIKE ?", strings.NewReplacer("%", "", "_", "").Replace(in.Action)+"%")
		}
		if in.From != 0 {
			and("at >= ?", cal.DayStart(in.From))
		}
		if in.To != 0 {
			and("at < ?", cal.DayStart(cal.AddDays(in.To, 1)))
		}
		if after.At != 0 {
			and("(at < ? OR at = ? AND (district > ? OR district = ? AND idx < ?))", after.At, after.At, after.Chain, after.Chain, after.Idx)
		}
		rows, err := a.DB.Query(ctx, "SELECT idx, at, actor, post, action, object, object_id, detail FROM audit WHERE "+strings.Join(where, " AND ")+" ORDER BY idx DESC LIMIT ?", append(args, limit+1)...)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			r := audit.Row{Entry: audit.Entry{District: d}}
			if err := rows.Scan(&r.Idx, &r.At, &r.Actor, &r.Post, &r.Action, &r.Object, &r.ObjectID, &r.Detail); err != nil {
				rows.Close()
				return nil, err
			}
			found = append(found, r)
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	audit.SortNewestFirst(found)
	out := &auditOut{}
	out.Body.Items = []AuditItem{}
	if len(found) > limit {
		found = found[:limit]
		last := found[limit-1]
		out.Body.Next = web.Cursor(auditPlace{last.At, last.District, last.Idx})
	}
	lang := web.Lang(ctx)
	dir := a.Identity.Directory()
	for _, r := range found {
		it := AuditItem{Chain: r.District, Idx: r.Idx, At: cal.Time(r.At).Format(time.RFC3339), Action: r.Action, Name: a.actionName(r.Entry, lang), Object: r.Object, ObjectID: r.ObjectID,
			Label: a.labelOf(ctx, r), Detail: json.RawMessage(r.Detail)}
		if r.Actor != 0 {
			it.Actor = &AuditActor{r.Actor, dir.AccountName(r.Actor), dir.AccountLogin(r.Actor), people{a.Identity, a.Today}.PostName(r.Post).In(lang)}
		}
		out.Body.Items = append(out.Body.Items, it)
	}
	return out, nil
}

// labelOf names the object of an entry: a case's number, an account's login.
func (a *App) labelOf(ctx context.Context, r audit.Row) string {
	switch r.Object {
	case "case":
		var number string
		if err := a.DB.QueryRow(ctx, "SELECT number FROM cases WHERE district = ? AND id = ?", r.District, r.ObjectID).Scan(&number); err == nil {
			return number
		}
	case "account":
		return a.Identity.Directory().AccountLogin(r.ObjectID)
	case "org":
		return a.Identity.OrgName(r.ObjectID)
	}
	return strconv.FormatInt(r.ObjectID, 10)
}

// actionName names an audited action; what no room names shows its code.
func (a *App) actionName(e audit.Entry, lang string) string {
	code := e.Action
	if w := a.Ledger.ActionName(e.Object, code); w.ZH != "" {
		return w.In(lang)
	}
	if rest, ok := strings.CutPrefix(code, "case."); ok {
		if n := cases.ActionName(rest); n.ZH != rest {
			return n.In(lang)
		}
	}
	for _, names := range []map[string]errs.Words{identity.Actions, plan.Actions, outbox.Actions, resident.Actions, hotline.Actions, workforce.Actions, ledger.FormActions, report.Actions, otherActions} {
		if w, ok := names[code]; ok {
			return w.In(lang)
		}
	}
	return code
}

// otherActions are those of rooms that have no list of their own.
var otherActions = map[string]errs.Words{
	"case.reveal":   {ZH: "查看诉求人信息", EN: "Reveal the reporter"},
	"case.export":   {ZH: "导出事件", EN: "Export cases"},
	"filter.save":   {ZH: "保存筛选", EN: "Save a filter"},
	"filter.delete": {ZH: "删除筛选", EN: "Delete a filter"},
}
