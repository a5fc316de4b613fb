package web

import "testing"

func TestEscapesNUL(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		``: false, `{"a":"b"}`: false, `\u0000`: true, `"a\u0000b"`: true,
		`"\\u0000"`: false, `"\\\u0000"`: true, `"\\u0000 \u0000"`: true, `"\u00001"`: true, `"\u0001"`: false,
	} {
		if got := escapesNUL([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
