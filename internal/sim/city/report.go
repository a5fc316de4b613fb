package city

import (
	"math/rand/v2"
	"strings"
)

// ReportText writes a synthetic resident's report about a leaf category at a
// place (an address or the name of a compound or road). The same random
// numbers give the same words.
func ReportText(rng *rand.Rand, leaf *Category, place string) (title, text string) {
	if len(leaf.Templates) == 0 {
		return leaf.Name, place + "有" + leaf.Name + "问题，请派人处理。"
	}
	text = leaf.Templates[rng.IntN(len(leaf.Templates))]
	detail := leaf.Name
	if len(leaf.Details) > 0 {
		detail = leaf.Details[rng.IntN(len(leaf.Details))]
	}
	text = strings.NewReplacer("{place}", place, "{time}", times[rng.IntN(len(times))], "{dur}", spans[rng.IntN(len(spans))], "{detail}", detail).Replace(text)
	text = strings.ReplaceAll(text, "了了", "了")
	switch rng.IntN(5) {
	case 0:
		text = greetings[rng.IntN(len(greetings))] + text
	case 1:
		text += wishes[rng.IntN(len(wishes))]
	case 2:
		text = greetings[rng.IntN(len(greetings))] + text + wishes[rng.IntN(len(wishes))]
	}
	word := leaf.Name
	if len(leaf.Keywords) > 0 && rng.IntN(3) > 0 {
		word = leaf.Keywords[rng.IntN(len(leaf.Keywords))]
	}
	switch rng.IntN(3) {
	case 0:
		title = place + word
	case 1:
		title = "反映" + place + word + "问题"
	default:
		title = place + "：" + word
	}
	return title, text
}

var (
	times     = []string{"今天早上", "昨天晚上", "这两天", "上周末", "每天晚上十点以后", "每天清早", "中午", "下班时间", "今天下午", "前天", "节假日", "放学的时候", "最近", "凌晨两三点", "周末", "刚才"}
	spans     = []string{"三天了", "一个多星期了", "半个月了", "快一个月了", "两个多月了", "大半年了", "好几天了", "很长时间了", "十来天了", "从上个月到现在"}
	greetings = []string{"您好，", "你好，我是附近的居民。", "工作人员您好，", "麻烦反映一下：", "我是这里的住户，", "您好，想反映一个情况。", "同志你好，"}
	wishes    = []string{"麻烦尽快安排人来看看。", "希望有关部门处理一下，谢谢。", "请给个答复。", "之前也反映过，一直没有解决。", "家里有老人和小孩，很不方便。", "麻烦处理后告诉我一声。", "谢谢你们。", "希望不要再推来推去。", "邻居们意见都很大。"}
)
