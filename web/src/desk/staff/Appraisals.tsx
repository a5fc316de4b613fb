import { Button, Form, Input, InputNumber, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { dayText, today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { DayField, RegionSelect } from '../admin/parts.tsx';
import { useTitle } from '../shell/title.ts';
import { Act } from './Act.tsx';
import {
  type Appraisal,
  type AppraisalPage,
  type Indicator,
  type SheetItem,
  type SheetPage,
  useAct,
  useStaff,
} from './data.ts';
import { Sheet, useMeasure, verdictTone } from './Sheet.tsx';

interface Plan {
  name: string;
  region: string;
  from: number;
  to: number;
  sample: number;
  appeal_days: number;
  lines: Record<string, number | undefined>;
}

function Publish({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const { post } = useSession();
  const list = useStaff<{ items: Indicator[] }>('/appraisal-indicators');
  const publish = useAct<AppraisalPage>('/appraisals', (a) => go(`/staff/appraisals/${a.id}`));
  const must = (what: string) => [{ required: true, message: t('staff:missing', { what }) }];
  const send = ({ lines, ...v }: Plan) =>
    publish.mutate({
      ...v,
      criteria: Object.entries(lines)
        .filter(([, line]) => line)
        .map(([indicator, line]) => ({ indicator, line: Math.round((line ?? 0) * 10) })),
    });
  return (
    <Form<Plan>
      layout="vertical"
      requiredMark={false}
      className="panel staff-form"
      initialValues={{ sample: 10, appeal_days: 10, from: today(), region: post?.region }}
      onFinish={send}
    >
      <Form.Item name="name" label={t('staff:name')} rules={must(t('staff:name'))}>
        <Input maxLength={60} />
      </Form.Item>
      <Form.Item name="region" label={t('staff:where')} rules={must(t('staff:where'))}>
        <RegionSelect depths={[6, 9]} label={post?.region_name} />
      </Form.Item>
      <Form.Item name="from" label={t('staff:from')} rules={must(t('staff:from'))}>
        <DayField />
      </Form.Item>
      <Form.Item
        name="to"
        label={t('staff:to')}
        rules={must(t('staff:to'))}
        extra={t('staff:appraisal.to_help')}
      >
        <DayField min={today()} />
      </Form.Item>
      <fieldset>
        <legend>{t('staff:appraisal.indicators')}</legend>
        <p className="quiet">{t('staff:appraisal.only')}</p>
        {(list.data?.items ?? []).map((i) => (
          <Form.Item
            key={i.code}
            name={['lines', i.code]}
            label={t(i.lower ? 'staff:appraisal.at_most' : 'staff:appraisal.at_least', { name: i.name })}
          >
            <InputNumber min={0.1} max={99.9} step={1} suffix="%" />
          </Form.Item>
        ))}
      </fieldset>
      <Form.Item name="sample" label={t('staff:appraisal.sample')} rules={must(t('staff:appraisal.sample'))}>
        <InputNumber min={1} max={100} />
      </Form.Item>
      <Form.Item
        name="appeal_days"
        label={t('staff:appraisal.appeal_days')}
        rules={must(t('staff:appraisal.appeal_days'))}
      >
        <InputNumber min={5} max={30} />
      </Form.Item>
      {publish.error ? <ErrorNote error={publish.error} /> : null}
      <div className="staff-buttons">
        <Button type="primary" htmlType="submit" loading={publish.isPending}>
          {t('staff:appraisal.publish')}
        </Button>
        <Button onClick={done}>{t('common:do.cancel')}</Button>
      </div>
    </Form>
  );
}

export function Appraisals() {
  const { t } = useTranslation();
  const list = useStaff<{ items: Appraisal[] }>('/appraisals');
  const { can } = useSession();
  const [fresh, setFresh] = useState(false);
  useTitle(t('staff:tab.appraisals'));
  return (
    <>
      <header className="staff-head">
        <h1>{t('staff:tab.appraisals')}</h1>
        <span className="quiet">{t('staff:appraisal.sub')}</span>
        {can('staff.write') && !fresh ? (
          <Button type="primary" onClick={() => setFresh(true)}>
            {t('staff:appraisal.new')}
          </Button>
        ) : null}
      </header>
      {fresh ? <Publish done={() => setFresh(false)} /> : null}
      {list.error ? <ErrorNote error={list.error} retry={() => void list.refetch()} /> : null}
      {list.isPending ? <Loading /> : null}
      {list.data ? (
        <Table<Appraisal>
          rowKey="id"
          size="small"
          scroll={{ x: 'max-content' }}
          pagination={false}
          dataSource={list.data.items}
          locale={{ emptyText: <EmptyNote title={t('staff:appraisal.empty')} /> }}
          columns={[
            {
              title: t('staff:name'),
              render: (_, a) => <Link to={`/staff/appraisals/${a.id}`}>{a.name}</Link>,
            },
            { title: t('staff:where'), render: (_, a) => a.where },
            {
              title: t('staff:period'),
              render: (_, a) => (
                <span className="num">
                  {dayText(a.from)}–{dayText(a.to)}
                </span>
              ),
            },
            {
              title: t('staff:state'),
              render: (_, a) => (
                <span className={a.state === 'closed' ? 'tone-done' : 'tone-soon'}>
                  {t(`staff:appraisal.state.${a.state}`)}
                </span>
              ),
            },
            {
              title: t('staff:appraisal.people'),
              align: 'right',
              render: (_, a) => <span className="num">{a.sheets}</span>,
            },
            {
              title: t('staff:appraisal.calls'),
              align: 'right',
              render: (_, a) => <span className="num">{a.waiting}</span>,
            },
          ]}
        />
      ) : null}
    </>
  );
}

/** One appraisal: people in the order of their grids, never of how they did. */
export function AppraisalView() {
  const { t } = useTranslation();
  const { id } = useParams();
  const say = useMeasure();
  const q = useStaff<AppraisalPage>(`/appraisals/${id}`);
  const a = q.data;
  useTitle(a?.name ?? t('staff:tab.appraisals'));
  if (q.error) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  if (!a) return <Loading rows={10} />;
  const names = a.items[0]?.measures ?? [];
  return (
    <>
      <header className="staff-head">
        <h1>{a.name}</h1>
        <span className="quiet">
          {a.where} · {dayText(a.from)}–{dayText(a.to)}
        </span>
        <span className="tone-soon">{t(`staff:appraisal.state.${a.state}`)}</span>
        <Link to={`/account/draw/${a.id}`}>{t('staff:appraisal.check_draw')}</Link>
      </header>
      {a.state === 'calling' ? <p>{t('staff:appraisal.waiting', { n: a.waiting })}</p> : null}
      <Act path={`/appraisals/${a.id}/actions`} version={a.version} options={a.options} />
      <Table<SheetItem>
        rowKey="id"
        size="small"
        scroll={{ x: 'max-content' }}
        dataSource={a.items}
        pagination={a.items.length > 50 ? { pageSize: 50 } : false}
        locale={{ emptyText: <EmptyNote title={t('staff:appraisal.no_sheets')} /> }}
        columns={[
          {
            title: t('staff:worker'),
            render: (_, x) =>
              x.state === 'calling' ? (
                x.worker.name
              ) : (
                <Link to={`/staff/sheets/${x.id}`}>{x.worker.name}</Link>
              ),
          },
          { title: t('staff:grid'), render: (_, x) => x.place.grid_name },
          ...names.map((n, i) => ({
            title: n.name,
            render: (_: unknown, x: SheetItem) => {
              const m = x.measures[i];
              return m ? (
                <>
                  <div>{say(m)}</div>
                  <div className={verdictTone[m.verdict]}>{t(`staff:appraisal.verdict.${m.verdict}`)}</div>
                </>
              ) : null;
            },
          })),
          {
            title: t('staff:appraisal.proposal'),
            render: (_, x) => (x.proposed ? t(`staff:level.${x.proposed}`) : ''),
          },
          {
            title: t('staff:appraisal.result'),
            render: (_, x) => (x.level ? t(`staff:level.${x.level}`) : ''),
          },
          { title: t('staff:state'), render: (_, x) => t(`staff:appraisal.sheet.${x.state}`) },
        ]}
      />
    </>
  );
}

export function SheetView() {
  const { t } = useTranslation();
  const { id } = useParams();
  const { can } = useSession();
  const q = useStaff<SheetPage>(`/appraisal-sheets/${id}`);
  useTitle(q.data?.worker.name ?? t('staff:tab.appraisals'));
  if (q.error) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  if (!q.data) return <Loading rows={10} />;
  return (
    <>
      <header className="staff-head">
        <h1>{q.data.worker.name}</h1>
        <Link to={`/staff/appraisals/${q.data.appraisal}`}>{t('staff:appraisal.back')}</Link>
      </header>
      <Sheet sheet={q.data} path={`/appraisal-sheets/${id}/actions`} cases={can('case.read')} />
    </>
  );
}
