/** Reports (报表): saved queries with a period and recipients, and what one got of them. */
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import type { components } from '@/shared/openapi.d.ts';

type S = components['schemas'];
export type Report = S['ReportView'];
export type Run = S['ReportRunView'];
export type RunPage = S['ReportRunPage'];
export type Query = S['ReportQuery'];
export type Named = S['LedgerNamed'];

export const lengths = ['month', 'quarter', 'year'] as const;

/** What figures may be cut by in a report. */
export const dims = ['district', 'street', 'community', 'grid', 'category', 'group', 'unit', 'channel'];

export function useRuns() {
  const { i18n } = useTranslation();
  return useQuery({
    queryKey: ['report', 'runs', i18n.language],
    queryFn: ({ signal }) => call<{ items: Run[]; unread: number }>('GET', '/report-runs', { signal }),
  });
}

export function useReports(enabled = true) {
  const { i18n } = useTranslation();
  return useQuery({
    queryKey: ['report', 'own', i18n.language],
    queryFn: ({ signal }) => call<{ items: Report[] }>('GET', '/reports', { signal }),
    select: (d) => d.items,
    enabled,
  });
}

/** A run with its records, page by page. */
export function useRun(id: string) {
  return useInfiniteQuery({
    queryKey: ['report', 'run', id],
    queryFn: ({ pageParam, signal }) =>
      call<RunPage>('GET', `/report-runs/${id}`, { query: { from: pageParam, limit: 200 }, signal }),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next || undefined,
  });
}

export function useFigures(enabled: boolean) {
  const { i18n } = useTranslation();
  return useQuery({
    queryKey: ['report', 'figures', i18n.language],
    queryFn: ({ signal }) => call<{ items: { id: string; name: string }[] }>('GET', '/figures', { signal }),
    select: (d) => d.items,
    staleTime: 10 * 60_000,
    enabled,
  });
}

export function useRecipients(q: string) {
  return useQuery({
    queryKey: ['report', 'recipients', q],
    queryFn: ({ signal }) =>
      call<{ people: Named[]; orgs: Named[] }>('GET', '/reports/recipients', { query: { q }, signal }),
    placeholderData: (before) => before,
    staleTime: 60_000,
  });
}

export function useReportsChanged() {
  const client = useQueryClient();
  return useCallback(() => void client.invalidateQueries({ queryKey: ['report'] }), [client]);
}

/** The address of a register as a report's query names it: of one of the city's own with its form. */
export function registerOf(q: Pick<Query, 'code' | 'where'>): string {
  const form = q.where?.find((w) => w.startsWith('form='))?.slice('form='.length);
  return form ? `${q.code}~${form}` : q.code;
}

/** Where a record behind a report is. */
export const recordOf = (q: Query, id: number): string =>
  q.source === 'figure' ? `/cases?case=${id}` : `/ledger/${registerOf(q)}?row=${id}`;
