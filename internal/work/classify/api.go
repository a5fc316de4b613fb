package classify

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/web"
	"linli/internal/work/classify/learn"
)

// API registers the room's operations.
func (s *Service) API(r *web.Router) {
	a := &api{s}
	tags := []string{"classify"}
	intake := access.Needs(access.CaseReport, access.CaseTriage, access.CaseDispatch)
	write := access.Needs(access.RulesWrite)
	web.Register(r, web.Op{ID: "suggest", Method: "POST", Path: "/api/v1/suggestions", Policy: intake, ReadOnly: true, Tags: tags, Summary: "建议类别、分级和地点", SummaryEN: "Suggest category, grade and place of a text"}, a.suggest)
	web.Register(r, web.Op{ID: "classifier", Method: "GET", Path: "/api/v1/classifier", Policy: write, Answers: []int{404}, Tags: tags, Summary: "分类学习：版本、指标与更正", SummaryEN: "Learned models, their figures and corrections"}, a.overview)
	web.Register(r, web.Op{ID: "retrain-classifier", Method: "POST", Path: "/api/v1/classifier/versions", Policy: write, Status: http.StatusCreated, Answers: []int{404}, Timeout: 5 * time.Minute, Tags: tags, Summary: "重新学习", SummaryEN: "Learn a new model"}, a.retrain)
	web.Register(r, web.Op{ID: "restore-classifier", Method: "PUT", Path: "/api/v1/classifier/live", Policy: write, Status: http.StatusNoContent, Answers: []int{404}, Tags: tags, Summary: "恢复较早版本", SummaryEN: "Put an earlier model in force"}, a.restore)
}

type api struct{ *Service }

type suggestIn struct {
	Body struct {
		Title     string `json:"title,omitempty" maxLength:"200"`
		Text      string `json:"text" maxLength:"4000"`
		Community string `json:"community,omitempty" doc:"code of the community that it is reported from"`
	}
}

type proposalOut struct {
	ID    int64    `json:"category_id"`
	Name  string   `json:"name"`
	Path  string   `json:"path"`
	Share float64  `json:"share" doc:"how likely, 0 to 1"`
	Words []string `json:"words" doc:"words of the text that spoke for it, the loudest first"`
}

type alarmOut struct {
	Code  string   `json:"code"`
	Name  string   `json:"name"`
	Grade string   `json:"grade"`
	Words []string `json:"words"`
}

type placeOut struct {
	Kind      string  `json:"kind"`
	Name      string  `json:"name"`
	Path      string  `json:"path"`
	Lon       float64 `json:"lon,omitempty"`
	Lat       float64 `json:"lat,omitempty"`
	Community string  `json:"community,omitempty"`
	Grid      int64   `json:"grid_id,omitempty"`
	Building  int64   `json:"building_id,omitempty"`
}

// SuggestionBody is a suggestion in one language.
type SuggestionBody struct {
	Categories []proposalOut `json:"categories"`
	Sure       bool          `json:"sure" doc:"the shares were measured on cases that the model had not seen"`
	Grade      string        `json:"grade"`
	GradeWhy   []string      `json:"grade_why"`
	Signals    []alarmOut    `json:"signals"`
	Places     []placeOut    `json:"places" doc:"more than one: the text does not say which"`
	Wish       string        `json:"wish" enum:"consult,ask,complain,report,suggest,thank"`
	WishWords  []string      `json:"wish_words"`
	Model      int64         `json:"model" doc:"0: the categories' own words"`
}

// In is the suggestion for a reader of the language.
func (x *Suggestion) In(lang string) SuggestionBody {
	b := SuggestionBody{Categories: []proposalOut{}, Sure: x.Sure, Grade: x.Grade, GradeWhy: []string{}, Signals: []alarmOut{}, Places: []placeOut{}, Wish: x.Wish, WishWords: append([]string{}, x.WishWords...), Model: x.Model}
	for _, p := range x.Categories {
		path := ""
		for i, name := range p.Path {
			if i > 0 {
				path += " / "
			}
			path += name
		}
		b.Categories = append(b.Categories, proposalOut{p.ID, p.Name.In(lang), path, p.Share, append([]string{}, p.Words...)})
	}
	for _, w := range x.GradeWhy {
		b.GradeWhy = append(b.GradeWhy, w.In(lang))
	}
	for _, a := range x.Alarms {
		b.Signals = append(b.Signals, alarmOut{a.Code, a.Name.In(lang), a.Grade, a.Words})
	}
	for _, p := range x.Places {
		o := placeOut{Kind: p.Kind, Name: p.Name, Path: p.Path, Lon: p.Lon, Lat: p.Lat, Grid: p.Grid, Building: p.Building}
		if p.Community != 0 {
			o.Community = strconv.FormatInt(p.Community, 10)
		}
		b.Places = append(b.Places, o)
	}
	return b
}

type suggestOut struct{ Body SuggestionBody }

func (a *api) suggest(ctx context.Context, _ access.Scope, in *suggestIn) (*suggestOut, error) {
	community, err := strconv.ParseInt(in.Body.Community, 10, 64)
	if in.Body.Community != "" && err != nil {
		return nil, errs.Invalid.New("field", errs.Words{ZH: "社区", EN: "community"}, "remedy", errs.Words{ZH: "请填写社区编码", EN: "give the community's code"}).In("community")
	}
	x, err := a.Suggest(ctx, Text{Title: in.Body.Title, Body: in.Body.Text, Community: community})
	if err != nil {
		return nil, err
	}
	return &suggestOut{x.In(web.Lang(ctx))}, nil
}

