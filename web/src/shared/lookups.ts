import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type Category, data } from './api.ts';
import { call } from './call.ts';
import { useSession } from './session.tsx';

export interface CategoryNode {
  value: number;
  title: string;
  /** "市容环境 / 垃圾 / 暴露垃圾". */
  path: string;
  selectable: boolean;
  children?: CategoryNode[];
}

/** Flat list → tree, in the order of the list; what has no known parent stands at the top. */
export function categoryTree(items: Category[], lang: string): CategoryNode[] {
  const nodes = new Map<number, CategoryNode>();
  for (const c of items) {
    const title = lang === 'en' && c.name_en ? c.name_en : c.name;
    nodes.set(c.id, { value: c.id, title, path: title, selectable: c.leaf ?? true });
  }
  const top: CategoryNode[] = [];
  for (const c of items) {
    const node = nodes.get(c.id) as CategoryNode;
    const parent = c.parent ? nodes.get(c.parent) : undefined;
    if (parent) {
      parent.children ??= [];
      parent.children.push(node);
      if (c.leaf === undefined) parent.selectable = false;
    } else top.push(node);
  }
  const name = (list: CategoryNode[], before: string) => {
    for (const n of list) {
      n.path = before ? `${before} / ${n.title}` : n.title;
      if (n.children) name(n.children, n.path);
    }
  };
  name(top, '');
  return top;
}

export function useCategories() {
  const { i18n } = useTranslation();
  const q = useQuery({
    queryKey: ['categories'],
    queryFn: () => data(api.GET('/categories')),
    staleTime: 10 * 60_000,
  });
  const items = q.data?.items;
  return useMemo(() => {
    const list = items ?? [];
    const tree = categoryTree(list, i18n.language);
    const byId = new Map(list.map((c) => [c.id, c]));
    return { tree, byId, ready: !!items };
  }, [items, i18n.language]);
}

export function useOrgs(q: string, enabled = true) {
  return useQuery({
    queryKey: ['orgs', q],
    queryFn: ({ signal }) => data(api.GET('/orgs', { params: { query: q ? { q } : {} }, signal })),
    staleTime: 5 * 60_000,
    enabled,
    placeholderData: (before) => before,
  });
}

/** Streets of the post's district, or of the city. */
export function useRegions(parent: string | undefined) {
  return useQuery({
    queryKey: ['regions', parent],
    queryFn: () => data(api.GET('/regions', { params: { query: { parent } } })),
    enabled: !!parent,
    staleTime: 30 * 60_000,
  });
}

/** All streets below what the person's post covers: [{code, name}] with 9-digit codes. */
export function useStreets() {
  const { me, post } = useSession();
  const base = post?.region ?? me.city.code;
  const at = base.length > 6 ? base.slice(0, 6) : base;
  const top = useRegions(at);
  const isCity = at.length === 4;
  const districts = isCity ? (top.data?.items ?? []) : [];
  const below = useQuery({
    queryKey: ['streets', at, districts.map((d) => d.code).join()],
    queryFn: async () => {
      const pages = await Promise.all(
        districts.map((d) => data(api.GET('/regions', { params: { query: { parent: d.code } } }))),
      );
      return pages.flatMap((p) => p.items ?? []);
    },
    enabled: isCity && districts.length > 0,
    staleTime: 30 * 60_000,
  });
  return isCity ? (below.data ?? []) : (top.data?.items ?? []);
}

/** A grid's name on a day (yyyymmdd; today without one); "0" is what lies in no known grid. */
export function useGridName(id: string | undefined, day?: number): string | undefined {
  const { t } = useTranslation();
  const q = useQuery({
    queryKey: ['grid', id, day],
    queryFn: ({ signal }) =>
      call<{ items: { name: string }[] | null }>('GET', '/grids', { query: { id, day }, signal }),
    enabled: !!id && id !== '0',
    staleTime: 10 * 60_000,
  });
  return id === '0' ? t('cases:no_grid') : q.data?.items?.[0]?.name;
}
