package city

import (
	_ "embed"
	"encoding/json"
	"sync"
)

//go:embed categories.json
var categoriesJSON []byte

// Limit is a staged limit of a category, in the rulebook's form: stage "handle"
// is the limit from dispatch to resolved, any other name a milestone of the
// work ("停工", "处罚", "拆除").
type Limit struct {
	Stage string `json:"stage"`
	N     int    `json:"n"`
	Unit  string `json:"unit"` // work_hour | work_day | day | hour
}

// Evidence says at which stage a photo is required. Why is never empty where
// one is.
type Evidence struct {
	Found    bool   `json:"found"`
	Resolved bool   `json:"resolved"`
	Why      string `json:"why,omitempty"`
	WhyEn    string `json:"why_en,omitempty"`
}

// Category is a node of the tree: 大类 (E01) and under it 小类 (E0101). Event
// groups 01–06 and the part groups carry the names of the city-management
// standard; the others hold what residents report beside it. Only leaves have limits, words and templates.
type Category struct {
	ID        int64      `json:"-"`
	Parent    int64      `json:"-"`
	Code      string     `json:"code"` // E01, E0101 (event 事件); P01, P0101 (part 部件)
	Name      string     `json:"name"`
	NameEn    string     `json:"name_en"`
	Kind      string     `json:"kind"` // event | part
	Leaf      bool       `json:"leaf"`
	Grade     string     `json:"grade,omitempty"`  // usual grade: general | urgent | critical | complex
	Nature    string     `json:"nature,omitempty"` // "" | lifeline (water, power, gas, heat) | consultation
	Limits    []Limit    `json:"limits,omitempty"`
	Evidence  Evidence   `json:"evidence"`
	Filing    string     `json:"filing,omitempty"`  // 立案条件
	Closing   string     `json:"closing,omitempty"` // 结案条件
	UnitKind  string     `json:"unit_kind,omitempty"`
	Onsite    bool       `json:"onsite,omitempty"`  // a worker may settle it on the spot
	Private   bool       `json:"private,omitempty"` // personal by its kind: not for the public
	Share     float64    `json:"share,omitempty"`   // of all arrivals, in per mille; about 1000 in sum
	Keywords  []string   `json:"keywords,omitempty"`
	Templates []string   `json:"templates,omitempty"` // {place} {time} {dur} {detail}
	Details   []string   `json:"details,omitempty"`
	Questions []Question `json:"questions,omitempty"`
}

// Question is what a category asks of whoever reports.
type Question struct {
	Code     string   `json:"code"`
	Text     string   `json:"text"`
	TextEn   string   `json:"text_en"`
	Datatype string   `json:"datatype"` // as Open311 names them
	Required bool     `json:"required,omitempty"`
	Why      string   `json:"why"`
	WhyEn    string   `json:"why_en"`
	Values   []Choice `json:"values,omitempty"`
}

// Choice is an answer of a list.
type Choice struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	NameEn string `json:"name_en"`
}

var parsed = sync.OnceValue(func() []Category {
	var cs []Category
	if err := json.Unmarshal(categoriesJSON, &cs); err != nil {
		panic("city: categories.json: " + err.Error())
	}
	ids := map[string]int64{}
	for i := range cs {
		c := &cs[i]
		c.ID = categoryBase + int64(i) + 1
		ids[c.Code] = c.ID
		if c.Leaf {
			c.Parent = ids[c.Code[:3]]
		}
	}
	return cs
})

// Categories is the tree, parents before children. The slice is the caller's,
// its inner slices are shared and must not be changed.
func Categories() []Category { return append([]Category{}, parsed()...) }
