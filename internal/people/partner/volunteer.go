package partner

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"linli/internal/grid/planning/render"
	"linli/internal/kernel/access"
	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
	"linli/internal/kernel/store"
	"linli/internal/kernel/vault"
)

// Full answers who comes when all places are taken.
var Full = errs.Declare("session_full", 409, "报名人数已满，感谢您的支持。", "All places are taken. Thank you for wanting to help.")

// SignUpOver answers who comes when sign-up is over.
var SignUpOver = errs.Declare("sign_up_over", 409, "报名已截止。", "Sign-up is over.")

// volunteers is the scope of the public page: it takes sign-ups for sessions that
// are open, by their link, and nothing else.
var volunteers = access.System("volunteers sign up by a session's link")

// ByCode is the session of a link.
func (s *Service) ByCode(ctx context.Context, code string) (*Session, error) {
	return one(s.Sessions.Rows(ctx, volunteers, ledger.Filter{Where: []string{ledger.Where("code", "=", code)}, Limit: 1}))
}

func one[T any](rows []*T, _ bool, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errs.NotFound.New()
	}
	return rows[0], nil
}

// turns are the volunteers of a session.
func (s *Service) turns(ctx context.Context, scope access.Scope, session int64) ([]*Turn, error) {
	return collect(ctx, s.Turns, scope, ledger.Filter{Where: []string{ledger.Where("session", "=", session)}})
}

// SignUp takes a volunteer for the session; the turn's Code is the volunteer's own
// key. The same telephone signs up once.
func (s *Service) SignUp(ctx context.Context, code, name, phone string) (*Turn, error) {
	if strings.TrimSpace(name) == "" {
		return nil, errs.Required.New("field", w("姓名", "name")).In("name")
	}
	if strings.TrimSpace(phone) == "" {
		return nil, errs.Required.New("field", w("联系电话", "phone")).In("phone")
	}
	x, err := s.ByCode(ctx, code)
	if err != nil {
		return nil, err
	}
	same, _, err := s.Turns.Rows(ctx, volunteers, ledger.Filter{Where: []string{ledger.Where("session", "=", x.ID), "state=signed"}, Phone: phone, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(same) > 0 {
		return same[0], nil
	}
	if x.State != "open" || int(x.Day) < s.Today() {
		return nil, SignUpOver.New()
	}
	t := Turn{Session: x.ID, Name: ledger.Hide(name), Phone: ledger.Hide(phone)}
	t.Region, t.Grid, t.Org, t.From = x.Region, x.Grid, x.Org, ledger.Day(s.Today())
	return s.Turns.Put(ctx, volunteers, t)
}

// Certify ends a session: the named turns came, with the session's hours, the
// others did not. served is how many people were served.
func (s *Service) Certify(ctx context.Context, scope access.Scope, session int64, version int, came []int64, served int, onWrite func(*store.Tx) error) error {
	write, err := scope.For(access.PartnerWrite)
	if err != nil {
		return err
	}
	list, err := s.turns(ctx, write, session)
	if err != nil {
		return err
	}
	for _, id := range came {
		if !slices.ContainsFunc(list, func(t *Turn) bool { return t.ID == id }) {
			return errs.Invalid.New("field", w("到场人员", "who came"), "remedy", w("请从报名人员中选择", "choose among those who signed up")).In("came")
		}
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		x, err := s.Sessions.ChangeIn(ctx, tx, write, session, version, func(x *Session) error {
			if x.State == "done" || x.State == ledger.Ended {
				return errs.Conflict.New("what", w("这场活动已经认定过", "this session was certified before"))
			}
			if int(x.Day) > s.Today() {
				return errs.Conflict.New("what", w("活动还没有开始", "the session is still to come"))
			}
			x.State, x.Came, x.Served = "done", len(came), served
			return nil
		})
		if err != nil {
			return err
		}
		for _, t := range list {
			if t.State != Signed {
				continue
			}
			if _, err := s.Turns.ChangeIn(ctx, tx, write, t.ID, t.Version, func(t *Turn) error {
				if t.State = Away; slices.Contains(came, t.ID) {
					t.State, t.Hours, t.Certified = Certified, x.Hours, ledger.Day(s.Today())
				}
				return nil
			}); err != nil {
				return err
			}
		}
		return onWrite(tx)
	})
}

// own is the turn of a volunteer's own key, with its session.
func (s *Service) own(ctx context.Context, code, key string) (*Session, *Turn, error) {
	x, err := s.ByCode(ctx, code)
	if err != nil {
		return nil, nil, err
	}
	list, err := s.turns(ctx, volunteers, x.ID)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(list, func(t *Turn) bool { return t.Code == key && key != "" })
	if i < 0 {
		return nil, nil, errs.NotFound.New()
	}
	return x, list[i], nil
}

// NotCertified answers who asks for a certificate too early.
var NotCertified = errs.Declare("not_certified", 409, "服务时长尚未认定。", "The hours have not been certified yet.")

// certificate writes the certificate of a turn; the name in the clear goes to
// whom it is of (p), or to the organiser, whose look was noted.
func (s *Service) certificate(to io.Writer, x *Session, t *Turn, p vault.Person, lang string) error {
	if t.State != Certified {
		return NotCertified.New()
	}
	say := func(zh, en string, args ...any) string { return fmt.Sprintf(w(zh, en).In(lang), args...) }
	organiser := s.Names.Org(x.Org)
	if organiser == "" {
		organiser = s.Names.Region(x.Region)
	}
	return render.Letter(to, say("志愿服务证明", "Certificate of volunteering"), []render.Line{
		{Text: say("志愿服务证明", "Certificate of volunteering"), Size: 26, Gap: 90, Centre: true},
		{Text: say("编号 %d", "no. %d", t.ID), Size: 10, Gap: 4, Centre: true},
		{Text: say("　　兹证明%s于%s在%s参加“%s”志愿服务，认定服务时长%g小时。", "This certifies that %s, on %s at %s, took part in “%s” as a volunteer; %g hours are certified.", p.Name.Plain(), calendar.DayText(int(x.Day)), x.Place, x.Title, t.Hours), Size: 15, Gap: 40},
		{Text: say("　　特此证明。", ""), Size: 15},
		{Text: say("认定单位：%s", "Certified by: %s", organiser), Size: 13, Gap: 60},
		{Text: say("认定日期：%s", "Certified on: %s", calendar.DayText(int(t.Certified))), Size: 13},
	})
}
