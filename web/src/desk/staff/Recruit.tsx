import { Button, Form, Input, InputNumber, Popconfirm, Select, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { addDays, dayText, today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { DayField } from '../admin/parts.tsx';
import { useTitle } from '../shell/title.ts';
import { Act } from './Act.tsx';
import { type Candidate, type RoundItem, type RoundPage, useAct, useAdd, useStaff } from './data.ts';

const channels = ['social', 'committee', 'party'];

/** The rule of a field that must be filled in. */
function useMust() {
  const { t } = useTranslation();
  return (what: string) => [{ required: true, message: t('staff:missing', { what: t(what) }) }];
}

function NewRound({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const { post } = useSession();
  const must = useMust();
  const make = useAdd('staff_round', done);
  return (
    <Form
      layout="vertical"
      requiredMark={false}
      className="panel staff-form"
      onFinish={(v: { name: string; seats: number; deadline: number; notice: string }) =>
        make.add({ ...v, deadline: dayText(v.deadline), region: post?.region?.slice(0, 6) })
      }
    >
      <Form.Item name="name" label={t('staff:recruit.name')} rules={must('staff:recruit.name')}>
        <Input maxLength={60} />
      </Form.Item>
      <Form.Item name="seats" label={t('staff:recruit.seats')} rules={must('staff:recruit.seats')}>
        <InputNumber min={1} max={2000} />
      </Form.Item>
      <Form.Item name="deadline" label={t('staff:recruit.deadline')} rules={must('staff:recruit.deadline')}>
        <DayField min={today()} />
      </Form.Item>
      <Form.Item name="notice" label={t('staff:recruit.notice')} rules={must('staff:recruit.notice')}>
        <Input.TextArea rows={4} maxLength={2000} showCount />
      </Form.Item>
      {make.error ? <ErrorNote error={make.error} /> : null}
      <div className="staff-buttons">
        <Button type="primary" htmlType="submit" loading={make.isPending}>
          {t('staff:recruit.draft')}
        </Button>
        <Button onClick={done}>{t('common:do.cancel')}</Button>
      </div>
    </Form>
  );
}

/** Recruitment rounds, each with how far its candidates are. */
export function Rounds() {
  const { t } = useTranslation();
  const list = useStaff<{ items: RoundItem[] }>('/staff/rounds');
  const [fresh, setFresh] = useState(false);
  useTitle(t('staff:tab.recruit'));
  const all = (r: RoundItem) => Object.values(r.candidates).reduce((n, x) => n + x, 0);
  return (
    <>
      <header className="staff-head">
        <h1>{t('staff:tab.recruit')}</h1>
        <span className="quiet">{t('staff:recruit.sub')}</span>
        {fresh ? null : (
          <Button type="primary" onClick={() => setFresh(true)}>
            {t('staff:recruit.new')}
          </Button>
        )}
      </header>
      {fresh ? <NewRound done={() => setFresh(false)} /> : null}
      {list.error ? <ErrorNote error={list.error} retry={() => void list.refetch()} /> : null}
      {list.isPending ? <Loading /> : null}
      {list.data ? (
        <Table<RoundItem>
          rowKey="id"
          size="small"
          scroll={{ x: 'max-content' }}
          pagination={false}
          dataSource={list.data.items}
          locale={{ emptyText: <EmptyNote title={t('staff:recruit.empty')} /> }}
          columns={[
            {
              title: t('staff:recruit.name'),
              render: (_, r) => <Link to={`/staff/rounds/${r.id}`}>{r.name}</Link>,
            },
            {
              title: t('staff:state'),
              render: (_, r) => (
                <span className={r.state === 'ended' ? 'tone-done' : 'tone-soon'}>
                  {t(`staff:recruit.state.${r.state}`)}
                </span>
              ),
            },
            {
              title: t('staff:recruit.deadline'),
              render: (_, r) => <span className="num">{dayText(r.deadline)}</span>,
            },
            {
              title: t('staff:recruit.seats'),
              align: 'right',
              render: (_, r) => <span className="num">{r.seats}</span>,
            },
            {
              title: t('staff:recruit.applied'),
              align: 'right',
              render: (_, r) => <span className="num">{all(r)}</span>,
            },
            {
              title: t('staff:recruit.hired'),
              align: 'right',
              render: (_, r) => <span className="num">{r.candidates.hired ?? 0}</span>,
            },
          ]}
        />
      ) : null}
    </>
  );
}

function Apply({ round }: { round: RoundPage }) {
  const { t } = useTranslation();
  const must = useMust();
  const [form] = Form.useForm();
  const add = useAdd('staff_candidate', () => form.resetFields());
  return (
    <Form
      form={form}
      layout="inline"
      requiredMark={false}
      className="staff-inline"
      initialValues={{ channel: 'social' }}
      onFinish={(v: Record<string, string>) =>
        add.add({ ...v, round: round.id, region: String(round.district) })
      }
    >
      <Form.Item name="name" label={t('staff:recruit.person')} rules={must('staff:recruit.person')}>
        <Input maxLength={40} autoComplete="off" />
      </Form.Item>
      <Form.Item name="phone" label={t('staff:recruit.phone')} rules={must('staff:recruit.phone')}>
        <Input maxLength={30} autoComplete="off" inputMode="tel" />
      </Form.Item>
      <Form.Item name="channel" label={t('staff:recruit.channel')}>
        <Select
          className="staff-short"
          options={channels.map((c) => ({ value: c, label: t(`staff:channel.${c}`) }))}
        />
      </Form.Item>
      <Button htmlType="submit" loading={add.isPending}>
        {t('staff:recruit.add')}
      </Button>
      {add.error ? <ErrorNote error={add.error} /> : null}
    </Form>
  );
}

interface Signed {
  name: string;
  login: string;
  password: string;
}

function Hire({ c, round, done }: { c: Candidate; round: RoundPage; done: (s?: Signed) => void }) {
  const { t } = useTranslation();
  const must = useMust();
  const [form] = Form.useForm();
  const hire = useAct<{ password: string }, Record<string, unknown>>(
    `/staff/candidates/${c.id}/contract`,
    (out) =>
      done({
        name: c.name,
        login: String(form.getFieldValue('login')).trim().toLowerCase(),
        password: out.password,
      }),
  );
  const grids = [...round.grids].sort((a, b) => b.vacant - a.vacant);
  const first = today();
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      className="panel staff-form"
      initialValues={{
        grid_id: grids[0]?.vacant ? grids[0].grid_id : undefined,
        from: first,
        to: addDays(first + 20_000, -1),
      }}
      onFinish={(v) => hire.mutate(v)}
    >
      <h2>{t('staff:recruit.contract_of', { name: c.name })}</h2>
      <p className="quiet">{t('staff:recruit.contract_help')}</p>
      <Form.Item name="grid_id" label={t('staff:grid')} rules={must('staff:grid')}>
        <Select
          showSearch={{ optionFilterProp: 'label' }}
          options={grids.map((g) => ({
            value: g.grid_id,
            label: g.vacant ? t('staff:recruit.lacks', { grid: g.grid_name, n: g.vacant }) : g.grid_name,
          }))}
        />
      </Form.Item>
      <Form.Item name="number" label={t('staff:recruit.number')} rules={must('staff:recruit.number')}>
        <Input maxLength={40} autoComplete="off" />
      </Form.Item>
      <Form.Item
        name="login"
        label={t('staff:recruit.login')}
        extra={t('staff:recruit.login_help')}
        rules={must('staff:recruit.login')}
      >
        <Input maxLength={32} autoComplete="off" />
      </Form.Item>
      <Form.Item name="from" label={t('staff:from')} rules={must('staff:from')}>
        <DayField />
      </Form.Item>
      <Form.Item name="to" label={t('staff:to')} rules={must('staff:to')}>
        <DayField />
      </Form.Item>
      {hire.error ? <ErrorNote error={hire.error} /> : null}
      <div className="staff-buttons">
        <Button type="primary" htmlType="submit" loading={hire.isPending}>
          {t('staff:recruit.sign')}
        </Button>
        <Button onClick={() => done()}>{t('common:do.cancel')}</Button>
      </div>
    </Form>
  );
}

/** The steps of one candidate; the test's result is asked for where the test was passed. */
function Steps({ c, sign }: { c: Candidate; sign: () => void }) {
  const { t } = useTranslation();
  const [score, setScore] = useState<number | null>(null);
  const act = useAct<RoundPage, Record<string, unknown>>(`/staff/candidates/${c.id}/actions`);
  return (
    <div className="staff-steps">
      {c.options.some((o) => o.action === 'pass') ? (
        <InputNumber
          size="small"
          min={0}
          max={100}
          controls={false}
          value={score}
          onChange={setScore}
          aria-label={t('staff:recruit.score')}
          placeholder={t('staff:recruit.score')}
        />
      ) : null}
      {c.state === 'offered' ? (
        <Button size="small" type="primary" onClick={sign}>
          {t('staff:recruit.sign')}
        </Button>
      ) : null}
      {c.options.map((o) =>
        o.side ? (
          <Popconfirm
            key={o.action}
            title={t('staff:recruit.final', { name: c.name, what: o.name })}
            okText={o.name}
            cancelText={t('common:do.cancel')}
            onConfirm={() => act.mutate({ action: o.action, version: c.version })}
          >
            <Button size="small" type="text" disabled={!o.allowed}>
              {o.name}
            </Button>
          </Popconfirm>
        ) : (
          <Button
            key={o.action}
            size="small"
            disabled={!o.allowed}
            loading={act.isPending && act.variables?.action === o.action}
            onClick={() =>
              act.mutate({
                action: o.action,
                version: c.version,
                ...(o.action === 'pass' && score ? { score } : {}),
              })
            }
          >
            {o.name}
          </Button>
        ),
      )}
      {act.error ? <ErrorNote error={act.error} /> : null}
    </div>
  );
}

/** One round, from its notice to the contracts. */
export function RoundView() {
  const { t } = useTranslation();
  const { id } = useParams();
  const q = useStaff<RoundPage>(`/staff/rounds/${id}`);
  const [signing, setSigning] = useState<number>();
  const [signed, setSigned] = useState<Signed>();
  const r = q.data;
  useTitle(r?.name ?? t('staff:tab.recruit'));
  if (q.error) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  if (!r) return <Loading rows={8} />;
  const chosen = r.items.find((c) => c.id === signing);
  return (
    <>
      <header className="staff-head">
        <h1>{r.name}</h1>
        <span className={r.state === 'ended' ? 'tone-done' : 'tone-soon'}>
          {t(`staff:recruit.state.${r.state}`)}
        </span>
        <span className="quiet">{t('staff:recruit.line', { seats: r.seats, day: dayText(r.deadline) })}</span>
        <Link to="/staff/rounds">{t('staff:recruit.back')}</Link>
      </header>
      <p className="staff-prose">{r.notice}</p>
      <Act path={`/staff/rounds/${r.id}/actions`} version={r.version} options={r.options} />
      {signed ? (
        <section className="panel staff-card" role="status">
          <p>{t('staff:recruit.signed', { name: signed.name })}</p>
          <dl className="staff-facts">
            <dt>{t('staff:recruit.login')}</dt>
            <dd>
              <code>{signed.login}</code>
            </dd>
            <dt>{t('staff:recruit.password')}</dt>
            <dd>
              <code className="staff-once">{signed.password}</code>
            </dd>
          </dl>
          <Button onClick={() => setSigned(undefined)}>{t('staff:recruit.noted')}</Button>
        </section>
      ) : null}
      {chosen ? (
        <Hire
          key={chosen.id}
          c={chosen}
          round={r}
          done={(s) => {
            setSigning(undefined);
            if (s) setSigned(s);
          }}
        />
      ) : null}
      {r.state === 'open' && r.deadline >= today() ? <Apply round={r} /> : null}
      <Table<Candidate>
        rowKey="id"
        size="small"
        scroll={{ x: 'max-content' }}
        pagination={r.items.length > 50 ? { pageSize: 50 } : false}
        dataSource={r.items}
        locale={{ emptyText: <EmptyNote title={t('staff:recruit.nobody')} /> }}
        columns={[
          {
            title: t('staff:recruit.person'),
            render: (_, c) =>
              c.worker?.name ?? <Link to={`/ledger/staff_candidate?row=${c.id}`}>{c.name}</Link>,
          },
          { title: t('staff:recruit.phone'), render: (_, c) => <span className="num">{c.phone}</span> },
          { title: t('staff:recruit.channel'), render: (_, c) => t(`staff:channel.${c.channel}`) },
          {
            title: t('staff:recruit.score'),
            align: 'right',
            render: (_, c) => <span className="num">{c.score || ''}</span>,
          },
          { title: t('staff:state'), render: (_, c) => t(`staff:recruit.candidate.${c.state}`) },
          {
            title: t('staff:recruit.next'),
            render: (_, c) => <Steps key={c.version} c={c} sign={() => setSigning(c.id)} />,
          },
        ]}
      />
    </>
  );
}
