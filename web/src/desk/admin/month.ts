/** A year of days off and make-up days. Pure; days are yyyymmdd. */
import { addDays } from '@/shared/time.ts';

export type DayKind = 'work' | 'weekend' | 'off' | 'makeup';

/** 1 Monday … 7 Sunday. */
export function weekdayOf(day: number): number {
  const d = new Date(
    Date.UTC(Math.floor(day / 10_000), (Math.floor(day / 100) % 100) - 1, day % 100),
  ).getUTCDay();
  return d === 0 ? 7 : d;
}

export interface YearDays {
  off: ReadonlySet<number>;
  makeup: ReadonlySet<number>;
}

export function kindOf(day: number, y: YearDays): DayKind {
  if (y.off.has(day)) return 'off';
  const weekend = weekdayOf(day) > 5;
  if (weekend) return y.makeup.has(day) ? 'makeup' : 'weekend';
  return 'work';
}

/** What a click does: a working day becomes free, a free one works; back again by another click. */
export function toggle(day: number, y: YearDays): { off: Set<number>; makeup: Set<number> } {
  const off = new Set(y.off);
  const makeup = new Set(y.makeup);
  const weekend = weekdayOf(day) > 5;
  if (weekend) {
    if (makeup.has(day)) makeup.delete(day);
    else {
      makeup.add(day);
      off.delete(day);
    }
  } else if (off.has(day)) off.delete(day);
  else off.add(day);
  return { off, makeup };
}

/** The weeks of a month, Monday first; null pads the ends. */
export function weeks(year: number, month: number): (number | null)[][] {
  const first = year * 10_000 + month * 100 + 1;
  const out: (number | null)[][] = [];
  let week: (number | null)[] = Array.from({ length: weekdayOf(first) - 1 }, () => null);
  for (let d = first; Math.floor(d / 100) % 100 === month; d = addDays(d, 1)) {
    week.push(d);
    if (week.length === 7) {
      out.push(week);
      week = [];
    }
  }
  if (week.length) out.push([...week, ...Array.from({ length: 7 - week.length }, () => null)]);
  return out;
}

/** Working days of the year. */
export function workdays(year: number, y: YearDays): number {
  let n = 0;
  for (let d = year * 10_000 + 101; Math.floor(d / 10_000) === year; d = addDays(d, 1)) {
    const k = kindOf(d, y);
    if (k === 'work' || k === 'makeup') n++;
  }
  return n;
}

/** Days that differ, in order. */
export function changedDays(before: YearDays, after: YearDays): number[] {
  const all = new Set([...before.off, ...after.off, ...before.makeup, ...after.makeup]);
  return [...all].filter((d) => kindOf(d, before) !== kindOf(d, after)).sort((a, b) => a - b);
}
