import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { apiBase } from '@/shared/api.ts';
import { useSession } from '@/shared/session.tsx';
import { dayText } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import {
  type Draw,
  drawAgain,
  type Handed,
  type Mine as Own,
  type SheetPage,
  type Slip,
  useStaff,
} from './data.ts';
import { Sheet } from './Sheet.tsx';
import { SlipCard } from './Slips.tsx';
import './staff.css';

/** A worker's own contract, slips, appraisals and training. Nobody sees anybody else's here. */
export function MyWork() {
  const { t } = useTranslation();
  const { can } = useSession();
  const pay = useStaff<{ items: Slip[] }>('/my/pay');
  const sheets = useStaff<{ items: SheetPage[] }>('/my/appraisals');
  const training = useStaff<Own>('/my/training');
  const taken = useStaff<{ items: (Handed & { refs: { id: number; number: string; title: string }[] })[] }>(
    '/my/handovers',
  );
  useTitle(t('staff:mine.title'));
  const c = training.data?.contract;
  const error = pay.error ?? sheets.error ?? training.error ?? taken.error;
  return (
    <main className="page staff" id="main" tabIndex={-1}>
      <header className="staff-head">
        <h1>{t('staff:mine.title')}</h1>
        <span className="quiet">{t('staff:mine.sub')}</span>
      </header>
      {error ? <ErrorNote error={error} /> : null}
      {training.isPending ? <Loading /> : null}
      {c ? (
        <p>
          {t('staff:mine.contract', {
            number: c.number,
            grid: c.place.grid_name,
            from: dayText(c.from),
            to: c.to ? dayText(c.to) : t('staff:open_end'),
          })}
        </p>
      ) : training.data ? (
        <EmptyNote title={t('staff:mine.none')}>{t('staff:mine.none_help')}</EmptyNote>
      ) : null}
      {taken.data?.items.length ? <h2 className="staff-part">{t('staff:mine.taken')}</h2> : null}
      {(taken.data?.items ?? []).map((h) => (
        <section key={h.id} className="panel staff-card">
          <p>
            {t('staff:mine.taken_from', {
              name: h.from.name,
              grid: h.place.grid_name,
              day: dayText(h.day),
              cases: h.cases,
              tasks: h.tasks,
              homes: h.homes,
            })}
            {h.note ? ` ${h.note}` : ''}
          </p>
          <ul className="staff-rows">
            {h.refs.map((c) => (
              <li key={c.id}>
                {can('case.read') ? <Link to={`/cases/${c.id}`}>{c.number}</Link> : c.number} {c.title}
              </li>
            ))}
          </ul>
        </section>
      ))}
      {sheets.data?.items.length ? <h2 className="staff-part">{t('staff:tab.appraisals')}</h2> : null}
      {(sheets.data?.items ?? []).map((s) => (
        <Sheet key={s.id} sheet={s} path={`/my/appraisals/${s.id}/actions`} cases={can('case.read')} />
      ))}
      {pay.data?.items.length ? <h2 className="staff-part">{t('staff:mine.slips')}</h2> : null}
      {(pay.data?.items ?? []).map((s) => (
        <SlipCard key={s.id} slip={s} />
      ))}
      {c ? (
        <>
          <h2 className="staff-part">{t('staff:mine.training')}</h2>
          <section className="panel staff-card">
            <p>
              {training.data?.open.length
                ? t('staff:mine.to_do', { list: training.data.open.map((o) => o.title).join(t('staff:and')) })
                : t('staff:mine.all_done')}
            </p>
            <ul className="staff-rows">
              {(training.data?.lessons ?? []).map((l) => (
                <li key={l.day + l.course}>
                  <span className="num">{dayText(l.day)}</span> {l.course}{' '}
                  <span className="quiet">{l.venue}</span> {t(`staff:attended.${l.attended}`)}
                  {l.pass && l.attended === 'present'
                    ? ` · ${t('staff:mine.score', { n: l.score, pass: l.pass })}`
                    : ''}
                </li>
              ))}
            </ul>
          </section>
        </>
      ) : null}
    </main>
  );
}

/** The draw of an appraisal, made again in this browser from what was published. */
export function DrawCheck() {
  const { t } = useTranslation();
  const { id } = useParams();
  const q = useStaff<Draw>(`/appraisals/${id}/draw`);
  const [same, setSame] = useState<boolean>();
  useTitle(t('staff:draw.title'));
  const d = q.data;
  const alone = !!globalThis.crypto?.subtle;
  return (
    <main className="page staff" id="main" tabIndex={-1}>
      <header className="staff-head">
        <h1>{t('staff:draw.title')}</h1>
      </header>
      <p>{t('staff:draw.how')}</p>
      {q.error ? <ErrorNote error={q.error} retry={() => void q.refetch()} /> : null}
      {q.isPending ? <Loading /> : null}
      {d ? (
        <>
          <dl className="staff-facts staff-hash">
            <dt>{t('staff:draw.commitment')}</dt>
            <dd>
              <code>{d.commitment}</code>
            </dd>
            <dt>{t('staff:draw.seed')}</dt>
            <dd>{d.seed ? <code>{d.seed}</code> : t('staff:draw.hidden')}</dd>
            <dt>{t('staff:draw.pools')}</dt>
            <dd>
              {t('staff:draw.pools_n', {
                sheets: d.sheets.length,
                pool: d.sheets.reduce((n, s) => n + s.pool.length, 0),
                drawn: d.sheets.reduce((n, s) => n + s.drawn.length, 0),
              })}
            </dd>
          </dl>
          <p>
            <a href={`${apiBase}/appraisals/${id}/draw`} download={`draw-${id}.json`}>
              {t('staff:draw.file')}
            </a>
          </p>
          {d.seed ? (
            <div className="staff-buttons" aria-live="polite">
              {alone ? (
                <Button type="primary" onClick={() => void drawAgain(d).then(setSame)}>
                  {t('staff:draw.again')}
                </Button>
              ) : (
                <span className={d.verified ? 'tone-done' : 'tone-overdue'}>
                  {t(d.verified ? 'staff:draw.server_same' : 'staff:draw.differs')}
                </span>
              )}
              {same === undefined ? null : (
                <strong className={same ? 'tone-done' : 'tone-overdue'}>
                  {t(same ? 'staff:draw.same' : 'staff:draw.differs')}
                </strong>
              )}
            </div>
          ) : null}
        </>
      ) : null}
    </main>
  );
}
