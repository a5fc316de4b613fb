import { useMutation } from '@tanstack/react-query';
import { App, Button, Checkbox, Form, Input, Select, Table } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { useDebounced } from '@/shared/debounced.ts';
import { dayText, today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { type Org, useAllOrgs, useRefresh } from './data.ts';
import { DayField, Refused, RegionSelect, Split, toField, useSpanText } from './parts.tsx';

interface Fields {
  code: string;
  name: string;
  short?: string;
  kind: string;
  region: string;
  parent?: number;
  from?: number;
  to?: number;
}
const fields = ['code', 'name', 'short', 'kind', 'region', 'parent', 'from', 'to'];
/** Kinds that the city has none of yet must be choosable too. */
export const baseKinds = [
  'department',
  'utility',
  'street_office',
  'committee',
  'centre',
  'company',
  'property',
  'other',
] as const;

function Editor({ org, orgs, onDone }: { org?: Org; orgs: readonly Org[]; onDone: (id: number) => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const [form] = Form.useForm<Fields>();
  const kinds = useMemo(() => {
    const all = new Map<string, string>(baseKinds.map((k) => [k, t(`admin:org.kinds.${k}`)]));
    for (const o of orgs) if (o.kind_name) all.set(o.kind, o.kind_name);
    return [...all].map(([value, label]) => ({ value, label }));
  }, [orgs, t]);
  const save = useMutation({
    mutationFn: (v: Fields) =>
      org
        ? call<Org>('PUT', `/orgs/${org.id}`, { body: { ...v, version: org.version } })
        : call<Org>('POST', '/orgs', { body: v }),
    onSuccess: (o) => {
      refresh('orgs');
      void message.success(
        o.from > today()
          ? t('admin:org.saved_later', { name: o.name, day: dayText(o.from) })
          : t('admin:org.saved', { name: o.name }),
      );
      onDone(o.id);
    },
    onError: (e) => toField(form, e, fields),
  });
  return (
    <>
      <h2>{org ? org.name : t('admin:org.new')}</h2>
      <Refused error={save.error} reload={() => refresh('orgs')} />
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={
          org
            ? { ...org, parent: org.parent?.id, to: org.to || undefined }
            : { from: today(), kind: 'department' }
        }
        onFinish={(v) => save.mutate({ ...v, name: v.name.trim(), code: v.code.trim() })}
      >
        <Form.Item
          name="name"
          label={t('admin:org.name')}
          rules={[{ required: true, message: t('admin:need.name') }]}
        >
          <Input.TextArea autoSize={{ minRows: 1, maxRows: 3 }} maxLength={60} />
        </Form.Item>
        <Form.Item name="short" label={t('admin:org.short')} extra={t('admin:org.short_why')}>
          <Input maxLength={20} />
        </Form.Item>
        <Form.Item
          name="code"
          label={t('admin:org.code')}
          rules={[{ required: true, message: t('admin:need.code') }]}
        >
          <Input maxLength={32} />
        </Form.Item>
        <Form.Item
          name="kind"
          label={t('admin:org.kind')}
          rules={[{ required: true, message: t('admin:need.kind') }]}
        >
          <Select options={kinds} showSearch={{ optionFilterProp: 'label' }} />
        </Form.Item>
        <Form.Item
          name="region"
          label={t('admin:org.region')}
          extra={t('admin:org.region_why')}
          rules={[{ required: true, message: t('admin:need.region') }]}
        >
          <RegionSelect label={org?.region_name} />
        </Form.Item>
        <Form.Item name="parent" label={t('admin:org.parent')}>
          <Select
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            options={orgs.filter((o) => o.id !== org?.id).map((o) => ({ value: o.id, label: o.name }))}
          />
        </Form.Item>
        <div className="two">
          <Form.Item
            name="from"
            label={t('admin:from')}
            rules={[{ required: true, message: t('admin:need.from') }]}
          >
            <DayField allowClear={false} />
          </Form.Item>
          <Form.Item name="to" label={t('admin:org.to')} extra={t('admin:org.to_why')}>
            <DayField />
          </Form.Item>
        </div>
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {org ? t('common:do.save') : t('admin:org.create')}
        </Button>
      </Form>
    </>
  );
}

export function Orgs() {
  const { t } = useTranslation();
  const spanText = useSpanText();
  const [params, setParams] = useSearchParams();
  const id = params.get('id');
  const all = params.get('all') === '1';
  const kind = params.get('kind') ?? undefined;
  const orgs = useAllOrgs(all);
  const [text, setText] = useState(params.get('q') ?? '');
  const q = useDebounced(text.trim().toLowerCase(), 150);
  const set = (more: Record<string, string | undefined>) =>
    setParams((p) => {
      for (const [k, v] of Object.entries(more)) {
        if (v) p.set(k, v);
        else p.delete(k);
      }
      return p;
    });
  const list = orgs.data ?? [];
  const kinds = [...new Map(list.map((o) => [o.kind, o.kind_name || o.kind]))];
  const shown = list.filter(
    (o) =>
      (!kind || o.kind === kind) &&
      (!q ||
        o.name.toLowerCase().includes(q) ||
        o.short.toLowerCase().includes(q) ||
        o.code.toLowerCase().includes(q)),
  );
  const chosen = id === 'new' ? undefined : list.find((o) => String(o.id) === id);
  return (
    <Split
      onBack={() => set({ id: undefined })}
      list={
        <>
          <header className="admin-head">
            <h1>{t('admin:page.orgs')}</h1>
            <Input.Search
              allowClear
              value={text}
              onChange={(e) => setText(e.target.value)}
              placeholder={t('admin:org.search')}
              aria-label={t('admin:org.search')}
            />
            <Select
              allowClear
              value={kind}
              placeholder={t('admin:org.kind_any')}
              aria-label={t('admin:org.kind')}
              onChange={(v) => set({ kind: v })}
              options={kinds.map(([value, label]) => ({ value, label }))}
              popupMatchSelectWidth={false}
            />
            <Checkbox checked={all} onChange={(e) => set({ all: e.target.checked ? '1' : undefined })}>
              {t('admin:org.all')}
            </Checkbox>
            <Button type="primary" onClick={() => set({ id: 'new' })}>
              {t('admin:org.new')}
            </Button>
          </header>
          {orgs.error && !orgs.data ? (
            <ErrorNote error={orgs.error} retry={() => void orgs.refetch()} />
          ) : (
            <Table<Org>
              size="small"
              rowKey="id"
              loading={orgs.isPending}
              dataSource={shown}
              pagination={{ pageSize: 50, showSizeChanger: false, hideOnSinglePage: true, size: 'small' }}
              rowClassName={(o) => (String(o.id) === id ? 'row-chosen' : '')}
              onRow={(o) => ({ onClick: () => set({ id: String(o.id) }) })}
              locale={{
                emptyText: <EmptyNote title={t('admin:org.none')}>{t('admin:org.none_why')}</EmptyNote>,
              }}
              columns={[
                {
                  title: t('admin:org.name'),
                  dataIndex: 'name',
                  render: (name: string, o) => (
                    <button type="button" className="link wrap" onClick={() => set({ id: String(o.id) })}>
                      {name}
                    </button>
                  ),
                },
                {
                  title: t('admin:org.kind'),
                  dataIndex: 'kind_name',
                  responsive: ['md'],
                  render: (k: string, o) => k || o.kind,
                },
                { title: t('admin:org.region'), dataIndex: 'region_name', responsive: ['md'] },
                ...(id
                  ? []
                  : [
                      {
                        title: t('admin:in_force'),
                        responsive: ['lg' as const],
                        render: (_: unknown, o: Org) => (
                          <span className={o.in_force ? undefined : 'quiet'}>{spanText(o.from, o.to)}</span>
                        ),
                      },
                    ]),
              ]}
            />
          )}
        </>
      }
      detail={
        id === 'new' || chosen ? (
          <Editor
            key={`${id}:${chosen?.version ?? 0}`}
            org={chosen}
            orgs={list}
            onDone={(n) => set({ id: String(n) })}
          />
        ) : null
      }
    />
  );
}
