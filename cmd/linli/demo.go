package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"linli/internal/app"
	"linli/internal/kernel/config"
	"linli/internal/kernel/store"
	"linli/internal/sim/city"
	"linli/internal/sim/joint"
	"linli/internal/sim/life"
	"linli/internal/sim/load"
	"linli/internal/sim/rounds"
	"linli/internal/sim/staff"
)

// historyDays is how long the demo city has lived when it is opened.
const historyDays = 120

func rooms(a *app.App) load.Rooms {
	return load.Rooms{DB: a.DB, Regions: a.Atlas, People: a.Identity, Rules: a.Rulebook}
}

func demo(ctx context.Context, args []string) error {
	f := newFlags("demo", "demo [--data DIR] [--db postgres://…] [--seed N] [--scale X] [--days N]")
	seed := f.Uint64("seed", 1, "the same seed gives the same city")
	scale := f.Float64("scale", 1, "size: 1 is 206,000 households; 0.05 is for tests")
	days := f.Int("days", historyDays, "days of history")
	until := f.String("until", "", "end of the history, RFC 3339; default: now")
	list := f.Bool("accounts", false, "only print the demo accounts of an existing demo city")
	if err := f.parse(args); err != nil {
		return err
	}
	if *scale < 0.01 || *scale > 4 || *days < 0 || *days > 1000 {
		return usage("--scale takes 0.01 to 4, --days 0 to 1000")
	}
	end := time.Now()
	if *until != "" {
		var err error
		if end, err = time.Parse(time.RFC3339, *until); err != nil {
			return usage("--until takes a time like 2026-11-23T12:00:00+08:00")
		}
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	if *list {
		if !a.Atlas.Synthetic() {
			return errors.New("this is not a demo city")
		}
		return printAccounts(f, load.Known(a.Identity, a.Atlas))
	}
	if !a.Empty() {
		return fmt.Errorf("%s is not empty: it holds %s", f.data, a.Atlas.City().Name)
	}
	start := time.Now()
	say := func(format string, args ...any) {
		if !f.json {
			fmt.Fprintf(os.Stderr, "%5.1f s  "+format+"\n", append([]any{time.Since(start).Seconds()}, args...)...)
		}
	}
	say("drawing the city …")
	c := city.Generate(city.Options{Seed: *seed, Scale: *scale, Until: end})
	// The city is older than its history: the trail's times never go back.
	accounts, err := load.City(store.ContextAt(ctx, end.AddDate(0, 0, -*days-1).UnixMicro()), rooms(a), c)
	if err != nil {
		return err
	}
	say("%d grids, %d buildings, %d organisations, %d accounts", len(c.Grids), len(c.Buildings), len(c.Orgs), len(c.Accounts))
	if *days > 0 {
		perDay := 150 * *scale
		done, err := life.Run(ctx, life.Options{Seed: *seed, From: end.AddDate(0, 0, -*days).UnixMicro(), To: end.UnixMicro(), CasesPerDay: max(perDay, 10), Progress: progress(f)}, lives(a))
		if err != nil {
			return err
		}
		waiting, err := life.Waiting(ctx, *seed, end.UnixMicro(), lives(a))
		if err != nil {
			return err
		}
		orders, err := life.Orders(ctx, *seed, end.UnixMicro(), lives(a), a.Hotline)
		if err != nil {
			return err
		}
		say("%d orders of the 12345 hotline", orders)
		say("%d days of history: %d cases, %d acts; %d cases wait for the demo accounts", *days, done.Cases+waiting, done.Commands, waiting)
	}
	team, err := staff.Fill(ctx, *seed, end.UnixMicro(), a.Staff, a.Identity)
	if err != nil {
		return err
	}
	say("%d grid workers under contract, %d pay slips, %d appraised", team.Contracts, team.Slips, team.Sheets)
	visited, err := rounds.Run(store.ContextAt(ctx, end.UnixMicro()), *seed, c, rounds.Rooms{Homes: a.Homes, Patrol: a.Patrol, People: a.Identity})
	if err != nil {
		return err
	}
	say("%d homes, %d care needs, %d visits", visited.Homes, visited.Needs, visited.Visits)
	if err := together(ctx, a, joint.Options{Seed: *seed, Scale: *scale, Until: end.UnixMicro()}, say); err != nil {
		return err
	}
	if err := demoChain(store.ContextAt(ctx, end.UnixMicro()), a, c); err != nil {
		return err
	}
	say("the party chain and the leaders of grids")
	if err := a.Agenda.Remind(store.ContextAt(ctx, end.UnixMicro())); err != nil {
		return err
	}
	if err := a.Prepare(ctx); err != nil {
		return err
	}
	if err := a.Classify.Nightly(ctx); err != nil {
		return err
	}
	if err := demoSecret(f.cfg.Data); err != nil {
		return err
	}
	say("ready")
	return printAccounts(f, accounts)
}

// demoSecret lets the demo city take signed orders of the hotline, unless its
// folder is configured already. The secret is in docs/hotline.md: it protects
// nothing but invented records.
func demoSecret(dir string) error {
	file, err := os.OpenFile(filepath.Join(dir, config.FileName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString("{\n  \"hotline\": {\"secrets\": [\"linli-demo-hotline-2026\"]}\n}\n")
	return errors.Join(err, file.Close())
}

func lives(a *app.App) life.Rooms {
	return life.Rooms{DB: a.DB, Cases: a.Cases, People: a.Identity, Files: a.Files}
}

// progress shows the virtual day on a terminal.
func progress(f *flags) func(life.Progress) {
	if st, err := os.Stderr.Stat(); f.json || err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(p life.Progress) {
		fmt.Fprintf(os.Stderr, "\r        %s  %d cases, %d acts ", strconv.Itoa(p.Day), p.Cases, p.Commands)
	}
}

func printAccounts(f *flags, accounts load.Accounts) error {
	if f.json {
		return f.print(map[string]any{"accounts": accounts, "password": load.DemoPassword, "api_key": load.DemoKey}, "")
	}
	fmt.Printf("\n演示城市：全部数据为虚构 · a synthetic city: every record is invented\n密码 password: %s\n\n", load.DemoPassword)
	for _, x := range accounts {
		fmt.Printf("  %s %s %s\n", pad(x.Login, 12), pad(x.Label, 14), x.Where)
	}
	fmt.Printf("\nOpen311 api_key: %s\n\n", load.DemoKey)
	return nil
}

// pad fills with blanks to a width in columns; Chinese characters take two.
func pad(s string, width int) string {
	n := 0
	for _, r := range s {
		n++
		if r > 0x2e80 {
			n++
		}
	}
	return s + strings.Repeat(" ", max(0, width-n))
}

// together fills what the city's organisations do together.
func together(ctx context.Context, a *app.App, o joint.Options, say func(string, ...any)) error {
	r := joint.Rooms{DB: a.DB, Partners: a.Partners, Whistles: a.Whistles, People: a.Identity, Regions: a.Atlas}
	if err := joint.Fill(store.ContextAt(ctx, o.Until), o, r); err != nil {
		return err
	}
	whistles, meetings, err := joint.Live(ctx, o, r)
	if err != nil {
		return err
	}
	say("%d whistles, %d joint meetings, partners and volunteers", whistles, meetings)
	return nil
}
