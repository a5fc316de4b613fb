package city

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The words that places are named with, each with its transcription. They are
// common good-omen words; no real town is meant.
const placeWords = `翠湖 Cuihu|和顺 Heshun|望湖 Wanghu|临湖 Linhu|清波 Qingbo|柳岸 Liu'an|荷塘 Hetang|芦洲 Luzhou|鹭岛 Ludao|渔湾 Yuwan
朝阳 Chaoyang|东升 Dongsheng|向阳 Xiangyang|红星 Hongxing|胜利 Shengli|新华 Xinhua|建新 Jianxin|光明 Guangming|团结 Tuanjie|友谊 Youyi
安居 Anju|康宁 Kangning|福寿 Fushou|平安 Ping'an|永安 Yong'an|长乐 Changle|太和 Taihe|仁和 Renhe|兴隆 Xinglong|裕丰 Yufeng
文昌 Wenchang|书院 Shuyuan|学府 Xuefu|崇文 Chongwen|明德 Mingde|至善 Zhishan|育才 Yucai|求实 Qiushi|博雅 Boya|翰林 Hanlin
钟楼 Zhonglou|鼓楼 Gulou|城隍 Chenghuang|东门 Dongmen|西门 Ximen|南门 Nanmen|北门 Beimen|水门 Shuimen|米市 Mishi|盐店 Yandian
桂花 Guihua|梅园 Meiyuan|兰亭 Lanting|竹苑 Zhuyuan|菊香 Juxiang|松涛 Songtao|银杏 Yinxing|香樟 Xiangzhang|梧桐 Wutong|丹枫 Danfeng
青山 Qingshan|凤山 Fengshan|龙泉 Longquan|白鹤 Baihe|锦绣 Jinxiu|彩虹 Caihong|金桥 Jinqiao|玉泉 Yuquan|石桥 Shiqiao|双桥 Shuangqiao
江口 Jiangkou|沙洲 Shazhou|堤东 Didong|堤西 Dixi|码头 Matou|船厂 Chuanchang|纺织 Fangzhi|机床 Jichuang|铁西 Tiexi|站前 Zhanqian
科创 Kechuang|云谷 Yungu|星河 Xinghe|创业 Chuangye|高新 Gaoxin|迎宾 Yingbin|会展 Huizhan|滨江 Binjiang|滨湖 Binhu|澄江 Chengjiang
杨柳 Yangliu|桃园 Taoyuan|李家铺 Lijiapu|张家湾 Zhangjiawan|陈家桥 Chenjiaqiao|周家塘 Zhoujiatang|吴家渡 Wujiadu|罗家冲 Luojiachong|杨家垄 Yangjialong|赵家台 Zhaojiatai
大塘 Datang|新塘 Xintang|古井 Gujing|三里亭 Sanliting|五里墩 Wulidun|七星 Qixing|八角亭 Bajiaoting|十里铺 Shilipu|月亮湾 Yueliangwan|金沙 Jinsha
丰收 Fengshou|富民 Fumin|惠民 Huimin|利民 Limin|民主 Minzhu|民生 Minsheng|共和 Gonghe|同心 Tongxin|和谐 Hexie|幸福 Xingfu
景秀 Jingxiu|天宁 Tianning|广济 Guangji|观音桥 Guanyinqiao|绿杨 Lüyang|芙蓉 Furong|石榴 Shiliu|海棠 Haitang|紫薇 Ziwei|玉兰 Yulan
梨园 Liyuan|枫林 Fenglin|茶亭 Chating|碧波 Bibo|湖心洲 Huxinzhou|百花 Baihua|长虹 Changhong|跃进 Yuejin|前进 Qianjin|工农 Gongnong`

type word struct{ zh, en string }

func words() []word {
	var out []word
	for _, l := range strings.Split(placeWords, "\n") {
		for _, w := range strings.Split(l, "|") {
			zh, en, _ := strings.Cut(w, " ")
			out = append(out, word{zh, en})
		}
	}
	return out
}

