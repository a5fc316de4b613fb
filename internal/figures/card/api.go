package card

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"linli/internal/grid/planning/render"
	"linli/internal/kernel/access"
	"linli/internal/kernel/agenda"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

// API registers the cards' operations.
func (s *Service) API(r *web.Router) {
	tags := []string{"grids"}
	read := access.Needs(access.CaseRead, access.PartyRead, access.StaffRead, access.LiaisonRead)
	web.Register(r, web.Op{ID: "list-grid-cards", Method: "GET", Path: "/api/v1/grid-cards", Policy: read, Tags: tags, Summary: "本辖区网格", SummaryEN: "The grids within reach"}, s.apiList)
	web.Register(r, web.Op{ID: "grid-card", Method: "GET", Path: "/api/v1/grid-cards/{id}", Policy: read, Tags: tags, Summary: "网格责任卡", SummaryEN: "Who is responsible for a grid and what is due there"}, s.apiCard)
	web.Handle(r, web.Op{ID: "grid-sheet", Method: "GET", Path: "/api/v1/grid-cards/{id}/sheet.pdf", Policy: read, Tags: tags, Params: sheetIn{}, Produces: "application/pdf", Summary: "打印网格公示牌", SummaryEN: "The sheet for the notice board as PDF"}, s.apiSheet)
}

// GridV is a grid in the list.
type GridV struct {
	ID    int64  `json:"id"`
	Code  string `json:"code"`
	Name  string `json:"name"`
	Kind  string `json:"kind" enum:"basic,dedicated"`
	Place string `json:"place"`
	Homes int    `json:"households"`
}

func (g *Grid) view() GridV {
	return GridV{g.ID, strconv.FormatInt(g.Code, 10), g.Name, g.Kind, g.Place, g.Homes}
}

type listIn struct {
	Q string `query:"q" maxLength:"60" doc:"part of a name"`
}

type listOut struct {
	Body struct {
		Items []GridV `json:"items"`
		More  bool    `json:"more"`
	}
}

// listed is how many grids a list has.
const listed = 1000

func (s *Service) apiList(_ context.Context, scope access.Scope, in *listIn) (*listOut, error) {
	out := &listOut{}
	out.Body.Items = []GridV{}
	for _, g := range s.Grids() {
		if !scope.Covers(g.Target) || in.Q != "" && !strings.Contains(g.Place+g.Name, in.Q) {
			continue
		}
		if out.Body.More = len(out.Body.Items) == listed; out.Body.More {
			break
		}
		out.Body.Items = append(out.Body.Items, g.view())
	}
	return out, nil
}

// LineV is a line of a card.
type LineV struct {
	Part   string `json:"part"`
	Label  string `json:"label"`
	Name   string `json:"name,omitempty"`
	Of     string `json:"of,omitempty"`
	Phone  string `json:"phone,omitempty"`
	Public bool   `json:"public" doc:"the number stands on the notice board"`
	From   string `json:"from,omitempty" format:"date"`
	Until  string `json:"until,omitempty" format:"date"`
	Away   bool   `json:"away" doc:"on leave today"`
}

func (l *Line) view(lang string) LineV {
	return LineV{l.Part, name(l.Part, lang), l.Name, l.Of, l.Phone, l.Public, iso(l.From), iso(l.Until), l.Away}
}

type cardIn struct {
	ID int64 `path:"id"`
}

type cardOut struct {
	Body struct {
		GridV
		Branch     string   `json:"branch,omitempty"`
		Lines      []LineV  `json:"lines"`
		Households int      `json:"member_households"`
		Quarter    string   `json:"quarter" format:"date" doc:"last day of the quarter"`
		Visits     []string `json:"visits" doc:"leaders whose visit of the quarter is due"`
		Open       *int     `json:"open,omitempty" doc:"open cases; absent: the caller may not read cases"`
		Overdue    *int     `json:"overdue,omitempty"`
		Gaps       []string `json:"gaps" doc:"what is lacking"`
	}
}

func (s *Service) apiCard(ctx context.Context, scope access.Scope, in *cardIn) (*cardOut, error) {
	c, err := s.Of(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	lang := web.Lang(ctx)
	out := &cardOut{}
	b := &out.Body
	b.GridV, b.Branch, b.Households, b.Quarter = c.Grid.view(), c.Branch, c.Households, iso(agenda.Quarter(s.Today()))
	b.Lines, b.Visits, b.Gaps = []LineV{}, []string{}, []string{}
	for i := range c.Lines {
		b.Lines = append(b.Lines, c.Lines[i].view(lang))
	}
	for _, v := range c.Visits {
		b.Visits = append(b.Visits, v.In(lang))
	}
	for _, g := range c.Gaps {
		b.Gaps = append(b.Gaps, Gaps[g].In(lang))
	}
	if c.Open >= 0 {
		b.Open, b.Overdue = &c.Open, &c.Overdue
	}
	return out, nil
}

type sheetIn struct {
	Lang string `query:"lang" enum:"zh,en" doc:"without it the caller's"`
}

func (s *Service) apiSheet(ctx context.Context, scope access.Scope, out http.ResponseWriter, req *http.Request) error {
	id, err := strconv.ParseInt(req.PathValue("id"), 10, 64)
	if err != nil {
		return errs.NotFound.New()
	}
	c, err := s.Of(ctx, scope, id)
	if err != nil {
		return err
	}
	lang := web.Lang(ctx)
	if l := req.URL.Query().Get("lang"); l == "zh" || l == "en" {
		lang = l
	}
	link := s.Link
	if link == "" {
		link = "http://" + req.Host + "/"
		if req.TLS != nil || req.Header.Get("X-Forwarded-Proto") == "https" {
			link = "https" + strings.TrimPrefix(link, "http")
		}
	}
	out.Header().Set("Content-Type", "application/pdf")
	out.Header().Set("Content-Disposition", fmt.Sprintf(`inline; filename="grid-%d.pdf"`, c.ID))
	return render.Poster(out, s.board(c, lang, link))
}

// board is the sheet for the notice board: what is public, where to report, and
// when it was made.
func (s *Service) board(c *Card, lang, link string) render.Board {
	say := func(zh, en string) string { return w(zh, en).In(lang) }
	b := render.Board{Title: c.Name, Sub: c.Place, Link: link,
		Call: []string{say("有事请扫码反映，不用注册", "Scan to report a matter; no account is needed"), say("紧急情况请拨打 110、119、120", "In an emergency call 110, 119 or 120")},
		Foot: s.City() + " · " + say("制作于 ", "made on ") + s.Now()}
	for _, l := range c.Public() {
		row := render.BoardRow{Label: name(l.Part, lang), Text: l.Name, Phone: l.Phone}
		switch {
		case l.Of == "" || l.Part == "secretary":
		case l.Name == "":
			row.Text = l.Of
		default:
			row.Text = l.Of + " " + l.Name
		}
		if l.Part == "cover" {
			row.Text += say("（", " (") + iso(l.From) + say(" 至 ", " to ") + iso(l.Until) + say("）", ")")
		}
		b.Rows = append(b.Rows, row)
	}
	return b
}
