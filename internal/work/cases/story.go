package cases

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
)

// Story is a case as its own reporter follows it: what happened in plain words,
// which unit has it – never a person –, when it is due and why it waits.
type Story struct {
	Case     *Case
	Phase    Phase
	Category string
	Place    string // community and address
	Lead     string // the unit that has it now
	Clock    Clock  // of the handling limit
	Result   string
	Main     string // number of the case that it is part of, "" if it stands alone
	Steps    []StoryStep
	Name     string // of the reporter, masked
	Phone    string
	Options  []Option
}

// StoryStep is one thing that happened, in words.
type StoryStep struct {
	At     int64
	Action flow.Action
	Words  string
}

// Option is something the reporter may do now, or why not.
type Option struct {
	Action  flow.Action
	Allowed bool
	Why     string
}

// told are the steps that a reporter is told of, in words for people who do not
// know the office. {lead}, {reason}, {result}, {note}, {until} and {review} are
// what was given with the step; notes between offices are never shown.
var told = map[flow.Action]errs.Words{
	ActReport:             w("我们收到了您的反映。", "We received your report."),
	"accept":              w("已受理。", "It was accepted."),
	"decline":             w("没有受理：{reason}", "It was not accepted: {reason}"),
	"file":                w("已立案，正在安排办理单位。", "It was filed; a unit is being found for it."),
	"not_file":            w("没有立案：{reason}", "It was not filed: {reason}"),
	"check_site":          w("会先派人到现场看一看。", "Somebody will look at the place first."),
	"site_checked":        w("已经到现场看过。", "Somebody has looked at the place."),
	"dispatch":            w("已交给{lead}办理。", "{lead} was asked to deal with it."),
	"direct":              w("已交给{lead}办理。", "{lead} was asked to deal with it."),
	"urge":                w("已催促办理单位。", "The unit was urged."),
	"supervise":           w("已超过时限，正在督办。", "It is late; the unit is being supervised."),
	"escalate":            w("已上报区里协调。", "The district was asked to help."),
	"sign":                w("办理单位已签收。", "The unit has signed for it."),
	"start":               w("办理单位开始办理。", "The unit has begun."),
	"resolve":             w("办理单位反馈：{result}", "The unit says: {result}"),
	ActOnsite:             w("当场办好：{result}", "Settled on the spot: {result}"),
	"return_approved":     w("原办理单位认为不属于其职责，正在另行安排。", "The unit said that it is not its matter; another one is being found."),
	"return_decided":      w("改由{lead}办理。", "{lead} deals with it now."),
	"extension_approved":  w("办理时限延长到 {until}。", "The limit was extended to {until}."),
	"suspension_approved": w("暂时无法解决：{reason}。{review} 前复查。", "It cannot be solved now: {reason}. It will be looked at again by {review}."),
	"resume":              w("恢复办理。", "It goes on."),
	"await":               w("需要您补充：{reason}（最迟 {until}）。", "We need something from you: {reason} (by {until} at the latest)."),
	"go_on":               w("恢复办理。", "It goes on."),
	ActGoOn:               w("恢复办理。", "It goes on."),
	ActLapse:              w("已超过办理时限，正在督促。", "The limit has passed; the unit is being urged."),
	"verify_pass":         w("现场核查：已经解决。", "Checked on site: it is solved."),
	"verify_fail":         w("现场核查：没有解决，继续办理。", "Checked on site: it is not solved; it goes on."),
	ActCallBack:           w("我们联系您进行了回访。", "We called you back."),
	"close":               w("已办结。", "It was closed."),
	"redo":                w("重新办理。", "It is being done again."),
	"reopen":              w("重新办理。", "It is being done again."),
	"to_desk":             w("重新办理。", "It is being done again."),
	ActMerge:              w("与另一件相同的事项一并办理，结果会告诉您。", "It is dealt with together with another report of the same; you will be told the outcome."),
	ActJoin:               w("与另一件相同的事项一并办理，结果会告诉您。", "It is dealt with together with another report of the same; you will be told the outcome."),
	ActSplit:              w("您反映的几件事分开办理。", "The several things that you reported are dealt with one by one."),
	"withdraw":            w("已撤回。", "It was withdrawn."),
	"void_approved":       w("已作废。", "It was made void."),
	"own_note":            w("您补充了：{note}", "You added: {note}"),
	"own_correct":         w("您更正了：{note}", "You corrected: {note}"),
	"own_withdraw":        w("您撤回了反映。", "You withdrew the report."),
	"own_rate":            w("您对办理结果作了评价。", "You rated the outcome."),
	"own_erase":           w("您要求删除的个人信息已经删除。", "The personal data that you asked us to delete is deleted."),
}

