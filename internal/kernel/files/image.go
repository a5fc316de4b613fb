package files

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"regexp"

	"golang.org/x/image/webp"

	"linli/internal/kernel/errs"
)

// content is what will be stored of an upload.
type content struct {
	typ           string
	body, thumb   []byte
	width, height int
}

// sniff says what the first bytes belong to: "jpeg", "png", "webp", "pdf", "webm", "ogg", "mp4" or "".
func sniff(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xFF\xD8\xFF")):
		return "jpeg"
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1A\n")):
		return "png"
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return "webp"
	case bytes.HasPrefix(b, []byte("%PDF-1.")), bytes.HasPrefix(b, []byte("%PDF-2.")):
		return "pdf"
	case bytes.HasPrefix(b, []byte("\x1A\x45\xDF\xA3")):
		return "webm"
	case bytes.HasPrefix(b, []byte("OggS")):
		return "ogg"
	case len(b) >= 8 && string(b[4:8]) == "ftyp":
		return "mp4"
	}
	return ""
}

var decoders = map[string]struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}{
	"jpeg": {jpeg.DecodeConfig, jpeg.Decode},
	"png":  {png.DecodeConfig, png.Decode},
	"webp": {webp.DecodeConfig, webp.Decode},
}

// process checks an upload and makes what is stored of it. Errors of the
// catalogue with status 422 are final; others may pass when tried again.
func (s *Store) process(ctx context.Context, f *os.File) (content, error) {
	st, err := f.Stat()
	if err != nil {
		return content{}, err
	}
	head := make([]byte, 16)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return content{}, err
	}
	if n == 0 {
		return content{}, Empty.New()
	}
	format := sniff(head[:n])
	weight := 1 + st.Size()>>20
	if d, ok := decoders[format]; ok {
		cfg, err := safely(func() (image.Config, error) { return d.config(io.NewSectionReader(f, 0, st.Size())) })
		if err != nil {
			return content{}, Damaged.New().Because(err)
		}
		if err := fits(cfg.Width, cfg.Height); err != nil {
			return content{}, err
		}
		weight += int64(cfg.Width) * int64(cfg.Height) / 1_000_000
	} else if format == "" {
		return content{}, KindRefused.New()
	}
	// Decoding is bounded over all uploads, so that memory is.
	weight = min(weight, decodeBudget)
	if err := s.decoding.Acquire(ctx, weight); err != nil {
		return content{}, errs.Unavailable.New().Because(err)
	}
	defer s.decoding.Release(weight)
	raw := make([]byte, st.Size())
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, st.Size()), raw); err != nil {
		return content{}, err
	}
	switch format {
	case "pdf":
		return document(raw)
	case "webm", "ogg", "mp4":
		return sound(format, raw)
	}
	return photo(format, raw)
}

// fits guards against pictures that unpack to more than memory is meant for.
func fits(w, h int) error {
	if w < 1 || h < 1 {
		return Damaged.New()
	}
	if int64(w)*int64(h) > MaxMegapixel*1_000_000 {
		return TooManyDots.New("max", MaxMegapixel)
	}
	return nil
}

// safely turns a decoder's panic into an error.
func safely[T any](f func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("decoder panicked: %v", p)
		}
	}()
	return f()
}

func photo(format string, raw []byte) (content, error) {
	if format == "webp" {
		if err := fits(webpFrame(raw)); err != nil {
			return content{}, err
		}
	}
	src, err := safely(func() (image.Image, error) { return decoders[format].decode(bytes.NewReader(raw)) })
	if err != nil {
		return content{}, Damaged.New().Because(err)
	}
	if err := fits(src.Bounds().Dx(), src.Bounds().Dy()); err != nil {
		return content{}, err
	}
	img := upright(shrink(src, maxEdge), orientation(format, raw))
	c := content{typ: JPEG, width: img.Rect.Dx(), height: img.Rect.Dy()}
	if c.body, err = encode(img, quality); err != nil {
		return content{}, err
	}
	if c.thumb, err = encode(shrink(img, thumbEdge), thumbQuality); err != nil {
		return content{}, err
	}
	return c, nil
}

func encode(img image.Image, q int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: q})
	return b.Bytes(), err
}

