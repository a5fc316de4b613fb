// Package errs is Linli's one error type and catalogue.
//
// Every error that can reach a person has a stable snake_case code, an HTTP
// status and a sentence in Chinese and in English. Rooms declare their own
// codes beside the rules that raise them; drivers' errors are translated in
// each room's store.go and never reach a page. An error that is not of this
// type is a defect or a fault: it is logged and shown as Internal.
package errs

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Kind is one entry of the catalogue. Make it with Declare.
type Kind struct {
	Code   string // stable, snake_case, part of the public contract
	Status int    // HTTP status
	zh, en string // sentences; {name} is replaced by the parameter of that name
}

var catalogue = map[string]*Kind{}

// Declare adds a kind to the catalogue. It is called from package-level
// variables only and panics on a code declared twice or a missing sentence.
func Declare(code string, status int, zh, en string) *Kind {
	if catalogue[code] != nil || zh == "" || en == "" || status < 400 {
		panic("errs: bad or repeated declaration of " + code)
	}
	k := &Kind{Code: code, Status: status, zh: zh, en: en}
	catalogue[code] = k
	return k
}

// Kinds lists the catalogue in order of code, for the documentation.
func Kinds() []*Kind {
	all := make([]*Kind, 0, len(catalogue))
	for _, k := range catalogue {
		all = append(all, k)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Code < all[j].Code })
	return all
}

// The kinds that every room uses.
var (
	NotFound     = Declare("not_found", 404, "没有找到，或您无权查看。", "Not found, or not yours to see.")
	Unauthorized = Declare("unauthorized", 401, "请先登录。", "Please sign in first.")
	Invalid      = Declare("invalid", 422, "{field}有误：{remedy}", "{field} is not right: {remedy}")
	Required     = Declare("required", 422, "请填写{field}。", "Please fill in {field}.")
	TooLong      = Declare("too_long", 422, "{field}太长，最多 {max} 个字。", "{field} is too long; at most {max} characters.")
	TooLarge     = Declare("too_large", 413, "内容太大，最多 {max}。", "Too large; at most {max}.")
	Conflict     = Declare("conflict", 409, "与已有内容冲突：{what}。", "Conflicts with what exists: {what}.")
	Stale        = Declare("stale_version", 409, "内容已被他人更新（现为第 {current} 版），请查看后重试。", "Somebody changed this meanwhile (now version {current}). Look and try again.")
	Busy         = Declare("busy", 429, "请求太多，请 {seconds} 秒后再试。", "Too many requests; try again in {seconds} s.")
	Unavailable  = Declare("unavailable", 503, "系统暂时不可用，请稍后再试。", "Not available just now; please try again shortly.")
	StorageFull  = Declare("storage_full", 503, "存储空间已满，本次没有保存。请联系管理员。", "Storage is full; nothing was saved. Please tell your administrator.")
	Internal     = Declare("internal", 500, "系统出现问题，本次没有保存。请把请求编号告诉管理员。", "Something went wrong; nothing was saved. Please tell your administrator the request number.")
)

// Error is one occurrence of a kind.
type Error struct {
	Kind   *Kind
	Field  string         // JSON name of the field it is about, or ""
	Params map[string]any // values for the sentence, also given to clients
	Cause  error          // for the log only, never shown
}

// New makes an error of the kind; params alternate name, value.
func (k *Kind) New(params ...any) *Error {
	e := &Error{Kind: k, Params: map[string]any{}}
	for i := 0; i+1 < len(params); i += 2 {
		e.Params[params[i].(string)] = params[i+1]
	}
	return e
}

// In says which field (its JSON name) the error is about.
func (e *Error) In(field string) *Error { e.Field = field; return e }

// Because keeps the cause for the log.
func (e *Error) Because(err error) *Error { e.Cause = err; return e }

// Text is the sentence for a person, lang "zh" or "en" (default zh).
// A parameter may be a Words, which has both languages.
func (e *Error) Text(lang string) string {
	s := e.Kind.zh
	if lang == "en" {
		s = e.Kind.en
	}
	for name, v := range e.Params {
		if w, ok := v.(Words); ok {
			v = w.In(lang)
		}
		s = strings.ReplaceAll(s, "{"+name+"}", fmt.Sprint(v))
	}
	if strings.Contains(s, "{field}") {
		s = strings.ReplaceAll(s, "{field}", e.Field)
	}
	return s
}

// Words is a short text in both languages, for parameters such as a field's name.
type Words struct{ ZH, EN string }

// In returns the text in the language, Chinese by default.
func (w Words) In(lang string) string {
	if lang == "en" {
		return w.EN
	}
	return w.ZH
}

func (e *Error) Error() string {
	s := e.Kind.Code
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if len(e.Params) > 0 {
		s += fmt.Sprint(" ", e.Params)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// Wrong is Invalid of a field: its name for people, and what to do.
func Wrong(field string, label, remedy Words) *Error {
	return Invalid.New("field", label, "remedy", remedy).In(field)
}

// Is tells whether err is, or wraps, an error of the kind.
func Is(err error, k *Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}

// As returns the catalogue error in err, or an Internal one that wraps it.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Internal.New().Because(err)
}
