package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// ActionName names an audited action of a register, "" if it is none.
func (e *Engine) ActionName(object, action string) errs.Words {
	r := e.register(object)
	if r == nil {
		return errs.Words{}
	}
	verb, ok := verbs[action[min(len(action), len(r.code)+1):]]
	if !ok {
		return errs.Words{}
	}
	return w(verb.ZH+"："+r.name.ZH, verb.EN+": "+r.name.EN)
}

var verbs = map[string]errs.Words{
	"create": w("新增记录", "Add a row"), "change": w("修改记录", "Change a row"), "correct": w("更正已结束的记录", "Correct a row that has ended"), "end": w("结束记录", "End a row"), "move": w("随网格调整", "Follow the grids"),
	"load": w("批量登记", "Add rows"), "void": w("撤销导入的记录", "Withdraw imported rows"), "reveal": w("查看个人信息", "Reveal personal fields"), "export": w("导出台账", "Export the register"), "attach": w("添加附件", "Attach files"),
}

// Verify proves that neither history nor rows were changed behind the program's
// back: each entry of the history against the audit chain, and each present row
// against its history, replayed.
func (e *Engine) Verify(ctx context.Context, db store.Reader) ([]audit.Problem, error) {
	var out []audit.Problem
	for _, r := range e.regs {
		p, err := r.verify(ctx, db)
		if err != nil {
			return nil, err
		}
		out = append(out, p...)
	}
	return out, nil
}

// scanEntry reads an entry of the history.
func scanEntry(rows *sql.Rows) (e entry, err error) {
	return e, rows.Scan(&e.district, &e.id, &e.version, &e.register, &e.at, &e.actor, &e.post, &e.action, &e.changes, &e.reason, &e.load, &e.batch)
}

const entryCols = "district, id, version, register, at, actor, post, action, changes, reason, import, batch"

type objectKey struct {
	district int
	id       int64
	seq      int
}

func (r *register) verify(ctx context.Context, db store.Reader) ([]audit.Problem, error) {
	var out []audit.Problem
	wrong := func(d int, idx int64, format string, args ...any) {
		out = append(out, audit.Problem{District: d, Idx: idx, Text: r.code + " " + fmt.Sprintf(format, args...)})
	}
	type noted struct {
		idx    int64
		digest []byte
	}
	chain := map[objectKey]noted{}
	rows, err := db.Query(ctx, "SELECT district, object_id, seq, idx, digest FROM audit WHERE object = ? AND action NOT IN (?, ?, ?)", r.code, r.code+".reveal", r.code+".export", r.code+".attach")
	if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var k objectKey
		var n noted
		err := rows.Scan(&k.district, &k.id, &k.seq, &n.idx, &n.digest)
		chain[k] = n
		return struct{}{}, err
	}); err != nil {
		return nil, err
	}
	check := func(k objectKey, sum [32]byte) {
		n, ok := chain[k]
		delete(chain, k)
		switch {
		case !ok:
			wrong(k.district, -1, "%d version %d was never recorded", k.id, k.seq)
		case !bytes.Equal(n.digest, sum[:]):
			wrong(k.district, n.idx, "%d version %d: the history was changed", k.id, k.seq)
		}
	}
	batches := map[objectKey]*part{}
	present := map[objectKey]map[string]any{} // row → its fields, replayed
	versions := map[objectKey]int{}
	rows, err = db.Query(ctx, "SELECT "+entryCols+" FROM ledger_log WHERE register = ? ORDER BY district, id, version", r.code)
	if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		e, err := scanEntry(rows)
		if err != nil {
			return struct{}{}, err
		}
		if e.batch != 0 {
			k := objectKey{e.district, e.batch, 0}
			if batches[k] == nil {
				batches[k] = &part{}
			}
			sum := e.digest()
			batches[k].n++
			batches[k].sum = append(batches[k].sum, sum[:]...)
		} else {
			check(objectKey{e.district, e.id, e.version}, e.digest())
		}
		k := objectKey{e.district, e.id, 0}
		if versions[k]++; versions[k] != e.version {
			wrong(e.district, -1, "%d: version %d is missing", e.id, versions[k])
			versions[k] = e.version
		}
		if present[k] == nil {
			present[k] = map[string]any{}
		}
		return struct{}{}, replay(present[k], e.changes)
	}); err != nil {
		return nil, err
	}
	for k, p := range batches {
		check(objectKey{k.district, k.id, p.n}, sha256.Sum256(p.sum))
	}
	for k, n := range chain {
		wrong(k.district, n.idx, "%d version %d: the history is missing", k.id, k.seq)
	}
	rows, err = db.Query(ctx, "SELECT "+r.selectCols()+" FROM "+r.table+" r")
	if _, err := store.All(rows, err, func(rows *sql.Rows) (struct{}, error) {
		v, err := r.scan(rows)
		if err != nil {
			return struct{}{}, err
		}
		b := base(v)
		k := objectKey{b.District, b.ID, 0}
		if versions[k] != b.Version || !r.equals(v, present[k]) {
			wrong(b.District, -1, "%d: the row is not what its history says", b.ID)
		}
		delete(versions, k)
		return struct{}{}, nil
	}); err != nil {
		return nil, err
	}
	for k := range versions {
		wrong(k.district, -1, "%d: the row is missing", k.id)
	}
	return out, nil
}

// replay applies the changes of an entry to the fields.
func replay(fields map[string]any, changes string) error {
	var pairs map[string][2]any
	if err := json.Unmarshal([]byte(changes), &pairs); err != nil {
		return err
	}
	for name, p := range pairs {
		if p[1] == nil {
			delete(fields, name)
		} else {
			fields[name] = p[1]
		}
	}
	return nil
}

// equals tells whether the row has just these fields.
func (r *register) equals(v reflect.Value, fields map[string]any) bool {
	n := 0
	for _, f := range r.fields {
		val := f.get(v)
		was, ok := fields[f.Name]
		if ok {
			n++
		}
		if empty(val) != !ok || ok && !reflect.DeepEqual(f.recorded(was), val) {
			return false
		}
	}
	for name, val := range base(v).Extra {
		was, ok := fields[extraPrefix+name]
		if !ok || !reflect.DeepEqual(was, val) {
			return false
		}
		n++
	}
	return n == len(fields)
}
