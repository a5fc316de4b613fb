package staff

import (
	"context"
	"fmt"
	"slices"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
	"linli/internal/people/workforce"
)

// appraisals are one that is done in every district, with one appeal that was
// settled and the demo worker's that may still be made, and one that runs where
// the demo accounts are: drawn, and waiting for its calls.
func (m *maker) appraisals() error {
	var criteria []workforce.Criterion
	for code, line := range map[string]int{"solved": 500, "satisfaction": 500, "handled_on_time": 600, "redo": 250, workforce.Trained: 500} {
		i, err := workforce.ParseIndicator(code)
		if err != nil {
			return err
		}
		criteria = append(criteria, workforce.Criterion{Indicator: i, Line: line})
	}
	slices.SortFunc(criteria, func(a, b workforce.Criterion) int {
		return slices.Index(order, a.Indicator.Code()) - slices.Index(order, b.Indicator.Code())
	})
	for _, d := range m.districts() {
		a, err := m.drawn(d, workforce.Appraisal{Name: "上期网格员考核", From: m.day(-115), To: m.day(-55), Sample: 2, AppealDays: 10, Criteria: criteria}, -70, -50)
		if err != nil {
			return err
		}
		if err := m.callAll(d, a.ID); err != nil {
			return err
		}
		if err := m.decideAll(d, a); err != nil {
			return err
		}
	}
	_, err := m.drawn(int(m.home/1000), workforce.Appraisal{Name: "本期网格员考核", From: m.day(-54), To: m.day(-2), Sample: 2, AppealDays: 10, Criteria: criteria}, -50, -1)
	return err
}

var order = []string{"solved", "satisfaction", "handled_on_time", "redo", workforce.Trained}

// drawn publishes an appraisal of the district on one day and draws on another.
func (m *maker) drawn(d int, a workforce.Appraisal, published, drawn int) (*workforce.Appraisal, error) {
	hr, err := m.as("hr", int64(d), access.StaffWrite)
	if err != nil {
		return nil, err
	}
	a.Street = int64(d)
	made, err := m.s.Publish(m.at(published), hr, a)
	if err != nil {
		return nil, err
	}
	return m.s.ActOnAppraisal(m.at(drawn), hr, made.ID, made.Version, "draw")
}

// callAll makes an appraisal's calls: four in five are reached, most are content.
func (m *maker) callAll(d int, appraisal int64) error {
	seat, err := m.as("callback", int64(d), access.CaseCallback)
	if err != nil {
		return err
	}
	fate := func(id int64, n int64) bool { return id>>3%100 < n } // the same city, the same answers
	for {
		calls, err := m.s.Calls(m.at(-48), seat)
		if err != nil {
			return err
		}
		calls = slices.DeleteFunc(calls, func(c *workforce.Call) bool { return c.Appraisal != appraisal })
		if len(calls) == 0 {
			return nil
		}
		if err := many(calls, func(c *workforce.Call) error {
			in := workforce.Answer{Reached: fate(c.Case, 80)}
			if in.Reached {
				solved := fate(c.Case>>4, 88)
				in.Solved, in.Satisfied = &solved, 2
				if solved {
					in.Satisfied = 4 + int(c.Case>>5%2)
				}
			}
			_, err := m.s.Answered(m.at(-48), seat, c.ID, in)
			return err
		}); err != nil {
			return err
		}
	}
}

// decideAll has the streets' chiefs decide on what is proposed.
func (m *maker) decideAll(d int, a *workforce.Appraisal) error {
	hr, err := m.as("hr", int64(d), access.StaffWrite, access.Appraise)
	if err != nil {
		return err
	}
	if _, err := m.s.ActOnAppraisal(m.at(-45), hr, a.ID, a.Version, "compute"); err != nil {
		return err
	}
	sheets, err := m.s.SheetsOf(m.ctx, scope, a)
	if err != nil {
		return err
	}
	m.report.Sheets += len(sheets)
	worker, _ := m.people.Directory().ByLogin("gridworker")
	appealed := false
	var rest []*workforce.Sheet
	for _, x := range sheets {
		switch {
		case x.Account == worker: // the newest decision: an appeal is possible
			if _, err := m.act(m.at(-3), x, "chief", "decide", map[string]string{"level": "fair", "renew": "yes", "text": "回访与按时情况样本较少，暂定合格，建议续聘。"}, false); err != nil {
				return err
			}
		case x.Street == m.home && !appealed:
			appealed = true
			m.report.Appeals++
			y, err := m.act(m.at(-43), x, "chief", "decide", map[string]string{"level": "poor", "renew": "no", "text": "回访中有诉求人反映未解决。"}, false)
			if err != nil {
				return err
			}
			if y, err = m.act(m.at(-38), y, "", "appeal", map[string]string{"text": "该事项由产权单位处理，我已三次催办并留有记录。"}, true); err != nil {
				return err
			}
			if _, err = m.act(m.at(-34), y, "district_desk", "settle", map[string]string{"level": "fair", "renew": "yes", "text": "经核查记录，催办属实，改为合格，续聘。"}, false); err != nil {
				return err
			}
		default:
			rest = append(rest, x)
		}
	}
	return many(rest, func(x *workforce.Sheet) error {
		renew := map[bool]string{true: "yes", false: "no"}[x.ProposedRenew]
		_, err := m.act(m.at(-43), x, "chief", "decide", map[string]string{"level": x.Proposed, "renew": renew, "text": "同意系统建议，已核对明细。"}, false)
		return err
	})
}

