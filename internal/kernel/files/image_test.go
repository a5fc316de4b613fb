package files

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"linli/internal/kernel/errs"
	"linli/internal/kernel/store/storetest"
)

// tinyWebP is one pixel, lossless.
var tinyWebP, _ = base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")

// corner is a picture whose top left quarter is red, the rest blue.
func corner(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{0, 0, 255, 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{255, 0, 0, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an EXIF block with an orientation and a secret in front.
func withExif(raw []byte, order binary.AppendByteOrder, o uint16) []byte {
	head := []byte("MM\x00*")
	if order.String() == "LittleEndian" {
		head = []byte("II*\x00")
	}
	tiff := order.AppendUint32(head, 8)
	tiff = order.AppendUint16(tiff, 2)
	tiff = order.AppendUint16(tiff, 0x010F) // maker
	tiff = order.AppendUint16(tiff, 2)
	tiff = order.AppendUint32(tiff, 4)
	tiff = append(tiff, "GPS\x00"...)
	tiff = order.AppendUint16(tiff, 0x0112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, o)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	tiff = append(tiff, "SECRET-PLACE"...)
	seg := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, raw[:2]...)
	out = append(out, 0xFF, 0xE1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(seg)+2))
	out = append(out, seg...)
	return append(out, raw[2:]...)
}

func TestOrientationIsApplied(t *testing.T) {
	t.Parallel()
	// Where the red quarter of a picture taken with that orientation ends up.
	where := map[uint16][2]int{0: {0, 0}, 1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}, 9: {0, 0}}
	raw := jpegOf(t, corner(64, 32))
	for o, want := range where {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			c, err := photo("jpeg", withExif(raw, order, o))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(c.body, []byte("SECRET")) || bytes.Contains(c.body, []byte("Exif")) || bytes.Contains(c.thumb, []byte("SECRET")) {
				t.Error("EXIF is kept")
			}
			w, h := 64, 32
			if o >= 5 && o <= 8 {
				w, h = 32, 64
			}
			if c.width != w || c.height != h {
				t.Errorf("orientation %d: %d×%d", o, c.width, c.height)
			}
			img, err := jpeg.Decode(bytes.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			for qx := range 2 {
				for qy := range 2 {
					r, _, b, _ := img.At(w/4+qx*w/2, h/4+qy*h/2).RGBA()
					if red := r > b; red != (want == [2]int{qx, qy}) {
						t.Errorf("orientation %d: quarter %d,%d red %v", o, qx, qy, red)
					}
				}
			}
		}
	}
}

func TestShrinkIsTheMean(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		w, h, edge := 1+rnd.IntN(90), 1+rnd.IntN(90), 1+rnd.IntN(60)
		src := image.NewRGBA(image.Rect(0, 0, w, h))
		for i := range src.Pix {
			src.Pix[i] = uint8(rnd.IntN(256))
			if i%4 == 3 {
				src.Pix[i] = 255
			}
		}
		got := shrink(src, edge)
		dw, dh := got.Rect.Dx(), got.Rect.Dy()
		if max(dw, dh) != min(edge, max(w, h)) {
			t.Fatalf("%d×%d to %d: %d×%d", w, h, edge, dw, dh)
		}
		for y := range dh { // slow and obvious: overlaps of every source pixel
			for x := range dw {
				sum, area := 0.0, 0.0
				for sy := range h {
					for sx := range w {
						ox := min(float64(sx+1)*float64(dw)/float64(w), float64(x+1)) - max(float64(sx)*float64(dw)/float64(w), float64(x))
						oy := min(float64(sy+1)*float64(dh)/float64(h), float64(y+1)) - max(float64(sy)*float64(dh)/float64(h), float64(y))
						if ox > 0 && oy > 0 {
							sum += ox * oy * float64(src.RGBAAt(sx, sy).G)
							area += ox * oy
						}
					}
				}
				if d := sum/area - float64(got.RGBAAt(x, y).G); d > 0.51 || d < -0.51 {
					t.Fatalf("%d×%d to %d×%d at %d,%d: off by %.2f", w, h, dw, dh, x, y, d)
				}
			}
		}
	}
}

