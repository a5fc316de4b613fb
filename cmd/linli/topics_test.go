package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTopicsRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	line := `{"id":"1","user":"a","title":"路灯不亮","time":"2026-03-02 09:00:00","body":"东门"}` + "\n"
	if err := topics(t.Context(), []string{"--in", write("good.jsonl", strings.Repeat(line, 3)), "--json"}); err != nil {
		t.Error(err)
	}
	for name, args := range map[string][]string{
		"no file":      {},
		"missing file": {"--in", filepath.Join(dir, "none.jsonl")},
		"no title":     {"--in", write("bad.jsonl", `{"id":"1"}`+"\n")},
		"nobody":       {"--in", write("g.jsonl", line), "--people", "0"},
	} {
		if err := topics(t.Context(), args); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
