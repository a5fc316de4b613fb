package identity

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

var _ = web.Name(map[string]errs.Words{
	"short": {ZH: "简称", EN: "short name"}, "disabled": {ZH: "停用", EN: "disabled"}, "home": {ZH: "管理区县", EN: "home district"},
	"offices": {ZH: "管理岗位", EN: "offices"}, "agent": {ZH: "客户端", EN: "client"}, "label": {ZH: "用途", EN: "purpose"}, "per_second": {ZH: "每秒次数", EN: "requests a second"}, "ends": {ZH: "失效日期", EN: "end"},
})

// Ref names a thing by id.
type Ref struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Label names a code.
type Label struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// PostInfo is a post as the API shows it.
type PostInfo struct {
	ID         int64  `json:"id"`
	Role       string `json:"role"`
	RoleName   string `json:"role_name"`
	Region     string `json:"region" doc:"Code of 4, 6, 9 or 12 digits."`
	RegionName string `json:"region_name"`
	GridID     int64  `json:"grid_id,omitempty"`
	Org        *Ref   `json:"org,omitempty"`
	From       int    `json:"from" doc:"First day in force."`
	To         int    `json:"to,omitempty" doc:"First day no longer in force; absent if open."`
	InForce    bool   `json:"in_force"`
}

// Me is the signed-in person.
type Me struct {
	Account struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
		Name  string `json:"name"`
		Lang  string `json:"lang" enum:"zh,en"`
	} `json:"account"`
	Posts       []PostInfo    `json:"posts" doc:"Posts in force."`
	Permissions []access.Perm `json:"permissions"`
	City        struct {
		Name      string `json:"name"`
		Code      string `json:"code"`
		Synthetic bool   `json:"synthetic" doc:"The city is invented; every page says so."`
	} `json:"city"`
	Acting             int64 `json:"acting,omitempty" doc:"The post that the session acts through; absent: all."`
	MustChangePassword bool  `json:"must_change_password"`
}

// SessionInfo is one sign-in.
type SessionInfo struct {
	ID        int64  `json:"id"`
	Current   bool   `json:"current"`
	CreatedAt string `json:"created_at"`
	SeenAt    string `json:"seen_at" doc:"Last use, exact to a few minutes."`
	ExpiresAt string `json:"expires_at"`
	Source    string `json:"source" doc:"Address of the client."`
	Agent     string `json:"agent" doc:"The client's own description."`
}

// OrgInfo is an organisation.
type OrgInfo struct {
	ID         int64  `json:"id"`
	Code       string `json:"code"`
	Name       string `json:"name"`
	Short      string `json:"short"`
	Kind       string `json:"kind"`
	KindName   string `json:"kind_name"`
	District   string `json:"district,omitempty"`
	Region     string `json:"region"`
	RegionName string `json:"region_name"`
	Parent     *Ref   `json:"parent,omitempty"`
	From       int    `json:"from"`
	To         int    `json:"to,omitempty" doc:"First day no longer in force; absent if open."`
	InForce    bool   `json:"in_force"`
	Version    int    `json:"version"`
}

// AccountInfo is an account, without its password.
type AccountInfo struct {
	ID                 int64      `json:"id"`
	Kind               string     `json:"kind" enum:"person,service" doc:"service: a program, which shows a key and never signs in."`
	Login              string     `json:"login"`
	Name               string     `json:"name"`
	Lang               string     `json:"lang"`
	Home               string     `json:"home" doc:"District that keeps the account; empty for the city."`
	Disabled           bool       `json:"disabled"`
	CanSignIn          bool       `json:"can_sign_in" doc:"Has a password."`
	MustChangePassword bool       `json:"must_change_password"`
	CreatedAt          string     `json:"created_at"`
	SeenAt             string     `json:"seen_at,omitempty"`
	Version            int        `json:"version"`
	Posts              []PostInfo `json:"posts" doc:"Ended ones too, by first day."`
}

