package cases_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"linli/internal/kernel/access"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/cases"
	"linli/internal/work/cases/casetest"
)

func TestSimilarRanksByPlaceKindTimeAndWords(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newStreet(t, db)
		lon, lat := s.Position(s.spot.Grid)
		metre := 1 / 96_900.0 // of longitude, there
		add := func(text string, category int64, metres float64) int64 {
			t.Helper()
			c, err := s.Add(s.operator, cases.ReportIn{Text: text, Channel: "hotline", Category: category, Lon: lon + metres*metre, Lat: lat})
			if err != nil {
				t.Fatal(err)
			}
			return c.ID
		}
		ended := add("小区东门的路灯坏了", 11, 5)
		s.Must(s.desk, ended, cases.Act{Action: "decline", Reason: "不属于受理范围"})
		old := add("东门口那盏路灯好几天不亮，晚上很黑", 11, 20)
		s.Now += 20 * 24 * casetest.Hour
		same := add("东门口那盏路灯好几天不亮，晚上很黑", 11, 20)
		far := add("东门路灯不亮", 11, 290)
		other := add("井盖松动", 12, 20)
		outside := add("东门路灯不亮，太黑", 11, 400)
		unplaced, err := s.Add(s.operator, cases.ReportIn{Text: "东门路灯不亮", Channel: "app", Community: s.spot.Community})
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := s.Spots[len(s.Spots)-1]
		elon, elat := s.Position(elsewhere.Grid)
		there, err := s.Add(s.operator, cases.ReportIn{Text: "东门路灯不亮", Channel: "app", Lon: elon, Lat: elat})
		if err != nil {
			t.Fatal(err)
		}
		scope, err := s.Scope(s.operator, access.CaseRead)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(q cases.SimilarQuery) (ids []int64, first cases.Like) {
			t.Helper()
			found, err := s.Similar(s.Context(), scope, q)
			if err != nil {
				t.Fatal(err)
			}
			for i, l := range found {
				ids = append(ids, l.ID)
				if l.Case.ID != l.ID || i > 0 && l.Share > found[i-1].Share || l.Share <= 0 || l.Share >= 1 {
					t.Errorf("%d with %.2f", l.ID, l.Share)
				}
			}
			if len(found) > 0 {
				first = found[0]
			}
			return ids, first
		}
		q := cases.SimilarQuery{Lon: lon, Lat: lat, Category: 11, Text: "小区东门路灯不亮了"}
		ids, first := ask(q)
		if len(ids) < 4 || ids[0] != same || slices.Index(ids, far) < 0 || slices.Index(ids, unplaced.ID) < 0 || slices.Index(ids, old) < 0 {
			t.Errorf("ranked %v; want %d first, and %d, %d and %d", ids, same, old, far, unplaced.ID)
		}
		for _, no := range []int64{ended, outside, there.ID} {
			if slices.Contains(ids, no) {
				t.Errorf("%d is not similar: it has ended or lies elsewhere", no)
			}
		}
		if i := slices.Index(ids, other); i >= 0 && i < slices.Index(ids, unplaced.ID) {
			t.Errorf("another matter in the place comes before the same one: %v", ids)
		}
		kinds := map[string]string{}
		for _, r := range first.Reasons {
			kinds[r.Kind] = r.ZH
			if r.EN == "" {
				t.Errorf("no English: %+v", r)
			}
		}
		if !strings.Contains(kinds["place"], "20 米") || kinds["category"] == "" || !strings.Contains(kinds["words"], "路灯") {
			t.Errorf("reasons: %v", first.Reasons)
		}
		q.Exclude = same
		if ids, _ := ask(q); slices.Contains(ids, same) {
			t.Error("a case is like itself")
		}
		if ids, first := ask(cases.SimilarQuery{Community: s.spot.Community, Text: "东门路灯不亮"}); !slices.Contains(ids, unplaced.ID) || first.Metres != -1 {
			t.Errorf("without a position: %v", ids)
		}
		if scope, err = s.Scope(s.Actor("dispatcher", elsewhere.Street), access.CaseRead); err != nil {
			t.Fatal(err)
		}
		if ids, _ := ask(q); len(ids) > 0 {
			t.Errorf("another district sees %v", ids)
		}
	})
}

// BenchmarkSimilar asks in a place where many cases are open.
func BenchmarkSimilar(b *testing.B) {
	db := storetest.SQLite(b, nil)
	w := casetest.New(b, db)
	s := w.Spots[0]
	lon, lat := w.Position(s.Grid)
	operator := w.Actor("operator", casetest.City)
	for i := range 3000 {
		in := cases.ReportIn{Text: fmt.Sprintf("小区 %d 栋旁的路灯不亮，晚上很黑，请尽快修理", i), Channel: "hotline", Category: casetest.Leaves[i%4], Lon: lon + float64(i%100)/30_000, Lat: lat + float64(i%90)/30_000}
		if _, err := w.Add(operator, in); err != nil {
			b.Fatal(err)
		}
	}
	scope, err := w.Scope(operator, access.CaseRead)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := w.Similar(w.Context(), scope, cases.SimilarQuery{Lon: lon, Lat: lat, Category: 11, Text: "东门路灯不亮，晚上很黑"}); err != nil {
			b.Fatal(err)
		}
	}
}
