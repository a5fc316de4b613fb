import { PhoneOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, type CaseDetail, type CaseItem, data, once, Problem } from '@/shared/api.ts';
import { pressName, typing } from '@/shared/keys.ts';
import { useSession } from '@/shared/session.tsx';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { ClockText, Time } from '@/shared/ui/words.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useCase, useTakeDetail } from '../cases/data.ts';
import { useReveal } from '../cases/Reporter.tsx';
import { useTitle } from '../shell/title.ts';
import { type Answers, answer, question, ready, undo } from './answers.ts';
import '../cases/cases.css';
import './callbacks.css';

/** One call: what it was about, the number on request, three questions answered by three keys. */
function Call({ d, onDone }: { d: CaseDetail; onDone: () => void }) {
  const { t } = useTranslation();
  const { can } = useSession();
  const c = d.case;
  const [answers, setAnswers] = useState<Answers>({});
  const [note, setNote] = useState('');
  const { clear, reveal } = useReveal(c.id);
  const take = useTakeDetail();
  const announce = useAnnounce();
  const key = useRef(uuidv7());
  const action = d.actions?.find((a) => a.action === 'call_back');
  const asking = question(answers);
  const self = useRef<HTMLElement>(null);
  // The keys belong to the call that is shown, not to the button that brought it.
  useEffect(() => self.current?.focus({ preventScroll: true }), []);

  const record = useMutation({
    mutationFn: () =>
      data(
        api.POST('/cases/{id}/actions', {
          params: { path: { id: c.id } },
          body: { action: 'call_back', version: c.version, ...answers, note: note.trim() || undefined },
          ...once(key.current),
        }),
      ),
    onSuccess: (now) => {
      if (now?.case) take(now);
      announce(t('callbacks:recorded', { number: c.number }));
      onDone();
    },
    onError: (e) => {
      if (e instanceof Problem && !e.offline && e.status < 500) key.current = uuidv7();
    },
  });

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const name = pressName(e);
      const target = e.target as HTMLElement;
      const elsewhere = typing(target) || (target.closest('button, a') && !target.closest('.ask'));
      if (name === 'Ctrl+Enter' || (name === 'Enter' && !elsewhere)) {
        if (ready(answers) && !record.isPending) {
          e.preventDefault();
          record.mutate();
        }
        return;
      }
      if (typing(target)) return;
      if (name === 'p' && can('case.reveal') && !clear) reveal.mutate(t('cases:purpose.callback'));
      else if (name === 'Backspace') setAnswers(undo);
      else {
        const next = answer(answers, name);
        if (next === answers) return;
        setAnswers(next);
        // Enter is to record now, not to press the button that was used last.
        self.current?.focus({ preventScroll: true });
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });

  const yesNo = (field: 'reached' | 'solved') => (
    <fieldset
      className={asking === field ? 'ask ask-now' : 'ask'}
      disabled={field === 'solved' && answers.reached !== true}
    >
      <legend>{t(`callbacks:${field}`)}</legend>
      {[true, false].map((v) => (
        <Button
          key={String(v)}
          type={answers[field] === v ? 'primary' : 'default'}
          aria-pressed={answers[field] === v}
          onClick={() =>
            setAnswers((a) => answer(field === 'reached' ? {} : { reached: a.reached }, v ? 'y' : 'n'))
          }
        >
          {t(v ? 'cases:yes' : 'cases:no')} <kbd>{v ? 'Y' : 'N'}</kbd>
        </Button>
      ))}
    </fieldset>
  );

  return (
    <article className="call panel" ref={self} tabIndex={-1}>
      <header>
        <span className="num quiet">{c.number}</span> <Link to={`/cases/${c.id}`}>{t('callbacks:open')}</Link>
        <h2>{c.title}</h2>
        <ClockText clock={c.stage} long />
      </header>
      <p className="case-text">{c.text}</p>
      {c.result ? (
        <p>
          <span className="quiet">{t('callbacks:result', { org: c.lead?.name ?? '' })}</span> {c.result}
        </p>
      ) : null}
      <div className="dial">
        {clear ? (
          <span className="dial-number num">
            {clear.name} {clear.phone}
          </span>
        ) : (
          <>
            <span>
              {c.reporter?.name_masked} <span className="num">{c.reporter?.phone_masked}</span>
              {!c.reporter?.exists ? t('cases:reporter.hidden') : null}
            </span>
            {can('case.reveal') && c.reporter?.exists ? (
              <Button
                icon={<PhoneOutlined />}
                loading={reveal.isPending}
                onClick={() => reveal.mutate(t('cases:purpose.callback'))}
              >
                {t('callbacks:dial')} <kbd>P</kbd>
              </Button>
            ) : null}
          </>
        )}
      </div>
      {reveal.error ? <ErrorNote error={reveal.error} /> : null}
      {action && !action.allowed ? (
        <p className="form-error">{action.why}</p>
      ) : (
        <>
          {yesNo('reached')}
          {yesNo('solved')}
          <fieldset
            className={asking === 'satisfied' ? 'ask ask-now' : 'ask'}
            disabled={answers.reached !== true}
          >
            <legend>{t('callbacks:satisfied')}</legend>
            {[5, 4, 3, 2, 1].map((n) => (
              <Button
                key={n}
                type={answers.satisfied === n ? 'primary' : 'default'}
                aria-pressed={answers.satisfied === n}
                onClick={() => setAnswers((a) => ({ ...a, satisfied: n }))}
              >
                {t(`cases:satisfied.${n}`)} <kbd>{n}</kbd>
              </Button>
            ))}
          </fieldset>
          <Input.TextArea
            value={note}
            onChange={(e) => setNote(e.target.value)}
            maxLength={1000}
            autoSize={{ minRows: 2 }}
            placeholder={t('callbacks:note')}
            aria-label={t('callbacks:note')}
          />
          {answers.reached && answers.solved === false ? (
            <p className="tone-soon">{t('callbacks:redo')}</p>
          ) : null}
          {record.error ? <ErrorNote error={record.error} /> : null}
          <div className="call-send">
            <Button
              type="primary"
              disabled={!ready(answers)}
              loading={record.isPending}
              onClick={() => record.mutate()}
            >
              {t('callbacks:record')} <kbd>Enter</kbd>
            </Button>
            <span className="quiet">{t('callbacks:keys')}</span>
          </div>
        </>
      )}
    </article>
  );
}

