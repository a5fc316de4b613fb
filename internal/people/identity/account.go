package identity

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
)

// Errors of this room.
var (
	BadCredentials = errs.Declare("bad_credentials", 401,
		"登录名或密码不正确;多次输错后需稍候再试。",
		"The login or the password is not right; after several failures, wait a while before you try again.")
	WeakPassword = errs.Declare("weak_password", 422,
		"这个密码不够安全:{why}。请换一个。",
		"This password is not safe enough: {why}. Please choose another.")
	WrongPassword = errs.Declare("wrong_password", 422,
		"原密码不正确;多次输错后需稍候再试。",
		"The present password is not right; after several failures, wait a while before you try again.")
	LoginTaken = errs.Declare("login_taken", 409,
		"登录名“{login}”已被使用,请换一个。",
		"The login “{login}” is in use; please choose another.")
	CodeTaken = errs.Declare("org_code_taken", 409,
		"机构编码“{code}”已被使用,请核对。",
		"The organisation code “{code}” is in use; please check it.")
	OfficeConflict = errs.Declare("office_conflict", 409,
		"系统、安全、审计三类管理岗位不能由同一账号担任。",
		"One account cannot hold posts of two of the three offices: system, security, audit.")
	OwnAccount = errs.Declare("own_account", 403,
		"不能变更本人的账号和岗位,请由另一名安全管理员办理。",
		"You cannot change your own account or posts; ask another security administrator.")
	PostEnded = errs.Declare("post_ended", 409,
		"这个岗位已经结束,不能再改;请新增岗位。",
		"This post has ended and cannot be changed; add a new one.")
	PostDoubled = errs.Declare("post_doubled", 409,
		"该账号已有相同的岗位。",
		"The account holds the same post already.")
)

// Actions names what this room writes to the audit trail, for those who read it.
var Actions = map[string]errs.Words{
	"account.create":          {ZH: "新增账号", EN: "Account created"},
	"account.update":          {ZH: "修改账号", EN: "Account changed"},
	"account.disable":         {ZH: "停用账号", EN: "Account disabled"},
	"account.enable":          {ZH: "启用账号", EN: "Account enabled"},
	"account.posts":           {ZH: "账号岗位变动", EN: "Account's posts changed"},
	"account.reset_password":  {ZH: "重置密码", EN: "Password reset"},
	"account.change_password": {ZH: "修改本人密码", EN: "Own password changed"},
	"post.add":                {ZH: "新增岗位", EN: "Post added"},
	"post.end":                {ZH: "设置岗位结束日期", EN: "End of post set"},
	"key.create":              {ZH: "签发接口密钥", EN: "API key issued"},
	"key.revoke":              {ZH: "撤销接口密钥", EN: "API key revoked"},
	"org.create":              {ZH: "新增机构", EN: "Organisation created"},
	"org.update":              {ZH: "修改机构", EN: "Organisation changed"},
	"session.open":            {ZH: "登录", EN: "Signed in"},
	"session.end":             {ZH: "退出登录", EN: "Session ended"},
	"session.post":            {ZH: "切换岗位", EN: "Post changed"},
	"session.end_all":         {ZH: "退出其他会话", EN: "Sessions ended"},
	"session.delay":           {ZH: "多次登录失败,延迟登录", EN: "Sign-in delayed after failures"},
}

// Account is a person's account, or a program's.
type Account struct {
	ID         int64
	Kind       string // Person or Program
	Login      string
	Name       string
	Lang       string // "zh" or "en"
	Home       int    // district that keeps the account, 0 = the city
	CanSignIn  bool   // has a password
	MustChange bool
	DisabledAt int64 // microseconds, 0 = not disabled
	CreatedBy  int64
	CreatedAt  int64 // microseconds
	SeenAt     int64 // latest use of a living session, microseconds, 0 = none
	Version    int
	Posts      []access.Post // by first day, ended ones too
}

// NewAccount is what makes an account.
type NewAccount struct {
	Kind  string // Person, which "" also means, or Program
	Login string
	Name  string
	Lang  string // "" = zh
	Home  int    // district; 0 = that of the first post
	// Password: CreateAccount makes a one-time password when it is empty;
	// CreateAll makes an account that cannot sign in until it is given one.
	Password   string
	MustChange bool // CreateAccount always sets it for persons' commands
	Posts      []NewPost
}

// NewPost is what makes a post.
type NewPost struct {
	Role   string
	Region int64 // may be left out with Grid or, for roles of organisations, with Org
	Grid   int64
	Org    int64 // required for roles of organisations; for others where the person belongs
	From   int   // 0 = today
	To     int   // first day no longer in force; 0 = open
}

// Change is a change of an account; nil leaves as it is.
type Change struct {
	Name     *string
	Lang     *string
	Disabled *bool
}

var loginForm = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)

// normalLogin is the one spelling of a login.
func normalLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

