package intake

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/tabular"
)

// Cases is the case room's door. Both answer ErrKnown (or an error that wraps
// it) when the outside number exists.
type Cases interface {
	Import(ctx context.Context, scope access.Scope, m *Matter) error // as closed history
	Report(ctx context.Context, scope access.Scope, m *Matter) error // as a new case
}

// ErrKnown says that a matter of this outside number is there already.
var ErrKnown = errors.New("intake: known")

// Options say how to run an import.
type Options struct {
	Scope    access.Scope
	City     City
	Cases    Cases
	DB       *store.DB
	Zone     *time.Location
	Mapping  Mapping
	District int    // of rows that name no place
	Channel  string // of rows that name none
	Open     bool   // rows without an answer become new cases
	DryRun   bool   // check everything, write nothing
	Lenient  bool   // what a person can still choose (category, grade, channel, place) is left open instead of refused
	Began    int64  // when this system began: earlier matters are history, microseconds

	OnError func(RowError)                                      // each one, in the order of the rows of a chunk
	Around  func(ctx context.Context, share float64, r *Report) // after each chunk
}

// Report is what an import did.
type Report struct {
	Rows     int   `json:"rows"`
	Imported int   `json:"imported"` // closed history
	Opened   int   `json:"opened"`   // new cases
	Known    int   `json:"known"`    // were there before, or stand twice in the file
	Failed   int   `json:"failed"`   // rows with errors
	DryRun   bool  `json:"dry_run"`
	TookMS   int64 `json:"took_ms"`
}

// chunkLen rows become durable together. It is small enough that a server on
// the same embedded database does not wait long for its turn.
const chunkLen = 500

// Run imports the source. A row that fails does not stop it; an error is
// returned only when the file cannot be read on or the store cannot write, and
// the report then says what is durable. Running it again continues.
func Run(ctx context.Context, src tabular.Source, o Options) (*Report, error) {
	start := time.Now()
	rep := &Report{DryRun: o.DryRun}
	defer func() { rep.TookMS = time.Since(start).Milliseconds() }()
	if err := o.Mapping.Check(src.Columns()); err != nil {
		return rep, err
	}
	res := newResolver(&o, o.Mapping, src.Columns(), o.DB.Now(), src.Since1904())
	seen := map[uint64]struct{}{}
	fail := func(list []RowError) {
		rep.Failed++
		for _, e := range list {
			if o.OnError != nil {
				o.OnError(e)
			}
		}
	}
	for ended := false; !ended; {
		if err := ctx.Err(); err != nil {
			return rep, err
		}
		var chunk []*Matter
		for range chunkLen {
			row, err := src.Next()
			if errors.Is(err, io.EOF) {
				ended = true
				break
			}
			if err != nil {
				return rep, err
			}
			rep.Rows++
			m, bad := res.matter(row)
			if len(bad) > 0 {
				fail(bad)
				continue
			}
			key := m.key()
			if _, twice := seen[key]; twice {
				rep.Known++
				continue
			}
			seen[key] = struct{}{}
			chunk = append(chunk, m)
		}
		fresh, err := unknown(ctx, o.DB, chunk)
		if err != nil {
			return rep, err
		}
		rep.Known += len(chunk) - len(fresh)
		if o.DryRun {
			for _, m := range fresh {
				rep.count(m)
			}
		} else if err := write(ctx, &o, fresh, rep, fail); err != nil {
			return rep, err
		}
		if o.Around != nil {
			o.Around(ctx, src.Share(), rep)
		}
	}
	return rep, nil
}

func (r *Report) count(m *Matter) {
	if m.Open {
		r.Opened++
	} else {
		r.Imported++
	}
}

func (m *Matter) key() uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, m.OutsideNumber) // never fails
	return h.Sum64() ^ uint64(m.District)<<40
}

func (m *Matter) target() access.Target {
	return access.Target{District: m.District, Street: m.Street, Community: m.Community, Grid: m.Grid}
}

// write brings a chunk in, durable when it returns.
func write(ctx context.Context, o *Options, chunk []*Matter, rep *Report, fail func([]RowError)) error {
	if len(chunk) == 0 {
		return nil
	}
	// In the order of their days: numbers are taken in blocks of a day.
	slices.SortStableFunc(chunk, func(a, b *Matter) int {
		switch {
		case a.ReportedAt < b.ReportedAt:
			return -1
		case a.ReportedAt > b.ReportedAt:
			return 1
		}
		return a.Row - b.Row
	})
	results := make([]error, len(chunk))
	err := o.DB.Bulk(ctx, func(ctx context.Context) error {
		for i, m := range chunk {
			do := o.Cases.Import
			if m.Open {
				do = o.Cases.Report
			}
			results[i] = do(ctx, o.Scope, m)
			if grave(results[i]) {
				return results[i]
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var bad []RowError
	for i, m := range chunk {
		switch err := results[i]; {
		case err == nil:
			rep.count(m)
		case errors.Is(err, ErrKnown):
			rep.Known++
		default:
			e := errs.As(err)
			f := Field(strings.TrimSuffix(e.Field, "_id"))
			if f == "place" {
				f = placeField(m)
			}
			bad = append(bad, RowError{m.Row, f, o.Mapping[f].Column, e})
		}
	}
	slices.SortFunc(bad, func(a, b RowError) int { return a.Row - b.Row })
	for _, e := range bad {
		fail([]RowError{e})
	}
	return nil
}

// grave errors are about the store, not about a row.
func grave(err error) bool {
	if err == nil || errors.Is(err, ErrKnown) {
		return false
	}
	switch errs.As(err).Kind {
	case errs.Internal, errs.Unavailable, errs.StorageFull, errs.Busy:
		return true
	}
	return false
}
