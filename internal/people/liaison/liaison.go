package liaison

import (
	"fmt"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
)

// Post is one leader's assignment to a grid.
type Post struct {
	ledger.Row
	Kind    string `zh:"包联层级" en:"Kind" choices:"district_leader:区级领导:District leader; department_head:部门主要负责人:Department head; street_leader:街道领导:Street leader" rule:"required,filter"`
	Account int64  `zh:"包联领导" en:"Leader" ref:"account" rule:"required,filter" why:"待办和提醒发给这个账号|This account gets the reminders"`
}

// Visit is one visit of a leader to the grid: planned, then done. Cancelling one
// ends it.
type Visit struct {
	ledger.Row
	Post    int64      `col:"for_post" zh:"包联安排" en:"Assignment" ref:"liaison_post" rule:"required,filter,fixed"`
	Quarter int        `zh:"季度" en:"Quarter" rule:"filter" why:"由日期得出|It follows from the date"`
	Planned ledger.Day `zh:"计划日期" en:"Planned for" rule:"filter"`
	Done    ledger.Day `zh:"走访日期" en:"Visited on" rule:"filter"`
	With    string     `col:"came_with" zh:"同行人员" en:"Who came along" rule:"max=200"`
	Found   string     `zh:"走访情况" en:"What was found" rule:"long"`
}

// Finding is a matter that a visit found, with the case that was made of it.
type Finding struct {
	ledger.Row
	Visit  int64  `zh:"走访" en:"Visit" ref:"liaison_visit" rule:"required,filter,fixed"`
	Text   string `zh:"发现的问题" en:"What was found" rule:"required,long,search"`
	Case   int64  `col:"case_id" zh:"事件" en:"Case" rule:"fixed"`
	Number string `col:"case_number" zh:"事件编号" en:"Case number" rule:"max=40,filter,fixed"`
}

// Contact is somebody else whom the grid's notice board names.
type Contact struct {
	ledger.Row
	Role  string `zh:"身份" en:"Role" choices:"police:社区民警:Community police; doctor:家庭医生:Family doctor; lawyer:法律顾问:Legal adviser; hall:服务点:Service point; worker:网格员值班电话:Grid worker on duty; other:其他:Other" rule:"required,filter"`
	Name  string `zh:"姓名或名称" en:"Name" rule:"required,search,max=60"`
	Phone string `zh:"联系电话" en:"Telephone" rule:"required,max=20" why:"工作联系用；勾选“电话可公示”才印在公示牌上|To reach them; it is on the notice board only if it may be public"`
	Board bool   `zh:"电话可公示" en:"Number may be public" why:"勾选后才印在网格公示牌上，个人号码请勿勾选|Only then is it printed on the notice board; never for a personal number"`
}

// Registers are the room's.
type Registers struct {
	Posts    *ledger.Register[Post]
	Visits   *ledger.Register[Visit]
	Findings *ledger.Register[Finding]
	Contacts *ledger.Register[Contact]
}

func w(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

// Declare declares the room's registers.
func Declare(e *ledger.Engine) *Registers {
	const group = "liaison"
	r := &Registers{}
	r.Posts = ledger.Declare(e, ledger.Def[Post]{Code: "liaison_post", Name: w("包联安排", "Liaison assignments"), Group: group, Read: access.LiaisonRead, Write: access.LiaisonWrite,
		Place: ledger.InGrid, Single: [][]string{{"grid", "kind"}}})
	r.Visits = ledger.Declare(e, ledger.Def[Visit]{Code: "liaison_visit", Name: w("包联走访", "Liaison visits"), Group: group, Read: access.LiaisonRead, Write: access.LiaisonWrite,
		Place: ledger.InGrid, Check: r.checkVisit})
	r.Findings = ledger.Declare(e, ledger.Def[Finding]{Code: "liaison_finding", Name: w("包联发现", "What liaison found"), Group: group, Read: access.LiaisonRead, Place: ledger.InGrid})
	r.Contacts = ledger.Declare(e, ledger.Def[Contact]{Code: "grid_contact", Name: w("网格联系人", "Contacts of grids"), Group: group, Read: access.LiaisonRead, Write: access.LiaisonWrite, Place: ledger.InGrid})
	return r
}

// QuarterOf is the quarter of a day: yyyyq.
func QuarterOf(day int) int { return day/10000*10 + (day/100%100+2)/3 }

// Quarter is the first and the last day of a quarter.
func Quarter(q int) (first, last int) {
	y, n := q/10, q%10
	return y*10000 + (3*n-2)*100 + 1, y*10000 + 3*n*100 + []int{31, 30, 30, 31}[n-1]
}

// checkVisit keeps a visit within its quarter and its assignment, and says what
// a visit that is done must hold.
func (r *Registers) checkVisit(wr *ledger.Write, v, _ *Visit) error {
	day := v.Done
	if day == 0 {
		day = v.Planned
	}
	if day == 0 {
		return errs.Wrong("planned", w("计划日期", "planned for"), w("请填写计划日期或走访日期", "give the day planned or the day of the visit"))
	}
	v.Quarter = QuarterOf(int(day))
	var grid int64
	var from, to int
	err := wr.Tx.QueryRow("SELECT grid, valid_from, valid_to FROM liaison_post WHERE district = ? AND id = ?", v.District, v.Post).Scan(&grid, &from, &to)
	if err != nil {
		return err
	}
	first, last := Quarter(v.Quarter)
	inside := func(d ledger.Day) bool { return d == 0 || int(d) >= first && int(d) <= last }
	switch {
	case grid != v.Grid:
		return errs.Wrong("grid", w("网格", "grid"), w("与包联安排的网格不同", "it is not the grid of the assignment"))
	case from > last || to != 0 && to < first:
		return errs.Wrong("planned", w("计划日期", "planned for"), w("该季度没有这项包联安排", "the assignment was not in force in that quarter"))
	case !inside(v.Planned):
		return errs.Wrong("planned", w("计划日期", "planned for"), w(fmt.Sprintf("应在该季度内（%d 至 %d）", first, last), fmt.Sprintf("it lies in the quarter (%d to %d)", first, last)))
	case !inside(v.Done):
		return errs.Wrong("done", w("走访日期", "visited on"), w(fmt.Sprintf("应在该季度内（%d 至 %d）", first, last), fmt.Sprintf("it lies in the quarter (%d to %d)", first, last)))
	case int(v.Done) > wr.Today:
		return errs.Wrong("done", w("走访日期", "visited on"), w("不能晚于今天", "it cannot lie after today"))
	case v.Done != 0 && v.Found == "":
		return errs.Wrong("found", w("走访情况", "what was found"), w("请写走访情况，没有问题也请写明", "say what was found, also if nothing was"))
	}
	return nil
}
