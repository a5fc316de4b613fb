import { describe, expect, it } from 'vitest';
import { parseFilter, parseIds, phrases, toQuery, without, writeFilter } from './filter.ts';

const t = (key: string, o?: Record<string, unknown>) => (o?.value === undefined ? key : `${key}[${o.value}]`);

describe('filter', () => {
  it('survives the way through the URL', () => {
    const f = parseFilter(
      new URLSearchParams(
        'open=true&status=filed,dispatched&street=990101001&q= 噪音 &from=2026-11-01&sort=due&category=12,13',
      ),
    );
    expect(f).toEqual({
      open: true,
      status: ['filed', 'dispatched'],
      street: '990101001',
      category: ['12', '13'],
      q: '噪音',
      from: 20261101,
      sort: 'due',
    });
    expect(parseFilter(writeFilter(f))).toEqual(f);
    expect(writeFilter(f).toString()).toBe(writeFilter(parseFilter(writeFilter(f))).toString());
  });

  it('drops what it does not know', () => {
    expect(
      parseFilter(new URLSearchParams('status=nonsense,filed,filed&open=1&from=soon&sort=size&evil=1')),
    ).toEqual({
      status: ['filed'],
    });
  });

  it('asks the server with the same words and always with a sort', () => {
    expect(toQuery({ mine: true, pending: 'extension' })).toEqual({
      mine: 'true',
      pending: 'extension',
      sort: '-reported',
    });
  });

  it('knows what a case may wait for', () => {
    expect(parseFilter(new URLSearchParams('flag=checking')).flag).toBe('checking');
    expect(parseFilter(new URLSearchParams('flag=sealed'))).toEqual({});
    expect(phrases({ flag: 'to_tell' }, t).map((x) => x.text)).toEqual([
      'cases:sentence.flag[cases:flag.to_tell]',
    ]);
  });

  it('reads as a sentence whose parts can be taken away', () => {
    const f = parseFilter(
      new URLSearchParams('overdue=true&status=filed,signed&lead=7&q=水&figure=ontime&part=excluded'),
    );
    const p = phrases(f, t, (k, v) => (k === 'lead' && v === '7' ? '供水公司' : undefined));
    expect(p.map((x) => x.text)).toEqual([
      'cases:sentence.overdue',
      'cases:sentence.status[common:status.filedcases:sentence.orcommon:status.signed]',
      'cases:sentence.lead[供水公司]',
      'cases:sentence.q[水]',
      'cases:sentence.figure[ontime]',
    ]);
    expect(without(f, 'figure')).not.toHaveProperty('part');
    expect(without(f, 'overdue').overdue).toBeUndefined();
  });

  it('reads ids', () => {
    expect(parseIds('3,x,4,3,-1,1e99')).toEqual([3, 4]);
    expect(parseIds(null)).toEqual([]);
  });
});
