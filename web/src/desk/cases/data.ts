import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { api, type CaseDetail, type CaseItem, type CaseQuery, data, Problem } from '@/shared/api.ts';
import { isLive, onLive, useCaseEvents } from '@/shared/live.ts';
import { mergePage, patchRows, type Row } from './merge.ts';

export const pageSize = 50;
export const caseKey = (id: number) => ['case', id] as const;

export function useCase(id: number | undefined) {
  return useQuery({
    queryKey: ['case', id],
    queryFn: ({ signal }) => data(api.GET('/cases/{id}', { params: { path: { id: id ?? 0 } }, signal })),
    enabled: !!id,
    retry: (n, e) => !(e instanceof Problem && e.status < 500 && !e.offline) && n < 2,
  });
}

export interface CaseList {
  rows: Row[];
  count: number;
  exact: boolean;
  next?: string;
  loading: boolean;
  loadingMore: boolean;
  error: unknown;
  /** When the rows were last known to be true (ms). */
  asOf: number;
  live: boolean;
  refresh: () => void;
  more: () => void;
  /** Takes in what an action answered, before the stream says so. */
  put: (items: CaseItem[]) => void;
}

/**
 * The rows of a filter, kept true by the stream: changed rows change in place, new
 * ones are put where they belong and told to onNew.
 */
export function useCaseList(query: CaseQuery, onNew: (rows: CaseItem[]) => void): CaseList {
  const key = JSON.stringify(query);
  const client = useQueryClient();
  const [state, setState] = useState<{
    key: string;
    rows: Row[];
    next?: string;
    count: number;
    exact: boolean;
    asOf: number;
  }>({
    key: '',
    rows: [],
    count: 0,
    exact: true,
    asOf: 0,
  });
  const [error, setError] = useState<unknown>(null);
  const [loading, setLoading] = useState(true);
  const [loadingMore, setLoadingMore] = useState(false);
  const live = useSyncExternalStore(onLive, isLive);
  const latest = useRef({ state, key, onNew });
  latest.current = { state, key, onNew };

  const read = useCallback(
    (cursor?: string, signal?: AbortSignal) =>
      data(
        api.GET('/cases', {
          params: {
            query: {
              ...(JSON.parse(key) as CaseQuery),
              limit: pageSize,
              ...(cursor ? { cursor } : { count: true }),
            },
          },
          signal,
        }),
      ),
    [key],
  );

  const load = useCallback(
    async (signal?: AbortSignal) => {
      setLoading(true);
      setError(null);
      try {
        const page = await read(undefined, signal);
        if (signal?.aborted) return;
        setState({
          key,
          rows: page.items ?? [],
          next: page.next || undefined,
          count: page.count ?? 0,
          exact: page.count_exact ?? true,
          asOf: Date.now(),
        });
      } catch (e) {
        if (!signal?.aborted) setError(e);
      } finally {
        if (!signal?.aborted) setLoading(false);
      }
    },
    [read, key],
  );

  useEffect(() => {
    const stop = new AbortController();
    void load(stop.signal);
    return () => stop.abort();
  }, [load]);

  const more = useCallback(async () => {
    const { state: s, key: k } = latest.current;
    if (!s.next || s.key !== k) return;
    setLoadingMore(true);
    try {
      const page = await read(s.next);
      setState((now) => {
        if (now.key !== k) return now;
        const known = new Set(now.rows.map((r) => r.id));
        return {
          ...now,
          rows: [...now.rows, ...(page.items ?? []).filter((c) => !known.has(c.id))],
          next: page.next || undefined,
        };
      });
    } catch (e) {
      setError(e);
    } finally {
      setLoadingMore(false);
    }
  }, [read]);

  const put = useCallback((items: CaseItem[]) => {
    setState((s) => ({ ...s, rows: patchRows(s.rows, items) }));
  }, []);

  // Events come singly and in bursts; one look a burst is enough.
  const dirty = useRef(new Set<number>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const settle = useCallback(async () => {
    timer.current = undefined;
    const changed = [...dirty.current];
    dirty.current.clear();
    const { state: s, key: k } = latest.current;
    if (s.key !== k) return;
    try {
      const page = await read();
      const items = page.items ?? [];
      const inPage = new Set(items.map((c) => c.id));
      const rest = changed.filter((id) => !inPage.has(id) && s.rows.some((r) => r.id === id)).slice(0, 8);
      const singles = await Promise.all(
        rest.map((id) =>
          data(api.GET('/cases/{id}', { params: { path: { id } } }))
            .then((d) => d.case)
            .catch(() => undefined),
        ),
      );
      const now = latest.current.state;
      if (now.key !== k || latest.current.key !== k) return;
      const m = mergePage(
        patchRows(
          now.rows,
          singles.filter((c) => c !== undefined),
        ),
        items,
        !!page.next,
      );
      setState({
        ...now,
        rows: m.rows,
        count: page.count ?? now.count,
        exact: page.count_exact ?? now.exact,
        asOf: Date.now(),
      });
      if (m.added.length) latest.current.onNew(m.rows.filter((r) => m.added.includes(r.id)));
    } catch {
      // The list stays as it is; the line above it says as of when.
    }
  }, [read]);
  useCaseEvents((e) => {
    dirty.current.add(e.id);
    void client.invalidateQueries({ queryKey: caseKey(e.id) });
    timer.current ??= setTimeout(() => void settle(), 1200);
  });
  // What happened while the stream was broken is looked up once it is back.
  const broken = useRef(false);
  useEffect(() => {
    if (!live && latest.current.state.asOf) broken.current = true;
    if (live && broken.current) {
      broken.current = false;
      void settle();
    }
  }, [live, settle]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const current = state.key === key;
  return {
    rows: current ? state.rows : [],
    count: current ? state.count : 0,
    exact: state.exact,
    next: current ? state.next : undefined,
    loading,
    loadingMore,
    error,
    asOf: state.asOf,
    live,
    refresh: () => void load(),
    more: () => void more(),
    put,
  };
}

/** Puts an action's answer where the panel and the lists look. */
export function useTakeDetail() {
  const client = useQueryClient();
  return useCallback(
    (d: CaseDetail) => {
      client.setQueryData(caseKey(d.case.id), d);
      void client.invalidateQueries({ queryKey: ['home'] });
    },
    [client],
  );
}