func TestLargePhotoIsMadeSmaller(t *testing.T) {
	t.Parallel()
	c, err := photo("jpeg", withExif(jpegOf(t, corner(3000, 1500)), binary.BigEndian, 6))
	if err != nil {
		t.Fatal(err)
	}
	if c.width != 1280 || c.height != 2560 {
		t.Errorf("%d×%d", c.width, c.height)
	}
	th, err := jpeg.DecodeConfig(bytes.NewReader(c.thumb))
	if err != nil || th.Width != 160 || th.Height != 320 {
		t.Error(th, err)
	}
}

// bigPNG claims a size that its data does not have.
func bigPNG(t testing.TB, w, h uint32) []byte {
	raw := pngOf(t, corner(4, 4))
	binary.BigEndian.PutUint32(raw[16:], w)
	binary.BigEndian.PutUint32(raw[20:], h)
	crc := crcOf(raw[12:29])
	binary.BigEndian.PutUint32(raw[29:], crc)
	return raw
}

func crcOf(b []byte) uint32 {
	c := ^uint32(0)
	for _, x := range b {
		c ^= uint32(x)
		for range 8 {
			if c&1 == 1 {
				c = c>>1 ^ 0xEDB88320
			} else {
				c >>= 1
			}
		}
	}
	return ^c
}

