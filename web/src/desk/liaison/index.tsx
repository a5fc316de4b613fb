import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, DatePicker, Form, Input, Modal } from 'antd';
import dayjs from 'dayjs';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useTitle } from '../shell/title.ts';
import './liaison.css';

interface Visit {
  id: number;
  version: number;
  planned?: string;
  done?: string;
  with?: string;
  found?: string;
}
interface Finding {
  id: number;
  text: string;
  case_id?: number;
  number?: string;
  status?: string;
  solved: boolean;
}
interface Duty {
  post_id: number;
  kind: 'district_leader' | 'department_head' | 'street_leader';
  leader: string;
  grid_id: number;
  grid: string;
  done: boolean;
  visits: Visit[];
  findings: Finding[];
}
interface Tally {
  kind?: Duty['kind'];
  due: number;
  done: number;
  found: number;
  solved: number;
}
interface Page {
  quarter: number;
  until: string;
  items: Duty[];
  total?: Tally;
  kinds?: Tally[];
}

function Findings({ list, mine }: { list: Finding[]; mine: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { can } = useSession();
  const file = useMutation({
    mutationFn: (id: number) => call('POST', `/liaison/findings/${id}/case`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['liaison'] }),
  });
  return (
    <ul className="liaison-found">
      {list.map((f) => (
        <li key={f.id}>
          {f.text}
          {f.case_id ? (
            <span className="quiet">
              {' '}
              {can('case.read') ? <Link to={`/cases/${f.case_id}`}>{f.number}</Link> : f.number} · {f.status}
            </span>
          ) : mine ? (
            <Button size="small" loading={file.isPending} onClick={() => file.mutate(f.id)}>
              {t('liaison:file')}
            </Button>
          ) : (
            <span className="quiet"> {t('liaison:not_filed')}</span>
          )}
        </li>
      ))}
      {file.error ? (
        <li>
          <ErrorNote error={file.error} />
        </li>
      ) : null}
    </ul>
  );
}

interface Record {
  done: dayjs.Dayjs;
  with?: string;
  found: string;
  findings?: string;
}

/** Record a visit: what was found, one matter a line, becomes cases. */
function RecordForm({ duty, close }: { duty: Duty; close: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const key = useRef(uuidv7());
  const planned = duty.visits.find((v) => !v.done);
  const save = useMutation({
    mutationFn: (f: Record) =>
      call('POST', `/liaison/posts/${duty.post_id}/visits`, {
        body: {
          ...(planned ? { visit_id: planned.id, version: planned.version } : {}),
          done: f.done.format('YYYY-MM-DD'),
          with: f.with,
          found: f.found,
          findings: (f.findings ?? '')
            .split('\n')
            .map((x) => x.trim())
            .filter(Boolean),
        },
        key: key.current,
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['liaison'] });
      void message.success(t('liaison:recorded', { grid: duty.grid }));
      close();
    },
    onError: () => {
      key.current = uuidv7();
    },
  });
  return (
    <Form<Record>
      layout="vertical"
      requiredMark={false}
      initialValues={{ done: dayjs() }}
      onFinish={(f) => save.mutate(f)}
    >
      <Form.Item
        name="done"
        label={t('liaison:done')}
        rules={[{ required: true, message: t('liaison:need_day') }]}
      >
        <DatePicker allowClear={false} maxDate={dayjs()} />
      </Form.Item>
      <Form.Item name="with" label={t('liaison:with')}>
        <Input maxLength={200} />
      </Form.Item>
      <Form.Item
        name="found"
        label={t('liaison:found')}
        rules={[{ required: true, whitespace: true, message: t('liaison:need_found') }]}
      >
        <Input.TextArea autoSize={{ minRows: 2 }} maxLength={4000} />
      </Form.Item>
      <Form.Item name="findings" label={t('liaison:findings')} extra={t('liaison:findings_why')}>
        <Input.TextArea autoSize={{ minRows: 2 }} maxLength={4000} />
      </Form.Item>
      {save.error ? <ErrorNote error={save.error} /> : null}
      <p className="buttons">
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t('liaison:record')}
        </Button>
        <Button onClick={close}>{t('common:do.cancel')}</Button>
      </p>
    </Form>
  );
}