// Items is a list or a page of one.
type Items[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; absent at the end."`
}

// Out is an answer with a body.
type Out[T any] struct{ Body T }

// PostInput is a post to be given.
type PostInput struct {
	Role   string `json:"role" maxLength:"32"`
	Region string `json:"region,omitempty" pattern:"^([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})?$" doc:"May be left out with grid_id, or with org for roles of organisations."`
	GridID int64  `json:"grid_id,omitempty" minimum:"0"`
	Org    int64  `json:"org,omitempty" minimum:"0"`
	From   int    `json:"from,omitempty" doc:"First day in force; today if absent."`
	To     int    `json:"to,omitempty" doc:"First day no longer in force; open if absent."`
}

func (p PostInput) post() NewPost {
	return NewPost{Role: p.Role, Region: codeOf(p.Region), Grid: p.GridID, Org: p.Org, From: p.From, To: p.To}
}

// OrgInput is an organisation to be written.
type OrgInput struct {
	Code   string `json:"code" maxLength:"32"`
	Name   string `json:"name" maxLength:"60"`
	Short  string `json:"short,omitempty" maxLength:"20"`
	Kind   string `json:"kind" maxLength:"32"`
	Region string `json:"region" pattern:"^([0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$"`
	Parent int64  `json:"parent,omitempty" minimum:"0"`
	From   int    `json:"from,omitempty" doc:"First day in force; today if absent."`
	To     int    `json:"to,omitempty" doc:"First day no longer in force; open if absent."`
}

func (o OrgInput) org() Org {
	return Org{Code: o.Code, Name: o.Name, Short: o.Short, Kind: o.Kind, Region: codeOf(o.Region), Parent: o.Parent, From: o.From, To: o.To}
}

// codeOf reads a code that the pattern let through; "" is 0.
func codeOf(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}

func code(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func (s *Service) instant(micros int64) string {
	if micros == 0 {
		return ""
	}
	return time.UnixMicro(micros).In(s.o.Zone).Format(time.RFC3339)
}

func (s *Service) postJSON(p access.Post, lang string) PostInfo {
	j := PostInfo{ID: p.ID, Role: p.Role, Region: code(p.Region), GridID: p.Grid, From: p.From, To: p.To, InForce: p.InForce(s.o.Today())}
	if r, ok := access.RoleByCode(p.Role); ok {
		j.RoleName = r.Label.In(lang)
	}
	j.RegionName, _ = s.o.Regions.RegionName(p.Region)
	if p.Org != 0 {
		j.Org = &Ref{p.Org, s.OrgName(p.Org)}
	}
	return j
}

func (s *Service) me(ctx context.Context, a *access.Actor) Me {
	today := s.o.Today()
	var m Me
	m.Account.ID, m.Account.Login, m.Account.Name, m.Account.Lang = a.Account, a.Login, a.Name, a.Lang
	m.Posts = []PostInfo{}
	for _, p := range a.Held() {
		if p.InForce(today) {
			m.Posts = append(m.Posts, s.postJSON(p, web.Lang(ctx)))
		}
	}
	if len(a.Aside) > 0 {
		m.Acting = a.Posts[0].ID
	}
	m.Permissions = a.Perms(today)
	c := s.o.City()
	m.City.Name, m.City.Code, m.City.Synthetic = c.Name, code(c.Code), c.Synthetic
	m.MustChangePassword = a.MustChange
	return m
}

func (s *Service) orgJSON(d *Directory, o Org, lang string) OrgInfo {
	j := OrgInfo{ID: o.ID, Code: o.Code, Name: o.Name, Short: o.Short, Kind: o.Kind, KindName: KindName(o.Kind, lang),
		District: code(int64(o.District)), Region: code(o.Region), From: o.From, To: o.To, InForce: o.InForce(s.o.Today()), Version: o.Version}
	j.RegionName, _ = s.o.Regions.RegionName(o.Region)
	if o.Parent != 0 {
		j.Parent = &Ref{o.Parent, d.OrgName(o.Parent)}
	}
	return j
}

func (s *Service) accountJSON(a Account, lang string) AccountInfo {
	j := AccountInfo{ID: a.ID, Kind: a.Kind, Login: a.Login, Name: a.Name, Lang: a.Lang, Home: code(int64(a.Home)), Disabled: a.DisabledAt != 0, CanSignIn: a.CanSignIn,
		MustChangePassword: a.MustChange, CreatedAt: s.instant(a.CreatedAt), SeenAt: s.instant(a.SeenAt), Version: a.Version, Posts: []PostInfo{}}
	for _, p := range a.Posts {
		j.Posts = append(j.Posts, s.postJSON(p, lang))
	}
	return j
}

func (s *Service) sessionsJSON(list []Session, current int64) Items[SessionInfo] {
	all := Items[SessionInfo]{Items: []SessionInfo{}}
	for _, v := range list {
		all.Items = append(all.Items, SessionInfo{ID: v.ID, Current: v.ID == current, CreatedAt: s.instant(v.CreatedAt),
			SeenAt: s.instant(v.SeenAt), ExpiresAt: s.instant(v.ExpiresAt), Source: v.Source, Agent: v.Agent})
	}
	return all
}

// Register puts the room's operations on the router.
func (s *Service) Register(r *web.Router) {
	s.registerSession(r)
	s.registerOrgs(r)
	s.registerAccounts(r)
	s.registerKeys(r)
}

type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Token string `json:"token" doc:"For clients that send Authorization: Bearer; browsers use the cookie."`
		Me    Me     `json:"me"`
	}
}

