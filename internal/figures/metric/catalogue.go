package metric

import "linli/internal/work/cases"

var (
	own  = w("本系统统计口径", "Linli's own definition")
	city = func(zh, en string) Says {
		return Says{Source: w("城市管理信息系统评价指标："+zh, "Figures of a city management system: "+en)}
	}
)

// says completes the words of a figure.
func (s Says) says(definition, numerator, denominator, exclusions [2]string) Says {
	if s.Source.ZH == "" {
		s.Source = own
	}
	s.Definition, s.Numerator = w(definition[0], definition[1]), w(numerator[0], numerator[1])
	s.Denominator, s.Exclusions = w(denominator[0], denominator[1]), w(exclusions[0], exclusions[1])
	return s
}

type words = [2]string

var none words // no words

func count(id string, name words, set Set, says Says) Figure {
	return Figure{ID: id, Name: w(name[0], name[1]), Unit: Count, Numerator: set, Denominator: set, Excluded: Set{Empty: true}, Says: says}
}

// rate is a share of the cases with one mark; base is what was looked at, and
// what of it has not the mark is excluded.
func rate(id string, name words, numerator, denominator, base int, says Says) Figure {
	f := Figure{ID: id, Name: w(name[0], name[1]), Unit: Rate, Numerator: Set{Is: numerator}, Denominator: Set{Is: denominator}, Excluded: Set{Is: base, Not: denominator}, Says: says}
	f.Excluded.Empty = denominator == base
	return f
}

