package workforce

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
)

// How a sample is drawn, so that anybody can do it again with any tool:
//
//	commitment = hex(SHA-256(seed))                     published before the period ends
//	ticket(case) = HMAC-SHA-256(seed, case id in decimal)
//	sample = the cases of the pool with the smallest tickets
//
// The pool is fixed in the act that reveals the seed.

// Commit is the hash that is published beforehand.
func Commit(seed []byte) string {
	sum := sha256.Sum256(seed)
	return hex.EncodeToString(sum[:])
}

// Draw returns the n cases of the pool with the smallest tickets, in their order.
func Draw(seed []byte, pool []int64, n int) []int64 {
	type drawn struct {
		id     int64
		ticket []byte
	}
	all := make([]drawn, len(pool))
	for i, id := range pool {
		m := hmac.New(sha256.New, seed)
		m.Write(strconv.AppendInt(nil, id, 10))
		all[i] = drawn{id, m.Sum(nil)}
	}
	slices.SortFunc(all, func(a, b drawn) int { return cmp.Or(bytes.Compare(a.ticket, b.ticket), cmp.Compare(a.id, b.id)) })
	out := make([]int64, min(n, len(all)))
	for i := range out {
		out[i] = all[i].id
	}
	return out
}

// Drawn is a draw as it is published. It names nobody.
type Drawn struct {
	Appraisal  int64       `json:"appraisal"`
	Commitment string      `json:"commitment" doc:"hex of SHA-256 of the seed, published before the period ended"`
	Seed       string      `json:"seed" doc:"hex; empty until the draw"`
	Sample     int         `json:"sample" doc:"cases drawn of each pool at most"`
	Sheets     []DrawnPool `json:"sheets"`
}

// DrawnPool is one worker's pool of cases that could be drawn, and those that were.
type DrawnPool struct {
	Sheet int64   `json:"sheet"`
	Grid  int64   `json:"grid_id"`
	Pool  []int64 `json:"pool" nullable:"false" doc:"ids of the cases"`
	Drawn []int64 `json:"drawn" nullable:"false" doc:"in the order of their tickets"`
}

// Check draws again and says what does not agree.
func (d *Drawn) Check() error {
	seed, err := hex.DecodeString(d.Seed)
	if err != nil || len(seed) == 0 {
		return fmt.Errorf("the seed is not revealed")
	}
	if got := Commit(seed); got != d.Commitment {
		return fmt.Errorf("the seed's hash is %s, published was %s", got, d.Commitment)
	}
	for _, s := range d.Sheets {
		if want := Draw(seed, s.Pool, d.Sample); !slices.Equal(want, s.Drawn) {
			return fmt.Errorf("sheet %d: drawn were %v, the seed gives %v", s.Sheet, s.Drawn, want)
		}
	}
	return nil
}