type idIn struct {
	ID int64 `path:"id" minimum:"1"`
}

func (s *Service) registerSession(r *web.Router) {
	tags := []string{"session"}
	web.Register(r, web.Op{ID: "sign-in", Method: "POST", Path: "/api/v1/session", Policy: access.Public, Secret: true, Answers: []int{401}, Tags: tags,
		Summary: "登录", SummaryEN: "Sign in"},
		func(ctx context.Context, _ access.Scope, in *struct {
			Body struct {
				Login    string `json:"login" maxLength:"64"`
				Password string `json:"password" maxLength:"256"`
			}
		}) (*signedIn, error) {
			token, a, err := s.SignIn(ctx, in.Body.Login, in.Body.Password, web.ClientIP(ctx), web.UserAgent(ctx))
			if err != nil {
				return nil, err
			}
			o := &signedIn{SetCookie: web.SessionCookie(ctx, token, s.o.Absolute)}
			o.Body.Token, o.Body.Me = token, s.me(ctx, a)
			return o, nil
		})
	web.Register(r, web.Op{ID: "get-session", Method: "GET", Path: "/api/v1/session", Policy: access.SignedIn, Tags: tags,
		Summary: "当前登录人", SummaryEN: "Who is signed in"},
		func(ctx context.Context, scope access.Scope, _ *struct{}) (*Out[Me], error) {
			return &Out[Me]{s.me(ctx, scope.Actor())}, nil
		})
	web.Register(r, web.Op{ID: "sign-out", Method: "DELETE", Path: "/api/v1/session", Policy: access.SignedIn, Tags: tags,
		Summary: "退出登录", SummaryEN: "Sign out"},
		func(ctx context.Context, scope access.Scope, _ *struct{}) (*struct {
			SetCookie http.Cookie `header:"Set-Cookie"`
		}, error) {
			a := scope.Actor()
			if err := s.EndSession(ctx, scope, a.Account, a.Session); err != nil && !errs.Is(err, errs.NotFound) {
				return nil, err
			}
			return &struct {
				SetCookie http.Cookie `header:"Set-Cookie"`
			}{web.SessionCookie(ctx, "", 0)}, nil
		})
	web.Register(r, web.Op{ID: "set-language", Method: "PATCH", Path: "/api/v1/session", Policy: access.SignedIn, Tags: tags,
		Summary: "设置本人语言、切换岗位", SummaryEN: "Set one's language, or the post to act through"},
		func(ctx context.Context, scope access.Scope, in *struct {
			Body struct {
				Lang string `json:"lang,omitempty" enum:"zh,en"`
				Post *int64 `json:"post,omitempty" minimum:"0" doc:"the post that this session acts through: nothing else is seen or done; 0: all posts"`
			}
		}) (*Out[Me], error) {
			a := scope.Actor()
			if in.Body.Lang != "" {
				if err := s.SetLang(ctx, a, in.Body.Lang); err != nil {
					return nil, err
				}
				b := *a
				b.Lang = in.Body.Lang
				a = &b
			}
			if in.Body.Post != nil {
				var err error
				if a, err = s.ActThrough(ctx, a, *in.Body.Post); err != nil {
					return nil, err
				}
			}
			return &Out[Me]{s.me(ctx, a)}, nil
		})
	web.Register(r, web.Op{ID: "change-password", Method: "POST", Path: "/api/v1/session/password", Policy: access.SignedIn, Secret: true, Tags: tags,
		Summary: "修改本人密码", SummaryEN: "Change one's password"},
		func(ctx context.Context, scope access.Scope, in *struct {
			Body struct {
				Old string `json:"old" maxLength:"256"`
				New string `json:"new" maxLength:"256"`
			}
		}) (*Out[Me], error) {
			if err := s.ChangePassword(ctx, scope.Actor(), in.Body.Old, in.Body.New, web.ClientIP(ctx)); err != nil {
				return nil, err
			}
			a := *scope.Actor()
			a.MustChange = false
			return &Out[Me]{s.me(ctx, &a)}, nil
		})
	web.Register(r, web.Op{ID: "list-own-sessions", Method: "GET", Path: "/api/v1/sessions", Policy: access.SignedIn, Tags: tags,
		Summary: "本人的登录会话", SummaryEN: "One's sessions"},
		func(ctx context.Context, scope access.Scope, _ *struct{}) (*Out[Items[SessionInfo]], error) {
			list, err := s.Sessions(ctx, scope.Account())
			if err != nil {
				return nil, err
			}
			return &Out[Items[SessionInfo]]{s.sessionsJSON(list, scope.Actor().Session)}, nil
		})
	web.Register(r, web.Op{ID: "end-own-sessions", Method: "DELETE", Path: "/api/v1/sessions", Policy: access.SignedIn, Tags: tags,
		Summary: "退出本人的其他会话", SummaryEN: "End one's other sessions"},
		func(ctx context.Context, scope access.Scope, _ *struct{}) (*struct{}, error) {
			_, err := s.EndSessions(ctx, scope, scope.Account(), scope.Actor().Session)
			return nil, err
		})
	web.Register(r, web.Op{ID: "end-own-session", Method: "DELETE", Path: "/api/v1/sessions/{id}", Policy: access.SignedIn, Tags: tags,
		Summary: "退出本人的一个会话", SummaryEN: "End one of one's sessions"},
		func(ctx context.Context, scope access.Scope, in *idIn) (*struct{}, error) {
			return nil, s.EndSession(ctx, scope, scope.Account(), in.ID)
		})
}

