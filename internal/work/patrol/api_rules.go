package patrol

import (
	"context"
	"slices"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/web"
)

func (s *Service) rulesAPI(r *web.Router, op func(id, method, path string, p access.Policy, zh, en string, answers ...int) web.Op) {
	read, write := access.Needs(access.VisitRead, access.RulesRead), access.Needs(access.VisitManage, access.RulesWrite)
	web.Register(r, op("visit-rules", "GET", "/rules", read, "走访规则", "Rules of visits in force, with those of the own area"), s.apiRules)
	web.Register(r, op("visit-rule-versions", "GET", "/rules/{id}", read, "走访规则的历次版本", "Every version of a rule", 404), s.apiVersions)
	make := op("make-visit-rule", "POST", "/rules", write, "新建走访规则或一次性走访", "Make a rule, or a circular", 404, 409)
	make.Status = 201
	web.Register(r, make, s.apiMakeRule)
	web.Register(r, op("change-visit-rule", "PUT", "/rules/{id}", write, "发布走访规则的新版本", "Publish a new version of a rule", 404, 409), s.apiChangeRule)
	preview := op("preview-visit-rule", "POST", "/rules/preview", write, "试算走访规则", "What a rule would ask of whom, before it is published", 404, 409)
	preview.ReadOnly = true
	web.Register(r, preview, s.apiPreview)
}

// RuleView is a rule as pages show it.
type RuleView struct {
	ID        int64  `json:"id"`
	Version   int    `json:"version"`
	Area      int64  `json:"area" doc:"Region code; 0: the whole city"`
	AreaName  string `json:"area_name"`
	ValidFrom int    `json:"valid_from"`
	Since     int    `json:"since"`
	Mine      bool   `json:"mine" doc:"The caller may change it"`
	Rule
}

type rulesOut struct {
	Body struct {
		Items []RuleView `json:"items"`
		Needs []NeedName `json:"needs" doc:"Kinds of care needs that rules may name"`
	}
}

// NeedName is a kind of care need.
type NeedName struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

func (s *Service) ruleView(scope access.Scope, r *Rule) RuleView {
	v := RuleView{ID: r.ID, Version: r.Version, Area: r.Area, ValidFrom: r.ValidFrom, Since: r.Since, Rule: *r}
	v.AreaName = s.City.Name(r.Area)
	v.Mine = s.mayChange(scope, r.Area)
	if v.Questions == nil {
		v.Questions = []Question{}
	}
	return v
}

// writing is the part of a scope that may change rules: of an area with
// visit.manage, of the city with rules.write.
func (s *Service) writing(scope access.Scope, area int64) (access.Scope, error) {
	if area == 0 {
		return scope.For(access.RulesWrite)
	}
	return scope.For(access.VisitManage)
}

func (s *Service) mayChange(scope access.Scope, area int64) bool {
	own, err := s.writing(scope, area)
	return err == nil && own.Covers(areaTarget(area))
}

// seen tells whether a rule concerns the scope: the city's do, and those of an
// area that it reaches or lies in.
func seen(scope access.Scope, r *Rule) bool {
	if r.Area == 0 || scope.Covers(areaTarget(r.Area)) {
		return true
	}
	return slices.ContainsFunc(scope.Posts(), func(p access.Post) bool { return within(p.Region, r.Area) })
}

func (s *Service) apiRules(ctx context.Context, scope access.Scope, _ *struct{}) (*rulesOut, error) {
	rules, err := s.Rules(ctx, 99991231)
	if err != nil {
		return nil, err
	}
	out := &rulesOut{}
	out.Body.Items, out.Body.Needs = []RuleView{}, []NeedName{}
	for _, r := range rules {
		if seen(scope, r) {
			out.Body.Items = append(out.Body.Items, s.ruleView(scope, r))
		}
	}
	names := s.Homes.Needs()
	for code, name := range names {
		out.Body.Needs = append(out.Body.Needs, NeedName{code, name.In(web.Lang(ctx))})
	}
	slices.SortFunc(out.Body.Needs, func(a, b NeedName) int {
		if a.Code < b.Code {
			return -1
		}
		return 1
	})
	return out, nil
}

