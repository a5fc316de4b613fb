import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { dayText } from '@/shared/time.ts';
import { Time } from '@/shared/ui/words.tsx';
import { Act } from './Act.tsx';
import type { Measure, SheetPage } from './data.ts';

const percent = (v: number) => `${(v * 100).toFixed(1)}%`;

/** A measure in words: its share, how many rows, how sure. */
export function useMeasure() {
  const { t } = useTranslation();
  return (m: Measure): string =>
    m.value === null
      ? ''
      : m.indicator === 'trained'
        ? t('staff:appraisal.courses', { value: percent(m.value), k: m.k, n: m.n })
        : t('staff:appraisal.measure', {
            value: percent(m.value),
            k: m.k,
            n: m.n,
            lo: percent(m.interval[0] ?? 0),
            hi: percent(m.interval[1] ?? 1),
          });
}

export const verdictTone = { clear: 'tone-done', short: 'tone-overdue', unsure: 'quiet', no_data: 'quiet' };

/** One worker's sheet: every row behind every figure, what was said, what may be done. */
export function Sheet({ sheet, path, cases }: { sheet: SheetPage; path: string; cases: boolean }) {
  const { t } = useTranslation();
  const say = useMeasure();
  return (
    <section className="panel staff-card">
      <h2>
        {sheet.name}
        <span className="quiet">
          {' '}
          {sheet.place.grid_name} · {dayText(sheet.from)}–{dayText(sheet.to)}
        </span>
      </h2>
      {sheet.proposed ? (
        <p>
          {t('staff:appraisal.proposed', {
            level: t(`staff:level.${sheet.proposed}`),
            renew: t(sheet.proposed_renew ? 'staff:renew.yes' : 'staff:renew.no'),
          })}
        </p>
      ) : null}
      {sheet.level ? (
        <p>
          <strong>
            {t('staff:appraisal.decided', {
              level: t(`staff:level.${sheet.level}`),
              renew: t(sheet.renew ? 'staff:renew.yes' : 'staff:renew.no'),
              by: (sheet.settled_by ?? sheet.decided_by)?.name ?? '',
            })}
          </strong>{' '}
          {sheet.state === 'decided' && sheet.appeal_until
            ? t('staff:appraisal.appeal_until', { day: dayText(sheet.appeal_until) })
            : null}
        </p>
      ) : null}
      {sheet.measures.map((m) => (
        <details key={m.indicator}>
          <summary>
            <span className="staff-measure">{m.name}</span> {say(m)}{' '}
            <span className={verdictTone[m.verdict]}>{t(`staff:appraisal.verdict.${m.verdict}`)}</span>{' '}
            <span className="quiet">
              {t(m.lower ? 'staff:appraisal.line_below' : 'staff:appraisal.line', {
                line: percent(m.line / 1000),
              })}
            </span>
          </summary>
          <ul className="staff-rows">
            {(m.rows ?? []).map((r) => (
              <li key={`${r.id}${r.hit}`}>
                <span className="quiet">
                  {t(r.hit ? 'staff:appraisal.counts' : 'staff:appraisal.counts_not')}
                </span>{' '}
                {r.number && cases ? (
                  <Link className="num" to={`/cases/${r.id}`}>
                    {r.number}
                  </Link>
                ) : (
                  <span className="num">{r.number}</span>
                )}{' '}
                {r.title}
              </li>
            ))}
            {m.n === 0 ? <li className="quiet">{t('staff:appraisal.no_rows')}</li> : null}
          </ul>
        </details>
      ))}
      {sheet.log.length ? (
        <ol className="staff-log">
          {sheet.log.map((l) => (
            <li key={l.at + l.action}>
              <strong>{l.name}</strong> {l.by?.name} <Time at={l.at} />
              {l.level
                ? ` · ${t(`staff:level.${l.level}`)} · ${t(l.renew ? 'staff:renew.yes' : 'staff:renew.no')}`
                : ''}
              <div>{l.text}</div>
            </li>
          ))}
        </ol>
      ) : null}
      <Act path={path} version={sheet.version} options={sheet.options} />
      <p className="quiet">
        <Link to={`/account/draw/${sheet.appraisal}`}>{t('staff:appraisal.check_draw')}</Link>
      </p>
    </section>
  );
}
