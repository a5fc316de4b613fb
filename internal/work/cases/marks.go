package cases

import (
	"math/bits"
	"slices"

	"linli/internal/kernel/store"
)

// A mark is one thing that a case counts for. A case's marks are bits of
// Case.Marks; a figure's numerator, denominator and exclusions are sets of
// marks. Formulas: DOMAIN.md, "Figures of a city management system".
const (
	MarkReported     = iota // every case
	MarkOpen                // not yet ended
	MarkToFile              // came to a decision on filing, or its time for it has passed
	MarkFiled               // filed
	MarkFiledOnTime         // decided within the triage limit
	MarkDispatched          // was dispatched
	MarkDispatchedOK        // never returned by a unit
	MarkDue                 // the handling limit has been met or has passed
	MarkOnTime              // resolved by the unit within the limit
	MarkResolved            // was dispatched, and its unit says it is resolved
	MarkReworked            // a verification failed
	MarkExtended            // was extended
	MarkSuspended           // is suspended (and open)
	MarkClosed              // closed with a result
	MarkCloseDue            // closed, or its limit has passed
	MarkClosedOnTime        // closed and resolved within the limit
	MarkResponseDue         // dispatched, and signed for or 24 h have passed
	MarkResponded           // signed for within 24 h of dispatch
	MarkCalled              // called back
	MarkReached             // a valid call-back: the reporter was reached
	MarkSolved              // the reporter says it is solved
	MarkGraded              // the reporter graded satisfaction
	MarkSatisfied           // grade 4 or 5
	MarkRedone              // sent back after a call-back
	MarkOnsite              // settled on the spot
	MarkLapsed              // its limit passed while it was open
	MarkDeclined            // declined or not filed
	MarkMerged              // merged into another
	MarkDropped             // withdrawn or void
	MarkHistory             // brought in as history
	MarkReturned            // a unit returned it
	MarkHandled             // was said to be resolved at least once, even if it was sent back since
	MarkOverdue             // its limit has passed, and it is neither resolved nor suspended
	markCount
)

// Cubes of the roll-up. Period is the day of report for CubeDay, its month for
// the others. measure is a mark, or StatusMeasure for CubeCategory and CubeChannel.
const (
	CubeDay      = 1 // a = street
	CubeCategory = 2 // a = street, b = category
	CubeGrid     = 3 // a = grid, b = street
	CubeUnit     = 4 // a = lead unit, b = street
	CubeChannel  = 5 // a = street, b = channel index
)

// Statuses in the order of their measure.
var Statuses = Life.States

// statusMeasure is the first measure that counts cases in a status.
const statusMeasure = 64

// StatusMeasure is the measure of CubeCategory and CubeChannel that counts cases in the status.
func StatusMeasure(i int) int { return statusMeasure + i }

const day24h = 24 * 3600 * 1_000_000

// marksOf computes the marks from the rest of the case.
func marksOf(c *Case) int64 {
	var m int64
	on := func(mark int, yes bool) {
		if yes {
			m |= 1 << mark
		}
	}
	ended := Life.Ended(c.Status)
	result := c.Status == Closed || c.Status == Archived
	dropped := c.Status == Withdrawn || c.Status == Void
	history := c.Has(FlagHistory)
	on(MarkReported, true)
	on(MarkOpen, !ended)
	on(MarkToFile, !history && !dropped && c.Status != Merged && !c.Has(FlagOnsite) && (c.DecidedAt > 0 || c.Has(FlagTriageLate)))
	on(MarkFiled, c.FiledAt > 0)
	on(MarkFiledOnTime, m&(1<<MarkToFile) != 0 && c.Flags&FlagTriageLate == 0)
	on(MarkDispatched, c.DispatchedAt > 0)
	on(MarkDispatchedOK, c.DispatchedAt > 0 && c.Returns == 0)
	inTime := c.ResolvedAt > 0 && c.ResolvedAt <= c.DueAt
	due := c.DueAt > 0 && !dropped && c.Status != Merged && (c.ResolvedAt > 0 || c.Has(FlagLapsed))
	on(MarkDue, due)
	on(MarkOnTime, due && inTime)
	on(MarkResolved, c.ResolvedAt > 0 && c.DispatchedAt > 0)
	on(MarkReworked, c.Reworks > 0)
	on(MarkExtended, c.Extended > 0)
	on(MarkSuspended, c.Has(FlagSuspended) && !ended)
	on(MarkClosed, result)
	closeDue := c.DueAt > 0 && (result || c.Has(FlagLapsed) && !dropped && c.Status != Merged)
	on(MarkCloseDue, closeDue)
	on(MarkClosedOnTime, closeDue && result && inTime)
	response := c.DispatchedAt > 0 && (c.SignedAt > 0 || c.Has(FlagUnsigned))
	on(MarkResponseDue, response)
	on(MarkResponded, response && c.SignedAt > 0 && c.SignedAt-c.DispatchedAt <= day24h)
	on(MarkCalled, c.CalledAt > 0)
	on(MarkReached, c.Solved >= 0)
	on(MarkSolved, c.Solved == 1)
	on(MarkGraded, c.Satisfied > 0)
	on(MarkSatisfied, c.Satisfied >= 4)
	on(MarkRedone, c.Redos > 0)
	on(MarkOnsite, c.Has(FlagOnsite))
	on(MarkLapsed, c.Has(FlagLapsed))
	on(MarkDeclined, c.Status == Declined || c.Status == NotFiled)
	on(MarkMerged, c.Status == Merged)
	on(MarkDropped, dropped)
	on(MarkHistory, history)
	on(MarkReturned, c.Returns > 0)
	on(MarkHandled, c.ResolvedAt > 0 && !history || c.Reworks > 0 || c.Redos > 0)
	on(MarkOverdue, !ended && c.Has(FlagLapsed) && c.ResolvedAt == 0 && c.PausedAt == 0)
	return m
}

// tally moves the counters from what the case counted for to what it counts
// for now; was is nil for a new case.
func tally(tx *store.Tx, was, is *Case) {
	each := func(c *Case, n, marks int64, status bool) {
		month, street := c.Day/100, c.Street
		cell := func(cube, period int, a, b int64, status bool) {
			k := store.TallyKey{District: c.District, Cube: cube, Period: period, A: a, B: b}
			if status {
				k.Measure = StatusMeasure(slices.Index(Statuses, c.Status))
				tx.Tally(k, n)
			}
			for m := uint64(marks); m != 0; m &= m - 1 {
				k.Measure = bits.TrailingZeros64(m)
				tx.Tally(k, n)
			}
		}
		cell(CubeDay, c.Day, street, 0, false)
		cell(CubeCategory, month, street, c.Category, status)
		cell(CubeGrid, month, c.Grid, street, false)
		if c.Lead > 0 {
			cell(CubeUnit, month, c.Lead, street, false)
		}
		cell(CubeChannel, month, street, int64(slices.Index(Channels, c.Channel)), status)
	}
	switch {
	case was == nil:
		each(is, 1, is.Marks, true)
	case was.Street == is.Street && was.Category == is.Category && was.Grid == is.Grid && was.Lead == is.Lead: // the usual act: few counters move
		moved := was.Status != is.Status
		each(was, -1, was.Marks&^is.Marks, moved)
		each(is, 1, is.Marks&^was.Marks, moved)
	default:
		each(was, -1, was.Marks, true) // equal counters cancel out before they are written
		each(is, 1, is.Marks, true)
	}
}
