package agenda

import (
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// writeICS writes entries as iCalendar (RFC 5545): of each what the calendar page
// shows – kind, title, place, day – and nothing else. What has a time takes an hour.
func (r *Room) writeICS(w io.Writer, parts []Part, lang string) error {
	var b strings.Builder
	line := func(name, value string) { fold(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Linli//Calendar//ZH")
	stamp := time.UnixMicro(r.DB.Now()).UTC().Format("20060102T150405Z")
	for _, p := range parts {
		for _, e := range p.Entries {
			line("BEGIN", "VEVENT")
			line("UID", escape(p.Code+"-"+e.Key+"@linli"))
			line("DTSTAMP", stamp)
			if e.At != 0 {
				at := time.UnixMicro(e.At).UTC()
				line("DTSTART", at.Format("20060102T150405Z"))
				line("DTEND", at.Add(time.Hour).Format("20060102T150405Z"))
			} else {
				line("DTSTART;VALUE=DATE", timeOf(e.Day).Format("20060102"))
				line("DTEND;VALUE=DATE", timeOf(Plus(e.Day, 1)).Format("20060102"))
			}
			line("SUMMARY", escape(p.Name.In(lang)+" · "+e.Title.In(lang)))
			if e.Where != "" {
				line("LOCATION", escape(e.Where))
			}
			line("END", "VEVENT")
		}
	}
	line("END", "VCALENDAR")
	_, err := io.WriteString(w, b.String())
	return err
}

var escapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`)

func escape(s string) string { return escapes.Replace(s) }

// fold breaks a line after at most 75 bytes, never within a sign.
func fold(b *strings.Builder, line string) {
	room := 75
	for len(line) > room {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line, room = line[cut:], 74
	}
	b.WriteString(line + "\r\n")
}
