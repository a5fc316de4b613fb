import { useMutation } from '@tanstack/react-query';
import { Button, Form, Input, Popconfirm, Radio, Select } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { Problem } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { useDebounced } from '@/shared/debounced.ts';
import { useSession } from '@/shared/session.tsx';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useNames, useRegisters } from '../ledger/data.ts';
import { cuts, parseFilter, sentence } from '../ledger/filter.ts';
import { fieldOf, formOf, type Register } from '../ledger/model.ts';
import { NotFound } from '../shell/NotFound.tsx';
import { useTitle } from '../shell/title.ts';
import {
  dims,
  lengths,
  type Named,
  type Report,
  registerOf,
  useFigures,
  useRecipients,
  useReports,
  useReportsChanged,
} from './data.ts';

interface Draft {
  name: string;
  length: (typeof lengths)[number];
  source: 'register' | 'figure';
  /** Of a register as its address has it; of the city's own ones with the form. */
  code?: string;
  where: string[];
  q?: string;
  columns: string[];
  by?: string;
  sum?: string;
  dated?: string;
  people: Named[];
  orgs: Named[];
}

/** What is asked of a register, in words, and the fields that its rows show. */
function OfRegister({ r, d, set }: { r: Register; d: Draft; set: (p: Partial<Draft>) => void }) {
  const { t } = useTranslation();
  const params = new URLSearchParams(d.where.map((w) => ['where', w]));
  if (d.q) params.set('q', d.q);
  const filter = parseFilter(params, r);
  const names = useNames(r, [], filter);
  const sums = r.fields.filter((f) => f.kind === 'number' || f.kind === 'decimal');
  const days = r.fields.filter((f) => f.kind === 'day' && f.filter);
  const back = new URLSearchParams(params);
  return (
    <>
      <Form.Item label={t('report:conditions')}>
        <p>
          {sentence({ ...filter, sort: undefined }, r, t, names)}{' '}
          <Link to={`/ledger/${r.code}?${back}`}>{t('report:set_conditions')}</Link>
        </p>
      </Form.Item>
      <Form.Item label={t('report:when')} htmlFor="report-dated">
        <Select
          id="report-dated"
          value={d.dated ?? ''}
          options={[
            { value: '', label: t('report:in_force') },
            ...days.map((f) => ({ value: f.name, label: t('report:dated', { label: f.label }) })),
          ]}
          onChange={(v) => set({ dated: v || undefined })}
        />
      </Form.Item>
      <Form.Item label={t('report:columns')} htmlFor="report-columns" extra={t('report:columns_why')}>
        <Select
          id="report-columns"
          mode="multiple"
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          value={d.columns}
          options={r.fields.map((f) => ({ value: f.name, label: f.label }))}
          onChange={(columns) => set({ columns })}
        />
      </Form.Item>
      <div className="form-pair">
        <Form.Item label={t('report:by')} htmlFor="report-by">
          <Select
            id="report-by"
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            value={d.by}
            options={cuts(r).map((k) => ({
              value: k,
              label: fieldOf(r, k)?.label ?? t(`ledger:level.${k}`),
            }))}
            onChange={(by) => set({ by })}
          />
        </Form.Item>
        {sums.length ? (
          <Form.Item label={t('report:sum')} htmlFor="report-sum">
            <Select
              id="report-sum"
              allowClear
              value={d.sum}
              options={sums.map((f) => ({ value: f.name, label: f.label }))}
              onChange={(sum) => set({ sum })}
            />
          </Form.Item>
        ) : null}
      </div>
    </>
  );
}

