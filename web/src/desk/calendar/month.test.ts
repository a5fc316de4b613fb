import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { step, weeksOf } from './month.ts';

const months = fc
  .tuple(fc.integer({ min: 2000, max: 2099 }), fc.integer({ min: 1, max: 12 }))
  .map(([y, m]) => y * 100 + m);

describe('a month as weeks', () => {
  it('has every day of the month once, in weeks of seven days from Monday', () => {
    fc.assert(
      fc.property(months, (m) => {
        const weeks = weeksOf(m, []);
        const inside = weeks.flat().filter((d) => d.inside);
        const days = new Date(Date.UTC(Math.floor(m / 100), m % 100, 0)).getUTCDate();
        expect(inside.map((d) => Number(d.iso.slice(8)))).toEqual(
          Array.from({ length: days }, (_, i) => i + 1),
        );
        for (const w of weeks) {
          expect(w.length).toBe(7);
          expect(new Date(w[0]?.iso ?? '').getUTCDay()).toBe(1);
        }
      }),
    );
  });
  it('puts what is on a day there, what has a time in its order', () => {
    const weeks = weeksOf(202611, [
      { day: '2026-11-28', at: '2026-11-28T15:00:00+08:00' },
      { day: '2026-11-28', at: '2026-11-28T09:00:00+08:00' },
      { day: '2026-10-31' },
    ]);
    const on = weeks.flat().find((d) => d.iso === '2026-11-28');
    expect(on?.items.map((x) => x.at?.slice(11, 13))).toEqual(['09', '15']);
    expect(weeks.flat().flatMap((d) => d.items).length).toBe(2);
  });
});

describe('a step', () => {
  it('there and back is the month', () => {
    fc.assert(
      fc.property(months, fc.integer({ min: -30, max: 30 }), (m, n) => {
        expect(step(step(m, n), -n)).toBe(m);
      }),
    );
    expect(step(202612, 1)).toBe(202701);
  });
});
