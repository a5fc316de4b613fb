package whistle_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
	"linli/internal/work/whistle"
)

// sound fails unless the rows are what their history says, and the history what
// the audit chain says.
func (w *world) sound(t interface {
	Helper()
	Errorf(string, ...any)
}) {
	t.Helper()
	if p, err := w.Verify(context.Background(), w.DB); err != nil || len(p) > 0 {
		t.Errorf("verify: %v %v", p, err)
	}
}

// TestTampering: a row that was changed behind the program's back is named.
func TestTampering(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := newWorld(t, db), context.Background()
		o := w.blow(1, 2)
		w.must(bureaux[0], o.ID, whistle.Act{Action: "come", Org: 1})
		w.must(bureaux[0], o.ID, whistle.Act{Action: "result", Org: 1, Result: "已清理"})
		w.must(clerk, o.ID, whistle.Act{Action: "confirm", Org: 1, Score: 2})
		m, err := w.Convene(w.ctx(), scopeOf(t, clerk), whistle.Plan{Region: street, Quarter: 20264})
		if err != nil {
			t.Fatal(err)
		}
		w.sound(t)
		for _, x := range []struct{ do, undo, names string }{
			{"UPDATE whistle_call SET by_street = 5 WHERE org = 1", "UPDATE whistle_call SET by_street = 2 WHERE org = 1", fmt.Sprint("whistle ", o.ID)},
			{"UPDATE whistle_call SET result = '已拆除' WHERE org = 1", "UPDATE whistle_call SET result = '已清理' WHERE org = 1", fmt.Sprint("whistle ", o.ID)},
			{"UPDATE whistle_call SET state = 'missed' WHERE org = 2", "UPDATE whistle_call SET state = 'called' WHERE org = 2", fmt.Sprint("whistle ", o.ID)},
			{"UPDATE whistle SET state = 'closed'", "UPDATE whistle SET state = 'open'", fmt.Sprint("whistle ", o.ID)},
			{"UPDATE meeting SET state = 'held'", "UPDATE meeting SET state = 'planned'", fmt.Sprint("meeting ", m.ID)},
			{"UPDATE joint_log SET fields = replace(fields, '已清理', '已拆除')", "UPDATE joint_log SET fields = replace(fields, '已拆除', '已清理')", "history was changed"},
			{"UPDATE joint_log SET seq = seq + 100 WHERE action = 'come'", "UPDATE joint_log SET seq = seq - 100 WHERE action = 'come'", "is missing"},
		} {
			exec := func(q string) {
				t.Helper()
				if err := db.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(q); return err }); err != nil {
					t.Fatal(err)
				}
			}
			exec(x.do)
			p, err := w.Verify(ctx, db)
			if err != nil || !strings.Contains(fmt.Sprint(p), x.names) {
				t.Errorf("%s: %v %v", x.do, p, err)
			}
			exec(x.undo)
			w.sound(t)
		}
	})
}