// catalogue is every figure. Formulas: DOMAIN.md, "Figures of a city management
// system". In each rate the numerator's mark implies the denominator's.
var catalogue = []Figure{
	count("reported", words{"上报数", "Reported"}, Set{Is: cases.MarkReported}, Says{}.says(
		words{"所选日期内登记的全部事件。后来并入其他事件、撤回或作废的也在内，另有去向可查。", "All cases reported in the chosen days, also those that were merged, withdrawn or voided later."},
		words{"登记的事件", "cases reported"}, none, none)),
	count("open", words{"在办数", "Open"}, Set{Is: cases.MarkOpen}, Says{}.says(
		words{"所选日期内登记、目前还没有结束的事件。", "Cases reported in the chosen days that have not ended yet."},
		words{"尚未结束的事件", "cases that have not ended"}, none, none)),
	count("closed", words{"办结数", "Closed"}, Set{Is: cases.MarkClosed}, Says{}.says(
		words{"所选日期内登记、目前已经结案或归档的事件。不予受理、不予立案、并入、撤回、作废不算办结。", "Cases reported in the chosen days that are closed or archived by now. Declined, not filed, merged, withdrawn and void ones do not count as closed."},
		words{"已经结案或归档的事件", "cases closed or archived"}, none, none)),
	count("overdue", words{"超时未办结数", "Overdue"}, Set{Is: cases.MarkOverdue}, Says{}.says(
		words{"办理时限已过、单位还没有办好、也没有挂账的事件。", "Cases whose handling limit has passed, which are neither resolved by the unit nor suspended."},
		words{"超过时限仍未办好的事件", "cases past their limit and not resolved"}, none, none)),
	rate("filed_on_time", words{"按时立案率", "Filed on time"}, cases.MarkFiledOnTime, cases.MarkToFile, cases.MarkReported, city("按时立案数 ÷ 应立案数", "filed on time / to be filed").says(
		words{"已作出立案与否决定的事件中，在受理立案时限内决定的占比。", "Of the cases on which filing was decided, the share decided within the triage limit."},
		words{"在时限内决定立案、不予立案或不予受理的事件", "cases decided within the limit"},
		words{"已决定立案、不予立案或不予受理的事件", "cases that were filed, not filed or declined"},
		words{"尚未决定的、当场办结的、并入、撤回、作废的事件和历史导入的事件", "cases not decided yet, settled on the spot, merged, withdrawn, void, or brought in as history"})),
	rate("dispatched_correctly", words{"派遣准确率", "Dispatched correctly"}, cases.MarkDispatchedOK, cases.MarkDispatched, cases.MarkReported, city("准确派遣数（未退单）÷ 派遣数", "not returned / dispatched").says(
		words{"派遣过的事件中，从未被单位退单的占比。", "Of the cases dispatched, the share that no unit ever returned."},
		words{"派遣后没有退单成立的事件", "cases dispatched and never returned"},
		words{"派遣过的事件", "cases dispatched"},
		words{"没有派遣过的事件", "cases never dispatched"})),
	rate("returned", words{"退单率", "Returned"}, cases.MarkReturned, cases.MarkDispatched, cases.MarkReported, Says{}.says(
		words{"派遣过的事件中，有过退单成立的占比；与派遣准确率相加为 100%。", "Of the cases dispatched, the share returned at least once; adds up to 100 % with dispatched correctly."},
		words{"有过退单成立的事件", "cases returned at least once"},
		words{"派遣过的事件", "cases dispatched"},
		words{"没有派遣过的事件", "cases never dispatched"})),
	rate("response", words{"24 小时响应率", "Responded in 24 h"}, cases.MarkResponded, cases.MarkResponseDue, cases.MarkReported, city("24 小时内响应数 ÷ 应响应数", "responded within 24 h / due").says(
		words{"派遣给单位的事件中，单位在 24 小时内签收的占比。只看签收；与诉求人的首次联系没有单独记录，不在此内。重新派遣的，按最近一次计算。", "Of the cases dispatched, the share that the unit signed for within 24 hours. Only signing counts: first contact with the reporter is not recorded apart. The latest dispatch counts."},
		words{"派遣后 24 小时内签收的事件", "cases signed for within 24 h of dispatch"},
		words{"已签收的，或派遣满 24 小时仍未签收的事件", "cases signed for, or dispatched 24 h ago and not signed for"},
		words{"没有派遣的、派遣未满 24 小时且还没签收的事件", "cases never dispatched, or dispatched less than 24 h ago and not signed for yet"})),
	rate("handled_on_time", words{"按时处置率", "Handled on time"}, cases.MarkOnTime, cases.MarkDue, cases.MarkReported, city("按时处置数 ÷ 应处置数", "handled on time / due").says(
		words{"应处置的事件中，单位在时限内办好的占比。延期成立的按新时限，挂账期间不计时。", "Of the cases due, the share that the unit resolved within the limit. A granted extension moves the limit; time in suspension does not count."},
		words{"在时限内办好的事件", "cases resolved within the limit"},
		words{"已办好的，或时限已过仍未办好的事件", "cases resolved, or whose limit has passed"},
		words{"时限未到且还没办好的、没有办理时限的、并入、撤回、作废的事件", "cases not resolved whose limit has not passed, cases without a limit, merged, withdrawn or void ones"})),
	rate("closed_on_time", words{"按时结案率", "Closed on time"}, cases.MarkClosedOnTime, cases.MarkCloseDue, cases.MarkReported, city("按时结案数 ÷ 应结案数", "closed on time / due").says(
		words{"应结案的事件中，单位在时限内办好、并已核查结案的占比。", "Of the cases due to be closed, the share resolved within the limit, verified and closed."},
		words{"在时限内办好并已结案的事件", "cases resolved within the limit and closed"},
		words{"已结案的，或时限已过的事件", "cases closed, or whose limit has passed"},
		words{"时限未到且还没结案的、没有办理时限的、并入、撤回、作废的事件", "cases not closed whose limit has not passed, cases without a limit, merged, withdrawn or void ones"})),
	rate("resolved_by_unit", words{"单位办结率", "Resolved, says the unit"}, cases.MarkResolved, cases.MarkDispatched, cases.MarkReported, Says{}.says(
		words{"派遣过的事件中，单位目前称已办好的占比。这是单位的说法；诉求人的说法见“诉求解决率”，两者分开看。", "Of the cases dispatched, the share that the unit says is resolved. It is the unit's word; the reporter's is the solved rate, and the two are kept apart."},
		words{"单位称已办好的事件", "cases that the unit says are resolved"},
		words{"派遣过的事件", "cases dispatched"},
		words{"没有派遣过的事件", "cases never dispatched"})),
	rate("solved", words{"诉求解决率", "Solved, says the reporter"}, cases.MarkSolved, cases.MarkReached, cases.MarkCalled, city("回访认为已解决数 ÷ 有效回访数", "call-back says solved / valid call-backs").says(
		words{"有效回访的事件中，诉求人说已经解决的占比。回访由系统随机抽取。", "Of the cases with a valid call-back, the share whose reporter says it is solved. The system draws call-backs at random."},
		words{"诉求人说已经解决的事件", "cases whose reporter says they are solved"},
		words{"回访接通的事件", "cases whose reporter was reached"},
		words{"回访没有接通的事件", "cases whose reporter was not reached"})),
	rate("satisfaction", words{"满意率", "Satisfied"}, cases.MarkSatisfied, cases.MarkGraded, cases.MarkReached, city("满意数 ÷ 参与评价数", "satisfied / graded").says(
		words{"回访中作出评价的事件中，评 4 分或 5 分（满分 5 分）的占比。", "Of the cases graded in a call-back, the share with 4 or 5 of 5."},
		words{"评 4 分或 5 分的事件", "cases graded 4 or 5"},
		words{"作出评价的事件", "cases graded"},
		words{"回访接通但没有评价的事件", "cases whose reporter was reached and gave no grade"})),
	rate("callback_reached", words{"回访接通率", "Call-backs that reached"}, cases.MarkReached, cases.MarkCalled, cases.MarkCalled, Says{}.says(
		words{"回访过的事件中，联系到诉求人的占比。", "Of the cases called back, the share whose reporter was reached."},
		words{"回访接通的事件", "cases whose reporter was reached"},
		words{"回访过的事件", "cases called back"}, none)),
	rate("rework", words{"返工率", "Rework"}, cases.MarkReworked, cases.MarkHandled, cases.MarkReported, city("返工数 ÷ 处置数", "rework / handled").says(
		words{"处置过的事件中，核查不通过、退回重新处理过的占比。", "Of the cases handled, the share that failed a verification at least once."},
		words{"有过核查不通过的事件", "cases that failed a verification"},
		words{"报告过办好的事件，含当场办结", "cases once said to be resolved, also on the spot"},
		words{"还没报告过办好的事件和历史导入的事件", "cases never said to be resolved, and history"})),
	rate("redo", words{"重办率", "Redo"}, cases.MarkRedone, cases.MarkHandled, cases.MarkReported, Says{}.says(
		words{"处置过的事件中，回访未解决、不满意或结案后重新打开而重办的占比。", "Of the cases handled, the share done anew after a call-back (unsolved, unsatisfied) or reopened after closing."},
		words{"重办过的事件", "cases done anew"},
		words{"报告过办好的事件，含当场办结", "cases once said to be resolved, also on the spot"},
		words{"还没报告过办好的事件和历史导入的事件", "cases never said to be resolved, and history"})),
	rate("extension", words{"延期率", "Extended"}, cases.MarkExtended, cases.MarkDispatched, cases.MarkReported, city("延期数 ÷ 派遣数", "extended / dispatched").says(
		words{"派遣过的事件中，延期申请获准的占比。", "Of the cases dispatched, the share with a granted extension."},
		words{"延期成立的事件", "cases extended"},
		words{"派遣过的事件", "cases dispatched"},
		words{"没有派遣过的事件", "cases never dispatched"})),
	rate("suspension", words{"挂账率", "Suspended"}, cases.MarkSuspended, cases.MarkDispatched, cases.MarkReported, city("挂账数 ÷ 派遣数", "suspended / dispatched").says(
		words{"派遣过的事件中，目前处于挂账的占比。已恢复办理的不再计入。", "Of the cases dispatched, the share that is suspended now; resumed ones no longer count."},
		words{"目前挂账的事件", "cases suspended now"},
		words{"派遣过的事件", "cases dispatched"},
		words{"没有派遣过的事件", "cases never dispatched"})),
	rate("onsite", words{"当场办结占比", "Settled on the spot"}, cases.MarkOnsite, cases.MarkReported, cases.MarkReported, Says{}.says(
		words{"登记的事件中，工作人员当场办结的占比。抽查后又转办的也在内。", "Of the cases reported, the share settled on the spot, also those that a check sent back."},
		words{"当场办结的事件", "cases settled on the spot"},
		words{"登记的事件", "cases reported"}, none)),
}

// headline are the six figures at the top of the cockpit. What the unit says
// and what the reporter says stand side by side.
var headline = []string{"reported", "open", "handled_on_time", "resolved_by_unit", "solved", "satisfaction"}
