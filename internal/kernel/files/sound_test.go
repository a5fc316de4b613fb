package files

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store"
	"linli/internal/kernel/store/storetest"
)

const secret = "home of Zhang Wei, 112.59 29.40"

// recording is one of Chromium's MediaRecorder, a second and a half of a beep.
func recording(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// element is one of EBML; box one of MP4; page one of Ogg with its sum.
func element(id []byte, data string) []byte {
	return slices.Concat(id, []byte{0x40 | byte(len(data)>>8), byte(len(data))}, []byte(data))
}

func box(name, data string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(8+len(data))), name+data...)
}

func page(n, serial uint32, at uint64, data string) []byte {
	b := binary.LittleEndian.AppendUint64([]byte("OggS\x00\x00"), at)
	b = binary.LittleEndian.AppendUint32(b, serial)
	b = binary.LittleEndian.AppendUint32(b, n)
	b = append(b, 0, 0, 0, 0, 1, byte(len(data)))
	b = append(b, data...)
	binary.LittleEndian.PutUint32(b[22:], oggSum(b))
	return b
}

const opusHead = "OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"

func oggOf(seconds uint64) []byte {
	return slices.Concat(page(0, 7, 0, opusHead), page(1, 7, 0, "OpusTags\x04\x00\x00\x00acme\x01\x00\x00\x00"+secret), page(2, 7, 312+seconds*48_000, "sound"))
}

func TestSoundIsKeptAndTellsNothingElse(t *testing.T) {
	t.Parallel()
	webm, mp4 := recording(t, "voice.webm"), recording(t, "voice.mp4")
	for name, c := range map[string]struct {
		format, typ string
		raw         []byte
	}{
		"webm":                 {"webm", WebM, webm},
		"webm with a tag":      {"webm", WebM, slices.Concat(webm, element([]byte{0x12, 0x54, 0xC3, 0x67}, secret))},
		"webm with a title":    {"webm", WebM, slices.Concat(webm, element([]byte{0x15, 0x49, 0xA9, 0x66}, string(element([]byte{0x7B, 0xA9}, secret))))},
		"mp4":                  {"mp4", MP4, mp4},
		"mp4 with user data":   {"mp4", MP4, slices.Concat(mp4, box("udta", secret))},
		"mp4 with a maker's":   {"mp4", MP4, slices.Concat(mp4, box("uuid", secret))},
		"ogg with its comment": {"ogg", Ogg, oggOf(3)},
	} {
		if got := sniff(c.raw[:16]); got != c.format {
			t.Errorf("%s: sniffed as %q", name, got)
		}
		got, err := sound(c.format, bytes.Clone(c.raw))
		if err != nil || got.typ != c.typ || len(got.body) != len(c.raw) || bytes.Contains(got.body, []byte(secret)) {
			t.Errorf("%s: %v, %s, %d of %d bytes", name, err, got.typ, len(got.body), len(c.raw))
			continue
		}
		// What was blanked is whole still.
		if again, err := sound(c.format, bytes.Clone(got.body)); err != nil || !bytes.Equal(again.body, got.body) {
			t.Errorf("%s: not the same a second time: %v", name, err)
		}
		if c.format == "ogg" {
			b := got.body[28+len(opusHead):]
			b = b[:28+int(b[27])]
			want := binary.LittleEndian.Uint32(b[22:])
			binary.LittleEndian.PutUint32(b[22:], 0)
			if oggSum(b) != want {
				t.Errorf("%s: the page's sum is wrong", name)
			}
		}
	}
}

func TestSoundIsMeasured(t *testing.T) {
	t.Parallel()
	if d, ok := webm(recording(t, "voice.webm")); !ok || d < time.Second || d > 2*time.Second {
		t.Errorf("webm: %v, %v", d, ok)
	}
	if d, ok := mp4(recording(t, "voice.mp4")); !ok || d > 2*time.Second {
		t.Errorf("mp4: %v, %v", d, ok)
	}
	if d, ok := ogg(oggOf(3)); !ok || d != 3*time.Second {
		t.Errorf("ogg: %v, %v", d, ok)
	}
}

func TestWhatIsNoShortSoundIsRefused(t *testing.T) {
	t.Parallel()
	webm, mp4 := recording(t, "voice.webm"), recording(t, "voice.mp4")
	change := func(b []byte, old, now string) []byte { return bytes.Replace(b, []byte(old), []byte(now), 1) }
	for name, c := range map[string]struct {
		format string
		raw    []byte
		kind   *errs.Kind
	}{
		"a film in webm":          {"webm", change(webm, "\x83\x81\x02", "\x83\x81\x01"), KindRefused},
		"another codec in webm":   {"webm", change(webm, "A_OPUS", "A_PCM_"), KindRefused},
		"matroska":                {"webm", change(webm, "webm", "mkv "), KindRefused},
		"half a webm":             {"webm", webm[:len(webm)-20], KindRefused},
		"a webm of two minutes":   {"webm", slices.Concat(webm, element([]byte{0xE7}, "\x01\xd4\xc0"), element([]byte{0xA3}, "\x81\x00\x00\x80")), TooLong},
		"a film in mp4":           {"mp4", change(mp4, "soun", "vide"), KindRefused},
		"a picture in mp4's form": {"mp4", slices.Concat(box("ftyp", "heic"), box("meta", "x"), box("mdat", "x")), KindRefused},
		"half an mp4":             {"mp4", mp4[:len(mp4)-20], KindRefused},
		"an ogg of two minutes":   {"ogg", oggOf(120), TooLong},
		"two streams in an ogg":   {"ogg", slices.Concat(oggOf(3), page(0, 8, 0, "\x80theora")), KindRefused},
		"vorbis in an ogg":        {"ogg", change(oggOf(3), "OpusHead", "\x01vorbis\x00"), KindRefused},
		"more than a megabyte":    {"ogg", append(oggOf(3), make([]byte, SoundMaxBytes)...), TooLong},
	} {
		if _, err := sound(c.format, c.raw); !errs.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBrokenSoundIsReadWithoutHarm(t *testing.T) {
	t.Parallel()
	samples := map[string][]byte{"webm": recording(t, "voice.webm"), "mp4": recording(t, "voice.mp4"), "ogg": oggOf(3)}
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]string{"webm", "mp4", "ogg"}).Draw(t, "format")
		b := bytes.Clone(samples[format])
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			b[rapid.IntRange(0, min(len(b), 800)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "to")
		}
		b = b[:rapid.IntRange(1, len(b)).Draw(t, "length")]
		if c, err := sound(format, b); err == nil && len(c.body) != len(b) {
			t.Fatalf("%d of %d bytes", len(c.body), len(b))
		}
	})
}

func TestSoundIsADownload(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, ctx := openStore(t, db, t.TempDir()), context.Background()
		f, err := s.Put(ctx, 990101, 5, "voice.exe", bytes.NewReader(recording(t, "voice.webm")))
		if err != nil || f.Type != WebM || f.Name != "voice.webm" || f.ThumbSize != 0 || f.Photo() {
			t.Fatal(f, err)
		}
		c, err := s.Open(ctx, f.ID, Full)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		w := httptest.NewRecorder()
		c.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		h := w.Header()
		if w.Code != 200 || h.Get("Content-Type") != WebM || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
			t.Fatal(w.Code, h)
		}
	})
}
