import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { CaseItem } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import type { Measured, Unit } from './say.ts';
import type { Dim, View } from './view.ts';

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
  figure: FigureInfo;
  by: string;
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
  /** The figure that the grids show. */
  figure: string;
  figures: TopFigure[] | null;
  trend: TrendDay[] | null;
  grids: { grid_id: number; value: number | null; n?: number; n_small?: boolean }[] | null;
  overdue: { count: number; items: CaseItem[] | null } | null;
}

const every = 15_000;

/** The whole page in one call; renewed while the page is seen and not paused. */
export function useCockpit(v: View, live: boolean) {
  const query = { from: v.from, to: v.to, region: v.region, figure: v.figure, net: v.net };
  return useQuery({
    queryKey: ['cockpit', query],
    queryFn: ({ signal }) => call<CockpitAnswer>('GET', '/cockpit', { query, signal }),
    refetchInterval: live ? every : false,
    refetchIntervalInBackground: false,
    placeholderData: keepPreviousData,
  });
}

export function useCatalogue() {
  return useQuery({
    queryKey: ['figures'],
    queryFn: async ({ signal }) =>
      (await call<{ items: FigureInfo[] | null }>('GET', '/figures', { signal })).items ?? [],
    staleTime: 10 * 60_000,
  });
}

export const figureQuery = (v: View, by: Dim) => ({
  by,
  from: v.from,
  to: v.to,
  region: v.region,
  net: by === 'grid' ? v.net : undefined,
});

export interface NetSpan {
  from: number;
  to?: number;
  coming: boolean;
  communities: number;
  grids: number;
}

/** The nets of grids that the region had and will have, oldest first. */
export function useNets(region: string) {
  return useQuery({
    queryKey: ['nets', region],
    queryFn: async ({ signal }) =>
      (await call<{ items: NetSpan[] | null }>('GET', '/grids/nets', { query: { region }, signal })).items ??
      [],
    staleTime: 10 * 60_000,
  });
}

export function useFigureBy(figure: string, v: View, live: boolean) {
  const query = figureQuery(v, v.by);
  return useQuery({
    queryKey: ['figure', figure, query],
    queryFn: ({ signal }) => call<FigureAnswer>('GET', `/figures/${figure}`, { query, signal }),
    refetchInterval: live ? every * 2 : false,
    refetchIntervalInBackground: false,
    placeholderData: (before) => (before?.by === v.by ? before : undefined),
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
