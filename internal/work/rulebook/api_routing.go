package rulebook

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"linli/internal/kernel/access"
	"linli/internal/kernel/web"
)

type routingOut struct {
	Body struct {
		Rules     []Rule          `json:"rules"`
		Duties    []Duty          `json:"duties" doc:"The units' duty calendars; a unit without one is always on duty"`
		Sources   []Source        `json:"sources" doc:"Programs outside that a condition may name"`
		Version   int             `json:"version" doc:"The newest; edit from this one"`
		InForce   int             `json:"in_force" doc:"The version in force today"`
		ValidFrom int             `json:"valid_from"`
		Note      string          `json:"note"`
		Problems  []problemJSON   `json:"problems" doc:"Rules in force that cannot run as things are now"`
		Next      *calendarChange `json:"next,omitempty"`
	}
}

func (a *api) routing(ctx context.Context, _ access.Scope, in *atIn) (*routingOut, error) {
	b, err := a.on(in.At)
	if err != nil {
		return nil, err
	}
	v := b.Rules()
	out := &routingOut{}
	o := &out.Body
	o.Rules = append([]Rule{}, v.Body.Rules...)
	o.Sources = append([]Source{}, b.seen.sources...)
	o.Duties = append([]Duty{}, v.Body.Duties...)
	o.InForce, o.ValidFrom, o.Note = v.Version, v.ValidFrom, v.Note
	o.Problems = problemsOut(b.Problems(), web.Lang(ctx))
	if n := len(b.seen.routing); n > 0 {
		last := b.seen.routing[n-1]
		if o.Version = last.Version; last.ValidFrom > b.cal.Day(a.r.db.Now()) {
			o.Next = &calendarChange{last.Version, last.ValidFrom}
		}
	}
	return out, nil
}

type routingPut struct {
	Body struct {
		Rules  []Rule `json:"rules" maxItems:"500" nullable:"false"`
		Duties []Duty `json:"duties,omitempty" maxItems:"2000" nullable:"false"`
		TermsBody
	}
}

func (a *api) updateRouting(ctx context.Context, scope access.Scope, in *routingPut) (*routingOut, error) {
	if err := a.r.PublishRouting(ctx, scope, Routing{in.Body.Rules, in.Body.Duties}, in.Body.terms()); err != nil {
		return nil, localise(ctx, err)
	}
	return a.routing(ctx, scope, &atIn{At: in.Body.ValidFrom})
}

type routingPreviewIn struct {
	Body struct {
		Rules  []Rule `json:"rules" maxItems:"500" nullable:"false"`
		Duties []Duty `json:"duties,omitempty" maxItems:"2000" nullable:"false"`
		From   int    `json:"from,omitempty"`
		To     int    `json:"to,omitempty"`
	}
}

type moveJSON struct {
	From  unitRef `json:"from_unit"`
	To    unitRef `json:"to_unit"`
	Count int     `json:"count"`
}

type routingPreviewOut struct {
	Body struct {
		Cases    int           `json:"cases"`
		Changed  int           `json:"changed"`
		From     int           `json:"from"`
		To       int           `json:"to"`
		By       []moveJSON    `json:"by"`
		Sample   []sampleJSON  `json:"sample"`
		Problems []problemJSON `json:"problems"`
	}
}

func (a *api) previewRouting(ctx context.Context, scope access.Scope, in *routingPreviewIn) (*routingPreviewOut, error) {
	b := a.now()
	from, to, err := period{in.Body.From, in.Body.To}.check(b.cal, a.r.db.Now())
	if err != nil {
		return nil, err
	}
	p, err := a.r.PreviewRouting(ctx, scope, a.cases, Routing{in.Body.Rules, in.Body.Duties}, from, to)
	if err != nil {
		return nil, err
	}
	out := &routingPreviewOut{}
	o := &out.Body
	o.Cases, o.Changed, o.From, o.To = p.Cases, p.Changed, from, to
	o.By = make([]moveJSON, len(p.By))
	for i, m := range p.By {
		o.By[i] = moveJSON{unitRef{m.From, m.FromName}, unitRef{m.To, m.ToName}, m.Count}
	}
	o.Sample, o.Problems = b.sample(p.Sample), problemsOut(p.Problems, web.Lang(ctx))
	return out, nil
}

