package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"linli/internal/app"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/people/identity"
)

const accountUse = `account list [--q TEXT] [--role R] [--org ID]
       linli account create LOGIN --name N [--lang zh|en] [--role R --region CODE [--org ID] [--grid ID]]
       linli account post LOGIN --role R --region CODE [--org ID] [--grid ID] [--from DAY] [--to DAY]
       linli account end-post POST [--to DAY]
       linli account password LOGIN
       linli account disable|enable LOGIN
       linli account roles

Whoever can run this owns the machine: it acts as the system, and the audit
trail says so. One-time passwords are printed once and kept nowhere in clear.`

// byHand is the scope of what an operator does on the command line.
var byHand = access.System("command line")

type accountFlags struct {
	*flags
	name, lang, role, q string
	region, org, grid   int64
	from, to            int
}

func account(ctx context.Context, args []string) error {
	f := &accountFlags{flags: newFlags("account", accountUse)}
	f.StringVar(&f.name, "name", "", "the person's name")
	f.StringVar(&f.lang, "lang", "", "zh or en")
	f.StringVar(&f.role, "role", "", "role of the post; linli account roles lists them")
	f.StringVar(&f.q, "q", "", "list: part of the login or the name")
	f.Int64Var(&f.region, "region", 0, "region of the post: code of the city, district, street or community")
	f.Int64Var(&f.org, "org", 0, "organisation of the post, its id")
	f.Int64Var(&f.grid, "grid", 0, "grid of the post, its id or 15-digit code")
	f.IntVar(&f.from, "from", 0, "first day of the post, yyyymmdd; default today")
	f.IntVar(&f.to, "to", 0, "first day on which the post is no longer held; default open, for end-post today")
	words, err := f.words(args, 1, 2)
	if err != nil {
		return err
	}
	does := map[string]struct {
		words int
		run   func(context.Context, *app.App, *accountFlags, string) error
	}{
		"list": {1, listAccounts}, "roles": {1, listRoles}, "create": {2, createAccount}, "post": {2, addPost}, "end-post": {2, endPost},
		"password": {2, resetPassword}, "disable": {2, disable(true)}, "enable": {2, disable(false)},
	}
	do, ok := does[words[0]]
	if !ok {
		return usage("there is no %q; see linli account --help", words[0])
	}
	if len(words) != do.words {
		return usage("%s takes %d argument(s) more; see linli account --help", words[0], do.words-1)
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if f.grid >= 1e14 { // a code, not an id
		for _, g := range a.Atlas.Grids(0) {
			if g.Code == f.grid {
				f.grid = g.ID
				break
			}
		}
	}
	return do.run(ctx, a, f, words[len(words)-1])
}

type accountJSON struct {
	ID       int64      `json:"id"`
	Login    string     `json:"login"`
	Name     string     `json:"name"`
	Disabled bool       `json:"disabled"`
	Posts    []postJSON `json:"posts"`
	Password string     `json:"one_time_password,omitempty"`
}

type postJSON struct {
	ID     int64  `json:"id"`
	Role   string `json:"role"`
	Region int64  `json:"region"`
	Name   string `json:"region_name"`
	Org    int64  `json:"org,omitempty"`
	Grid   int64  `json:"grid_id,omitempty"`
	From   int    `json:"from"`
	To     int    `json:"to,omitempty"`
}

func showAccount(a *app.App, x identity.Account) accountJSON {
	out := accountJSON{ID: x.ID, Login: x.Login, Name: x.Name, Disabled: x.DisabledAt != 0, Posts: []postJSON{}}
	for _, p := range x.Posts {
		out.Posts = append(out.Posts, postJSON{p.ID, p.Role, p.Region, a.Atlas.Name(p.Region), p.Org, p.Grid, p.From, p.To})
	}
	return out
}

func listAccounts(ctx context.Context, a *app.App, f *accountFlags, _ string) error {
	all := []accountJSON{}
	filter := identity.Filter{Q: f.q, Role: f.role, Org: f.org, Limit: 200}
	for {
		page, next, err := a.Identity.Accounts(ctx, byHand, filter)
		if err != nil {
			return err
		}
		for _, x := range page {
			all = append(all, showAccount(a, x))
		}
		if next == "" {
			break
		}
		filter.After = next
	}
	if f.json {
		return f.print(map[string]any{"accounts": all}, "")
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "LOGIN\tNAME\tPOST\tROLE\tREGION\tFROM\tTO")
	for _, x := range all {
		name := x.Name
		if x.Disabled {
			name += " (disabled)"
		}
		if len(x.Posts) == 0 {
			fmt.Fprintf(w, "%s\t%s\t-\t-\t-\t-\t-\n", x.Login, name)
		}
		for _, p := range x.Posts {
			to := "-"
			if p.To != 0 {
				to = strconv.Itoa(p.To)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%d %s\t%d\t%s\n", x.Login, name, p.ID, p.Role, p.Region, p.Name, p.From, to)
		}
	}
	return w.Flush()
}

func listRoles(_ context.Context, _ *app.App, f *accountFlags, _ string) error {
	type roleJSON struct {
		Code   string        `json:"code"`
		Name   string        `json:"name"`
		NameEN string        `json:"name_en"`
		Level  access.Level  `json:"level"`
		Depths []int         `json:"region_digits"`
		Office access.Office `json:"office"`
		Perms  []access.Perm `json:"permissions"`
	}
	all := []roleJSON{}
	for _, r := range access.Roles() {
		all = append(all, roleJSON{r.Code, r.Label.ZH, r.Label.EN, r.Level, r.Depths, r.Office, r.Perms})
	}
	if f.json {
		return f.print(map[string]any{"roles": all}, "")
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ROLE\tNAME\t\tREACHES\tDIGITS OF --region\tOFFICE")
	for _, r := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%v\t%s\n", r.Code, r.Name, r.NameEN, r.Level, r.Depths, r.Office)
	}
	return w.Flush()
}

func (f *accountFlags) newPost() identity.NewPost {
	return identity.NewPost{Role: f.role, Region: f.region, Grid: f.grid, Org: f.org, From: f.from, To: f.to}
}

func createAccount(ctx context.Context, a *app.App, f *accountFlags, login string) error {
	if f.name == "" {
		return usage("--name is missing")
	}
	n := identity.NewAccount{Login: login, Name: f.name, Lang: f.lang}
	if f.role != "" || f.region != 0 {
		n.Posts = []identity.NewPost{f.newPost()}
	}
	made, password, err := a.Identity.CreateAccount(ctx, byHand, n)
	if err != nil {
		return err
	}
	out := accountJSON{ID: made.ID, Login: made.Login, Name: made.Name, Posts: []postJSON{}, Password: password}
	if full, err := a.Identity.AccountByID(ctx, byHand, made.ID); err == nil {
		out = showAccount(a, full)
		out.Password = password
	}
	hint := ""
	if len(out.Posts) == 0 {
		hint = "the account has no post yet: linli account post " + made.Login + " --role R --region CODE\n"
	}
	return f.print(out, "account %s (%d) is made; one-time password, shown only now: %s\n%s", made.Login, made.ID, password, hint)
}

func addPost(ctx context.Context, a *app.App, f *accountFlags, login string) error {
	if f.role == "" {
		return usage("--role is missing; linli account roles lists them")
	}
	x, err := accountOf(ctx, a, login)
	if err != nil {
		return err
	}
	p, err := a.Identity.AddPost(ctx, byHand, x.ID, f.newPost())
	if err != nil {
		return err
	}
	return f.print(postJSON{p.ID, p.Role, p.Region, a.Atlas.Name(p.Region), p.Org, p.Grid, p.From, p.To}, "%s now is %s in %d %s (post %d) from %d\n", x.Login, p.Role, p.Region, a.Atlas.Name(p.Region), p.ID, p.From)
}

func endPost(ctx context.Context, a *app.App, f *accountFlags, word string) error {
	id, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return usage("%q is no post; linli account list shows their numbers", word)
	}
	to := f.to
	if to == 0 {
		to = a.Today()
	}
	p, err := a.Identity.EndPost(ctx, byHand, id, to)
	if err != nil {
		return err
	}
	return f.print(postJSON{p.ID, p.Role, p.Region, a.Atlas.Name(p.Region), p.Org, p.Grid, p.From, p.To}, "post %d (%s) ends: it is not held from %d on\n", p.ID, p.Role, p.To)
}

func resetPassword(ctx context.Context, a *app.App, f *accountFlags, login string) error {
	x, err := accountOf(ctx, a, login)
	if err != nil {
		return err
	}
	password, err := a.Identity.ResetPassword(ctx, byHand, x.ID)
	if err != nil {
		return err
	}
	return f.print(map[string]any{"login": x.Login, "one_time_password": password}, "one-time password of %s, shown only now: %s\nits sessions have ended\n", x.Login, password)
}

func disable(yes bool) func(context.Context, *app.App, *accountFlags, string) error {
	return func(ctx context.Context, a *app.App, f *accountFlags, login string) error {
		x, err := accountOf(ctx, a, login)
		if err != nil {
			return err
		}
		if x, err = a.Identity.UpdateAccount(ctx, byHand, x.ID, x.Version, identity.Change{Disabled: &yes}); err != nil {
			return err
		}
		state := "enabled"
		if yes {
			state = "disabled; its sessions have ended"
		}
		return f.print(showAccount(a, x), "%s is %s\n", x.Login, state)
	}
}

// noAccount names the login that the operator typed; nobody else hears of it.
var noAccount = errs.Declare("no_such_account", 404, "没有登录名为“{login}”的账号；linli account list 可列出全部账号。", "There is no account “{login}”; linli account list shows them all.")

func accountOf(ctx context.Context, a *app.App, login string) (identity.Account, error) {
	x, err := a.Identity.AccountByLogin(ctx, byHand, login)
	if errs.Is(err, errs.NotFound) {
		return x, noAccount.New("login", login)
	}
	return x, err
}

// mayNot says that the account of --as lacks a permission.
var mayNot = errs.Declare("account_may_not", 403, "账号“{login}”没有“{perm}”权限。", "The account “{login}” lacks the permission “{perm}”.")

// scopeAs is the scope of the account for the permission, or the system's when
// no account is named.
func scopeAs(ctx context.Context, a *app.App, login string, p access.Perm) (access.Scope, error) {
	if login == "" {
		return byHand, nil
	}
	x, err := accountOf(ctx, a, login)
	if err != nil {
		return access.Scope{}, err
	}
	who := &access.Actor{Account: x.ID, Login: x.Login, Name: x.Name, Lang: x.Lang, Posts: x.Posts}
	s, err := who.Scope(p, a.Today())
	if err != nil || x.DisabledAt != 0 {
		return access.Scope{}, mayNot.New("login", x.Login, "perm", errs.Words{ZH: p.Name("zh"), EN: p.Name("en")})
	}
	return s, nil
}

// dayFlag reads 20261101 or 2026-11-01; "" is 0.
func dayFlag(name, s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse("20060102", strings.ReplaceAll(s, "-", ""))
	if err != nil {
		return 0, usage("--%s: write the day like 2026-11-01", name)
	}
	return t.Year()*10000 + int(t.Month())*100 + t.Day(), nil
}

// list cuts a comma list and checks its words.
func commaList(name, s string, known []string) ([]string, error) {
	if s == "" {
		return nil, nil
	}
	out := strings.Split(s, ",")
	for i, v := range out {
		out[i] = strings.TrimSpace(v)
		if !slices.Contains(known, out[i]) {
			return nil, usage("--%s: there is no %q; use %s", name, v, strings.Join(known, ", "))
		}
	}
	return out, nil
}
