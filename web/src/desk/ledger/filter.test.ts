import { describe, expect, it } from 'vitest';
import {
  parseFilter,
  phrases,
  readCondition,
  sentence,
  sortWords,
  withCondition,
  without,
  writeCondition,
  writeFilter,
} from './filter.ts';
import { club } from './sample.ts';

const t = (key: string, o: Record<string, unknown> = {}) =>
  `${key.replace('ledger:say.', '')}${Object.keys(o).length ? `[${Object.values(o).join(' ')}]` : ''}`;
const read = (text: string) => parseFilter(new URLSearchParams(text), club);

describe('filter of a register', () => {
  it('survives the way through the URL', () => {
    const text =
      'where=kind=sport|music&where=members>=3&where=signed<=2026-12-31&where=on=2026-11-28&where=name~红旗&where=state!=ended&q=荷塘&sort=-signed';
    const f = read(text);
    expect(f.where.map(writeCondition)).toEqual([
      'kind=sport|music',
      'members>=3',
      'signed<=2026-12-31',
      'on=2026-11-28',
      'name~红旗',
      'state!=ended',
    ]);
    expect(f.q).toBe('荷塘');
    expect(f.sort).toBe('-signed');
    expect(parseFilter(writeFilter(f), club)).toEqual(f);
  });

  it('drops what the register does not know, so that a link never breaks the list', () => {
    const f = read(
      'where=kind=chess&where=nothing=1&where=members>=many&where=signed>=2026-02-30&where=phone=138&where=open=maybe&where=members>=3|4&where=&where=about~x&sort=about&q= ',
    );
    expect(f).toEqual({ where: [] });
  });

  it('takes the operator that stands first', () => {
    expect(readCondition('name=a>=b')).toEqual({ field: 'name', op: '=', values: ['a>=b'] });
    expect(readCondition('members>=3')).toEqual({ field: 'members', op: '>=', values: ['3'] });
    expect(readCondition('name=a\\|b|c')).toEqual({ field: 'name', op: '=', values: ['a|b', 'c'] });
    expect(writeCondition({ field: 'name', op: '=', values: ['a|b', 'c\\'] })).toBe('name=a\\|b|c\\\\');
    expect(readCondition('=x')).toBeUndefined();
  });

  it('asks for what is empty and for what is not', () => {
    const f = read('where=parent=&where=leader!=');
    expect(phrases(f, club, t).map((p) => p.text)).toEqual(['none[Parent club ]', 'some[Leader ]']);
  });

  it('changes one condition and leaves the others where they stand', () => {
    const f = read('where=kind=sport&where=members>=3');
    const g = withCondition(f, { field: 'kind', op: '=', values: ['music'] });
    expect(g.where.map(writeCondition)).toEqual(['kind=music', 'members>=3']);
    expect(withCondition(g, { field: 'kind', op: '=', values: [] }).where).toHaveLength(1);
    expect(withCondition(g, { field: 'members', op: '<=', values: ['9'] }).where).toHaveLength(3);
    expect(without(g, 0).where.map(writeCondition)).toEqual(['members>=3']);
    expect(without({ where: [], q: 'x' }, 'q').q).toBeUndefined();
  });

  it('is a sentence that names options and references', () => {
    const f = read(
      'where=kind=sport|music&where=parent=7&where=open=true&where=state!=ended&where=region=990101001',
    );
    const names = (_: unknown, v: string) => ({ 7: '太极社', 990101001: '老城街道' })[v];
    expect(phrases(f, club, t, names).map((p) => p.text)).toEqual([
      'is[Kind SportorMusic]',
      'is[Parent club 太极社]',
      'is[Open to all ledger:yes]',
      'not_ended',
      'in[region 老城街道]',
    ]);
    expect(sentence({ where: [] }, club, t)).toBe('all[Clubs]');
    expect(sortWords({ where: [], sort: '-signed' }, club, t)).toBe('down[Registered on]');
  });
});
