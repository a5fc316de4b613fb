package open311

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http/httptest"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzForm: whatever a body holds, it is read or refused; what is read is text.
func FuzzForm(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", []byte("a=1&attribute[x][]=2&attribute[x][]=3&%zz"))
	f.Add("application/json", []byte(`{"lat":29.4,"attribute":{"a":["b",1,true,null]},"x":{"y":{"z":1}}}`))
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n"))
	f.Add("text/plain", []byte("a"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		req := httptest.NewRequest("POST", "/open311/v2/requests.xml?a=b", nil)
		req.Header.Set("Content-Type", kind)
		form, err := parseForm(req, body)
		if err != nil {
			return
		}
		n := 0
		for k, all := range form {
			for _, v := range all {
				if n++; !utf8.ValidString(k+v) || n > maxFields {
					t.Errorf("%q: %q", k, v)
				}
			}
		}
		for code := range attributes(form) {
			if code == "" {
				t.Error("an attribute without code")
			}
		}
		fingerprint(1, "/open311/v2/requests.xml", form)
	})
}

// FuzzFormat: any text is written so that a parser of the format reads it back.
func FuzzFormat(f *testing.F) {
	f.Add("路灯 <不亮> & \"闪\"\n\x00\u2028")
	f.Add("\xff]]>")
	f.Fuzz(func(t *testing.T, s string) {
		doc := list{"request", []any{record{{"description", s}, {"n", 1.5}, {"yes", true}, {"none", nil}, {"in", list{"x", []any{s}}}}}}
		var back []struct{ Description *string }
		if err := json.Unmarshal(asJSON.encode("requests", doc), &back); err != nil || len(back) != 1 {
			t.Fatalf("JSON: %v", err)
		}
		if back[0].Description != nil && utf8.ValidString(s) && *back[0].Description != s || back[0].Description == nil && s != "" {
			t.Errorf("JSON: %q became %v", s, back[0].Description)
		}
		for d := xml.NewDecoder(bytes.NewReader(asXML.encode("requests", doc))); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("XML: %v", err)
			}
		}
	})
}

// FuzzInstant: a date is read or refused, and stays the same when written again.
func FuzzInstant(f *testing.F) {
	f.Add("2026-11-23T10:00:00 08:00")
	f.Add("2026-11-23")
	f.Fuzz(func(t *testing.T, s string) {
		at, err := parseInstant(s, time.UTC)
		if err != nil {
			return
		}
		if again, err := parseInstant(time.UnixMicro(at).UTC().Format(time.RFC3339Nano), time.UTC); err != nil || again != at {
			t.Errorf("%q: %d, then %d %v", s, at, again, err)
		}
	})
}
