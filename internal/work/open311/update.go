package open311

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// The statuses of updates, as FixMyStreet's extension names them.
var statuses = []string{"OPEN", "FIXED", "IN_PROGRESS", "ACTION_SCHEDULED", "INVESTIGATING", "DUPLICATE", "NOT_COUNCILS_RESPONSIBILITY", "NO_FURTHER_ACTION", "INTERNAL_REFERRAL", "FOR_TRIAGE", "CLOSED", "CANCELLED", "REOPEN"}

var statusWords = map[string]errs.Words{
	"OPEN": {ZH: "已收到", EN: "Open"}, "FIXED": {ZH: "已办好", EN: "Fixed"}, "IN_PROGRESS": {ZH: "正在办理", EN: "In progress"}, "ACTION_SCHEDULED": {ZH: "已安排办理", EN: "Action scheduled"},
	"INVESTIGATING": {ZH: "正在核实", EN: "Investigating"}, "DUPLICATE": {ZH: "与其他事项重复", EN: "Duplicate"}, "NOT_COUNCILS_RESPONSIBILITY": {ZH: "不属于本单位职责", EN: "Not our responsibility"},
	"NO_FURTHER_ACTION": {ZH: "不再采取措施", EN: "No further action"}, "INTERNAL_REFERRAL": {ZH: "已转内部其他部门", EN: "Referred internally"}, "FOR_TRIAGE": {ZH: "等待分派", EN: "For triage"},
	"CLOSED": {ZH: "已办结", EN: "Closed"}, "CANCELLED": {ZH: "已取消", EN: "Cancelled"}, "REOPEN": {ZH: "重新打开", EN: "Reopened"},
}

// DefaultActs are the acts of a unit on the way to a status. Each that the life of
// the case allows now is done, in order; where the last is not allowed, what the
// update says becomes a note. A status without acts is a note always: a return, for
// one, needs a reason and a proposed unit, which no update carries. An operator may
// set others in linli.json.
var DefaultActs = map[string][]string{
	"INVESTIGATING":    {"sign"},
	"ACTION_SCHEDULED": {"sign"},
	"IN_PROGRESS":      {"sign", "start"},
	"FIXED":            {"sign", "resolve"},
	"CLOSED":           {"sign", "resolve"},
}

func (r *Room) acts(status string) []string {
	if a, ok := r.Config.Acts[status]; ok {
		return a
	}
	return DefaultActs[status]
}

// Longest text of an update, in characters; the case room's notes hold as much.
const maxUpdate = 2000

// incoming is an update from outside.
type incoming struct {
	source, id string // together they name it for ever
	number     string
	status     string
	text       string
}

// actsOf are the permissions of which one is needed to do anything in a case.
var actsOf = []access.Perm{access.CaseHandle, access.CaseTriage, access.CaseDispatch, access.CaseVerify, access.CaseReport}

// update takes a POST of servicerequestupdates.
func (c *call) update() error {
	rules := c.Rules()
	actor, err := c.arrives(func() bool { return rules.Danger(c.form.Get("description")) != "" })
	if err != nil {
		return err
	}
	scope, err := access.Needs(actsOf...).Authorize(actor, c.Today())
	if err != nil {
		return notAllowed.New()
	}
	u := incoming{source: "account:" + strconv.FormatInt(actor.Account, 10), id: first(c.form, "update_id"), number: first(c.form, "service_request_id"),
		status: strings.ToUpper(first(c.form, "status")), text: strings.TrimSpace(c.form.Get("description"))}
	if u.id == "" {
		u.id = first(c.form, "update_id_ext") // as older programs call it
	}
	switch {
	case u.number == "":
		return missing.New("name", "service_request_id")
	case u.id == "":
		return missing.New("name", "update_id")
	case len(u.id) > 100:
		return invalid("update_id", "不能超过 100 个字符", "at most 100 characters")
	case u.status == "":
		return missing.New("name", "status")
	case !slices.Contains(statuses, u.status):
		return invalid("status", "没有这个状态", "there is no such status")
	case utf8.RuneCountInString(u.text) > maxUpdate:
		return invalid("description", "不能超过 2000 字", "at most 2,000 characters")
	}
	if at := first(c.form, "updated_datetime"); at != "" {
		if _, err := parseInstant(at, c.Zone()); err != nil {
			return invalid("updated_datetime", "应为 W3C 日期", "a W3C date")
		}
	}
	id := testNumber
	if !c.dry {
		if id, err = c.apply(c.ctx, scope, home(actor), u); err != nil {
			if errs.Is(err, errs.NotFound) {
				return noRequest.New()
			}
			return err
		}
	}
	return c.answer("service_request_updates", list{"request_update", []any{record{{"update_id", id}}}})
}

// home is the district in which what belongs to an account is kept.
func home(a *access.Actor) int {
	if len(a.Posts) == 0 {
		return 0
	}
	return access.DistrictOf(a.Posts[0].Region)
}

// apply does what an update from outside says, once, as far as the life of the
// case allows it to who says it, and returns the id that it has here.
func (r *Room) apply(ctx context.Context, scope access.Scope, district int, u incoming) (string, error) {
	if id, err := r.applied(ctx, district, u); err != nil || id != "" {
		return id, err
	}
	ours := u.ours()
	keep := func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO open311_update (district, source, update_id, at, ours) VALUES (?, ?, ?, ?, ?)", district, u.source, u.id, tx.Now(), ours)
		return err
	}
	try := func(a Act) error {
		err := r.Cases.Act(ctx, scope, u.number, a)
		if store.IsDuplicate(err) { // somebody applied it at the same time
			return nil
		}
		return err
	}
	words := u.text
	if words == "" {
		words = statusWords[u.status].ZH
	}
	acts := r.acts(u.status)
	for i, action := range acts {
		last := i == len(acts)-1
		a := Act{Action: action, Text: words}
		if last {
			a.OnWrite = keep
		}
		err := try(a)
		switch {
		case err == nil && last:
			return ours, nil
		case err != nil && !refused(err):
			return "", err
		}
	}
	return ours, try(Act{Action: "note", Text: "【" + statusWords[u.status].ZH + "】" + cut(words, maxUpdate-20), OnWrite: keep})
}

// ours is the id that an update from outside has here, the same for every repeat.
func (u incoming) ours() string {
	sum := sha256.Sum256([]byte(u.source + "\x00" + u.id))
	return u.number + "-" + hex.EncodeToString(sum[:5])
}

// refused tells whether the case room understood the act and does not take it: the
// life of the case does not allow it, or it lacks what the act needs.
func refused(err error) bool {
	return errs.Is(err, NotNow) || errs.Is(err, errs.Invalid) || errs.Is(err, errs.Required) || errs.Is(err, errs.TooLong)
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// updates answers GET servicerequestupdates: of the last day where no dates are given.
func (c *call) updates() error {
	reader, err := c.reads()
	if err != nil {
		return err
	}
	if first(c.form, "start_date") == "" && first(c.form, "end_date") == "" {
		c.form.Set("start_date", c.instant(c.DB.Now()-24*3600*1e6))
	}
	from, to, err := c.span()
	if err != nil {
		return err
	}
	found, err := c.Cases.Updates(c.ctx, reader, from, to, mostRows, c.lang)
	if err != nil {
		return err
	}
	return c.answer("service_request_updates", listOf("request_update", found, func(u Update) any {
		return record{{"update_id", u.ID}, {"service_request_id", u.Number}, {"status", u.Kind}, {"updated_datetime", c.instant(u.At)}, {"description", u.Text},
			{"media_url", ""}, {"external_status_code", ""}, {"customer_reference", u.Number}}
	}))
}
