/** Small geometry on GeoJSON in degrees, good for a city. */
export type Position = [number, number];
export type Box = [west: number, south: number, east: number, north: number];
export interface Shape {
  type: string;
  coordinates: unknown;
}
export interface Feature<P = Record<string, unknown>> {
  type: 'Feature';
  id?: number | string;
  properties: P;
  geometry: Shape;
}
export interface Collection<P = Record<string, unknown>> {
  type: 'FeatureCollection';
  features: Feature<P>[];
}

/** The polygons of a Polygon or MultiPolygon as lists of rings; none for anything else. */
export function polygonsOf(shape: Shape | null | undefined): Position[][][] {
  if (shape?.type === 'Polygon') return [shape.coordinates as Position[][]];
  if (shape?.type === 'MultiPolygon') return shape.coordinates as Position[][][];
  return [];
}

function each(coordinates: unknown, f: (p: Position) => void): void {
  if (!Array.isArray(coordinates)) return;
  if (typeof coordinates[0] === 'number') f(coordinates as unknown as Position);
  else for (const c of coordinates) each(c, f);
}

export function boxOf(shapes: (Shape | null | undefined)[]): Box | undefined {
  const b: Box = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const s of shapes) {
    each(s?.coordinates, ([x, y]) => {
      b[0] = Math.min(b[0], x);
      b[1] = Math.min(b[1], y);
      b[2] = Math.max(b[2], x);
      b[3] = Math.max(b[3], y);
    });
  }
  return b[0] <= b[2] ? b : undefined;
}

/** The box, larger by the share on each side. */
export function pad([w, s, e, n]: Box, share: number): Box {
  const dx = (e - w) * share;
  const dy = (n - s) * share;
  return [w - dx, s - dy, e + dx, n + dy];
}

const ringArea = (ring: Position[]): number => {
  let a = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const p = ring[i] as Position;
    const q = ring[j] as Position;
    a += q[0] * p[1] - p[0] * q[1];
  }
  return a / 2;
};

/** Signed distance from the outline, positive inside. x is squeezed by k so that both axes measure alike. */
function depth(rings: Position[][], x: number, y: number, k: number): number {
  let inside = false;
  let best = Number.POSITIVE_INFINITY;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const ax = (ring[i] as Position)[0] * k;
      const ay = (ring[i] as Position)[1];
      const bx = (ring[j] as Position)[0] * k;
      const by = (ring[j] as Position)[1];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      const dx = bx - ax;
      const dy = by - ay;
      const len = dx * dx + dy * dy;
      const t = len === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / len));
      best = Math.min(best, (x - ax - t * dx) ** 2 + (y - ay - t * dy) ** 2);
    }
  }
  return (inside ? 1 : -1) * Math.sqrt(best);
}

/**
 * A point well inside the largest polygon, where its label goes (pole of
 * inaccessibility, to a fifteenth of the width). undefined if there is none.
 */
export function labelPoint(shape: Shape): Position | undefined {
  let rings: Position[][] | undefined;
  let area = 0;
  for (const p of polygonsOf(shape)) {
    const a = Math.abs(ringArea(p[0] ?? []));
    if (a > area) {
      area = a;
      rings = p;
    }
  }
  const box = rings && boxOf([{ type: 'Polygon', coordinates: rings }]);
  if (!rings || !box) return undefined;
  const k = Math.cos((((box[1] + box[3]) / 2) * Math.PI) / 180);
  let cell = Math.max((box[2] - box[0]) * k, box[3] - box[1]) / 8;
  let best: [number, number, number] = [
    ((box[0] + box[2]) / 2) * k,
    (box[1] + box[3]) / 2,
    Number.NEGATIVE_INFINITY,
  ];
  best[2] = depth(rings, best[0], best[1], k);
  for (let x = box[0] * k + cell / 2; x < box[2] * k; x += cell) {
    for (let y = box[1] + cell / 2; y < box[3]; y += cell) {
      const d = depth(rings, x, y, k);
      if (d > best[2]) best = [x, y, d];
    }
  }
  for (let round = 0; round < 5; round++) {
    cell /= 2;
    const [cx, cy] = best;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        const d = depth(rings, cx + i * cell, cy + j * cell, k);
        if (d > best[2]) best = [cx + i * cell, cy + j * cell, d];
      }
    }
  }
  return [best[0] / k, best[1]];
}

/** One labelled point for each polygon, so that a label never comes twice at the edge of a tile. */
export function labelPoints<P>(fc: Collection<P>): Collection<P> {
  const features: Feature<P>[] = [];
  for (const f of fc.features) {
    const at = labelPoint(f.geometry);
    if (at) features.push({ ...f, geometry: { type: 'Point', coordinates: at } });
  }
  return { type: 'FeatureCollection', features };
}

/** Metres between two positions of one city. */
export function metres(a: Position, b: Position): number {
  const k = Math.cos((((a[1] + b[1]) / 2) * Math.PI) / 180);
  return Math.hypot((a[0] - b[0]) * k, a[1] - b[1]) * 111_195;
}