// RoleInfo is a role with its permissions.
type RoleInfo struct {
	Code   string  `json:"code"`
	Name   string  `json:"name"`
	Level  string  `json:"level" enum:"region,grid,org" doc:"What a post of the role reaches."`
	Depths []int   `json:"depths" doc:"Digits that the post's region may have."`
	Office string  `json:"office" enum:"business,system,security,audit"`
	Perms  []Label `json:"permissions"`
}

func (s *Service) registerOrgs(r *web.Router) {
	tags := []string{"organisations"}
	web.Register(r, web.Op{ID: "list-roles", Method: "GET", Path: "/api/v1/roles", Policy: access.SignedIn, Tags: tags,
		Summary: "角色", SummaryEN: "Roles"},
		func(ctx context.Context, _ access.Scope, _ *struct{}) (*Out[Items[RoleInfo]], error) {
			lang := web.Lang(ctx)
			o := &Out[Items[RoleInfo]]{Items[RoleInfo]{Items: []RoleInfo{}}}
			for _, r := range access.Roles() {
				j := RoleInfo{Code: r.Code, Name: r.Label.In(lang), Level: string(r.Level), Depths: r.Depths, Office: string(r.Office), Perms: []Label{}}
				for _, p := range r.Perms {
					j.Perms = append(j.Perms, Label{string(p), p.Name(lang)})
				}
				o.Body.Items = append(o.Body.Items, j)
			}
			return o, nil
		})
	web.Register(r, web.Op{ID: "list-orgs", Method: "GET", Path: "/api/v1/orgs", Policy: access.SignedIn, Tags: tags,
		Summary: "机构", SummaryEN: "Organisations"},
		func(ctx context.Context, _ access.Scope, in *struct {
			Q    string `query:"q" maxLength:"60"`
			Kind string `query:"kind" maxLength:"32"`
			All  bool   `query:"all" doc:"Closed ones too."`
		}) (*Out[Items[OrgInfo]], error) {
			day := s.o.Today()
			if in.All {
				day = 0
			}
			d := s.Directory()
			o := &Out[Items[OrgInfo]]{Items[OrgInfo]{Items: []OrgInfo{}}}
			for _, v := range d.Orgs(in.Q, in.Kind, day) {
				o.Body.Items = append(o.Body.Items, s.orgJSON(d, v, web.Lang(ctx)))
			}
			return o, nil
		})
	web.Register(r, web.Op{ID: "create-org", Method: "POST", Path: "/api/v1/orgs", Policy: access.Needs(access.OrgWrite), Status: 201, Tags: tags,
		Summary: "新增机构", SummaryEN: "Create an organisation"},
		func(ctx context.Context, scope access.Scope, in *struct{ Body OrgInput }) (*Out[OrgInfo], error) {
			made, err := s.CreateOrgs(ctx, scope, []Org{in.Body.org()})
			if err != nil {
				return nil, err
			}
			return &Out[OrgInfo]{s.orgJSON(s.Directory(), made[0], web.Lang(ctx))}, nil
		})
	web.Register(r, web.Op{ID: "update-org", Method: "PUT", Path: "/api/v1/orgs/{id}", Policy: access.Needs(access.OrgWrite), Tags: tags,
		Summary: "修改机构", SummaryEN: "Change an organisation"},
		func(ctx context.Context, scope access.Scope, in *struct {
			ID   int64 `path:"id" minimum:"1"`
			Body struct {
				OrgInput
				Version int `json:"version" minimum:"1"`
			}
		}) (*Out[OrgInfo], error) {
			o := in.Body.org()
			o.ID, o.Version = in.ID, in.Body.Version
			o, err := s.UpdateOrg(ctx, scope, o)
			if err != nil {
				return nil, err
			}
			return &Out[OrgInfo]{s.orgJSON(s.Directory(), o, web.Lang(ctx))}, nil
		})
}

