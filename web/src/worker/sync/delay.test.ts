import { expect, test } from 'vitest';
import { afterOnline, backoff, comingBack } from './delay.ts';

/** A generator of its own, so that each run draws the same. */
function draws(seed: number): () => number {
  let x = seed;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x / 2 ** 32;
  };
}
/** The most that fall into one second. */
function peak(times: number[]): number {
  const of = new Map<number, number>();
  for (const t of times) of.set(Math.floor(t / 1000), (of.get(Math.floor(t / 1000)) ?? 0) + 1);
  return Math.max(...of.values());
}
const phones = 10_000;

test('ten thousand phones come back over the whole time that the server asks for', () => {
  const random = draws(7);
  // Of so many phones the server takes 200 a second (internal/kernel/offline/device.go).
  const times = Array.from({ length: phones }, () => comingBack(phones / 200, random()));
  expect(Math.max(...times)).toBeLessThan(50_000);
  expect(peak(times)).toBeLessThan(300);
  expect(Math.max(...Array.from({ length: 100 }, () => comingBack(3600, random())))).toBeLessThan(120_000);
  expect(comingBack(0, random())).toBe(0);
});

test('a network that is back for all is asked over three seconds', () => {
  const random = draws(8);
  expect(peak(Array.from({ length: phones }, () => afterOnline(random())))).toBeLessThan(phones * 0.36);
});

test('after failures the waits grow, spread over their whole length, and end at five minutes', () => {
  const random = draws(9);
  for (const failures of [1, 3, 6, 9, 20]) {
    const full = Math.min(300_000, 1000 * 2 ** failures);
    const times = Array.from({ length: phones }, () => backoff(failures, 0, random()));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(250);
    expect(Math.max(...times)).toBeLessThan(full);
    // None of ten equal parts of the wait holds more than its share and a tenth, but for the shortest of all.
    const parts = Array.from({ length: 10 }, () => 0);
    for (const t of times) parts[Math.floor((t / full) * 10)] = (parts[Math.floor((t / full) * 10)] ?? 0) + 1;
    if (failures > 2) expect(Math.max(...parts)).toBeLessThan(phones * 0.11);
  }
});

test('what the server asks for is waited for by all', () => {
  const random = draws(10);
  const times = Array.from({ length: phones }, () => backoff(5, 20, random()));
  expect(Math.min(...times)).toBeGreaterThanOrEqual(20_250);
  expect(peak(times)).toBeLessThan(2 * (phones / 32));
});
