package plan

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"linli/internal/grid/planning"
	"linli/internal/kernel/access"
	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
)

// Options are what a person sets for a run.
type Options struct {
	Min    int    `json:"min" doc:"Fewest households of a grid"`
	Max    int    `json:"max" doc:"Most households of a grid"`
	K      string `json:"k" enum:"min,target" doc:"As few grids as possible, or as near the target as possible"`
	Target int    `json:"target" doc:"Households of a grid, with k target"`
	Keep   int    `json:"keep" doc:"How much today's grids count, percent"`
}

func (o Options) check() error {
	if o.Min > o.Max {
		return errs.Invalid.New("field", words("户数范围", "bounds"), "remedy", words("下限不能大于上限。", "the least is above the most.")).In("min")
	}
	return nil
}

// planning are the library's options for one of the styles.
func (o Options) planning(style string) (planning.Options, error) {
	w, err := planning.WeightsNamed(style)
	out := planning.Options{Min: o.Min, Max: o.Max, K: planning.KMin, Target: o.Target, Weights: w, Keep: float64(o.Keep) / 100}
	if o.K == "target" {
		out.K = planning.KTarget
	}
	return out, err
}

// Styles are the plans that a run makes, in this order.
var Styles = []string{"compact", "compounds", "balanced", "least-change"}

var styleNames = map[string]errs.Words{"compact": words("紧凑", "Compact"), "compounds": words("小区完整", "Compounds whole"),
	"balanced": words("均衡", "Balanced"), "least-change": words("少变动", "Least change")}

// Statuses of a run.
const (
	running   = "running"
	finished  = "finished"
	cancelled = "cancelled"
	failed    = "failed"
)

const (
	beat     = 500 * time.Millisecond
	dead     = 15 * time.Second // without a beat a run's process is taken to be gone
	longest  = 10 * time.Minute
	shortest = time.Second
)

// Run is one computation of a plan.
type Run struct {
	ID        int64
	District  int
	Plan      int64
	Status    string
	Options   RunOptions
	Progress  Progress
	BeatAt    int64
	StartedBy int64
	StartedAt int64
	EndedAt   int64
}

// Verdict is what a run found for one community.
type Verdict struct {
	Community  int64           `json:"community,string"`
	Households int             `json:"households"`
	Grids      int             `json:"grids"`
	Status     planning.Status `json:"status" enum:"ok,impossible,not_found" doc:"impossible: proved; not_found: not proved"`
	Reason     planning.Reason `json:"reason,omitempty" enum:",too_small,gap,indivisible_unit,disconnected_part,proved_impossible,not_found_within_budget"`
	Violation  int             `json:"violation" doc:"Households outside the bounds"`
}

// Bounds are what no plan can beat; 0 where unknown.
type Bounds struct {
	Grids     int     `json:"grids" doc:"At least so many grids"`
	KeptShare float64 `json:"kept_share" doc:"At most this share of households keeps its worker"`
	RMS       float64 `json:"rms_m" doc:"At least this mean distance"`
}

// Progress is how far a run has come.
type Progress struct {
	Style string `json:"style" doc:"Of the plan that is being made"`
	Step  int    `json:"step" doc:"Its number, from 1"`
	Steps int    `json:"steps"`
	Done  int    `json:"done" doc:"Tasks of this plan"`
	All   int    `json:"all"`
}

// RunOptions are Options and how the run works.
type RunOptions struct {
	Options
	Styles  []string `json:"styles" doc:"compact, compounds, balanced, least-change"`
	Seconds int      `json:"seconds" doc:"For all plans of the run together"`
}

const runSelect = "SELECT district, id, plan, status, options, progress, beat_at, started_by, started_at, ended_at FROM plan_run WHERE "

