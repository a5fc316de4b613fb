package open311

import (
	"strings"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// changeset is when this interface last changed.
const changeset = "2026-11-27T00:00:00+08:00"

// discovery: one client in use wants content types without a charset and two
// endpoints, so the second is the one for tests, which keeps nothing.
func (c *call) discovery() error {
	if err := web.Admit(c.ctx, nil, false); err != nil {
		return err
	}
	base := web.Origin(c.ctx)
	endpoint := func(path, kind string) any {
		return record{{"specification", "http://wiki.open311.org/GeoReport_v2"}, {"url", base + path}, {"changeset", changeset}, {"type", kind},
			{"formats", list{"format", []any{"text/xml", "application/json"}}}}
	}
	contact, keys := c.Config.Contact, c.Config.KeyService
	if contact == "" {
		contact = errs.Words{ZH: "请联系本市网格化服务管理中心。", EN: "Please ask the city's grid service centre."}.In(c.lang)
	}
	if keys == "" {
		keys = errs.Words{ZH: "上报需要 api_key，由本市安全管理员签发；查询公开事项不需要。", EN: "Reporting needs an api_key, which the city's security administrator issues; reading public requests needs none."}.In(c.lang)
	}
	body := c.format.encode("discovery", record{{"changeset", changeset}, {"contact", contact}, {"key_service", keys},
		{"endpoints", list{"endpoint", []any{endpoint("/open311/v2", "production"), endpoint("/open311/test/v2", "test")}}}})
	kind, _, _ := strings.Cut(c.format.kind(), ";")
	c.w.Header()["Content-Type"] = []string{kind}
	c.w.Header()["Access-Control-Allow-Origin"] = []string{"*"}
	_, err := c.w.Write(body)
	return err
}

func (c *call) services() error {
	if _, err := c.reads(); err != nil {
		return err
	}
	return c.answer("services", listOf("service", c.Rules().Services(), func(s Service) any {
		return record{{"service_code", s.Code}, {"service_name", s.Name.In(c.lang)}, {"description", s.Description.In(c.lang)}, {"metadata", len(s.Questions) > 0},
			{"type", "realtime"}, {"keywords", strings.Join(s.Keywords, ",")}, {"group", s.Group.In(c.lang)}}
	}))
}

// service finds a service by its code; nil if there is none.
func service(rules Rules, code string) *Service {
	all := rules.Services()
	for i := range all {
		if all[i].Code == code {
			return &all[i]
		}
	}
	return nil
}

// dataNotes say how a value is written.
var dataNotes = map[string]errs.Words{
	"number":          {ZH: "数字", EN: "a number"},
	"datetime":        {ZH: "日期时间，如 2026-12-01T09:30:00+08:00", EN: "a date and time such as 2026-12-01T09:30:00+08:00"},
	"singlevaluelist": {ZH: "选一项", EN: "choose one"},
	"multivaluelist":  {ZH: "可选多项", EN: "choose one or more"},
	"text":            {ZH: "最多 1000 字", EN: "at most 1,000 characters"},
	"string":          {ZH: "最多 200 字", EN: "at most 200 characters"},
}

func (c *call) definition(code string) error {
	if _, err := c.reads(); err != nil {
		return err
	}
	s := service(c.Rules(), code)
	if s == nil {
		return noService.New("code", code)
	}
	order := 0
	return c.answer("service_definition", record{{"service_code", s.Code}, {"attributes", listOf("attribute", s.Questions, func(q Question) any {
		order++
		text := q.Text.In(c.lang)
		if why := q.Why.In(c.lang); why != "" {
			text += errs.Words{ZH: "（" + why + "）", EN: " (" + why + ")"}.In(c.lang)
		}
		values := listOf("value", q.Values, func(v Value) any { return record{{"key", v.Key}, {"name", v.Name.In(c.lang)}} })
		return record{{"variable", true}, {"code", q.Code}, {"datatype", q.Datatype}, {"required", q.Required}, {"datatype_description", dataNotes[q.Datatype].In(c.lang)},
			{"order", order}, {"description", text}, {"values", values}}
	})}})
}
