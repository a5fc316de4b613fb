package open311

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strconv"
	"unicode/utf8"
)

// A document is written in either format from one value: record, list, string,
// bool, int, float64 or nil. An empty string is an empty element, and null in
// JSON.
type record []field

type field struct {
	name  string
	value any
}

// list is written as a wrapper with one element a value; JSON drops the wrapper.
type list struct {
	item   string
	values []any
}

func listOf[T any](item string, all []T, of func(T) any) list {
	l := list{item: item, values: make([]any, len(all))}
	for i, v := range all {
		l.values[i] = of(v)
	}
	return l
}

// The formats.
type format int8

const (
	asXML format = iota
	asJSON
)

// kind is the content type of answers.
func (f format) kind() string {
	if f == asJSON {
		return "application/json; charset=utf-8"
	}
	return "text/xml; charset=utf-8"
}

// encode writes the document whose XML root has the name.
func (f format) encode(root string, v any) []byte {
	b := &bytes.Buffer{}
	if f == asJSON {
		writeJSON(b, v)
		b.WriteByte('\n')
		return b.Bytes()
	}
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	writeXML(b, root, v)
	b.WriteByte('\n')
	return b.Bytes()
}

func writeXML(b *bytes.Buffer, name string, v any) {
	b.WriteByte('<')
	b.WriteString(name)
	b.WriteByte('>')
	switch v := v.(type) {
	case record:
		for _, f := range v {
			writeXML(b, f.name, f.value)
		}
	case list:
		for _, x := range v.values {
			writeXML(b, v.item, x)
		}
	case string:
		_ = xml.EscapeText(b, []byte(v)) // a buffer takes everything
	case nil:
	default:
		b.Write(scalar(b.AvailableBuffer(), v))
	}
	b.WriteString("</")
	b.WriteString(name)
	b.WriteByte('>')
}

func writeJSON(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case record:
		b.WriteByte('{')
		for i, f := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('"')
			b.WriteString(f.name)
			b.WriteString(`":`)
			writeJSON(b, f.value)
		}
		b.WriteByte('}')
	case list:
		b.WriteByte('[')
		for i, x := range v.values {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, x)
		}
		b.WriteByte(']')
	case string:
		if v == "" {
			b.WriteString("null")
			return
		}
		writeString(b, v)
	case nil:
		b.WriteString("null")
	default:
		b.Write(scalar(b.AvailableBuffer(), v))
	}
}

// writeString writes a JSON string; most hold nothing that needs escaping.
func writeString(b *bytes.Buffer, s string) {
	plain := utf8.ValidString(s)
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] >= ' ' && s[i] != '"' && s[i] != '\\'
	}
	if plain {
		b.WriteByte('"')
		b.WriteString(s)
		b.WriteByte('"')
		return
	}
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s)       // a string always encodes
	b.Truncate(b.Len() - 1) // the encoder's newline
}

func scalar(b []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	panic("open311: a document holds only records, lists, strings, booleans and numbers")
}
