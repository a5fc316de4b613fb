package region

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"linli/internal/kernel/errs"
)

// tianditu is the only host that tiles are ever fetched from. Neither the
// configuration nor a request can name another, so the proxy reaches nothing else.
const tianditu = "t0.tianditu.gov.cn"

// The layers of Tianditu that may be asked for: drawn map and imagery, each
// with its names, in Web Mercator.
var tileLayers = map[string]bool{"vec": true, "cva": true, "img": true, "cia": true}

const (
	maxZoom     = 18
	maxTile     = 1 << 20 // bytes
	tileTimeout = 8 * time.Second
	tileRefer   = "© 国家地理信息公共服务平台 天地图"
)

// Tiles fetches raster tiles from Tianditu with a key that stays on the server.
type Tiles struct {
	key    string
	client *http.Client
	host   string
}

var tilesOff = errs.Declare("tiles_off", 404, "没有开通天地图底图。", "Tianditu tiles are not switched on.")

// NewTiles returns nil, which serves nothing, for an empty key.
func NewTiles(key string) *Tiles {
	if key == "" {
		return nil
	}
	return &Tiles{key: key, host: "https://" + tianditu, client: &http.Client{
		Timeout: tileTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("tile server redirects")
		},
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			MaxIdleConnsPerHost:   8,
			MaxConnsPerHost:       16,
			IdleConnTimeout:       time.Minute,
			TLSHandshakeTimeout:   4 * time.Second,
			ResponseHeaderTimeout: 6 * time.Second,
			ForceAttemptHTTP2:     true,
		},
	}}
}

// fetch returns a tile's bytes and content type.
func (t *Tiles) fetch(ctx context.Context, layer string, z, x, y int) ([]byte, string, error) {
	if t == nil {
		return nil, "", tilesOff.New()
	}
	if !tileLayers[layer] || z < 1 || z > maxZoom || x < 0 || y < 0 || x >= 1<<z || y >= 1<<z {
		return nil, "", errs.NotFound.New()
	}
	url := fmt.Sprintf("%s/%s_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=%s&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX=%d&TILEROW=%d&TILECOL=%d&tk=%s",
		t.host, layer, layer, z, y, x, t.key)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, "", t.hide(err)
	}
	req.Header.Set("User-Agent", "Linli")
	res, err := t.client.Do(req)
	if err != nil {
		return nil, "", errs.Unavailable.New().Because(t.hide(err))
	}
	defer res.Body.Close()
	kind := res.Header.Get("Content-Type")
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "image/") || strings.Contains(kind, "svg") {
		return nil, "", errs.Unavailable.New().Because(fmt.Errorf("tile server answers %d %s", res.StatusCode, kind))
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxTile+1))
	if err != nil {
		return nil, "", errs.Unavailable.New().Because(t.hide(err))
	}
	if len(raw) > maxTile {
		return nil, "", errs.Unavailable.New().Because(errors.New("tile too large"))
	}
	return raw, kind, nil
}

// hide takes the key out of an error before it is logged.
func (t *Tiles) hide(err error) error {
	return errors.New(strings.ReplaceAll(err.Error(), t.key, "…"))
}

// serveTile answers /map/tiles/{z}/{x}/{y}?layer=vec.
func (t *Tiles) serveTile(w http.ResponseWriter, req *http.Request) error {
	layer := req.URL.Query().Get("layer")
	if layer == "" {
		layer = "vec"
	}
	var n [3]int
	for i, name := range []string{"z", "x", "y"} {
		v, err := strconv.Atoi(req.PathValue(name))
		if err != nil {
			return errs.NotFound.New()
		}
		n[i] = v
	}
	raw, kind, err := t.fetch(req.Context(), layer, n[0], n[1], n[2])
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, max-age=604800")
	_, err = w.Write(raw)
	return err
}
