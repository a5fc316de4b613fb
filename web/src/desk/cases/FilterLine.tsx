import { CloseOutlined, FilterOutlined } from '@ant-design/icons';
import { Button, Drawer } from 'antd';
import { lazy, Suspense, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { CaseItem } from '@/shared/api.ts';
import { useCategories, useGridName, useOrgs, useRegions, useStreets } from '@/shared/lookups.ts';
import { useSession } from '@/shared/session.tsx';
import { Loading } from '@/shared/ui/state.tsx';
import { SavedFilters } from '../shell/SavedFilters.tsx';
import { defaultSort, type Filter, type Names, phrases, without, writeFilter } from './filter.ts';

const FilterForm = lazy(() => import('./FilterForm.tsx'));

/** Names for the values in a filter: from lists we have, or from the rows on screen. */
function useNames(f: Filter, rows: CaseItem[]): Names {
  const { byId } = useCategories();
  const orgs = useOrgs('', !!(f.lead ?? f.assist));
  const streets = useStreets();
  const grid = useGridName(f.grid, f.net);
  const { me } = useSession();
  const top = useRegions(f.district ? me.city.code : undefined);
  return useMemo(() => {
    const org = new Map((orgs.data?.items ?? []).map((o) => [String(o.id), o.name]));
    const street = new Map(streets.map((s) => [s.code, s.name]));
    const districts = new Map((top.data?.items ?? []).map((d) => [d.code, d.name]));
    for (const r of rows) {
      if (r.lead) org.set(String(r.lead.id), r.lead.name);
    }
    return (key, value) => {
      if (key === 'category') return byId.get(Number(value))?.name;
      if (key === 'lead' || key === 'assist') return org.get(value);
      if (key === 'district') return districts.get(value);
      if (key === 'street')
        return street.get(value) ?? rows.find((r) => r.street?.code === value)?.street?.name;
      if (key === 'community') return rows.find((r) => r.community?.code === value)?.community?.name;
      if (key === 'grid') return grid;
      return undefined;
    };
  }, [byId, orgs.data, streets, rows, top.data, grid]);
}

interface Props {
  filter: Filter;
  rows: CaseItem[];
  onChange: (f: Filter) => void;
  apply: (query: string) => void;
  open: boolean;
  setOpen: (v: boolean) => void;
}

/** The filter as a sentence whose parts can be taken away, and the ways to change it. */
export function FilterLine({ filter, rows, onChange, apply, open, setOpen }: Props) {
  const { t } = useTranslation();
  const names = useNames(filter, rows);
  const parts = phrases(filter, t, names);
  return (
    <div className="filter-line">
      <Button icon={<FilterOutlined />} onClick={() => setOpen(true)} aria-keyshortcuts="q">
        {t('cases:filter.title')}
      </Button>
      <SavedFilters page="cases" text={writeFilter(filter).toString()} apply={apply} />
      <p className="sentence">
        {parts.length === 0 ? t('cases:sentence.all') : t('cases:sentence.before')}
        {parts.map((p, i) => (
          <span key={p.key}>
            {i ? t('cases:sentence.and') : ''}
            <button
              type="button"
              className="phrase"
              onClick={() => onChange(without(filter, p.key))}
              title={t('cases:sentence.drop')}
              aria-label={t('cases:sentence.drop_part', { part: p.text })}
            >
              {p.text}
              <CloseOutlined aria-hidden />
            </button>
          </span>
        ))}
        {parts.length ? t('cases:sentence.after') : ''}
        <span className="quiet">{t(`cases:sort.${filter.sort ?? defaultSort}`)}</span>
      </p>
      <Drawer
        open={open}
        onClose={() => setOpen(false)}
        title={t('cases:filter.title')}
        placement="left"
        size={380}
        mask={{ blur: false }}
      >
        {open ? (
          <Suspense fallback={<Loading />}>
            <FilterForm value={filter} onChange={onChange} onClose={() => setOpen(false)} />
          </Suspense>
        ) : null}
      </Drawer>
    </div>
  );
}