function People({
  id,
  kind,
  value,
  onChange,
}: {
  id: string;
  kind: 'people' | 'orgs';
  value: Named[];
  onChange: (v: Named[]) => void;
}) {
  const { t } = useTranslation();
  const [q, setQ] = useState('');
  const found = useRecipients(useDebounced(q.trim(), 200));
  const list = [...(found.data?.[kind] ?? [])];
  for (const v of value) if (!list.some((n) => n.id === v.id)) list.push(v);
  return (
    <Select
      id={id}
      mode="multiple"
      value={value.map((n) => n.id as number)}
      showSearch={{ filterOption: false, onSearch: setQ, autoClearSearchValue: true }}
      loading={found.isFetching}
      options={list.map((n) => ({ value: n.id as number, label: n.name, code: n.code }))}
      optionRender={(o) => (
        <div className="found">
          <span className="found-main">{o.label}</span>
          <span className="quiet">{o.data.code}</span>
        </div>
      )}
      notFoundContent={t('common:pick.none')}
      onChange={(ids: number[]) => onChange(ids.flatMap((x) => list.find((n) => n.id === x) ?? []))}
    />
  );
}

function Editor({ report, start }: { report?: Report; start: Draft }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const announce = useAnnounce();
  const changed = useReportsChanged();
  const registers = useRegisters();
  const [d, setD] = useState(start);
  const figures = useFigures(d.source === 'figure');
  const key = useRef(uuidv7());
  const set = (part: Partial<Draft>) => setD((was) => ({ ...was, ...part }));
  const r = d.source === 'register' ? registers.data?.find((x) => x.code === d.code) : undefined;
  const body = () => {
    const form = d.source === 'register' && d.code ? formOf(d.code) : undefined;
    const reg = d.source === 'register';
    return {
      name: d.name,
      length: d.length,
      people: d.people.map((n) => n.id),
      orgs: d.orgs.map((n) => n.id),
      source: d.source,
      code: (d.code ?? '').split('~')[0],
      where: reg ? [...(form ? [`form=${form}`] : []), ...d.where] : undefined,
      q: (reg && d.q) || undefined,
      columns: reg && d.columns.length ? d.columns : undefined,
      by: d.by,
      sum: reg ? d.sum : undefined,
      dated: reg ? d.dated : undefined,
    };
  };
  const save = useMutation({
    mutationFn: () =>
      report
        ? call<Report>('PATCH', `/reports/${report.id}`, { body: { version: report.version, ...body() } })
        : call<Report>('POST', '/reports', { body: body(), key: key.current }),
    onSuccess: (now) => {
      announce(t('report:kept', { name: now.name }));
      changed();
      navigate('/reports/own');
    },
    onError: (e) => {
      if (e instanceof Problem && !e.offline && e.status < 500) key.current = uuidv7();
    },
  });
  const close = useMutation({
    mutationFn: () =>
      call<Report>('POST', `/reports/${report?.id}/close`, { body: { version: report?.version } }),
    onSuccess: () => {
      changed();
      navigate('/reports/own');
    },
  });
  const said =
    save.error instanceof Problem
      ? save.error.errors.length
        ? save.error.errors
        : save.error.field
          ? [{ field: save.error.field, detail: save.error.message }]
          : []
      : [];
  const item = (...fields: string[]) => {
    const mine = said.find((s) => fields.includes(s.field.replace(/^body\./, '')));
    return { validateStatus: mine ? ('error' as const) : undefined, help: mine?.detail };
  };
  return (
    <Form layout="vertical" component="div" className="report-form">
      {save.error && !said.length ? <ErrorNote error={save.error} /> : null}
      {close.error ? <ErrorNote error={close.error} /> : null}
      <Form.Item label={t('report:name')} htmlFor="report-name" required {...item('name')}>
        <Input
          id="report-name"
          autoFocus
          maxLength={60}
          value={d.name}
          onChange={(e) => set({ name: e.target.value })}
        />
      </Form.Item>
      <Form.Item label={t('report:source')}>
        <Radio.Group
          value={d.source}
          onChange={(e) =>
            set({ source: e.target.value, code: undefined, by: undefined, where: [], columns: [] })
          }
          options={[
            { value: 'register', label: t('report:sources.register') },
            { value: 'figure', label: t('report:sources.figure') },
          ]}
        />
      </Form.Item>
      <Form.Item
        label={t(`report:which_${d.source}`)}
        htmlFor="report-code"
        required
        {...item('code', 'where', 'q')}
      >
        <Select
          id="report-code"
          showSearch={{ optionFilterProp: 'label' }}
          value={d.code}
          options={
            d.source === 'register'
              ? registers.data?.map((x) => ({ value: x.code, label: x.name }))
              : figures.data?.map((x) => ({ value: x.id, label: x.name }))
          }
          onChange={(code) =>
            set({
              code,
              where: [],
              q: undefined,
              columns: [],
              by: undefined,
              sum: undefined,
              dated: undefined,
            })
          }
        />
      </Form.Item>
      {r ? <OfRegister key={r.code} r={r} d={d} set={set} /> : null}
      {d.source === 'figure' ? (
        <Form.Item label={t('report:by')} htmlFor="report-by" {...item('by')}>
          <Select
            id="report-by"
            allowClear
            value={d.by}
            options={dims.map((k) => ({ value: k, label: t(`report:dims.${k}`) }))}
            onChange={(by) => set({ by })}
          />
        </Form.Item>
      ) : null}
      <Form.Item label={t('report:period')}>
        <Radio.Group
          value={d.length}
          onChange={(e) => set({ length: e.target.value })}
          options={lengths.map((l) => ({ value: l, label: t(`report:length.${l}`) }))}
        />
      </Form.Item>
      <Form.Item
        label={t('report:people')}
        htmlFor="report-people"
        required
        extra={t('report:people_why')}
        {...item('people')}
      >
        <People id="report-people" kind="people" value={d.people} onChange={(people) => set({ people })} />
      </Form.Item>
      <Form.Item
        label={t('report:orgs')}
        htmlFor="report-orgs"
        extra={t('report:orgs_why')}
        {...item('orgs')}
      >
        <People id="report-orgs" kind="orgs" value={d.orgs} onChange={(orgs) => set({ orgs })} />
      </Form.Item>
      <div className="form-foot">
        <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
          {t('common:do.save')}
        </Button>
        <Button onClick={() => navigate('/reports/own')}>{t('common:do.cancel')}</Button>
        {report ? (
          <Popconfirm
            title={t('report:close_sure')}
            okText={t('report:close')}
            cancelText={t('common:do.cancel')}
            onConfirm={() => close.mutate()}
          >
            <Button danger>{t('report:close')}</Button>
          </Popconfirm>
        ) : null}
      </div>
    </Form>
  );
}

