import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { apiBase, Problem } from '@/shared/api.ts';
import { dayText } from '@/shared/time.ts';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { NotFound } from '../shell/NotFound.tsx';
import { useTitle } from '../shell/title.ts';
import { recordOf, useRun } from './data.ts';
import { Making } from './Inbox.tsx';

/** A report as it was delivered: the number, its parts, and the records behind it as they were. */
export function RunView() {
  const { t } = useTranslation();
  const { id = '' } = useParams();
  const q = useRun(id);
  const run = q.data?.pages[0];
  useTitle(run?.name ?? t('report:title'));
  if (q.error && !run)
    return q.error instanceof Problem && q.error.status === 404 ? (
      <NotFound />
    ) : (
      <ErrorNote error={q.error} retry={() => void q.refetch()} />
    );
  if (!run) return <Loading rows={10} />;
  const lines = q.data?.pages.flatMap((p) => p.lines ?? []) ?? [];
  const parts = run.parts ?? [];
  const file = (format: string) => `${apiBase}/report-runs/${id}/export?format=${format}`;
  const sums = parts.some((p) => p.sum);
  return (
    <article>
      <div className="report-head">
        <h1>
          {run.name} {run.period}
        </h1>
        <Making run={run} />
        <span className="grow" />
        <Button href={file('xlsx')} download>
          {t('report:xlsx')}
        </Button>
        <Button href={file('html')} target="_blank" rel="noreferrer">
          {t('report:print')}
        </Button>
      </div>
      <p className="quiet">
        {t('report:covers', { source: run.source_name, from: dayText(run.from), to: dayText(run.to) })}{' '}
        {run.made_by ? t('report:made_by', { name: run.made_by.name }) : t('report:made_itself')}{' '}
        <Time at={run.made_at} />
        {t('report:stays')}
      </p>
      <p className="report-total">
        <span>{t('report:total')}</span> <strong className="num">{run.total}</strong>
        {run.sum ? (
          <>
            {' '}
            <span>{t('report:sum')}</span> <strong className="num">{run.sum}</strong>
          </>
        ) : null}
      </p>
      {parts.length ? (
        <section className="panel import-part">
          <h2>{t('report:parts')}</h2>
          <div className="wide-table">
            <table className="plain-table report-parts">
              <tbody>
                {parts.map((p) => (
                  <tr key={p.name}>
                    <th scope="row">{p.name}</th>
                    <td className="num">{p.value}</td>
                    {sums ? <td className="num">{p.sum}</td> : null}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
      ) : null}
      <section className="panel import-part report-rows">
        <h2>{t('report:rows', { count: run.rows })}</h2>
        {lines.length ? (
          <div className="wide-table">
            <table className="plain-table">
              <thead>
                <tr>
                  <th scope="col">{t('report:record')}</th>
                  {(run.columns ?? []).map((c) => (
                    <th key={c.name} scope="col">
                      {c.label}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {lines.map((l) => (
                  <tr key={l.id}>
                    <th scope="row">
                      <Link to={recordOf(run.query, l.id)}>{l.label || l.id}</Link>
                    </th>
                    {(l.cells ?? []).map((c, i) => (
                      <td key={run.columns?.[i]?.name}>{c}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : (
          <p className="quiet">{t('report:no_rows')}</p>
        )}
        {q.hasNextPage ? (
          <Button loading={q.isFetchingNextPage} onClick={() => void q.fetchNextPage()}>
            {t('report:more')}
          </Button>
        ) : null}
      </section>
    </article>
  );
}
