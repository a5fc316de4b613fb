package planning

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"
)

// mass is a unit as a point: w, which its distance counts, is its households,
// or 1 if it has none.
type mass struct {
	x, y, w    float64
	households int
}

// leastInertia is a lower bound on Σ w·d², d the distance to the centroid of
// the group, over all divisions of the points into k groups of lo to hi
// households, connected or not.
//
// It is the dual of the linear programme that picks k groups out of all that
// there could be. Any prices u(i) give a bound: a group S with centre c costs
// Σ_S w·|x-c|² = Σ_S w·u + Σ_S w·(|x-c|²-u). The second sum is at least v, the
// least that it is for any centre and any S of lo to hi households, so that k
// groups cost at least Σ w·u + k·v. Prices are improved in a fixed number of
// rounds; poor prices make a weak bound, never a false one. In metres it
// reaches 85 to 94 % of good plans of the two shared instances; of a dozen
// points and fewer it is weak. Halted, it returns the best bound so far.
func leastInertia(points []mass, k, lo, hi int, halt *atomic.Bool) float64 {
	points = centred(points)
	if k >= len(points) {
		return 0
	}
	one, total := 0.0, 0.0
	for _, p := range points {
		one += p.w * (p.x*p.x + p.y*p.y)
		total += p.w
	}
	if k <= 1 {
		return one
	}
	d := dual{points: points, price: localPrices(points, total/float64(k)), lo: lo, hi: hi, halt: halt, covered: make([]float64, len(points))}
	best := 0.0
	const rounds = 14
	for round := range rounds {
		if halt.Load() {
			break
		}
		prices := 0.0
		for i, p := range points {
			prices += p.w * d.price[i]
		}
		d.scale = prices / float64(k)
		d.tolerance = d.scale * 0.02
		best = max(best, prices+float64(k)*d.cheapest())
		// A point that the cheapest groups hold more than once in k is priced
		// too high.
		rate := 0.15 / (1 + 0.15*float64(round))
		for i := range d.price {
			d.price[i] *= max(0.2, 1+rate*(1-float64(k)*d.covered[i]))
		}
	}
	return best * (1 - 1e-9)
}

// centred moves the points so that their centroid is the origin.
func centred(points []mass) []mass {
	var x, y, w float64
	for _, p := range points {
		x, y, w = x+p.w*p.x, y+p.w*p.y, w+p.w
	}
	moved := slices.Clone(points)
	for i := range moved {
		moved[i].x -= x / w
		moved[i].y -= y / w
	}
	return moved
}

// localPrices are, for each point, about the squared radius around it that
// holds the given weight: right where points lie evenly.
func localPrices(points []mass, weight float64) []float64 {
	const sample = 150
	step := max(1, len(points)/sample)
	type far struct{ d, w float64 }
	price := make([]float64, len(points))
	around := make([]far, 0, len(points)/step+1)
	for i, p := range points {
		around = around[:0]
		for j := i % step; j < len(points); j += step {
			q := points[j]
			around = append(around, far{(p.x-q.x)*(p.x-q.x) + (p.y-q.y)*(p.y-q.y), q.w * float64(step)})
		}
		slices.SortFunc(around, func(a, b far) int { return cmp.Compare(a.d, b.d) })
		w := 0.0
		for _, f := range around {
			w += f.w
			price[i] = f.d
			if w >= weight {
				break
			}
		}
	}
	return price
}

// dual looks for the cheapest group at given prices.
type dual struct {
	points           []mass
	price            []float64
	lo, hi           int
	scale, tolerance float64 // an average group's prices; how exact the answer is to be
	halt             *atomic.Bool
	covered          []float64 // share of the groups about as cheap as the cheapest that hold the point
	best             []centre  // of the last round
	order            []gain    // of levy
}

type centre struct{ x, y, levy, cost float64 }

// gain is what a point adds to a group for each of its households.
type gain struct {
	each       float64
	households int
}

// box is a rectangle of the plane. near are the points that a centre in it
// could want even at a bonus of so much.
type box struct {
	x1, y1, x2, y2 float64
	near           []int32
	bonus          float64
}

