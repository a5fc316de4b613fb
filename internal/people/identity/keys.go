package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
)

// The kinds of accounts.
const (
	Person  = "person"
	Program = "service" // a program outside: holds posts and keys, has no password and never signs in
)

// Errors about programs and their keys.
var (
	OnlyPersons = errs.Declare("account_is_a_program", 409,
		"这是外部系统的账号,没有密码,也不能登录;请为它签发接口密钥。",
		"This account belongs to an outside program: it has no password and does not sign in. Issue it an API key instead.")
	OnlyPrograms = errs.Declare("account_is_a_person", 409,
		"接口密钥只能签发给外部系统账号,不能签发给个人。",
		"API keys are issued to accounts of outside programs only, not to persons.")
	OfficeOfProgram = errs.Declare("office_of_program", 409,
		"外部系统不能担任系统、安全、审计三类管理岗位。",
		"A program cannot hold a post of the three offices: system, security, audit.")
	TooManyKeys = errs.Declare("too_many_keys", 409,
		"该账号有效的接口密钥已达 {max} 个,请先撤销不用的密钥。",
		"The account has {max} living keys; revoke those that are not used first.")
)

const (
	keyPrefix   = "linli_" // so that people and secret scanners know a key when they see one
	keyLen      = len(keyPrefix) + 32
	keyMark     = len(keyPrefix) + 4 // characters that lists show
	keysMost    = 20                 // living keys of an account
	defaultRate = 20                 // requests a second
	maxRate     = 10_000
)

// Key is what a program shows instead of a password. Its text is nowhere kept.
type Key struct {
	ID        int64
	Account   int64
	Mark      string // its first characters
	Label     string
	PerSecond int // requests a second
	Ends      int // first day on which it no longer works, yyyymmdd; 0 = none
	CreatedBy int64
	CreatedAt int64 // microseconds
	RevokedAt int64 // microseconds, 0 = not revoked
	UsedOn    int   // last day of use, 0 = never
	Version   int
}

// Living tells whether the key works on the day.
func (k Key) Living(day int) bool { return k.RevokedAt == 0 && (k.Ends == 0 || day < k.Ends) }

// NewKey is what makes a key.
type NewKey struct {
	Label     string
	PerSecond int    // 0 = 20
	Ends      int    // 0 = none
	Text      string // the key itself, which only the system may set: that of a demo city is known to all
}

var keyTable = &store.Table{Name: "api_key", Cols: strings.Fields("district id account digest mark label per_second ends created_by created_at revoked_at used_on version")}

var keyLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func newKey() string {
	var b [20]byte // 160 bits
	_, _ = rand.Read(b[:])
	return keyPrefix + keyLetters.EncodeToString(b[:])
}

// isKey tells keys from session tokens by their form.
func isKey(token string) bool { return len(token) == keyLen && strings.HasPrefix(token, keyPrefix) }

const keyCols = "k.id, k.account, k.mark, k.label, k.per_second, k.ends, k.created_by, k.created_at, k.revoked_at, k.used_on, k.version"

func scanKey(rows *sql.Rows, more ...any) (Key, error) {
	var k Key
	err := rows.Scan(append([]any{&k.ID, &k.Account, &k.Mark, &k.Label, &k.PerSecond, &k.Ends, &k.CreatedBy, &k.CreatedAt, &k.RevokedAt, &k.UsedOn, &k.Version}, more...)...)
	return k, err
}

// sum is over what the row says, but not over its last use, which is no change.
func (k *Key) sum() [32]byte {
	return digestOf("api_key", k.ID, k.Account, k.Mark, k.Label, k.PerSecond, k.Ends, k.CreatedBy, k.CreatedAt, k.RevokedAt, k.Version)
}

func keysOf(q querier, where string, args ...any) ([]Key, error) {
	out := []Key{}
	err := each(q, func(rows *sql.Rows) error {
		k, err := scanKey(rows)
		out = append(out, k)
		return err
	}, "SELECT "+keyCols+" FROM api_key k WHERE k.district = 0 AND "+where+" ORDER BY k.id DESC", args...)
	return out, err
}

func keyByID(q querier, id int64) (Key, error) {
	list, err := keysOf(q, "k.id = ?", id)
	if err == nil && len(list) == 0 {
		err = errs.NotFound.New()
	}
	if err != nil {
		return Key{}, err
	}
	return list[0], nil
}