type settingsOut struct {
	Body struct {
		Settings  Settings `json:"settings"`
		Version   int      `json:"version"`
		ValidFrom int      `json:"valid_from,omitempty"`
	}
}

func (a *api) settings(_ context.Context, _ access.Scope, in *atIn) (*settingsOut, error) {
	b, err := a.on(in.At)
	if err != nil {
		return nil, err
	}
	out := &settingsOut{}
	out.Body.Settings, out.Body.ValidFrom = b.settings, b.setting.ValidFrom
	if n := len(b.seen.settings); n > 0 {
		out.Body.Version = b.seen.settings[n-1].Version
	}
	return out, nil
}

type settingsPut struct {
	Body struct {
		Settings Settings `json:"settings"`
		TermsBody
	}
}

func (a *api) updateSettings(ctx context.Context, scope access.Scope, in *settingsPut) (*settingsOut, error) {
	if err := a.r.PublishSettings(ctx, scope, in.Body.Settings, in.Body.terms()); err != nil {
		return nil, err
	}
	return a.settings(ctx, scope, &atIn{At: in.Body.ValidFrom})
}

type versionsIn struct {
	Kind  string `query:"kind" enum:",category,calendar,routing,settings"`
	Key   string `query:"key" maxLength:"20" doc:"A category's id, a year"`
	After int    `query:"cursor" minimum:"0" doc:"How many to skip"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type versionItem struct {
	Kind      string          `json:"kind"`
	Key       string          `json:"key"`
	Name      string          `json:"name"`
	Version   int             `json:"version"`
	ValidFrom int             `json:"valid_from"`
	ValidTo   int             `json:"valid_to,omitempty"`
	Note      string          `json:"note"`
	By        int64           `json:"created_by"`
	At        string          `json:"created_at"`
	Body      json.RawMessage `json:"body"`
}

type versionsOut struct {
	Body struct {
		Items []versionItem `json:"items"`
		Next  string        `json:"next,omitempty"`
	}
}

func (a *api) versions(ctx context.Context, _ access.Scope, in *versionsIn) (*versionsOut, error) {
	list, err := a.r.History(ctx, in.Kind, in.Key, in.After, in.Limit+1)
	if err != nil {
		return nil, err
	}
	b, out := a.now(), &versionsOut{}
	if len(list) > in.Limit {
		list = slices.Delete(list, in.Limit, len(list))
		out.Body.Next = strconv.Itoa(in.After + in.Limit)
	}
	out.Body.Items = make([]versionItem, len(list))
	for i, e := range list {
		out.Body.Items[i] = versionItem{Kind: e.Kind, Key: e.Key, Name: b.versionName(e, web.Lang(ctx)), Version: e.Version.Version, ValidFrom: e.ValidFrom, ValidTo: e.ValidTo,
			Note: e.Note, By: e.CreatedBy, At: b.instant(e.CreatedAt), Body: e.Body}
	}
	return out, nil
}

// versionName is what a publication is about.
func (b *Book) versionName(e Entry, lang string) string {
	switch e.Kind {
	case kindCategory:
		var c struct{ Name string }
		if err := json.Unmarshal(e.Body, &c); err == nil {
			return c.Name
		}
	case kindCalendar:
		if e.Key == hoursKey {
			return words("工作时间", "Working hours").In(lang)
		}
		return words(e.Key+" 年放假安排", "Days off in "+e.Key).In(lang)
	case kindRouting:
		return words("派遣规则", "Routing rules").In(lang)
	case kindSettings:
		return words("参数", "Settings").In(lang)
	}
	return e.Key
}
