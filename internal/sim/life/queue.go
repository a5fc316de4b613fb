package life

import "container/heap"

// event is something that happens at an instant. Events of one instant happen
// in the order in which they were pushed.
type event struct {
	at, seq int64
	do      func() error
	fresh   bool        // it reads lists, so all that was written before must be committed
	when    func() bool // nil: always; else it is skipped, without a commit, if false
	m       *matter     // of a limit that may pass
}

type queue struct {
	list []event
	seq  int64
}

func (q *queue) Len() int { return len(q.list) }
func (q *queue) Less(i, j int) bool {
	a, b := &q.list[i], &q.list[j]
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}
func (q *queue) Swap(i, j int) { q.list[i], q.list[j] = q.list[j], q.list[i] }

// Push is for the heap.
func (q *queue) Push(x any) { q.list = append(q.list, x.(event)) }

// Pop is for the heap.
func (q *queue) Pop() any {
	n := len(q.list) - 1
	e := q.list[n]
	q.list[n] = event{}
	q.list = q.list[:n]
	return e
}

func (q *queue) add(e event) {
	q.seq++
	e.seq = q.seq
	heap.Push(q, e)
}

func (q *queue) top() *event {
	if len(q.list) == 0 {
		return nil
	}
	return &q.list[0]
}

func (q *queue) take() event { return heap.Pop(q).(event) }
