package region

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"linli/internal/kernel/errs"
)

// The layers of the base map, bottom first. Drawn layers are files, written
// when a city is loaded; region layers are made from the tables, so that a
// change of a name shows at once.
var (
	drawnLayers  = []string{"water", "green", "roads", "compounds", "buildings"}
	regionLayers = map[string]Level{"communities": Community, "streets": Street, "districts": District}
)

// DrawnLayers lists the layers that CityData.Layers may have.
func DrawnLayers() []string { return slices.Clone(drawnLayers) }

// manifest is DIR/map/map.json, the last file written: what it names is whole.
type manifest struct {
	Version   string            `json:"version"`
	Synthetic bool              `json:"synthetic"`
	Layers    map[string]string `json:"layers"` // name → hash, which is the ETag and part of the file's name
}

// layers is the folder of the drawn layers.
type layers struct {
	dir  string
	mu   sync.Mutex
	cur  atomic.Pointer[manifest]
	made sync.Map // madeKey → *madeLayer
}

// madeKey names a made layer; day 0 is today.
type madeKey struct {
	name string
	day  int
}

// madeLayer is a layer made from the tables, gzipped.
type madeLayer struct {
	stamp int64
	day   int
	etag  string
	gz    []byte
}

const manifestFile = "map.json"

func (l *layers) open() error {
	m := &manifest{}
	raw, err := os.ReadFile(filepath.Join(l.dir, manifestFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return fmt.Errorf("region: cannot read the base map: %w", err)
	default:
		if err := json.Unmarshal(raw, m); err != nil {
			return fmt.Errorf("region: %s in the data folder is damaged; restore the folder from a backup: %w", manifestFile, err)
		}
	}
	l.cur.Store(m)
	return nil
}

// write replaces the drawn layers: all files first, then the manifest, each
// fsynced, so that a crash leaves the old map or the new one.
func (l *layers) write(drawn map[string][]byte, synthetic bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range drawn {
		if !slices.Contains(drawnLayers, name) {
			return fmt.Errorf("region: the base map has no layer %q", name)
		}
	}
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return fmt.Errorf("region: cannot make the folder of the base map: %w", err)
	}
	m := &manifest{Synthetic: synthetic, Layers: map[string]string{}}
	all := sha256.New()
	for _, name := range drawnLayers {
		raw, ok := drawn[name]
		if !ok {
			continue
		}
		if !json.Valid(raw) {
			return fmt.Errorf("region: layer %s is no valid JSON", name)
		}
		gz, etag, err := squeeze(raw)
		if err != nil {
			return err
		}
		m.Layers[name] = etag
		fmt.Fprintln(all, name, etag)
		if err := writeFile(l.file(name, etag), gz); err != nil {
			return err
		}
	}
	m.Version = hex.EncodeToString(all.Sum(nil)[:6])
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(l.dir, manifestFile), raw); err != nil {
		return err
	}
	if err := syncDir(l.dir); err != nil {
		return err
	}
	old := l.cur.Swap(m)
	for name, etag := range old.Layers {
		if m.Layers[name] != etag {
			_ = os.Remove(l.file(name, etag)) // what is left behind is only space
		}
	}
	return nil
}

func (l *layers) file(name, etag string) string {
	return filepath.Join(l.dir, name+"-"+etag+".geojson.gz")
}

func squeeze(raw []byte) (gz []byte, etag string, err error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, "", err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, "", err
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(raw)
	return b.Bytes(), hex.EncodeToString(sum[:8]), nil
}

