import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import type { FileInfo } from '@/shared/schema.ts';

export const parts = [
  'today',
  'today_met',
  'late',
  'unreached',
  'waiting',
  'due',
  'visited',
  'in_time',
  'open',
] as const;
export type Part = (typeof parts)[number];
export const outcomes = ['fine', 'absent', 'found'] as const;

export type Numbers = Record<Part, number>;
export interface GridProgress extends Numbers {
  grid_id: number;
  grid: string;
  community_code: string;
  community: string;
}
export interface Progress {
  day: number;
  total: Numbers;
  grids: GridProgress[];
}
export interface Task {
  id: number;
  kind: string;
  rule_name: string;
  title: string;
  why: string;
  place: string;
  grid_id: number;
  grid: string;
  community: string;
  case?: number;
  due: number;
  day: number;
  again?: number;
  worker?: string;
  tries: number;
  state: 'open' | 'done' | 'dropped';
  late: boolean;
  done_day?: number;
  reason?: string;
}
export interface Visit {
  id: number;
  outcome: (typeof outcomes)[number];
  place: string;
  community: string;
  tasks: number[];
  answers: { code: string; question: string; text: string }[];
  note?: string;
  wish?: string;
  files?: FileInfo[];
  case?: number;
  by: string;
  at: string;
}
export interface Question {
  code: string;
  text: string;
  text_en?: string;
  why: string;
  why_en?: string;
  datatype: string;
  required?: boolean;
  values?: { key: string; name: string; name_en?: string }[];
}
export const kinds = ['visit', 'check', 'recheck', 'circular'] as const;
export interface RuleBody {
  name: string;
  name_en?: string;
  why: string;
  why_en?: string;
  kind: (typeof kinds)[number];
  needs?: string[];
  buildings?: string[];
  grades?: string[];
  of?: 'home' | 'building';
  every?: number;
  window?: number;
  from?: number;
  to?: number;
  retry?: number;
  priority: number;
  minutes: number;
  questions?: Question[];
  ended?: boolean;
}
export interface Rule extends RuleBody {
  id: number;
  version: number;
  area: number;
  area_name: string;
  valid_from: number;
  mine: boolean;
}
export interface Rules {
  items: Rule[];
  needs: { code: string; name: string }[];
}

type Query = Record<string, string | number | undefined>;

export const useProgress = (query: Query) =>
  useQuery({
    queryKey: ['visits', 'progress', query],
    queryFn: ({ signal }) => call<Progress>('GET', '/visits/progress', { query, signal }),
  });

/** Pages of tasks or of visits, joined. */
export function usePages<T>(path: '/visits' | '/visits/tasks', query: Query) {
  const list = useInfiniteQuery({
    queryKey: ['visits', path, query],
    queryFn: ({ signal, pageParam }) =>
      call<{ items: T[]; total?: number; next?: string }>('GET', path, {
        query: { ...query, cursor: pageParam, limit: 100 },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next || undefined,
  });
  return { list, rows: list.data?.pages.flatMap((p) => p.items), total: list.data?.pages[0]?.total };
}

export const useRules = () =>
  useQuery({
    queryKey: ['visits', 'rules'],
    queryFn: ({ signal }) => call<Rules>('GET', '/visits/rules', { signal }),
  });

export function useAgain() {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: ['visits'] });
}

/** A day yyyymmdd as people say it. */
export function useDay(): (day?: number) => string {
  const { i18n } = useTranslation();
  const format = new Intl.DateTimeFormat(i18n.language === 'en' ? 'en-GB' : 'zh-CN', {
    month: i18n.language === 'en' ? 'short' : 'long',
    day: 'numeric',
    timeZone: 'UTC',
  });
  return (d) =>
    d
      ? format.format(new Date(Date.UTC(Math.floor(d / 10000), (Math.floor(d / 100) % 100) - 1, d % 100)))
      : '';
}

export const dayNumber = (iso: string): number => Number(iso.replaceAll('-', ''));
