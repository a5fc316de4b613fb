package workforce

import (
	"context"
	"database/sql"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
)

// Seat is a grid's establishment: how many workers it is to have.
type Seat struct {
	ledger.Row
	Seats int `zh:"编制数" en:"seats" rule:"required,min=1,max=20,filter"`
}

// Contract is a worker's contract. Its dates and its grid make the post: the
// first day gives the scope, the end takes it at once, a change of grid moves it.
type Contract struct {
	ledger.Row
	Account int64      `zh:"网格员" en:"worker" ref:"account" rule:"required,fixed,filter"`
	Number  string     `zh:"合同编号" en:"contract number" rule:"required,unique,search,max=40"`
	Channel string     `zh:"招录渠道" en:"recruited through" choices:"social:社会招聘:Open recruitment; committee:社区两委成员:Committee member; party:党员骨干:Party member" rule:"required,filter"`
	Since   ledger.Day `zh:"入职日期" en:"in service since" why:"计算工龄工资|pay for years of service counts from it"`
	Round   int64      `zh:"招聘批次" en:"recruitment round" ref:"staff_round"`
}

// Absence is a leave, with the person who covers the grid meanwhile.
type Absence struct {
	ledger.Row
	Account int64  `zh:"请假人" en:"who is away" ref:"account" rule:"required,fixed,filter"`
	Kind    string `zh:"假别" en:"kind of leave" choices:"annual:年休假:Annual leave; sick:病假:Sick leave; personal:事假(不计薪):Unpaid leave; maternity:产假陪产假:Parental leave; training:脱产培训:Training" rule:"required,filter"`
	Cover   int64  `zh:"代班人" en:"who covers" ref:"account" rule:"filter" why:"代班期间可查看和办理该网格的事项|who covers sees the grid between the two days"`
	Note    string `zh:"备注" en:"note" rule:"max=200"`
}

// Unpaid is the kind of leave that is not paid.
const Unpaid = "personal"

// Errors of contracts and leave.
var (
	NoContract = errs.Declare("no_contract", 422, "{name}在这些日子没有合同，请先登记合同。", "{name} is not under contract on these days; please register the contract first.")
	OwnCover   = errs.Declare("own_cover", 422, "代班人不能是请假人本人。", "Nobody covers for himself.")
)

// Posts is the identity room's side of contracts: it makes, in the caller's
// write, the account's posts on the grid be in force from a day until another
// (the first no longer in force; 0 open; not later than from: none).
type Posts interface {
	Drive(tx *store.Tx, account, grid, org int64, from, to int) error
}

// until is the first day on which the row no longer counts, 0 if it is open.
func until(r *ledger.Row) int {
	switch {
	case r.State == ledger.Void:
		return int(r.From)
	case r.To == 0:
		return 0
	case r.State == ledger.Ended:
		return int(r.To)
	}
	return nextDay(int(r.To))
}

func nextDay(d int) int { return dayNo(dayTime(d).AddDate(0, 0, 1)) }

func (s *Service) declareContracts(e *ledger.Engine) {
	s.Seats = ledger.Declare(e, ledger.Def[Seat]{Code: "staff_seat", Name: w("网格编制", "Establishment of grids"), Group: "workforce", Read: access.StaffRead, Write: access.StaffWrite, Place: ledger.InGrid,
		Single: [][]string{{"grid"}}})
	s.Contracts = ledger.Declare(e, ledger.Def[Contract]{Code: "staff_contract", Name: w("网格员合同", "Contracts of grid workers"), Group: "workforce", Read: access.StaffRead, Write: access.StaffWrite, Place: ledger.InGrid,
		Label:  func(c *Contract) string { return c.Number },
		Single: [][]string{{"account"}},
		Check: func(_ *ledger.Write, c, _ *Contract) error {
			if c.Since == 0 || c.Since > c.From {
				c.Since = c.From
			}
			return nil
		},
		Then: func(wr *ledger.Write, c, old *Contract) error {
			if wr.Action == "move" { // the plan's own hand-over moves the posts, on its day
				return nil
			}
			from := int(c.From)
			if old != nil && old.Grid != c.Grid { // a transfer: today the old grid ends and the new one begins
				if err := s.Posts.Drive(wr.Tx, c.Account, old.Grid, old.Org, int(old.From), min(wr.Today, orNever(until(&old.Row)))); err != nil {
					return err
				}
				from = max(from, wr.Today)
			}
			return s.Posts.Drive(wr.Tx, c.Account, c.Grid, c.Org, from, until(&c.Row))
		}})
	s.Absences = ledger.Declare(e, ledger.Def[Absence]{Code: "staff_absence", Name: w("请假与代班", "Leave and cover"), Group: "workforce", Read: access.StaffRead, Write: access.StaffWrite, Place: ledger.InGrid,
		Label:  func(a *Absence) string { return s.People.Account(a.Account) },
		Single: [][]string{{"account"}},
		Check:  s.checkAbsence,
		Then: func(wr *ledger.Write, a, old *Absence) error {
			if wr.Action == "move" {
				return nil
			}
			if old != nil && old.Cover != 0 && (old.Cover != a.Cover || old.Grid != a.Grid || old.From != a.From) {
				if err := s.Posts.Drive(wr.Tx, old.Cover, old.Grid, old.Org, int(old.From), min(max(wr.Today, int(old.From)), orNever(until(&old.Row)))); err != nil {
					return err
				}
			}
			if a.Cover == 0 {
				return nil
			}
			return s.Posts.Drive(wr.Tx, a.Cover, a.Grid, a.Org, int(a.From), until(&a.Row))
		}})
}

