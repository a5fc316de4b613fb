package web

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"linli/internal/kernel/errs"
)

// huma's messages become keys, so that they can be told in both languages:
// "key", or "key\x1fvalue" where the message carries a value.
func init() {
	v := func(p *string, key string) { *p = key }
	v(&validation.MsgUnexpectedProperty, "@unexpected")
	v(&validation.MsgExpectedRFC3339DateTime, "@instant")
	v(&validation.MsgExpectedRFC1123DateTime, "@instant")
	v(&validation.MsgExpectedRFC3339Date, "@date")
	v(&validation.MsgExpectedRFC3339Time, "@time")
	v(&validation.MsgExpectedRFC5322Email, "@email\x1f%v")
	v(&validation.MsgExpectedMatchAtLeastOneSchema, "@shape")
	v(&validation.MsgExpectedMatchExactlyOneSchema, "@shape")
	v(&validation.MsgExpectedNotMatchSchema, "@shape")
	v(&validation.MsgExpectedBoolean, "@boolean")
	v(&validation.MsgExpectedNumber, "@number")
	v(&validation.MsgExpectedInteger, "@integer")
	v(&validation.MsgExpectedString, "@string")
	v(&validation.MsgExpectedArray, "@array")
	v(&validation.MsgExpectedObject, "@object")
	v(&validation.MsgExpectedArrayItemsUnique, "@unique")
	v(&validation.MsgExpectedOneOf, "@oneof\x1f%s")
	v(&validation.MsgExpectedMinimumNumber, "@min\x1f%v")
	v(&validation.MsgExpectedExclusiveMinimumNumber, "@above\x1f%v")
	v(&validation.MsgExpectedMaximumNumber, "@max\x1f%v")
	v(&validation.MsgExpectedExclusiveMaximumNumber, "@below\x1f%v")
	v(&validation.MsgExpectedMinLength, "@minlength\x1f%d")
	v(&validation.MsgExpectedMaxLength, "@maxlength\x1f%d")
	v(&validation.MsgExpectedBePattern, "@pattern\x1f%s")
	v(&validation.MsgExpectedMatchPattern, "@pattern\x1f%s")
	v(&validation.MsgExpectedMinItems, "@minitems\x1f%d")
	v(&validation.MsgExpectedMaxItems, "@maxitems\x1f%d")
	v(&validation.MsgExpectedRequiredProperty, "@required\x1f%s")
	v(&validation.MsgExpectedDependentRequiredProperty, "@required\x1f%s\x1f%s")

	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, details ...error) huma.StatusError {
		c := callOf(ctx.Context())
		return c.r.problem(c, fromHuma(status, msg, details))
	}
	huma.NewError = func(status int, msg string, _ ...error) huma.StatusError {
		return &Problem{Type: "about:blank", Status: status, Detail: msg}
	}
}

// remedies say what to do; {n} is the value that the rule carries.
var remedies = map[string]errs.Words{
	"@unexpected": {ZH: "没有这一项，请删除", EN: "there is no such field, remove it"},
	"@instant":    {ZH: "请填写完整的日期和时间，例如 2026-11-23T12:10:00+08:00", EN: "give date and time, such as 2026-11-23T12:10:00+08:00"},
	"@date":       {ZH: "请填写日期，例如 2026-11-23", EN: "give a date such as 2026-11-23"},
	"@time":       {ZH: "请填写时间，例如 12:10:00", EN: "give a time such as 12:10:00"},
	"@email":      {ZH: "请填写正确的邮箱", EN: "give an e-mail address"},
	"@shape":      {ZH: "内容不符合要求", EN: "it does not have the expected form"},
	"@boolean":    {ZH: "请选择“是”或“否”", EN: "give true or false"},
	"@number":     {ZH: "请填写数字", EN: "give a number"},
	"@integer":    {ZH: "请填写整数", EN: "give a whole number"},
	"@string":     {ZH: "请填写文字", EN: "give text"},
	"@array":      {ZH: "请填写列表", EN: "give a list"},
	"@object":     {ZH: "内容不符合要求", EN: "give an object"},
	"@unique":     {ZH: "有重复的内容，请删除", EN: "remove what is repeated"},
	"@oneof":      {ZH: "请从以下选项中选择：{n}", EN: "choose one of {n}"},
	"@min":        {ZH: "不能小于 {n}", EN: "it must be at least {n}"},
	"@above":      {ZH: "必须大于 {n}", EN: "it must be more than {n}"},
	"@max":        {ZH: "不能大于 {n}", EN: "it must be at most {n}"},
	"@below":      {ZH: "必须小于 {n}", EN: "it must be less than {n}"},
	"@minlength":  {ZH: "至少填写 {n} 个字", EN: "give at least {n} characters"},
	"@pattern":    {ZH: "格式不符合要求", EN: "it does not have the expected form"},
	"@minitems":   {ZH: "至少 {n} 项", EN: "give at least {n} items"},
	"@maxitems":   {ZH: "最多 {n} 项", EN: "give at most {n} items"},
	"@format":     {ZH: "格式不符合要求", EN: "it does not have the expected form"},
	"@single":     {ZH: "只能填写一个值", EN: "give one value only"},
}

