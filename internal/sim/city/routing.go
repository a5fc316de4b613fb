package city

// Levels at which a rule looks for its organisation: the one of that kind
// whose area holds the place.
const (
	AtCity      = "city"
	AtDistrict  = "district"
	AtStreet    = "street"
	AtCommunity = "community"
	AtCompound  = "compound" // the property company of the compound at the place
)

// Target names an organisation by kind and level.
type Target struct {
	Kind string // org kind
	At   string
}

// Route is one routing rule. Rules are tried in order; a rule fits when all of
// its conditions that are set hold and its Lead exists at the place. Events go
// first to the territory, then to the owner; parts first to the owner.
type Route struct {
	ID       int64
	Order    int
	Name     string // zh
	NameEn   string
	Kind     string // event | part; "" = any
	UnitKind string // the category's responsible kind; "" = any
	Category string // code or prefix of it; "" = any
	Grade    string // "" = any
	Lead     Target
	Assist   []Target
	Then     Target // where it goes when Lead returns it
}

// Routes is the starting rule list. The last rule fits everything: the
// district desk is the backstop.
func Routes() []Route {
	d := func(kind string) Target { return Target{kind, AtDistrict} }
	city := func(kind string) Target { return Target{kind, AtCity} }
	street := func(kind string) Target { return Target{kind, AtStreet} }
	desk := d(KindDistrictDesk)
	var out []Route
	add := func(r Route) {
		r.Order = len(out) + 1
		r.ID = routeBase + int64(r.Order)
		if r.Then == (Target{}) {
			r.Then = desk
		}
		out = append(out, r)
	}
	// danger to life first, by whose hands it takes
	add(Route{Name: "紧急燃气险情:燃气公司主办,消防、街道协办", NameEn: "Gas danger: gas company, with fire brigade and subdistrict", UnitKind: KindGas, Grade: "critical", Lead: city(KindGas), Assist: []Target{d(KindFire), street(KindStreetSafety)}})
	add(Route{Name: "紧急消防隐患:消防大队主办,街道综治中心协办", NameEn: "Fire danger: fire brigade, with subdistrict", UnitKind: KindFire, Grade: "critical", Lead: d(KindFire), Assist: []Target{street(KindStreetSafety)}})
	// utilities own their lines everywhere in the city
	for _, u := range []struct{ kind, zh, en string }{
		{KindWaterSupply, "供水", "Water supply"}, {KindGas, "燃气", "Gas"}, {KindPower, "供电", "Power"}, {KindHeat, "供热", "Heating"},
		{KindTelecom, "通信", "Telecoms"}, {KindTV, "有线电视", "Cable television"}, {KindBus, "公交", "Buses"}, {KindDrainage, "排水", "Drainage"},
	} {
		add(Route{Name: u.zh + "事项:直达产权单位", NameEn: u.en + ": straight to its owner", UnitKind: u.kind, Lead: city(u.kind)})
	}
	// parts: first the owner
	for _, u := range []struct{ kind, then, zh, en string }{
		{KindSanitation, KindUrbanManagement, "环卫设施", "Sanitation assets"}, {KindGreening, KindUrbanManagement, "园林绿化设施", "Green assets"},
		{KindRoadWorks, KindUrbanManagement, "市政道路设施", "Road assets"}, {KindLighting, KindUrbanManagement, "照明设施", "Street lights"},
		{KindParking, KindUrbanManagement, "停车设施", "Parking assets"},
	} {
		add(Route{Name: u.zh + "(部件):先派养护单位", NameEn: u.en + ": to their keeper", Kind: "part", UnitKind: u.kind, Lead: d(u.kind), Then: d(u.then)})
	}
	add(Route{Name: "其他部件:先派区级主管部门", NameEn: "Other urban assets: to the district bureau", Kind: "part", UnitKind: KindUrbanManagement, Lead: d(KindUrbanManagement)})
	// events: first the territory
	add(Route{Name: "城市管理事件:街道综合执法队首接", NameEn: "Urban order: subdistrict enforcement team first", Kind: "event", UnitKind: KindUrbanManagement, Lead: street(KindStreetEnforcement), Then: d(KindUrbanManagement)})
	add(Route{Name: "环境卫生事件:环卫公司首接", NameEn: "Street cleaning: sanitation company first", Kind: "event", UnitKind: KindSanitation, Lead: d(KindSanitation), Assist: []Target{street(KindStreetEnforcement)}, Then: d(KindUrbanManagement)})
	add(Route{Name: "物业服务事项:小区物业公司首接", NameEn: "Property service: the compound's company first", UnitKind: KindProperty, Lead: Target{KindProperty, AtCompound}, Assist: []Target{{KindCommunity, AtCommunity}}, Then: street(KindStreetOffice)})
	add(Route{Name: "无物业小区的物业事项:社区居委会首接", NameEn: "Property matters without a company: the community first", UnitKind: KindProperty, Lead: Target{KindCommunity, AtCommunity}, Then: street(KindStreetOffice)})
	add(Route{Name: "社区事务:社区居委会首接", NameEn: "Community matters: the community first", UnitKind: KindCommunity, Lead: Target{KindCommunity, AtCommunity}, Then: street(KindStreetOffice)})
	for _, k := range []struct{ kind, zh, en string }{
		{KindStreetOffice, "街道事务:街道办事处", "Subdistrict matters: the office"}, {KindStreetEnforcement, "街面执法:街道综合执法队", "Street enforcement: the team"},
		{KindStreetService, "便民服务:街道便民服务中心", "Services and advice: the service centre"}, {KindStreetSafety, "平安法治:街道综治中心", "Safety and disputes: the safety centre"},
	} {
		add(Route{Name: k.zh, NameEn: k.en, UnitKind: k.kind, Lead: street(k.kind)})
	}
	for _, s := range districtOrgs {
		if s.kind == KindDistrictDesk || s.kind == KindUrbanManagement {
			continue
		}
		add(Route{Name: s.short + "职责事项", NameEn: "Matters of the " + s.en, UnitKind: s.kind, Lead: d(s.kind)})
	}
	add(Route{Name: "区城管局职责事项", NameEn: "Matters of the Urban Management Bureau", UnitKind: KindUrbanManagement, Lead: d(KindUrbanManagement)})
	add(Route{Name: "兜底:区网格化综合指挥中心", NameEn: "Backstop: district command centre", Lead: desk})
	return out
}
