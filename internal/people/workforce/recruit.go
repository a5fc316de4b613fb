package workforce

import (
	"context"
	"database/sql"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
)

// Round is a recruitment from its notice to the contracts.
type Round struct {
	ledger.Row
	Name     string     `zh:"批次名称" en:"name" rule:"required,search,max=60"`
	Seats    int        `zh:"招聘人数" en:"seats" rule:"required,min=1,max=2000"`
	Deadline ledger.Day `zh:"报名截止" en:"last day to apply" rule:"required"`
	Notice   string     `zh:"公告内容" en:"notice" rule:"required,long,max=2000"`
}

// Candidate is somebody who applies. Name and telephone lie in the vault, and are
// erased RetainDays after the round has ended.
type Candidate struct {
	ledger.Row
	Round   int64         `zh:"招聘批次" en:"recruitment round" ref:"staff_round" rule:"required,fixed,filter"`
	Name    ledger.Secret `zh:"姓名" en:"name" personal:"name" rule:"required"`
	Phone   ledger.Secret `zh:"电话" en:"telephone" personal:"phone" rule:"required" why:"通知考试和录用|to tell of tests and of the result"`
	Channel string        `zh:"报名渠道" en:"applies as" choices:"social:社会招聘:Open recruitment; committee:社区两委成员:Committee member; party:党员骨干:Party member" rule:"required,filter"`
	Score   int           `zh:"考试成绩" en:"test result" rule:"max=100"`
	Account int64         `zh:"录用账号" en:"account" ref:"account"`
}

// RetainDays is how long candidates' personal data are kept after their round has ended.
const RetainDays = 180

// roundStates and candidateStates are as the registers declare them.
const (
	roundStates     = "notice:拟定公告:Notice being drawn up; open:报名中:Open; review:资格审查:Qualification; exam:考试面试:Tests; publicity:公示:Publication"
	candidateStates = "applied:已报名:Applied; qualified:资格通过:Qualified; passed:考试通过:Passed; offered:拟录用:Offered; hired:已录用:Hired; declined:放弃:Declined; rejected:未录用:Not taken"
)

type lineage = struct{}

// roundLife and candidateLife are the steps of a round and of a candidate. The
// registers' own writes take them: a state that no row leads to is refused.
var (
	roundLife = flow.Life[lineage]{Name: "recruitment round", Ends: []flow.State{ledger.Ended}, States: []flow.State{"notice", "open", "review", "exam", "publicity", ledger.Ended},
		Table: []flow.Transition[lineage]{
			{Action: "draft", To: "notice", Perms: []access.Perm{access.StaffWrite}},
			{Action: "announce", Name: w("发布公告", "Announce"), From: []flow.State{"notice"}, To: "open", Perms: []access.Perm{access.StaffWrite}},
			{Action: "review", Name: w("开始资格审查", "Check qualifications"), From: []flow.State{"open"}, To: "review", Perms: []access.Perm{access.StaffWrite}},
			{Action: "test", Name: w("组织考试", "Hold tests"), From: []flow.State{"review"}, To: "exam", Perms: []access.Perm{access.StaffWrite}},
			{Action: "publish", Name: w("公示", "Publish the result"), From: []flow.State{"exam"}, To: "publicity", Perms: []access.Perm{access.StaffWrite}},
			{Action: "end", Name: w("结束招聘", "Close the round"), From: []flow.State{"notice", "open", "review", "exam", "publicity"}, To: ledger.Ended, Perms: []access.Perm{access.StaffWrite}, Side: true},
		}}
	candidateLife = flow.Life[lineage]{Name: "candidate", Ends: []flow.State{"hired", "declined", "rejected", ledger.Ended}, States: []flow.State{"applied", "qualified", "passed", "offered", "hired", "declined", "rejected", ledger.Ended},
		Table: []flow.Transition[lineage]{
			{Action: "apply", To: "applied", Perms: []access.Perm{access.StaffWrite}},
			{Action: "qualify", Name: w("资格通过", "Qualified"), From: []flow.State{"applied"}, To: "qualified", Perms: []access.Perm{access.StaffWrite}},
			{Action: "pass", Name: w("考试通过", "Passed"), From: []flow.State{"qualified"}, To: "passed", Perms: []access.Perm{access.StaffWrite}},
			{Action: "offer", Name: w("拟录用", "Offer"), From: []flow.State{"passed"}, To: "offered", Perms: []access.Perm{access.StaffWrite}},
			{Action: "hire", Name: w("签订合同", "Hire"), From: []flow.State{"offered"}, To: "hired", System: true},
			{Action: "decline", Name: w("放弃", "Declined"), From: []flow.State{"applied", "qualified", "passed", "offered"}, To: "declined", Perms: []access.Perm{access.StaffWrite}, Side: true},
			{Action: "reject", Name: w("未录用", "Not taken"), From: []flow.State{"applied", "qualified", "passed", "offered"}, To: "rejected", Perms: []access.Perm{access.StaffWrite}, Side: true},
			{Action: "end", Name: w("结束", "End"), System: true, From: []flow.State{"applied", "qualified", "passed", "offered", "hired", "declined", "rejected"}, To: ledger.Ended},
		}}
)