func (s *Service) registerAccounts(r *web.Router) {
	tags := []string{"accounts"}
	one := func(ctx context.Context, scope access.Scope, id int64) (*Out[AccountInfo], error) {
		a, err := s.AccountByID(ctx, scope, id)
		if err != nil {
			return nil, err
		}
		return &Out[AccountInfo]{s.accountJSON(a, web.Lang(ctx))}, nil
	}
	web.Register(r, web.Op{ID: "list-accounts", Method: "GET", Path: "/api/v1/accounts", Policy: access.Needs(access.AccountRead), Tags: tags,
		Summary: "账号", SummaryEN: "Accounts"},
		func(ctx context.Context, scope access.Scope, in *struct {
			Q      string `query:"q" maxLength:"60"`
			Role   string `query:"role" maxLength:"32"`
			Kind   string `query:"kind" enum:"person,service"`
			Org    int64  `query:"org"`
			Cursor string `query:"cursor" maxLength:"64"`
			Limit  int    `query:"limit" minimum:"0" maximum:"200"`
		}) (*Out[Items[AccountInfo]], error) {
			list, next, err := s.Accounts(ctx, scope, Filter{Q: in.Q, Role: in.Role, Kind: in.Kind, Org: in.Org, After: in.Cursor, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			o := &Out[Items[AccountInfo]]{Items[AccountInfo]{Items: []AccountInfo{}, Next: next}}
			for _, a := range list {
				o.Body.Items = append(o.Body.Items, s.accountJSON(a, web.Lang(ctx)))
			}
			return o, nil
		})
	web.Register(r, web.Op{ID: "get-account", Method: "GET", Path: "/api/v1/accounts/{id}", Policy: access.Needs(access.AccountRead), Tags: tags,
		Summary: "账号详情", SummaryEN: "An account"},
		func(ctx context.Context, scope access.Scope, in *idIn) (*Out[AccountInfo], error) {
			return one(ctx, scope, in.ID)
		})
	type created struct {
		Account  AccountInfo `json:"account"`
		Password string      `json:"password,omitempty" doc:"One-time password, shown only now; a program has none."`
	}
	web.Register(r, web.Op{ID: "create-account", Method: "POST", Path: "/api/v1/accounts", Policy: access.Needs(access.AccountWrite), Status: 201, Secret: true, Tags: tags,
		Summary: "新增账号", SummaryEN: "Create an account"},
		func(ctx context.Context, scope access.Scope, in *struct {
			Body struct {
				Kind  string      `json:"kind,omitempty" enum:"person,service"`
				Login string      `json:"login" maxLength:"32"`
				Name  string      `json:"name" maxLength:"40"`
				Lang  string      `json:"lang,omitempty" enum:"zh,en"`
				Home  string      `json:"home,omitempty" pattern:"^([0-9]{6})?$" doc:"District that keeps the account; that of the first post if absent."`
				Posts []PostInput `json:"posts,omitempty" maxItems:"20"`
			}
		}) (*Out[created], error) {
			n := NewAccount{Kind: in.Body.Kind, Login: in.Body.Login, Name: in.Body.Name, Lang: in.Body.Lang, Home: int(codeOf(in.Body.Home))}
			for _, p := range in.Body.Posts {
				n.Posts = append(n.Posts, p.post())
			}
			a, password, err := s.CreateAccount(ctx, scope, n)
			if err != nil {
				return nil, err
			}
			return &Out[created]{created{s.accountJSON(a, web.Lang(ctx)), password}}, nil
		})
	web.Register(r, web.Op{ID: "update-account", Method: "PATCH", Path: "/api/v1/accounts/{id}", Policy: access.Needs(access.AccountWrite), Tags: tags,
		Summary: "修改或停用账号", SummaryEN: "Change or disable an account"},
		func(ctx context.Context, scope access.Scope, in *struct {
			ID   int64 `path:"id" minimum:"1"`
			Body struct {
				Version  int     `json:"version" minimum:"1"`
				Name     *string `json:"name,omitempty" maxLength:"40"`
				Lang     *string `json:"lang,omitempty" enum:"zh,en"`
				Disabled *bool   `json:"disabled,omitempty"`
			}
		}) (*Out[AccountInfo], error) {
			a, err := s.UpdateAccount(ctx, scope, in.ID, in.Body.Version, Change{Name: in.Body.Name, Lang: in.Body.Lang, Disabled: in.Body.Disabled})
			if err != nil {
				return nil, err
			}
			return &Out[AccountInfo]{s.accountJSON(a, web.Lang(ctx))}, nil
		})
	type password struct {
		Password string `json:"password" doc:"One-time password, shown only now."`
	}
	web.Register(r, web.Op{ID: "reset-password", Method: "POST", Path: "/api/v1/accounts/{id}/password", Policy: access.Needs(access.AccountWrite), Secret: true, Tags: tags,
		Summary: "重置密码", SummaryEN: "Reset a password"},
		func(ctx context.Context, scope access.Scope, in *idIn) (*Out[password], error) {
			p, err := s.ResetPassword(ctx, scope, in.ID)
			if err != nil {
				return nil, err
			}
			return &Out[password]{password{p}}, nil
		})
	web.Register(r, web.Op{ID: "add-post", Method: "POST", Path: "/api/v1/accounts/{id}/posts", Policy: access.Needs(access.AccountWrite), Status: 201, Tags: tags,
		Summary: "新增岗位", SummaryEN: "Add a post"},
		func(ctx context.Context, scope access.Scope, in *struct {
			ID   int64 `path:"id" minimum:"1"`
			Body PostInput
		}) (*Out[PostInfo], error) {
			p, err := s.AddPost(ctx, scope, in.ID, in.Body.post())
			if err != nil {
				return nil, err
			}
			return &Out[PostInfo]{s.postJSON(p, web.Lang(ctx))}, nil
		})
	web.Register(r, web.Op{ID: "end-post", Method: "PATCH", Path: "/api/v1/posts/{id}", Policy: access.Needs(access.AccountWrite), Tags: tags,
		Summary: "设置岗位结束日期", SummaryEN: "Set the end of a post"},
		func(ctx context.Context, scope access.Scope, in *struct {
			ID   int64 `path:"id" minimum:"1"`
			Body struct {
				To int `json:"to" doc:"First day no longer in force: today acts at once; 0 = open."`
			}
		}) (*Out[PostInfo], error) {
			p, err := s.EndPost(ctx, scope, in.ID, in.Body.To)
			if err != nil {
				return nil, err
			}
			return &Out[PostInfo]{s.postJSON(p, web.Lang(ctx))}, nil
		})
	web.Register(r, web.Op{ID: "list-sessions", Method: "GET", Path: "/api/v1/accounts/{id}/sessions", Policy: access.Needs(access.SessionManage), Tags: tags,
		Summary: "账号的登录会话", SummaryEN: "An account's sessions"},
		func(ctx context.Context, scope access.Scope, in *idIn) (*Out[Items[SessionInfo]], error) {
			if err := s.reachable(ctx, scope, in.ID); err != nil {
				return nil, err
			}
			list, err := s.Sessions(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &Out[Items[SessionInfo]]{s.sessionsJSON(list, scope.Actor().Session)}, nil
		})
	web.Register(r, web.Op{ID: "end-sessions", Method: "DELETE", Path: "/api/v1/accounts/{id}/sessions", Policy: access.Needs(access.SessionManage), Tags: tags,
		Summary: "强制退出账号的全部会话", SummaryEN: "End all sessions of an account"},
		func(ctx context.Context, scope access.Scope, in *idIn) (*struct{}, error) {
			if err := s.reachable(ctx, scope, in.ID); err != nil {
				return nil, err
			}
			_, err := s.EndSessions(ctx, scope, in.ID, 0)
			return nil, err
		})
	web.Register(r, web.Op{ID: "end-session", Method: "DELETE", Path: "/api/v1/accounts/{id}/sessions/{session}", Policy: access.Needs(access.SessionManage), Tags: tags,
		Summary: "强制退出一个会话", SummaryEN: "End one session of an account"},
		func(ctx context.Context, scope access.Scope, in *struct {
			ID      int64 `path:"id" minimum:"1"`
			Session int64 `path:"session" minimum:"1"`
		}) (*struct{}, error) {
			if err := s.reachable(ctx, scope, in.ID); err != nil {
				return nil, err
			}
			return nil, s.EndSession(ctx, scope, in.ID, in.Session)
		})
}
