package ledger_test

import (
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/ledger"
)

// Club is the worked example of docs/development.md: a club of residents.
type Club struct {
	ledger.Row
	Name    string        `zh:"名称" en:"Name" rule:"required,max=60,unique,search,filter"`
	Kind    string        `zh:"类别" en:"Kind" rule:"required,filter" choices:"sport:体育:Sport; music:文艺:Music; help:互助:Help"`
	Topics  []string      `zh:"活动" en:"Topics" rule:"filter" choices:"walk:健步:Walking; sing:合唱:Singing; meal:助餐:Meals"`
	Parent  int64         `zh:"上级社团" en:"Parent club" ref:"club" rule:"filter"`
	Leader  int64         `zh:"负责人账号" en:"Leader" ref:"account" rule:"filter" why:"在网格公示牌公示|Shown on the grid's notice board"`
	Members int           `zh:"人数" en:"Members" rule:"filter,max=100000"`
	Budget  float64       `zh:"经费（万元）" en:"Budget" rule:"filter" class:"account.read"`
	Signed  ledger.Day    `zh:"备案日期" en:"Registered on" rule:"filter"`
	Open    bool          `zh:"对外开放" en:"Open to all" rule:"filter"`
	About   string        `zh:"简介" en:"About" rule:"long"`
	Contact ledger.Secret `zh:"联系人" en:"Contact" personal:"name"`
	Phone   ledger.Secret `zh:"联系电话" en:"Phone" personal:"phone" why:"通知活动|To tell of sessions"`
}

const clubTable = `
CREATE TABLE club (
  {{ledger}},
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  topics TEXT NOT NULL,
  parent BIGINT NOT NULL,
  leader BIGINT NOT NULL,
  members INTEGER NOT NULL,
  budget DOUBLE PRECISION NOT NULL,
  signed INTEGER NOT NULL,
  open INTEGER NOT NULL,
  about TEXT NOT NULL,
  contact TEXT NOT NULL,
  phone TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes club}};
CREATE UNIQUE INDEX club_name ON club (district, name) WHERE state NOT IN ('ended', 'void');
CREATE INDEX club_kind ON club (district, kind, street, id);
CREATE INDEX club_leader ON club (district, leader, id);
CREATE INDEX club_list ON club (district, street, id, community, grid, org, state, valid_from, valid_to, kind, leader, members, open);
`

func clubs(e *ledger.Engine) *ledger.Register[Club] {
	return ledger.Declare(e, ledger.Def[Club]{
		Code: "club", Name: errs.Words{ZH: "居民社团", EN: "Clubs"}, Group: "partner",
		Read: access.PartnerRead, Write: access.PartnerWrite, Reveal: access.PartnerWrite,
		Place: ledger.InCommunity, Label: func(c *Club) string { return c.Name },
		Check: func(_ *ledger.Write, c, _ *Club) error {
			if c.Kind == "sport" && c.Members < 3 {
				return errs.Invalid.New("remedy", errs.Words{ZH: "体育类社团至少 3 人", EN: "a sports club has at least 3"}).In("members")
			}
			return nil
		},
	})
}

// Turn is a term of duty in a grid: no two at the same time for one duty.
type Turn struct {
	ledger.Row
	Club int64  `zh:"社团" en:"Club" ref:"club" rule:"required,filter"`
	Duty string `zh:"职责" en:"Duty" rule:"required,filter" choices:"lead:负责:Lead; keep:保管:Keys"`
}

const turnTable = `
CREATE TABLE club_turn (
  {{ledger}},
  club BIGINT NOT NULL,
  duty TEXT NOT NULL,
  PRIMARY KEY (district, id)
);
{{ledger_indexes club_turn}};
`

func turns(e *ledger.Engine) *ledger.Register[Turn] {
	return ledger.Declare(e, ledger.Def[Turn]{
		Code: "club_turn", Name: errs.Words{ZH: "社团任期", EN: "Terms of clubs"}, Group: "partner",
		Read: access.PartnerRead, Write: access.PartnerWrite, Place: ledger.InGrid,
		Single: [][]string{{"grid", "duty"}},
		Label:  func(t *Turn) string { return t.Duty },
	})
}
