// Package workforce keeps the grid workers (网格员队伍): their contracts, the
// posts that these drive, leave and cover, training, pay and appraisal.
//
// Pay follows rules that are data, month by month (pay.go). A run makes one slip
// for each worker and says how each line came about; two other persons on two
// different posts approve it, which locks it. Nothing edits a locked slip: a
// correction is a row of its own that a later run pays or takes back.
//
// Appraisal knows outcomes only (appraise.go): an Indicator can be made from the
// outcome figures of the catalogue and from nothing else, so that counts of
// reports, online time, clock-ins and quotas have no spelling. The cases to be
// called back follow from a seed whose hash is published before the period ends
// (draw.go); people outside the rated side call. A verdict needs an interval on
// one side of the line; what is proposed is decided by a person with reasons, and
// an appeal by another one (sheet.go).
//
// Cases and figures lie above this room: it sees them through ports.go.
package workforce
