package web

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// meters are the router's Prometheus metrics. Labels are operation ids and
// classes of status only: no paths, no accounts.
type meters struct {
	reg      *prometheus.Registry
	took     *prometheus.HistogramVec
	requests *prometheus.CounterVec
	sheds    prometheus.Counter
	limited  prometheus.Counter
	replays  prometheus.Counter
	streams  prometheus.Gauge
	other    opMeter
}

type opMeter struct {
	took  prometheus.Observer
	class [6]prometheus.Counter
}

func newMeters() *meters {
	m := &meters{
		reg: prometheus.NewRegistry(),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "linli_http_request_seconds", Help: "Time from the first byte read to the answer, by operation.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .02, .03, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"op"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "linli_http_requests_total", Help: "Answers by operation and class of status."}, []string{"op", "class"}),
		sheds:    prometheus.NewCounter(prometheus.CounterOpts{Name: "linli_http_shed_total", Help: "Requests refused because too many were in flight."}),
		limited:  prometheus.NewCounter(prometheus.CounterOpts{Name: "linli_http_rate_limited_total", Help: "Requests refused by the rate limit."}),
		replays:  prometheus.NewCounter(prometheus.CounterOpts{Name: "linli_http_replayed_total", Help: "Requests answered with the stored answer of their Idempotency-Key."}),
		streams:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "linli_http_streams", Help: "Open event streams."}),
	}
	m.reg.MustRegister(m.took, m.requests, m.sheds, m.limited, m.replays, m.streams,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.other = m.op("other")
	return m
}

func (m *meters) watch(r *Router) {
	m.reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "linli_http_in_flight", Help: "Operations being worked on."},
		func() float64 { return float64(r.inflight.Load()) }))
}

func (m *meters) op(id string) opMeter {
	o := opMeter{took: m.took.WithLabelValues(id)}
	for i, class := range []string{"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"} {
		if i >= 2 {
			o.class[i] = m.requests.WithLabelValues(id, class)
		}
	}
	return o
}

func (o *opMeter) observe(status int, took time.Duration) {
	o.took.Observe(took.Seconds())
	if i := status / 100; i >= 2 && i <= 5 {
		o.class[i].Inc()
	}
}

// Metrics is the registry behind /metrics; rooms and the store add their own
// collectors to it.
func (r *Router) Metrics() prometheus.Registerer { return r.meters.reg }

func (m *meters) handler() http.Handler {
	return promhttp.HandlerFor(m.reg, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}
