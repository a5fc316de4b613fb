package rounds

import (
	"context"

	"linli/internal/kernel/access"
	"linli/internal/work/patrol"
)

func yesNo(code, text, en, why, whyEN string) patrol.Question {
	return patrol.Question{Code: code, Text: text, TextEN: en, Why: why, WhyEN: whyEN, Datatype: "singlevaluelist", Values: []patrol.Choice{{Key: "yes", Name: "是", NameEN: "yes"}, {Key: "no", Name: "否", NameEN: "no"}}}
}

var (
	spirits = patrol.Question{Code: "spirits", Text: "精神状态", TextEN: "In good spirits", Why: "及早发现身体和情绪的变化，需要时联系家人或社区医生", WhyEN: "To notice a change early and call the family or the community doctor", Datatype: "singlevaluelist",
		Values: []patrol.Choice{{Key: "good", Name: "好", NameEN: "good"}, {Key: "fair", Name: "一般", NameEN: "fair"}, {Key: "poor", Name: "差", NameEN: "poor"}}}
	gas     = yesNo("gas_hose", "燃气软管是否完好", "Is the gas hose sound", "老化的软管是居家火灾和中毒的主要原因", "An old hose is what most fires and poisonings at home begin with")
	smoke   = yesNo("smoke_alarm", "烟感报警器能否鸣响", "Does the smoke alarm sound", "独居老人家中由社区免费装设，坏了要换", "The community fits one free of charge where old people live alone; a broken one is changed")
	subsidy = yesNo("subsidy_paid", "补贴是否按月到账", "Does the subsidy come each month", "没有到账的由社区代为查询", "Where it does not, the community asks for the person")
	lane    = yesNo("lane_clear", "消防通道是否畅通", "Is the fire lane clear", "被占用时当场劝离，劝不动的转街道", "What blocks it is asked to go, or goes to the street office")
	riser   = yesNo("riser_tight", "燃气立管有无异味锈蚀（无异常选“是”）", "Is the gas riser free of smell and rust", "有异常立即通知燃气公司并疏散", "If not, the gas company is called and the stairwell cleared")
)

// Rules are the demo city's, in force from a day on; the street has a circular
// after a storm between two days.
func Rules(ctx context.Context, s *patrol.Service, from int, storm [2]int, street int64) error {
	scope := access.System("synthetic rules")
	for _, r := range []patrol.Rule{
		{Name: "独居老人每周走访", NameEN: "Old people living alone, weekly", Why: "一周内至少有人见到一次，及时发现需要帮助的情况", WhyEN: "Somebody sees them at least once a week and notices when help is needed", Kind: patrol.Visits, Needs: []string{"alone"}, Every: 7, Window: 3, Retry: 1, Priority: 1, Minutes: 15, Questions: []patrol.Question{spirits, gas, smoke}},
		{Name: "残疾人和重病家庭每月走访", NameEN: "Disabled and ill people, monthly", Why: "送补贴、辅具和代办服务上门", WhyEN: "Subsidies, aids and errands come to the door", Kind: patrol.Visits, Needs: []string{"disabled", "ill"}, Every: 30, Window: 10, Retry: 3, Priority: 2, Minutes: 15, Questions: []patrol.Question{spirits, subsidy}},
		{Name: "高龄老人和孕产妇每月走访", NameEN: "The very old and the expecting, monthly", Why: "办理津贴、预约体检", WhyEN: "Allowances and check-ups are seen to", Kind: patrol.Visits, Needs: []string{"elder", "pregnant"}, Every: 30, Window: 10, Retry: 3, Priority: 2, Minutes: 10, Questions: []patrol.Question{spirits}},
		{Name: "每户半年走访", NameEN: "Every home, twice a year", Why: "让每户居民认识网格员，知道有事找谁", WhyEN: "Every resident knows the grid worker and whom to ask", Kind: patrol.Visits, Every: 182, Window: 14, Retry: 5, Priority: 3, Minutes: 8, Questions: []patrol.Question{gas}},
		{Name: "消防通道每月巡查", NameEN: "Fire lanes, monthly", Why: "火灾时消防车要能开到楼下", WhyEN: "In a fire the engine must reach the house", Kind: patrol.Checks, Every: 30, Window: 7, Retry: 3, Priority: 2, Minutes: 6, Questions: []patrol.Question{lane}},
		{Name: "燃气立管每月巡查", NameEN: "Gas risers, monthly", Why: "发现泄漏和锈蚀，防止事故", WhyEN: "Leaks and rust are found before they do harm", Kind: patrol.Checks, Every: 30, Window: 7, Retry: 3, Priority: 2, Minutes: 6, Questions: []patrol.Question{riser}},
		{Name: "未消除隐患每周复查", NameEN: "Hazards, weekly until mended", Why: "没有消除的隐患每周看一次，直到办结", WhyEN: "A hazard that is not mended is looked at each week until it is", Kind: patrol.Rechecks, Grades: []string{"critical"}, Every: 7, Window: 3, Retry: 1, Priority: 1, Minutes: 10},
		{Area: street, Name: "大风后查看楼栋外立面", NameEN: "House fronts after the storm", Why: "寒潮大风后查看外墙、空调架和广告牌有无松动", WhyEN: "After the gale: is anything on the walls or above the doors loose", Kind: patrol.Circulars, Of: "building", From: storm[0], To: storm[1], Retry: 1, Priority: 2, Minutes: 5},
	} {
		r.ValidFrom = from
		if r.Kind == patrol.Circulars {
			r.ValidFrom = storm[0]
		}
		if _, err := s.Publish(ctx, scope, r, 0, "演示城市初始规则"); err != nil {
			return err
		}
	}
	return nil
}
