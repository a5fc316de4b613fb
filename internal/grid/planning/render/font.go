package render

import (
	"bytes"
	"compress/gzip"
	_ "embed" // for the font
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// builtIn has Latin and the signs of GB 2312; see font/LICENSE.
//
//go:embed font/notosans-gb2312.otf.gz
var builtIn []byte

// em is the size in which outlines are read.
const em = 1000

// face gives signs in thousandths of their size: from the font in the program
// and, for rare ones, from one of the system's. Not safe for concurrent use.
type face struct {
	fonts    []*sfnt.Font
	searched bool // the system's fonts
	buf      sfnt.Buffer
	known    map[rune]sign
}

// sign is a sign as one of the fonts draws it.
type sign struct {
	r     rune
	font  *sfnt.Font
	index sfnt.GlyphIndex
	width int
}

func newFace() (*face, error) {
	z, err := gzip.NewReader(bytes.NewReader(builtIn))
	if err != nil {
		return nil, fmt.Errorf("render: the built-in font: %w", err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("render: the built-in font: %w", err)
	}
	one, err := sfnt.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("render: the built-in font: %w", err)
	}
	return &face{fonts: []*sfnt.Font{one}, known: map[rune]sign{}}, nil
}

// sign finds a sign; one that no font has is an empty box.
func (f *face) sign(r rune) sign {
	if s, ok := f.known[r]; ok {
		return s
	}
	s := sign{r: r, font: f.fonts[0], width: em}
	for k := 0; ; k++ {
		if k == len(f.fonts) {
			if f.searched {
				break
			}
			f.searched = true
			if other := systemFont(); other != nil {
				f.fonts = append(f.fonts, other)
			} else {
				break
			}
		}
		if g, err := f.fonts[k].GlyphIndex(&f.buf, r); err == nil && g != 0 {
			s.font, s.index = f.fonts[k], g
			break
		}
	}
	if w, err := s.font.GlyphAdvance(&f.buf, s.index, fixed.I(em), font.HintingNone); err == nil {
		s.width = w.Round()
	}
	f.known[r] = s
	return s
}

// width of a text of the size.
func (f *face) width(s string, size float64) float64 {
	sum := 0
	for _, r := range s {
		sum += f.sign(r).width
	}
	return float64(sum) * size / em
}

// fit shortens a text to the width, with an ellipsis.
func (f *face) fit(s string, size, most float64) string {
	if f.width(s, size) <= most {
		return s
	}
	r := []rune(s)
	for len(r) > 1 && f.width(string(r)+"…", size) > most {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// fontFolders are where systems keep fonts, fontNames beginnings of the names of
// files with all Chinese signs, best first.
var (
	fontFolders = []string{"/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", `C:\Windows\Fonts`}
	fontNames   = []string{"notosanscjk-regular", "notosanscjksc-regular", "notosanssc", "sourcehansanssc-regular", "wqy-microhei", "wqy-zenhei", "droidsansfallback", "msyh", "simhei", "pingfang", "stheiti", "notoserifcjk-regular"}
)

// systemFont opens the best of the system's Chinese fonts; nil if it has none.
func systemFont() *sfnt.Font {
	best, rank := (*sfnt.Font)(nil), len(fontNames)
	for _, folder := range fontFolders {
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // a folder that is absent or closed holds no font for us
			}
			name := strings.ToLower(d.Name())
			k := slices.IndexFunc(fontNames, func(n string) bool { return strings.HasPrefix(name, n) })
			if k < 0 || k >= rank {
				return nil
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return nil //nolint:nilerr // as if it were not there
			}
			c, err := sfnt.ParseCollection(raw)
			if err != nil {
				return nil //nolint:nilerr // not a font that can be read
			}
			for i := range c.NumFonts() { // of a collection the mainland's shapes
				one, err := c.Font(i)
				if err != nil {
					return nil //nolint:nilerr // as above
				}
				full, _ := one.Name(nil, sfnt.NameIDFull) // a nameless one is taken if nothing better comes
				if mainland := strings.Contains(full, " SC"); i == 0 || mainland {
					best, rank = one, k
					if mainland {
						break
					}
				}
			}
			return nil
		})
	}
	return best
}
