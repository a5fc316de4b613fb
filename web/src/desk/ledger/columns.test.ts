import { describe, expect, it } from 'vitest';
import { columnsOf, firstColumns, labelWidth, widthOf } from './columns.ts';
import { club } from './sample.ts';

describe('columns of a register', () => {
  it('never want more room than there is, and lose the less important first', () => {
    for (const room of [300, 700, 1000, 1400, 3000]) {
      const got = firstColumns(club, room);
      expect(got.reduce((n, k) => n + widthOf(club, k), labelWidth)).toBeLessThanOrEqual(
        Math.max(room, labelWidth),
      );
    }
    expect(firstColumns(club, 700)).toContain('@place');
    expect(firstColumns(club, 700)).toContain('state');
    expect(firstColumns(club, 3000)).not.toContain('name');
    expect(firstColumns(club, 3000)).not.toContain('phone');
  });
  it('stand in one order', () => {
    const all = columnsOf(club);
    expect(firstColumns(club, 3000)).toEqual(all.filter((k) => firstColumns(club, 3000).includes(k)));
  });
});