func (s *Service) runsOf(ctx context.Context, p *Plan, where string, args ...any) ([]*Run, error) {
	rows, err := s.DB.Query(ctx, runSelect+"district = ? AND plan = ?"+where, append([]any{p.District, p.ID}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*Run
	for rows.Next() {
		r := &Run{}
		var options, progress string
		if err := rows.Scan(&r.District, &r.ID, &r.Plan, &r.Status, &options, &progress, &r.BeatAt, &r.StartedBy, &r.StartedAt, &r.EndedAt); err != nil {
			return nil, err
		}
		if err := errors.Join(json.Unmarshal([]byte(options), &r.Options), json.Unmarshal([]byte(progress), &r.Progress)); err != nil {
			return nil, err
		}
		if r.Status == running && s.DB.Now()-r.BeatAt > dead.Microseconds() {
			r.Status = failed // its process is gone
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Start begins a run in the background and returns at once.
func (s *Service) Start(ctx context.Context, scope access.Scope, plan int64, o RunOptions) (*Run, error) {
	p, err := s.planByID(ctx, scope, plan)
	if err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(o.Styles) == 0 {
		o.Styles = Styles
	}
	o.Styles = slices.DeleteFunc(slices.Clone(Styles), func(w string) bool { return !slices.Contains(o.Styles, w) })
	g, err := s.groundOf(ctx, p.District, p.ID)
	if err != nil {
		return nil, err
	}
	now, err := s.runsOf(ctx, p, " AND status = 'running'")
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(now, func(r *Run) bool { return r.Status == running }) {
		return nil, RunGoesOn.New()
	}
	r := &Run{ID: s.DB.NextID(), District: p.District, Plan: p.ID, Status: running, Options: o, StartedBy: scope.Account(), Progress: Progress{Steps: len(o.Styles)}}
	options, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	if err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r.StartedAt, r.BeatAt = tx.Now(), tx.Now()
		if _, err := tx.Exec("INSERT INTO plan_run (district, id, plan, status, options, progress, beat_at, cancelled, started_by, started_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0)",
			r.District, r.ID, r.Plan, r.Status, string(options), "{}", r.BeatAt, r.StartedBy, r.StartedAt); err != nil {
			return err
		}
		return record(tx, scope, p, "plan.run", p.ID, 0, map[string]any{"run": r.ID, "options": o}, digestOf(r.ID, string(options)))
	}); err != nil {
		return nil, err
	}
	run, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		cancel()
		return nil, errs.Unavailable.New()
	}
	if s.runs == nil {
		s.runs = map[int64]context.CancelFunc{}
	}
	s.runs[r.ID] = cancel
	s.bg.Go(func() {
		s.work(run, cancel, r, p, g)
		cancel()
		s.mu.Lock()
		delete(s.runs, r.ID)
		s.mu.Unlock()
	})
	return r, nil
}

// Cancel stops a run, in whichever process it works; what it has is kept.
func (s *Service) Cancel(ctx context.Context, scope access.Scope, plan, run int64) error {
	p, err := s.planByID(ctx, scope, plan)
	if err != nil {
		return err
	}
	if _, err := one(s.runsOf(ctx, p, " AND id = ?", run)); err != nil {
		return err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE plan_run SET cancelled = 1 WHERE district = ? AND plan = ? AND id = ?", p.District, p.ID, run)
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.runs[run]; cancel != nil {
		cancel()
	}
	return err
}

// work makes the run's plans, one after the other, and keeps each as a result.
func (s *Service) work(ctx context.Context, cancel context.CancelFunc, r *Run, p *Plan, g *ground) {
	reports := make(chan Progress, 1)
	ended := make(chan struct{})
	s.bg.Go(func() { s.tell(ctx, cancel, r, reports, ended) })
	status := finished
	for i, style := range r.Options.Styles {
		say := func(x Progress) {
			x.Style, x.Step, x.Steps = style, i+1, len(r.Options.Styles)
			select { // only the newest matters
			case <-reports:
			default:
			}
			select {
			case reports <- x:
			default:
			}
		}
		say(Progress{})
		o, err := r.Options.planning(style)
		o.Time = max(shortest, time.Duration(r.Options.Seconds)*time.Second/time.Duration(len(r.Options.Styles)))
		o.Progress = func(x planning.Progress) { say(Progress{Done: x.Done, All: x.All}) }
		if g.hasOld() {
			o.Old = g.Old
		}
		var made *planning.Plan
		if err == nil {
			made, err = planning.Solve(ctx, g.Instance, o)
		}
		if err == nil {
			err = s.keepResult(r, p, style, made)
		}
		if ctx.Err() != nil {
			status = cancelled
			break
		}
		if err != nil {
			s.Log.Error("a run of a plan failed", "plan", p.ID, "run", r.ID, "error", err)
			status = failed
			break
		}
	}
	close(ended)
	err := s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		_, err := tx.Exec("UPDATE plan_run SET status = ?, ended_at = ? WHERE district = ? AND id = ?", status, tx.Now(), r.District, r.ID)
		return err
	})
	if err != nil {
		s.Log.Error("the end of a run could not be written", "run", r.ID, "error", err)
	}
}

// tell writes the progress every half second and ends the run if somebody cancelled it.
func (s *Service) tell(ctx context.Context, cancel context.CancelFunc, r *Run, reports <-chan Progress, ended <-chan struct{}) {
	t := time.NewTicker(beat)
	defer t.Stop()
	now := r.Progress
	for {
		select {
		case <-ended:
			return
		case x := <-reports:
			now = x
			continue
		case <-t.C:
		}
		text, err := json.Marshal(now)
		if err == nil {
			err = s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
				_, err := tx.Exec("UPDATE plan_run SET progress = ?, beat_at = ? WHERE district = ? AND id = ?", string(text), tx.Now(), r.District, r.ID)
				return err
			})
		}
		var stop int
		if err == nil {
			err = s.DB.QueryRow(context.WithoutCancel(ctx), "SELECT cancelled FROM plan_run WHERE district = ? AND id = ?", r.District, r.ID).Scan(&stop)
		}
		if err != nil {
			s.Log.Warn("the progress of a run could not be written", "run", r.ID, "error", err)
		}
		if stop != 0 {
			cancel()
		}
	}
}

// keepResult keeps one plan of a run, also when the run was cancelled: it is
// the best so far.
func (s *Service) keepResult(r *Run, p *Plan, style string, a *planning.Plan) error {
	report := Report{Communities: make([]Verdict, len(a.Communities)), Bounds: Bounds{a.Bounds.Grids, a.Bounds.KeptShare, a.Bounds.RMSM}}
	for i, c := range a.Communities {
		report.Communities[i] = Verdict{int64(c.Community), c.Households, c.K, c.Status, c.Reason, c.Violation}
	}
	d := &draft{District: p.District, ID: s.DB.NextID(), Plan: p.ID, Run: r.ID, Name: styleNames[style].ZH, Status: Result, Options: DraftOptions{r.Options.Options, style},
		Report: report, Authors: []int64{r.StartedBy}}
	return s.DB.Write(context.Background(), func(tx *store.Tx) error {
		d.CreatedAt, d.ChangedAt = tx.Now(), tx.Now()
		return insertDraft(tx, d, a.Grid)
	})
}

func code(c int) string { return strconv.Itoa(c) }
