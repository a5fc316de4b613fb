package main

import (
	"context"
	"errors"
	"fmt"

	"linli/internal/app"
	"linli/internal/kernel/archive"
)

const restoreUse = `restore --in FILE [--data EMPTY_DIR] [--db postgres://…]

Brings a backup into an empty data folder and database, of either engine, then
proves it: every row counted, the audit chains and histories verified. All
people have to sign in again.`

func restore(ctx context.Context, args []string) error {
	f := newFlags("restore", restoreUse)
	in := f.String("in", "", "the backup")
	check := f.Bool("check", false, "only read the backup through and say whether it is whole")
	if err := f.parse(args); err != nil {
		return err
	}
	if *in == "" {
		return usage("--in is missing")
	}
	if *check {
		m, err := archive.Check(ctx, *in)
		if err != nil {
			return err
		}
		return f.print(m, "%s is whole: %d rows of %d tables, made by version %s on %s at %s\nroot %s\n", *in, m.Rows(), len(m.Tables), m.Version, m.Engine, m.CreatedAt.Local().Format("2006-01-02 15:04"), m.Root)
	}
	s, err := archive.Restore(ctx, *in, f.data, f.db)
	if err != nil {
		return err
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	p, err := a.Verify(ctx)
	if err != nil {
		return err
	}
	ok := p.OK && p.Root == s.Manifest.Root
	if err := f.print(struct {
		OK bool `json:"ok"`
		*archive.Summary
		Proof *app.Proof `json:"proof"`
	}{ok, s, p}, "%d rows of %d tables and %d files are back in %.1f s\n%d audit entries and %d cases verified; root %s\n", s.Manifest.Rows(), len(s.Manifest.Tables), s.Files, float64(s.TookMS)/1e3, p.Entries, p.Cases, p.Root); err != nil {
		return err
	}
	switch {
	case ok:
		return nil
	case p.OK:
		return fmt.Errorf("the audit root is not that of the backup, %s", s.Manifest.Root)
	}
	if !f.json {
		for _, x := range p.Problems {
			fmt.Printf("  chain %06d entry %d: %s\n", x.District, x.Idx, x.Text)
		}
	}
	return errors.New("everything came back, but the records do not fit together; they did not when the backup was made")
}
