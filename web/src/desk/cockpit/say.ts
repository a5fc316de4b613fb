/** Figures in words. Pure. */
import type { Translate } from '@/shared/time.ts';

export type Unit = 'count' | 'rate' | 'hours';

export interface Measured {
  unit: Unit;
  value: number | null;
  numerator?: number | null;
  denominator?: number | null;
  interval?: [number, number] | null;
  n_small?: boolean;
}

export const thousands = (n: number): string => {
  const [whole = '0', frac] = String(Math.abs(n)).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return `${n < 0 ? '−' : ''}${grouped}${frac ? `.${frac}` : ''}`;
};

/** 0.876 → "87.6%"; whole at the ends, and never 100 % for what is not all. */
export function percent(x: number): string {
  if (x <= 0) return '0%';
  if (x >= 1) return x > 1 ? `${round1(x * 100)}%` : '100%';
  const p = Math.min(99.9, Math.max(0.1, round1(x * 100)));
  return `${p}%`;
}
const round1 = (x: number) => Math.round(x * 10) / 10;

/** The value with its unit; null is 无数据, never 0. Long times are said in days. */
export function sayValue(value: number | null | undefined, unit: Unit, t: Translate): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return t('cockpit:no_data');
  if (unit === 'rate') return percent(value);
  if (unit === 'hours') {
    if (Math.abs(value) >= 72) return t('cockpit:unit.days', { n: round1(value / 24) });
    return t('cockpit:unit.hours', { n: Math.abs(value) >= 10 ? Math.round(value) : round1(value) });
  }
  return thousands(Math.round(value));
}

/** The number and its unit apart, for large print. */
export function bigValue(
  value: number | null | undefined,
  unit: Unit,
  t: Translate,
): { number: string; unit: string } {
  if (value === null || value === undefined || !Number.isFinite(value))
    return { number: t('cockpit:no_data'), unit: '' };
  if (unit === 'rate') return { number: percent(value).slice(0, -1), unit: '%' };
  if (unit === 'hours') {
    const days = Math.abs(value) >= 72;
    const n = days ? round1(value / 24) : Math.abs(value) >= 10 ? Math.round(value) : round1(value);
    return { number: String(n), unit: t(days ? 'cockpit:unit.day' : 'cockpit:unit.hour') };
  }
  return { number: thousands(Math.round(value)), unit: t('cockpit:unit.case') };
}

/** "7 件,95% 区间 42%–91%": what a small sample says of itself; undefined if the sample is not small. */
export function saySmall(m: Measured, t: Translate): string | undefined {
  if (!m.n_small || m.value === null) return undefined;
  const n = m.denominator ?? m.numerator ?? 0;
  if (!m.interval) return t('cockpit:small.n', { n });
  return t('cockpit:small.interval', {
    n,
    lo: sayValue(m.interval[0], m.unit, t),
    hi: sayValue(m.interval[1], m.unit, t),
  });
}

/** True if some neighbours in the order cannot be told apart, so that nobody should read it as a ranking. */
export function overlaps(rows: readonly Measured[]): boolean {
  const known = rows.filter((r) => r.value !== null && r.interval);
  if (!known.some((r) => r.n_small)) return false;
  return known.some((r, i) => {
    const next = known[i + 1];
    if (!next?.interval || !r.interval) return false;
    return r.interval[0] <= next.interval[1] && next.interval[0] <= r.interval[1];
  });
}
