package calendar

import "testing"

func benchAdd(b *testing.B, l Limit) {
	c := Standard()
	from := at(b, c, "2026-02-13 16:10")
	c.Add(from, l)
	b.ReportAllocs()
	for b.Loop() {
		c.Add(from, l)
	}
}

func BenchmarkAdd4WorkHours(b *testing.B)     { benchAdd(b, Limit{4, WorkHour}) }
func BenchmarkAdd15WorkDays(b *testing.B)     { benchAdd(b, Limit{15, WorkDay}) }
func BenchmarkAdd15Days(b *testing.B)         { benchAdd(b, Limit{15, Day}) }
func BenchmarkAdd10000WorkHours(b *testing.B) { benchAdd(b, Limit{10_000, WorkHour}) }

func BenchmarkLeft(b *testing.B) {
	c := Standard()
	now, due := at(b, c, "2026-02-13 16:10"), at(b, c, "2026-03-05 17:30")
	b.ReportAllocs()
	for b.Loop() {
		c.Left(now, due, WorkDay)
	}
}

func BenchmarkDescribe(b *testing.B) {
	c := Standard()
	now, due := at(b, c, "2026-02-13 16:10"), at(b, c, "2026-03-05 17:30")
	b.ReportAllocs()
	for b.Loop() {
		c.Describe(now, due, WorkHour)
	}
}

func BenchmarkBuildYear(b *testing.B) {
	c := Standard()
	for b.Loop() {
		c.build(2026)
	}
}
