import {
  type InfiniteData,
  useInfiniteQuery,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { mayRetry } from '@/shared/query.ts';
import { type Filter, levels, type Names, writeFilter } from './filter.ts';
import { type Entry, fieldOf, formOf, type Item, type Named, named, pathOf, type Register } from './model.ts';

interface Page {
  items: Item[];
  next: string;
  count?: number;
  count_exact?: boolean;
}
export const pageSize = 50;

/** Every register that the person may read, in the language in use. */
export function useRegisters() {
  const { i18n } = useTranslation();
  return useQuery({
    queryKey: ['ledger', 'registers', i18n.language],
    queryFn: ({ signal }) => call<{ items: Register[] }>('GET', '/ledger', { signal }),
    staleTime: 5 * 60_000,
    select: ofCity,
  });
}

/** Each of the city's own registers by an address of its own; the form that its rows name goes without saying. */
const ofCity = (d: { items: Register[] }): Register[] =>
  d.items.map((r) =>
    r.form
      ? {
          ...r,
          code: `${r.code}~${r.form}`,
          group: 'city',
          fields: r.fields.filter((f) => f.name !== 'form'),
        }
      : r,
  );

/** The conditions of a filter as the API takes them. */
export function whereOf(code: string, f: Filter): string[] {
  const form = formOf(code);
  return [...(form ? [`form=${form}`] : []), ...writeFilter(f).getAll('where')];
}

/** The filter as the query of the list and of what is made of it. */
export const queryOf = (
  code: string,
  f: Filter,
  phone?: string,
): Record<string, string | string[] | undefined> => ({
  where: whereOf(code, f),
  q: f.q,
  sort: f.sort,
  phone,
});

const rowsKey = (code: string) => ['ledger', code, 'rows'] as const;
const rowKey = (code: string, id: number) => ['ledger', code, 'row', id] as const;

/** The rows of a filter, page by page, with their number as far as it is counted. */
export function useRows(code: string, f: Filter, phone?: string) {
  const query = queryOf(code, f, phone);
  const list = useInfiniteQuery({
    queryKey: [...rowsKey(code), query],
    queryFn: ({ pageParam, signal }) =>
      call<Page>('GET', pathOf(code), {
        query: { ...query, limit: pageSize, ...(pageParam ? { cursor: pageParam } : { count: true }) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next || undefined,
  });
  const rows = useMemo(() => {
    const seen = new Set<number>();
    return (list.data?.pages ?? []).flatMap((p) => p.items).filter((i) => !seen.has(i.id) && seen.add(i.id));
  }, [list.data]);
  const first = list.data?.pages[0];
  return { ...list, rows, count: first?.count ?? rows.length, exact: first?.count_exact ?? true };
}

export function useRow(code: string, id: number | undefined) {
  return useQuery({
    queryKey: rowKey(code, id ?? 0),
    queryFn: ({ signal }) => call<Item>('GET', `${pathOf(code)}/${id}`, { signal }),
    enabled: !!id,
    retry: (n, e) => !(e instanceof Problem && e.status === 404) && mayRetry(n, e),
  });
}

export function useHistory(code: string, id: number, version: number | undefined) {
  return useQuery({
    queryKey: ['ledger', code, 'history', id, version],
    queryFn: ({ signal }) => call<{ items: Entry[] }>('GET', `${pathOf(code)}/${id}/history`, { signal }),
    select: (d) => d.items,
    enabled: version !== undefined,
  });
}

/** What a reference may refer to; no code: a form that is no register yet. */
export function useRefs(code: string, field: string, q: string, enabled = true) {
  return useQuery({
    queryKey: ['ledger', code, 'refs', field, q],
    queryFn: ({ signal }) =>
      call<{ items: Named[] }>('GET', `${pathOf(code)}/refs`, {
        query: { field, q, form: formOf(code) },
        signal,
      }),
    select: (d) => d.items,
    enabled: enabled && code !== '',
    staleTime: 60_000,
    placeholderData: (before) => before,
  });
}

/** Puts a row that was just written where the panel and the lists look. */
export function useTake(code: string) {
  const client = useQueryClient();
  return useCallback(
    (item: Item, fresh = false) => {
      client.setQueryData(rowKey(code, item.id), item);
      client.setQueriesData<InfiniteData<Page>>(
        { queryKey: rowsKey(code) },
        (d) =>
          d && {
            ...d,
            pages: d.pages.map((p) => ({ ...p, items: p.items.map((i) => (i.id === item.id ? item : i)) })),
          },
      );
      if (fresh) void client.invalidateQueries({ queryKey: rowsKey(code) });
      void client.invalidateQueries({ queryKey: ['ledger', code, 'figures'] });
      void client.invalidateQueries({ queryKey: ['ledger', code, 'branch'] });
    },
    [client, code],
  );
}

/** References that were chosen in this tab, so that a filter names them where no row does. */
const chosen = new Map<string, string>();
export function remember(r: Register, field: string, v: Named | undefined): void {
  const f = fieldOf(r, field);
  if (f && v?.id) chosen.set(`${f.ref}:${v.id}`, v.name);
}

/** The name behind an id that came with a link, asked where that kind of thing is kept. */
async function nameOf(ref: string, id: string, signal: AbortSignal): Promise<string | undefined> {
  const listed = (items: { id?: number; code?: string; name: string }[] | null) =>
    items?.find((x) => String(x.id) === id || x.code === id)?.name;
  if (ref === 'region') {
    const parent = id.length > 9 ? id.slice(0, 9) : id.length > 6 ? id.slice(0, 6) : id.slice(0, 4);
    return listed(
      (
        await call<{ items: { code: string; name: string }[] }>('GET', '/regions', {
          query: { parent },
          signal,
        })
      ).items,
    );
  }
  if (ref === 'grid')
    return listed((await call<{ items: Named[] }>('GET', '/grids', { query: { id }, signal })).items);
  if (ref === 'org') return listed((await call<{ items: Named[] }>('GET', '/orgs', { signal })).items);
  if (ref === 'account') return undefined;
  return (await call<Item>('GET', `/ledger/${ref}/${id}`, { signal })).label;
}

/** Names for the references in a filter: from the rows on screen, from what was chosen, or asked for. */
export function useNames(r: Register, rows: Item[], filter?: Filter): Names {
  const known = useMemo(() => {
    const out = new Map<string, string>();
    for (const f of r.fields)
      if (f.kind === 'ref')
        for (const i of rows) {
          const v = named(i.fields[f.name]);
          if (v?.id) out.set(`${f.ref}:${v.id}`, v.name);
        }
    return out;
  }, [r, rows]);
  const missing = (filter?.where ?? []).flatMap((c) => {
    const f = fieldOf(r, levels.includes(c.field) ? 'region' : c.field);
    if (f?.kind !== 'ref' || !f.ref) return [];
    return c.values
      .map((v) => [f.ref as string, v] as const)
      .filter(([ref, v]) => v && !chosen.has(`${ref}:${v}`) && !known.has(`${ref}:${v}`));
  });
  const asked = useQueries({
    queries: missing.map(([ref, id]) => ({
      queryKey: ['ledger', 'name', ref, id],
      queryFn: ({ signal }: { signal: AbortSignal }) => nameOf(ref, id, signal).then((n) => n ?? id),
      staleTime: 10 * 60_000,
      retry: false,
    })),
    combine: (all) => new Map(all.map((q, i) => [`${missing[i]?.[0]}:${missing[i]?.[1]}`, q.data])),
  });
  return useCallback(
    (f, value) => {
      const key = `${f.ref}:${value}`;
      return chosen.get(key) ?? known.get(key) ?? asked.get(key);
    },
    [known, asked],
  );
}
