import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Form, Input, Table, Tree } from 'antd';
import { type Key, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { GridChoropleth } from '@/shared/map/index.tsx';
import { useSession } from '@/shared/session.tsx';
import { dayText } from '@/shared/time.ts';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { type Grid, type Items, type Region, regionsBelow, regionsKey, useRefresh } from './data.ts';
import { DayField, Refused, Split, toField, tomorrow, useSpanText } from './parts.tsx';

interface Node {
  key: string;
  title: string;
  isLeaf: boolean;
  region?: Region;
  children?: Node[];
}

const node = (r: Region): Node => ({ key: r.code, title: r.name, isLeaf: r.children === 0, region: r });

function Rename({ region }: { region: Region }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const [form] = Form.useForm<{ name: string; valid_from: number; note?: string }>();
  const save = useMutation({
    mutationFn: (v: { name: string; valid_from: number; note?: string }) =>
      call<Region>('PUT', `/regions/${region.code}`, { body: { ...v, version: region.version } }),
    onSuccess: (r) => {
      refresh('regions', 'map');
      void message.success(
        t('admin:region.saved', { name: r.name, day: dayText(form.getFieldValue('valid_from')) }),
      );
    },
    onError: (e) => toField(form, e, ['name', 'valid_from', 'note']),
  });
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      initialValues={{ name: region.name, valid_from: tomorrow() }}
      onFinish={(v) => save.mutate({ ...v, name: v.name.trim() })}
    >
      <Refused error={save.error} reload={() => refresh('regions')} />
      <div className="two">
        <Form.Item
          name="name"
          label={t('admin:region.new_name')}
          rules={[{ required: true, message: t('admin:need.name') }]}
        >
          <Input maxLength={60} />
        </Form.Item>
        <Form.Item
          name="valid_from"
          label={t('admin:from')}
          rules={[{ required: true, message: t('admin:need.from') }]}
        >
          <DayField allowClear={false} />
        </Form.Item>
      </div>
      <Form.Item name="note" label={t('admin:note')} extra={t('admin:note_why')}>
        <Input maxLength={200} />
      </Form.Item>
      <Button htmlType="submit" loading={save.isPending}>
        {t('admin:publish')}
      </Button>
    </Form>
  );
}

function Detail({ region }: { region: Region }) {
  const { t } = useTranslation();
  const spanText = useSpanText();
  const [grid, setGrid] = useState<number | null>(null);
  const grids = useQuery({
    queryKey: ['admin', 'grids', region.code],
    queryFn: ({ signal }) =>
      call<Items<Grid> & { count: number }>('GET', '/grids', {
        query: { region: region.code, limit: 1000 },
        signal,
      }),
  });
  const list = grids.data?.items ?? [];
  const values = useMemo(
    () =>
      list.map((g) => ({
        grid_id: g.id,
        value: g.kind === 'dedicated' && !g.households ? null : g.households,
      })),
    [list],
  );
  return (
    <>
      <h2>{region.name}</h2>
      <dl className="facts">
        <dt>{t('admin:region.level')}</dt>
        <dd>{t(`admin:region.levels.${region.level}`)}</dd>
        <dt>{t('admin:region.code')}</dt>
        <dd className="num">{region.code}</dd>
        <dt>{t('admin:region.households')}</dt>
        <dd className="num">{region.households.toLocaleString('en')}</dd>
        <dt>{t('admin:region.grids')}</dt>
        <dd className="num">{grids.data ? grids.data.count : '—'}</dd>
        <dt>{t('admin:in_force')}</dt>
        <dd>{spanText(region.valid_from, region.valid_to)}</dd>
      </dl>
      <details className="fold">
        <summary>{t('admin:region.rename')}</summary>
        <Rename key={region.version} region={region} />
      </details>
      {grids.error ? (
        <ErrorNote error={grids.error} retry={() => void grids.refetch()} />
      ) : !grids.data ? (
        <Loading />
      ) : (
        <>
          <Suspense fallback={<div className="map-box" style={{ height: 340 }} />}>
            <GridChoropleth
              style={{ height: 340 }}
              title={t('admin:region.map')}
              values={values}
              region={region.code.length > 4 ? region.code : undefined}
              say={(v) => t('admin:region.homes', { n: v })}
              selected={grid}
              onSelect={setGrid}
            />
          </Suspense>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <section className="scroll-x grids-table" aria-label={t('admin:region.grids')} tabIndex={0}>
            <Table<Grid>
              size="small"
              rowKey="id"
              dataSource={list}
              pagination={{ pageSize: 20, showSizeChanger: false, hideOnSinglePage: true, size: 'small' }}
              rowClassName={(g) => (g.id === grid ? 'row-chosen' : '')}
              columns={[
                { title: t('admin:grid.name'), dataIndex: 'name' },
                {
                  title: t('admin:grid.kind'),
                  dataIndex: 'kind',
                  render: (k: 'basic' | 'dedicated') => t(`admin:grid.kinds.${k}`),
                },
                {
                  title: t('admin:grid.households'),
                  dataIndex: 'households',
                  align: 'right',
                  render: (n: number, g) =>
                    g.kind === 'basic' && (n < 300 || n > 500) ? (
                      <span className="tone-soon" title={g.note || t('admin:grid.outside')}>
                        {n} · {n < 300 ? t('admin:grid.few') : t('admin:grid.many')}
                      </span>
                    ) : (
                      n
                    ),
                },
                { title: t('admin:grid.code'), dataIndex: 'code', className: 'num' },
                {
                  title: t('admin:grid.standard'),
                  dataIndex: 'standard_code',
                  className: 'num',
                  render: (c?: string) => c || '—',
                },
                { title: t('admin:in_force'), render: (_, g) => spanText(g.valid_from, g.valid_to) },
              ]}
            />
          </section>
        </>
      )}
    </>
  );
}

