import { describe, expect, it } from 'vitest';
import { changedDays, kindOf, toggle, weekdayOf, weeks, workdays } from './month.ts';

const none = { off: new Set<number>(), makeup: new Set<number>() };

describe('a year of days', () => {
  it('knows weekdays', () => {
    expect(weekdayOf(20261123)).toBe(1);
    expect(weekdayOf(20261122)).toBe(7);
    expect(weekdayOf(20240229)).toBe(4);
  });
  it('frees a working day and takes it back', () => {
    const a = toggle(20261001, none);
    expect(kindOf(20261001, a)).toBe('off');
    expect(kindOf(20261001, toggle(20261001, a))).toBe('work');
  });
  it('makes a weekend work, also one that a notice listed as off', () => {
    const listed = { off: new Set([20261010]), makeup: new Set<number>() };
    expect(kindOf(20261010, listed)).toBe('off');
    const a = toggle(20261010, listed);
    expect(kindOf(20261010, a)).toBe('makeup');
    expect(a.off.has(20261010)).toBe(false);
    expect(kindOf(20261010, toggle(20261010, a))).toBe('weekend');
  });
  it('pads weeks and loses no day', () => {
    for (const [y, m, n] of [
      [2026, 2, 28],
      [2024, 2, 29],
      [2026, 11, 30],
      [2027, 8, 31],
    ] as const) {
      const w = weeks(y, m);
      expect(w.every((x) => x.length === 7)).toBe(true);
      expect(w.flat().filter((d) => d !== null).length).toBe(n);
    }
    expect(weeks(2026, 11)[0]).toEqual([null, null, null, null, null, null, 20261101]);
  });
  it('counts working days', () => {
    expect(workdays(2026, none)).toBe(261);
    expect(workdays(2026, { off: new Set([20261001, 20261003]), makeup: new Set([20261010]) })).toBe(261);
  });
  it('names the days that changed and not those only listed anew', () => {
    const after = { off: new Set([20261001]), makeup: new Set([20261010]) };
    expect(changedDays(none, after)).toEqual([20261001, 20261010]);
    expect(changedDays(after, after)).toEqual([]);
  });
});
