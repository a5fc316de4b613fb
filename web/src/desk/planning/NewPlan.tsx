import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Form, Input, Segmented, Select, Table } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { apiBase, problemOf } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { type Community, keys, type PlanPage, useCommunities } from './data.ts';

interface Row {
  key: string;
  name: string;
  households: number;
  grids: number;
  out_of_bounds: number;
  children?: Row[];
}

const leaf = (c: Community): Row => ({
  key: c.code,
  name: c.name,
  households: c.households,
  grids: c.grids,
  out_of_bounds: c.out_of_bounds,
});

/** Streets with their communities below them. */
function tree(list: readonly Community[]): Row[] {
  const streets = new Map<string, Row>();
  for (const c of list) {
    const s = streets.get(c.street) ?? {
      key: c.street,
      name: c.street_name,
      households: 0,
      grids: 0,
      out_of_bounds: 0,
      children: [],
    };
    s.households += c.households;
    s.grids += c.grids;
    s.out_of_bounds += c.out_of_bounds;
    s.children?.push(leaf(c));
    streets.set(c.street, s);
  }
  return [...streets.values()];
}

type System = 'wgs84' | 'gcj02' | 'bd09';
const systems: readonly System[] = ['wgs84', 'gcj02', 'bd09'];

/** Sends a list of buildings as it is; the answer is the plan made from it. */
async function upload(file: File, name: string, communities: string[], crs: System): Promise<PlanPage> {
  const query = new URLSearchParams({ name, communities: communities.join(), file: file.name, crs });
  const res = await fetch(`${apiBase}/plan-uploads?${query}`, {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      'Content-Type': 'application/octet-stream',
      'Accept-Language': document.documentElement.lang,
    },
    body: file,
  });
  if (!res.ok) throw await problemOf(res);
  return (await res.json()) as PlanPage;
}

/** Chooses communities and makes a plan of them as they are today. */
export function NewPlan() {
  const { t } = useTranslation();
  const go = useNavigate();
  const client = useQueryClient();
  const list = useCommunities();
  const [chosen, setChosen] = useState<string[]>([]);
  const [q, setQ] = useState('');
  const [name, setName] = useState('');
  const [source, setSource] = useState<'city' | 'upload'>('city');
  const [file, setFile] = useState<File>();
  const [crs, setCrs] = useState<System>('wgs84');
  useTitle(t('planning:new.title'));
  const rows = useMemo(
    () => tree((list.data ?? []).filter((c) => !q || c.name.includes(q) || c.street_name.includes(q))),
    [list.data, q],
  );
  const picked = (list.data ?? []).filter((c) => chosen.includes(c.code));
  const sum = (f: (c: Community) => number) => picked.reduce((n, c) => n + f(c), 0);
  const create = useMutation({
    mutationFn: () => {
      const communities = picked.map((c) => c.code);
      if (source === 'upload' && file) return upload(file, name.trim(), communities, crs);
      return call<PlanPage>('POST', '/plans', { body: { name: name.trim(), communities } });
    },
    onSuccess: (p) => {
      client.setQueryData(keys.plan(p.id), p);
      void client.invalidateQueries({ queryKey: keys.plans });
      void go(`/planning/${p.id}`);
    },
  });
  return (
    <div className="planning-page">
      <p className="crumb">
        <Link to="/planning">{t('planning:title')}</Link>
      </p>
      <h1>{t('planning:new.title')}</h1>
      <p className="quiet planning-prose">{t('planning:new.help')}</p>
      {list.error ? <ErrorNote error={list.error} retry={() => void list.refetch()} /> : null}
      <Form layout="vertical" requiredMark={false} onFinish={() => create.mutate()} className="new-plan">
        <Form.Item label={t('planning:new.name')} htmlFor="plan-name">
          <Input
            id="plan-name"
            value={name}
            maxLength={60}
            placeholder={t('planning:new.name_example')}
            onChange={(e) => setName(e.target.value)}
          />
        </Form.Item>
        <Form.Item label={t('planning:new.communities')} htmlFor="plan-filter">
          <Input.Search
            id="plan-filter"
            value={q}
            allowClear
            placeholder={t('planning:new.filter')}
            onChange={(e) => setQ(e.target.value.trim())}
          />
        </Form.Item>
        {list.isPending ? (
          <Loading />
        ) : (
          <div className="scroll-x choose-list">
            <Table<Row>
              size="small"
              dataSource={rows}
              pagination={false}
              expandable={{ defaultExpandAllRows: rows.length <= 8 }}
              rowSelection={{
                checkStrictly: false,
                selectedRowKeys: chosen,
                onChange: (k) => setChosen(k.map(String)),
                getCheckboxProps: (r) => ({ 'aria-label': r.name }) as object,
              }}
              columns={[
                { title: t('planning:new.community'), dataIndex: 'name' },
                {
                  title: t('planning:new.households'),
                  align: 'right',
                  render: (_, r) => <span className="num">{r.households.toLocaleString('en')}</span>,
                },
                { title: t('planning:new.grids'), dataIndex: 'grids', align: 'right', className: 'num' },
                {
                  title: t('planning:new.out'),
                  align: 'right',
                  render: (_, r) => (
                    <span className={r.out_of_bounds ? 'num tone-overdue' : 'num'}>{r.out_of_bounds}</span>
                  ),
                },
              ]}
            />
          </div>
        )}
        <Form.Item label={t('planning:new.source')} className="new-source">
          <Segmented
            value={source}
            aria-label={t('planning:new.source')}
            onChange={(v) => setSource(v as 'city' | 'upload')}
            options={[
              { value: 'city', label: t('planning:source.city') },
              { value: 'upload', label: t('planning:source.upload') },
            ]}
          />
        </Form.Item>
        {source === 'upload' ? (
          <div className="upload-row">
            <label htmlFor="plan-file">{t('planning:new.file')}</label>
            <input
              id="plan-file"
              type="file"
              accept=".xlsx,.csv,.geojson,.json"
              onChange={(e) => setFile(e.target.files?.[0])}
            />
            <Select<System>
              aria-label={t('planning:new.crs')}
              value={crs}
              onChange={setCrs}
              popupMatchSelectWidth={false}
              options={systems.map((s) => ({ value: s, label: t(`planning:crs.${s}`) }))}
            />
            <p className="quiet planning-prose">{t('planning:new.file_help')}</p>
          </div>
        ) : null}
        {create.error ? <ErrorNote error={create.error} /> : null}
        <div className="planning-foot">
          <span role="status">
            {t('planning:new.chosen', {
              count: picked.length,
              households: sum((c) => c.households).toLocaleString('en'),
              grids: sum((c) => c.grids),
            })}
          </span>
          <Button
            type="primary"
            htmlType="submit"
            loading={create.isPending}
            disabled={picked.length === 0 || !name.trim() || (source === 'upload' && !file)}
          >
            {t('planning:new.create')}
          </Button>
        </div>
      </Form>
    </div>
  );
}
