import { Button, Form, Input, InputNumber, Select, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { apiBase } from '@/shared/api.ts';
import { useStreets } from '@/shared/lookups.ts';
import { useSession } from '@/shared/session.tsx';
import { today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { Act } from './Act.tsx';
import { monthText, type Rule, type Run, type RunPage, type Slip, useAct, useStaff, yuan } from './data.ts';
import { MonthField, PayRule } from './PayRule.tsx';
import { Lines, SlipTable } from './Slips.tsx';

function Prepare() {
  const { t } = useTranslation();
  const go = useNavigate();
  const streets = useStreets();
  const make = useAct<RunPage, { street: string; month: number }>('/pay-runs', (r) =>
    go(`/staff/pay/${r.id}`),
  );
  return (
    <Form
      layout="inline"
      requiredMark={false}
      className="staff-inline"
      onFinish={(v: { street: string; month: number }) => make.mutate(v)}
      initialValues={{ month: Math.floor(today() / 100) }}
    >
      <Form.Item
        name="street"
        label={t('staff:street')}
        rules={[{ required: true, message: t('staff:missing', { what: t('staff:street') }) }]}
      >
        <Select
          className="staff-street"
          showSearch={{ optionFilterProp: 'label' }}
          options={streets.map((s) => ({ value: s.code, label: s.name }))}
        />
      </Form.Item>
      <Form.Item name="month" label={t('staff:pay.month')}>
        <MonthField max={Math.floor(today() / 100)} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={make.isPending}>
        {t('staff:pay.prepare')}
      </Button>
      {make.error ? <ErrorNote error={make.error} /> : null}
    </Form>
  );
}

function Rules() {
  const { t } = useTranslation();
  const { can } = useSession();
  const rules = useStaff<{ items: Rule[] }>('/pay-rules');
  const [fresh, setFresh] = useState<Rule>();
  const newest = rules.data?.items[0];
  return (
    <section>
      <h2 className="staff-part">{t('staff:pay.rules')}</h2>
      {can('staff.write') && newest && !fresh ? (
        <div className="staff-buttons">
          <Button onClick={() => setFresh(newest)}>{t('staff:pay.rule_new')}</Button>
        </div>
      ) : null}
      {fresh ? <PayRule rule={fresh} done={() => setFresh(undefined)} /> : null}
      {rules.error ? <ErrorNote error={rules.error} /> : null}
      {(rules.data?.items ?? []).map((r) => (
        <details key={r.id} className="panel staff-card">
          <summary>
            {r.name} · {t('staff:pay.from', { month: monthText(r.from) })}
          </summary>
          <p className="quiet">{t('staff:pay.example', { who: r.example.text })}</p>
          <Lines lines={r.example.lines} total={r.example.total} />
        </details>
      ))}
    </section>
  );
}

/** Every street's months of pay. */
export function Pay() {
  const { t } = useTranslation();
  const { can } = useSession();
  const runs = useStaff<{ items: Run[] }>('/pay-runs');
  useTitle(t('staff:tab.pay'));
  return (
    <>
      <header className="staff-head">
        <h1>{t('staff:tab.pay')}</h1>
        <span className="quiet">{t('staff:pay.sub')}</span>
      </header>
      {can('staff.write') ? <Prepare /> : null}
      {runs.error ? <ErrorNote error={runs.error} retry={() => void runs.refetch()} /> : null}
      {runs.isPending ? <Loading /> : null}
      {runs.data ? (
        <Table<Run>
          rowKey="id"
          size="small"
          scroll={{ x: 'max-content' }}
          dataSource={runs.data.items}
          pagination={runs.data.items.length > 30 ? { pageSize: 30 } : false}
          locale={{
            emptyText: <EmptyNote title={t('staff:pay.empty')}>{t('staff:pay.empty_help')}</EmptyNote>,
          }}
          columns={[
            {
              title: t('staff:pay.month'),
              render: (_, r) => (
                <Link className="num" to={`/staff/pay/${r.id}`}>
                  {monthText(r.month)}
                </Link>
              ),
            },
            { title: t('staff:street'), render: (_, r) => r.street_name },
            {
              title: t('staff:state'),
              render: (_, r) => (
                <span className={r.state === 'locked' ? 'tone-done' : 'tone-soon'}>
                  {t(`staff:pay.state.${r.state}`)}
                </span>
              ),
            },
            {
              title: t('staff:pay.slips'),
              align: 'right',
              render: (_, r) => <span className="num">{r.slips}</span>,
            },
            {
              title: t('staff:pay.total'),
              align: 'right',
              render: (_, r) => <span className="num">{yuan(r.total)}</span>,
            },
            { title: t('staff:pay.prepared_by'), render: (_, r) => r.prepared_by?.name },
            {
              title: t('staff:pay.approved_by'),
              render: (_, r) => [r.checked_by?.name, r.locked_by?.name].filter(Boolean).join(t('staff:and')),
            },
          ]}
        />
      ) : null}
      <Rules />
    </>
  );
}

function Correct({ slip }: { slip: Slip }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const note = useAct<unknown, { amount: number; reason: string }>(`/pay-slips/${slip.id}/corrections`, () =>
    setOpen(false),
  );
  if (!open)
    return (
      <Button size="small" onClick={() => setOpen(true)}>
        {t('staff:pay.correct')}
      </Button>
    );
  return (
    <Form
      layout="inline"
      requiredMark={false}
      className="staff-inline"
      onFinish={(v: { yuan: number; reason: string }) =>
        note.mutate({ amount: Math.round(v.yuan * 100), reason: v.reason })
      }
    >
      <Form.Item
        name="yuan"
        label={t('staff:pay.difference')}
        rules={[{ required: true, message: t('staff:missing', { what: t('staff:pay.difference') }) }]}
      >
        <InputNumber precision={2} controls={false} />
      </Form.Item>
      <Form.Item
        name="reason"
        label={t('staff:reason')}
        rules={[{ required: true, message: t('staff:missing', { what: t('staff:reason') }) }]}
      >
        <Input maxLength={200} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={note.isPending}>
        {t('staff:pay.correct')}
      </Button>
      <Button onClick={() => setOpen(false)}>{t('common:do.cancel')}</Button>
      {note.error ? <ErrorNote error={note.error} /> : null}
    </Form>
  );
}

/** One month of one street. */
export function RunView() {
  const { t } = useTranslation();
  const { id } = useParams();
  const { can } = useSession();
  const run = useStaff<RunPage>(`/pay-runs/${id}`);
  const r = run.data;
  useTitle(r ? `${r.street_name} ${monthText(r.month)}` : t('staff:tab.pay'));
  if (run.error) return <ErrorNote error={run.error} retry={() => void run.refetch()} />;
  if (!r) return <Loading rows={10} />;
  return (
    <>
      <header className="staff-head">
        <h1>{t('staff:pay.run', { street: r.street_name, month: monthText(r.month) })}</h1>
        <span className={r.state === 'locked' ? 'tone-done' : 'tone-soon'}>
          {t(`staff:pay.state.${r.state}`)}
        </span>
        <a href={`${apiBase}/pay-runs/${r.id}/export.xlsx`} download>
          {t('staff:pay.excel')}
        </a>
        <Link to="/staff/pay">{t('staff:pay.back')}</Link>
      </header>
      <dl className="staff-facts">
        <dt>{t('staff:pay.rule')}</dt>
        <dd>{r.rule}</dd>
        <dt>{t('staff:pay.slips')}</dt>
        <dd className="num">{r.slips}</dd>
        <dt>{t('staff:pay.total')}</dt>
        <dd className="num">{yuan(r.total)}</dd>
        <dt>{t('staff:pay.prepared_by')}</dt>
        <dd>{r.prepared_by?.name}</dd>
        <dt>{t('staff:pay.approved_by')}</dt>
        <dd>
          {[r.checked_by?.name, r.locked_by?.name].filter(Boolean).join(t('staff:and')) || t('staff:pay.two')}
        </dd>
      </dl>
      {r.note ? <p className="tone-soon">{t('staff:pay.sent_back', { note: r.note })}</p> : null}
      <Act path={`/pay-runs/${r.id}/actions`} version={r.version} options={r.options} />
      <SlipTable
        slips={r.items}
        extra={r.state === 'locked' && can('staff.write') ? (s) => <Correct slip={s} /> : undefined}
      />
    </>
  );
}
