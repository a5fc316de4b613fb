package app_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"linli/internal/app/apptest"
	"linli/internal/kernel/access"
	"linli/internal/work/hotline"
)

// BenchmarkHotlineOrders compares signed orders with plain intake, 64 clients each,
// over HTTP on the embedded database with synchronous=FULL.
func BenchmarkHotlineOrders(b *testing.B) {
	var n atomic.Int64
	c := apptest.SQLite(b)
	w := c.World()
	keys := hotline.Keys{Secrets: []string{"benchmark-secret-001"}}
	c.Hotline.Keys = keys
	operator := c.Hire(access.Post{Role: "operator", Region: w.Target.City})
	run := func(b *testing.B, one func(i int64) (*apptest.Answer, error), status int) {
		b.SetParallelism(32) // of two cores
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				a, err := one(n.Add(1))
				if err != nil || a.Status != status {
					b.Errorf("%v %+v", err, a)
					return
				}
			}
		})
	}
	b.Run("intake", func(b *testing.B) {
		run(b, func(i int64) (*apptest.Answer, error) {
			return operator.Try(b.Context(), "POST", "/api/v1/cases", apptest.M{"text": "楼下路灯连续三晚不亮", "place": spot(w.Target), "channel": "hotline", "outside_number": fmt.Sprint("B-", i), "reporter": apptest.M{"name": "张三", "phone": "13900000000"}})
		}, 201)
	})
	b.Run("orders", func(b *testing.B) {
		run(b, func(i int64) (*apptest.Answer, error) {
			body := fmt.Appendf(nil, `{"order_no":"O-%d","content":"楼下路灯连续三晚不亮","community":"%d","caller_name":"张三","caller_phone":"13900000000","due_at":"2026-11-30 18:00:00"}`, i, w.Target.Community)
			at, nonce := fmt.Sprint(apptest.Now().Unix()), fmt.Sprintf("bench-nonce-%d", i)
			return c.Nobody().Try(b.Context(), "POST", hotline.OrdersPath, body, hotline.HeaderTime, at, hotline.HeaderNonce, nonce, hotline.HeaderSignature, keys.Sign("POST", hotline.OrdersPath, at, nonce, body))
		}, 200)
	})
}
