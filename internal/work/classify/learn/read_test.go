package learn

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	t.Parallel()
	lines := `{"id": 1, "title": "路灯不亮", "body": "三天了", "label": "路灯", "fold": 0}` + "\n\n" + `{"id": 2, "title": "井盖丢了", "body": "", "label": "井盖", "fold": 1}` + "\n"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(lines)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file(t, "a.jsonl", lines), file(t, "a.jsonl.gz", packed.String()), file(t, "a.csv", "label,fold,body,title\n路灯,0,三天了,路灯不亮\n井盖,1,,井盖丢了\n")} {
		for _, text := range [][]string{nil, {"title", "body"}} {
			list, fold, err := Read(path, Fields{Text: text, Label: "label", Fold: "fold"})
			if err != nil {
				t.Fatal(err)
			}
			if len(list) != 2 || list[0] != (Example{Text: "路灯不亮\n三天了", Label: "路灯"}) || list[1].Text != "井盖丢了" || fold[1] != "1" {
				t.Errorf("%s: %+v %v", path, list, fold)
			}
		}
	}
}

func TestReadNamesFileLineAndRemedy(t *testing.T) {
	t.Parallel()
	good := `{"text": "路灯不亮", "label": "路灯"}` + "\n"
	for name, c := range map[string]struct {
		text string
		row  int
		says string
	}{
		"no JSON":     {good + "{nonsense\n", 2, "JSON"},
		"no label":    {good + `{"text": "x", "label": ""}`, 2, "give the row its label"},
		"other field": {`{"body2": "x", "label": "y"}`, 0, "--text"},
		"no field":    {`{"text": "x", "lable": "y"}`, 0, `there is no field "label"`},
		"empty":       {"", 0, "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t, "a.jsonl", c.text)
			_, _, err := Read(path, Fields{Label: "label"})
			var e *InputError
			if !errors.As(err, &e) || e.Row != c.row || !strings.Contains(e.Remedy, c.says) || !strings.Contains(e.Error(), path) {
				t.Errorf("%v", err)
			}
		})
	}
	_, _, err := Read(filepath.Join(t.TempDir(), "none"), Fields{Label: "label"})
	var e *InputError
	if !errors.As(err, &e) {
		t.Error(err)
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, fields, text, id, err string }{
		{"路灯不亮", "", "路灯不亮", "", ""},
		{`{"id": 7, "title": "路灯", "body": "不亮"}`, "", "路灯\n不亮", "7", ""},
		{`{"a": "路灯", "b": null, "title": "x"}`, "a,b", "路灯", "", ""},
		{`{"a": 1}`, "a", "", "", "in quotes"},
		{`{"a": "x"}`, "", "", "", "--text"},
		{`{`, "", "", "", "JSON"},
		{"\xff", "", "", "", "UTF-8"},
	} {
		var fields []string
		if c.fields != "" {
			fields = strings.Split(c.fields, ",")
		}
		text, id, err := Line([]byte(c.line), fields)
		if text != c.text || string(id) != c.id || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q %s %v", c.line, text, id, err)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add([]byte(`{"title": "路灯"}`))
	f.Add([]byte("路灯"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 0 {
			_, _, _ = Line(b, nil) // must not panic
		}
	})
}
