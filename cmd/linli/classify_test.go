package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// labelled is n made-up labelled messages, JSON lines.
func labelled(n int) string {
	var b strings.Builder
	for i := range n {
		label, words := "路灯", []string{"路灯不亮", "灯杆倒了", "夜间照明"}
		if i%2 == 0 {
			label, words = "噪音", []string{"噪音扰民", "广场舞音响", "夜间施工"}
		}
		fmt.Fprintf(&b, `{"title": "%s", "body": "第%d次反映%s", "label": "%s", "fold": %d}`+"\n", words[i%3], i, words[i/2%3], label, i%4)
	}
	return b.String()
}

func TestClassify(t *testing.T) {
	t.Parallel()
	in, model := fixture(t, "in.jsonl", labelled(120)), filepath.Join(t.TempDir(), "m")
	var made struct {
		Examples int
		Labels   []string
		Bytes    int `json:"model_bytes"`
	}
	must(t, 0, &made, "classify", "train", "--in", in, "--in", in, "--text", "title,body", "--label", "label", "--out", model)
	if st, err := os.Stat(model); err != nil || made.Examples != 240 || len(made.Labels) != 2 || st.Size() != int64(made.Bytes) {
		t.Errorf("%+v %v", made, err)
	}
	var f struct {
		MacroF1  float64 `json:"macro_f1"`
		PerClass map[string]struct {
			F1 float64
		} `json:"per_class"`
		Top3       float64
		Coverage   map[string]float64
		Micros     float64 `json:"us_per_message"`
		ModelBytes int     `json:"model_bytes"`
	}
	must(t, 0, &f, "classify", "eval", "--model", model, "--in", in, "--text", "title,body", "--label", "label")
	if f.MacroF1 < 0.99 || len(f.PerClass) != 2 || f.Top3 != 1 || f.Coverage["0.85"] < 0.99 || f.Micros <= 0 || f.ModelBytes != made.Bytes {
		t.Errorf("%+v", f)
	}
	f.PerClass = nil
	must(t, 0, &f, "classify", "cv", "--in", in, "--folds", "fold")
	if f.MacroF1 < 0.95 || len(f.PerClass) != 2 {
		t.Errorf("%+v", f)
	}
}

func TestClassifyRefuses(t *testing.T) {
	t.Parallel()
	good := fixture(t, "in.jsonl", labelled(40))
	bad := fixture(t, "bad.jsonl", labelled(3)+"{broken\n")
	one := fixture(t, "one.jsonl", `{"text": "路灯", "label": "路灯"}`)
	out := filepath.Join(t.TempDir(), "m")
	for _, c := range []struct {
		says string
		args []string
	}{
		{"train, eval, cv or predict", []string{"classify"}},
		{"--in FILE", []string{"classify", "train", "--out", out}},
		{"--out MODEL", []string{"classify", "train", "--in", good}},
		{"bad.jsonl, line 4: ", []string{"classify", "train", "--in", good, "--in", bad, "--out", out}},
		{`there is no field "class"`, []string{"classify", "train", "--in", good, "--label", "class", "--out", out}},
		{"there is no such file", []string{"classify", "train", "--in", out + ".none", "--out", out}},
		{"two labels", []string{"classify", "train", "--in", one, "--out", out}},
		{"train it again", []string{"classify", "eval", "--model", good, "--in", good}},
		{`there is no field "half"`, []string{"classify", "cv", "--in", good, "--folds", "half"}},
		{"two folds", []string{"classify", "cv", "--in", one, "--folds", "label"}},
		{"--model MODEL", []string{"classify", "predict"}},
	} {
		if text := must(t, 2, nil, c.args...); !strings.Contains(text, c.says) {
			t.Errorf("%v: %s, want %q", c.args, text, c.says)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a refused training left a file")
	}
}

func TestClassifyPredictsLines(t *testing.T) {
	t.Parallel()
	model := filepath.Join(t.TempDir(), "m")
	must(t, 0, nil, "classify", "train", "--in", fixture(t, "in.jsonl", labelled(80)), "--out", model)
	ask := func(in string, args ...string) (out, said string, status int) {
		c := program(t.Context(), append([]string{"classify", "predict", "--model", model}, args...)...)
		var o, e strings.Builder
		c.Stdin, c.Stdout, c.Stderr = strings.NewReader(in), &o, &e
		if err := c.Run(); err != nil && c.ProcessState.ExitCode() < 1 {
			t.Fatal(err)
		}
		return o.String(), e.String(), c.ProcessState.ExitCode()
	}
	out, _, status := ask("门口路灯不亮\n\n" + `{"id": "a7", "title": "广场舞音响", "body": "噪音扰民"}` + "\n")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if status != 0 || len(lines) != 2 {
		t.Fatalf("%d: %s", status, out)
	}
	var p [2]prediction
	for i, l := range lines {
		if err := json.Unmarshal([]byte(l), &p[i]); err != nil {
			t.Fatal(err)
		}
	}
	if p[0].Line != 1 || p[0].Label != "路灯" || len(p[0].Top) != 2 || len(p[0].Top[0].Words) == 0 || p[1].Line != 3 || p[1].Label != "噪音" || string(p[1].ID) != `"a7"` {
		t.Errorf("%+v", p)
	}
	if out, said, status := ask("路灯\n{bad\n"); status != 2 || !strings.Contains(said, "line 2") || strings.Count(out, "\n") != 1 {
		t.Errorf("%d: %s%s", status, out, said)
	}
}
