import { useQuery } from '@tanstack/react-query';
import { Select, TreeSelect } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, data, type Ref } from '../api.ts';
import { useDebounced } from '../debounced.ts';
import { useCategories, useOrgs } from '../lookups.ts';

interface PickProps<T> {
  value?: T;
  onChange?: (v: T) => void;
  id?: string;
  placeholder?: string;
  'aria-label'?: string;
  autoFocus?: boolean;
}
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

/** The category tree, searched by any word of the path. */
export function CategorySelect({ value, onChange, ...rest }: PickProps<number | undefined>) {
  const { t } = useTranslation();
  const { tree, ready } = useCategories();
  return (
    <TreeSelect
      {...rest}
      value={value}
      onChange={(v) => onChange?.(v as number | undefined)}
      treeData={tree}
      showSearch={{
        filterTreeNode: (text, node) => String(node.path).toLowerCase().includes(text.toLowerCase()),
      }}
      allowClear
      loading={!ready}
      treeExpandAction="click"
      popupMatchSelectWidth={360}
      notFoundContent={t('common:pick.none')}
      placeholder={rest.placeholder ?? t('common:pick.category')}
      className="wide"
    />
  );
}

/** Several categories, for filters. */
export function CategoriesSelect({ value, onChange, ...rest }: PickProps<number[]>) {
  const { t } = useTranslation();
  const { tree } = useCategories();
  const open = (nodes: typeof tree): typeof tree =>
    nodes.map((n) => ({ ...n, selectable: true, children: n.children && open(n.children) }));
  return (
    <TreeSelect
      {...rest}
      multiple
      value={value}
      onChange={(v) => onChange?.(v as number[])}
      treeData={open(tree)}
      showSearch={{
        filterTreeNode: (text, node) => String(node.path).toLowerCase().includes(text.toLowerCase()),
      }}
      allowClear
      popupMatchSelectWidth={360}
      placeholder={t('common:pick.category')}
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