// orNever is the day, or the last there is for an open end.
func orNever(day int) int {
	if day == 0 {
		return 99991231
	}
	return day
}

// checkAbsence: who is away, and who covers, are under contract for the whole
// time; an absence has both days.
func (s *Service) checkAbsence(wr *ledger.Write, a, _ *Absence) error {
	if a.To == 0 {
		return errs.Required.New().In("valid_to")
	}
	if a.Cover == a.Account {
		return OwnCover.New().In("cover")
	}
	for _, who := range []struct {
		account int64
		field   string
	}{{a.Account, "account"}, {a.Cover, "cover"}} {
		if who.account == 0 {
			continue
		}
		var n int
		if err := wr.Tx.QueryRow("SELECT COUNT(*) FROM staff_contract WHERE district = ? AND account = ? AND state NOT IN ('ended', 'void') AND valid_from <= ? AND (valid_to = 0 OR valid_to >= ?)",
			a.District, who.account, int(a.From), int(a.To)).Scan(&n); err != nil {
			return err
		}
		if n == 0 && wr.Action != "end" {
			return NoContract.New("name", s.People.Account(who.account)).In(who.field)
		}
	}
	return nil
}

// stints lists who is under contract in the district (and street, if not 0) on
// any of the days [from, to), by grid and account.
func (s *Service) stints(ctx context.Context, district int, street int64, from, to int) ([]Stint, error) {
	q := `SELECT c.id, c.account, c.street, c.community, c.grid, c.org, c.valid_from, c.valid_to, c.state, c.since FROM staff_contract c
		WHERE c.district = ? AND c.state <> 'void' AND c.valid_from < ? AND (c.valid_to = 0 OR c.valid_to >= ?)`
	args := []any{district, to, from}
	if street != 0 {
		q, args = q+" AND c.street = ?", append(args, street)
	}
	rows, err := s.DB.Query(ctx, q+" ORDER BY c.grid, c.account, c.valid_from", args...)
	list, err := store.All(rows, err, func(rows *sql.Rows) (Stint, error) {
		x, r := Stint{District: district}, ledger.Row{}
		err := rows.Scan(&x.Contract, &x.Account, &x.Street, &x.Community, &x.Grid, &x.Org, &r.From, &r.To, &r.State, &x.Since)
		x.From, x.To = max(from, int(r.From)), min(to, orNever(until(&r)))
		return x, err
	})
	if err != nil {
		return nil, err
	}
	out := list[:0]
	for _, x := range list { // one that ended on its first day never counted
		if x.From < x.To {
			out = append(out, x)
		}
	}
	return out, s.away(ctx, district, from, to, out)
}

// away adds the days of unpaid leave and of cover to the first stint of each person.
func (s *Service) away(ctx context.Context, district, from, to int, stints []Stint) error {
	rows, err := s.DB.Query(ctx, "SELECT account, cover, kind, valid_from, valid_to, state FROM staff_absence WHERE district = ? AND state <> 'void' AND valid_from < ? AND valid_to >= ?", district, to, from)
	unpaid, covered := map[int64]int{}, map[int64]int{}
	_, err = store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var account, cover int64
		var kind string
		var r ledger.Row
		err := rows.Scan(&account, &cover, &kind, &r.From, &r.To, &r.State)
		n := daysBetween(max(from, int(r.From)), min(to, until(&r)))
		if kind == Unpaid {
			unpaid[account] += n
		}
		covered[cover] += n
		return struct{}{}, err
	})
	for i := range stints {
		x := &stints[i]
		x.Unpaid, x.Cover = unpaid[x.Account], covered[x.Account]
		delete(unpaid, x.Account)
		delete(covered, x.Account)
	}
	return err
}

// Away tells whether the person is on leave on the day.
func (s *Service) Away(ctx context.Context, account int64, day int) (bool, error) {
	list, err := s.absences(ctx, "a.account = ?", account, day)
	return len(list) > 0, err
}

// CoverOf lists who covers the grid on the day.
func (s *Service) CoverOf(ctx context.Context, grid int64, day int) ([]int64, error) {
	return s.absences(ctx, "a.cover > 0 AND a.grid = ?", grid, day)
}

func (s *Service) absences(ctx context.Context, where string, arg int64, day int) ([]int64, error) {
	rows, err := s.DB.Query(ctx, "SELECT a.cover, a.valid_from, a.valid_to, a.state FROM staff_absence a WHERE a.valid_from <= ? AND a.valid_to >= ? AND a.state <> 'void' AND "+where, day, day, arg)
	var out []int64
	_, err = store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var cover int64
		var r ledger.Row
		err := rows.Scan(&cover, &r.From, &r.To, &r.State)
		if day < until(&r) {
			out = append(out, cover)
		}
		return struct{}{}, err
	})
	return out, err
}

// marks are n placeholders.
func marks(n int) string { return "?" + strings.Repeat(",?", n-1) }