function Planner({ duty, until }: { duty: Duty; until: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const planned = duty.visits.find((v) => !v.done)?.planned;
  const plan = useMutation({
    mutationFn: (day: string) => call('POST', `/liaison/posts/${duty.post_id}/plan`, { body: { day } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['liaison'] }),
  });
  return (
    <>
      <DatePicker
        aria-label={t('liaison:plan')}
        placeholder={t('liaison:plan')}
        allowClear={false}
        value={planned ? dayjs(planned) : null}
        minDate={dayjs()}
        maxDate={dayjs(until)}
        onChange={(d) => d && plan.mutate(d.format('YYYY-MM-DD'))}
      />
      {plan.error ? <ErrorNote error={plan.error} /> : null}
    </>
  );
}

function Line({ duty, until, mine }: { duty: Duty; until: string; mine: boolean }) {
  const { t } = useTranslation();
  const { can } = useSession();
  const [open, setOpen] = useState(false);
  const done = duty.visits.filter((v) => v.done);
  const planned = duty.visits.find((v) => !v.done)?.planned;
  return (
    <li className="liaison-duty">
      <h3>
        {can('liaison.read') || mine ? <Link to={`/grids/${duty.grid_id}`}>{duty.grid}</Link> : duty.grid}{' '}
        <span className="quiet">{t(`liaison:kind.${duty.kind}`)}</span>
        {mine ? null : <span className="quiet"> {duty.leader}</span>}
      </h3>
      <p className={duty.done ? 'liaison-done' : undefined}>
        {duty.done
          ? t('liaison:visited', { day: done[0]?.done })
          : planned
            ? t('liaison:planned', { day: planned })
            : t('liaison:due', { day: until })}
      </p>
      {done.map((v) => (
        <p key={v.id} className="liaison-words">
          {v.found}
          {v.with ? <span className="quiet"> {t('liaison:came', { who: v.with })}</span> : null}
        </p>
      ))}
      {duty.findings.length ? <Findings list={duty.findings} mine={mine} /> : null}
      {mine ? (
        <p className="buttons">
          {duty.done ? null : <Planner duty={duty} until={until} />}
          <Button type={duty.done ? 'default' : 'primary'} onClick={() => setOpen(true)}>
            {t('liaison:record')}
          </Button>
        </p>
      ) : null}
      <Modal open={open} title={duty.grid} footer={null} onCancel={() => setOpen(false)} destroyOnHidden>
        <RecordForm duty={duty} close={() => setOpen(false)} />
      </Modal>
    </li>
  );
}

function Numbers({ tally, label }: { tally: Tally; label: string }) {
  const { t } = useTranslation();
  return (
    <tr>
      <th scope="row">{label}</th>
      <td>{t('liaison:of', { n: tally.done, of: tally.due })}</td>
      <td>{tally.found ? t('liaison:of', { n: tally.solved, of: tally.found }) : t('liaison:none')}</td>
    </tr>
  );
}

/** A leader's own grids, and how the quarter stands for who may see all. */
export default function LiaisonPage() {
  const { t } = useTranslation();
  const { can } = useSession();
  const [params, setParams] = useSearchParams();
  const visits = can('liaison.visit');
  const all = can('liaison.read') && (params.get('of') === 'all' || !visits);
  const quarter = params.get('quarter') ?? undefined;
  useTitle(t('shell:place.liaison'));
  const page = useQuery({
    queryKey: ['liaison', all, quarter],
    queryFn: ({ signal }) =>
      call<Page>('GET', all ? '/liaison/quarter' : '/liaison/mine', { query: { quarter }, signal }),
  });
  const go = (q: number) => setParams({ ...(all ? { of: 'all' } : {}), quarter: String(q) });
  const step = (q: number, by: number) => {
    const n = Math.floor(q / 10) * 4 + (q % 10) - 1 + by;
    return Math.floor(n / 4) * 10 + (n % 4) + 1;
  };
  return (
    <main id="main" className="page pad liaison">
      <header className="chain-head">
        <h1>{t('shell:place.liaison')}</h1>
        {page.data ? (
          <span className="liaison-quarter">
            <Button
              size="small"
              onClick={() => go(step(page.data.quarter, -1))}
              aria-label={t('liaison:before')}
            >
              ‹
            </Button>
            {t('liaison:quarter', { year: Math.floor(page.data.quarter / 10), n: page.data.quarter % 10 })}
            <Button
              size="small"
              onClick={() => go(step(page.data.quarter, 1))}
              aria-label={t('liaison:after')}
            >
              ›
            </Button>
          </span>
        ) : null}
        {visits && can('liaison.read') ? (
          <Link to={all ? '/liaison' : '/liaison?of=all'}>{t(all ? 'liaison:mine' : 'liaison:all')}</Link>
        ) : null}
      </header>
      {page.data?.total ? (
        <table className="plain-table liaison-numbers">
          <thead>
            <tr>
              <th>{t('liaison:who')}</th>
              <th>{t('liaison:visits')}</th>
              <th>{t('liaison:solved')}</th>
            </tr>
          </thead>
          <tbody>
            <Numbers tally={page.data.total} label={t('liaison:everybody')} />
            {page.data.kinds?.map((k) =>
              k.kind ? <Numbers key={k.kind} tally={k} label={t(`liaison:kind.${k.kind}`)} /> : null,
            )}
          </tbody>
        </table>
      ) : null}
      {page.data ? (
        page.data.items.length ? (
          <ul className="liaison-list">
            {page.data.items.map((d) => (
              <Line key={d.post_id} duty={d} until={page.data.until} mine={!all} />
            ))}
          </ul>
        ) : (
          <EmptyNote title={t('liaison:empty')}>
            {t('liaison:empty_why')}{' '}
            {!all && can('liaison.read') ? <Link to="/liaison?of=all">{t('liaison:all')}</Link> : null}
          </EmptyNote>
        )
      ) : page.error ? (
        <ErrorNote error={page.error} retry={() => void page.refetch()} />
      ) : (
        <Loading rows={8} />
      )}
    </main>
  );
}
