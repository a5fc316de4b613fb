import { useQuery } from '@tanstack/react-query';
import { Button, Segmented } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { useNarrow } from '@/shared/theme.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import type { Item } from '../duties/data.ts';
import { useTitle } from '../shell/title.ts';
import { type Day, step, weeksOf } from './month.ts';
import './calendar.css';

export interface Dated extends Item {
  code: string;
  kind: string;
}
interface Page {
  month: number;
  today: string;
  more: boolean;
  items: Dated[];
}

/** How many entries of a day the month shows; the list has all. */
const shown = 3;

function Entry({ of }: { of: Dated }) {
  const time = of.at?.slice(11, 16);
  const text = `${time ? `${time} ` : ''}${of.kind} · ${of.title}`;
  return of.link ? (
    <Link to={of.link} title={`${text}${of.where ? ` · ${of.where}` : ''}`}>
      {text}
    </Link>
  ) : (
    <span>{text}</span>
  );
}

function Month({ days, today, toList }: { days: Day<Dated>[][]; today: string; toList: string }) {
  const { t } = useTranslation();
  return (
    <table className="cal-month">
      <thead>
        <tr>
          {[1, 2, 3, 4, 5, 6, 7].map((d) => (
            <th key={d} scope="col">
              {t(`calendar:weekday.${d}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {days.map((week) => (
          <tr key={week[0]?.iso}>
            {week.map((d) => (
              <td
                key={d.iso}
                className={d.inside ? undefined : 'cal-other'}
                aria-current={d.iso === today ? 'date' : undefined}
              >
                <time dateTime={d.iso}>{Number(d.iso.slice(8))}</time>
                <ul>
                  {d.items.slice(0, shown).map((x) => (
                    <li key={`${x.code}${x.title}${x.link}`}>
                      <Entry of={x} />
                    </li>
                  ))}
                </ul>
                {d.items.length > shown ? (
                  <Link to={`${toList}#d${d.iso}`}>{t('calendar:more', { n: d.items.length - shown })}</Link>
                ) : null}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function List({ days }: { days: Day<Dated>[][] }) {
  return (
    <ol className="cal-list">
      {days
        .flat()
        .filter((d) => d.inside && d.items.length)
        .map((d) => (
          <li key={d.iso} id={`d${d.iso}`}>
            <h2>
              <time dateTime={d.iso}>{d.iso}</time>
            </h2>
            <ul>
              {d.items.map((x) => (
                <li key={`${x.code}${x.title}${x.link}`}>
                  <Entry of={x} />
                  {x.where ? <span className="quiet"> {x.where}</span> : null}
                </li>
              ))}
            </ul>
          </li>
        ))}
    </ol>
  );
}

/** What is or ends in a month: as a month on the desk, as a list on phones. */
export default function CalendarPage() {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const [params, setParams] = useSearchParams();
  useTitle(t('shell:place.calendar'));
  const mine = params.get('of') !== 'all';
  const month = params.get('month') ?? undefined;
  const list = narrow || params.get('as') === 'list';
  const q = useQuery({
    queryKey: ['calendar', month, mine],
    queryFn: ({ signal }) =>
      call<Page>('GET', '/calendar', { query: { month, mine: mine || undefined }, signal }),
  });
  const set = (name: string, value?: string) =>
    setParams((p) => {
      if (value) p.set(name, value);
      else p.delete(name);
      return p;
    });
  const at = q.data?.month;
  const asList = new URLSearchParams(params);
  asList.set('as', 'list');
  return (
    <main className="page pad calendar" id="main" tabIndex={-1}>
      <div className="page-head cal-head">
        <h1>{t('shell:place.calendar')}</h1>
        {at ? (
          <span className="cal-step">
            <Button aria-label={t('calendar:before')} onClick={() => set('month', String(step(at, -1)))}>
              ‹
            </Button>
            <span aria-live="polite">
              {t('calendar:month', { year: Math.floor(at / 100), month: at % 100 })}
            </span>
            <Button aria-label={t('calendar:after')} onClick={() => set('month', String(step(at, 1)))}>
              ›
            </Button>
          </span>
        ) : null}
        <Segmented
          aria-label={t('calendar:whose')}
          value={mine ? 'mine' : 'all'}
          options={[
            { value: 'mine', label: t('calendar:mine') },
            { value: 'all', label: t('calendar:all') },
          ]}
          onChange={(v) => set('of', v === 'all' ? 'all' : undefined)}
        />
        {narrow ? null : (
          <Segmented
            aria-label={t('calendar:as')}
            value={list ? 'list' : 'month'}
            options={[
              { value: 'month', label: t('calendar:as_month') },
              { value: 'list', label: t('calendar:as_list') },
            ]}
            onChange={(v) => set('as', v === 'list' ? 'list' : undefined)}
          />
        )}
        <span className="grow" />
        <Button href="/api/v1/calendar.ics" download>
          {t('calendar:file')}
        </Button>
      </div>
      {q.error ? (
        <ErrorNote error={q.error} retry={() => void q.refetch()} />
      ) : !q.data ? (
        <Loading rows={8} />
      ) : (
        <>
          {q.data.more ? <p className="quiet">{t('calendar:cut')}</p> : null}
          {q.data.items.length > 0 ? null : list ? (
            <EmptyNote title={t('calendar:none')}>{t('calendar:none_text')}</EmptyNote>
          ) : (
            <p className="quiet">{t('calendar:none_text')}</p>
          )}
          {list ? (
            <List days={weeksOf(q.data.month, q.data.items)} />
          ) : (
            <Month
              days={weeksOf(q.data.month, q.data.items)}
              today={q.data.today}
              toList={`/calendar?${asList}`}
            />
          )}
        </>
      )}
    </main>
  );
}
