import { Button, Form, Input, InputNumber, Radio, Select, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { dayText, today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { DayField } from '../admin/parts.tsx';
import { useTitle } from '../shell/title.ts';
import {
  type Course,
  type SessionItem,
  type SessionPage,
  type Training as Summary,
  useAct,
  useAdd,
  useStaff,
} from './data.ts';

function NewSession({ courses, done }: { courses: Course[]; done: () => void }) {
  const { t } = useTranslation();
  const { post } = useSession();
  const make = useAdd('staff_session', done);
  const must = (what: string) => [{ required: true, message: t('staff:missing', { what: t(what) }) }];
  return (
    <Form
      layout="vertical"
      requiredMark={false}
      className="panel staff-form"
      initialValues={{ valid_from: today() }}
      onFinish={({
        valid_from,
        ...v
      }: {
        valid_from: number;
        course: number;
        venue: string;
        teacher?: string;
      }) => make.add({ ...v, valid_from: dayText(valid_from), region: post?.region?.slice(0, 6) })}
    >
      <Form.Item name="course" label={t('staff:training.course')} rules={must('staff:training.course')}>
        <Select
          options={courses.map((c) => ({
            value: c.id,
            label: c.open ? t('staff:training.course_open', { name: c.name, n: c.open }) : c.name,
          }))}
        />
      </Form.Item>
      <Form.Item name="valid_from" label={t('staff:training.day')} rules={must('staff:training.day')}>
        <DayField />
      </Form.Item>
      <Form.Item name="venue" label={t('staff:training.venue')} rules={must('staff:training.venue')}>
        <Input maxLength={60} />
      </Form.Item>
      <Form.Item name="teacher" label={t('staff:training.teacher')}>
        <Input maxLength={40} />
      </Form.Item>
      {make.error ? <ErrorNote error={make.error} /> : null}
      <div className="staff-buttons">
        <Button type="primary" htmlType="submit" loading={make.isPending}>
          {t('staff:training.plan')}
        </Button>
        <Button onClick={done}>{t('common:do.cancel')}</Button>
      </div>
    </Form>
  );
}

/** What everybody still needs, and the sessions. */
export function Training() {
  const { t } = useTranslation();
  const { can } = useSession();
  const q = useStaff<Summary>('/staff/training');
  const [fresh, setFresh] = useState(false);
  useTitle(t('staff:tab.training'));
  const d = q.data;
  return (
    <>
      <header className="staff-head">
        <h1>{t('staff:tab.training')}</h1>
        {d ? (
          <span className="quiet">{t('staff:training.sub', { n: d.workers.length, all: d.all })}</span>
        ) : null}
        {can('staff.write') && !fresh ? (
          <Button type="primary" onClick={() => setFresh(true)}>
            {t('staff:training.new')}
          </Button>
        ) : null}
      </header>
      {q.error ? <ErrorNote error={q.error} retry={() => void q.refetch()} /> : null}
      {q.isPending ? <Loading /> : null}
      {d ? (
        <>
          {fresh ? <NewSession courses={d.courses} done={() => setFresh(false)} /> : null}
          <h2 className="staff-part">{t('staff:training.courses')}</h2>
          <Table<Course>
            rowKey="id"
            size="small"
            scroll={{ x: 'max-content' }}
            pagination={false}
            dataSource={d.courses}
            locale={{ emptyText: <EmptyNote title={t('staff:training.no_courses')} /> }}
            columns={[
              {
                title: t('staff:training.course'),
                render: (_, c) => <Link to={`/ledger/staff_course?row=${c.id}`}>{c.name}</Link>,
              },
              {
                title: t('staff:training.hours'),
                align: 'right',
                render: (_, c) => <span className="num">{c.hours}</span>,
              },
              {
                title: t('staff:training.kind'),
                render: (_, c) => t(c.required ? 'staff:training.required' : 'staff:training.optional'),
              },
              {
                title: t('staff:training.test'),
                render: (_, c) =>
                  c.pass ? t('staff:training.pass', { n: c.pass }) : t('staff:training.no_test'),
              },
              {
                title: t('staff:training.open'),
                align: 'right',
                render: (_, c) => <span className="num">{c.required ? c.open : '—'}</span>,
              },
            ]}
          />
          <h2 className="staff-part">{t('staff:training.sessions')}</h2>
          <Table<SessionItem>
            rowKey="id"
            size="small"
            scroll={{ x: 'max-content' }}
            pagination={d.sessions.length > 10 ? { pageSize: 10, showSizeChanger: false } : false}
            dataSource={d.sessions}
            locale={{ emptyText: <EmptyNote title={t('staff:training.no_sessions')} /> }}
            columns={[
              {
                title: t('staff:training.day'),
                render: (_, s) =>
                  can('staff.write') ? (
                    <Link className="num" to={`/staff/sessions/${s.id}`}>
                      {dayText(s.day)}
                    </Link>
                  ) : (
                    <span className="num">{dayText(s.day)}</span>
                  ),
              },
              { title: t('staff:training.course'), render: (_, s) => s.course },
              { title: t('staff:training.venue'), render: (_, s) => s.venue },
              { title: t('staff:training.teacher'), render: (_, s) => s.teacher },
              {
                title: t('staff:training.present'),
                align: 'right',
                render: (_, s) =>
                  s.marked ? (
                    <span className="num">
                      {s.present}/{s.marked}
                    </span>
                  ) : (
                    <span className="tone-soon">
                      {t(s.day > today() ? 'staff:training.coming' : 'staff:training.unmarked')}
                    </span>
                  ),
              },
            ]}
          />
          <h2 className="staff-part">{t('staff:training.needs')}</h2>
          <Table<Summary['workers'][number]>
            rowKey={(x) => x.worker.id}
            size="small"
            scroll={{ x: 'max-content' }}
            pagination={d.workers.length > 20 ? { pageSize: 20, showSizeChanger: false } : false}
            dataSource={d.workers}
            locale={{ emptyText: <EmptyNote title={t('staff:training.all_passed')} /> }}
            columns={[
              { title: t('staff:worker'), render: (_, x) => x.worker.name },
              { title: t('staff:grid'), render: (_, x) => x.place.grid_name },
              {
                title: t('staff:training.still'),
                render: (_, x) => x.open.map((c) => c.title).join(t('staff:and')),
              },
            ]}
          />
        </>
      ) : null}
    </>
  );
}

type Marks = Record<number, { attended: string; score?: number | null }>;

function SheetForm({ s }: { s: SessionPage }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const [marks, setMarks] = useState<Marks>(() =>
    Object.fromEntries(s.items.map((x) => [x.worker.id, { attended: x.attended, score: x.score || null }])),
  );
  const save = useAct<SessionPage, { items: object[] }>(`/staff/sessions/${s.id}/attendance`, () =>
    go('/staff/training'),
  );
  const set = (id: number, v: Partial<Marks[number]>) =>
    setMarks((m) => ({ ...m, [id]: { attended: m[id]?.attended ?? '', score: m[id]?.score, ...v } }));
  const items = Object.entries(marks)
    .filter(([, m]) => m.attended)
    .map(([account, m]) => ({
      account: Number(account),
      attended: m.attended,
      ...(s.pass && m.attended === 'present' && m.score ? { score: m.score } : {}),
    }));
  return (
    <>
      <div className="staff-buttons">
        <Button
          onClick={() =>
            setMarks((m) =>
              Object.fromEntries(
                s.items.map((x) => [
                  x.worker.id,
                  m[x.worker.id]?.attended || !x.needs
                    ? (m[x.worker.id] ?? { attended: '' })
                    : { attended: 'present' },
                ]),
              ),
            )
          }
        >
          {t('staff:training.mark_all')}
        </Button>
        <Button
          type="primary"
          disabled={!items.length}
          loading={save.isPending}
          onClick={() => save.mutate({ items })}
        >
          {t('staff:training.save', { n: items.length })}
        </Button>
      </div>
      {save.error ? <ErrorNote error={save.error} /> : null}
      <Table<SessionPage['items'][number]>
        rowKey={(x) => x.worker.id}
        size="small"
        scroll={{ x: 'max-content' }}
        pagination={false}
        dataSource={[...s.items].sort((a, b) => Number(b.needs) - Number(a.needs))}
        columns={[
          { title: t('staff:worker'), render: (_, x) => x.worker.name },
          { title: t('staff:grid'), render: (_, x) => x.place.grid_name },
          {
            title: t('staff:training.attended'),
            render: (_, x) => (
              <Radio.Group
                aria-label={t('staff:training.attended_of', { name: x.worker.name })}
                value={marks[x.worker.id]?.attended}
                onChange={(e) => set(x.worker.id, { attended: e.target.value as string })}
                options={['present', 'leave', 'absent'].map((v) => ({
                  value: v,
                  label: t(`staff:attended.${v}`),
                }))}
              />
            ),
          },
          ...(s.pass
            ? [
                {
                  title: t('staff:training.score', { pass: s.pass }),
                  render: (_: unknown, x: SessionPage['items'][number]) => (
                    <InputNumber
                      size="small"
                      min={0}
                      max={100}
                      controls={false}
                      disabled={marks[x.worker.id]?.attended !== 'present'}
                      value={marks[x.worker.id]?.score ?? null}
                      onChange={(v) => set(x.worker.id, { score: v })}
                      aria-label={t('staff:training.score_of', { name: x.worker.name })}
                    />
                  ),
                },
              ]
            : []),
          {
            title: '',
            render: (_, x) => (x.needs ? null : <span className="quiet">{t('staff:training.passed')}</span>),
          },
        ]}
      />
    </>
  );
}

/** One session: who attended, and what the test said. */
export function SessionView() {
  const { t } = useTranslation();
  const { id } = useParams();
  const q = useStaff<SessionPage>(`/staff/sessions/${id}`);
  const s = q.data;
  useTitle(s?.course ?? t('staff:tab.training'));
  if (q.error) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  if (!s) return <Loading rows={8} />;
  return (
    <>
      <header className="staff-head">
        <h1>{s.course}</h1>
        <span className="quiet">
          {dayText(s.day)} · {s.venue}
          {s.teacher ? ` · ${s.teacher}` : ''}
        </span>
        <Link to="/staff/training">{t('staff:training.back')}</Link>
      </header>
      {s.held ? <SheetForm key={s.id} s={s} /> : <EmptyNote title={t('staff:training.not_held')} />}
    </>
  );
}
