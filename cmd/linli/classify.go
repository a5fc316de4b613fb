package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"linli/internal/kernel/access"
	"linli/internal/kernel/archive"
	"linli/internal/work/classify/learn"
)

const classifyUse = `classify train --data DIR [--db postgres://…]
   or: linli classify train --in FILE [--in FILE …] [--text title,body] [--label label] --out MODEL
   or: linli classify eval --model MODEL --in FILE [--in FILE …] [--text …] [--label label] [--json]
   or: linli classify cv --in FILE [--in FILE …] --folds fold [--text …] [--label label] [--json]
   or: linli classify predict --model MODEL [--text …] [--top 3] [--words 5] < LINES > JSONL

Learns from messages which label they have, and says of others which they
likely have. With --data it learns from the city's own cases; the new model goes
into force if it does better on cases that it has not seen. FILE is JSON lines, CSV or Excel, also gzipped. --text names the
fields that are the text, the most telling first; without it title, body and
text are read, those that are there. predict reads a message a line: plain
text, or a JSON object with these fields. docs/classify.md tells the method.`

func classify(ctx context.Context, args []string) error {
	verbs := map[string]func(context.Context, []string) error{"train": classifyTrain, "eval": classifyEval, "cv": classifyCV, "predict": classifyPredict}
	if len(args) > 0 && verbs[args[0]] != nil {
		return verbs[args[0]](ctx, args[1:])
	}
	f := bareFlags("classify", classifyUse)
	if _, err := f.words(args, 0, 0); err != nil {
		return err
	}
	return usage("say train, eval, cv or predict; see linli classify --help")
}

// learning are the flags of the classify commands.
type learning struct {
	*flags
	in    []string
	from  learn.Fields
	text  string
	model string
}

func learningFlags(verb string) *learning {
	f := &learning{flags: bareFlags("classify "+verb, classifyUse)}
	f.StringVar(&f.text, "text", "", "fields that are the text, with commas")
	if verb == "predict" {
		return f
	}
	f.Func("in", "file to read; may be given several times", func(s string) error { f.in = append(f.in, s); return nil })
	f.StringVar(&f.from.Label, "label", "label", "field that is the label")
	return f
}

func (f *learning) read(args []string) error {
	if _, err := f.words(args, 0, 0); err != nil {
		return err
	}
	for _, name := range strings.Split(f.text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			f.from.Text = append(f.from.Text, name)
		}
	}
	return nil
}

func (f *learning) examples() (list []learn.Example, folds []string, err error) {
	if len(f.in) == 0 {
		return nil, nil, usage("--in FILE is needed")
	}
	for _, path := range f.in {
		l, fold, err := learn.Read(path, f.from)
		if err != nil {
			return nil, nil, wrongInput(err)
		}
		list, folds = append(list, l...), append(folds, fold...)
	}
	return list, folds, nil
}

// wrongInput marks what the caller has to put right: exit status 2.
func wrongInput(err error) error {
	var wrong *learn.InputError
	for _, known := range []error{learn.ErrNoExamples, learn.ErrOneLabel, learn.ErrLabels, learn.ErrForeign, learn.ErrDamaged, learn.ErrFolds} {
		if errors.Is(err, known) {
			return usage("%s", err)
		}
	}
	if errors.As(err, &wrong) {
		return usage("%s", err)
	}
	return err
}

// ofCity tells whether the city's own cases are to be learned from.
func ofCity(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		name, _, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
		return strings.HasPrefix(a, "-") && (name == "data" || name == "db")
	})
}

