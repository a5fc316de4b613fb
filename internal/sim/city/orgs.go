package city

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// Org is a department, unit, company or community committee.
type Org struct {
	ID     int64
	Name   string // full official name, can be long
	Short  string // as people say it
	NameEn string
	Kind   string // one of the Kind… codes below; routing and categories name them
	Class  string // coarse: department | utility | street_office | committee | centre | company | property | other
	Region int64  // code of the area it serves: 9901, 990101, 990101001 or 990101001001
	Parent int64  // Org.ID; 0 = none
}

// Kinds of organisations. A category names the kind that is responsible, a
// routing rule the kind that leads.
const (
	KindStreetOffice      = "street_office"      // 街道办事处
	KindStreetEnforcement = "street_enforcement" // 街道综合执法队
	KindStreetService     = "street_service"     // 街道便民服务中心
	KindStreetSafety      = "street_safety"      // 街道综治中心
	KindCommunity         = "community"          // 社区居民委员会
	KindProperty          = "property"           // 物业公司
	KindDistrictDesk      = "district_desk"      // 区网格化综合指挥中心, the backstop
	KindUrbanManagement   = "urban_management"
	KindHousing           = "housing"
	KindWater             = "water"
	KindTrafficPolice     = "traffic_police"
	KindMarket            = "market_regulation"
	KindEnvironment       = "environment"
	KindHealth            = "health"
	KindEducation         = "education"
	KindCivil             = "civil_affairs"
	KindLabour            = "labour"
	KindMedical           = "medical_insurance"
	KindEmergency         = "emergency"
	KindFire              = "fire"
	KindPolice            = "police"
	KindAgriculture       = "agriculture"
	KindCulture           = "culture"
	KindResources         = "natural_resources"
	KindTransport         = "transport"
	KindDisabled          = "disabled_federation"
	KindSanitation        = "sanitation"       // 环卫
	KindGreening          = "greening"         // 园林绿化养护
	KindRoadWorks         = "road_maintenance" // 市政养护
	KindParking           = "parking"
	KindPublicHousing     = "public_housing"
	KindLighting          = "lighting"
	KindWaterSupply       = "water_supply"
	KindGas               = "gas"
	KindPower             = "power"
	KindHeat              = "heat"
	KindTelecom           = "telecom"
	KindTV                = "cable_tv"
	KindBus               = "bus"
	KindDrainage          = "drainage"
	KindHotline           = "hotline"
	KindCityDesk          = "city_desk" // 市城市运行管理服务中心
	KindCityBureau        = "city_bureau"
)

// classOf is the coarse class of a kind.
func classOf(kind string) string {
	switch kind {
	case KindStreetOffice:
		return "street_office"
	case KindCommunity:
		return "committee"
	case KindProperty:
		return "property"
	case KindDistrictDesk, KindCityDesk, KindHotline:
		return "centre"
	case KindWaterSupply, KindGas, KindPower, KindHeat, KindTelecom, KindTV, KindDrainage, KindBus:
		return "utility"
	case KindSanitation, KindParking:
		return "company"
	case KindStreetService, KindStreetSafety, KindStreetEnforcement:
		return "other"
	}
	return "department"
}

type orgSpec struct{ kind, name, short, en string }

