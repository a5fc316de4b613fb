package classify

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"linli/internal/kernel/access"
	"linli/internal/kernel/audit"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/work/classify/learn"
)

var (
	learnedTable    = &store.Table{Name: "learned", Cols: strings.Fields("district id made_at made_by until examples verdict figures model grade")}
	liveTable       = &store.Table{Name: "learned_live", Cols: strings.Fields("district id model at actor")}
	suggestionTable = &store.Table{Name: "suggestion", Cols: strings.Fields("district case_id model at guesses grade wish signals routed")}
	choiceTable     = &store.Table{Name: "suggestion_choice", Cols: strings.Fields("district case_id seq at actor category rank")}
)

// keptModels is how many models stay in the database with their weights; the
// others keep their figures.
const keptModels = 12

func idOf(label string) int64 { id, _ := strconv.ParseInt(label, 10, 64); return id }

// lookEvery is how long a process may go on with a model after another process
// has put one in force, microseconds.
const lookEvery = 10_000_000

// current is the model in force: the one that the table names, or one made of the
// rulebook's words.
func (s *Service) current(ctx context.Context, rules Rules) (*inForce, error) {
	now := s.DB.Now()
	if m := s.live.Load(); m != nil && now-m.looked < lookEvery && now >= m.looked {
		return s.orWords(ctx, rules, m)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id, err := s.liveID(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	m := s.live.Load()
	if m == nil || m.id != id {
		if m, err = s.load(ctx, id); err != nil {
			return nil, err
		}
	}
	fresh := *m
	fresh.looked = now
	s.live.Store(&fresh)
	return s.orWords(ctx, rules, &fresh)
}

func (s *Service) orWords(ctx context.Context, rules Rules, m *inForce) (*inForce, error) {
	if m.id != 0 {
		return m, nil
	}
	if w := s.words.Load(); w != nil && w.key == rules.Key {
		return &inForce{model: w.model}, nil
	}
	list, words := ownWords(rules)
	w := &wordModel{key: rules.Key}
	var err error
	if w.model, err = learn.Train(ctx, list, words); err != nil && !errors.Is(err, learn.ErrNoExamples) && !errors.Is(err, learn.ErrOneLabel) {
		return nil, err
	}
	s.words.Store(w)
	return &inForce{model: w.model}, nil
}

// ownWords are the categories' own words as examples, and as words of the lexicon.
func ownWords(rules Rules) (list []learn.Example, words []string) {
	for _, c := range rules.Categories {
		label := strconv.FormatInt(c.ID, 10)
		list = append(list, learn.Example{Text: learn.Join(append([]string{c.Name.ZH, strings.Join(c.Words, " "), c.Name.EN}, c.Path...)...), Label: label, Given: true})
		words = append(append(words, c.Name.ZH), c.Words...)
	}
	return list, words
}

func (s *Service) liveID(ctx context.Context, r store.Reader) (id int64, err error) {
	err = r.QueryRow(ctx, "SELECT model FROM learned_live WHERE district = 0 ORDER BY id DESC LIMIT 1").Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return id, err
}

// load reads a model; one that this program cannot read falls back to the
// categories' own words, loudly.
func (s *Service) load(ctx context.Context, id int64) (*inForce, error) {
	if id == 0 {
		return &inForce{}, nil
	}
	m := &inForce{id: id}
	var model, grade []byte
	if err := s.DB.QueryRow(ctx, "SELECT until, model, grade FROM learned WHERE district = 0 AND id = ?", id).Scan(&m.until, &model, &grade); err != nil {
		return nil, err
	}
	var err error
	if m.model, err = learn.Open(model); err == nil && len(grade) > 0 {
		m.grade, err = learn.Open(grade)
	}
	if err != nil {
		s.Log.Error("the model in force cannot be read; the categories' own words answer until a new one is learned", "model", id, "error", err)
		return &inForce{}, nil
	}
	return m, nil
}

// Version is a learned model.
type Version struct {
	ID       int64
	MadeAt   int64
	MadeBy   int64 // 0: the nightly job
	Until    int64
	Examples int
	Verdict  string
	Compared
	Usable bool // its weights are still there
	Live   bool
	// What people made of its suggestions, as far as cases have a category now.
	Shown, First, Three int
	Routed, RoutedRight int
}

func (s *Service) versions(ctx context.Context) ([]Version, error) {
	live, err := s.liveID(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Query(ctx, "SELECT id, made_at, made_by, until, examples, verdict, figures, LENGTH(model) FROM learned WHERE district = 0 ORDER BY id DESC LIMIT 50")
	list, err := store.All(rows, err, func(r *sql.Rows) (v Version, err error) {
		var figures string
		var size int
		if err := r.Scan(&v.ID, &v.MadeAt, &v.MadeBy, &v.Until, &v.Examples, &v.Verdict, &figures, &size); err != nil {
			return v, err
		}
		v.Usable, v.Live = size > 0, v.ID == live
		return v, json.Unmarshal([]byte(figures), &v.Compared)
	})
	if err != nil {
		return nil, err
	}
	list = append(list, Version{Usable: true, Live: live == 0}) // the categories' own words
	type count struct {
		model                                    int64
		shown, first, three, routed, routedRight int
	}
	rows, err = s.DB.Query(ctx, `SELECT s.model, COUNT(*), SUM(CASE WHEN c.rank = 1 THEN 1 ELSE 0 END), SUM(CASE WHEN c.rank > 0 THEN 1 ELSE 0 END),
		SUM(s.routed), SUM(CASE WHEN s.routed = 1 AND c.rank = 1 THEN 1 ELSE 0 END)
		FROM suggestion s JOIN suggestion_choice c ON c.district = s.district AND c.case_id = s.case_id
		WHERE NOT EXISTS (SELECT 1 FROM suggestion_choice n WHERE n.district = c.district AND n.case_id = c.case_id AND n.seq > c.seq)
		GROUP BY s.model`)
	counts, err := store.All(rows, err, func(r *sql.Rows) (c count, err error) {
		return c, r.Scan(&c.model, &c.shown, &c.first, &c.three, &c.routed, &c.routedRight)
	})
	for i := range list {
		for _, c := range counts {
			if c.model == list[i].ID {
				list[i].Shown, list[i].First, list[i].Three, list[i].Routed, list[i].RoutedRight = c.shown, c.first, c.three, c.routed, c.routedRight
			}
		}
	}
	return list, err
}

// keep writes a learned model and, if it is to be in force, that it is.
func (s *Service) keep(ctx context.Context, by int64, v Version, model, grade []byte, live bool) error {
	figures, err := json.Marshal(v.Compared)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		tx.Append(learnedTable, 0, v.ID, tx.Now(), by, v.Until, v.Examples, v.Verdict, string(figures), model, grade)
		if live {
			tx.Append(liveTable, 0, s.DB.NextID(), v.ID, tx.Now(), by)
		}
		tx.Record(audit.Entry{Actor: by, Action: "model." + v.Verdict, Object: "model", ObjectID: v.ID})
		_, err := tx.Exec(`UPDATE learned SET model = ?, grade = ? WHERE district = 0 AND LENGTH(model) > 0
			AND id NOT IN (SELECT id FROM learned WHERE district = 0 ORDER BY id DESC LIMIT ?)
			AND id <> COALESCE((SELECT model FROM learned_live WHERE district = 0 ORDER BY id DESC LIMIT 1), 0)`, []byte{}, []byte{}, keptModels)
		return err
	})
}

// GoLive puts a model that was in force before (0: the categories' own words) in
// force again. A model that never was is refused: it did no better.
func (s *Service) GoLive(ctx context.Context, scope access.Scope, id int64, onWrite func(*store.Tx) error) error {
	if err := scope.Check(access.Target{}); err != nil { // the city's own
		return err
	}
	if id != 0 {
		var size, before int
		err := s.DB.QueryRow(ctx, "SELECT LENGTH(model), (SELECT COUNT(*) FROM learned_live l WHERE l.district = 0 AND l.model = m.id) FROM learned m WHERE district = 0 AND id = ?", id).Scan(&size, &before)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return errs.NotFound.New()
		case err != nil:
			return err
		case size == 0 || before == 0:
			return ErrNotBefore.New()
		}
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		tx.Append(liveTable, 0, s.DB.NextID(), id, tx.Now(), scope.Account())
		tx.Record(audit.Entry{Actor: scope.Account(), Post: scope.Post().ID, Action: "model.rollback", Object: "model", ObjectID: id})
		return onWrite(tx)
	})
	s.live.Store(nil)
	return err
}

