package city

// Route is one routing rule, in the rulebook's form: rules are tried in order
// and the first whose conditions all hold decides. An empty list is no
// condition. Lead and Assists are kinds of organisation, found where the case
// is, the smallest area first, or "@owner": the category's responsible kind.
type Route struct {
	ID         string // stable
	Name       string // zh
	NameEn     string
	Categories []int64  // Category.ID of leaves
	Kinds      []string // event | part
	Grades     []string
	Lead       string
	Assists    []string
}

// Routes is the starting rule list: danger first, then the utilities; parts go
// first to their owner, events first to the territory. The last rule fits
// everything: the district desk is the backstop.
func Routes() []Route {
	of := func(kind string, units ...string) []int64 {
		var out []int64
		for _, c := range parsed() {
			for _, u := range units {
				if c.Leaf && c.UnitKind == u && (kind == "" || c.Kind == kind) {
					out = append(out, c.ID)
				}
			}
		}
		return out
	}
	critical := []string{"critical"}
	owners := []string{KindHousing, KindWater, KindTrafficPolice, KindMarket, KindEnvironment, KindHealth, KindEducation, KindCivil, KindLabour, KindMedical,
		KindEmergency, KindFire, KindPolice, KindCulture, KindResources, KindTransport, KindDisabled, KindPublicHousing}
	return []Route{
		{ID: "gas_danger", Name: "燃气险情：燃气公司主办，消防、综治协办", NameEn: "Gas danger: gas company, with fire brigade and street safety", Categories: of("", KindGas), Grades: critical, Lead: KindGas, Assists: []string{KindFire, KindStreetSafety}},
		{ID: "fire_danger", Name: "消防险情：消防大队主办，综治中心协办", NameEn: "Fire danger: fire brigade, with street safety", Categories: of("", KindFire), Grades: critical, Lead: KindFire, Assists: []string{KindStreetSafety}},
		{ID: "utilities", Name: "水电气热、通信、排水、公交：直达产权单位", NameEn: "Utilities and buses: straight to their owner", Categories: of("", KindWaterSupply, KindGas, KindPower, KindHeat, KindTelecom, KindTV, KindDrainage, KindBus), Lead: "@owner"},
		{ID: "parts", Name: "部件：先派权属养护单位", NameEn: "Urban assets: their keeper first", Kinds: []string{"part"}, Lead: "@owner"},
		{ID: "urban_order", Name: "城市管理事件：街道综合执法队主办，区城管局协办", NameEn: "Urban order: the street's enforcement team, with the district bureau", Categories: of("event", KindUrbanManagement), Lead: KindStreetEnforcement, Assists: []string{KindUrbanManagement}},
		{ID: "street_order", Name: "街面秩序：街道综合执法队", NameEn: "Street order: the enforcement team", Categories: of("event", KindStreetEnforcement), Lead: KindStreetEnforcement},
		{ID: "keeping", Name: "环卫、绿化、道路、照明、停车事件：养护单位", NameEn: "Cleaning, greenery, roads, lights, parking: their keeper", Categories: of("event", KindSanitation, KindGreening, KindRoadWorks, KindLighting, KindParking), Lead: "@owner"},
		{ID: "property", Name: "物业服务：物业公司主办，社区居委会协办", NameEn: "Property service: the property company, with the community", Categories: of("event", KindProperty), Lead: KindProperty, Assists: []string{KindCommunity}},
		{ID: "community", Name: "社区事务：社区居委会", NameEn: "Community matters: the residents' committee", Categories: of("event", KindCommunity), Lead: KindCommunity},
		{ID: "street", Name: "街道事务：街道办事处及所属中心", NameEn: "Street matters: the office and its centres", Categories: of("event", KindStreetOffice, KindStreetService, KindStreetSafety), Lead: "@owner"},
		{ID: "departments", Name: "部门职责事项：区级主管部门", NameEn: "Departments' matters: the district bureau", Categories: of("event", owners...), Lead: "@owner"},
		{ID: "backstop", Name: "兜底：区网格化综合指挥中心", NameEn: "Backstop: the district command centre", Lead: KindDistrictDesk},
	}
}