// fromHuma turns what huma found wrong with a request into catalogue errors.
func fromHuma(status int, msg string, details []error) *errs.Error {
	for _, d := range details {
		var e *errs.Error
		if as(d, &e) { // a resolver of a room's own
			return e
		}
	}
	switch status {
	case 413:
		return errs.TooLarge.New("max", size(DefaultBody))
	case 415:
		return ErrMediaType.New()
	}
	if msg == "request body is required" {
		return ErrMalformed.New()
	}
	var all []FieldError
	for _, d := range details {
		det, ok := d.(huma.ErrorDetailer)
		if !ok {
			continue
		}
		m := det.ErrorDetail()
		field, in := fieldPath(m.Location)
		if field == "" && !strings.HasPrefix(m.Message, "@required") {
			if in == "body" && status == 400 {
				return ErrMalformed.New()
			}
			if in == "body" && !strings.HasPrefix(m.Message, "@") {
				// encoding/json names the field it could not fill.
				field = jsonField.FindString(m.Message)
			}
		}
		all = append(all, fieldError(field, m.Message))
	}
	if len(all) == 0 {
		if status >= 500 {
			return errs.Internal.New().Because(fmt.Errorf("%s: %v", msg, details))
		}
		return kindOfStatus(status).New("field", errs.Words{ZH: "内容", EN: "the content"}, "remedy", remedies["@shape"])
	}
	// A missing or malformed form is one problem, "invalid", with all fields.
	first := all[0]
	e := errs.Invalid.New("errors", all).In(first.Field)
	if len(all) == 1 {
		if first.Err.Kind != errs.Invalid {
			return first.Err.In(first.Field)
		}
		e.Params["remedy"] = first.Err.Params["remedy"]
		return e
	}
	var zh, en []string
	for i, f := range all {
		if i == 3 {
			zh, en = append(zh, "等"), append(en, "…")
			break
		}
		w := fieldWords(f.Field)
		zh, en = append(zh, w.ZH), append(en, w.EN)
	}
	e.Params["field"] = errs.Words{ZH: strings.Join(zh, "、"), EN: strings.Join(en, ", ")}
	e.Params["remedy"] = errs.Words{ZH: "请逐项检查", EN: "check each of them"}
	return e
}

var jsonField = regexp.MustCompile(`[a-z_0-9]+(\.[a-z_0-9]+)+`)

// fieldError turns one message of huma into a catalogue error.
func fieldError(field, message string) FieldError {
	parts := strings.Split(message, "\x1f")
	key, n := parts[0], ""
	if len(parts) > 1 {
		n = parts[1]
	}
	switch {
	case key == "@required":
		if field != "" {
			field += "."
		}
		return FieldError{field + n, errs.Required.New().In(field + n)}
	case strings.HasPrefix(message, "required ") && strings.HasSuffix(message, "parameter is missing"):
		return FieldError{field, errs.Required.New().In(field)}
	case key == "@maxlength":
		return FieldError{field, errs.TooLong.New("max", n).In(field)}
	case key == "@minlength" && n == "1":
		return FieldError{field, errs.Required.New().In(field)}
	case message == "invalid integer":
		key = "@integer"
	case strings.HasPrefix(message, "invalid float"):
		key = "@number"
	case message == "invalid boolean":
		key = "@boolean"
	case message == "unknown query parameter":
		key = "@unexpected"
	case strings.HasPrefix(message, "invalid date/time"):
		key = "@instant"
	case strings.HasPrefix(message, "expected at most one value"):
		key = "@single"
	}
	w, ok := remedies[key]
	if !ok {
		w = remedies["@format"]
	}
	if n != "" {
		n = strings.ReplaceAll(n, `"`, "")
		w = errs.Words{ZH: strings.ReplaceAll(w.ZH, "{n}", n), EN: strings.ReplaceAll(w.EN, "{n}", n)}
	}
	return FieldError{field, errs.Invalid.New("remedy", w).In(field)}
}

// fieldPath drops the part of the request: "body.place.lon" → "place.lon", "body".
func fieldPath(loc string) (field, in string) {
	in, field, _ = strings.Cut(loc, ".")
	return field, in
}

var (
	wordsMu sync.RWMutex
	words   = map[string]errs.Words{}
)

// Name gives fields their names for sentences, by the last part of the JSON
// path ("lon") or the whole path ("place.lon"), which wins. Rooms call it from
// init or a package variable; names used by several rooms are in fields.go.
func Name(names map[string]errs.Words) struct{} {
	wordsMu.Lock()
	defer wordsMu.Unlock()
	maps.Copy(words, names)
	return struct{}{}
}

var index = regexp.MustCompile(`\[(\d+)\]`)

// fieldWords is the field's name; a field without one is shown as 「code」.
func fieldWords(path string) errs.Words {
	wordsMu.RLock()
	defer wordsMu.RUnlock()
	bare := index.ReplaceAllString(path, "")
	w, ok := words[bare]
	if !ok {
		w, ok = words[bare[strings.LastIndexByte(bare, '.')+1:]]
	}
	if !ok {
		if path == "" {
			return errs.Words{ZH: "内容", EN: "the content"}
		}
		return errs.Words{ZH: "「" + path + "」", EN: path}
	}
	if m := index.FindStringSubmatch(path); m != nil {
		var i int
		_, _ = fmt.Sscan(m[1], &i)
		w = errs.Words{ZH: fmt.Sprintf("第 %d 项的%s", i+1, w.ZH), EN: fmt.Sprintf("%s of item %d", w.EN, i+1)}
	}
	return w
}