// {d} is the district.
var districtOrgs = []orgSpec{
	{KindDistrictDesk, "{d}网格化综合指挥中心", "指挥中心", "Grid Command Centre"},
	{KindUrbanManagement, "{d}城市管理和综合执法局", "城管局", "Urban Management Bureau"},
	{KindHousing, "{d}住房和城乡建设局", "住建局", "Housing and Construction Bureau"},
	{KindWater, "{d}水务局", "水务局", "Water Affairs Bureau"},
	{KindTrafficPolice, "澄湖市公安局交通警察支队{d}大队", "交警大队", "Traffic Police Brigade"},
	{KindMarket, "{d}市场监督管理局", "市场监管局", "Market Regulation Bureau"},
	{KindEnvironment, "澄湖市生态环境局{d}分局", "生态环境分局", "Ecology and Environment Branch"},
	{KindHealth, "{d}卫生健康局", "卫健局", "Health Bureau"},
	{KindEducation, "{d}教育局", "教育局", "Education Bureau"},
	{KindCivil, "{d}民政局", "民政局", "Civil Affairs Bureau"},
	{KindLabour, "{d}人力资源和社会保障局", "人社局", "Human Resources and Social Security Bureau"},
	{KindMedical, "{d}医疗保障局", "医保局", "Medical Insurance Bureau"},
	{KindEmergency, "{d}应急管理局", "应急局", "Emergency Management Bureau"},
	{KindFire, "{d}消防救援大队", "消防大队", "Fire and Rescue Brigade"},
	{KindPolice, "澄湖市公安局{d}分局", "公安分局", "Police Branch"},
	{KindAgriculture, "{d}农业农村局", "农业农村局", "Agriculture and Rural Affairs Bureau"},
	{KindCulture, "{d}文化旅游和体育局", "文旅体局", "Culture, Tourism and Sports Bureau"},
	{KindResources, "澄湖市自然资源和规划局{d}分局", "资源规划分局", "Natural Resources and Planning Branch"},
	{KindTransport, "{d}交通运输局", "交通局", "Transport Bureau"},
	{KindDisabled, "{d}残疾人联合会", "残联", "Disabled Persons' Federation"},
	{KindSanitation, "{d}洁城环境卫生服务有限公司", "环卫公司", "Sanitation Company"},
	{KindGreening, "{d}园林绿化养护中心", "园林中心", "Greening Centre"},
	{KindRoadWorks, "{d}市政设施维护管理所", "市政所", "Road Maintenance Office"},
	{KindParking, "{d}城市停车管理服务有限公司", "停车公司", "Parking Company"},
	{KindPublicHousing, "{d}直管公房管理所", "房管所", "Public Housing Office"},
	{KindLighting, "{d}城市照明管理所", "路灯所", "Street Lighting Office"},
}

// longName tries every layout that shows an organisation.
const longName = "{d}老旧小区改造和既有住宅加装电梯工作联席会议办公室（直管公房管理所、住宅专项维修资金管理中心、房屋安全鉴定站合署）"

var cityOrgs = []orgSpec{
	{KindHotline, "澄湖市12345政务服务便民热线中心", "12345热线", "12345 Hotline Centre"},
	{KindCityDesk, "澄湖市城市运行管理服务中心", "市城运中心", "City Operations Centre"},
	{KindCityBureau, "澄湖市城市管理和综合执法局", "市城管局", "City Urban Management Bureau"},
	{KindCityBureau, "澄湖市住房和城乡建设局", "市住建局", "City Housing and Construction Bureau"},
	{KindCityBureau, "澄湖市水务局", "市水务局", "City Water Bureau"},
	{KindCityBureau, "澄湖市公安局", "市公安局", "City Police"},
	{KindCityBureau, "澄湖市民政局", "市民政局", "City Civil Affairs Bureau"},
	{KindCityBureau, "澄湖市人力资源和社会保障局", "市人社局", "City Human Resources Bureau"},
	{KindCityBureau, "澄湖市卫生健康委员会", "市卫健委", "City Health Commission"},
	{KindCityBureau, "澄湖市教育局", "市教育局", "City Education Bureau"},
	{KindCityBureau, "澄湖市市场监督管理局", "市市场监管局", "City Market Regulation Bureau"},
	{KindCityBureau, "澄湖市生态环境局", "市生态环境局", "City Environment Bureau"},
	{KindCityBureau, "澄湖市交通运输局", "市交通局", "City Transport Bureau"},
	{KindCityBureau, "澄湖市自然资源和规划局", "市资源规划局", "City Planning Bureau"},
	{KindCityBureau, "澄湖市应急管理局", "市应急局", "City Emergency Bureau"},
	{KindCityBureau, "澄湖市消防救援支队", "市消防支队", "City Fire Brigade"},
	{KindCityBureau, "澄湖市医疗保障局", "市医保局", "City Medical Insurance Bureau"},
	{KindCityBureau, "澄湖市住房公积金管理中心", "公积金中心", "Housing Provident Fund Centre"},
	{KindCityBureau, "澄湖市文化旅游和体育局", "市文旅体局", "City Culture Bureau"},
	{KindCityBureau, "澄湖市农业农村局", "市农业农村局", "City Agriculture Bureau"},
	{KindCityBureau, "澄湖市信访局", "市信访局", "City Petitions Bureau"},
	{KindCityBureau, "澄湖市司法局", "市司法局", "City Justice Bureau"},
	{KindCityBureau, "澄湖市数据局", "市数据局", "City Data Bureau"},
	{KindCityBureau, "澄湖市审计局", "市审计局", "City Audit Bureau"},
	{KindWaterSupply, "澄湖市自来水有限责任公司", "自来水公司", "Water Supply Company"},
	{KindGas, "澄湖市燃气集团有限公司", "燃气公司", "Gas Company"},
	{KindPower, "澄湖市供电公司", "供电公司", "Power Supply Company"},
	{KindHeat, "澄湖市热力有限公司", "热力公司", "Heating Company"},
	{KindDrainage, "澄湖市排水有限公司", "排水公司", "Drainage Company"},
	{KindBus, "澄湖市公共交通有限公司", "公交公司", "Bus Company"},
	{KindTV, "澄湖市有线电视网络有限公司", "有线电视公司", "Cable Television Company"},
	{KindTelecom, "澄湖市通信建设与管线维护中心", "通信管线中心", "Telecom Lines Centre"},
	{KindTelecom, "澄湖市澄信通信有限公司", "澄信通信", "Chengxin Telecom"},
	{KindTelecom, "澄湖市湖讯网络有限公司", "湖讯网络", "Huxun Networks"},
}