func TestHostileFilesAreRefused(t *testing.T) {
	t.Parallel()
	s := openStore(t, storetest.SQLite(t, nil), t.TempDir())
	good := jpegOf(t, corner(64, 64))
	pdf := func(body string) []byte {
		return []byte("%PDF-1.7\n1 0 obj\n<<" + body + ">>\nendobj\ntrailer\n%%EOF\n")
	}
	hugeJPEG := bytes.Clone(good)
	i := bytes.Index(hugeJPEG, []byte{0xFF, 0xC0})
	binary.BigEndian.PutUint16(hugeJPEG[i+5:], 60000)
	binary.BigEndian.PutUint16(hugeJPEG[i+7:], 60000)
	vp8x := func(frame []byte) []byte { // a header of 1×1 around a frame that is larger
		b := []byte("WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
		b = append(b, "VP8L"...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(frame)))
		b = append(b, frame...)
		return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(b))), b...)
	}
	for name, c := range map[string]struct {
		raw  []byte
		want *errs.Kind
	}{
		"nothing":            {nil, Empty},
		"text":               {[]byte("hello"), KindRefused},
		"html":               {[]byte("<html><script>alert(1)</script>"), KindRefused},
		"svg":                {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), KindRefused},
		"gif":                {[]byte("GIF89a\x01\x00\x01\x00"), KindRefused},
		"program":            {[]byte("MZ\x90\x00"), KindRefused},
		"archive":            {[]byte("PK\x03\x04"), KindRefused},
		"late pdf":           {append([]byte("<script>"), pdf("")...), KindRefused},
		"jpeg head only":     {good[:20], Damaged},
		"jpeg cut":           {good[:len(good)/2], Damaged},
		"jpeg then nothing":  {[]byte("\xFF\xD8\xFF"), Damaged},
		"jpeg too large":     {hugeJPEG, TooManyDots},
		"png too large":      {bigPNG(t, 100000, 100000), TooManyDots},
		"png over the limit": {bigPNG(t, 8000, 5001), TooManyDots},
		"png lying":          {bigPNG(t, 4000, 4000), Damaged},
		"png of nothing":     {bigPNG(t, 0, 5), Damaged},
		"webp head only":     {tinyWebP[:20], Damaged},
		"webp inner frame":   {vp8x([]byte("\x2f\xff\xff\xff\x0f\x00")), TooManyDots},
		"pdf cut":            {[]byte("%PDF-1.7\n1 0 obj\n"), Damaged},
		"pdf script":         {pdf("/S /JavaScript /JS (app.alert(1))"), Active},
		"pdf hidden script":  {pdf("/S /J#61vaScript /J#53 (app.alert(1))"), Active},
		"pdf program":        {pdf("/S /Launch /F (x)"), Active},
		"pdf attachment":     {pdf("/Type /EmbeddedFile "), Active},
	} {
		_, err := s.Put(t.Context(), 0, 1, name, bytes.NewReader(c.raw))
		if !errs.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want.Code)
		}
	}
	if left, err := os.ReadDir(s.disk.staging()); err != nil || len(left) != 0 {
		t.Error("left behind:", left, err)
	}
	for name, raw := range map[string][]byte{
		"jpeg": good, "png": pngOf(t, corner(50, 40)), "webp": tinyWebP, "grey": pngOf(t, image.NewGray16(image.Rect(0, 0, 5, 5))),
		"palette":     pngOf(t, image.NewPaletted(image.Rect(0, 0, 500, 1), color.Palette{color.Black, color.White})),
		"transparent": pngOf(t, image.NewNRGBA(image.Rect(0, 0, 10, 10))),
		"pdf":         pdf("/Type /Catalog"),
		"pdf stream":  []byte("%PDF-1.4\n1 0 obj\n<<>>\nstream\nxx/JS (yy\nendstream\n%%EOF"),
	} {
		f, err := s.Put(t.Context(), 0, 1, name, bytes.NewReader(raw))
		if err != nil || f.Size == 0 || f.Photo() == (f.ThumbSize == 0) {
			t.Errorf("%s: %+v %v", name, f, err)
		}
	}
	if n, err := s.Verify(t.Context(), func(p string) { t.Error(p) }); err != nil || n != 8 {
		t.Error(n, err)
	}
	// Damage is found.
	f, err := s.Put(t.Context(), 0, 1, "x", bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.disk.path(f.sha), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	found := 0
	if _, err := s.Verify(t.Context(), func(string) { found++ }); err != nil || found != 1 {
		t.Error(found, err)
	}
	// The same photo again repairs it: what is noted must be there.
	if _, err := s.Put(t.Context(), 0, 1, "x", bytes.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Verify(t.Context(), func(p string) { t.Error(p) }); err != nil {
		t.Error(err)
	}
}

func TestMutatedPicturesNeverPanic(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 5))
	seeds := map[string][]byte{"jpeg": withExif(jpegOf(t, corner(40, 24)), binary.LittleEndian, 6), "png": pngOf(t, corner(20, 20)), "webp": tinyWebP}
	deadline := time.Now().Add(time.Second)
	for time.Now().Before(deadline) {
		for format, seed := range seeds {
			raw := bytes.Clone(seed)
			for range 1 + rnd.IntN(6) {
				raw[rnd.IntN(len(raw))] = byte(rnd.IntN(256))
			}
			raw = raw[:1+rnd.IntN(len(raw))]
			if o := orientation(format, raw); o < 1 || o > 8 {
				t.Fatal(o)
			}
			webpFrame(raw)
			if cfg, err := safely(func() (image.Config, error) { return decoders[format].config(bytes.NewReader(raw)) }); err == nil && cfg.Width*cfg.Height < 1_000_000 {
				_, _ = photo(format, raw) // an error or a picture, no panic
			}
		}
	}
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "照片.jpg", "a.png": "a.jpg", "../../etc/passwd": "passwd.jpg", `C:\photos\漏水.JPEG`: "漏水.jpg", "a\u202egpj.exe": "agpj.jpg", "x\x00y\n.jpg": "xy.jpg", "...": "照片.jpg", " . ": "照片.jpg",
		"\xff\xfe": "照片.jpg", "a<b>|c?.webp": "abc.jpg", "2026.11.23 现场": "2026.11.23 现场.jpg",
	} {
		if got := CleanName(in, JPEG); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := CleanName("报告.docx", PDF); got != "报告.pdf" {
		t.Error(got)
	}
}

func BenchmarkPhoto(b *testing.B) {
	for _, size := range []int{640, 2000, 4000} {
		raw := jpegOf(b, corner(size, size*3/4))
		b.Run(filepath.Base(time.Duration(size).String()), func(b *testing.B) {
			for b.Loop() {
				if _, err := photo("jpeg", raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
