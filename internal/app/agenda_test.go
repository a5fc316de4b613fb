package app_test

import (
	"fmt"
	"strings"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/kernel/access/matrixtest"
	"linli/internal/kernel/agenda"
)

type dutyPage struct {
	Urgent int
	Parts  []struct {
		When    string
		N       int
		Sources []struct {
			Code  string
			N     int
			Items []struct{ Title, Day, Link string }
		}
	}
}

// of counts what a source has in the page, and lists its titles.
func (d *dutyPage) of(code string) (n int, titles string) {
	for _, p := range d.Parts {
		for _, s := range p.Sources {
			if s.Code == code {
				n += s.N
				for _, x := range s.Items {
					titles += x.Title + "\n"
				}
			}
		}
	}
	return n, titles
}

func dutiesOf(p *apptest.Person) (d dutyPage) {
	p.Do("GET", "/api/v1/duties", nil).Want(200).Into(&d)
	return d
}

type calendarPage struct {
	Items []struct{ Code, Title, Day, Link string }
}

func calendarOf(p *apptest.Person, query string) (c calendarPage) {
	p.Do("GET", "/api/v1/calendar?"+query, nil).Want(200).Into(&c)
	return c
}

func (c *calendarPage) of(code string) (out []string) {
	for _, x := range c.Items {
		if x.Code == code {
			out = append(out, x.Title)
		}
	}
	return out
}

// TestDutiesAreOnesOwn: a leader's visits, an officer's contracts, agreements and
// terms are due for who has them in reach, and for nobody of another district;
// what is done is due no more; reminders come once.
func TestDutiesAreOnesOwn(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		w := c.World()
		here, there := w.Target, w.OtherDistrict
		day := func(n int) string {
			d := fmt.Sprint(agenda.Plus(c.Today(), n))
			return d[:4] + "-" + d[4:6] + "-" + d[6:]
		}
		var leaders [2]*apptest.Person
		for i, at := range []matrixtest.Place{here, there} {
			officer := c.Hire(access.Post{Role: "party_affairs", Region: at.District})
			hr := c.Hire(access.Post{Role: "hr", Region: at.District})
			clerk := c.Hire(access.Post{Role: "street_clerk", Region: at.Street})
			leaders[i] = c.Hire(access.Post{Role: "leader", Region: at.Street})
			worker := c.Hire(access.Post{Role: "leader", Region: at.Street})
			grid := fmt.Sprint(at.Grid)
			put := func(p *apptest.Person, register string, fields apptest.M) string {
				t.Helper()
				var x struct{ ID int64 }
				p.Do("POST", "/api/v1/ledger/"+register, apptest.M{"fields": fields}).Want(201).Into(&x)
				return fmt.Sprint(x.ID)
			}
			put(officer, "liaison_post", apptest.M{"grid": grid, "kind": "street_leader", "account": fmt.Sprint(leaders[i].Account), "valid_from": "2026-01-01"})
			put(hr, "staff_contract", apptest.M{"grid": grid, "account": fmt.Sprint(worker.Account), "number": fmt.Sprintf("合同%d", i), "channel": "social", "valid_from": "2026-01-01", "valid_to": day(9)})
			put(clerk, "co_agreement", apptest.M{"region": fmt.Sprint(at.Street), "org": fmt.Sprint(at.Org), "title": fmt.Sprintf("协议%d", i), "party": "社区党委", "signed": "2026-01-01", "valid_from": "2026-01-01", "valid_to": day(9)})
			top := put(officer, "party_org", apptest.M{"name": fmt.Sprintf("社区支部%d", i), "level": "community", "region": fmt.Sprint(at.Community), "valid_from": "2024-01-01"})
			put(officer, "party_post", apptest.M{"region": fmt.Sprint(at.Community), "holder": top, "office": "secretary", "name": fmt.Sprintf("书记%d", i), "valid_from": "2024-01-01", "valid_to": day(-1)})
			for _, x := range []struct {
				who         *apptest.Person
				code, title string
			}{{leaders[i], "liaison_visit", ""}, {hr, "staff_contract", fmt.Sprintf("合同%d", i)}, {clerk, "co_agreement", fmt.Sprintf("协议%d", i)}, {officer, "party_term", fmt.Sprintf("书记%d", i)}, {clerk, "party_term", fmt.Sprintf("书记%d", i)}} {
				d := dutiesOf(x.who)
				if n, titles := d.of(x.code); n != 1 || !strings.Contains(titles, x.title) {
					t.Errorf("place %d: %s has %d: %s", i, x.code, n, titles)
				}
			}
			cal := calendarOf(officer, "month="+strings.ReplaceAll(day(-1)[:7], "-", ""))
			if got := cal.of("party_term"); len(got) != 1 || !strings.Contains(got[0], fmt.Sprintf("书记%d", i)) {
				t.Errorf("place %d: terms in the calendar: %v", i, got)
			}
			if err := c.Agenda.Remind(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := c.Agenda.Remind(t.Context()); err != nil {
				t.Fatal(err)
			}
			var box struct {
				Unread int
				Items  []struct {
					ID          int64
					Kind, Title string
					Read        bool
				}
			}
			hr.Do("GET", "/api/v1/inbox", nil).Want(200).Into(&box)
			if box.Unread != 1 || len(box.Items) != 1 || !strings.Contains(box.Items[0].Title, fmt.Sprintf("合同%d", i)) {
				t.Fatalf("place %d: the officer was told %+v", i, box)
			}
			hr.Do("POST", "/api/v1/inbox/read", apptest.M{"up_to": box.Items[0].ID}).Want(200).Into(&box)
			if box.Unread != 0 || !box.Items[0].Read {
				t.Errorf("place %d: read, but %+v", i, box)
			}
		}
		today := day(0)
		var mine struct {
			Items []struct {
				Post int64 `json:"post_id"`
			}
		}
		leaders[0].Do("GET", "/api/v1/liaison/mine", nil).Want(200).Into(&mine)
		leaders[0].Do("POST", fmt.Sprintf("/api/v1/liaison/posts/%d/visits", mine.Items[0].Post), apptest.M{"done": today, "found": "无"}).Want(201)
		for i, want := range []int{0, 1} {
			d := dutiesOf(leaders[i])
			if n, _ := d.of("liaison_visit"); n != want {
				t.Errorf("leader %d has %d visits to make, want %d", i, n, want)
			}
		}
		month := strings.ReplaceAll(today[:7], "-", "")
		all, other := calendarOf(leaders[0], "month="+month), calendarOf(leaders[1], "month="+month)
		if len(all.of("liaison_visit")) != 1 || len(other.of("liaison_visit")) != 0 {
			t.Errorf("the visit stands in the calendars %d and %d times", len(all.of("liaison_visit")), len(other.of("liaison_visit")))
		}
		ics := leaders[0].Do("GET", "/api/v1/calendar.ics", nil).Want(200)
		if n := strings.Count(string(ics.Body), "BEGIN:VEVENT"); n != 1 || !strings.HasPrefix(ics.Header.Get("Content-Type"), "text/calendar") {
			t.Errorf("the file has %d entries: %s", n, ics.Body)
		}
		if ics := leaders[1].Do("GET", "/api/v1/calendar.ics?months=12", nil).Want(200); strings.Contains(string(ics.Body), "VEVENT") {
			t.Errorf("the other's file: %s", ics.Body)
		}
		leaders[0].Do("GET", "/api/v1/calendar.ics?months=13", nil).Fails(422, "invalid")
		leaders[0].Do("GET", "/api/v1/calendar?month=202613", nil).Fails(422, "invalid")
	})
}

