package render

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"linli/internal/kernel/errs"
)

// ErrFont tells that no page can be set.
var ErrFont = errs.Declare("plan_font", 422, "没有可用的中文字体：{why}。请安装字体（如 Debian、Ubuntu 的 fonts-noto-cjk），或指定字体文件。",
	"There is no usable Chinese font: {why}. Install one (fonts-noto-cjk on Debian and Ubuntu) or name a font file.")

// fontFolders are where systems keep fonts.
func fontFolders() []string {
	out := []string{"/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", `C:\Windows\Fonts`}
	if home, err := os.UserHomeDir(); err == nil {
		out = append(out, filepath.Join(home, ".fonts"), filepath.Join(home, ".local/share/fonts"), filepath.Join(home, "Library/Fonts"))
	}
	return out
}

// fontNames are beginnings of file names, in lower case, best first.
var fontNames = []string{"notosanscjk-regular", "notosanscjksc-regular", "notosanssc-regular", "notosanssc", "sourcehansanssc-regular", "sourcehansans-regular", "wqy-microhei", "wqy-zenhei", "droidsansfallbackfull", "droidsansfallback", "msyh", "simhei", "simsun", "pingfang", "stheiti", "hiragino sans gb", "notoserifcjk-regular", "uming"}

// FindFont is the font file to set pages with: the named one, or one of the
// system's with Chinese signs.
func FindFont(named string) (string, error) {
	if named != "" {
		_, err := openFont(named)
		return named, err
	}
	best, rank := "", len(fontNames)
	for _, folder := range fontFolders() {
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil //nolint:nilerr // a folder that is absent or closed holds no font for us
			}
			name := strings.ToLower(d.Name())
			if ext := filepath.Ext(name); ext != ".ttf" && ext != ".ttc" && ext != ".otf" {
				return nil
			}
			if k := slices.IndexFunc(fontNames, func(n string) bool { return strings.HasPrefix(name, n) }); k >= 0 && k < rank {
				if _, err := openFont(path); err == nil {
					best, rank = path, k
				}
			}
			return nil
		})
	}
	if best == "" {
		return "", ErrFont.New("why", errs.Words{ZH: "系统中没有找到", EN: "none was found on this system"})
	}
	return best, nil
}

// face is an open font that gives outlines in thousandths of its size. Not safe
// for concurrent use.
type face struct {
	font *sfnt.Font
	buf  sfnt.Buffer
}

// em is the size in which outlines are read.
const em = 1000

func openFont(path string) (*face, error) {
	bad := func(zh, en string, err error) error {
		return ErrFont.New("why", errs.Words{ZH: filepath.Base(path) + zh, EN: filepath.Base(path) + en}).Because(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, bad("无法打开", " cannot be opened", err)
	}
	c, err := sfnt.ParseCollection(raw)
	if err != nil {
		return nil, bad("不是字体文件", " is no font", err)
	}
	f := &face{}
	for i := range c.NumFonts() { // the shapes of the mainland first
		one, err := c.Font(i)
		if err != nil {
			return nil, bad("已损坏", " is damaged", err)
		}
		name, _ := one.Name(&f.buf, sfnt.NameIDFull) // a nameless one is taken if it is the only one
		if f.font == nil || strings.Contains(name, " SC") && !strings.Contains(name, "Mono") {
			f.font = one
		}
		if strings.Contains(name, " SC") {
			break
		}
	}
	for _, r := range "网格户楼" {
		if g, err := f.font.GlyphIndex(&f.buf, r); err != nil || g == 0 {
			return nil, bad("没有中文字符", " has no Chinese signs", err)
		}
	}
	return f, nil
}

// glyph is the sign's number and width in thousandths; unknown signs are 0, an
// empty box.
func (f *face) glyph(r rune) (sfnt.GlyphIndex, int) {
	g, err := f.font.GlyphIndex(&f.buf, r)
	if err != nil {
		g = 0
	}
	w, err := f.font.GlyphAdvance(&f.buf, g, fixed.I(em), font.HintingNone)
	if err != nil {
		return 0, em
	}
	return g, w.Round()
}

// width of a text of the size.
func (f *face) width(s string, size float64) float64 {
	sum := 0
	for _, r := range s {
		_, w := f.glyph(r)
		sum += w
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