// Keys lists the keys of an account that the scope reaches, revoked ones too,
// the latest first.
func (s *Service) Keys(ctx context.Context, scope access.Scope, account int64) ([]Key, error) {
	if err := s.reachable(ctx, scope, account); err != nil {
		return nil, err
	}
	return keysOf(reading{ctx, s.db}, "k.account = ?", account)
}

// check is the key as it is made, with what was left out filled in.
func (n NewKey) check(today int) (NewKey, error) {
	label, err := checkName("label", n.Label, 60)
	if err != nil {
		return n, err
	}
	n.Label = label
	if n.PerSecond == 0 {
		n.PerSecond = defaultRate
	}
	if n.PerSecond < 1 || n.PerSecond > maxRate {
		return n, invalid("per_second", "请填 1 至 10000", "from 1 to 10,000")
	}
	if n.Ends != 0 && (!validDay(n.Ends) || n.Ends <= today) {
		return n, invalid("ends", "应晚于今天", "later than today")
	}
	return n, nil
}

// CreateKey gives a program's account a key and returns its text, once.
func (s *Service) CreateKey(ctx context.Context, scope access.Scope, account int64, n NewKey) (Key, string, error) {
	text, today := newKey(), s.o.Today()
	if n.Text != "" {
		if scope.SystemReason() == "" || !isKey(n.Text) {
			return Key{}, "", access.Forbidden.New()
		}
		text = n.Text
	}
	digest := sha256.Sum256([]byte(text))
	var k Key
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		w := s.writer(tx, scope, today)
		a, err := w.reach(account)
		if err != nil {
			return err
		}
		if a.Kind != Program {
			return OnlyPrograms.New()
		}
		n, err := n.check(today)
		if err != nil {
			return err
		}
		have, err := keysOf(tx, "k.account = ?", account)
		if err != nil {
			return err
		}
		living := 0
		for _, h := range have {
			if h.Living(today) {
				living++
			}
		}
		if living >= keysMost {
			return TooManyKeys.New("max", keysMost)
		}
		k = Key{ID: tx.NextID(), Account: account, Mark: text[:keyMark], Label: n.Label, PerSecond: n.PerSecond, Ends: n.Ends,
			CreatedBy: scope.Account(), CreatedAt: tx.Now(), Version: 1}
		if err := tx.Insert(keyTable, 0, k.ID, k.Account, digest[:], k.Mark, k.Label, k.PerSecond, k.Ends, k.CreatedBy, k.CreatedAt, 0, 0, 1); err != nil {
			return err
		}
		w.record("key.create", "api_key", k.ID, 1, map[string]any{"account": account, "label": n.Label, "mark": k.Mark, "per_second": k.PerSecond, "ends": k.Ends}, k.sum())
		return w.done()
	})
	return k, text, err
}

// RevokeKey ends a key: in this process at once, in others within a second. A
// key that was revoked before stays as it is.
func (s *Service) RevokeKey(ctx context.Context, scope access.Scope, id int64) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		w := s.writer(tx, scope, s.o.Today())
		k, err := keyByID(tx, id)
		if err != nil {
			return err
		}
		if _, err := w.reach(k.Account); err != nil {
			return err
		}
		if k, err = keyByID(tx, id); err != nil || k.RevokedAt != 0 { // as it is under the account's lock
			return err
		}
		k.RevokedAt, k.Version = tx.Now(), k.Version+1
		if _, err := tx.Exec("UPDATE api_key SET revoked_at = ?, version = ? WHERE district = 0 AND id = ?", k.RevokedAt, k.Version, id); err != nil {
			return err
		}
		w.record("key.revoke", "api_key", id, k.Version, map[string]any{"account": k.Account, "mark": k.Mark}, k.sum())
		return w.done()
	})
}

// loadKey reads who a key stands for; errs.Unauthorized if nobody.
func (s *Service) loadKey(q querier, digest [32]byte) (*access.Actor, error) {
	var a *access.Actor
	var k Key
	today := s.o.Today()
	if err := each(q, func(rows *sql.Rows) (err error) {
		a = &access.Actor{}
		k, err = scanKey(rows, &a.Login, &a.Name, &a.Lang)
		a.Account, a.Key, a.Rate = k.Account, k.ID, k.PerSecond
		return err
	}, "SELECT "+keyCols+`, a.login, a.name, a.lang FROM api_key k JOIN account a ON a.district = k.district AND a.id = k.account
		WHERE k.district = 0 AND k.digest = ? AND a.disabled_at = 0 AND a.kind = '`+Program+"'", digest[:]); err != nil {
		return nil, err
	}
	if a == nil || !k.Living(today) {
		return nil, errs.Unauthorized.New()
	}
	if k.UsedOn != today {
		s.usedKey(k.ID, today)
	}
	var err error
	a.Posts, err = postsOf(q, a.Account)
	return a, err
}

