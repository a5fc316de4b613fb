package life

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/sim/city"
	"linli/internal/work/hotline"
)

// hotlineRules are the demo city's; a real city writes its own.
const hotlineRules = `{"rules":[
{"id":"fire","name":"火情和燃气泄漏","kind":"emergency","words":["起火","着火","燃气泄漏","煤气味"],"except":["已扑灭"],"answer":"请先撤离到安全处，不要开关电器。","reason":"《消防法》第四十四条","call":"119"},
{"id":"court","name":"涉法涉诉","kind":"beyond","words":["法院已判决","正在诉讼","仲裁裁决"],"answer":"此事已进入司法程序，请向审理机关反映。","reason":"《信访工作条例》第三十一条：涉法涉诉事项依法律程序处理","call":"12368"},
{"id":"consumer","name":"消费纠纷","kind":"beyond","words":["退款","假货"],"categories":["消费维权"],"answer":"消费纠纷由市场监管部门受理。","reason":"《消费者权益保护法》第三十九条","call":"12315"}]}`

// Orders lets the hotline's platform send orders in the last hours before the
// instant to (microseconds UTC): most become cases, some wait for a place or for a
// decision, some are urged or recalled. Both sides of the day before are compared.
// It returns how many orders came.
func Orders(ctx context.Context, seed uint64, to int64, r Rooms, h *hotline.Service) (int, error) {
	p, err := readPlaces(ctx, r)
	if err != nil {
		return 0, err
	}
	if _, err := h.Publish(ctx, access.System("synthetic city"), "rules", json.RawMessage(hotlineRules), "演示城市初始规则", 0); err != nil {
		return 0, err
	}
	_, posts := r.People.Directory().ByLogin("dispatcher")
	if len(posts) == 0 {
		return 0, fmt.Errorf("life: there is no demo account dispatcher")
	}
	var near []int64 // communities of the demo dispatcher, who is to find something to decide
	for _, c := range p.communities {
		if c/1000 == posts[0].Region {
			near = append(near, c)
		}
	}
	if _, err := h.Publish(ctx, access.System("synthetic city"), "exchange", json.RawMessage(`{"home":`+fmt.Sprint(posts[0].Region/1000)+`,"proposal_hours":24,"pull":{"on":false,"url":"","list":""},"say":{"url":"","ack_path":"code","ack_ok":["0"]},"list":{"on":false,"url":"","list":""},"states":{"办理中":"open","已办结":"answered","已退回":"returned","已撤单":"recalled"}}`), "演示城市初始参数", 0); err != nil {
		return 0, err
	}
	rng := rand.New(rand.NewPCG(seed, 0x31323334))
	tree := city.Categories()
	zone := h.Zone()
	listed := map[int][]hotline.Listed{}
	day := func(at int64) int {
		t := time.UnixMicro(at).In(zone)
		return t.Year()*10000 + int(t.Month())*100 + t.Day()
	}
	n := 0
	send := func(at int64, order map[string]any) error {
		body, err := json.Marshal(order)
		if err != nil {
			return err
		}
		in, err := h.Read(store.ContextAt(ctx, at), body)
		if err != nil {
			return err
		}
		in.Via = hotline.ViaWebhook
		m := in.Matter
		if _, err := h.Take(store.ContextAt(ctx, at), in); err != nil {
			return err
		}
		if order["action"] == nil {
			m.Status = "办理中"
			listed[day(at)] = append(listed[day(at)], hotline.Listed{Matter: m})
			n++
		}
		return nil
	}
	for i := range 40 {
		at := to - int64(40-i)*55*60*1_000_000
		spot := p.anywhere(rng)
		if i%3 == 0 && len(near) > 0 {
			spot = p.in(rng, near[rng.IntN(len(near))])
		}
		leaf := &tree[rng.IntN(len(tree))]
		for !leaf.Leaf {
			leaf = &tree[rng.IntN(len(tree))]
		}
		title, text := city.ReportText(rng, leaf, spot.name)
		when := time.UnixMicro(at).In(zone)
		number := fmt.Sprintf("12345-%s-%04d", when.Format("060102"), 1000+i)
		o := map[string]any{"order_no": number, "title": title, "content": text, "address": spot.name, "lng": fmt.Sprint(spot.lon), "lat": fmt.Sprint(spot.lat), "category": leaf.Name,
			"caller_name": "演示居民", "caller_phone": fmt.Sprintf("1280001%04d", i), "reported_at": when.Format(time.DateTime), "due_at": when.AddDate(0, 0, 3).Format(time.DateTime), "reply_format": "标准"}
		switch i {
		case 12, 27: // the platform knows no place
			delete(o, "lng")
			delete(o, "lat")
		case 33:
			o["title"], o["content"] = "对判决不服", "邻里纠纷法院已判决，我对结果不服，要求政府处理。"
		case 36:
			o["title"], o["content"], o["category"] = "网购退款", "网上买的家具有质量问题，商家不肯退款。", "消费维权"
		}
		if err := send(at, o); err != nil {
			return n, err
		}
		switch i {
		case 6, 18:
			err = send(at+30*60*1_000_000, map[string]any{"order_no": number, "action": "催单", "note": "诉求人再次来电，请尽快联系。"})
		case 9:
			err = send(at+20*60*1_000_000, map[string]any{"order_no": number, "action": "撤单", "note": "诉求人称已自行解决。"})
		}
		if err != nil {
			return n, err
		}
	}
	yesterday := day(to - 24*3600*1_000_000)
	theirs := listed[yesterday]
	if len(theirs) > 3 {
		theirs[1].Matter.Status = "已办结"                 // they closed what is still open here
		theirs[2].Matter.DueAt += 24 * 3600 * 1_000_000 // they gave a day more
		missing := theirs[3].Matter
		missing.Number += "-2"
		theirs = append(theirs[:len(theirs)-1], hotline.Listed{Matter: missing}) // one of ours is not on their list, one of theirs is not here
	}
	return n, h.Compare(ctx, yesterday, theirs)
}
