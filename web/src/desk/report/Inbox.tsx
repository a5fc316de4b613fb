import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { useTitle } from '../shell/title.ts';
import { type Run, useRuns } from './data.ts';

/** Which making of its period a run is, and whether the period had ended then. */
export function Making({ run }: { run: Run }) {
  const { t } = useTranslation();
  return (
    <>
      {run.nth > 1 ? <span className="tag">{t('report:nth', { n: run.nth })}</span> : null}
      {run.open ? <span className="tag tag-soon">{t('report:open')}</span> : null}
    </>
  );
}

/** The reports that one got, the newest first. */
export function Inbox() {
  const { t } = useTranslation();
  const { can } = useSession();
  const q = useRuns();
  useTitle(t('report:title'));
  return (
    <section>
      <h1>{t('report:inbox.title')}</h1>
      {q.error ? (
        <ErrorNote error={q.error} retry={() => void q.refetch()} />
      ) : !q.data ? (
        <Loading rows={8} />
      ) : !q.data.items.length ? (
        <EmptyNote title={t('report:inbox.none')}>
          <p>
            {t('report:inbox.none_why')}{' '}
            {can('figure.read') ? <Link to="/reports/own/new">{t('report:new')}</Link> : null}
          </p>
        </EmptyNote>
      ) : (
        <div className="wide-table">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">{t('report:name')}</th>
                <th scope="col">{t('report:period')}</th>
                <th scope="col">{t('report:source')}</th>
                <th scope="col" className="num">
                  {t('report:total')}
                </th>
                <th scope="col">{t('report:made')}</th>
              </tr>
            </thead>
            <tbody>
              {q.data.items.map((r) => (
                <tr key={r.id} className={r.unread ? 'report-unread' : undefined}>
                  <th scope="row">
                    <Link to={`/reports/runs/${r.id}`}>{r.name}</Link>{' '}
                    {r.unread ? <span className="tag">{t('report:unread')}</span> : null}
                  </th>
                  <td className="nowrap">
                    {r.period} <Making run={r} />
                  </td>
                  <td>{r.source_name}</td>
                  <td className="num">{r.total}</td>
                  <td>
                    <Time at={r.made_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
