package party

import (
	"database/sql"
	"errors"
	"slices"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
)

var above = map[string]string{AtGrid: AtCommunity, AtBuilding: AtGrid}

// place is an organisation as the rules of others need it.
type place struct {
	level          string
	region, gridID int64
	parent         int64
	from, to       ledger.Day
	name, state    string
}

// orgIn reads an organisation within the write.
func orgIn(wr *ledger.Write, district int, id int64) (p place, err error) {
	err = wr.Tx.QueryRow("SELECT level, region, grid, parent, valid_from, valid_to, name, state FROM party_org WHERE district = ? AND id = ?", district, id).
		Scan(&p.level, &p.region, &p.gridID, &p.parent, &p.from, &p.to, &p.name, &p.state)
	if errors.Is(err, sql.ErrNoRows) {
		return p, errs.Wrong("holder", w("党组织", "organisation"), w("没有找到，请重新选择", "there is none; choose again"))
	}
	return p, err
}

// checkOrg holds the chain together: a branch stands under its community's
// organisation, a group under a branch and on its grid.
func checkOrg(wr *ledger.Write, o, _ *Org) error {
	label := w("上级党组织", "organisation above")
	if o.Level == AtCommunity {
		o.Grid = 0 // it hangs on the community, whichever grid was chosen
		if o.Parent != 0 {
			return errs.Wrong("parent", label, w("社区党组织没有上级，请留空", "a community’s organisation has none; leave it empty"))
		}
		return nil
	}
	if o.Grid == 0 {
		return errs.Wrong("grid", w("网格", "grid"), w("请选择所在网格", "choose the grid"))
	}
	if o.Parent == 0 && o.Level == AtGrid { // the community has one
		if err := wr.Tx.QueryRow("SELECT id FROM party_org WHERE district = ? AND region = ? AND level = ? AND state <> ? ORDER BY id LIMIT 1", o.District, o.Region, AtCommunity, ledger.Ended).Scan(&o.Parent); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	if o.Parent == 0 {
		return errs.Wrong("parent", label, w("请选择上级党组织", "choose the organisation above"))
	}
	up, err := orgIn(wr, o.District, o.Parent)
	switch {
	case err != nil:
		return err
	case up.level != above[o.Level]:
		return errs.Wrong("parent", label, w("层级不对：支部的上级是社区党组织，小组的上级是支部", "wrong level: a branch stands under a community’s organisation, a group under a branch"))
	case up.region != o.Region:
		return errs.Wrong("parent", label, w("上级党组织不在同一社区", "it is in another community"))
	}
	return nil
}

var ranks = []string{Branch, General, Committee}

// checkRank lets a rank be "raised" only from a lower one that the organisation
// had until then.
func (r *Registers) checkRank(wr *ledger.Write, k, old *Rank) error {
	o, err := orgIn(wr, k.District, k.Holder)
	if err != nil {
		return err
	}
	if o.level == AtBuilding {
		return errs.Wrong("holder", w("党组织", "organisation"), w("党小组不设支部、总支或党委", "a group has no rank"))
	}
	if k.How != "raised" || old != nil && old.How == "raised" && old.Rank == k.Rank {
		return nil
	}
	var before string
	err = wr.Tx.QueryRow("SELECT rank FROM party_rank WHERE district = ? AND holder = ? AND id <> ? AND valid_from < ? AND state <> 'void' ORDER BY valid_from DESC LIMIT 1", k.District, k.Holder, k.ID, k.From).Scan(&before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err != nil || slices.Index(ranks, before) >= slices.Index(ranks, k.Rank) {
		return errs.Wrong("how", w("由来", "how it came"), w("升格须由较低的设置升上来，请先登记原来的设置", "it is raised from a lower rank; enter that one first"))
	}
	return nil
}

// checkPost: one secretary at a time, for a term with an end.
func (r *Registers) checkPost(wr *ledger.Write, p, _ *Post) error {
	if p.Office != "secretary" {
		return nil
	}
	if p.To == 0 {
		return errs.Wrong("valid_to", w("截止日期", "last day"), w("书记有任期，请填写届满日期", "a secretary has a term; give its last day"))
	}
	var other string
	err := wr.Tx.QueryRow("SELECT name FROM party_post WHERE district = ? AND holder = ? AND office = 'secretary' AND id <> ? AND state <> 'void' AND valid_from <= ? AND (valid_to > ? OR valid_to = ? AND state <> 'ended') LIMIT 1", p.District, p.Holder, p.ID, p.To, p.From, p.From).Scan(&other)
	switch {
	case err == nil:
		return errs.Wrong("valid_from", w("任期", "term"), w("与"+other+"的任期重叠，请先结束前任", "it overlaps that of "+other+"; end that one first"))
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	return nil
}

func checkMember(_ *ledger.Write, m, _ *Member) error {
	if m.Kind != "serving" && m.CheckedIn != 0 {
		return errs.Wrong("checked_in", w("报到日期", "checked in"), w("只有在职党员到居住地报到", "only serving members check in where they live"))
	}
	return nil
}

// checkHousehold: it stands in a building group of its own grid.
func (r *Registers) checkHousehold(wr *ledger.Write, h, _ *Household) error {
	o, err := orgIn(wr, h.District, h.Group)
	if err != nil {
		return err
	}
	if o.level != AtBuilding || o.gridID != h.Grid {
		return errs.Wrong("in_group", w("所属党小组", "building group"), w("请选择本网格的楼栋党小组", "choose a building group of this grid"))
	}
	return nil
}

func checkSide(_ *ledger.Write, s, _ *Side) error {
	if s.Side == "branch" && s.Holder == 0 {
		return errs.Wrong("holder", w("党组织", "party organisation"), w("请选择网格党支部", "choose the grid’s branch"))
	}
	return nil
}

func checkMatter(wr *ledger.Write, m, _ *Matter) error {
	switch {
	case m.Raised > ledger.Day(wr.Today):
		return errs.Wrong("raised", w("提出日期", "raised"), w("不能晚于今天", "it cannot lie after today"))
	case m.Solved != 0 && m.Solved < m.Raised:
		return errs.Wrong("solved", w("解决日期", "solved"), w("不能早于提出日期", "it cannot lie before it was raised"))
	case m.Solved != 0 && m.Result == "":
		return errs.Wrong("result", w("结果", "result"), w("请写明怎么解决的", "say how it was solved"))
	}
	return nil
}
