import { describe, expect, it } from 'vitest';
import { legendOf, stepOf, stepsOf } from './scale.ts';

const six = ['a', 'b', 'c', 'd', 'e', 'f'];
const say = { number: (n: number) => String(n), more: (n: string) => `${n}+` };

describe('steps', () => {
  it('has none without values', () => {
    expect(stepsOf([], six)).toEqual([]);
    expect(stepOf([], 3)).toBeUndefined();
  });
  it('makes one step of equal values', () => {
    const s = stepsOf([4, 4, 4], six);
    expect(s).toEqual([{ from: 4, colour: 'd' }]);
    expect(legendOf(s, 4, say)).toEqual([{ colour: 'd', text: '4' }]);
  });
  it('splits by quantiles at whole numbers that do not overlap', () => {
    const values = Array.from({ length: 600 }, (_, i) => i % 60);
    const s = stepsOf(values, six);
    expect(s.map((x) => x.from)).toEqual([0, 10, 20, 30, 40, 50]);
    expect(legendOf(s, 59, say).map((x) => x.text)).toEqual([
      '0–9',
      '10–19',
      '20–29',
      '30–39',
      '40–49',
      '50+',
    ]);
  });
  it('is not washed out by one extreme', () => {
    const s = stepsOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 5000], six);
    expect(s.length).toBe(6);
    expect(s[5]?.from).toBeLessThanOrEqual(10);
  });
  it('gives few values a step each', () => {
    const s = stepsOf([0, 0, 0, 1, 3, 3], six);
    expect(s.map((x) => x.from)).toEqual([0, 1, 3]);
    expect(s.map((x) => x.colour)).toEqual(['a', 'd', 'f']);
    expect(legendOf(s, 3, say).map((x) => x.text)).toEqual(['0', '1–2', '3']);
  });
  it('keeps many zeros apart from the small numbers', () => {
    const values = [...Array.from({ length: 300 }, () => 0), ...Array.from({ length: 100 }, (_, i) => i + 1)];
    expect(stepsOf(values, six).map((x) => x.from)).toEqual([0, 1, 21, 41, 61, 81]);
  });
  it('finds the step of a value and none for no value', () => {
    const s = stepsOf([0, 10, 20, 30, 40, 50], six);
    expect(stepOf(s, 19)?.colour).toBe('b');
    expect(stepOf(s, 20)?.colour).toBe('c');
    expect(stepOf(s, -5)?.colour).toBe('a');
    expect(stepOf(s, null)).toBeUndefined();
  });
  it('keeps fractions for rates', () => {
    const s = stepsOf([0.5, 0.7512, 0.9, 0.95], ['a', 'b'], false);
    expect(s.map((x) => x.from)).toEqual([0.5, 0.9]);
  });
});
