import { describe, expect, it } from 'vitest';
import { overdueLink, parseView, periods, rowsLink, span, writeView } from './view.ts';

const today = 20261123;
const read = (s: string) => parseView(new URLSearchParams(s), today);

describe('view in the URL', () => {
  it('falls back to thirty days by street', () => {
    expect(read('')).toEqual({
      period: '30d',
      from: 20261025,
      to: 20261123,
      region: undefined,
      figure: undefined,
      by: 'street',
      grid: undefined,
      net: undefined,
      wall: false,
    });
  });
  it('drops what cannot be', () => {
    const v = read('period=ever&region=99&figure=%3Cb%3E&by=colour&grid=-4&from=20261101&to=20261001');
    expect(v.period).toBe('30d');
    expect([v.region, v.figure, v.by, v.grid]).toEqual([undefined, undefined, 'street', undefined]);
  });
  it.each(periods)('comes back as it was written: %s', (period) => {
    const v = {
      ...read('region=990101&figure=on_time&by=unit&grid=77&net=20260101&wall=1'),
      period,
      ...span(period, today),
    };
    expect(parseView(writeView(v), today)).toEqual(v);
  });
  it('keeps days chosen by hand', () => {
    const v = read('from=20260101&to=2026-03-31');
    expect([v.period, v.from, v.to]).toEqual([undefined, 20260101, 20260331]);
    expect(writeView(v).toString()).toBe('from=20260101&to=20260331');
  });
});

it('knows the last month and the year', () => {
  expect(span('last_month', 20260105)).toEqual({ from: 20251201, to: 20251231 });
  expect(span('last_month', 20260315)).toEqual({ from: 20260201, to: 20260228 });
  expect(span('year', today)).toEqual({ from: 20260101, to: today });
  expect(span('7d', 20260302)).toEqual({ from: 20260224, to: 20260302 });
});

describe('links to rows', () => {
  const v = { from: 20261001, to: 20261031, region: undefined };
  const query = (link: string) => new URLSearchParams(link.slice('/cases?'.length));
  it('names figure, part and days', () => {
    expect(rowsLink('on_time', 'numerator', v)).toBe(
      '/cases?figure=on_time&part=numerator&from=20261001&to=20261031',
    );
  });
  it('turns a unit into the lead and keeps the district', () => {
    const q = query(rowsLink('x', 'excluded', { ...v, region: '990101' }, { by: 'unit', key: 6 }));
    expect([q.get('district'), q.get('street'), q.get('lead')]).toEqual(['990101', null, '6']);
  });
  it('lets the row’s own street win', () => {
    const q = query(
      rowsLink('x', 'numerator', { ...v, region: '990101001' }, { by: 'street', key: '990101002' }),
    );
    expect(q.get('street')).toBe('990101002');
  });
  it('opens a group of categories like a category', () => {
    expect(query(rowsLink('x', 'numerator', v, { by: 'group', key: 5 })).get('category')).toBe('5');
  });
  it('opens one day of the trend', () => {
    const q = query(rowsLink('x', 'numerator', v, { by: 'day', key: 20261005 }));
    expect([q.get('from'), q.get('to'), q.get('day')]).toEqual(['20261005', '20261005', null]);
  });
  it('lists the overdue, most urgent first', () => {
    expect(overdueLink('990102001')).toBe('/cases?overdue=true&street=990102001&sort=due');
    expect(overdueLink(undefined)).toBe('/cases?overdue=true&sort=due');
  });
});

it('opens the rows of a grid on the net that was chosen, and only there', () => {
  const v = read('from=20260101&to=20260331&net=20260201');
  expect(rowsLink('solved', 'numerator', v, { by: 'grid', key: 7 })).toBe(
    '/cases?figure=solved&part=numerator&from=20260101&to=20260331&grid=7&net=20260201',
  );
  expect(rowsLink('solved', 'numerator', v, { by: 'unit', key: 7 })).not.toContain('net');
});