// cheapest returns a lower bound on what any group costs beyond its prices,
// and sets covered. It divides the plane into boxes for the centre until the
// bound of a box is as good as the best centre found, less the tolerance.
func (d *dual) cheapest() float64 {
	first := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1), nil, math.Inf(1)}
	for i, p := range d.points {
		first.x1, first.x2 = min(first.x1, p.x), max(first.x2, p.x)
		first.y1, first.y2 = min(first.y1, p.y), max(first.y2, p.y)
		first.near = append(first.near, int32(i))
	}
	least, bound := math.Inf(1), math.Inf(1)
	for _, c := range d.best {
		_, cost, _ := d.bounds(box{c.x, c.y, c.x, c.y, first.near, first.bonus})
		least = min(least, cost)
	}
	var centres []centre
	const boxes = 3000 // at most; what is left then counts with its own bound
	stack := []box{first}
	for n := 0; len(stack) > 0; n++ {
		b := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		levy, cost, lower := d.bounds(b)
		x, y := (b.x1+b.x2)/2, (b.y1+b.y2)/2
		least = min(least, cost)
		centres = append(centres, centre{x, y, levy, cost})
		if lower >= least-d.tolerance || n >= boxes || d.halt.Load() {
			bound = min(bound, lower)
			continue
		}
		b.bonus = min(b.bonus, d.dearest(b, levy))
		near := make([]int32, 0, len(b.near))
		for _, i := range b.near {
			if b.nearest(d.points[i]) < d.price[i]+b.bonus {
				near = append(near, i)
			}
		}
		b.near = near
		left, right := b, b
		if b.x2-b.x1 > b.y2-b.y1 {
			left.x2, right.x1 = x, x
		} else {
			left.y2, right.y1 = y, y
		}
		stack = append(stack, left, right)
	}
	clear(d.covered)
	sum := 0.0
	slices.SortFunc(centres, func(a, b centre) int { return cmp.Compare(a.cost, b.cost) })
	d.best = append(d.best[:0], centres[:min(12, len(centres))]...)
	for _, c := range centres {
		weight := least + 0.2*d.scale - c.cost
		if weight <= 0 {
			break
		}
		sum += weight
		for i, p := range d.points {
			if (p.x-c.x)*(p.x-c.x)+(p.y-c.y)*(p.y-c.y) < d.worth(i, c.levy) {
				d.covered[i] += weight
			}
		}
	}
	for i := range d.covered {
		d.covered[i] /= max(sum, math.SmallestNonzeroFloat64)
	}
	return bound
}

// dearest is the largest bonus that a centre in the box needs: with it, what
// the group around the middle holds is worth holding from anywhere in the box.
func (d *dual) dearest(b box, levy float64) float64 {
	x, y := (b.x1+b.x2)/2, (b.y1+b.y2)/2
	bonus := 0.0
	for _, i := range b.near {
		p := d.points[i]
		if p.households > 0 && (p.x-x)*(p.x-x)+(p.y-y)*(p.y-y) < d.price[i]-levy {
			fx, fy := max(p.x-b.x1, b.x2-p.x), max(p.y-b.y1, b.y2-p.y)
			bonus = max(bonus, fx*fx+fy*fy-d.price[i])
		}
	}
	return bonus
}

// nearest is the squared distance of the point from the box.
func (b *box) nearest(p mass) float64 {
	dx, dy := max(b.x1-p.x, 0, p.x-b.x2), max(b.y1-p.y, 0, p.y-b.y2)
	return dx*dx + dy*dy
}

// worth is the price of a point less the levy on households.
func (d *dual) worth(i int, levy float64) float64 {
	if d.points[i].households == 0 {
		return d.price[i]
	}
	return d.price[i] - levy
}

// levy is the charge on each household (negative: a bonus) at which the
// cheapest group around the middle of the box has about as many of them as it
// may, and what the charge brings in at least. Any charge gives a bound.
func (d *dual) levy(b box) (levy, due float64) {
	x, y := (b.x1+b.x2)/2, (b.y1+b.y2)/2
	d.order = d.order[:0]
	gaining, low, high := 0, 0.0, 0.0
	for _, i := range b.near {
		p := d.points[i]
		if p.households == 0 {
			continue
		}
		each := (p.x-x)*(p.x-x) + (p.y-y)*(p.y-y) - d.price[i]
		if each < 0 {
			gaining += p.households
		}
		low, high = min(low, each), max(high, each)
		d.order = append(d.order, gain{each, p.households})
	}
	limit := d.hi
	switch {
	case gaining > d.hi:
		high = 0
	case gaining < d.lo:
		limit, low, high = d.lo, 0, min(high, b.bonus)
	default:
		return 0, 0
	}
	for range 7 {
		middle, held := (low+high)/2, 0
		for _, g := range d.order {
			if g.each < middle {
				held += g.households
			}
		}
		if held > limit {
			high = middle
		} else {
			low = middle
		}
	}
	return -(low + high) / 2, -(low + high) / 2 * float64(limit)
}

// bounds returns a levy, what the cheapest group costs with the middle of the
// box as its centre, and a lower bound for all centres in the box.
func (d *dual) bounds(b box) (levy, cost, lower float64) {
	levy, due := d.levy(b)
	x, y := (b.x1+b.x2)/2, (b.y1+b.y2)/2
	var w, wx, wy float64
	for _, i := range b.near {
		p, u := d.points[i], d.worth(int(i), levy)
		near := b.nearest(p)
		if near >= u {
			continue
		}
		cost += p.w * min(0, (p.x-x)*(p.x-x)+(p.y-y)*(p.y-y)-u)
		fx, fy := max(p.x-b.x1, b.x2-p.x), max(p.y-b.y1, b.y2-p.y)
		if fx*fx+fy*fy > u {
			lower += p.w * (near - u)
			continue
		}
		// Held from everywhere in the box: these share one centre.
		w, wx, wy = w+p.w, wx+p.w*p.x, wy+p.w*p.y
		lower += p.w * (p.x*p.x + p.y*p.y - u)
	}
	if w > 0 {
		cx, cy := min(max(wx/w, b.x1), b.x2), min(max(wy/w, b.y1), b.y2)
		lower += w*(cx*cx+cy*cy) - 2*(cx*wx+cy*wy)
	}
	return levy, cost - due, lower - due
}
