package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

type reportIn struct {
	Body struct {
		Text    string `json:"text" minLength:"1" maxLength:"4000"`
		Channel string `json:"channel" enum:"grid_worker,resident,hotline"`
		Place   *struct {
			Lon     float64 `json:"lon" minimum:"-180" maximum:"180"`
			Lat     float64 `json:"lat" minimum:"-90" maximum:"90"`
			Address string  `json:"address,omitempty" maxLength:"200"`
		} `json:"place,omitempty"`
		Reporter *struct {
			Name  string `json:"name,omitempty" maxLength:"40"`
			Phone string `json:"phone,omitempty" maxLength:"20"`
		} `json:"reporter,omitempty"`
	}
}

type reportOut struct {
	Body struct {
		ID     int64  `json:"id"`
		Text   string `json:"text"`
		Status string `json:"status"`
	}
}

const reportBody = `{"text":"小区门口的路灯坏了三天，晚上看不清路，老人出行不便。","channel":"hotline","place":{"lon":112.61,"lat":29.41,"address":"湖东区澄湖路 12 号"},"reporter":{"name":"测试","phone":"13800000000"}}`

type nullWriter struct{ h http.Header }

func (w *nullWriter) Header() http.Header         { return w.h }
func (w *nullWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *nullWriter) WriteHeader(int)             {}

func drive(b *testing.B, h http.Handler, key bool) {
	b.Helper()
	b.ReportAllocs()
	body := bytes.NewReader(nil)
	for b.Loop() {
		body.Reset([]byte(reportBody))
		req := httptest.NewRequest("POST", "/api/v1/reports", body)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer operator")
		if key {
			req.Header.Set("Idempotency-Key", requestID("")+"-0123456789")
		}
		h.ServeHTTP(&nullWriter{h: http.Header{}}, req)
	}
}

// BenchmarkPost compares the whole chain with a bare handler that decodes and
// encodes the same: the difference is what the chain costs.
func BenchmarkPost(b *testing.B) {
	var out reportOut
	out.Body.ID, out.Body.Status, out.Body.Text = 1, "reported", "路灯"
	b.Run("bare", func(b *testing.B) {
		mux := http.NewServeMux()
		mux.HandleFunc("POST /api/v1/reports", func(w http.ResponseWriter, req *http.Request) {
			var in reportIn
			if err := json.NewDecoder(req.Body).Decode(&in.Body); err != nil {
				b.Error(err)
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(out.Body)
		})
		drive(b, mux, false)
	})
	r := newTestRouter(b, Options{Rate: -1})
	Register(r, Op{ID: "report", Method: "POST", Path: "/api/v1/reports", Policy: access.Needs(access.CaseReport), Status: 201},
		func(context.Context, access.Scope, *reportIn) (*reportOut, error) { return &out, nil })
	b.Run("chain", func(b *testing.B) { drive(b, r, false) })
	b.Run("chain with key", func(b *testing.B) { drive(b, r, true) })
}

// BenchmarkCommit is a durable command of one row with and without a key, 64
// callers at once, on the embedded database: what keeping the answer costs.
// Keys that sort by time are what our own clients send (UUIDv7).
func BenchmarkCommit(b *testing.B) {
	table := &store.Table{Name: "effect", Cols: []string{"id", "text"}}
	for name, key := range map[string]func() string{
		"no key": func() string { return "" },
		"sorted key": func() string {
			u := time.Now().UnixMilli()
			return fmt.Sprintf("%08x-%04x-7%03x-8000-%012x", u>>16, u&0xffff, mathrand.IntN(4096), mathrand.Uint64()>>16)
		},
		"random key": rand.Text,
	} {
		b.Run(name, func(b *testing.B) {
			db := storetest.SQLite(b, nil)
			if err := db.Write(b.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec("CREATE TABLE effect (id BIGINT PRIMARY KEY, text TEXT NOT NULL)")
				return err
			}); err != nil {
				b.Fatal(err)
			}
			r := newTestRouter(b, Options{Rate: -1, DB: db})
			Register(r, Op{ID: "report", Method: "POST", Path: "/api/v1/reports", Policy: access.Needs(access.CaseReport), Status: 201},
				func(ctx context.Context, _ access.Scope, in *reportIn) (*reportOut, error) {
					out := &reportOut{}
					out.Body.ID, out.Body.Text, out.Body.Status = db.NextID(), in.Body.Text, "reported"
					return out, db.Write(ctx, func(tx *store.Tx) error {
						tx.Append(table, out.Body.ID, in.Body.Text)
						return Commit(ctx, tx, out)
					})
				})
			b.SetParallelism(64 / runtime.GOMAXPROCS(0))
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					req := httptest.NewRequest("POST", "/api/v1/reports", strings.NewReader(reportBody))
					req.Header.Set("Content-Type", "application/json")
					req.Header.Set("Authorization", "Bearer operator")
					if k := key(); k != "" {
						req.Header.Set("Idempotency-Key", k)
					}
					rec := httptest.NewRecorder()
					r.ServeHTTP(rec, req)
					if rec.Code != 201 {
						b.Error(rec.Code, rec.Body)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		})
	}
}
