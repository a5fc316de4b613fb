/** The grid's buildings on a sheet of paper: positions in percent, north up. Pure. */
import type { Building, BuildingStop } from './store/contract.ts';

export interface Spot {
  building: Building;
  /** Percent from the left and from the top. */
  x: number;
  y: number;
  /** Set where something is due or was done today. */
  stop?: BuildingStop;
}
export interface Sheet {
  spots: Spot[];
  /** Height over width. */
  ratio: number;
  /** Metres from the left edge to the right one. */
  width: number;
}

const degree = 111_195;
/** Free paper on each side, in percent. */
const margin = 12;

/** undefined if no building has a position. */
export function sheetOf(buildings: Iterable<Building>, stops: BuildingStop[]): Sheet | undefined {
  const known = [...buildings].filter((b) => b.lon && b.lat) as (Building & { lon: number; lat: number })[];
  if (!known.length) return undefined;
  const lat0 = known.reduce((n, b) => n + b.lat, 0) / known.length;
  const k = Math.cos((lat0 * Math.PI) / 180) * degree;
  const xs = known.map((b) => b.lon * k);
  const ys = known.map((b) => b.lat * degree);
  const [w, e, s, n] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  // One lone building still stands in the middle of a hundred metres.
  const across = Math.max(e - w, (n - s) / 1.4, 100);
  const down = Math.max(n - s, across * 0.7);
  const inner = 100 - 2 * margin;
  const of = new Map(stops.flatMap((st) => (st.building ? [[st.building.id, st] as const] : [])));
  return {
    ratio: down / across,
    width: (across * 100) / inner,
    spots: known.map((building, i) => ({
      building,
      x: 50 + (((xs[i] as number) - (w + e) / 2) / across) * inner,
      y: 50 + (((s + n) / 2 - (ys[i] as number)) / down) * inner,
      stop: of.get(building.id),
    })),
  };
}

/** The longest round length that fits in a third of the sheet: metres, and its share of the width. */
export function scaleBar(width: number): { metres: number; share: number } {
  const third = width / 3;
  const power = 10 ** Math.floor(Math.log10(third));
  const metres = ([5, 2, 1].find((m) => m * power <= third) ?? 1) * power;
  return { metres, share: metres / width };
}
