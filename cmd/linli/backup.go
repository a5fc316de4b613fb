package main

import (
	"context"
	"os"
	"path/filepath"

	"linli/internal/kernel/archive"
	"linli/internal/kernel/store"
)

const backupUse = `backup --out FILE [--data DIR] [--db postgres://…]

Copies database, photos, map and keys into one file, while the server runs.
Keep the file secret and elsewhere: it holds the keys to the personal data.`

func backup(ctx context.Context, args []string) error {
	f := newFlags("backup", backupUse)
	out := f.String("out", "", "file to write, for instance linli-20261123.backup")
	if err := f.parse(args); err != nil {
		return err
	}
	if *out == "" {
		return usage("--out is missing")
	}
	if f.db == "" { // opening would make an empty one
		if _, err := os.Stat(filepath.Join(f.data, "linli.db")); err != nil {
			return archive.ErrNothing.New("where", f.data)
		}
	}
	// Not through the app: a running server of another version must not find
	// its database migrated.
	db, err := store.Open(ctx, store.Options{Dir: f.data, URL: f.db})
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := archive.Backup(ctx, db, f.data, version, *out)
	if err != nil {
		return err
	}
	return f.print(s, "%s: %d rows of %d tables, %d files, %.1f MB in %.1f s\nroot %s\n", *out, s.Manifest.Rows(), len(s.Manifest.Tables), s.Files, float64(s.Bytes)/1e6, float64(s.TookMS)/1e3, s.Manifest.Root)
}
