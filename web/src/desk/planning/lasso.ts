import type { Position } from '@/shared/map/geo.ts';

/** Whether the point lies inside the closed line (even-odd rule). */
export function inside(ring: readonly Position[], [x, y]: Position): boolean {
  let odd = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax, ay] = ring[i] as Position;
    const [bx, by] = ring[j] as Position;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

/** The units whose points lie inside the line. */
export function caught(ring: readonly Position[], lon: readonly number[], lat: readonly number[]): number[] {
  if (ring.length < 3) return [];
  const out: number[] = [];
  for (let u = 0; u < lon.length; u++) if (inside(ring, [lon[u] as number, lat[u] as number])) out.push(u);
  return out;
}
