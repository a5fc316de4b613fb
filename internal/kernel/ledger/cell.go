package ledger

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/tabular"
	"linli/internal/kernel/web"
)

func styleHash(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// plain is a cell of a page.
func plain(v any, lang string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case web.Day:
		return dayText(int64(v))
	case bool:
		if v {
			return w("是", "yes").In(lang)
		}
		return w("否", "no").In(lang)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

var yesNo = map[string]bool{"是": true, "有": true, "√": true, "y": true, "yes": true, "true": true, "1": true, "否": false, "无": false, "×": false, "n": false, "no": false, "false": false, "0": false}

// parseCell reads a value as files have it; references are looked up elsewhere.
// Full-width digits, thousands marks and many forms of dates are understood.
func (f *Field) parseCell(text string, zone *time.Location, since1904 bool) (any, *errs.Error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "=") {
		return nil, f.formula()
	}
	narrow := strings.TrimSpace(width.Narrow.String(text))
	switch f.Kind {
	case Personal:
		if f.Part == "phone" {
			return narrow, nil
		}
		return text, nil
	case Text, Long:
		if strings.Trim(narrow, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-") == "" {
			return narrow, nil // codes are written with full-width digits too
		}
		return text, nil
	case YesNo:
		if text == "" {
			return false, nil
		}
		v, ok := yesNo[strings.ToLower(narrow)]
		if !ok {
			return nil, f.invalid("请填写“是”或“否”", "write yes or no")
		}
		return v, nil
	case Choice:
		if text == "" {
			return "", nil
		}
		if o := f.optionCalled(narrow); o != nil {
			return o.Code, nil
		}
		return nil, f.unknownOption()
	case Choices:
		var out []string
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("、,，;；|/\n", r) }) {
			o := f.optionCalled(strings.TrimSpace(width.Narrow.String(part)))
			if o == nil {
				return nil, f.unknownOption()
			}
			out = append(out, o.Code)
		}
		return out, nil
	case Date:
		if narrow == "" || narrow == "长期" || narrow == "至今" || narrow == "-" {
			return int64(0), nil
		}
		t, _, ok := tabular.ParseTime(narrow, zone, since1904)
		if day := t.Year()*10000 + int(t.Month())*100 + t.Day(); ok && validDay(day) {
			return int64(day), nil
		}
		return nil, f.invalid("请填写日期，例如 2026-11-23", "give a date such as 2026-11-23")
	case Number:
		if narrow == "" {
			return int64(0), nil
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(narrow, ",", ""), 64)
		if err != nil || n != float64(int64(n)) || n > 1<<53 || n < -1<<53 {
			return nil, f.invalid("请填写整数", "give a whole number")
		}
		return int64(n), nil
	case Decimal:
		if narrow == "" {
			return 0.0, nil
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(narrow, ",", ""), 64)
		if err != nil {
			return nil, f.invalid("请填写数字", "give a number")
		}
		return n, nil
	}
	return nil, f.invalid("请填写文字", "give text")
}

func (f *Field) formula() *errs.Error {
	return f.invalid("不能填写公式，请改为数值或文字", "it is a formula; write its value instead")
}

// optionCalled is the value with that code or name in any language.
func (f *Field) optionCalled(text string) *Option {
	for i, o := range f.Options {
		if strings.EqualFold(o.Code, text) || width.Narrow.String(o.Name.ZH) == text || strings.EqualFold(o.Name.EN, text) {
			return &f.Options[i]
		}
	}
	return nil
}
