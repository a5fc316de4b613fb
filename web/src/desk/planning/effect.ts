import type { Collection } from '@/shared/map/geo.ts';
import type { DraftPage, Effect, Grid, Measured } from './data.ts';

/** The draft after an edit, without asking for all of it again. */
export function afterEdit(d: DraftPage, e: Effect): DraftPage {
  const grid = d.grid.slice();
  for (const [unit, label] of e.moves) grid[unit] = label;
  const changed = new Map(e.grids.map((g) => [g.label, g]));
  const gone = new Set(e.gone);
  const grids = d.grids.filter((g) => !gone.has(g.label)).map((g) => changed.get(g.label) ?? g);
  const known = new Set(grids.map((g) => g.label));
  for (const g of e.grids) if (!known.has(g.label)) grids.push(g);
  grids.sort((a, b) => a.label - b.label);
  return {
    ...d,
    version: e.version,
    grid,
    grids,
    requests: e.requests,
    workers: e.workers,
    can_undo: e.can_undo,
    can_redo: e.can_redo,
  };
}

/** The outlines after an edit. */
export function afterShapes(c: Collection<Grid>, e: Effect): Collection<Grid> {
  const replaced = new Set([...e.gone, ...e.grids.map((g) => g.label)]);
  return {
    ...c,
    features: [
      ...c.features.filter((f) => !replaced.has(f.properties.label)),
      ...(e.shapes as unknown as Collection<Grid>['features']),
    ],
  };
}

/** Figures that pages show, and whether less or more of each is better. */
export const figures: readonly { key: keyof Measured & string; better: -1 | 0 | 1 }[] = [
  { key: 'grids', better: 0 },
  { key: 'out_of_bounds', better: -1 },
  { key: 'torn', better: -1 },
  { key: 'straddle', better: -1 },
  { key: 'compounds_split', better: -1 },
  { key: 'cut_km', better: -1 },
  { key: 'rms_m', better: -1 },
  { key: 'moved_households', better: -1 },
  { key: 'old_torn', better: -1 },
];

export const digits = (key: string): number => (key === 'cut_km' ? 2 : key === 'rms_m' ? 1 : 0);

/** A number of a figure as it is printed. */
export const number = (key: string, n: number): string =>
  n.toLocaleString('en', {
    minimumFractionDigits: digits(key),
    maximumFractionDigits: digits(key),
    useGrouping: true,
  });

export interface Change {
  key: string;
  before: number;
  after: number;
  tone: 'done' | 'overdue' | 'neutral';
}

/** What an edit changed, figure by figure; what stayed is left out. */
export function changes(before: Measured, after: Measured): Change[] {
  return figures.flatMap(({ key, better }) => {
    const a = before[key] as number;
    const b = after[key] as number;
    if (number(key, a) === number(key, b)) return [];
    const good = (b - a) * better;
    return [{ key, before: a, after: b, tone: good > 0 ? 'done' : good < 0 ? 'overdue' : 'neutral' }];
  });
}
