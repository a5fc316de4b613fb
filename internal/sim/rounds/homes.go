package rounds

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"

	"linli/internal/grid/household"
	"linli/internal/kernel/access"
	"linli/internal/kernel/ledger"
	"linli/internal/sim/city"
)

// care is how often a home has a care need, of a thousand homes, with what it is for.
var care = []struct {
	kind, purpose, source string
	share                 int
}{
	{"alone", "每周上门看望，代办代购", "committee", 60},
	{"elder", "每月上门看望，办理高龄津贴", "civil", 18},
	{"disabled", "每月上门，办理残疾人补贴和辅具", "federation", 20},
	{"ill", "每月上门，代办慢病购药", "family", 12},
	{"pregnant", "孕产期随访，预约体检", "health", 4},
	{"infant", "疫苗和托育提醒", "family", 12},
	{"left", "寒暑假看护与课业辅导", "family", 5},
}

var hints = []string{"门铃坏了，请敲门", "耳背，请多等一会儿", "家里有狗，先打电话", "白天睡觉，请下午来", "电梯刷卡，请找物业"}

// Homes writes the homes of every building and, as of the day, the care needs of some.
func Homes(ctx context.Context, seed uint64, c *city.City, until time.Time, rooms *household.Service) (homes, needs int, err error) {
	scope := access.System("synthetic homes")
	since := day(until.AddDate(0, -6, 0))
	var list []household.Home
	var wants []household.Agreed
	for i := range c.Buildings {
		b := &c.Buildings[i]
		r := stream(seed, b.ID)
		for _, e := range b.Entrances {
			perFloor := max(1, (e.Households+max(b.Levels, 1)-1)/max(b.Levels, 1))
			for k := range e.Households {
				floor := k/perFloor + 1
				h := household.Home{Row: ledger.Row{Region: b.Community, From: ledger.Day(since)}, Building: b.ID, Unit: e.Name, Floor: floor, Room: fmt.Sprintf("%d%02d", floor, k%perFloor+1), Use: use(r)}
				if h.Use == "lived" || h.Use == "let" {
					wants = careOf(r, until, len(list), &h, wants)
				}
				list = append(list, h)
			}
		}
	}
	return len(list), len(wants), rooms.Load(ctx, scope, list, wants)
}

func use(r *rand.Rand) string {
	switch n := r.IntN(100); {
	case n < 78:
		return "lived"
	case n < 92:
		return "let"
	}
	return "empty"
}

// careOf draws whether somebody in the home has agreed to be cared for, and
// until when; only then is a contact kept.
func careOf(r *rand.Rand, until time.Time, at int, h *household.Home, list []household.Agreed) []household.Agreed {
	for _, x := range care {
		if r.IntN(1000) >= x.share {
			continue
		}
		from := until.AddDate(0, 0, -60-r.IntN(120))
		end := from.AddDate(0, 0, 240+r.IntN(120)) // agreed to for some months, then asked about again
		who := person(r)
		list = append(list, household.Agreed{Home: at, Need: household.Need{
			Row:  ledger.Row{Region: h.Region, From: ledger.Day(day(from)), To: ledger.Day(day(end))},
			Kind: x.kind, Purpose: x.purpose, Source: x.source, Consent: ledger.Day(day(from)), Name: ledger.Hide(who),
		}})
		if h.Consent == 0 {
			h.Consent, h.People = ledger.Day(day(end)), 1+r.IntN(3)
			h.Name, h.Phone = ledger.Hide(who), ledger.Hide(fmt.Sprintf("1390000%04d", r.IntN(10_000)))
			if x.kind == "alone" {
				h.People = 1
			}
			if r.IntN(4) == 0 {
				h.Hint = hints[r.IntN(len(hints))]
			}
			if r.IntN(5) == 0 {
				h.Langs = []string{"local"}
			}
			if x.kind == "alone" && r.IntN(12) == 0 {
				h.Every = 3
			}
		}
		break // one kind of care a home is the rule
	}
	return list
}

var (
	surnames = []rune("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹")
	given    = strings.Fields("秀英 桂兰 玉兰 淑珍 建国 建华 志强 国强 凤英 玉珍 秀兰 桂英 德明 永福 家栋 文华 丽君 海燕 晓梅 子涵 浩然 思远 长贵 金凤")
)

func person(r *rand.Rand) string {
	return string(surnames[r.IntN(len(surnames))]) + given[r.IntN(len(given))]
}

// stream gives a thing of the city its own random numbers.
func stream(seed uint64, id int64) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, "rounds ", id)
	return rand.New(rand.NewPCG(seed*0x9E3779B97F4A7C15+1, h.Sum64()))
}

func day(t time.Time) int {
	y, m, d := t.Date()
	return y*10000 + int(m)*100 + d
}
