package whistle

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/flow"
	"linli/internal/kernel/store"
)

// Verify proves that whistles and joint meetings were not changed behind the
// program's back: each row of the log against the audit chain, and the present
// rows against the log, replayed.
func (s *Service) Verify(ctx context.Context, r store.Reader) ([]audit.Problem, error) {
	v := &verifier{at: map[thing]*lived{}}
	chain := map[key]noted{}
	rows, err := r.Query(ctx, "SELECT object, district, object_id, seq, idx, digest FROM audit WHERE object IN ('whistle', 'meeting')")
	if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var k key
		var n noted
		err := rows.Scan(&n.object, &k.district, &k.subject, &k.seq, &n.idx, &n.digest)
		chain[k] = n
		return struct{}{}, err
	}); err != nil {
		return nil, err
	}
	rows, err = r.Query(ctx, "SELECT "+strings.Join(jointLog.Cols, ", ")+" FROM joint_log ORDER BY district, subject, seq")
	if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var k key
		var e Entry
		var fields string
		if err := rows.Scan(&k.district, &k.subject, &k.seq, &e.At, &e.Actor, &e.Post, &e.Org, &e.Action, &e.Was, &e.Became, &fields); err != nil {
			return struct{}{}, err
		}
		sum := digest([]any{k.district, k.subject, k.seq, e.At, e.Actor, e.Post, e.Org, e.Action, e.Was, e.Became, fields})
		switch n, ok := chain[k]; {
		case !ok:
			v.wrong(k.district, -1, "joint_log %d entry %d was never recorded", k.subject, k.seq)
		case !bytes.Equal(n.digest, sum[:]):
			v.wrong(k.district, n.idx, "%s %d entry %d: the history was changed", n.object, k.subject, k.seq)
		}
		delete(chain, k)
		return struct{}{}, v.replay(k, &e, fields)
	}); err != nil {
		return nil, err
	}
	for k, n := range chain {
		v.wrong(k.district, n.idx, "%s %d entry %d: the history is missing", n.object, k.subject, k.seq)
	}
	return v.out, v.present(ctx, r)
}

type key struct {
	district int
	subject  int64
	seq      int
}

type noted struct {
	object string
	idx    int64
	digest []byte
}

type thing struct {
	district int
	subject  int64
}

// lived is what a log comes to: the whole, its departments' parts, its tasks.
type lived struct {
	state string
	seq   int
	parts map[int64]*Call // by organisation
	tasks map[int64]string
}

type verifier struct {
	at  map[thing]*lived
	out []audit.Problem
}

func (v *verifier) wrong(district int, idx int64, format string, args ...any) {
	v.out = append(v.out, audit.Problem{District: district, Idx: idx, Text: fmt.Sprintf(format, args...)})
}

func (v *verifier) replay(k key, e *Entry, fields string) error {
	var said struct {
		Task   int64
		Score  int
		Result string
	}
	if err := json.Unmarshal([]byte(fields), &said); err != nil {
		return err
	}
	x := v.at[thing{k.district, k.subject}]
	if x == nil {
		x = &lived{parts: map[int64]*Call{}, tasks: map[int64]string{}}
		v.at[thing{k.district, k.subject}] = x
	}
	if x.seq++; x.seq != k.seq {
		v.wrong(k.district, -1, "joint_log %d: entry %d is missing", k.subject, x.seq)
		x.seq = k.seq
	}
	switch {
	case said.Task != 0:
		x.tasks[said.Task] = e.Became
		return nil
	case e.Org == 0:
		x.state = e.Became
		return nil
	}
	c := x.parts[e.Org]
	if c == nil || e.Action == "called" { // called anew: from the beginning
		c = &Call{}
		x.parts[e.Org] = c
	}
	c.became(e, said.Score, said.Result)
	return nil
}

// became is what an entry makes of a part.
func (c *Call) became(e *Entry, score int, result string) {
	c.State = flow.State(e.Became)
	switch e.Action {
	case "come":
		c.Came = e.Actor
	case "not_ours":
		c.Shifts++
	case "urge":
		c.Urged++
	case "result":
		c.Result = result
	case "confirm":
		c.ByStreet = score
	case "rate":
		c.ByUnit = score
	}
}

// present compares the rows with what their log comes to.
func (v *verifier) present(ctx context.Context, r store.Reader) error {
	for _, q := range []struct{ object, sql string }{{"whistle", "SELECT district, id, seq, state FROM whistle"}, {"meeting", "SELECT district, id, seq, state FROM meeting"}} {
		rows, err := r.Query(ctx, q.sql)
		if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
			var t thing
			var seq int
			var state string
			err := rows.Scan(&t.district, &t.subject, &seq, &state)
			if x := v.at[t]; x == nil || x.seq != seq || x.state != state {
				v.wrong(t.district, -1, "%s %d: the row is not what its history says", q.object, t.subject)
			}
			return struct{}{}, err
		}); err != nil {
			return err
		}
	}
	rows, err := r.Query(ctx, "SELECT district, whistle_id, org, state, came, shifts, urged, result, by_street, by_unit FROM whistle_call")
	if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var t thing
		var org int64
		var c Call
		err := rows.Scan(&t.district, &t.subject, &org, (*string)(&c.State), &c.Came, &c.Shifts, &c.Urged, &c.Result, &c.ByStreet, &c.ByUnit)
		if x := v.at[t]; x == nil || x.parts[org] == nil || *x.parts[org] != c {
			v.wrong(t.district, -1, "whistle %d: the part of organisation %d is not what its history says", t.subject, org)
		}
		return struct{}{}, err
	}); err != nil {
		return err
	}
	rows, err = r.Query(ctx, "SELECT district, meeting_id, id, state FROM meeting_task")
	_, err = store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var t thing
		var id int64
		var state string
		err := rows.Scan(&t.district, &t.subject, &id, &state)
		if x := v.at[t]; x == nil || x.tasks[id] != state {
			v.wrong(t.district, -1, "meeting %d: task %d is not what its history says", t.subject, id)
		}
		return struct{}{}, err
	})
	return err
}