// Correction is a case for which people chose another category than the first
// that was proposed.
type Correction struct {
	District int
	Case     int64
	At       int64
	Actor    int64
	Proposed int64
	Share    float64
	Chosen   int64
	Rank     int
}

const correctionsShown = 50

func (s *Service) corrections(ctx context.Context) ([]Correction, error) {
	rows, err := s.DB.Query(ctx, `SELECT c.district, c.case_id, c.at, c.actor, c.category, c.rank, s.guesses FROM suggestion_choice c
		JOIN suggestion s ON s.district = c.district AND s.case_id = c.case_id
		WHERE c.rank <> 1 AND c.actor <> 0 ORDER BY c.at DESC, c.case_id LIMIT ?`, correctionsShown)
	return store.All(rows, err, func(r *sql.Rows) (c Correction, err error) {
		var guesses string
		if err := r.Scan(&c.District, &c.Case, &c.At, &c.Actor, &c.Chosen, &c.Rank, &guesses); err != nil {
			return c, err
		}
		list, err := parseGuesses(guesses)
		if len(list) > 0 {
			c.Proposed, c.Share = list[0].ID, list[0].Share
		}
		return c, err
	})
}

// guess is a proposal as it is kept.
type guess struct {
	ID    int64
	Share float64
}

func printGuesses(list []Proposal) string {
	rows := make([][2]json.Number, len(list))
	for i, p := range list {
		rows[i] = [2]json.Number{json.Number(strconv.FormatInt(p.ID, 10)), json.Number(strconv.FormatFloat(p.Share, 'f', 4, 64))}
	}
	b, err := json.Marshal(rows)
	if err != nil {
		panic("classify: " + err.Error()) // numbers only
	}
	return string(b)
}

