import { describe, expect, it } from 'vitest';
import { bigValue, overlaps, percent, saySmall, sayValue, thousands } from './say.ts';

const t = (key: string, o?: Record<string, unknown>) => `${key.split(':')[1]}${o ? JSON.stringify(o) : ''}`;

describe('figures in words', () => {
  it('says no data and never zero for what is not known', () => {
    for (const unit of ['count', 'rate', 'hours'] as const) {
      expect(sayValue(null, unit, t)).toBe('no_data');
      expect(bigValue(undefined, unit, t)).toEqual({ number: 'no_data', unit: '' });
    }
    expect(sayValue(0, 'count', t)).toBe('0');
  });
  it('groups thousands', () => {
    expect([0, 999, 1000, 1234567, -1234, 1234.5].map(thousands)).toEqual([
      '0',
      '999',
      '1,000',
      '1,234,567',
      '−1,234',
      '1,234.5',
    ]);
  });
  it('never rounds a rate to all or nothing', () => {
    expect([0, 0.0001, 0.5, 0.8764, 0.99996, 1].map(percent)).toEqual([
      '0%',
      '0.1%',
      '50%',
      '87.6%',
      '99.9%',
      '100%',
    ]);
  });
  it('says long times in days', () => {
    expect(sayValue(3.26, 'hours', t)).toBe('unit.hours{"n":3.3}');
    expect(sayValue(40.4, 'hours', t)).toBe('unit.hours{"n":40}');
    expect(sayValue(268.8, 'hours', t)).toBe('unit.days{"n":11.2}');
  });
});

describe('small samples', () => {
  const m = {
    unit: 'rate' as const,
    value: 0.7,
    numerator: 5,
    denominator: 7,
    interval: [0.36, 0.92] as [number, number],
    n_small: true,
  };
  it('shows n and the interval', () => {
    expect(saySmall(m, t)).toBe('small.interval{"n":7,"lo":"36%","hi":"92%"}');
    expect(saySmall({ ...m, n_small: false }, t)).toBeUndefined();
    expect(saySmall({ ...m, interval: null }, t)).toBe('small.n{"n":7}');
  });
  it('sees when an order is no ranking', () => {
    expect(overlaps([m, { ...m, value: 0.6, interval: [0.3, 0.8] }])).toBe(true);
    expect(overlaps([m, { ...m, value: 0.1, interval: [0.05, 0.2] }])).toBe(false);
    expect(
      overlaps([
        { ...m, n_small: false },
        { ...m, n_small: false },
      ]),
    ).toBe(false);
  });
});