export function Regions() {
  const { t } = useTranslation();
  const { me } = useSession();
  const client = useQueryClient();
  const [params, setParams] = useSearchParams();
  const code = params.get('code');
  const below = (parent: string) =>
    client.fetchQuery({
      queryKey: [...regionsKey, parent],
      queryFn: () => regionsBelow(parent),
      staleTime: 60_000,
    });
  const top = useQuery({
    queryKey: [...regionsKey, me.city.code],
    queryFn: () => regionsBelow(me.city.code),
  });
  const [open, setOpen] = useState<string[]>([]);
  const opened = useQueries({
    queries: open.map((c) => ({
      queryKey: [...regionsKey, c],
      queryFn: () => regionsBelow(c),
      staleTime: 60_000,
    })),
  });
  const kidsOf = new Map(open.map((c, i) => [c, opened[i]?.data]));
  const grow = (list: readonly Region[]): Node[] =>
    list.map((r) => {
      const kids = kidsOf.get(r.code);
      return kids ? { ...node(r), children: grow(kids) } : node(r);
    });
  const tree = grow(top.data ?? []);
  const find = (nodes: readonly Node[]): Region | undefined => {
    for (const n of nodes) {
      if (n.key === code) return n.region;
      const hit = n.children && find(n.children);
      if (hit) return hit;
    }
    return undefined;
  };
  const inTree = find(tree);
  // A link may point at a region whose branch is still closed.
  const parent = code && !inTree ? code.slice(0, code.length === 6 ? 4 : -3) : '';
  const lone = useQuery({
    queryKey: [...regionsKey, parent],
    queryFn: () => regionsBelow(parent),
    enabled: !!parent,
  });
  const chosen = inTree ?? lone.data?.find((r) => r.code === code);
  return (
    <Split
      onBack={() => setParams({})}
      list={
        <>
          <header className="admin-head">
            <h1>{t('admin:page.regions')}</h1>
          </header>
          {top.error ? (
            <ErrorNote error={top.error} retry={() => void top.refetch()} />
          ) : top.isPending ? (
            <Loading />
          ) : (
            <Tree<Node>
              treeData={tree}
              blockNode
              selectedKeys={code ? [code] : []}
              onSelect={(keys: Key[]) => keys[0] && setParams({ code: String(keys[0]) })}
              loadData={async (n) => {
                await below(n.key).catch(() => {});
                setOpen((o) => [...o, n.key]);
              }}
              titleRender={(n) => (
                <span>
                  {n.title}{' '}
                  <span className="quiet num">
                    {n.region
                      ? t('admin:region.homes', { n: n.region.households.toLocaleString('en') })
                      : null}
                  </span>
                </span>
              )}
            />
          )}
        </>
      }
      detail={chosen ? <Detail key={chosen.code} region={chosen} /> : null}
    />
  );
}
