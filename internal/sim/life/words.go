package life

import (
	"math/rand/v2"
	"strings"

	"linli/internal/sim/city"
)

// said draws a sentence.
func said(rng *rand.Rand, list []string) string { return list[rng.IntN(len(list))] }

// about a category: {matter} is its name, {closing} its condition for closing.
func saidOf(rng *rand.Rand, list []string, leaf *city.Category) string {
	closing := leaf.Closing
	if closing == "" {
		closing = "问题已解决"
	}
	return strings.NewReplacer("{matter}", leaf.Name, "{closing}", closing).Replace(said(rng, list))
}

var (
	surnames = strings.Fields("王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 肖 田 董 潘 袁 蔡 蒋 余")
	givens   = strings.Fields("建国 秀英 志强 桂兰 海燕 晓明 玉梅 伟 静 丽华 文斌 春燕 国庆 雪梅 子涵 思远 家豪 雨桐 永福 淑芬 小军 红霞 俊杰 敏")

	settled = []string{"网格员现场劝导，当事人已自行整改。", "现场清理完毕，已告知周边住户。", "当场协调双方，问题已解决。", "已现场处置并恢复原状，诉求人认可。", "现场核实后立即处理完毕。"}
	results = []string{
		"已安排人员到现场处理，{closing}。",
		"经现场核实，{matter}情况属实，已整改完毕：{closing}。",
		"已按要求处理并复查，{closing}，同时告知周边住户联系方式。",
		"接单后当日到场，现已办结：{closing}。",
		"已联合相关单位处置，{closing}，后续纳入日常巡查。",
		"已与诉求人沟通并说明处理经过，{closing}。",
	}
	doneAgain    = []string{"已根据回访意见重新办理，{closing}。", "已再次到场返工，{closing}，请复查。", "已更换施工人员重新处理，{closing}。"}
	accepted     = []string{"", "", "", "已受理，请关注办理进度。", "已与诉求人电话核实。"}
	declined     = []string{"诉求内容不属于网格事项受理范围，已告知诉求人向法院咨询。", "诉求内容不清且多次联系不上诉求人。", "该事项已进入诉讼程序，按规定不予受理。", "属于商业推广信息，不予受理。"}
	notFiled     = []string{"现场核实未发现所反映的情况。", "情况已自行消除，无需处置。", "未达到立案条件，已向诉求人说明。", "经核实为重复反映且已办结。"}
	dispatchNote = []string{"", "", "", "", "请按时限办理并及时反馈。", "请先与诉求人联系。", "现场位置见地图，请核实后处置。"}
	returns      = []string{"不属于本单位职责，建议转有关单位办理。", "该设施权属不在本单位。", "地点不在本单位管辖范围内。", "按部门职责分工，应由建议单位主办。"}
	returnOK     = []string{"情况属实，同意退回重新派遣。", "同意退单。", ""}
	returnNo     = []string{"按职责分工属你单位办理，请继续办理。", "已与相关单位核实，仍由你单位主办。"}
	extends      = []string{"需采购配件，预计到货后三日内完成。", "施工需协调多家单位，申请延长办理时间。", "连续降雨影响施工，申请延期。", "需履行招标手续，申请延期。"}
	suspends     = []string{"需列入年度改造计划，资金落实后实施。", "涉及产权纠纷，待司法裁定后办理。", "需待上级规划审批后实施。"}
	approvals    = []string{"同意。", "情况属实，同意。", "同意，请抓紧办理。"}
	refusals     = []string{"理由不充分，请在原时限内办理。", "请优先安排力量按期办结。", "不符合条件，请继续办理。"}
	resumes      = []string{"条件已具备，恢复办理。", "资金已落实，恢复办理。"}
	passes       = []string{"", "", "现场核查，问题已解决。", "已到现场查看，恢复良好。", "核查属实。"}
	fails        = []string{"现场核查，问题仍存在，请重新处理。", "只处理了一部分，请继续整改。", "现场遗留建筑垃圾，未清理完毕。"}
	urges        = []string{"临近时限，请抓紧办理。", "诉求人再次来电询问，请尽快处理。", "请反馈办理进展。"}
	supervised   = []string{"已超时限，请说明原因并立即办理。", "列入督办，请于明日反馈进展。"}
	escalates    = []string{"涉及多个部门，街道难以协调，请区级指挥中心统筹。", "长期未解决，上报区级协调。"}
	notes        = []string{"诉求人补充：问题比昨天更严重了，希望尽快处理。", "诉求人补充说明具体位置在单元门口左侧。", "诉求人表示白天都有人在家，可以随时上门。", "邻居也来电反映同一情况。"}
	withdrawals  = []string{"诉求人来电表示问题已自行解决，申请撤回。", "诉求人误报，申请撤回。"}
	voids        = []string{"测试工单，申请作废。", "登记有误，已另行登记。"}
	corrections  = []string{"诉求人更正地点。", "核实后更正事项信息。"}
	reopens      = []string{"诉求人反映问题再次出现，重新办理。", "抽查发现未彻底解决，重新办理。"}
	noAnswer     = []string{"无人接听。", "电话关机，稍后再拨。", ""}
	unsolved     = []string{"诉求人表示问题没有解决。", "诉求人反映处理后又反弹。", "诉求人表示没有人联系过他。"}
	thanks       = []string{"", "", "", "诉求人表示感谢。", "诉求人对处理速度满意。"}
)