func parseGuesses(s string) ([]guess, error) {
	var rows [][2]json.Number
	if err := json.Unmarshal([]byte(s), &rows); err != nil {
		return nil, err
	}
	out := make([]guess, len(rows))
	for i, r := range rows {
		id, err := r[0].Int64()
		if err != nil {
			return nil, err
		}
		share, err := r[1].Float64()
		if err != nil {
			return nil, err
		}
		out[i] = guess{id, share}
	}
	return out, nil
}

// kept is what is known of a case's suggestion.
type kept struct {
	caseID  int64
	guesses []guess
	seq     int   // of the last choice, 0: none yet
	chosen  int64 // by it
}

func (s *Service) kept(ctx context.Context, district int, ids []int64) (map[int64]kept, error) {
	args := []any{district}
	for _, id := range ids {
		args = append(args, id)
	}
	rows, err := s.DB.Query(ctx, `SELECT s.case_id, s.guesses, COALESCE(c.seq, 0), COALESCE(c.category, 0) FROM suggestion s
		LEFT JOIN suggestion_choice c ON c.district = s.district AND c.case_id = s.case_id
			AND NOT EXISTS (SELECT 1 FROM suggestion_choice n WHERE n.district = c.district AND n.case_id = c.case_id AND n.seq > c.seq)
		WHERE s.district = ? AND s.case_id IN (?`+strings.Repeat(",?", len(ids)-1)+")", args...)
	list, err := store.All(rows, err, func(r *sql.Rows) (k kept, err error) {
		var guesses string
		if err := r.Scan(&k.caseID, &guesses, &k.seq, &k.chosen); err != nil {
			return k, err
		}
		k.guesses, err = parseGuesses(guesses)
		return k, err
	})
	out := make(map[int64]kept, len(list))
	for _, k := range list {
		out[k.caseID] = k
	}
	return out, err
}