var streetOrgs = []orgSpec{
	{KindStreetOffice, "{d}人民政府{s}办事处", "{s}办事处", "Subdistrict Office"},
	{KindStreetEnforcement, "{d}{s}综合行政执法队", "{s}综合执法队", "Enforcement Team"},
	{KindStreetService, "{d}{s}便民服务中心", "{s}便民服务中心", "Service Centre"},
	{KindStreetSafety, "{d}{s}社会治安综合治理中心", "{s}综治中心", "Public Safety Centre"},
}

var propertyNames = strings.Fields("翠湖 安居 和家 金桥 湖畔 锦绣 康宁 万和 澄江 同心 阳光里 绿城苑 乐邻 永嘉 恒馨 诚至 佳美 宏图 碧波 润泽 常青 仁居 明珠 新航 益民 东辰")

// organise makes the organisations: at scale 1, 210 departments and units and
// besides them a committee for each community.
func (b *builder) organise() {
	c := b.c
	add := func(s orgSpec, region, parent int64, d, st string) int64 {
		fill := strings.NewReplacer("{d}", d, "{s}", st)
		o := Org{ID: orgBase + int64(len(c.Orgs)) + 1, Name: fill.Replace(s.name), Short: fill.Replace(s.short), NameEn: s.en, Kind: s.kind, Class: classOf(s.kind), Region: region, Parent: parent}
		c.Orgs = append(c.Orgs, o)
		return o.ID
	}
	for _, s := range cityOrgs {
		add(s, int64(c.Code), 0, "", "")
	}
	for i := range c.Districts {
		d := &c.Districts[i]
		for _, s := range districtOrgs {
			if s.kind == KindPublicHousing && i == 0 {
				s.name = longName
				s.short = "加梯办"
			}
			s.short = d.Name + s.short
			s.en = strings.TrimSuffix(d.NameEn, " District") + " " + s.en
			add(s, d.Code, 0, d.Name, "")
		}
	}
	for i := range c.Streets {
		s := &c.Streets[i]
		dn := ""
		for k := range c.Districts {
			if c.Districts[k].Code == s.Parent {
				dn = c.Districts[k].Name
			}
		}
		var office int64
		for _, o := range streetOrgs {
			o.en = strings.TrimSuffix(s.NameEn, " Subdistrict") + " " + o.en
			id := add(o, s.Code, office, dn, s.Name)
			if office == 0 {
				office = id
			}
		}
		for k := range c.Communities {
			if co := &c.Communities[k]; co.Parent == s.Code {
				n := co.Name + "居民委员会"
				add(orgSpec{KindCommunity, s.Name + n, co.Name, co.NameEn + " Committee"}, co.Code, office, "", "")
			}
		}
	}
	// every street has a property company; each compound of newer make has one
	rng := stream(c.Seed, "property")
	n := min(len(propertyNames), max(len(c.Streets), int(math.Round(26*c.Scale))))
	byStreet := map[int64][]int64{}
	for i := range n {
		s := c.Streets[i%len(c.Streets)].Code
		id := add(orgSpec{KindProperty, "澄湖市" + propertyNames[i] + "物业服务有限公司", propertyNames[i] + "物业", fmt.Sprintf("Property Company %d", i+1)}, s, 0, "", "")
		byStreet[s] = append(byStreet[s], id)
	}
	for i := range c.Compounds {
		p := &c.Compounds[i]
		if ids := byStreet[p.Community/1000]; managed(p.Style, rng) {
			p.Property = ids[rng.IntN(len(ids))]
		}
	}
}

func managed(style string, rng *rand.Rand) bool {
	switch style {
	case "tower", "midrise":
		return true
	case "slab":
		return rng.IntN(10) < 6
	}
	return false
}
