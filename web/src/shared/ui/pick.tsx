import { useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { lazy, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, data, type Ref } from '../api.ts';
import { useDebounced } from '../debounced.ts';
import { type CategoryNode, useCategories, useOrgs } from '../lookups.ts';

interface PickProps<T> {
  value?: T;
  onChange?: (v: T) => void;
  id?: string;
  placeholder?: string;
  'aria-label'?: string;
  autoFocus?: boolean;
}
/** Several categories of any level; the tree is loaded when it is shown. */
export const CategoriesSelect = lazy(() => import('./CategoriesSelect.tsx'));

interface OrgPick {
  /** Units whose names are known already, so that a value is never shown as a number. */
  known?: Ref[];
}

function orgOptions(found: Ref[], known: Ref[] | undefined) {
  const ids = new Set(found.map((o) => o.id));
  return [...found, ...(known ?? []).filter((o) => !ids.has(o.id))].map((o) => ({
    value: o.id,
    label: o.name,
  }));
}

/** Whether the text's words all stand in the path. */
const inPath = (text: string, path: string) =>
  text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => path.includes(word));

/** The leaves of the category tree with their branches: type any words of the path, Enter takes the first. */
export function CategorySelect({ value, onChange, ...rest }: PickProps<number | undefined>) {
  const { t } = useTranslation();
  const { tree, ready } = useCategories();
  // Flat, each with its branch beside it: a listbox of plain options is what screen readers read best.
  const options = useMemo(() => {
    const out: { value: number; label: string; branch: string; path: string }[] = [];
    const walk = (nodes: CategoryNode[], branch: string) => {
      for (const n of nodes) {
        if (n.selectable) out.push({ value: n.value, label: n.title, branch, path: n.path.toLowerCase() });
        if (n.children) walk(n.children, n.path);
      }
    };
    walk(tree, '');
    return out;
  }, [tree]);
  return (
    <Select
      {...rest}
      value={ready ? value : undefined}
      onChange={(v) => onChange?.(v)}
      options={options}
      showSearch={{ filterOption: (text, o) => !!o && inPath(text, o.path) }}
      optionRender={({ data: o }) => (
        <div className="found">
          <span className="found-main">{o.label}</span>
          <span className="quiet">{o.branch}</span>
        </div>
      )}
      allowClear
      loading={!ready}
      popupMatchSelectWidth={340}
      notFoundContent={t('common:pick.none')}
      placeholder={rest.placeholder ?? t('common:pick.category')}
      className="wide"
    />
  );
}

/** One unit, found by name. */
export function OrgSelect({ value, onChange, known, ...rest }: PickProps<number | undefined> & OrgPick) {
  const { t } = useTranslation();
  const [q, setQ] = useState('');
  const orgs = useOrgs(useDebounced(q.trim(), 200));
  return (
    <Select
      {...rest}
      value={value}
      onChange={(v) => onChange?.(v)}
      showSearch={{ filterOption: false, onSearch: setQ }}
      allowClear
      loading={orgs.isFetching}
      options={orgOptions(orgs.data?.items ?? [], known)}
      optionRender={(o) => <span className="wrap">{o.label}</span>}
      notFoundContent={t('common:pick.none')}
      placeholder={rest.placeholder ?? t('common:pick.org')}
      className="wide"
    />
  );
}

export function OrgsSelect({ value, onChange, known, ...rest }: PickProps<number[]> & OrgPick) {
  const { t } = useTranslation();
  const [q, setQ] = useState('');
  const orgs = useOrgs(useDebounced(q.trim(), 200));
  return (
    <Select
      {...rest}
      mode="multiple"
      value={value}
      onChange={(v) => onChange?.(v)}
      showSearch={{ filterOption: false, onSearch: setQ, autoClearSearchValue: true }}
      allowClear
      loading={orgs.isFetching}
      options={orgOptions(orgs.data?.items ?? [], known)}
      notFoundContent={t('common:pick.none')}
      placeholder={rest.placeholder ?? t('common:pick.orgs')}
      className="wide"
    />
  );
}

function useCaseOptions(q: string, not?: number) {
  const found = useQuery({
    queryKey: ['search', 'cases', q],
    queryFn: ({ signal }) => data(api.GET('/cases', { params: { query: { q, limit: 8 } }, signal })),
    enabled: q.length >= 2,
  });
  return (found.data?.items ?? [])
    .filter((c) => c.id !== not)
    .map((c) => ({ value: c.id, label: `${c.number} ${c.title}` }));
}

/** One other case, found by number or text. */
export function CaseSelect({
  value,
  onChange,
  not,
  ...rest
}: PickProps<number | undefined> & { not?: number }) {
  const { t } = useTranslation();
  const [q, setQ] = useState('');
  const options = useCaseOptions(useDebounced(q.trim(), 200), not);
  return (
    <Select
      {...rest}
      value={value}
      onChange={(v) => onChange?.(v)}
      showSearch={{ filterOption: false, onSearch: setQ }}
      allowClear
      options={options}
      notFoundContent={q ? t('common:pick.none') : t('common:pick.type')}
      placeholder={t('common:pick.case')}
      className="wide"
    />
  );
}

export function CasesSelect({ value, onChange, not, ...rest }: PickProps<number[]> & { not?: number }) {
  const { t } = useTranslation();
  const [q, setQ] = useState('');
  const options = useCaseOptions(useDebounced(q.trim(), 200), not);
  return (
    <Select
      {...rest}
      mode="multiple"
      value={value}
      onChange={(v) => onChange?.(v)}
      showSearch={{ filterOption: false, onSearch: setQ }}
      options={options}
      notFoundContent={q ? t('common:pick.none') : t('common:pick.type')}
      placeholder={t('common:pick.case')}
      className="wide"
    />
  );
}

/** One person, found by name or account. */
export function AccountSelect({ value, onChange, ...rest }: PickProps<number | undefined>) {
  const { t } = useTranslation();
  const [q, setQ] = useState('');
  const held = useDebounced(q.trim(), 200);
  const found = useQuery({
    queryKey: ['accounts', 'pick', held],
    queryFn: ({ signal }) =>
      data(api.GET('/accounts', { params: { query: held ? { q: held } : {} }, signal })),
  });
  return (
    <Select
      {...rest}
      value={value}
      onChange={(v) => onChange?.(v)}
      showSearch={{ filterOption: false, onSearch: setQ }}
      allowClear
      options={(found.data?.items ?? []).map((a) => ({ value: a.id, label: a.name }))}
      notFoundContent={t('common:pick.none')}
      placeholder={t('common:pick.account')}
      className="wide"
    />
  );
}
