import { CloseOutlined, FilterOutlined, StarOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Drawer, Dropdown, Input, Modal } from 'antd';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CaseItem } from '@/shared/api.ts';
import { api, data, once } from '@/shared/api.ts';
import { useCategories, useGridName, useOrgs, useRegions, useStreets } from '@/shared/lookups.ts';
import { useSession } from '@/shared/session.tsx';
import { Loading } from '@/shared/ui/state.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
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

function Saved({ filter, apply }: { filter: Filter; apply: (query: string) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const list = useQuery({
    queryKey: ['filters'],
    queryFn: () => data(api.GET('/filters')),
    staleTime: 60_000,
  });
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const again = () => void client.invalidateQueries({ queryKey: ['filters'] });
  const save = useMutation({
    mutationFn: () =>
      data(
        api.POST('/filters', {
          body: { name: name.trim(), page: 'cases', query: writeFilter(filter).toString() },
          ...once(uuidv7()),
        }),
      ),
    onSuccess: () => {
      setNaming(false);
      setName('');
      again();
    },
  });
  const drop = useMutation({
    mutationFn: (id: number) => data(api.DELETE('/filters/{id}', { params: { path: { id } } })),
    onSuccess: again,
  });
  const items = (list.data?.items ?? []).filter((f) => f.page === 'cases');
  const text = writeFilter(filter).toString();
  return (
    <>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            ...items.map((f) => ({
              key: `f${f.id}`,
              label: (
                <span className="saved">
                  {f.name}
                  <Button
                    type="text"
                    size="small"
                    icon={<CloseOutlined />}
                    aria-label={t('cases:saved.drop', { name: f.name })}
                    onClick={(e) => {
                      e.stopPropagation();
                      drop.mutate(f.id);
                    }}
                  />
                </span>
              ),
              onClick: () => apply(f.query),
            })),
            ...(items.length ? [{ type: 'divider' as const }] : []),
            { key: 'save', label: t('cases:saved.save'), disabled: !text, onClick: () => setNaming(true) },
          ],
        }}
      >
        <Button icon={<StarOutlined />}>
          <span className="wide-only">{t('cases:saved.title')}</span>
        </Button>
      </Dropdown>
      <Modal
        open={naming}
        title={t('cases:saved.save')}
        okText={t('common:do.save')}
        okButtonProps={{ disabled: !name.trim(), loading: save.isPending }}
        onOk={() => save.mutate()}
        onCancel={() => setNaming(false)}
        destroyOnHidden
      >
        <label htmlFor="filter-name">{t('cases:saved.name')}</label>
        <Input
          id="filter-name"
          autoFocus
          maxLength={40}
          value={name}
          onChange={(e) => setName(e.target.value)}
          onPressEnter={() => name.trim() && save.mutate()}
        />
      </Modal>
    </>
  );
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
      <Saved filter={filter} apply={apply} />
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