// OwnStory reads a case for its own reporter, whom the scope must have proved;
// anything else does not exist for a visitor.
func (s *Service) OwnStory(ctx context.Context, scope access.Scope, id int64, lang string) (*Story, error) {
	if !scope.Owns(id) {
		return nil, errs.NotFound.New()
	}
	c, units, _, err := s.ByID(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	v := s.view(scope, lang)
	v.now = s.DB.NowIn(ctx)
	st := &Story{Case: c, Place: strings.TrimSpace(s.Atlas.Region(c.Community).Name + " " + c.Address)}
	if n := v.category(c); n != nil {
		st.Category = n.Name
	}
	log, err := s.Log(ctx, c)
	if err != nil {
		return nil, err
	}
	own := v.steps(log, func(LogEntry) bool { return true })
	end := c
	if c.Status == Merged {
		if end, err = s.made(ctx, c.MergedInto); err != nil {
			return nil, err
		}
		for hops := 0; end.Status == Merged && hops < 10; hops++ {
			if end, err = s.made(ctx, end.MergedInto); err != nil {
				return nil, err
			}
		}
		st.Main = end.Number
		all, err := s.Log(ctx, end)
		if err != nil {
			return nil, err
		}
		since := own[len(own)-1].At
		own = append(own, v.steps(all, func(e LogEntry) bool {
			return e.At >= since && !strings.HasPrefix(e.Action, "own_") && e.Action != string(ActReport) && e.Action != "await" && e.Action != string(ActCallBack)
		})...)
	}
	st.Phase, st.Steps, st.Clock, st.Result = PhaseOf(end.Status), own, v.whole(end), end.Result
	if n := v.org(end.Lead); n != nil {
		st.Lead = n.Name
	}
	if c.reachable() {
		if st.Name, st.Phone, err = s.Keeper.Masked(ctx, s.DB, c.District, c.Reporter); err != nil {
			return nil, err
		}
	}
	f := &facts{c: c, now: v.now, set: v.set, can: canOn(scope, c, units)}
	for _, o := range Life.Options(c.Status, f.can, f) {
		st.Options = append(st.Options, Option{o.Action, o.Allowed, o.Why.In(lang)})
	}
	return st, nil
}

// steps puts entries of the log into plain words, those that are for the reporter.
func (v *view) steps(log []LogEntry, take func(LogEntry) bool) (out []StoryStep) {
	for _, e := range log {
		words, ok := told[flow.Action(e.Action)]
		if !ok || !take(e) {
			continue
		}
		out = append(out, StoryStep{e.At, flow.Action(e.Action), v.fill(words.In(v.lang), e.Fields)})
	}
	slices.SortStableFunc(out, func(a, b StoryStep) int { return int(a.At - b.At) })
	return out
}

// fill puts what was given with a step into its words.
func (v *view) fill(words, fields string) string {
	if !strings.Contains(words, "{") {
		return words
	}
	var f struct {
		Reason, Result, Note string
		Lead                 int64
		Until, Review        int
	}
	if err := json.Unmarshal([]byte(fields), &f); err != nil {
		return words
	}
	lead := v.org(f.Lead)
	if lead == nil {
		lead = &Named{Name: w("有关单位", "the unit in charge").In(v.lang)}
	}
	day := func(d int) string {
		if d == 0 {
			return w("待定", "a day to be set").In(v.lang)
		}
		return calendar.DayText(d)
	}
	return strings.NewReplacer("{lead}", lead.Name, "{reason}", f.Reason, "{result}", f.Result, "{note}", f.Note, "{until}", day(f.Until), "{review}", day(f.Review)).Replace(words)
}

// ByNumber finds a case of the scope's districts by its number, written as people
// write it; errs.NotFound if there is none.
func (s *Service) ByNumber(ctx context.Context, scope access.Scope, text string) (*Case, error) {
	m := numberForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return nil, errs.NotFound.New()
	}
	day, _ := strconv.Atoi(m[1])
	n, _ := strconv.ParseInt(m[2], 10, 64)
	in, args := inDistricts("c.district", scope)
	c, err := scanCase(s.DB.QueryRow(ctx, "SELECT "+selectAll+" FROM cases c WHERE c.number = ? AND "+in, append([]any{number(day, n)}, args...)...))
	if err != nil {
		return nil, err
	}
	return c, scope.Check(c.Target(nil))
}
