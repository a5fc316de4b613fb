import { useMutation } from '@tanstack/react-query';
import { App, Button, Checkbox, Form, InputNumber } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { useSession as useMe } from '@/shared/session.tsx';
import { dayText, today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useTitle } from '../shell/title.ts';
import { type Session, useAgain, useSession } from './data.ts';

function Certify({ s }: { s: Session }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const again = useAgain();
  const signed = (s.turns ?? []).filter((x) => x.state === 'signed');
  const send = useMutation({
    mutationFn: (v: { came?: number[]; served?: number }) =>
      call('POST', `/volunteers/sessions/${s.id}/certify`, {
        body: { version: s.version, came: v.came ?? [], served: v.served ?? 0 },
        key: uuidv7(),
      }),
    onSuccess: () => {
      void message.success(t('partner:certified'));
      again();
    },
  });
  return (
    <Form
      layout="vertical"
      className="joint-form"
      initialValues={{ came: signed.map((x) => x.id) }}
      onFinish={(v) => send.mutate(v)}
    >
      <Form.Item name="came" label={t('partner:came')}>
        <Checkbox.Group
          className="joint-checks"
          options={signed.map((x) => ({ value: x.id, label: `${x.name} ${x.phone}` }))}
        />
      </Form.Item>
      <Form.Item name="served" label={t('partner:served')}>
        <InputNumber min={0} max={1000000} precision={0} />
      </Form.Item>
      {send.error ? <ErrorNote error={send.error} retry={again} /> : null}
      <Button type="primary" htmlType="submit" loading={send.isPending}>
        {t('partner:certify', { hours: s.hours })}
      </Button>
    </Form>
  );
}

/** A session of volunteers: its link, who signed up, the hours that the organiser certifies. */
export function SessionPage() {
  const { t } = useTranslation();
  const { can } = useMe();
  const id = Number(useParams().id);
  const q = useSession(id);
  const s = q.data;
  useTitle(s?.title ?? t('partner:session'));
  if (q.error) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  if (!s) return <Loading />;
  const link = s.link ? new URL(s.link, location.href).href : '';
  return (
    <section className="panel joint-panel partner-session">
      <h1>{s.title}</h1>
      <dl>
        <dt>{t('partner:when')}</dt>
        <dd>
          {dayText(s.day)} {s.starts} · {t('partner:hours', { hours: s.hours })}
        </dd>
        <dt>{t('partner:where')}</dt>
        <dd>{s.place}</dd>
        <dt>{t('partner:state_label')}</dt>
        <dd>{t(`partner:state.${s.state}`)}</dd>
        {s.state === 'open' && s.day >= today() ? (
          <>
            <dt>{t('partner:link')}</dt>
            <dd>
              <a href={s.link}>{link}</a>
            </dd>
          </>
        ) : null}
      </dl>
      <h2>{t('partner:volunteers', { count: s.turns?.length ?? 0 })}</h2>
      {s.state !== 'done' && s.day <= today() && can('partner.write') ? (
        <Certify s={s} />
      ) : s.turns?.length ? (
        <ul className="joint-standing">
          {s.turns.map((x) => (
            <li key={x.id}>
              {x.name} {x.phone}{' '}
              <span className="quiet">
                {t(`partner:turn.${x.state}`)}
                {x.hours ? ` · ${t('partner:hours', { hours: x.hours })}` : ''}
              </span>{' '}
              {x.state === 'certified' && can('partner.write') ? (
                <a href={`/api/v1/volunteers/turns/${x.id}/certificate.pdf`} target="_blank" rel="noreferrer">
                  {t('partner:certificate')}
                </a>
              ) : null}
            </li>
          ))}
        </ul>
      ) : (
        <EmptyNote title={t('partner:nobody')}>{t('partner:nobody_help')}</EmptyNote>
      )}
      <p>
        <Link to="/ledger/volunteer_session">{t('partner:all_sessions')}</Link>
      </p>
    </section>
  );
}
