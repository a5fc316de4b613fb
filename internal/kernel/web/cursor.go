package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"

	"linli/internal/kernel/errs"
)

// Cursor encodes the keyset position after the last row of a page: a small
// struct, opaque to clients. It is not secret and not signed: it holds only
// values of a row that the caller has just been shown, and scope is applied
// anew on each page.
func Cursor(after any) string {
	b, err := json.Marshal(after)
	if err != nil {
		panic("web: cursor: " + err.Error()) // a struct of plain values always encodes
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor fills after from a cursor; "" leaves it as it is and returns
// false. Anything that Cursor did not make is refused.
func ParseCursor(s string, after any) (bool, error) {
	if s == "" {
		return false, nil
	}
	bad := func(cause error) error {
		return errs.Invalid.New("remedy", errs.Words{ZH: "请从第一页重新开始", EN: "start again from the first page"}).In("cursor").Because(cause)
	}
	if len(s) > 1024 {
		return false, bad(errors.New("too long"))
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return false, bad(err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(after); err != nil {
		return false, bad(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return false, bad(errors.New("trailing data"))
	}
	return true, nil
}
