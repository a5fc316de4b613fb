import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { CaseItem } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import type { Measured, Unit } from './say.ts';
import { type Dim, regionStreets, type View } from './view.ts';

export interface FigureInfo {
  id: string;
  name: string;
  unit: Unit;
  numerator?: string;
  denominator?: string;
  exclusions?: string;
  source?: string;
  definition?: string;
}
export interface Row extends Omit<Measured, 'unit'> {
  key: string;
  label: string;
}
export interface FigureAnswer {
  figure: FigureInfo | string;
  from: number;
  to: number;
  rows: Row[] | null;
  total?: (Omit<Row, 'key' | 'label'> & { excluded?: number }) | null;
}
export interface TopFigure extends Omit<Measured, 'unit'> {
  id: string;
  name?: string;
  unit?: Unit;
  excluded?: number | null;
}
export interface TrendDay {
  day: number;
  reported: number;
  closed: number;
}
export interface CockpitAnswer {
  as_of: string;
  figures: TopFigure[] | null;
  trend: TrendDay[] | null;
  overdue: { count: number; items: CaseItem[] | null } | null;
}

const every = 15_000;

/** The whole page in one call; renewed while the page is seen and not paused. */
export function useCockpit(v: View, live: boolean) {
  return useQuery({
    queryKey: ['cockpit', v.from, v.to, v.region ?? ''],
    queryFn: ({ signal }) =>
      call<CockpitAnswer>('GET', '/cockpit', { query: { from: v.from, to: v.to, region: v.region }, signal }),
    refetchInterval: live ? every : false,
    refetchIntervalInBackground: false,
    placeholderData: keepPreviousData,
  });
}

export function useCatalogue() {
  return useQuery({
    queryKey: ['figures'],
    queryFn: async ({ signal }) => {
      const a = await call<{ items?: FigureInfo[] | null } | FigureInfo[]>('GET', '/figures', { signal });
      return Array.isArray(a) ? a : (a.items ?? []);
    },
    staleTime: 10 * 60_000,
  });
}

export const figureQuery = (v: View, by: Dim | 'grid', streets: readonly string[]) => ({
  by,
  from: v.from,
  to: v.to,
  street: regionStreets(v.region, streets),
});

export function useFigureBy(
  figure: string | undefined,
  by: Dim | 'grid',
  v: View,
  streets: readonly string[],
  live: boolean,
) {
  const query = figureQuery(v, by, streets);
  return useQuery({
    queryKey: ['figure', figure, query],
    queryFn: ({ signal }) => call<FigureAnswer>('GET', `/figures/${figure}`, { query, signal }),
    enabled: !!figure && (!v.region || v.region.length === 9 || streets.length > 0),
    refetchInterval: live ? every * 4 : false,
    refetchIntervalInBackground: false,
    placeholderData: keepPreviousData,
  });
}

export interface RegionOption {
  value: string;
  title: string;
  children?: RegionOption[];
}

/** Districts and streets below a region code, two levels at most. */
export function useRegionTree(base: string | undefined) {
  return useQuery({
    queryKey: ['regions', 'tree', base],
    queryFn: async ({ signal }) => {
      const below = async (parent: string) =>
        (
          await call<{ items: { code: string; name: string }[] | null }>('GET', '/regions', {
            query: { parent },
            signal,
          })
        ).items ?? [];
      const option = (r: { code: string; name: string }): RegionOption => ({
        value: String(r.code),
        title: r.name,
      });
      const first = (await below(base as string)).map(option);
      if ((base as string).length > 4) return first;
      await Promise.all(
        first.map(async (d) => {
          d.children = (await below(d.value)).map(option);
        }),
      );
      return first;
    },
    enabled: !!base && base.length <= 6,
    staleTime: 30 * 60_000,
  });
}

export const streetCodes = (tree: readonly RegionOption[] | undefined): string[] =>
  (tree ?? []).flatMap((r) => (r.value.length === 9 ? [r.value] : (r.children ?? []).map((c) => c.value)));
