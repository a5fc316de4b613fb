package main

import "context"

func importCmd(ctx context.Context, args []string) error { return usage("not yet") }
