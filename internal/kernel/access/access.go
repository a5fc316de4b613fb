package access

import (
	"slices"

	"linli/internal/kernel/errs"
)

// Errors that answer for a whole operation. What lies outside a scope is
// errs.NotFound instead.
var (
	Forbidden = errs.Declare("forbidden", 403,
		"您的岗位没有这项权限。如工作需要,请联系安全管理员。",
		"Your posts do not include this. If your work needs it, please ask the security administrator.")
	MustChangePassword = errs.Declare("password_change_required", 403,
		"请先修改初始密码,再继续使用。",
		"Please change your first password before you go on.")
)

// Post is what a person is for the system: a role somewhere, for a time.
type Post struct {
	ID      int64
	Account int64
	Role    string // code of a Role
	Region  int64  // code of 4, 6, 9 or 12 digits
	Grid    int64  // immutable id, for ByGrid roles
	Org     int64  // for ByOrg roles
	From    int    // first day in force, yyyymmdd
	To      int    // first day no longer in force; 0 = open
}

// InForce tells whether the post counts on the day. A post that is ended with
// to = today is out of force at once.
func (p Post) InForce(day int) bool { return p.From <= day && (p.To == 0 || day < p.To) }

// Actor is a signed-in person, or a program that shows its key, with all the
// posts, in force or not. It is
// shared between requests: nobody changes it. A nil *Actor is anonymous.
type Actor struct {
	Account    int64
	Login      string
	Name       string
	Lang       string // "zh" or "en"
	Session    int64  // 0 for a program
	Key        int64  // the API key by which a program asks; 0 for a person
	Rate       int    // requests a second that the key may make
	MustChange bool   // has to set a new password before anything else
	Posts      []Post // those that the session acts through
	Aside      []Post // other posts of the person: they grant nothing now, but who holds them is still who holds them
	visits     bool   // no account: see Visitor
}

// Through is the actor acting through one of the posts only; as it is when the
// post is not in force on the day.
func (a *Actor) Through(post int64, today int) *Actor {
	i := slices.IndexFunc(a.Posts, func(p Post) bool { return p.ID == post && p.InForce(today) })
	if i < 0 {
		return a
	}
	b := *a
	b.Posts = []Post{a.Posts[i]}
	b.Aside = slices.Delete(slices.Clone(a.Posts), i, i+1)
	return &b
}

// Held are all posts of the person, acted through or not.
func (a *Actor) Held() []Post { return slices.Concat(a.Posts, a.Aside) }

// Scope is what the actor reaches with the permission on the day: the union
// over the posts in force that grant it. Without any it is errs.NotFound.
func (a *Actor) Scope(p Perm, today int) (Scope, error) { return a.scopeOf([]Perm{p}, today) }

// Can tells whether any post in force on the day grants the permission.
func (a *Actor) Can(p Perm, today int) bool {
	_, err := a.Scope(p, today)
	return err == nil
}

// Perms lists the permissions of all posts in force on the day, in the order
// of Perms.
func (a *Actor) Perms(today int) []Perm {
	out := []Perm{}
	if a == nil {
		return out
	}
	for _, p := range perms {
		if a.Can(p, today) {
			out = append(out, p)
		}
	}
	return out
}

func (a *Actor) scopeOf(want []Perm, today int) (Scope, error) {
	if a == nil {
		return Scope{}, errs.NotFound.New()
	}
	s := Scope{actor: a, today: today}
	reg := roles.Load()
	for _, post := range a.Posts {
		role := reg.byCode[post.Role]
		if post.Role == visitor.Code {
			role = nil
			if a.visits {
				role = visitor
			}
		}
		if role == nil || !post.InForce(today) || !slices.ContainsFunc(want, role.Grants) {
			continue
		}
		if ar, ok := areaOf(role, post); ok {
			s.areas = append(s.areas, ar)
		}
	}
	if len(s.areas) == 0 {
		return Scope{}, errs.NotFound.New()
	}
	s.post = s.areas[0].post
	return s, nil
}

// Policy says who may call an operation. The zero Policy is undeclared and
// allows nobody; a server refuses to start with it.
type Policy struct {
	kind  int8
	perms []Perm
}

const (
	undeclared int8 = iota
	public
	signedIn
	needs
)

var (
	// Public operations answer anybody; the scope they get reaches nothing.
	Public = Policy{kind: public}
	// SignedIn operations answer every signed-in person about himself or about
	// what everybody may know; the scope they get reaches nothing.
	SignedIn = Policy{kind: signedIn}
)

// Needs is the policy of operations that need a permission; of several, any
// one is enough, and the scope is the union (narrow it with Scope.For).
func Needs(any ...Perm) Policy {
	if len(any) == 0 || slices.ContainsFunc(any, func(p Perm) bool { return !p.Known() }) {
		panic("access: Needs wants known permissions")
	}
	return Policy{kind: needs, perms: slices.Clone(any)}
}

// Declared tells whether the policy is other than the zero value.
func (p Policy) Declared() bool { return p.kind != undeclared }

// IsPublic tells whether anonymous callers are let in.
func (p Policy) IsPublic() bool { return p.kind == public }

// Perms lists the permissions of which one is needed; none for Public and
// SignedIn.
func (p Policy) Perms() []Perm { return slices.Clone(p.perms) }

// String is for the documentation of operations: "public", "signed in" or the
// permissions.
func (p Policy) String() string {
	switch p.kind {
	case public:
		return "public"
	case signedIn:
		return "signed in"
	case needs:
		s := string(p.perms[0])
		for _, q := range p.perms[1:] {
			s += " | " + string(q)
		}
		return s
	}
	return "undeclared"
}

// Authorize lets the actor (nil = anonymous) in, or says why not: Unauthorized
// when nobody is signed in, Forbidden when no post in force on the day grants
// a needed permission, MustChangePassword before the first password is changed.
func (p Policy) Authorize(a *Actor, today int) (Scope, error) {
	switch {
	case p.kind == public:
		return Scope{actor: a, today: today}, nil
	case p.kind == undeclared:
		return Scope{}, Forbidden.New()
	case a == nil:
		return Scope{}, errs.Unauthorized.New()
	case p.kind == signedIn:
		return Scope{actor: a, today: today}, nil
	case a.MustChange:
		return Scope{}, MustChangePassword.New()
	}
	s, err := a.scopeOf(p.perms, today)
	if err != nil {
		return Scope{}, Forbidden.New()
	}
	return s, nil
}
