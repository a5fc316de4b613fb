package main

import "testing"

// TestWholeDemo makes the city that `make run` serves: what its people may not do
// is met by chance, and too seldom in a small one.
func TestWholeDemo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a minute of simulated life")
	}
	if _, stderr, status := linli(t, "demo", "--data", t.TempDir()); status != 0 {
		t.Errorf("linli demo ended with %d: %s", status, stderr)
	}
}
