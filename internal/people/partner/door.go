package partner

import (
	"bytes"
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"
	"strings"

	"linli/internal/kernel/calendar"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

//go:embed page/volunteer.html
var volunteerPage string

var volunteerSheet = template.Must(template.New("volunteer").Parse(volunteerPage))

// sheet is what the page shows.
type sheet struct {
	Lang, City  string
	Session     *Session
	Day         string
	Organiser   string
	Open        bool
	Turn        *Turn
	Standing    string
	Certificate string
	Error       string
	Name, Phone string // as they were typed, when they were refused
}

// T is the text in the page's language.
func (p sheet) T(zh, en string) string { return w(zh, en).In(p.Lang) }

// Pages puts the volunteers' page on the router: light, without script, held to
// the rate of its address. city names the city.
func (s *Service) Pages(r *web.Router, city func() string) {
	d := &door{s, city}
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request, *sheet) error{
		"GET /volunteer/{code}":                       d.look,
		"POST /volunteer/{code}":                      d.sign,
		"GET /volunteer/{code}/{key}":                 d.own,
		"GET /volunteer/{code}/{key}/certificate.pdf": d.certificate,
	} {
		r.Page(pattern, false, func(w http.ResponseWriter, req *http.Request) {
			p := &sheet{Lang: asked(req), City: city()}
			if err := h(w, req, p); err != nil {
				d.trouble(w, req, p, err)
			}
		}, func(w http.ResponseWriter, req *http.Request, err error) {
			d.trouble(w, req, &sheet{Lang: asked(req), City: city()}, err)
		})
	}
}

type door struct {
	*Service
	city func() string
}

func asked(r *http.Request) string {
	if l := r.URL.Query().Get("lang"); l == "zh" || l == "en" {
		return l
	}
	return web.Lang(r.Context())
}

func (d *door) of(p *sheet, x *Session) {
	p.Session, p.Day = x, calendar.DayText(int(x.Day))
	p.Open = x.State == "open" && int(x.Day) >= d.Today()
	if p.Organiser = d.Names.Org(x.Org); p.Organiser == "" {
		p.Organiser = d.Names.Region(x.Region)
	}
}

func (d *door) look(w http.ResponseWriter, r *http.Request, p *sheet) error {
	x, err := d.ByCode(r.Context(), r.PathValue("code"))
	if err != nil {
		return err
	}
	d.of(p, x)
	d.show(w, r, http.StatusOK, p)
	return nil
}

func (d *door) sign(w http.ResponseWriter, r *http.Request, p *sheet) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if err := r.ParseForm(); err != nil {
		return errs.TooLarge.New("max", "4 KB")
	}
	code := r.PathValue("code")
	x, err := d.ByCode(r.Context(), code)
	if err != nil {
		return err
	}
	d.of(p, x)
	p.Name, p.Phone = r.PostForm.Get("name"), r.PostForm.Get("phone")
	t, err := d.SignUp(r.Context(), code, p.Name, p.Phone)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/volunteer/"+code+"/"+t.Code+"?lang="+p.Lang, http.StatusSeeOther)
	return nil
}

func (d *door) own(w http.ResponseWriter, r *http.Request, p *sheet) error {
	x, t, err := d.Service.own(r.Context(), r.PathValue("code"), r.PathValue("key"))
	if err != nil {
		return err
	}
	d.of(p, x)
	p.Turn = t
	switch t.State {
	case Certified:
		p.Standing = p.T("服务时长已认定，感谢您的付出。", "Your hours are certified. Thank you for your help.")
		p.Certificate = strings.TrimSuffix(r.URL.Path, "/") + "/certificate.pdf"
	case Away:
		p.Standing = p.T("本场活动登记为未参加。如有出入，请联系组织单位。", "You are noted as not having come. If that is wrong, please tell the organiser.")
	default:
		p.Standing = p.T(t.Name.Mask+"，您已报名。", t.Name.Mask+", you are signed up.")
	}
	d.show(w, r, http.StatusOK, p)
	return nil
}

func (d *door) certificate(w http.ResponseWriter, r *http.Request, p *sheet) error {
	x, t, err := d.Service.own(r.Context(), r.PathValue("code"), r.PathValue("key"))
	if err != nil {
		return err
	}
	if t.State != Certified {
		return NotCertified.New()
	}
	who, err := d.Vault.Hand(r.Context(), t.District, t.Person)
	if err != nil {
		return err
	}
	return d.sendCertificate(w, x, t, who, p.Lang)
}

func (d *door) trouble(w http.ResponseWriter, r *http.Request, p *sheet, err error) {
	e := errs.As(err)
	if e.Kind == errs.Internal {
		slog.ErrorContext(r.Context(), "volunteers' page", "request_id", web.RequestID(r.Context()), "error", err)
	}
	p.Error = e.Text(p.Lang)
	d.show(w, r, e.Kind.Status, p)
}

func (d *door) show(w http.ResponseWriter, r *http.Request, status int, p *sheet) {
	var b bytes.Buffer
	if err := volunteerSheet.Execute(&b, p); err != nil {
		panic(err) // the template and the sheet are compiled in; a test shows every branch
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is the volunteer's key
	web.WriteText(w, r, status, b.Bytes())
}
