import { describe, expect, it } from 'vitest';
import type { CaseItem } from '@/shared/schema.ts';
import { mergePage, patchRows, type Row } from './merge.ts';

const c = (id: number, version = 1) => ({ id, version }) as CaseItem;
const ids = (rows: Row[]) => rows.map((r) => r.id);

describe('mergePage', () => {
  it('puts new rows where they belong and tells which', () => {
    const m = mergePage([c(5), c(4), c(3)], [c(6), c(5), c(4), c(9), c(3)], true);
    expect(ids(m.rows)).toEqual([6, 5, 4, 9, 3]);
    expect(m.added).toEqual([6, 9]);
    expect(m.rows[0]?.fresh).toBe(true);
  });
  it('marks what left the filter and keeps its place', () => {
    const m = mergePage([c(5), c(4), c(3), c(2), c(1)], [c(5), c(3, 2)], true);
    expect(m.rows.map((r) => [r.id, !!r.left, r.version])).toEqual([
      [5, false, 1],
      [4, true, 1],
      [3, false, 2],
      [2, false, 1],
      [1, false, 1],
    ]);
  });
  it('knows that a whole answer covers every row', () => {
    const m = mergePage([c(5), c(4)], [c(5)], false);
    expect(m.rows[1]?.left).toBe(true);
  });
  it('brings back what returns', () => {
    const m = mergePage([{ ...c(5), left: true }], [c(5)], false);
    expect(m.rows[0]?.left).toBeUndefined();
  });
  it('starts from nothing', () => {
    expect(mergePage([], [c(1)], false).added).toEqual([1]);
  });
});

describe('patchRows', () => {
  it('never goes back to an older version', () => {
    expect(patchRows([c(1, 3), c(2, 1)], [c(1, 2), c(2, 4)]).map((r) => r.version)).toEqual([3, 4]);
  });
});