func checkLogin(login string) error {
	if login == "" {
		return errs.Required.New().In("login")
	}
	if !loginForm.MatchString(login) {
		return invalid("login", "用 2–32 个小写字母、数字或 . _ -,以字母开头", "use 2–32 small letters, digits or . _ -, beginning with a letter")
	}
	return nil
}

// checkName returns the trimmed text of a name.
func checkName(field, name string, most int) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", errs.Required.New().In(field)
	case utf8.RuneCountInString(name) > most:
		return "", errs.TooLong.New("max", most).In(field)
	case strings.ContainsFunc(name, unicode.IsControl) || !utf8.ValidString(name):
		return "", invalid(field, "不能含有控制字符", "no control characters")
	}
	return name, nil
}

func checkLang(lang string) (string, error) {
	switch lang {
	case "":
		return "zh", nil
	case "zh", "en":
		return lang, nil
	}
	return "", invalid("lang", "请选 zh 或 en", "choose zh or en")
}

func invalid(field, zh, en string) *errs.Error {
	return errs.Invalid.New("remedy", errs.Words{ZH: zh, EN: en}).In(field)
}

// validDay tells whether n is a day yyyymmdd (to the month's 31st) of this century.
func validDay(n int) bool {
	y, m, d := n/10000, n/100%100, n%100
	return y >= 2000 && y < 2100 && m >= 1 && m <= 12 && d >= 1 && d <= 31
}

// place checks a new post against its role and the regions, and fills in what
// follows from the rest. org is the organisation of p.Org, nil if none is named
// or it does not exist.
func (p NewPost) place(r Regions, org *Org, today int) (NewPost, error) {
	role, ok := access.RoleByCode(p.Role)
	if !ok {
		return p, invalid("role", "没有这个角色,请从列表中选择", "there is no such role; choose from the list")
	}
	if p.Org != 0 && (org == nil || !org.InForce(today)) {
		return p, invalid("org", "没有这个机构或已撤销,请从列表中选择", "no such organisation, or it was closed; choose from the list")
	}
	switch role.Level {
	case access.ByGrid:
		community, ok := r.GridCommunity(p.Grid)
		if p.Grid == 0 || !ok {
			return p, invalid("grid_id", "请选择现有的网格", "choose an existing grid")
		}
		if p.Region != 0 && community != 0 && p.Region != community {
			return p, invalid("region", "网格不在这个社区", "the grid is not in this community")
		}
		if community != 0 {
			p.Region = community
		}
	case access.ByOrg:
		if org == nil {
			return p, errs.Required.New().In("org")
		}
		if p.Region == 0 {
			p.Region = org.Region
		}
		if !within(p.Region, org.Region) {
			return p, invalid("region", "不在该机构的辖区内", "not inside the organisation's region")
		}
		p.Grid = 0
	default:
		p.Grid = 0
	}
	if p.Region == 0 {
		return p, errs.Required.New().In("region")
	}
	depthOK := false
	for _, d := range role.Depths {
		depthOK = depthOK || d == access.Digits(p.Region)
	}
	if !depthOK {
		return p, invalid("region", "层级与角色不符,请选择"+levels(role.Depths, "zh"), "wrong level for the role; choose a "+levels(role.Depths, "en"))
	}
	if _, ok := r.RegionName(p.Region); !ok {
		return p, invalid("region", "没有这个区划,请从列表中选择", "there is no such region; choose from the list")
	}
	if p.From == 0 {
		p.From = today
	}
	if !validDay(p.From) {
		return p, invalid("from", "请写成 20260131 这样的日期", "write a day such as 20260131")
	}
	if p.To != 0 && (!validDay(p.To) || p.To <= p.From) {
		return p, invalid("to", "应晚于开始日期", "must be later than the first day")
	}
	return p, nil
}

func levels(depths []int, lang string) string {
	names := map[int]errs.Words{4: {ZH: "市", EN: "city"}, 6: {ZH: "区县", EN: "district"}, 9: {ZH: "街道", EN: "street"}, 12: {ZH: "社区", EN: "community"}}
	sep := "、"
	if lang == "en" {
		sep = ", "
	}
	var all []string
	for _, d := range depths {
		all = append(all, names[d].In(lang))
	}
	return strings.Join(all, sep)
}

// within tells whether the region lies in (or is) the other: prefix codes.
func within(region, other int64) bool {
	for region > other && other > 0 {
		region /= 10
	}
	return region == other
}

// checkOffices refuses posts of two different offices in one account, and of any
// in a program's; posts that have ended do not count.
func checkOffices(kind string, posts []access.Post, today int) error {
	held := access.OfficeBusiness
	for _, p := range posts {
		if p.To != 0 && p.To <= today {
			continue
		}
		role, ok := access.RoleByCode(p.Role)
		if !ok || role.Office == access.OfficeBusiness {
			continue
		}
		if kind == Program {
			return OfficeOfProgram.New().In("role")
		}
		if held != access.OfficeBusiness && held != role.Office {
			return OfficeConflict.New().In("role")
		}
		held = role.Office
	}
	return nil
}