func shuffled[T any](xs []T, rng *rand.Rand) []T {
	out := append([]T{}, xs...)
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

var mainRoads = strings.Fields(`建设大道 澄湖大道 迎宾大道 人民大道 朝阳大道 发展大道 文昌大道 学府大道 创业大道 长江大道
人民路 解放路 新华路 和平路 胜利路 中兴路 光明路 团结路 友谊路 红星路 青年路 劳动路 湖滨路 望湖路 临江路 钟楼路 鼓楼街 东门大街 西门大街 南门大街
环城东路 环城西路 环城南路 科创路 高新路 会展路 体育路 广场路 公园路 车站路 园林路 凤山路 龙泉路 星河路 金桥路 桂花路 银杏路 梧桐路 香樟路 芙蓉路 海棠路`)

// nameRoads gives every chain a name of its own. Long streets take the known
// names; lanes are called after the street they leave.
func (b *builder) nameRoads() {
	rng := stream(b.c.Seed, "road names")
	used := map[string]bool{"环城快速路": true, "环湖路": true, "澄江西路": true, "澄江东路": true, "滨江南路": true, "滨江北路": true}
	take := func(n string) bool {
		if used[n] {
			return false
		}
		used[n] = true
		return true
	}
	boulevards, avenues := mainRoads[:10], shuffled(mainRoads[10:], rng)
	ws := words()
	var stems []string
	for _, w := range ws {
		stems = append(stems, w.zh)
	}
	stems = shuffled(stems, rng)
	fresh := func(suffixes ...string) string {
		for range 4000 {
			s := stems[rng.IntN(len(stems))]
			n := s + suffixes[rng.IntN(len(suffixes))]
			if strings.HasSuffix(s, "路") || strings.HasSuffix(s, "门") && strings.HasSuffix(n, "路") {
				continue
			}
			if take(n) {
				return n
			}
		}
		for i := 1; ; i++ {
			if n := fmt.Sprintf("纬%s路", chineseNumber(i)); take(n) {
				return n
			}
		}
	}
	from := func(list *[]string) string {
		for len(*list) > 0 {
			n := (*list)[0]
			*list = (*list)[1:]
			if take(n) {
				return n
			}
		}
		return ""
	}
	nth := map[string]int{}
	for i := range b.chains {
		c := &b.chains[i]
		switch {
		case c.kind == lineMain && c.length > 1800*b.l.s:
			c.name = from(&boulevards)
			if c.name == "" {
				c.name = from(&avenues)
			}
		case c.kind == lineMain:
			c.name = from(&avenues)
		case c.kind == lineSecondary:
			if rng.IntN(6) == 0 {
				c.name = from(&avenues)
			} else if b.zone(c.mid).old > 0.5 {
				c.name = fresh("街", "路", "街")
			} else {
				c.name = fresh("路", "路", "路", "东路", "西路", "南路", "北路", "中路")
			}
		}
		if c.name == "" && c.kind >= lineSecondary {
			c.name = fresh("路", "东路", "西路", "南路", "北路")
		}
		if c.name != "" {
			continue
		}
		// a lane: after the nearest larger street, or by itself
		parent, best := "", 1e18
		for k := range b.chains[:i] {
			p := &b.chains[k]
			if p.kind < lineSecondary {
				break
			}
			for _, l := range p.lines {
				for _, v := range b.lineTrail[l] {
					if d := b.m.pts[v].dist(c.mid); d < best {
						best, parent = d, p.name
					}
				}
			}
		}
		old := b.zone(c.mid).old > 0.45
		if rng.IntN(10) < 4 || parent == "" {
			if old {
				c.name = fresh("巷", "巷", "里", "弄", "胡同")
			} else {
				c.name = fresh("街", "支路", "横街", "巷")
			}
		} else {
			stem := strings.TrimSuffix(strings.TrimSuffix(parent, "大街"), "大道")
			if r := []rune(stem); len(r) > 2 && (r[len(r)-1] == '路' || r[len(r)-1] == '街') {
				stem = string(r[:len(r)-1])
			}
			for c.name == "" {
				nth[stem]++
				n := stem + chineseNumber(nth[stem]) + map[bool]string{true: "巷", false: "街"}[old]
				if take(n) {
					c.name = n
				}
			}
		}
	}
}

func chineseNumber(n int) string {
	d := []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	switch {
	case n < 10:
		return d[n]
	case n < 20:
		return "十" + d[n%10]
	case n < 100:
		return d[n/10] + "十" + d[n%10]
	}
	return fmt.Sprint(n)
}

type regionNames struct {
	districts, districtsEn []string
	streets, communities   map[int][2]string
	dedicated              map[int]string
}

// regionNames draws names for the tree. Streets and communities are numbered
// by their index in the builder.
func (b *builder) regionNames() regionNames {
	rng := stream(b.c.Seed, "region names")
	n := regionNames{
		districts: []string{"湖东区", "湖西区", "澄南区"}, districtsEn: []string{"Hudong District", "Huxi District", "Chengnan District"},
		streets: map[int][2]string{}, communities: map[int][2]string{}, dedicated: map[int]string{},
	}
	ws := words()
	var town, country []word
	for _, w := range ws {
		if len([]rune(w.zh)) > 2 {
			country = append(country, w)
		} else {
			town = append(town, w)
		}
	}
	town, country = shuffled(town, rng), shuffled(country, rng)
	next := func(list *[]word) word {
		w := (*list)[0]
		*list = (*list)[1:]
		return w
	}
	fixed := []word{{"湖滨", "Hubin"}, {"老城", "Laocheng"}, {"澄江", "Chengjiang"}, {"东湖", "Donghu"}, {"新城", "Xincheng"}}
	homeStreet := b.cs[b.home].street
	oldest, best := 0, -1.0
	for s := range b.ss {
		v := 0.0
		for _, c := range b.ss[s].communities {
			for _, g := range b.cs[c].grids {
				v += b.gs[g].zone.old / float64(len(b.ss[s].communities)*len(b.cs[c].grids))
			}
		}
		if v > best && s != homeStreet {
			oldest, best = s, v
		}
	}
	k := 2
	for s := range b.ss {
		var w word
		switch {
		case s == homeStreet:
			w = fixed[0]
		case s == oldest:
			w = fixed[1]
		case k < len(fixed) && rng.IntN(3) > 0:
			w = fixed[k]
			k++
		default:
			w = next(&town)
			for w.zh == "澄江" {
				w = next(&town)
			}
		}
		n.streets[s] = [2]string{w.zh + "街道", w.en + " Subdistrict"}
	}
	for c := range b.cs {
		outside := 0
		for _, g := range b.cs[c].grids {
			if b.gs[g].zone.outside {
				outside++
			}
		}
		var w word
		if outside*2 > len(b.cs[c].grids) && len(country) > 0 || len(town) == 0 {
			w = next(&country)
		} else {
			w = next(&town)
		}
		n.communities[c] = [2]string{w.zh + "社区", w.en + " Community"}
	}
	pool := map[string][]string{
		"lake":     {"澄湖水域"},
		"station":  {"澄湖站片区"},
		"business": {"金桥商务中心", "星河国际大厦", "总部经济大楼", "云谷软件园", "会展商务楼群", "澄江金融大厦"},
		"market":   {"城东大市场", "南门小商品市场", "江口水产市场", "西城建材市场"},
		"hospital": {"市第一人民医院", "市中心医院", "市中医院"},
		"campus":   {"澄湖学院", "澄湖师范学院", "澄湖职业技术学院", "市卫生学校"},
		"industry": {"城北工业园", "澄南工业园"},
	}
	for g := range b.gs {
		if u := b.gs[g].use; u != "" {
			n.dedicated[g] = pool[u][0]
			pool[u] = pool[u][1:]
		}
	}
	return n
}

// compoundNamer gives compounds names that nobody else has.
type compoundNamer struct {
	rng  *rand.Rand
	ws   []word
	used map[string]bool
}

var (
	newTails   = strings.Fields("花园 家园 新城 名苑 华庭 雅居 公馆 佳园 嘉苑 豪庭 尚城 府 湾 壹号 国际 云庭 时代")
	midTails   = strings.Fields("小区 花园 新村 苑 家园 公寓 里 园")
	yardOwners = strings.Fields("城建 纺织厂 机床厂 粮食局 供销社 铁路 邮电 二轻局 水利局 物资局 教育局 烟草 农机厂 化肥厂 电厂 造船厂 百货公司 运输公司 印刷厂 师范 医药公司 自来水公司 林业局 地税 航运公司 建材厂 肉联厂 棉纺厂 汽配厂 工商")
	yardTails  = []string{"家属院", "宿舍", "家属楼", "生活区"}
	oldTails   = []string{"里", "巷片区", "坊", "老街", "里弄"}
	farmTails  = []string{"安置小区", "新村", "村民小区", "自建房片区"}
)

func (n *compoundNamer) name(style string) string {
	var tails []string
	switch style {
	case "tower", "midrise":
		tails = newTails
	case "courtyard":
		tails = oldTails
	case "village":
		tails = farmTails
	default:
		tails = midTails
		if n.rng.IntN(3) == 0 {
			for range 40 {
				s := yardOwners[n.rng.IntN(len(yardOwners))] + yardTails[n.rng.IntN(len(yardTails))]
				if !n.used[s] {
					n.used[s] = true
					return s
				}
			}
		}
	}
	for range 200 {
		s := n.ws[n.rng.IntN(len(n.ws))].zh + tails[n.rng.IntN(len(tails))]
		if !n.used[s] && !n.used[s+"一期"] {
			n.used[s] = true
			return s
		}
	}
	for i := 2; ; i++ {
		s := n.ws[n.rng.IntN(len(n.ws))].zh + tails[n.rng.IntN(len(tails))] + chineseNumber(i) + "区"
		if !n.used[s] {
			n.used[s] = true
			return s
		}
	}
}