// usedKey notes in the background the day on which a key is used.
func (s *Service) usedKey(id int64, today int) {
	s.used("key", "UPDATE api_key SET used_on = ? WHERE district = 0 AND id = ? AND used_on < ?", today, id, today)
}

// KeyInfo is an API key without its text.
type KeyInfo struct {
	ID        int64  `json:"id"`
	Account   int64  `json:"account"`
	Mark      string `json:"mark" doc:"The key's first characters."`
	Label     string `json:"label"`
	PerSecond int    `json:"per_second" doc:"Requests a second that it may make."`
	Ends      int    `json:"ends,omitempty" doc:"First day on which it no longer works, yyyymmdd; absent if none."`
	CreatedBy string `json:"created_by"`
	CreatedAt string `json:"created_at"`
	RevokedAt string `json:"revoked_at,omitempty"`
	UsedOn    int    `json:"used_on,omitempty" doc:"Last day of use, yyyymmdd."`
	Living    bool   `json:"living" doc:"Works today."`
}

func (s *Service) keyJSON(k Key) KeyInfo {
	return KeyInfo{ID: k.ID, Account: k.Account, Mark: k.Mark, Label: k.Label, PerSecond: k.PerSecond, Ends: k.Ends, CreatedBy: s.AccountName(k.CreatedBy),
		CreatedAt: s.instant(k.CreatedAt), RevokedAt: s.instant(k.RevokedAt), UsedOn: k.UsedOn, Living: k.Living(s.o.Today())}
}

func (s *Service) registerKeys(r *web.Router) {
	tags := []string{"accounts"}
	web.Register(r, web.Op{ID: "list-keys", Method: "GET", Path: "/api/v1/accounts/{id}/keys", Policy: access.Needs(access.AccountRead), Tags: tags,
		Summary: "账号的接口密钥", SummaryEN: "An account's API keys"},
		func(ctx context.Context, scope access.Scope, in *idIn) (*Out[Items[KeyInfo]], error) {
			list, err := s.Keys(ctx, scope, in.ID)
			if err != nil {
				return nil, err
			}
			o := &Out[Items[KeyInfo]]{Items[KeyInfo]{Items: []KeyInfo{}}}
			for _, k := range list {
				o.Body.Items = append(o.Body.Items, s.keyJSON(k))
			}
			return o, nil
		})
	type issued struct {
		Key  KeyInfo `json:"key"`
		Text string  `json:"text" doc:"The key itself, shown only now."`
	}
	web.Register(r, web.Op{ID: "create-key", Method: "POST", Path: "/api/v1/accounts/{id}/keys", Policy: access.Needs(access.AccountWrite), Status: 201, Secret: true, Tags: tags,
		Summary: "签发接口密钥", SummaryEN: "Issue an API key"},
		func(ctx context.Context, scope access.Scope, in *struct {
			ID   int64 `path:"id" minimum:"1"`
			Body struct {
				Label     string `json:"label" maxLength:"60" doc:"What it is for."`
				PerSecond int    `json:"per_second,omitempty" minimum:"0" maximum:"10000" doc:"Requests a second; 20 if absent."`
				Ends      int    `json:"ends,omitempty" doc:"First day on which it no longer works, yyyymmdd; none if absent."`
			}
		}) (*Out[issued], error) {
			k, text, err := s.CreateKey(ctx, scope, in.ID, NewKey{Label: in.Body.Label, PerSecond: in.Body.PerSecond, Ends: in.Body.Ends})
			if err != nil {
				return nil, err
			}
			return &Out[issued]{issued{s.keyJSON(k), text}}, nil
		})
	web.Register(r, web.Op{ID: "revoke-key", Method: "DELETE", Path: "/api/v1/keys/{id}", Policy: access.Needs(access.AccountWrite), Tags: tags,
		Summary: "撤销接口密钥", SummaryEN: "Revoke an API key"},
		func(ctx context.Context, scope access.Scope, in *idIn) (*struct{}, error) {
			return nil, s.RevokeKey(ctx, scope, in.ID)
		})
}
