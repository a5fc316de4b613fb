package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"linli/internal/grid/planning"
)

const planUse = `plan --instance PREFIX --out PLAN.csv [--report REPORT.json] [--min 300] [--max 500] [--k min|target|N] [--target 400]
       [--old OLD.csv [--keep 0..1]] [--warm PLAN.csv] [--rules RULES.csv] [--weights NAME|FILE.json]
       [--seed N] [--time 5s] [--threads N] [--front DIR]
       [--geojson GRIDS.geojson] [--svg PLAN.svg] [--excel LIST.xlsx] [--pdf PAGES.pdf] [--lang zh|en]
   or: linli plan prepare --buildings F --communities F … --out PREFIX
   or: linli plan draw --instance PREFIX --plan PLAN.csv [--geojson F] [--svg F] [--excel F] [--pdf F]
   or: linli plan judge --instance PREFIX --plan PLAN.csv [--old OLD.csv] [--min 300] [--max 500]

Divides the communities of an instance (docs/planning.md tells its files) into
grids. Ctrl-C ends the run with the best plan so far.`

func plan(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "judge" {
		return planJudge(args[1:])
	}
	if len(args) > 0 && args[0] == "prepare" {
		return planPrepare(ctx, args[1:])
	}
	if len(args) > 0 && args[0] == "draw" {
		return planDraw(args[1:])
	}
	began := time.Now()
	f := bareFlags("plan", planUse)
	instance := f.String("instance", "", "PREFIX of the files PREFIX.units.csv, PREFIX.edges.csv, …")
	out := f.String("out", "", "plan to write: unit,grid")
	reportTo := f.String("report", "", "report to write, JSON")
	lo, hi := f.Int("min", planning.DefaultMin, "fewest households of a grid"), f.Int("max", planning.DefaultMax, "most households of a grid")
	k := f.String("k", "target", "how many grids: min, target or the number in all communities together")
	target := f.Int("target", planning.DefaultTarget, "households of a grid to come near to")
	old := f.String("old", "", "today's grids: unit,old_grid")
	keep := f.Float64("keep", 1, "how much it counts that people keep their grid worker, 0 to 1; needs --old")
	warm := f.String("warm", "", "plan in force: only what must move moves")
	rules := f.String("rules", "", "what stays together, apart, locked or dedicated: rule,group,unit")
	weights := f.String("weights", planning.DefaultWeights, "compact, compounds, balanced, least-change or a file .json")
	seed := f.Uint64("seed", 1, "the same seed gives the same plan")
	limit := f.Duration("time", 0, "longest time of the whole run; a longer one is used for better plans; 0: the work of about 5s, never cut short")
	threads := f.Int("threads", 0, "threads; 0: one a processor")
	front := f.String("front", "", "folder for the plans of other weights on the Pareto front, which go into the report too")
	shown := pictureFlags(f)
	if _, err := f.words(args, 0, 0); err != nil {
		return err
	}
	if err := shown.check(*out, *reportTo); err != nil {
		return err
	}
	if *instance == "" || *out == "" {
		return usage("--instance PREFIX and --out PLAN.csv are needed")
	}
	in, err := planning.Load(*instance)
	if err != nil {
		return badInput(err)
	}
	o := planning.Options{Min: *lo, Max: *hi, Target: *target, Keep: *keep, Seed: *seed, Time: *limit, Began: began, Threads: *threads, Progress: planProgress(f)}
	switch n, err := strconv.Atoi(*k); {
	case *k == "min":
		o.K = planning.KMin
	case *k == "target":
	case err != nil || n < 1:
		return usage("--k takes min, target or a number above 0")
	default:
		o.K = planning.KRule(n)
	}
	if *lo < 1 || *limit < 0 || *target < 1 {
		return usage("--min and --target are above 0, --time is not below")
	}
	if o.Weights, err = planning.WeightsNamed(*weights); err != nil {
		return badInput(err)
	}
	if *old != "" {
		if o.Old, _, err = planning.LoadPlan(*old, in); err != nil {
			return badInput(err)
		}
	}
	if *warm != "" {
		if o.Warm, o.WarmNames, err = planning.LoadPlan(*warm, in); err != nil {
			return badInput(err)
		}
	}
	if *rules != "" {
		if err := o.LoadRules(*rules, in); err != nil {
			return badInput(err)
		}
	}
	made, err := planning.Solve(ctx, in, o)
	if err != nil {
		return badInput(err)
	}
	if err := planning.SavePlan(*out, made.Grid, made.Names); err != nil {
		return err
	}
	if err := shown.write(in, o, made); err != nil {
		return err
	}
	if *front != "" {
		if err := made.AddFront(ctx, in, o); err != nil {
			return badInput(err)
		}
		if err := made.SaveFront(*front); err != nil {
			return err
		}
	}
	if *reportTo != "" {
		b, err := json.MarshalIndent(made, "", " ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(*reportTo, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	stopped := ""
	if made.Stopped != "" {
		stopped = fmt.Sprintf(" (stopped: %s)", made.Stopped)
	}
	t, g := made.Totals, made.Figures
	return f.print(made, "%d grids for %d households in %d communities%s\n%d communities with grids outside %d to %d households\n%d grids astride a barrier, %d compounds divided, %.2f km of border, %.1f m from the middle\n",
		t.Grids, t.Households, t.Communities, stopped, t.Exceptions, made.Min, made.Max, g.StraddleRoad, g.CompoundsSplit, g.CutKM, g.RMSM)
}

func planJudge(args []string) error {
	f := bareFlags("plan judge", "plan judge --instance PREFIX --plan PLAN.csv [--old OLD.csv] [--min 300] [--max 500]")
	instance := f.String("instance", "", "PREFIX of the instance's files")
	path := f.String("plan", "", "plan to judge: unit,grid")
	old := f.String("old", "", "today's grids: unit,old_grid")
	lo, hi := f.Int("min", planning.DefaultMin, "fewest households of a grid"), f.Int("max", planning.DefaultMax, "most households of a grid")
	if _, err := f.words(args, 0, 0); err != nil {
		return err
	}
	if *instance == "" || *path == "" {
		return usage("--instance PREFIX and --plan PLAN.csv are needed")
	}
	if *lo < 1 || *hi < *lo {
		return usage("--min is above 0 and --max no smaller")
	}
	in, err := planning.Load(*instance)
	if err != nil {
		return badInput(err)
	}
	grid, _, err := planning.LoadPlan(*path, in)
	if err == nil {
		err = planning.Complete(*path, grid)
	}
	if err != nil {
		return badInput(err)
	}
	var before []int
	if *old != "" {
		if before, _, err = planning.LoadPlan(*old, in); err != nil {
			return badInput(err)
		}
	}
	f.json = true // the figures are for scripts, as the judge's are
	return f.print(planning.Judge(in, grid, before, *lo, *hi), "")
}

// badInput marks what the caller has to put right: exit status 2.
func badInput(err error) error {
	var wrong *planning.InputError
	if errors.As(err, &wrong) || errors.Is(err, fs.ErrNotExist) {
		return usage("%s", err)
	}
	return err
}

// planProgress writes one line that stays up to date, on a terminal only.
func planProgress(f *flags) func(planning.Progress) {
	if st, err := os.Stderr.Stat(); f.json || err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(p planning.Progress) {
		end := ""
		if p.Done == p.All {
			end = "\n"
		}
		fmt.Fprintf(os.Stderr, "\r%3d %%%s", 100*p.Done/p.All, end)
	}
}
