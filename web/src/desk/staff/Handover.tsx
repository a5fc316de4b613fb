import { Button, Form, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { dayText } from '@/shared/time.ts';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { useTitle } from '../shell/title.ts';
import { type Handed, type Mine, type Person, useAct, useStaff } from './data.ts';

interface List {
  worker: Person;
  contract: NonNullable<Mine['contract']>;
  cases: { id: number; number: string; title: string }[];
  tasks: number;
  by_rule: { name: string; n: number }[];
  homes: number;
  phones: { label: string; seen_at: string; open: number; locked: boolean }[];
  courses: { id: number; title: string }[];
  leave: { kind: string; from: number; to: number; cover: Person | null }[];
  takers: Person[];
  done: Handed[];
}

/** Gives what is open to somebody who has the grid today. */
function Give({ h }: { h: List }) {
  const { t } = useTranslation();
  const { id } = useParams();
  const give = useAct<List, { to: number; note?: string }>(`/staff/contracts/${id}/handover`);
  if (!h.takers.length)
    return (
      <p className="quiet">
        {t('staff:handover.no_taker')}{' '}
        {h.contract.ended ? null : <Link to={`/staff/leave/${id}`}>{t('staff:leave_save')}</Link>}
      </p>
    );
  return (
    <Form
      layout="inline"
      requiredMark={false}
      className="staff-inline"
      initialValues={{ to: h.takers[0]?.id }}
      onFinish={(v: { to: number; note?: string }) => give.mutate(v)}
    >
      <Form.Item name="to" label={t('staff:handover.to')}>
        <Select className="staff-short" options={h.takers.map((p) => ({ value: p.id, label: p.name }))} />
      </Form.Item>
      <Form.Item name="note" label={t('staff:handover.note')}>
        <Input maxLength={200} placeholder={t('staff:handover.note_hint')} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={give.isPending}>
        {t('staff:handover.give')}
      </Button>
      {give.error ? <ErrorNote error={give.error} /> : null}
    </Form>
  );
}

/** The end of a contract: says what will happen before it does. */
function End({ h }: { h: List }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const end = useAct<unknown, { version: number; reason: string }>(
    `/ledger/staff_contract/${h.contract.id}/end`,
    () => setOpen(false),
  );
  if (h.contract.ended) return null;
  if (!open)
    return (
      <Button danger onClick={() => setOpen(true)}>
        {t('staff:handover.end')}
      </Button>
    );
  return (
    <Form
      layout="vertical"
      requiredMark={false}
      className="panel staff-form"
      onFinish={(v: { reason: string }) => end.mutate({ ...v, version: h.contract.version })}
    >
      <p>{t('staff:handover.end_says', { name: h.worker.name })}</p>
      <Form.Item
        name="reason"
        label={t('staff:reason')}
        rules={[{ required: true, message: t('staff:missing', { what: t('staff:reason') }) }]}
      >
        <Input maxLength={200} />
      </Form.Item>
      {end.error ? <ErrorNote error={end.error} /> : null}
      <div className="staff-buttons">
        <Button danger type="primary" htmlType="submit" loading={end.isPending}>
          {t('staff:handover.end')}
        </Button>
        <Button onClick={() => setOpen(false)}>{t('common:do.cancel')}</Button>
      </div>
    </Form>
  );
}

/** What somebody who leaves a grid, or is covered there, hands over; printable. */
export function Handover() {
  const { t } = useTranslation();
  const { id } = useParams();
  const { can } = useSession();
  const q = useStaff<List>(`/staff/contracts/${id}/handover`);
  useTitle(t('staff:handover.title'));
  if (q.error) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  const h = q.data;
  if (!h) return <Loading rows={8} />;
  return (
    <>
      <header className="staff-head">
        <h1>{t('staff:handover.of', { name: h.worker.name })}</h1>
        <span className="quiet">
          {h.contract.place.grid_name} · {h.contract.number}
          {h.contract.ended ? ` · ${t('staff:handover.ended')}` : ''}
        </span>
        <Button onClick={() => window.print()}>{t('staff:handover.print')}</Button>
        <End h={h} />
      </header>
      <section className="panel staff-card">
        <Give h={h} />
        {h.done.map((d) => (
          <p key={d.id} className="tone-done">
            {t('staff:handover.done', { to: d.to.name, cases: d.cases, tasks: d.tasks })} <Time at={d.at} />
            {d.note ? ` · ${d.note}` : ''}
          </p>
        ))}
        <h2>{t('staff:handover.tasks', { n: h.tasks })}</h2>
        <ul className="staff-rows">
          {h.by_rule.map((r) => (
            <li key={r.name}>
              {r.name} <span className="num">{r.n}</span>
            </li>
          ))}
        </ul>
        <h2>{t('staff:handover.homes', { n: h.homes })}</h2>
        <h2>{t('staff:handover.phones', { n: h.phones.length })}</h2>
        <ul className="staff-rows">
          {h.phones.map((p) => (
            <li key={p.label + p.seen_at}>
              {p.label} · {t('staff:handover.seen')} <Time at={p.seen_at} />
              {p.open ? (
                <span className="tone-soon"> {t('staff:handover.unsettled', { n: p.open })}</span>
              ) : null}
              {p.locked ? ` · ${t('staff:handover.locked')}` : ''}
            </li>
          ))}
        </ul>
        {h.phones.length ? <p className="quiet">{t('staff:handover.phones_help')}</p> : null}
        <h2>{t('staff:handover.courses', { n: h.courses.length })}</h2>
        <ul className="staff-rows">
          {h.courses.map((c) => (
            <li key={c.id}>{c.title}</li>
          ))}
        </ul>
        <h2>{t('staff:handover.leave', { n: h.leave.length })}</h2>
        <ul className="staff-rows">
          {h.leave.map((l) => (
            <li key={l.from}>
              {t(`staff:leave.${l.kind}`)} {dayText(l.from)}–{dayText(l.to)}{' '}
              {l.cover
                ? t('staff:handover.covered_by', { name: l.cover.name })
                : t('staff:handover.uncovered')}
            </li>
          ))}
        </ul>
        <h2>{t('staff:handover.cases', { n: h.cases.length })}</h2>
        <ul className="staff-rows">
          {h.cases.map((c) => (
            <li key={c.id}>
              {can('case.read') ? (
                <Link to={`/cases/${c.id}`}>{c.number}</Link>
              ) : (
                <span className="num">{c.number}</span>
              )}{' '}
              {c.title}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