// writeFile writes a file so that it is whole or absent after a crash.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("region: cannot write the base map: %w", err)
	}
	defer os.Remove(f.Name()) // gone after the rename
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("region: cannot write the base map: %w", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Synthetic tells whether the loaded city was made up.
func (a *Atlas) Synthetic() bool { return a.layers.cur.Load().Synthetic }

// layer opens a layer, grids of a day (0: today): gzipped bytes and its ETag.
func (a *Atlas) layer(ctx context.Context, name string, day int) (io.ReadCloser, string, error) {
	m := a.layers.cur.Load()
	if etag, ok := m.Layers[name]; ok {
		f, err := os.Open(a.layers.file(name, etag))
		if errors.Is(err, os.ErrNotExist) {
			return nil, "", errs.NotFound.New().Because(err)
		}
		return f, etag, err
	}
	if _, ok := regionLayers[name]; !ok && name != "grids" {
		return nil, "", errs.NotFound.New()
	}
	c := a.cur.Load()
	if len(c.regions) == 0 {
		return nil, "", errs.NotFound.New()
	}
	key := madeKey{name, day}
	if day == 0 {
		day = c.day
	}
	if v, ok := a.layers.made.Load(key); ok {
		if made := v.(*madeLayer); made.stamp == c.stamp && made.day == day {
			return io.NopCloser(bytes.NewReader(made.gz)), made.etag, nil
		}
	}
	raw, err := a.makeLayer(ctx, c, name, day)
	if err != nil {
		return nil, "", err
	}
	made := &madeLayer{stamp: c.stamp, day: day}
	if made.gz, made.etag, err = squeeze(raw); err != nil {
		return nil, "", err
	}
	a.layers.made.Store(key, made)
	return io.NopCloser(bytes.NewReader(made.gz)), made.etag, nil
}

// feature is one feature of a made layer.
type feature struct {
	Type       string          `json:"type"`
	ID         int64           `json:"id"`
	Properties map[string]any  `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

// makeLayer draws regions or grids from the boundaries in the tables.
func (a *Atlas) makeLayer(ctx context.Context, c *chart, name string, day int) ([]byte, error) {
	list := []feature{}
	if name == "grids" {
		n, err := readNet(ctx, a.db, day)
		if err != nil {
			return nil, err
		}
		grids := n.grids
		slices.SortFunc(grids, func(x, y Grid) int { return int(x.Code - y.Code) })
		for _, g := range grids {
			if g.Polygon == "" {
				continue
			}
			props := map[string]any{"id": g.ID, "code": strconv.FormatInt(g.Code, 10), "name": g.Name, "kind": g.Kind, "purpose": g.Purpose,
				"community": strconv.FormatInt(g.Community, 10), "street": strconv.FormatInt(g.Community/1000, 10), "households": g.Households}
			if i, ok := c.gridAt[g.ID]; ok && day == c.day {
				props["lon"], props["lat"] = c.gridCentre[i][0], c.gridCentre[i][1]
			}
			list = append(list, feature{"Feature", g.ID, props, json.RawMessage(g.Polygon)})
		}
	} else {
		versions, err := scanAll(ctx, a.db, "SELECT code, version, parent, name, polygon, households, valid_from, valid_to FROM region", scanRegion)
		if err != nil {
			return nil, err
		}
		now, _ := inForce(versions, c.day)
		for _, r := range now {
			if LevelOf(r.Code) != regionLayers[name] || r.Polygon == "" {
				continue
			}
			props := map[string]any{"code": strconv.FormatInt(r.Code, 10), "name": r.Name, "parent": strconv.FormatInt(r.Parent, 10), "households": r.Households}
			if i, ok := c.regionAt[r.Code]; ok {
				props["lon"], props["lat"] = c.centre[i][0], c.centre[i][1]
			}
			list = append(list, feature{"Feature", r.Code, props, json.RawMessage(r.Polygon)})
		}
	}
	return json.Marshal(struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}{"FeatureCollection", list})
}

// serveLayer answers with a layer, gzipped if the client takes that. With the
// version in the query it may be kept for ever; without, it is asked for again
// and usually answered 304.
func (a *Atlas) serveLayer(w http.ResponseWriter, req *http.Request, name string, day int) error {
	body, etag, err := a.layer(req.Context(), name, day)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	h.Set("ETag", `"`+etag+`"`)
	h.Set("Vary", "Accept-Encoding")
	if v := req.URL.Query().Get("v"); v != "" && v == a.mapVersion() {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "private, no-cache")
	}
	if strings.Contains(req.Header.Get("If-None-Match"), `"`+etag+`"`) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", "application/geo+json")
	if takesGzip(req.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		_, err = io.Copy(w, body)
		return err
	}
	plain, err := gzip.NewReader(body)
	if err != nil {
		return fmt.Errorf("region: layer %s is damaged: %w", name, err)
	}
	_, err = io.Copy(w, plain)
	return err
}

func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if (name == "gzip" || name == "*") && !strings.Contains(strings.ReplaceAll(params, " ", "")+";", "q=0;") {
			return true
		}
	}
	return false
}

// mapVersion changes whenever any layer may have.
func (a *Atlas) mapVersion() string {
	c := a.cur.Load()
	return fmt.Sprintf("%s-%d-%d", a.layers.cur.Load().Version, c.stamp, c.day)
}

// layerNames lists the layers that there are, bottom first.
func (a *Atlas) layerNames() []string {
	m := a.layers.cur.Load()
	var out []string
	for _, name := range drawnLayers {
		if m.Layers[name] != "" {
			out = append(out, name)
		}
	}
	if len(a.cur.Load().regions) > 0 {
		out = append(out, "communities", "streets", "districts")
	}
	return out
}