// NoStep refuses a state to which no step leads from the present one.
var NoStep = errs.Declare("no_such_step", 409, "现在不能改为这个状态，请按顺序办理。", "No step leads to this state from here; please go in order.")

// leads tells whether a step of the life leads from one state to the other.
func leads(l *flow.Life[lineage], from, to string, system bool) error {
	if from == to || slices.ContainsFunc(l.Table, func(t flow.Transition[lineage]) bool {
		return string(t.To) == to && slices.Contains(t.From, flow.State(from)) && (!t.System || system)
	}) {
		return nil
	}
	return NoStep.New().In("state")
}

func (s *Service) declareRecruitment(e *ledger.Engine) {
	s.Rounds = ledger.Declare(e, ledger.Def[Round]{Code: "staff_round", Name: w("招聘批次", "Recruitment rounds"), Group: "workforce", Read: access.StaffRead, Write: access.StaffWrite, Place: ledger.InDistrict,
		Label: func(r *Round) string { return r.Name }, States: roundStates,
		Check: func(wr *ledger.Write, r, old *Round) error {
			if r.Deadline < r.From {
				return invalid("deadline", "应不早于公告日期", "not earlier than the day of the notice")
			}
			if old == nil || wr.Action == "end" {
				return nil
			}
			return leads(&roundLife, old.State, r.State, false)
		}})
	s.Candidates = ledger.Declare(e, ledger.Def[Candidate]{Code: "staff_candidate", Name: w("报名人员", "Candidates"), Group: "workforce", Read: access.StaffWrite, Write: access.StaffWrite, Reveal: access.StaffWrite, Place: ledger.InDistrict,
		Label: func(c *Candidate) string { return c.Name.Mask }, States: candidateStates,
		Check: func(wr *ledger.Write, c, old *Candidate) error {
			if old != nil && wr.Action != "end" {
				return leads(&candidateLife, old.State, c.State, wr.Scope.SystemReason() != "")
			}
			if old != nil {
				return nil
			}
			var state string
			var deadline int
			if err := wr.Tx.QueryRow("SELECT state, deadline FROM staff_round WHERE district = ? AND id = ?", c.District, c.Round).Scan(&state, &deadline); err != nil {
				return err
			}
			if state != "open" || wr.Today > deadline {
				return invalid("round", "这个批次不在报名期", "the round is not open for candidates")
			}
			return nil
		}})
}

// Accounts is the identity room's side of hiring.
type Accounts interface {
	// Open makes an account in the district and returns its one-time password.
	Open(ctx context.Context, district int, login, name string) (account int64, password string, err error)
}

// Vault is what this room needs of the keeper of personal data.
type Vault interface {
	Hand(ctx context.Context, district int, id int64) (vault.Person, error)
}

// Hiring is what a contract with a candidate needs.
type Hiring struct {
	Login    string
	Grid     int64
	Org      int64
	Number   string
	From, To int // To: the last day
}

// Hire makes of an offered candidate a worker: an account, and a contract that
// makes the post. It returns the one-time password.
func (s *Service) Hire(ctx context.Context, scope access.Scope, candidate int64, h Hiring) (*Contract, string, error) {
	c, err := s.Candidates.Get(ctx, scope, candidate)
	if err != nil {
		return nil, "", err
	}
	if err := leads(&candidateLife, c.State, "hired", true); err != nil || c.State == "hired" {
		return nil, "", NoStep.New()
	}
	if err := s.checkHiring(ctx, scope, c, &h); err != nil {
		return nil, "", err
	}
	p, err := s.Vault.Hand(ctx, c.District, c.Person)
	if err != nil {
		return nil, "", err
	}
	account, password, err := s.Accounts.Open(ctx, c.District, h.Login, p.Name.Plain())
	if err != nil {
		return nil, "", err
	}
	var made *Contract
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		row, err := s.Contracts.PutIn(ctx, tx, scope, Contract{Row: ledger.Row{Grid: h.Grid, Org: h.Org, From: ledger.Day(h.From), To: ledger.Day(h.To)}, Account: account, Number: h.Number, Channel: c.Channel, Since: ledger.Day(h.From), Round: c.Round})
		if err != nil {
			return err
		}
		made = row
		_, err = s.Candidates.ChangeIn(ctx, tx, hiring, c.ID, c.Version, func(x *Candidate) error {
			x.State, x.Account = "hired", account
			return nil
		})
		return err
	})
	return made, password, err
}