// act does a step on a sheet as the street's chief, the district's desk or the worker.
func (m *maker) act(ctx context.Context, x *workforce.Sheet, role string, action flow.Action, fields map[string]string, mine bool) (*workforce.Sheet, error) {
	var who access.Scope
	var err error
	switch role {
	case "chief":
		who, err = m.as(role, x.Street, access.Appraise)
	case "district_desk":
		who, err = m.as(role, int64(x.District), access.Appraise)
	default:
		who, err = access.SignedIn.Authorize(&access.Actor{Account: x.Account}, m.today)
	}
	if err != nil {
		return nil, err
	}
	y, err := m.s.ActOnSheet(ctx, who, x.ID, x.Version, action, mine, fields)
	if err != nil {
		return nil, fmt.Errorf("%s of sheet %d: %w", action, x.ID, err)
	}
	return y, nil
}

// pay is one rule for each district, PayMonths locked months of every street, and
// where the demo accounts are this month's run, which waits for the chief.
func (m *maker) pay() error {
	now := m.today / 100
	first := now
	months := []int{now}
	for range PayMonths {
		if first--; first%100 == 0 {
			first -= 88
		}
		months = append([]int{first}, months...)
	}
	for _, d := range m.districts() {
		hr, err := m.as("hr", int64(d), access.StaffWrite)
		if err != nil {
			return err
		}
		if _, err := m.s.SetRule(m.at(-119), hr, workforce.Rule{District: d, From: 202401, Name: "专职网格员薪酬办法（试行）", Items: items}); err != nil {
			return err
		}
	}
	var streets []int64
	for _, p := range m.staff {
		streets = append(streets, p.Region/1000)
	}
	slices.Sort(streets)
	for _, street := range slices.Compact(streets) {
		d := access.DistrictOf(street)
		hr, err := m.as("hr", int64(d), access.StaffWrite)
		if err != nil {
			return err
		}
		chief, err := m.as("chief", street, access.PayApprove)
		if err != nil {
			return err
		}
		desk, err := m.as("district_desk", int64(d), access.PayApprove)
		if err != nil {
			return err
		}
		for i, month := range months {
			last := i == len(months)-1
			if last && street != m.home {
				break
			}
			ctx := m.at(0)
			if !last {
				ctx = store.ContextAt(m.ctx, time.Date(month/100, time.Month(month%100), 28, 10, 0, 0, 0, m.s.Calendar().Location()).UnixMicro())
			}
			r, err := m.s.Prepare(ctx, hr, street, month)
			if err != nil {
				return err
			}
			for _, step := range []struct {
				who    access.Scope
				action flow.Action
			}{{hr, "submit"}, {chief, "approve"}, {desk, "approve"}} {
				if last && step.action == "approve" {
					break
				}
				if r, err = m.s.ActOnRun(ctx, step.who, r.ID, r.Version, step.action, ""); err != nil {
					return err
				}
			}
			if r.State == workforce.Locked {
				m.report.Runs++
				m.report.Slips += r.Slips
			}
		}
	}
	return nil
}

var items = []workforce.Item{
	{Code: "base", Name: "基本工资", NameEN: "Base pay", Kind: workforce.Monthly, Amount: 320_000},
	{Code: "service", Name: "工龄工资", NameEN: "Years of service", Kind: workforce.Years, Amount: 5_000, Most: 10},
	{Code: "phone", Name: "通讯补贴", NameEN: "Telephone allowance", Kind: workforce.Monthly, Amount: 10_000},
	{Code: "cover", Name: "代班补助", NameEN: "Cover", Kind: workforce.Cover, Amount: 5_000},
	{Code: "result", Name: "考核绩效", NameEN: "Appraisal result", Kind: workforce.ByLevel, Levels: map[string]workforce.Fen{"good": 80_000, "fair": 50_000, "poor": 20_000}},
	{Code: "insurance", Name: "社保个人部分", NameEN: "Insurance, own share", Kind: workforce.Share, Of: "base", Permille: -105},
}
