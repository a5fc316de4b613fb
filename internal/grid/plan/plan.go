package plan

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
)

// Statuses of a draft.
const (
	Result    = "result"    // as a run left it; can be copied, not changed
	Draft     = "draft"     // being edited
	Asked     = "asked"     // waits for two persons
	Approved  = "approved"  // may be published
	Published = "published" // begins on a day
)

// Decisions on a draft.
const (
	Ask      = "ask"
	Withdraw = "withdraw"
	Approve  = "approve"
	Decline  = "decline"
	Publish  = "publish"
	Undo     = "undo"
)

// steps is the life of a draft: decision → from which statuses to which. The
// second approval, not the first, makes it approved.
var steps = map[string]struct {
	from []string
	to   string
}{
	Ask:      {[]string{Draft}, Asked},
	Withdraw: {[]string{Asked, Approved}, Draft},
	Approve:  {[]string{Asked}, Approved},
	Decline:  {[]string{Asked}, Draft},
	Publish:  {[]string{Approved}, Published},
	Undo:     {[]string{Published}, Approved},
}

// approvals is how many persons, none of them an author, must approve.
const approvals = 2

// The kinds of error of this room.
var (
	NotNow      = errs.Declare("plan_not_now", 409, "方案现在是“{status}”，不能这样做。", "The plan is {status} now; this cannot be done.")
	OwnPlan     = errs.Declare("plan_own", 409, "您参与了编制，不能审批这份方案，请由其他两人审批。", "You worked on this plan, so two others must approve it.")
	TwoPersons  = errs.Declare("plan_approved_by_you", 409, "您已经审批过，还需另一人审批。", "You have approved it already; another person must too.")
	NotComplete = errs.Declare("plan_not_complete", 422, "还不能送审：{why}。", "It cannot be handed in yet: {why}.")
	Locked      = errs.Declare("plan_locked", 409, "{grid} 已锁定，请先解锁。", "{grid} is locked; unlock it first.")
	NoSuchGrid  = errs.Declare("plan_no_grid", 422, "没有网格 {grid}，请刷新。", "There is no grid {grid}; please reload.")
	TwoAreas    = errs.Declare("plan_two_communities", 422, "网格不能跨社区。所选楼栋不在同一个社区，或不在目标网格的社区。", "A grid lies inside one community; these buildings, or their target, do not.")
	Unanswered  = errs.Declare("plan_unanswered", 409, "请先答复这项请求：“{request}”。", "Answer this request first: “{request}”.")
	NothingLeft = errs.Declare("plan_nothing", 409, "没有可以{what}的操作。", "There is nothing to {what}.")
	NoPlace     = errs.Declare("plan_no_communities", 422, "请选择至少一个社区。", "Choose at least one community.")
	RunGoesOn   = errs.Declare("plan_run_goes_on", 409, "已有一次计算正在进行，请等它完成或先停止。", "A run is under way; wait for it or stop it first.")
)

func words(zh, en string) errs.Words { return errs.Words{ZH: zh, EN: en} }

var statusNames = map[string]errs.Words{Result: words("计算结果", "a result"), Draft: words("草稿", "a draft"), Asked: words("待审批", "waiting for approval"),
	Approved: words("已批准", "approved"), Published: words("已发布", "published")}

// Actions names what this room writes to the audit trail.
var Actions = map[string]errs.Words{
	"plan.create": words("新建网格规划", "Plan made"), "plan.run": words("开始规划计算", "Run of a plan started"), "plan.draft": words("新建方案草稿", "Draft of a plan made"),
	"plan.ask": words("方案送审", "Plan handed in"), "plan.withdraw": words("撤回送审", "Plan withdrawn"), "plan.approve": words("批准方案", "Plan approved"),
	"plan.decline": words("退回方案", "Plan declined"), "plan.publish": words("发布方案", "Plan published"), "plan.undo": words("撤回发布", "Publication taken back"),
}

// checkText returns the trimmed text of a field.
func checkText(field string, label errs.Words, s string, most int, required bool) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "" && required:
		return "", errs.Required.New("field", label).In(field)
	case utf8.RuneCountInString(s) > most:
		return "", errs.TooLong.New("field", label, "max", most).In(field)
	}
	return s, nil
}

// Plan is one undertaking: some communities and the ground they stand on.
type Plan struct {
	ID          int64
	District    int   // 0: communities of several districts
	Street      int64 // 0: of several streets
	Community   int64 // 0: several
	Name        string
	Source      string // city or upload
	Communities []int64
	Units       int
	Households  int
	CreatedBy   int64
	CreatedAt   int64
}

// Target is where the plan lies, for scopes.
func (p *Plan) Target() access.Target {
	return access.Target{District: p.District, Street: p.Street, Community: p.Community}
}

// place sets the smallest region that holds all the communities.
func (p *Plan) place() {
	same := func(by int64) int64 {
		first := p.Communities[0] / by
		for _, c := range p.Communities {
			if c/by != first {
				return 0
			}
		}
		return first
	}
	p.District, p.Street, p.Community = int(same(1_000_000)), same(1000), same(1)
}

// OldGrid is a grid of the city before the plan.
type OldGrid struct {
	ID         int64
	Code       int64
	Name       string
	Kind       string
	Purpose    string
	Community  int64
	Polygon    string
	Households int
}

// basic is the kind of the grids that are planned; dedicated ones stay.
const basic = "basic"

// keepShare is from which likeness on a new grid is an old one that changed and
// keeps its id: households of both, divided by households of either.
const keepShare = 0.5

// keptIDs tells which new grid keeps the id of which old one: the pairs whose
// shared households are at least half of their joint households. Both sides are
// partitions, so at most one partner qualifies but for exact halves, of which
// the lower numbers win. Without households units are counted instead.
func keptIDs(grid, old, weight []int) map[int]int {
	shared := map[[2]int]int{}
	newSize, oldSize := map[int]int{}, map[int]int{}
	for u, g := range grid {
		newSize[g] += weight[u]
		if o := old[u]; o >= 0 {
			oldSize[o] += weight[u]
			shared[[2]int{g, o}] += weight[u]
		}
	}
	pairs := make([][2]int, 0, len(shared))
	for p, n := range shared {
		if n > 0 && float64(n) >= keepShare*float64(newSize[p[0]]+oldSize[p[1]]-n) {
			pairs = append(pairs, p)
		}
	}
	slices.SortFunc(pairs, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	out, taken := map[int]int{}, map[int]bool{}
	for _, p := range pairs {
		if _, ok := out[p[0]]; !ok && !taken[p[1]] {
			out[p[0]], taken[p[1]] = p[1], true
		}
	}
	return out
}
