package main

import (
	"context"
	"errors"
)

func seedLoad(context.Context, []string) error { return errors.New("x") }