// TestCardStaysInScope: a grid's card and sheet are for whoever reaches the grid,
// and what is entered elsewhere stands on it; numbers that are not public are told
// only to those who may read their register, and are never on the sheet.
func TestCardStaysInScope(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, c *apptest.City) {
		at, other := c.World().Target, c.World().OtherDistrict
		officer := c.Hire(access.Post{Role: "party_affairs", Region: at.District})
		worker := c.Hire(access.Post{Role: "grid_worker", Region: at.Community, Grid: at.Grid})
		far := c.Hire(access.Post{Role: "leader", Region: other.District})
		handler := c.Hire(access.Post{Role: "handler", Region: at.District, Org: at.Org})
		for _, x := range []struct {
			role, name, phone string
			public            bool
		}{{"police", "赵警官", "13811110001", true}, {"doctor", "钱医生", "13811110002", false}} {
			officer.Do("POST", "/api/v1/ledger/grid_contact", apptest.M{"fields": apptest.M{"grid": fmt.Sprint(at.Grid), "role": x.role, "name": x.name, "phone": x.phone, "board": x.public}}).Want(201)
		}
		path := fmt.Sprintf("/api/v1/grid-cards/%d", at.Grid)
		type card struct {
			Lines []struct {
				Part, Name, Phone string
				Public            bool
			}
			Gaps []string
			Open *int
		}
		for _, x := range []struct {
			who    *apptest.Person
			doctor string
			cases  bool
		}{{officer, "13811110002", false}, {worker, "", true}} {
			var got card
			x.who.Do("GET", path, nil).Want(200).Into(&got)
			phones := map[string]string{}
			for _, l := range got.Lines {
				phones[l.Name] = l.Phone
			}
			if phones["赵警官"] != "13811110001" || phones["钱医生"] != x.doctor || (got.Open != nil) != x.cases || len(got.Gaps) == 0 {
				t.Errorf("the card: %+v", got)
			}
		}
		if sheet := worker.Do("GET", path+"/sheet.pdf?lang=en", nil).Want(200); !strings.HasPrefix(string(sheet.Body), "%PDF-") {
			t.Errorf("the sheet begins %.20q", sheet.Body)
		}
		for _, stranger := range []*apptest.Person{far, handler} {
			stranger.Do("GET", path, nil).Fails(404, "not_found")
			stranger.Do("GET", path+"/sheet.pdf", nil).Fails(404, "not_found")
		}
		head := c.Hire(access.Post{Role: "unit_lead", Region: at.District, Org: at.Org})
		head.Do("GET", path, nil).Fails(404, "not_found")
		officer.Do("POST", "/api/v1/ledger/liaison_post", apptest.M{"fields": apptest.M{"grid": fmt.Sprint(at.Grid), "org": fmt.Sprint(at.Org), "kind": "department_head", "account": fmt.Sprint(head.Account), "valid_from": "2026-01-01"}}).Want(201)
		head.Do("GET", path, nil).Want(200)
		var list struct {
			Items []struct {
				ID int64
			}
		}
		worker.Do("GET", "/api/v1/grid-cards", nil).Want(200).Into(&list)
		if len(list.Items) != 1 || list.Items[0].ID != at.Grid {
			t.Errorf("the worker's grids: %+v", list.Items)
		}
	})
}