func trainCity(ctx context.Context, args []string) error {
	f := newFlags("classify train", classifyUse)
	if err := f.parse(args); err != nil {
		return err
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	began := time.Now()
	v, err := a.Classify.Retrain(ctx, access.System("linli classify train"))
	if err != nil {
		return err
	}
	made := struct {
		Model    int64   `json:"model"`
		Verdict  string  `json:"verdict"`
		Examples int     `json:"examples"`
		Held     int     `json:"held_back"`
		New      float64 `json:"right"`
		Old      float64 `json:"right_before"`
		Seconds  float64 `json:"train_seconds"`
	}{v.ID, v.Verdict, v.Examples, v.New.Messages, v.New.Accuracy, v.Old.Accuracy, time.Since(began).Seconds()}
	return f.print(made, "%[3]d cases learned, %[4]d held back: %.4[5]f right, the one in force %.4[6]f → %[2]s\n", made.Model, made.Verdict, made.Examples, made.Held, made.New, made.Old)
}

func classifyTrain(ctx context.Context, args []string) error {
	if ofCity(args) {
		return trainCity(ctx, args)
	}
	f := learningFlags("train")
	out := f.String("out", "", "model to write")
	if err := f.read(args); err != nil {
		return err
	}
	if *out == "" {
		return usage("--out MODEL is needed")
	}
	list, _, err := f.examples()
	if err != nil {
		return err
	}
	began := time.Now()
	m, err := learn.Train(ctx, list, nil)
	if err != nil {
		return wrongInput(err)
	}
	b := m.Bytes()
	if err := archive.WriteFile(*out, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
		return err
	}
	made := struct {
		Examples int      `json:"examples"`
		Labels   []string `json:"labels"`
		Seconds  float64  `json:"train_seconds"`
		Bytes    int      `json:"model_bytes"`
	}{len(list), m.Labels(), time.Since(began).Seconds(), len(b)}
	return f.print(made, "%d examples, %d labels, %.1f s, %d bytes\n", made.Examples, len(made.Labels), made.Seconds, made.Bytes)
}

func (f *learning) open() (*learn.Model, error) {
	if f.model == "" {
		return nil, usage("--model MODEL is needed")
	}
	b, err := os.ReadFile(f.model)
	if err != nil {
		return nil, usage("%s", err)
	}
	m, err := learn.Open(b)
	if err != nil {
		return nil, usage("%s: %s; train it again with linli classify train", f.model, err)
	}
	return m, nil
}

const figuresText = "%d messages: macro-F1 %.4f, right %.4f, right label among three %.4f\nof the surest 85 %%: %.4f right\n%.1f µs a message, model of %d bytes\n"

func classifyEval(_ context.Context, args []string) error {
	f := learningFlags("eval")
	f.StringVar(&f.model, "model", "", "model to try")
	if err := f.read(args); err != nil {
		return err
	}
	m, err := f.open()
	if err != nil {
		return err
	}
	list, _, err := f.examples()
	if err != nil {
		return err
	}
	r := learn.Evaluate(m, list)
	return f.print(r, figuresText, r.Messages, r.MacroF1, r.Accuracy, r.Top3, r.Coverage["0.85"], r.MicrosPerMessage, r.ModelBytes)
}

func classifyCV(ctx context.Context, args []string) error {
	f := learningFlags("cv")
	f.StringVar(&f.from.Fold, "folds", "fold", "field that is the fold; near-duplicates belong in one")
	if err := f.read(args); err != nil {
		return err
	}
	list, folds, err := f.examples()
	if err != nil {
		return err
	}
	began := time.Now()
	all, each, err := learn.CrossValidate(ctx, list, folds)
	if err != nil {
		return wrongInput(err)
	}
	out := struct {
		*learn.Figures
		Folds   map[string]float64 `json:"macro_f1_by_fold"`
		Seconds float64            `json:"seconds"`
	}{all, map[string]float64{}, time.Since(began).Seconds()}
	for name, r := range each {
		out.Folds[name] = r.MacroF1
	}
	return f.print(out, figuresText, all.Messages, all.MacroF1, all.Accuracy, all.Top3, all.Coverage["0.85"], all.MicrosPerMessage, all.ModelBytes)
}

// prediction is a line of predict's answer.
type prediction struct {
	Line  int             `json:"line"`
	ID    json.RawMessage `json:"id,omitempty"` // of the object, if it has one
	Label string          `json:"label"`
	Share float64         `json:"share"`
	Top   []learn.Guess   `json:"top"`
}

func classifyPredict(ctx context.Context, args []string) error {
	f := learningFlags("predict")
	f.StringVar(&f.model, "model", "", "model to ask")
	top := f.Int("top", 3, "labels a message")
	words := f.Int("words", 5, "words that spoke for each label; 0: none")
	if err := f.read(args); err != nil {
		return err
	}
	if *top < 1 || *words < 0 {
		return usage("--top is above 0, --words not below")
	}
	m, err := f.open()
	if err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	for n := 1; in.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		line := bytes.TrimSpace(in.Bytes())
		if len(line) == 0 {
			continue
		}
		text, id, err := learn.Line(line, f.from.Text)
		if err != nil {
			return errors.Join(out.Flush(), usage("standard input, line %d: %s", n, err))
		}
		g := m.Explain(text, *top, *words)
		if err := e.Encode(prediction{n, id, g[0].Label, g[0].Share, g}); err != nil {
			return err
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return errors.Join(out.Flush(), usage("standard input: a line is longer than 1 MB; cut it"))
	} else if err != nil {
		return err
	}
	return out.Flush()
}
