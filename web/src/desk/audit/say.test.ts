import { describe, expect, it } from 'vitest';
import { headsText, lineOf, pairsOf, parseFilter, writeFilter } from './say.ts';

const t = (key: string, o?: Record<string, unknown>) => {
  const last = key.slice(key.indexOf(':') + 1);
  return o?.defaultValue ? `${o.defaultValue}` : o ? `${last}(${Object.values(o).join()})` : last;
};

describe('an entry in words', () => {
  it('names who, what was done and to what', () => {
    const l = lineOf(
      {
        at: '2026-11-23T10:00:00+08:00',
        actor: { id: 7, name: '王敏', login: 'wm' },
        post: '话务员',
        action: 'case.dispatch',
        action_name: '派遣',
        object: 'case',
        object_id: 9,
        label: 'HD2026',
      },
      t,
    );
    expect(l).toEqual({ who: '王敏post(话务员)', did: '派遣', what: 'case HD2026' });
  });
  it('says system for nobody, and numbers for the nameless', () => {
    expect(lineOf({ at: '', action: 'x', object: 'file', object_id: 3 }, t)).toEqual({
      who: 'system',
      did: 'x',
      what: 'file number(3)',
    });
    expect(lineOf({ at: '', action: 'x', actor: { id: 5, name: '' } }, t).who).toBe('account_no(5)');
  });
});

describe('detail', () => {
  it('is read as pairs, whatever form it has', () => {
    expect(pairsOf('{"from":"a","ids":[1,2],"x":null,"o":{"k":1}}')).toEqual([
      ['from', 'a'],
      ['ids', '1, 2'],
      ['o', '{"k":1}'],
    ]);
    expect(pairsOf({ n: 0 })).toEqual([['n', '0']]);
    expect(pairsOf('not json')).toEqual([['', 'not json']]);
    expect(pairsOf(null)).toEqual([]);
    expect(pairsOf('')).toEqual([]);
  });
});

it('reads filters and drops what cannot be', () => {
  const f = parseFilter(new URLSearchParams('account=7&object=case&object_id=x&from=20261101&to=1'));
  expect(f).toEqual({ account: 7, object: 'case', object_id: undefined, from: 20261101, to: undefined });
  expect(writeFilter(f).toString()).toBe('account=7&object=case&from=20261101');
});

it('joins signed notes and keeps anything else whole', () => {
  expect(headsText({ heads: [{ note: 'a\n' }, { note: 'b\n' }] })).toBe('a\n\nb\n');
  expect(headsText('x')).toBe('x');
  expect(JSON.parse(headsText({ heads: [{ root: 'r' }] }))).toEqual({ heads: [{ root: 'r' }] });
});
