package classify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// The acts by which a case gets a category; see cases.Life.
const actReport = "case.report"

var choosing = []string{actReport, "case.file", "case.correct", "case.direct"}

// React keeps what is proposed for each reported case and which category it then
// gets. Where the city has set a threshold, a case that came without a category and
// is surer than that gets its likeliest one.
func (s *Service) React(ctx context.Context, entries []audit.Row) (func(*store.Tx) error, error) {
	district := entries[0].District
	var ids []int64
	for _, e := range entries {
		if !slices.Contains(ids, e.ObjectID) {
			ids = append(ids, e.ObjectID)
		}
	}
	before, err := s.kept(ctx, district, ids)
	if err != nil {
		return nil, err
	}
	list, err := s.Cases.Matters(ctx, district, ids)
	if err != nil {
		return nil, err
	}
	now := map[int64]Matter{}
	for _, m := range list {
		now[m.ID] = m
	}
	rules := s.Rules()
	var rows [][]any // of both tables; a suggestion has one column more
	for _, e := range entries {
		m, ok := now[e.ObjectID]
		if !ok {
			continue
		}
		k, known := before[m.ID]
		if !known {
			if e.Action != actReport { // brought in as history, or older than the room
				continue
			}
			sug, err := s.suggest(ctx, rules, Text{Title: m.Title, Body: m.Body}, 0)
			if err != nil {
				return nil, err
			}
			for _, p := range sug.Categories {
				k.guesses = append(k.guesses, guess{p.ID, p.Share})
			}
			routed, err := s.route(ctx, rules, m, sug)
			if err != nil {
				return nil, err
			}
			var codes []string
			for _, a := range sug.Alarms {
				codes = append(codes, a.Code)
			}
			rows = append(rows, []any{district, m.ID, sug.Model, e.At, printGuesses(sug.Categories), sug.Grade, sug.Wish, strings.Join(codes, ","), routed})
		}
		if m.Category != 0 && m.Category != k.chosen && slices.Contains(choosing, e.Action) {
			k.seq, k.chosen = k.seq+1, m.Category
			rank := 1 + slices.IndexFunc(k.guesses, func(g guess) bool { return g.ID == m.Category })
			rows = append(rows, []any{district, m.ID, k.seq, e.At, e.Actor, m.Category, rank})
		}
		before[m.ID] = k
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return func(tx *store.Tx) error {
		for _, r := range rows {
			if len(r) == len(suggestionTable.Cols) {
				tx.Append(suggestionTable, r...)
			} else {
				tx.Append(choiceTable, r...)
			}
		}
		return nil
	}, nil
}

// route sets the category where the city lets the program do so. Setting it again
// after a crash is refused by the case, which then has one: no harm.
func (s *Service) route(ctx context.Context, rules Rules, m Matter, sug *Suggestion) (int, error) {
	if rules.Auto == 0 || m.Category != 0 || !m.Untriaged || !sug.Sure || len(sug.Categories) == 0 || sug.Categories[0].Share < rules.Auto {
		return 0, nil
	}
	first := sug.Categories[0]
	err := s.Cases.SetCategory(ctx, m.ID, first.ID, fmt.Sprintf("按文字自动归类（把握 %.0f%%），受理时请核对", first.Share*100))
	switch {
	case err == nil:
		return 1, nil
	case errs.Is(err, errs.NotFound), errs.As(err).Kind.Status < 500: // somebody was quicker, or the case refuses it
		return 0, nil
	}
	return 0, err
}
