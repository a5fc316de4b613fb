package open311

import (
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/errs"
)

// The specification's bounds of a list.
const (
	mostRows = 1000
	mostDays = 90
	mostSkip = 100_000
)

// requests answers GET requests.
func (c *call) requests() error {
	reader, err := c.reads()
	if err != nil {
		return err
	}
	q, err := c.query()
	if err != nil {
		return err
	}
	found, err := c.Cases.Requests(c.ctx, reader, q, c.lang)
	if err != nil {
		return err
	}
	if len(q.Numbers) > 0 && len(found) == 0 {
		return noRequest.New()
	}
	return c.answerRequests(found)
}

// request answers GET requests/{id}.
func (c *call) request(number string) error {
	reader, err := c.reads()
	if err != nil {
		return err
	}
	found, err := c.Cases.Requests(c.ctx, reader, Query{Numbers: []string{number}, Limit: 1, Details: c.extensions()}, c.lang)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return noRequest.New()
	}
	return c.answerRequests(found)
}

// token answers GET tokens/{token}. Every request has its number at once, so that
// a token is the number again: programs that always ask find what they look for.
func (c *call) token(token string) error {
	reader, err := c.reads()
	if err != nil {
		return err
	}
	found, err := c.Cases.Requests(c.ctx, reader, Query{Numbers: []string{token}, Limit: 1}, c.lang)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return noToken.New()
	}
	return c.answer("service_requests", list{"request", []any{record{{"service_request_id", found[0].Number}, {"token", token}}}})
}

func (c *call) extensions() bool {
	yes, err := strconv.ParseBool(first(c.form, "extensions"))
	return err == nil && yes
}

func commas(s string) (out []string) {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// query reads the arguments of GET requests. service_request_id overrides all
// others but extensions.
func (c *call) query() (Query, error) {
	q := Query{Limit: mostRows, Details: c.extensions()}
	if q.Numbers = commas(first(c.form, "service_request_id")); len(q.Numbers) > 0 {
		if len(q.Numbers) > mostRows {
			return q, invalid("service_request_id", "一次最多 1000 个", "at most 1,000 at once")
		}
		return q, nil
	}
	codes := commas(first(c.form, "service_code"))
	rules := c.Rules()
	for _, code := range codes {
		if id, ok := rules.Category(code); ok {
			q.Categories = append(q.Categories, id)
		}
	}
	if len(codes) > 0 && len(q.Categories) == 0 {
		return q, noService.New("code", strings.Join(codes, ","))
	}
	var open, closed bool
	for _, s := range commas(first(c.form, "status")) {
		switch strings.ToLower(s) {
		case "open":
			open = true
		case "closed":
			closed = true
		default:
			return q, invalid("status", "应为 open 或 closed", "open or closed")
		}
	}
	if open != closed {
		q.Open = &open
	}
	var err error
	if q.From, q.To, err = c.span(); err != nil {
		return q, err
	}
	if err := c.around(&q); err != nil {
		return q, err
	}
	return q, c.page(&q)
}

// span reads start_date and end_date: at most 90 days, the last before the end.
func (c *call) span() (from, to int64, err error) {
	const days = int64(mostDays * 24 * time.Hour / time.Microsecond)
	start, end := first(c.form, "start_date"), first(c.form, "end_date")
	if start != "" {
		if from, err = parseInstant(start, c.Zone()); err != nil {
			return 0, 0, invalid("start_date", "应为 W3C 日期，如 2026-11-01T00:00:00+08:00", "a W3C date such as 2026-11-01T00:00:00Z")
		}
	}
	switch {
	case end != "":
		if to, err = parseInstant(end, c.Zone()); err != nil {
			return 0, 0, invalid("end_date", "应为 W3C 日期，如 2026-11-30T23:59:59+08:00", "a W3C date such as 2026-11-30T23:59:59Z")
		}
		to += 999_999 // ends are written in whole seconds
	case start != "":
		to = from + days
	default:
		to = c.DB.Now()
	}
	if start == "" || to-from > days {
		from = to - days
	}
	return from, to, nil
}

func (c *call) around(q *Query) error {
	lat, long, radius := first(c.form, "lat"), first(c.form, "long"), first(c.form, "radius")
	if lat == "" && long == "" && radius == "" {
		return nil
	}
	var err error
	if q.Lat, err = coordinate("lat", lat, 90); err != nil {
		return err
	}
	if q.Lon, err = coordinate("long", long, 180); err != nil {
		return err
	}
	q.Radius = 1000
	if radius != "" {
		if q.Radius, err = strconv.ParseFloat(radius, 64); err != nil || !(q.Radius > 0 && q.Radius <= 100_000) {
			return invalid("radius", "应为 1 至 100000 米", "from 1 to 100,000 metres")
		}
	}
	return nil
}

func (c *call) page(q *Query) error {
	whole := func(name string, or, most int) (int, error) {
		s := first(c.form, name)
		if s == "" {
			return or, nil
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return 0, invalid(name, "应为正整数", "a whole number from 1")
		}
		return min(n, most), nil
	}
	var err error
	if q.Limit, err = whole("page_size", mostRows, mostRows); err != nil {
		return err
	}
	page, err := whole("page", 1, 1<<30)
	if err != nil {
		return err
	}
	if q.Skip = (page - 1) * q.Limit; q.Skip > mostSkip {
		return tooFarBack.New()
	}
	return nil
}

func (c *call) answerRequests(found []Request) error {
	rules, details := c.Rules(), c.extensions()
	return c.answer("service_requests", listOf("request", found, func(r Request) any {
		code, name := rules.Code(r.Category)
		status := "closed"
		if r.Open {
			status = "open"
		}
		notes := r.Status
		if r.Result != "" {
			notes += errs.Words{ZH: "：", EN: ": "}.In(c.lang) + r.Result
		}
		due := r.DueAt
		if !r.Open {
			due = 0
		}
		out := make(record, 0, 20)
		out = append(out, record{{"service_request_id", r.Number}, {"status", status}, {"status_notes", notes}, {"service_name", name.In(c.lang)}, {"service_code", code},
			{"description", r.Text}, {"agency_responsible", r.Lead}, {"service_notice", ""}, {"requested_datetime", c.instant(r.ReportedAt)}, {"updated_datetime", c.instant(r.UpdatedAt)},
			{"expected_datetime", c.instant(due)}, {"address", r.Address}, {"address_id", r.AddressID}, {"zipcode", ""}, {"lat", number(r.Lat)}, {"long", number(r.Lon)}, {"media_url", r.Link}}...)
		if details {
			out = append(out,
				field{"attributes", listOf("attribute", r.Answers, func(a Answer) any { return record{{"code", a.Code}, {"label", a.Question}, {"value", a.Text}} })},
				field{"extended_attributes", record{{"detailed_status", r.Status}}},
				field{"notes", listOf("note", r.Notes, func(n Note) any {
					return record{{"datetime", c.instant(n.At)}, {"description", n.Text}, {"type", strings.ToLower(n.Kind)}}
				})})
		}
		return out
	}))
}

func number(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}