// shrink brings the longer edge down to at most edge pixels; each new pixel is
// the exact mean of the area that it covers. Transparent parts become white.
// The source is turned into RGB a band at a time, so that it is in memory once.
func shrink(src image.Image, edge int) *image.RGBA {
	sb := src.Bounds()
	sw, sh := sb.Dx(), sb.Dy()
	dw, dh := sw, sh
	if m := max(sw, sh); m > edge {
		dw, dh = max(1, (sw*edge+m/2)/m), max(1, (sh*edge+m/2)/m)
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	white := image.NewUniform(color.White)
	if dw == sw && dh == sh {
		draw.Draw(dst, dst.Rect, white, image.Point{}, draw.Src)
		draw.Draw(dst, dst.Rect, src, sb.Min, draw.Over)
		return dst
	}
	const rows = 32
	band := image.NewRGBA(image.Rect(0, 0, sw, rows))
	line := make([]uint64, 3*(dw+1)) // one source row, reduced in width; one spare place at its end
	acc := make([]uint64, 3*dw)      // one new row in the making
	area := uint64(sw) * uint64(sh)
	y := 0 // new row
	write := func() {
		p := dst.Pix[y*dst.Stride:]
		for x := range dw {
			for c := range 3 {
				p[4*x+c] = uint8((acc[3*x+c] + area/2) / area)
			}
			p[4*x+3] = 255
		}
		clear(acc)
		y++
	}
	for sy := range sh {
		if sy%rows == 0 {
			draw.Draw(band, band.Rect, white, image.Point{}, draw.Src)
			draw.Draw(band, image.Rect(0, 0, sw, min(rows, sh-sy)), src, sb.Min.Add(image.Pt(0, sy)), draw.Over)
		}
		clear(line)
		p := band.Pix[sy%rows*band.Stride:]
		// Source pixel x covers [x·dw, x·dw+dw), new pixel j covers [j·sw, j·sw+sw).
		j, left := 0, sw
		for x := range sw {
			w := min(dw, left)
			l := line[3*j : 3*j+6]
			q := p[4*x : 4*x+3]
			l[0] += uint64(w) * uint64(q[0])
			l[1] += uint64(w) * uint64(q[1])
			l[2] += uint64(w) * uint64(q[2])
			if left -= dw; left <= 0 {
				rest := uint64(-left)
				l[3] += rest * uint64(q[0])
				l[4] += rest * uint64(q[1])
				l[5] += rest * uint64(q[2])
				j++
				left += sw
			}
		}
		top := sy*dh - y*sh // where this row begins inside the new row
		w := uint64(min(dh, sh-top))
		for i := range acc {
			acc[i] += w * line[i]
		}
		if top+dh >= sh {
			write()
			if rest := uint64(top + dh - sh); rest > 0 {
				for i := range acc {
					acc[i] += rest * line[i]
				}
			}
		}
	}
	return dst
}

// upright turns a picture as its EXIF orientation asks.
func upright(src *image.RGBA, o int) *image.RGBA {
	if o <= 1 || o > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if o >= 5 {
		dw, dh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	for y := range h {
		for x := range w {
			var dx, dy int
			switch o {
			case 2:
				dx, dy = w-1-x, y
			case 3:
				dx, dy = w-1-x, h-1-y
			case 4:
				dx, dy = x, h-1-y
			case 5:
				dx, dy = y, x
			case 6:
				dx, dy = h-1-y, x
			case 7:
				dx, dy = h-1-y, w-1-x
			case 8:
				dx, dy = y, w-1-x
			}
			copy(dst.Pix[dy*dst.Stride+4*dx:][:4], src.Pix[y*src.Stride+4*x:][:4])
		}
	}
	return dst
}

var (
	pdfStream = regexp.MustCompile(`(?s)\bstream\r?\n.*?endstream`)
	pdfEscape = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)
	pdfActive = regexp.MustCompile(`/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)[\s/<\[({>]`)
)

// document checks a PDF as far as can be seen without unpacking it: it is
// whole, and nothing in it acts by itself. It is always served as a download.
func document(raw []byte) (content, error) {
	tail := raw[max(0, len(raw)-2048):]
	if !bytes.Contains(tail, []byte("%%EOF")) {
		return content{}, Damaged.New()
	}
	plain := pdfStream.ReplaceAll(raw, nil)
	plain = pdfEscape.ReplaceAllFunc(plain, func(b []byte) []byte {
		var v byte
		if _, err := fmt.Sscanf(string(b[1:]), "%02x", &v); err != nil {
			return b
		}
		return []byte{v}
	})
	if pdfActive.Match(plain) {
		return content{}, Active.New()
	}
	return content{typ: PDF, body: raw}, nil
}
