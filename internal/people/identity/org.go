package identity

import (
	"strings"
	"unicode/utf8"

	"linli/internal/kernel/errs"
)

// Org is an organisation that leads or assists cases, or that people belong to.
type Org struct {
	ID       int64
	District int // that of Region; 0 for the city's own
	Code     string
	Name     string
	Short    string // for narrow columns
	Kind     string // one of Kinds
	Region   int64  // 4, 6, 9 or 12 digits
	Parent   int64  // id, 0 = none
	From     int    // first day in force, yyyymmdd
	To       int    // first day no longer in force, 0 = open
	Version  int
}

// InForce tells whether the organisation exists on the day.
func (o *Org) InForce(day int) bool { return o.From <= day && (o.To == 0 || day < o.To) }

// Kinds of organisations with their names.
var Kinds = []struct {
	Code string
	Name errs.Words
}{
	{"department", errs.Words{ZH: "部门", EN: "Department"}},
	{"utility", errs.Words{ZH: "公用事业单位", EN: "Utility"}},
	{"street_office", errs.Words{ZH: "街道办事处", EN: "Street office"}},
	{"committee", errs.Words{ZH: "社区居委会", EN: "Residents' committee"}},
	{"centre", errs.Words{ZH: "指挥中心", EN: "Command centre"}},
	{"company", errs.Words{ZH: "企业", EN: "Company"}},
	{"property", errs.Words{ZH: "物业公司", EN: "Property company"}},
	{"other", errs.Words{ZH: "其他单位", EN: "Other"}},
}

// KindName is the name of a kind of organisation, or "" if there is none.
func KindName(code, lang string) string {
	for _, k := range Kinds {
		if k.Code == code {
			return k.Name.In(lang)
		}
	}
	return ""
}

// check validates an organisation and fills in what follows from the rest.
func (o *Org) check(r Regions, today int) error {
	var err error
	if o.Name, err = checkName("name", o.Name, 60); err != nil {
		return err
	}
	o.Short = strings.TrimSpace(o.Short)
	if o.Short == "" {
		o.Short = o.Name
	}
	if utf8.RuneCountInString(o.Short) > 20 {
		o.Short = string([]rune(o.Short)[:20])
	}
	if o.Code, err = checkName("code", o.Code, 32); err != nil {
		return err
	}
	if KindName(o.Kind, "zh") == "" {
		return invalid("kind", "请从列表中选择机构类型", "choose a kind from the list")
	}
	if _, ok := r.RegionName(o.Region); !ok {
		return invalid("region", "没有这个区划,请从列表中选择", "there is no such region; choose from the list")
	}
	if o.Parent < 0 || o.Parent == o.ID && o.ID != 0 {
		return invalid("parent", "不能以自己为上级", "it cannot be its own parent")
	}
	if o.From == 0 {
		o.From = today
	}
	if !validDay(o.From) {
		return invalid("from", "请写成 20260131 这样的日期", "write a day such as 20260131")
	}
	if o.To != 0 && (!validDay(o.To) || o.To <= o.From) {
		return invalid("to", "应晚于开始日期", "must be later than the first day")
	}
	return nil
}
