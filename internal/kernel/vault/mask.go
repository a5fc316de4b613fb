package vault

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clear is a personal text in the clear. It prints as ***, is marshalled as
// "***" and refuses to be stored as it is; only Plain gives the text.
type Clear struct{ s *string } // a pointer: nor does printing a struct around it show the text

// Hide makes a Clear.
func Hide(s string) Clear {
	if s == "" {
		return Clear{}
	}
	return Clear{&s}
}

// Plain is the text itself, for the one place that shows or dials it.
func (c Clear) Plain() string {
	if c.s == nil {
		return ""
	}
	return *c.s
}

// Empty tells whether there is no text.
func (c Clear) Empty() bool { return c.s == nil }

// String is a mask.
func (c Clear) String() string {
	if c.s == nil {
		return ""
	}
	return "***"
}

// GoString is a mask.
func (c Clear) GoString() string { return c.String() }

// Format prints a mask for every verb.
func (c Clear) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// MarshalJSON gives a mask.
func (c Clear) MarshalJSON() ([]byte, error) { return []byte(`"` + c.String() + `"`), nil }

// MarshalText gives a mask.
func (c Clear) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LogValue is a mask.
func (c Clear) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Value refuses to be written to a database in the clear.
func (c Clear) Value() (driver.Value, error) {
	return nil, errors.New("vault: a clear personal field must be sealed before it is stored")
}

// MaskName shows the first character: 王**.
func MaskName(name string) string {
	name = strings.TrimSpace(name)
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return ""
	case n == 1:
		return "*"
	default:
		_, size := utf8.DecodeRuneInString(name)
		return name[:size] + "**"[:min(n-1, 2)]
	}
}

// MaskPhone shows enough to recognise a number that one knows: 138****1234,
// 0716-****456, ***45. An e-mail address is masked as by MaskContact.
func MaskPhone(phone string) string {
	if strings.Contains(phone, "@") {
		return MaskContact(phone)
	}
	d := digits(phone)
	n := len(d)
	switch {
	case n == 0:
		return strings.Repeat("*", min(3, utf8.RuneCountInString(strings.TrimSpace(phone))))
	case n == 11 && d[0] == '1':
		return d[:3] + "****" + d[7:]
	case n < 5:
		return strings.Repeat("*", n)
	case n < 7:
		return "***" + d[n-2:]
	case d[0] == '0' && n >= 10 && n <= 12:
		area := 4
		if d[1] == '1' || d[1] == '2' {
			area = 3
		}
		return d[:area] + "-****" + d[area+4:]
	case n > 12:
		return d[:3] + strings.Repeat("*", n-6) + d[n-3:]
	}
	return "****" + d[n-3:]
}

// MaskContact masks any other way to reach somebody: w***@example.org, w***.
func MaskContact(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	_, size := utf8.DecodeRuneInString(s)
	if at := strings.LastIndexByte(s, '@'); at > 0 {
		return s[:size] + "***" + s[at:]
	}
	if len(digits(s)) >= 7 {
		return MaskPhone(s)
	}
	return s[:size] + "***"
}

// digits is the decimal digits of s as ASCII, full-width ones included,
// without the country code of China.
func digits(s string) string {
	plus := false
	var b strings.Builder
	for _, r := range s {
		switch {
		case '0' <= r && r <= '9':
			b.WriteByte(byte(r))
		case '\uFF10' <= r && r <= '\uFF19':
			b.WriteByte(byte(r - '\uFF10' + '0'))
		case r == '+' || r == '\uFF0B':
			plus = plus || b.Len() == 0
		}
	}
	d := b.String()
	switch {
	case strings.HasPrefix(d, "0086") && len(d) > 10:
		d = d[4:]
	case strings.HasPrefix(d, "86") && (plus || len(d) == 13 && d[2] == '1') && len(d) > 9:
		d = d[2:]
	default:
		return d
	}
	if !strings.HasPrefix(d, "1") && !strings.HasPrefix(d, "0") && len(d) >= 9 {
		d = "0" + d // an area code loses its 0 behind a country code
	}
	return d
}

// NormalPhone is the one written form of a number, for comparing: digits only,
// without country code and extension. False if it is no phone number.
func NormalPhone(phone string) (string, bool) {
	if i := strings.IndexFunc(phone, func(r rune) bool { return strings.ContainsRune("转轉xX#*", r) || r == ';' || r == ',' }); i > 4 {
		phone = phone[:i]
	}
	for _, r := range phone {
		if unicode.IsLetter(r) || r == '@' {
			return "", false
		}
	}
	d := digits(phone)
	return d, len(d) >= 5 && len(d) <= 20
}

// Redact masks phone and identity numbers inside free text: seven or more digits
// in a row, or eleven or more with single spaces or hyphens between them, keep
// their first three and last two.
func Redact(text string) string {
	var b strings.Builder
	runes := []rune(strings.ToValidUTF8(text, ""))
	digit := func(r rune) bool { return '0' <= r && r <= '9' || '\uFF10' <= r && r <= '\uFF19' }
	for i := 0; i < len(runes); {
		if !digit(runes[i]) {
			b.WriteRune(runes[i])
			i++
			continue
		}
		end, n, row, longest := i, 0, 0, 0
		for k := i; k < len(runes); k++ {
			if digit(runes[k]) {
				n++
				row++
				longest = max(longest, row)
				end = k + 1
			} else if row = 0; (runes[k] != ' ' && runes[k] != '-') || k != end {
				break
			}
		}
		seen := 0
		for _, r := range runes[i:end] {
			if digit(r) {
				if seen++; (longest >= 7 || n >= 11) && seen > 3 && seen <= n-2 {
					r = '*'
				}
			}
			b.WriteRune(r)
		}
		i = end
	}
	return b.String()
}