type ruleIn struct {
	ID int64 `path:"id"`
}

type versionsOut struct {
	Body struct {
		Items []RuleView `json:"items"`
	}
}

func (s *Service) apiVersions(ctx context.Context, scope access.Scope, in *ruleIn) (*versionsOut, error) {
	all, err := s.Versions(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !seen(scope, all[0]) {
		return nil, errs.NotFound.New()
	}
	out := &versionsOut{}
	for _, r := range all {
		out.Body.Items = append(out.Body.Items, s.ruleView(scope, r))
	}
	return out, nil
}

type ruleBody struct {
	Area      int64  `json:"area,omitempty" doc:"Region code of 6, 9 or 12 digits; 0: the whole city"`
	Base      int    `json:"base,omitempty" doc:"The version that it was made from"`
	ValidFrom int    `json:"valid_from,omitempty" doc:"First day, yyyymmdd; default: today"`
	Note      string `json:"note,omitempty" maxLength:"200"`
	Rule      Rule   `json:"rule"`
}

func (b *ruleBody) rule() Rule {
	r := b.Rule
	r.Area, r.ValidFrom = b.Area, b.ValidFrom
	return r
}

type makeRuleIn struct{ Body ruleBody }

type changeRuleIn struct {
	ID   int64 `path:"id"`
	Body ruleBody
}

type ruleOut struct{ Body RuleView }

func (s *Service) publish(ctx context.Context, scope access.Scope, r Rule, base int, note string) (*ruleOut, error) {
	own, err := s.writing(scope, r.Area)
	if err != nil {
		return nil, errs.NotFound.New().In("area")
	}
	made, err := s.Publish(ctx, own, r, base, note)
	if err != nil {
		return nil, err
	}
	return &ruleOut{s.ruleView(scope, made)}, nil
}

func (s *Service) apiMakeRule(ctx context.Context, scope access.Scope, in *makeRuleIn) (*ruleOut, error) {
	return s.publish(ctx, scope, in.Body.rule(), 0, in.Body.Note)
}

func (s *Service) apiChangeRule(ctx context.Context, scope access.Scope, in *changeRuleIn) (*ruleOut, error) {
	r := in.Body.rule()
	r.ID = in.ID
	if in.Body.Base < 1 {
		return nil, errs.Required.New().In("base")
	}
	return s.publish(ctx, scope, r, in.Body.Base, in.Body.Note)
}

type previewOut struct {
	Body struct {
		Targets int     `json:"targets" doc:"Homes, buildings or hazards that it is about today"`
		Week    float64 `json:"week" doc:"Visits a week that it makes, over all of them"`
		Hours   float64 `json:"hours" doc:"Hours a week of the visits"`
	}
}

// apiPreview counts what a rule is about, by the same code that makes the tasks.
func (s *Service) apiPreview(ctx context.Context, scope access.Scope, in *makeRuleIn) (*previewOut, error) {
	r := in.Body.rule()
	own, err := s.writing(scope, r.Area)
	if err != nil {
		return nil, errs.NotFound.New().In("area")
	}
	if err := own.Check(areaTarget(r.Area)); err != nil {
		return nil, err
	}
	needs := []string{}
	for kind := range s.Homes.Needs() {
		needs = append(needs, kind)
	}
	if err := r.Check(needs, grades, s.Known); err != nil {
		return nil, err
	}
	day := s.Today(ctx)
	r.Since = day
	out := &previewOut{}
	for _, c := range s.City.Communities() {
		if r.Area != 0 && !within(c, r.Area) {
			continue
		}
		g, err := s.ground(ctx, c, []*Rule{&r}, day)
		if err != nil {
			return nil, err
		}
		for _, t := range g.wanted([]*Rule{&r}, nil) {
			out.Body.Targets++
			span := float64(max(daysTo(r.From, r.To)+1, 7))
			if r.Kind != Circulars {
				span = float64(r.Every)
			}
			out.Body.Week += 7 / span
			out.Body.Hours += 7 / span * float64(t.Minutes) / 60
		}
	}
	return out, nil
}
