/** What the cockpit shows, as it stands in the page's URL. Pure. */
import { addDays, dayOf } from '@/shared/time.ts';

export const periods = ['today', '7d', '30d', 'month', 'last_month', 'year'] as const;
export type Period = (typeof periods)[number];
export const dims = ['street', 'grid', 'group', 'category', 'unit', 'channel'] as const;
export type Dim = (typeof dims)[number];

export interface View {
  /** undefined when from and to were chosen by hand. */
  period?: Period;
  /** Days yyyymmdd, both included. */
  from: number;
  to: number;
  /** District (6) or street (9 digits); undefined: all that the post covers. */
  region?: string;
  /** The figure that colours the map and fills the tables. */
  figure?: string;
  by: Dim;
  /** The grid that is marked on the map. */
  grid?: number;
  /** First day (yyyymmdd) of the net of grids that cases are counted by; undefined: the grid of each case. */
  net?: number;
  wall: boolean;
}

export function span(period: Period, today: number): { from: number; to: number } {
  const first = Math.floor(today / 100) * 100 + 1;
  switch (period) {
    case 'today':
      return { from: today, to: today };
    case '7d':
      return { from: addDays(today, -6), to: today };
    case '30d':
      return { from: addDays(today, -29), to: today };
    case 'month':
      return { from: first, to: today };
    case 'last_month': {
      const to = addDays(first, -1);
      return { from: Math.floor(to / 100) * 100 + 1, to };
    }
    case 'year':
      return { from: Math.floor(today / 10_000) * 10_000 + 101, to: today };
  }
}

export const defaultPeriod: Period = '30d';

/** Reads the URL; what is unknown or impossible falls back to the default, never to an error. */
export function parseView(params: URLSearchParams, today: number): View {
  const by = params.get('by');
  const region = params.get('region') ?? '';
  const figure = params.get('figure') ?? '';
  const grid = Number(params.get('grid'));
  const rest = {
    region: /^(\d{6}|\d{9})$/.test(region) ? region : undefined,
    figure: /^[a-z][a-z0-9_.-]{0,63}$/.test(figure) ? figure : undefined,
    by: (dims as readonly string[]).includes(by ?? '') ? (by as Dim) : 'street',
    grid: Number.isSafeInteger(grid) && grid > 0 ? grid : undefined,
    net: dayOf(params.get('net') ?? '') ?? undefined,
    wall: params.get('wall') === '1',
  } as const;
  const from = dayOf(params.get('from') ?? '');
  const to = dayOf(params.get('to') ?? '');
  if (from && to && from <= to) return { from, to, ...rest };
  const asked = params.get('period');
  const period = (periods as readonly string[]).includes(asked ?? '') ? (asked as Period) : defaultPeriod;
  return { period, ...span(period, today), ...rest };
}

/** The view as URL text; defaults are left out. */
export function writeView(v: View): URLSearchParams {
  const out = new URLSearchParams();
  if (!v.period) {
    out.set('from', String(v.from));
    out.set('to', String(v.to));
  } else if (v.period !== defaultPeriod) out.set('period', v.period);
  if (v.region) out.set('region', v.region);
  if (v.figure) out.set('figure', v.figure);
  if (v.by !== 'street') out.set('by', v.by);
  if (v.grid) out.set('grid', String(v.grid));
  if (v.net) out.set('net', String(v.net));
  if (v.wall) out.set('wall', '1');
  return out;
}

export type Part = 'numerator' | 'denominator' | 'excluded';
const filterOf: Record<Dim | 'day', string> = {
  street: 'street',
  group: 'category',
  category: 'category',
  unit: 'lead',
  channel: 'channel',
  grid: 'grid',
  day: 'day',
};

/** A region as the case list's filter; nothing for all that the post covers. */
export function regionFilter(region: string | undefined): [key: string, code: string][] {
  if (!region) return [];
  return [[region.length === 6 ? 'district' : 'street', region]];
}

/** The rows behind a number as a link to the case list. */
export function rowsLink(
  figure: string,
  part: Part,
  v: Pick<View, 'from' | 'to' | 'region' | 'net'>,
  at?: { by: Dim | 'day'; key: string | number },
): string {
  const q = new URLSearchParams({ figure, part, from: String(v.from), to: String(v.to) });
  for (const [k, code] of regionFilter(v.region)) q.set(k, code);
  if (at?.by === 'day') {
    q.set('from', String(at.key));
    q.set('to', String(at.key));
  } else if (at) q.set(filterOf[at.by], String(at.key));
  if (at?.by === 'grid' && v.net) q.set('net', String(v.net));
  return `/cases?${q.toString()}`;
}

/** Where the overdue cases are listed. */
export function overdueLink(region: string | undefined): string {
  const q = new URLSearchParams({ overdue: 'true' });
  for (const [k, code] of regionFilter(region)) q.set(k, code);
  q.set('sort', 'due');
  return `/cases?${q.toString()}`;
}
