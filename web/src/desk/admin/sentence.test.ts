import { describe, expect, it } from 'vitest';
import admin from '../../locales/zh/admin.json' with { type: 'json' };
import common from '../../locales/zh/common.json' with { type: 'json' };
import type { Rule } from './data.ts';
import { freshId, move } from './order.ts';
import { conditions, type Names, sayDuty, sayWeekdays, sentence, some } from './sentence.ts';

const words: Record<string, unknown> = { admin, common };
const t = (key: string, o: Record<string, unknown> = {}): string => {
  const [area, path] = key.split(':') as [string, string];
  let v: unknown = words[area];
  for (const p of path.split('.')) v = (v as Record<string, unknown>)?.[p];
  return String(v ?? key).replace(/\{\{(\w+)\}\}/g, (_, k) => String(o[k]));
};
const names: Names = {
  category: (id) => `类${id}`,
  area: (c) => `区${c}`,
  org: (id) => `单位${id}`,
  kind: (k) => ({ fire: '消防救援' })[k] ?? k,
  source: (id) => `程序${id}`,
};

describe('a duty calendar as a sentence', () => {
  it('says hours, holidays and who stands in', () => {
    const windows = [
      { weekdays: [1, 2, 3, 4, 5], from: '08:30', to: '17:30' },
      { from: '20:00', to: '06:00' },
    ];
    expect(sayDuty({ org: 1, windows, holidays: true, deputy: 7 }, t, names)).toBe(
      '周一至周五 08:30 至 17:30；每天 20:00 至 06:00；节假日也按此值班；其余时间由单位7代班',
    );
  });
});

describe('a rule as a sentence', () => {
  it('reads conditions and unit aloud', () => {
    const r: Rule = {
      id: 'r01',
      name: '夜间险情',
      when: {
        categories: [1, 2],
        grades: ['critical'],
        sources: [501],
        weekdays: [5, 1, 2, 3, 4],
        from: '18:00',
        to: '08:00',
      },
      // biome-ignore lint/suspicious/noThenProperty: the contract's name
      then: {
        lead: { kind: 'fire' },
        or: [{ org: 7 }],
        assists: [{ kind: '@territory' }],
        limit: { n: 4, unit: 'work_hour' },
      },
    };
    const s = sentence(r, t, names);
    expect(s.when).toContain('类1或类2');
    expect(s.when).toContain('紧急');
    expect(s.when).toContain('周一至周五');
    expect(s.when).toContain('经程序501报来');
    expect(s.when).toContain('18:00');
    expect(s.does).toContain('消防救援');
    expect(s.does).toContain('单位7');
    expect(s.does).toContain('4 工作时');
    expect(s.when + s.does).not.toMatch(/\{\{|undefined|rule\./);
  });
  it('says of the backstop that it takes the rest', () => {
    // biome-ignore lint/suspicious/noThenProperty: the contract's name
    const s = sentence({ id: 'x', name: 'x', when: {}, then: { lead: { kind: '@owner' } } }, t, names);
    expect(s.when).toBe(t('admin:rule.always'));
  });
  it('does not list forty categories', () => {
    const many = conditions({ categories: Array.from({ length: 40 }, (_, i) => i) }, t, names)[0] as string;
    expect(many).toContain('40');
    expect(many).not.toContain('类20');
    expect(some(['a'], t)).toBe('a');
  });
  it('joins days only where they follow each other', () => {
    expect(sayWeekdays([6, 7], t)).toBe('周六或周日');
    expect(sayWeekdays([1, 3, 5], t)).toBe('周一或周三或周五');
    expect(sayWeekdays([], t)).toBe('');
  });
});

describe('order', () => {
  it('moves up, down and not beyond the ends', () => {
    expect(move(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
    expect(move(['a', 'b', 'c'], 0, 9)).toEqual(['b', 'c', 'a']);
    expect(move(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
    expect(move(['a'], 4, 0)).toEqual(['a']);
  });
  it('finds a free id', () => {
    expect(freshId([{ id: 'r01' }, { id: 'r03' }])).toBe('r04');
  });
});
