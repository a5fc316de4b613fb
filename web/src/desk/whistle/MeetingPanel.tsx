import { ArrowUpOutlined, CloseOutlined, PlusOutlined, PrinterOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { App, Button, Checkbox, Form, Input, Radio, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '@/shared/call.ts';
import { addDays, dayText, today } from '@/shared/time.ts';
import { OrgSelect, OrgsSelect } from '@/shared/ui/pick.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { DayField } from '../admin/parts.tsx';
import { Acts } from './Acts.tsx';
import { type Meeting, type Task, type Topic, useAgain, useMeeting } from './data.ts';
import { Steps } from './WhistlePanel.tsx';

type Send = (action: string, body: Record<string, unknown>) => void;

/** "2026-12-01T09:00" of the city's clock, and back. */
const toLocal = (at?: string) => at?.slice(0, 16) ?? '';

function Arrange({ m, send }: { m: Meeting; send: Send }) {
  const { t } = useTranslation();
  return (
    <Form
      layout="vertical"
      initialValues={{ title: m.title, at: toLocal(m.at), place: m.place }}
      onFinish={(v) => send('arrange', { ...v, at: `${v.at}:00+08:00` })}
    >
      <Form.Item name="title" label={t('whistle:meeting.title')}>
        <Input maxLength={100} />
      </Form.Item>
      <Form.Item
        name="at"
        label={t('whistle:meeting.at')}
        rules={[{ required: true, message: t('whistle:missing', { field: t('whistle:meeting.at') }) }]}
      >
        <Input type="datetime-local" />
      </Form.Item>
      <Form.Item
        name="place"
        label={t('whistle:place')}
        rules={[
          { required: true, whitespace: true, message: t('whistle:missing', { field: t('whistle:place') }) },
        ]}
      >
        <Input maxLength={200} />
      </Form.Item>
      <Button htmlType="submit" type="primary" size="small">
        {t('whistle:meeting.save')}
      </Button>
    </Form>
  );
}

function Agenda({ m, send }: { m: Meeting; send: Send }) {
  const { t } = useTranslation();
  const [list, setList] = useState<Pick<Topic, 'id' | 'kind' | 'title' | 'why' | 'taken'>[]>(m.agenda ?? []);
  const [title, setTitle] = useState('');
  return (
    <>
      <ol className="joint-agenda">
        {list.map((x, i) => (
          <li key={x.id || `${x.title}${i}`}>
            <Checkbox
              checked={x.taken}
              onChange={(e) => setList(list.map((y, k) => (k === i ? { ...y, taken: e.target.checked } : y)))}
            >
              <span className="quiet">{t(`whistle:topic.${x.kind}`)}</span> {x.title}
              {x.why ? <div className="quiet">{x.why}</div> : null}
            </Checkbox>
            {i > 0 ? (
              <Button
                type="text"
                size="small"
                icon={<ArrowUpOutlined aria-hidden />}
                aria-label={t('whistle:meeting.up', { title: x.title })}
                onClick={() =>
                  setList(list.map((y, k) => (k === i - 1 ? x : k === i ? (list[i - 1] ?? y) : y)))
                }
              />
            ) : null}
          </li>
        ))}
      </ol>
      <div className="joint-add">
        <Input
          value={title}
          maxLength={100}
          aria-label={t('whistle:meeting.own_topic')}
          placeholder={t('whistle:meeting.own_topic')}
          onChange={(e) => setTitle(e.target.value)}
        />
        <Button
          icon={<PlusOutlined aria-hidden />}
          disabled={!title.trim()}
          onClick={() => {
            setList([...list, { id: 0, kind: 'topic', title: title.trim(), taken: true }]);
            setTitle('');
          }}
        >
          {t('whistle:meeting.add')}
        </Button>
      </div>
      <Button
        type="primary"
        size="small"
        onClick={() =>
          send('agenda', {
            agenda: list.map((x) => ({ id: x.id || undefined, title: x.title, taken: x.taken })),
          })
        }
      >
        {t('whistle:meeting.save')}
      </Button>
    </>
  );
}

function Guests({ m, send }: { m: Meeting; send: Send }) {
  const { t } = useTranslation();
  const guests = m.guests ?? [];
  const known = guests.flatMap((g) => (g.org ? [{ id: g.org, name: g.name }] : []));
  return (
    <Form
      layout="vertical"
      initialValues={{ orgs: known.map((g) => g.id), names: guests.filter((g) => !g.org).map((g) => g.name) }}
      onFinish={(v: { orgs?: number[]; names?: string[] }) =>
        send('guests', {
          guests: [...(v.orgs ?? []).map((org) => ({ org })), ...(v.names ?? []).map((name) => ({ name }))],
        })
      }
    >
      <Form.Item name="orgs" label={t('whistle:meeting.guest_orgs')}>
        <OrgsSelect known={known} />
      </Form.Item>
      <Form.Item
        name="names"
        label={t('whistle:meeting.guest_names')}
        extra={t('whistle:meeting.guest_help')}
      >
        <Select mode="tags" open={false} />
      </Form.Item>
      <Button htmlType="submit" type="primary" size="small">
        {t('whistle:meeting.save')}
      </Button>
    </Form>
  );
}

function Answer({ send }: { send: Send }) {
  const { t } = useTranslation();
  return (
    <Form layout="vertical" initialValues={{ answer: 'yes' }} onFinish={(v) => send('answer', v)}>
      <Form.Item name="answer" label={t('whistle:meeting.answer')}>
        <Radio.Group
          options={(['yes', 'no'] as const).map((v) => ({ value: v, label: t(`whistle:meeting.${v}`) }))}
        />
      </Form.Item>
      <Form.Item name="person" label={t('whistle:meeting.person')}>
        <Input maxLength={30} />
      </Form.Item>
      <Button htmlType="submit" type="primary" size="small">
        {t('whistle:meeting.send')}
      </Button>
    </Form>
  );
}

function Hold({ m, send }: { m: Meeting; send: Send }) {
  const { t } = useTranslation();
  const guests = m.guests ?? [];
  return (
    <Form
      layout="vertical"
      initialValues={{ present: guests.filter((g) => g.answer !== 'no').map((g) => g.id) }}
      onFinish={(v) => send('hold', v)}
    >
      <Form.Item name="present" label={t('whistle:meeting.present')}>
        <Checkbox.Group
          className="joint-checks"
          options={guests.map((g) => ({
            value: g.id,
            label: g.person ? `${g.name}（${g.person}）` : g.name,
          }))}
        />
      </Form.Item>
      <Button htmlType="submit" type="primary" size="small">
        {t('whistle:meeting.save')}
      </Button>
    </Form>
  );
}

interface MinuteForm {
  minutes: string;
  decisions: Record<string, { outcome?: string; tasks?: { org: number; title: string; due: number }[] }>;
}

function Minute({ m, send }: { m: Meeting; send: Send }) {
  const { t } = useTranslation();
  const topics = (m.agenda ?? []).filter((x) => x.taken);
  const need = (field: string) => [{ required: true, message: t('whistle:missing', { field }) }];
  return (
    <Form<MinuteForm>
      layout="vertical"
      onFinish={(v) =>
        send('minute', {
          minutes: v.minutes,
          decisions: topics.map((x) => ({ item: x.id, ...v.decisions?.[x.id] })),
        })
      }
    >
      {topics.map((x) => (
        <fieldset key={x.id} className="joint-part">
          <legend>{x.title}</legend>
          <Form.Item name={['decisions', String(x.id), 'outcome']} label={t('whistle:meeting.outcome')}>
            <Input.TextArea autoSize={{ minRows: 1 }} maxLength={1000} />
          </Form.Item>
          <Form.List name={['decisions', String(x.id), 'tasks']}>
            {(fields, { add, remove }) => (
              <>
                {fields.map((f) => (
                  <div key={f.key} className="joint-task">
                    <Form.Item
                      name={[f.name, 'title']}
                      label={t('whistle:task.title')}
                      rules={need(t('whistle:task.title'))}
                    >
                      <Input maxLength={200} />
                    </Form.Item>
                    <Form.Item
                      name={[f.name, 'org']}
                      label={t('whistle:task.owner')}
                      rules={need(t('whistle:task.owner'))}
                    >
                      <OrgSelect />
                    </Form.Item>
                    <Form.Item
                      name={[f.name, 'due']}
                      label={t('whistle:task.due')}
                      rules={need(t('whistle:task.due'))}
                    >
                      <DayField min={today()} />
                    </Form.Item>
                    <Button type="text" size="small" onClick={() => remove(f.name)}>
                      {t('whistle:task.remove')}
                    </Button>
                  </div>
                ))}
                <Button
                  size="small"
                  icon={<PlusOutlined aria-hidden />}
                  onClick={() => add({ title: x.kind === 'topic' ? '' : x.title, due: addDays(today(), 60) })}
                >
                  {t('whistle:task.add')}
                </Button>
              </>
            )}
          </Form.List>
        </fieldset>
      ))}
      <Form.Item
        name="minutes"
        label={t('whistle:meeting.minutes')}
        rules={[
          {
            required: true,
            whitespace: true,
            message: t('whistle:missing', { field: t('whistle:meeting.minutes') }),
          },
        ]}
      >
        <Input.TextArea rows={5} maxLength={5000} />
      </Form.Item>
      <Button htmlType="submit" type="primary" size="small">
        {t('whistle:meeting.publish')}
      </Button>
    </Form>
  );
}

const forms: Record<string, (p: { m: Meeting; send: Send }) => React.ReactNode> = {
  arrange: Arrange,
  agenda: Agenda,
  guests: Guests,
  answer: Answer,
  hold: Hold,
  minute: Minute,
};

function TaskLine({ k, m }: { k: Task; m: Meeting }) {
  const { t } = useTranslation();
  return (
    <li className="joint-part">
      <strong>{k.title}</strong>
      <div className="quiet">
        {k.org.name} · <span className={k.late ? 'tone-overdue' : ''}>{dayText(k.due)}</span> ·{' '}
        {t(`whistle:task.state.${k.state}`)}
      </div>
      {k.result ? <div className="joint-text">{k.result}</div> : null}
      <Acts
        options={k.actions}
        path={`/meetings/${m.id}/actions`}
        version={m.version}
        more={{ task: k.id }}
        about={k.title}
      />
    </li>
  );
}

/** A joint meeting beside the list: what may be done now, agenda, guests, decisions, history. */
export function MeetingPanel({ id, close }: { id: number; close: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const q = useMeeting(id);
  const again = useAgain();
  const [open, setOpen] = useState<string>();
  const m = q.data;
  const act = useMutation({
    mutationFn: ({ action, body }: { action: string; body: Record<string, unknown> }) =>
      call<Meeting>('POST', `/meetings/${id}/actions`, { body: { ...body, action, version: m?.version } }),
    onSuccess: (_, v) => {
      setOpen(undefined);
      void message.success(
        t('whistle:did', { name: m?.actions?.find((a) => a.action === v.action)?.name ?? '' }),
      );
      again();
    },
  });
  const send: Send = (action, body) => act.mutate({ action, body });
  const OpenForm = open ? forms[open] : undefined;
  const own = (m?.actions ?? []).filter((a) => forms[a.action] || !a.needs?.length);
  const others = (m?.actions ?? []).filter((a) => !own.includes(a));
  return (
    <aside className="panel joint-panel" aria-label={t('whistle:meeting.one')}>
      <Button
        type="text"
        icon={<CloseOutlined aria-hidden />}
        aria-label={t('whistle:close')}
        onClick={close}
        style={{ float: 'right' }}
      />
      {q.error ? <ErrorNote error={q.error} retry={() => void q.refetch()} /> : null}
      {!m ? (
        <Loading />
      ) : (
        <>
          <span className="quiet">{t(`whistle:meeting.state.${m.state}`)}</span>
          <h2>{m.title}</h2>
          <dl>
            <dt>{t('whistle:meeting.at')}</dt>
            <dd>
              <Time at={m.at} empty={t('whistle:meeting.not_fixed')} />
            </dd>
            <dt>{t('whistle:place')}</dt>
            <dd>{m.place || t('whistle:meeting.not_fixed')}</dd>
            <dt>{t('whistle:meeting.convener')}</dt>
            <dd>{m.convener}</dd>
          </dl>
          <div className="joint-buttons">
            {own.map((a) => (
              <Button
                key={a.action}
                size="small"
                type={a.primary ? 'primary' : 'default'}
                disabled={!a.allowed}
                title={a.why}
                aria-expanded={forms[a.action] ? open === a.action : undefined}
                onClick={() => {
                  act.reset();
                  if (forms[a.action]) setOpen(open === a.action ? undefined : a.action);
                  else send(a.action, {});
                }}
              >
                {a.name}
              </Button>
            ))}
            <Button
              size="small"
              icon={<PrinterOutlined aria-hidden />}
              href={`/api/v1/meetings/${m.id}/minutes.pdf`}
              target="_blank"
            >
              {t(m.state === 'minuted' ? 'whistle:meeting.print' : 'whistle:meeting.print_agenda')}
            </Button>
          </div>
          {own
            .filter((a) => !a.allowed && a.why)
            .map((a) => (
              <p key={a.action} className="quiet joint-why">
                {a.name}: {a.why}
              </p>
            ))}
          {act.error ? <ErrorNote error={act.error} retry={again} /> : null}
          {OpenForm ? (
            <div className="joint-form" key={open}>
              <OpenForm m={m} send={send} />
            </div>
          ) : null}
          <Acts options={others} path={`/meetings/${m.id}/actions`} version={m.version} />
          {open === 'agenda' ? null : (
            <>
              <h3>{t('whistle:meeting.agenda')}</h3>
              <ol className="joint-agenda">
                {(m.agenda ?? [])
                  .filter((x) => x.taken)
                  .map((x) => (
                    <li key={x.id}>
                      <span className="quiet">{t(`whistle:topic.${x.kind}`)}</span>{' '}
                      {x.kind === 'case' && x.ref ? <Link to={`/cases/${x.ref}`}>{x.title}</Link> : x.title}
                      {x.why ? <div className="quiet">{x.why}</div> : null}
                      {x.outcome ? <div className="joint-text">{x.outcome}</div> : null}
                    </li>
                  ))}
              </ol>
            </>
          )}
          <h3>{t('whistle:meeting.guests')}</h3>
          {m.guests?.length ? (
            <ul className="joint-standing">
              {m.guests.map((g) => (
                <li key={g.id}>
                  {g.name} {g.person}{' '}
                  <span className="quiet">
                    {m.state === 'held' || m.state === 'minuted'
                      ? t(g.present ? 'whistle:meeting.came' : 'whistle:meeting.away')
                      : t(g.answer ? `whistle:meeting.${g.answer}` : 'whistle:meeting.unanswered')}
                  </span>
                </li>
              ))}
            </ul>
          ) : (
            <p className="quiet">{t('whistle:meeting.nobody')}</p>
          )}
          {m.minutes ? (
            <>
              <h3>{t('whistle:meeting.minutes')}</h3>
              <p className="joint-text">{m.minutes}</p>
            </>
          ) : null}
          {m.tasks?.length ? (
            <>
              <h3>{t('whistle:tab.decisions')}</h3>
              <ul className="joint-tasks">
                {m.tasks.map((k) => (
                  <TaskLine key={k.id} k={k} m={m} />
                ))}
              </ul>
            </>
          ) : null}
          <h3>{t('whistle:history')}</h3>
          <Steps steps={m.steps} />
        </>
      )}
    </aside>
  );
}