const named = (list: { id: number; name: string }[] | null | undefined): Named[] =>
  (list ?? []).map((p) => ({ id: p.id, name: p.name }));

function draftOf(r: Report): Draft {
  return {
    name: r.name,
    length: r.length,
    source: r.source,
    code: r.source === 'register' ? registerOf(r) : r.code,
    where: (r.where ?? []).filter((w) => !w.startsWith('form=')),
    q: r.q,
    columns: r.columns ?? [],
    by: r.by,
    sum: r.sum,
    dated: r.dated,
    people: named(r.recipients?.filter((p) => r.people?.includes(p.id))),
    orgs: named(r.units),
  };
}

/** A report while it is written; one begins from the list of a register with its filter, or from nothing. */
export function ReportPage() {
  const { t } = useTranslation();
  const { id } = useParams();
  const { me } = useSession();
  const [params] = useSearchParams();
  const fresh = id === 'new';
  const all = useReports(!fresh);
  const r = all.data?.find((x) => String(x.id) === id);
  const title = r?.name ?? t('report:new');
  useTitle(title);
  if (all.data && !r) return <NotFound />;
  const start: Draft = {
    name: '',
    length: 'month',
    source: 'register',
    code: params.get('register') ?? undefined,
    where: params.getAll('where'),
    q: params.get('q') ?? undefined,
    columns: [],
    people: [{ id: me.account.id, name: me.account.name }],
    orgs: [],
  };
  return (
    <section>
      <h1>{title}</h1>
      {fresh ? (
        <Editor start={start} />
      ) : r ? (
        <Editor key={r.version} report={r} start={draftOf(r)} />
      ) : all.error ? (
        <ErrorNote error={all.error} retry={() => void all.refetch()} />
      ) : (
        <Loading rows={8} />
      )}
    </section>
  );
}
