import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256, work } from './work.ts';

const hex = (h: Uint32Array) => [...h].map((v) => v.toString(16).padStart(8, '0')).join('');

test('hashes as everybody does, at every length around a block', () => {
  for (let n = 0; n < 140; n++) {
    const text = 'abcdefghij'.repeat(14).slice(0, n);
    expect(hex(sha256(text))).toBe(createHash('sha256').update(text).digest('hex'));
  }
});

test('finds a number that the server accepts', async () => {
  const token = 'AAZg_BHntyZCTEg2ZXpfVDBVdUl2NXMw78TvAEZ743VVazj3WbeZJw';
  const sum = createHash('sha256')
    .update(`${token}:${await work(token)}`)
    .digest();
  expect(sum.readUInt16BE(0) >> 4).toBe(0);
});