type figuresOut struct {
	Messages  int           `json:"messages"`
	Right     float64       `json:"right" doc:"share of first guesses that were right"`
	Three     float64       `json:"three" doc:"share with the right one among three"`
	MacroF1   float64       `json:"macro_f1"`
	Curve     []learn.Point `json:"curve"`
	Confusion []confusedOut `json:"confusion" doc:"the most frequent"`
}

type confusedOut struct {
	Right string `json:"right"`
	Given string `json:"given"`
	N     int    `json:"n"`
}

type versionOut struct {
	ID       int64       `json:"id" doc:"0: the categories' own words"`
	MadeAt   *time.Time  `json:"made_at,omitempty"`
	Nightly  bool        `json:"nightly"`
	Until    *time.Time  `json:"until,omitempty" doc:"newest case that it knows"`
	Examples int         `json:"examples"`
	Verdict  string      `json:"verdict" enum:",live,kept" doc:"live: did better on held-back cases; kept: the one before stayed"`
	Live     bool        `json:"live"`
	Usable   bool        `json:"usable" doc:"can be put in force"`
	OldID    int64       `json:"old_id"`
	New      *figuresOut `json:"new,omitempty"`
	Old      *figuresOut `json:"old,omitempty" doc:"the one in force then, on the same cases"`
	Shown    int         `json:"shown" doc:"cases for which it proposed and which have a category now"`
	First    int         `json:"first" doc:"of those, cases that have its first proposal"`
	AnyThree int         `json:"any_three"`
	Routed   int         `json:"routed" doc:"cases whose category the program set"`
	Stayed   int         `json:"stayed" doc:"of those, cases that still have it"`
}

type correctionOut struct {
	Case     int64     `json:"case_id"`
	At       time.Time `json:"at"`
	Proposed string    `json:"proposed"`
	Share    float64   `json:"share"`
	Chosen   string    `json:"chosen"`
	Rank     int       `json:"rank" doc:"place of the chosen among the proposals, 0: none"`
}

type overviewOut struct {
	Body struct {
		Auto        float64         `json:"auto_category_share" doc:"0: off"`
		Least       int             `json:"least_history" doc:"cases that a first model needs"`
		Versions    []versionOut    `json:"versions"`
		Corrections []correctionOut `json:"corrections"`
	}
}

func instant(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	t := time.UnixMicro(us).UTC()
	return &t
}

// names are the open categories by label.
func (r Rules) names(lang string) map[string]string {
	out := make(map[string]string, len(r.Categories))
	for _, c := range r.Categories {
		out[strconv.FormatInt(c.ID, 10)] = c.Name.In(lang)
	}
	return out
}

const confusionsShown = 12

func figures(f *learn.Figures, names map[string]string) *figuresOut {
	if f == nil || f.Messages == 0 {
		return nil
	}
	out := &figuresOut{Messages: f.Messages, Right: f.Accuracy, Three: f.Top3, MacroF1: f.MacroF1, Curve: f.Curve, Confusion: []confusedOut{}}
	for _, c := range f.Confused(confusionsShown) {
		out.Confusion = append(out.Confusion, confusedOut{named(names, c.Right), named(names, c.Given), c.N})
	}
	return out
}

// named is a category's name; one that is closed by now goes by its id.
func named(names map[string]string, label string) string {
	if n := names[label]; n != "" {
		return n
	}
	return "#" + label
}

func (v *Version) out(names map[string]string) versionOut {
	return versionOut{ID: v.ID, MadeAt: instant(v.MadeAt), Nightly: v.ID != 0 && v.MadeBy == 0, Until: instant(v.Until), Examples: v.Examples, Verdict: v.Verdict, Live: v.Live, Usable: v.Usable && (v.ID == 0 || v.Verdict == VerdictLive),
		OldID: v.OldID, New: figures(v.New, names), Old: figures(v.Old, names), Shown: v.Shown, First: v.First, AnyThree: v.Three, Routed: v.Routed, Stayed: v.RoutedRight}
}

func (a *api) overview(ctx context.Context, scope access.Scope, _ *struct{}) (*overviewOut, error) {
	if err := scope.Check(access.Target{}); err != nil { // the city's own
		return nil, err
	}
	rules := a.Rules()
	names := rules.names(web.Lang(ctx))
	list, err := a.versions(ctx)
	if err != nil {
		return nil, err
	}
	wrong, err := a.corrections(ctx)
	if err != nil {
		return nil, err
	}
	out := &overviewOut{}
	out.Body.Auto, out.Body.Least = rules.Auto, leastHistory
	out.Body.Versions, out.Body.Corrections = []versionOut{}, []correctionOut{}
	for i := range list {
		out.Body.Versions = append(out.Body.Versions, list[i].out(names))
	}
	for _, c := range wrong {
		out.Body.Corrections = append(out.Body.Corrections, correctionOut{c.Case, time.UnixMicro(c.At).UTC(), named(names, strconv.FormatInt(c.Proposed, 10)), c.Share, named(names, strconv.FormatInt(c.Chosen, 10)), c.Rank})
	}
	return out, nil
}

type retrainOut struct{ Body versionOut }

func (a *api) retrain(ctx context.Context, scope access.Scope, _ *struct{}) (*retrainOut, error) {
	v, err := a.Retrain(ctx, scope)
	if err != nil {
		return nil, err
	}
	return &retrainOut{v.out(a.Rules().names(web.Lang(ctx)))}, nil
}

type restoreIn struct {
	Body struct {
		Model int64 `json:"model" minimum:"0" doc:"0: the categories' own words"`
	}
}

type none struct{}

func (a *api) restore(ctx context.Context, scope access.Scope, in *restoreIn) (*none, error) {
	return nil, a.GoLive(ctx, scope, in.Body.Model, func(tx *store.Tx) error { return web.Commit(ctx, tx, &none{}) })
}
