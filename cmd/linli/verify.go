package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"linli/internal/kernel/audit"
)

func verify(ctx context.Context, args []string) error {
	f := newFlags("verify", "verify [--data DIR] [--db postgres://…] [--heads FILE]")
	file := f.String("heads", "", "signed heads that were kept elsewhere")
	if err := f.parse(args); err != nil {
		return err
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	var kept []audit.Head
	if *file != "" {
		text, err := os.ReadFile(*file)
		if err != nil {
			return usage("%s", err)
		}
		if kept, err = a.Signer.ParseHeads(string(text)); err != nil {
			return err
		}
	}
	p, err := a.Verify(ctx, kept...)
	if err != nil {
		return err
	}
	if err := f.print(p, "%d audit entries, %d cases, %d signed heads: compared in %d ms\nroot %s\n", p.Entries, p.Cases, p.Heads, p.TookMS, p.Root); err != nil {
		return err
	}
	if p.OK {
		return nil
	}
	if !f.json {
		for _, x := range p.Problems {
			fmt.Printf("  chain %06d entry %d: %s\n", x.District, x.Idx, x.Text)
		}
	}
	return errors.New("the records do not fit together")
}
