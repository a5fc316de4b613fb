import { describe, expect, it } from 'vitest';
import type { DraftPage, Effect, Measured } from './data.ts';
import { afterEdit, afterShapes, changes } from './effect.ts';
import { caught, inside } from './lasso.ts';
import { coloursOf } from './layers.ts';

const measured = (part: Partial<Measured>): Measured => ({
  grids: 3,
  out_of_bounds: 0,
  torn: 0,
  straddle: 0,
  compounds_split: 1,
  cut_km: 2.5,
  rms_m: 90.1,
  kept_households: 800,
  moved_households: 100,
  old_grids: 3,
  old_torn: 1,
  ...part,
});
const grid = (label: number) => ({
  label,
  title: `第${label + 1}网格`,
  code: `99010100100100${label + 1}`,
  number: label + 1,
  community: '990101001001',
  households: 400,
  units: 2,
  middle: [112, 29] as [number, number],
  locked: false,
  note: '',
  in_bounds: true,
  pieces: 1,
});
const shape = (label: number) => ({
  type: 'Feature' as const,
  id: label,
  properties: grid(label),
  geometry: { type: 'Polygon', coordinates: [] },
});

describe('lasso', () => {
  const ring: [number, number][] = [
    [0, 0],
    [4, 0],
    [4, 4],
    [2, 1],
    [0, 4],
  ];
  it('takes what lies inside a concave line', () => {
    expect(inside(ring, [0.5, 2])).toBe(true);
    expect(inside(ring, [2, 3])).toBe(false);
    expect(caught(ring, [0.5, 2, 3.5], [2, 3, 2])).toEqual([0, 2]);
  });
  it('takes nothing with a click', () => {
    expect(caught(ring.slice(0, 2), [0.5], [2])).toEqual([]);
  });
});

describe('effect of an edit', () => {
  const e: Effect = {
    version: 4,
    moves: [
      [1, 0],
      [2, 7],
    ],
    grids: [grid(0), grid(7)],
    gone: [2],
    shapes: [shape(0), shape(7)],
    before: measured({}),
    after: measured({ compounds_split: 0, moved_households: 130 }),
    requests: [],
    workers: [],
    touched: [1, 2],
    can_undo: true,
    can_redo: false,
  };
  it('moves units, adds new grids and drops those that are gone', () => {
    const d = { version: 3, grid: [0, 1, 2, 1], grids: [grid(0), grid(1), grid(2)] } as unknown as DraftPage;
    const now = afterEdit(d, e);
    expect(now.grid).toEqual([0, 0, 7, 1]);
    expect(now.grids.map((g) => g.label)).toEqual([0, 1, 7]);
    expect(d.grid).toEqual([0, 1, 2, 1]);
    const shapes = afterShapes({ type: 'FeatureCollection', features: [shape(0), shape(1), shape(2)] }, e);
    expect(shapes.features.map((f) => f.properties.label).sort()).toEqual([0, 1, 7]);
  });
  it('says what became better and what worse', () => {
    expect(changes(e.before, e.after)).toEqual([
      { key: 'compounds_split', before: 1, after: 0, tone: 'done' },
      { key: 'moved_households', before: 100, after: 130, tone: 'overdue' },
    ]);
  });
});

describe('colours', () => {
  const box = (x: number, y: number) => [
    [x, y],
    [x + 1, y],
    [x + 1, y + 1],
    [x, y + 1],
    [x, y],
  ];
  const board = (n: number) => ({
    type: 'FeatureCollection' as const,
    features: Array.from({ length: n * n }, (_, i) => ({
      ...shape(i),
      geometry: {
        type: 'Polygon',
        coordinates: [
          box(i % n, Math.floor(i / n)).map(([x, y]) => [(x as number) / 250, (y as number) / 250]),
        ],
      },
    })),
  });
  it('differ wherever two grids touch, corners included', () => {
    const colours = coloursOf(board(6));
    for (let i = 0; i < 36; i++)
      for (let j = 0; j < i; j++) {
        const near = Math.abs((i % 6) - (j % 6)) <= 1 && Math.abs(Math.floor(i / 6) - Math.floor(j / 6)) <= 1;
        if (near) expect(colours.get(i)).not.toBe(colours.get(j));
      }
  });
  it('stay where an edit changed nothing', () => {
    const before = coloursOf(board(4));
    expect(coloursOf(board(4), before)).toEqual(before);
  });
});