/** The call-back seat: a list that the system drew, one call after the other. */
export default function Callbacks() {
  const { t } = useTranslation();
  const client = useQueryClient();
  useTitle(t('shell:place.callbacks'));
  const list = useQuery({ queryKey: ['callbacks'], queryFn: () => data(api.GET('/callbacks')) });
  const [at, setAt] = useState<number>();
  const items: CaseItem[] = list.data?.items ?? [];
  const current = items.find((c) => c.id === at) ?? items[0];
  const detail = useCase(current?.id);
  const draw = useMutation({
    mutationFn: () => data(api.POST('/callbacks/draw', { body: { n: 5 }, ...once(uuidv7()) })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['callbacks'] });
      // Enter records the call that is shown; on the button it would draw again.
      document.querySelector<HTMLElement>('.call')?.focus({ preventScroll: true });
    },
  });
  const done = () => {
    const i = items.findIndex((c) => c.id === current?.id);
    setAt(items[i + 1]?.id ?? items[0]?.id);
    void client.invalidateQueries({ queryKey: ['callbacks'] });
    void client.invalidateQueries({ queryKey: ['home'] });
  };
  return (
    <main className="page callbacks" id="main" tabIndex={-1}>
      <div className="page-head">
        <h1>{t('shell:place.callbacks')}</h1>
        <span className="quiet">{t('callbacks:sub')}</span>
        <span className="grow" />
        <Button
          onClick={() => draw.mutate()}
          loading={draw.isPending}
          type={items.length ? 'default' : 'primary'}
        >
          {t('callbacks:draw')}
        </Button>
      </div>
      {draw.error ? <ErrorNote error={draw.error} /> : null}
      {draw.data && !(draw.data.items ?? []).length ? (
        <p className="pad quiet">{t('callbacks:none_drawn')}</p>
      ) : null}
      {list.isPending ? (
        <Loading />
      ) : list.error ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : items.length === 0 ? (
        <EmptyNote title={t('callbacks:empty')}>{t('callbacks:empty_text')}</EmptyNote>
      ) : (
        <div className="calls">
          <ol className="call-list panel">
            {items.map((c) => (
              <li key={c.id}>
                <button type="button" aria-current={c.id === current?.id} onClick={() => setAt(c.id)}>
                  <span>{c.title}</span>
                  <span className="quiet">
                    <Time at={c.reported_at} />
                    {c.attempts ? ` · ${t('callbacks:attempts', { count: c.attempts })}` : ''}
                  </span>
                </button>
              </li>
            ))}
          </ol>
          {detail.data ? (
            <Call key={`${current?.id}`} d={detail.data} onDone={done} />
          ) : detail.error ? (
            <ErrorNote error={detail.error} retry={() => void detail.refetch()} />
          ) : (
            <Loading />
          )}
        </div>
      )}
    </main>
  );
}