// checkHiring looks for what the contract would be refused for, before there is
// an account. The employer is the grid's last one where none is given.
func (s *Service) checkHiring(ctx context.Context, scope access.Scope, c *Candidate, h *Hiring) error {
	_, community := s.Places.Grid(h.Grid)
	if err := scope.Check(access.Target{District: access.DistrictOf(community), Street: community / 1000, Community: community, Grid: h.Grid}); err != nil || access.DistrictOf(community) != c.District {
		return invalid("grid_id", "请选择本区县的网格", "choose a grid of the district")
	}
	switch {
	case h.From < 20000101 || dayNo(dayTime(h.From)) != h.From:
		return invalid("from", "请填写日期", "give a day")
	case h.To < h.From || dayNo(dayTime(h.To)) != h.To:
		return invalid("to", "应不早于合同开始日期", "not earlier than the first day of the contract")
	}
	var err error
	if h.Number, err = text("number", w("合同编号", "the contract number"), h.Number, 40, true); err != nil {
		return err
	}
	var taken int
	if err := s.DB.QueryRow(ctx, "SELECT COUNT(*) FROM staff_contract WHERE district = ? AND number = ? AND state NOT IN ('ended', 'void')", c.District, h.Number).Scan(&taken); err != nil {
		return err
	}
	if taken > 0 {
		return ledger.Taken.New("field", w("合同编号", "contract number"), "value", h.Number).In("number")
	}
	if h.Org != 0 {
		return nil
	}
	rows, err := s.DB.Query(ctx, "SELECT org FROM staff_contract WHERE district = ? AND community = ? AND org <> 0 AND state <> 'void' ORDER BY CASE WHEN grid = ? THEN 0 ELSE 1 END, valid_from DESC LIMIT 1", c.District, community, h.Grid)
	orgs, err := store.All(rows, err, func(rows *sql.Rows) (org int64, err error) { return org, rows.Scan(&org) })
	if len(orgs) > 0 {
		h.Org = orgs[0]
	}
	return err
}

// ActOnRound takes a round a step further.
func (s *Service) ActOnRound(ctx context.Context, scope access.Scope, id int64, version int, action flow.Action) (*Round, error) {
	r, err := s.Rounds.Get(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	t, err := roundLife.Next(flow.State(r.State), action, can(scope, access.Target{District: r.District}), lineage{})
	if err != nil {
		return nil, err
	}
	if t.To == ledger.Ended {
		return s.Rounds.End(ctx, scope, id, version, 0, t.Name.ZH)
	}
	return s.Rounds.Change(ctx, scope, id, version, func(r *Round) error { r.State = string(t.To); return nil })
}

// ActOnCandidate takes a candidate a step further; score is of the test, 0 none.
func (s *Service) ActOnCandidate(ctx context.Context, scope access.Scope, id int64, version int, action flow.Action, score int) (*Candidate, error) {
	c, err := s.Candidates.Get(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	t, err := candidateLife.Next(flow.State(c.State), action, can(scope, access.Target{District: c.District}), lineage{})
	if err != nil {
		return nil, err
	}
	return s.Candidates.Change(ctx, scope, id, version, func(c *Candidate) error {
		if c.State = string(t.To); score != 0 {
			c.Score = score
		}
		return nil
	})
}

var hiring = access.System("a contract with a candidate")

// Forget erases the personal data of candidates whose round ended RetainDays ago.
func (s *Service) Forget(ctx context.Context) error {
	last := s.Calendar().AddDays(s.Calendar().Day(s.DB.NowIn(ctx)), -RetainDays)
	for _, d := range hiring.Districts() {
		rows, err := s.DB.Query(ctx, `SELECT c.person FROM staff_candidate c JOIN staff_round r ON r.district = c.district AND r.id = c.round JOIN vault_record v ON v.district = c.district AND v.id = c.person
			WHERE c.district = ? AND r.state = 'ended' AND r.valid_to <= ? AND v.erased_at = 0 LIMIT 500`, d, last)
		ids, err := store.All(rows, err, func(rows *sql.Rows) (id int64, err error) { return id, rows.Scan(&id) })
		if err != nil || len(ids) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		if err := s.DB.Write(ctx, func(tx *store.Tx) error {
			for _, id := range ids {
				if err := vault.Erase(tx, d, id); err != nil {
					return err
				}
			}
			record(tx, hiring, access.Target{District: d}, "staff.forget", "staff_candidate", 0, 0, map[string]any{"records": len(ids)}, digestOf(ids))
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
