package region

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"linli/internal/kernel/errs"
)

func TestTiles(t *testing.T) {
	t.Parallel()
	const key = "topsecret"
	var asked string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		switch r.URL.Query().Get("TILECOL") {
		case "1":
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write([]byte("PNG"))
		case "2":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		case "3":
			w.Header().Set("Content-Type", "text/html")
		case "4":
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write(make([]byte, maxTile+1))
		}
	}))
	defer srv.Close()
	tiles := NewTiles(key)
	if tiles.host != "https://"+tianditu {
		t.Fatalf("tiles come from %s", tiles.host)
	}
	tiles.host = srv.URL
	ctx := context.Background()
	raw, kind, err := tiles.fetch(ctx, "vec", 3, 1, 2)
	if err != nil || string(raw) != "PNG" || kind != "image/png" || !strings.Contains(asked, "/vec_w/wmts?") || !strings.Contains(asked, "TILEROW=2") || !strings.Contains(asked, "tk="+key) {
		t.Errorf("%q %s %v, asked %s", raw, kind, err, asked)
	}
	for x := 2; x <= 4; x++ {
		if _, _, err := tiles.fetch(ctx, "vec", 3, x, 2); !errs.Is(err, errs.Unavailable) || strings.Contains(err.Error(), key) {
			t.Errorf("column %d: %v", x, err)
		}
	}
	for _, c := range []struct {
		layer   string
		z, x, y int
	}{{"../x", 3, 1, 1}, {"vec", 0, 0, 0}, {"vec", 19, 1, 1}, {"vec", 3, 8, 1}, {"vec", 3, 1, -1}} {
		if _, _, err := tiles.fetch(ctx, c.layer, c.z, c.x, c.y); !errs.Is(err, errs.NotFound) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if NewTiles("") != nil {
		t.Error("tiles without a key")
	}
	if _, _, err := NewTiles("").fetch(ctx, "vec", 3, 1, 1); !errs.Is(err, tilesOff) {
		t.Errorf("switched off: %v", err)
	}
}

func TestNormalise(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"翠湖花园３号楼": "翠湖花园3号楼", "三栋": "3号楼", "十二幢": "12号楼", "二十座": "20号楼", "一百零三号": "103号", "3#楼": "3号楼", "3#": "3号楼",
		"五一广场": "51广场", "百货大楼": "百货大楼", "三百号": "300号", "A座": "a座", "(湖东)·建设,大道": "湖东建设 大道", "  a  b ": "a b", "十": "10", "\xff": "",
	} {
		if got := normalise(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
