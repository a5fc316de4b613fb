import { expect, test } from 'vitest';
import { fromRows, type Mapping, readValues, toRows } from './mapping.ts';

test('a mapping comes back as it was', () => {
  const m: Mapping = {
    outside_number: { column: 'wo.no', prefix: 'HL-' },
    text: 'wo.what',
    kind: { column: 'a', map: { 催单: 'urge', 派单: 'new' } },
    reply_format: { const: 'A' },
  };
  expect(fromRows(toRows(m))).toEqual(m);
});

test('a column goes before a constant, and half a pair is none', () => {
  const rows = toRows({}).map((r) => (r.field === 'text' ? { ...r, column: ' a ', constant: 'b' } : r));
  expect(fromRows(rows)).toEqual({ text: 'a' });
  expect(readValues('甲=乙；丙；=丁；戊=')).toEqual({ 甲: '乙' });
});
