package city

import (
	"math"
	"math/rand/v2"
)

// field holds what varies over the land: the directions of streets, how many
// people want to live there, and how old the quarter is. It is sampled once on
// a lattice.
type field struct {
	x0, y0, d float64
	nx, ny    int
	cos, sin  []float64 // of four times the street direction
	dens      []float64 // households wanted per m², relative
	old       []float64 // 0 new … 1 old centre
}

func (f *field) at(p pt) (i int, u, v float64) {
	x := clamp((p.x-f.x0)/f.d, 0, float64(f.nx-2)+0.999)
	y := clamp((p.y-f.y0)/f.d, 0, float64(f.ny-2)+0.999)
	ix, iy := int(x), int(y)
	return iy*f.nx + ix, x - float64(ix), y - float64(iy)
}

func (f *field) sample(a []float64, p pt) float64 {
	i, u, v := f.at(p)
	return lerp(lerp(a[i], a[i+1], u), lerp(a[i+f.nx], a[i+f.nx+1], u), v)
}

// angle is one of the four street directions at p.
func (f *field) angle(p pt) float64 {
	return math.Atan2(f.sample(f.sin, p), f.sample(f.cos, p)) / 4
}

// guide is the street direction at p that is nearest to dir.
func (f *field) guide(p, dir pt) pt {
	a := f.angle(p)
	d := polar(a, 1)
	best := d
	for range 3 {
		d = d.left()
		if d.dot(dir) > best.dot(dir) {
			best = d
		}
	}
	return best
}

// weigh integrates the density over a ring, roughly.
func (f *field) weigh(r []pt, samples []pt) float64 {
	if len(samples) >= 10 {
		s, b := 0.0, bounds(r)
		for _, p := range samples {
			if p.x >= b.x0 && p.x <= b.x1 && p.y >= b.y0 && p.y <= b.y1 && inside(p, r) {
				s += f.sample(f.dens, p)
			}
		}
		return s
	}
	return area(r) * f.sample(f.dens, centroid(r))
}

// patch is a quarter with its own street direction.
type patch struct {
	c      pt
	r, ang float64
}

// land is the shape of the site.
type land struct {
	s       float64 // linear scale
	center  pt
	lakeAt  pt
	oldAt   pt
	lake    []pt
	ring    []pt
	rim     []pt
	rivers  [][]pt
	subs    []pt // newer centres
	patches []patch
}

func newField(l *land, rng *rand.Rand) *field {
	b := bounds(l.rim)
	f := &field{d: 60 * math.Max(l.s, 0.3), x0: b.x0 - 100, y0: b.y0 - 100}
	f.nx = int((b.x1-b.x0+200)/f.d) + 2
	f.ny = int((b.y1-b.y0+200)/f.d) + 2
	n := f.nx * f.ny
	f.cos, f.sin = make([]float64, n), make([]float64, n)
	f.dens, f.old = make([]float64, n), make([]float64, n)
	base := 0.06 + 0.08*rng.Float64()
	type wave struct{ kx, ky, ph, amp float64 }
	var waves []wave
	for k := range 6 {
		a := rng.Float64() * 2 * math.Pi
		w := 2 * math.Pi / (l.s * (900 + 700*float64(k)))
		waves = append(waves, wave{w * math.Cos(a), w * math.Sin(a), rng.Float64() * 7, 1})
	}
	noise := func(p pt, from int) float64 {
		v := 0.0
		for _, w := range waves[from:] {
			v += w.amp * math.Sin(p.x*w.kx+p.y*w.ky+w.ph)
		}
		return v / math.Sqrt(float64(len(waves)-from))
	}
	s := l.s
	fall := func(d, r float64) float64 { d /= r; return math.Exp(-d * d) }
	for iy := range f.ny {
		for ix := range f.nx {
			i := iy*f.nx + ix
			p := pt{f.x0 + float64(ix)*f.d, f.y0 + float64(iy)*f.d}
			var c, sn float64
			put := func(ang, w float64) {
				y, x := math.Sincos(4 * ang)
				c += w * x
				sn += w * y
			}
			dir := func(d pt, w float64) { put(math.Atan2(d.y, d.x), w) }
			put(base+0.10*noise(p, 3), 0.8)
			dl, tl := ringDist(p, l.lake)
			dir(tl, 5*fall(dl, 560*s)+0.5*fall(dl, 1300*s))
			for _, r := range l.rivers {
				d, t := lineDist(p, r)
				dir(t, 4*fall(d, 320*s))
			}
			dr, tr := ringDist(p, l.ring)
			dir(tr, 3*fall(dr, 380*s)+0.25)
			for _, q := range l.patches {
				put(q.ang+0.05*noise(p, 2), 2.2*fall(p.dist(q.c), q.r))
			}
			f.cos[i], f.sin[i] = c, sn
			do := p.dist(l.oldAt)
			f.old[i] = clamp(1.15*fall(do, 1500*s)+0.12*noise(p, 0), 0, 1)
			dens := 0.17 + 0.40*fall(do, 1900*s) - 0.12*fall(do, 650*s) + 0.42*fall(p.dist(l.center), 3300*s)
			for _, q := range l.subs {
				dens += 0.38 * fall(p.dist(q), 950*s)
			}
			dens *= 1 + 0.22*noise(p, 1)
			if !inside(p, l.ring) {
				dens *= 0.30 + 0.3*fall(dr, 500*s)
			}
			f.dens[i] = math.Max(dens, 0.03)
		}
	}
	return f
}
