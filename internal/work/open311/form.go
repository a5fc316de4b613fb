package open311

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxBody bounds a POST; the longest texts take a fraction of it.
const maxBody = 256 << 10

// maxFields bounds the fields of a form.
const maxFields = 500

var errForm = errors.New("the body cannot be read")

// parseForm reads the fields of a request: of its query, and of its body as form,
// multipart form or flat JSON object. Of the body's and the query's the body's win.
func parseForm(req *http.Request, body []byte) (url.Values, error) {
	out, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, errForm
	}
	if len(body) > 0 {
		fields, err := parseBody(req.Header.Get("Content-Type"), body)
		if err != nil {
			return nil, err
		}
		for k, v := range fields {
			out[k] = v
		}
	}
	n := 0
	for k, all := range out {
		if !utf8.ValidString(k) {
			return nil, errForm
		}
		for _, v := range all {
			if n++; n > maxFields || !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return nil, errForm
			}
		}
	}
	return out, nil
}

func parseBody(kind string, body []byte) (url.Values, error) {
	media, params, err := mime.ParseMediaType(kind)
	if err != nil && kind != "" {
		return nil, errForm
	}
	switch media {
	case "", "application/x-www-form-urlencoded":
		out, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, errForm
		}
		return out, nil
	case "multipart/form-data":
		return parseMultipart(body, params["boundary"])
	case "application/json":
		return parseJSON(body)
	}
	return nil, errForm
}

// parseMultipart takes the fields; files have no place in the specification and
// are passed over.
func parseMultipart(body []byte, boundary string) (url.Values, error) {
	if boundary == "" {
		return nil, errForm
	}
	out := url.Values{}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxFields {
		p, err := r.NextPart()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, errForm
		}
		if p.FormName() == "" || p.FileName() != "" {
			continue
		}
		text, err := io.ReadAll(p)
		if err != nil {
			return nil, errForm
		}
		out.Add(p.FormName(), string(text))
	}
	return nil, errForm
}

// parseJSON takes what some programs send against the specification: an object of
// the fields, whose attributes are an object or an array of code and value.
func parseJSON(body []byte) (url.Values, error) {
	var doc map[string]any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil || dec.More() {
		return nil, errForm
	}
	out := url.Values{}
	for k, v := range doc {
		switch v := v.(type) {
		case map[string]any:
			for code, x := range v {
				if err := addJSON(out, k+"["+code+"]", x); err != nil {
					return nil, err
				}
			}
		default:
			if err := addJSON(out, k, v); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func addJSON(out url.Values, name string, v any) error {
	switch v := v.(type) {
	case nil:
	case string:
		out.Add(name, v)
	case json.Number:
		out.Add(name, v.String())
	case bool:
		out.Add(name, strconv.FormatBool(v))
	case []any:
		for _, x := range v {
			if err := addJSON(out, name, x); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("%w: %s", errForm, name)
	}
	return nil
}

var attributeName = regexp.MustCompile(`^attribute\[([^\[\]]+)\](\[\w*\])?$`)

// attributes are the fields attribute[code] and attribute[code][].
func attributes(form url.Values) map[string][]string {
	out := map[string][]string{}
	for name, values := range form {
		if m := attributeName.FindStringSubmatch(name); m != nil {
			out[m[1]] = append(out[m[1]], values...)
		}
	}
	return out
}

// first is a field's value, trimmed; an empty one counts as absent.
func first(form url.Values, name string) string { return strings.TrimSpace(form.Get(name)) }
