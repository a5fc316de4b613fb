import { Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { dayText } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { type Staff, useStaff } from './data.ts';

const registers = [
  'staff_contract',
  'staff_absence',
  'staff_round',
  'staff_candidate',
  'staff_course',
  'staff_session',
  'staff_attendance',
  'staff_seat',
];

/** Who works on which grid today, what is vacant and what ends soon. */
export function Overview() {
  const { t } = useTranslation();
  const { can } = useSession();
  const [params, setParams] = useSearchParams();
  const gaps = params.get('gaps') === 'true';
  const q = useStaff<Staff>(`/staff${gaps ? '?gaps=true' : ''}`);
  useTitle(t('staff:tab.overview'));
  const s = q.data;
  return (
    <>
      <header className="staff-head">
        <h1>{t('staff:tab.overview')}</h1>
        {s ? <span className="quiet">{t('staff:as_of', { day: dayText(s.day) })}</span> : null}
      </header>
      {q.error ? <ErrorNote error={q.error} retry={() => void q.refetch()} /> : null}
      {q.isPending ? <Loading rows={8} /> : null}
      {s ? (
        <>
          <dl className="staff-facts">
            <dt>{t('staff:sum.workers')}</dt>
            <dd className="num">{s.workers}</dd>
            {['social', 'committee', 'party'].map((c) => (
              <div key={c} className="staff-fact">
                <dt>{t(`staff:channel.${c}`)}</dt>
                <dd className="num">{s.channels[c] ?? 0}</dd>
              </div>
            ))}
            <dt>{t('staff:sum.vacant')}</dt>
            <dd className="num">{s.vacant}</dd>
            <dt>{t('staff:sum.away')}</dt>
            <dd className="num">{t('staff:sum.away_n', { n: s.away, covered: s.covered })}</dd>
            <dt>{t('staff:sum.ending')}</dt>
            <dd className="num">{s.ending}</dd>
          </dl>
          <nav className="staff-registers" aria-label={t('staff:registers')}>
            {registers
              .filter((r) => r !== 'staff_candidate' || can('staff.write'))
              .map((r) => (
                <Link key={r} to={`/ledger/${r}`}>
                  {t(`staff:register.${r}`)}
                </Link>
              ))}
          </nav>
          <label className="staff-check">
            <input
              type="checkbox"
              checked={gaps}
              onChange={(e) => setParams(e.target.checked ? { gaps: 'true' } : {})}
            />{' '}
            {t('staff:only_gaps')}
          </label>
          <Table
            rowKey="grid_id"
            size="small"
            scroll={{ x: 'max-content' }}
            dataSource={s.items}
            pagination={s.items.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
            locale={{ emptyText: <EmptyNote title={t(gaps ? 'staff:no_gaps' : 'staff:no_grids')} /> }}
            columns={[
              { title: t('staff:community'), render: (_, g) => g.community_name },
              { title: t('staff:grid'), render: (_, g) => g.grid_name },
              {
                title: t('staff:seats'),
                align: 'right',
                render: (_, g) => <span className="num">{g.seats}</span>,
              },
              {
                title: t('staff:workers'),
                render: (_, g) =>
                  g.workers.length ? (
                    g.workers.map((w) => (
                      <div key={`${w.id}${w.covers}`}>
                        {w.name}
                        {w.channel ? <span className="quiet"> {t(`staff:channel.${w.channel}`)}</span> : null}
                        {w.away ? <span className="tone-soon"> {t('staff:away')}</span> : null}
                        {w.covers ? (
                          <span className="quiet"> {t('staff:covers', { day: dayText(w.until) })}</span>
                        ) : null}
                        {w.contract && w.until ? (
                          <span className="quiet"> {t('staff:until', { day: dayText(w.until) })}</span>
                        ) : null}
                        {w.contract && can('staff.write') ? (
                          <>
                            {' '}
                            <Link to={`/staff/handover/${w.contract}`}>{t('staff:handover.link')}</Link>{' '}
                            <Link to={`/staff/leave/${w.contract}`}>{t('staff:leave_link')}</Link>
                          </>
                        ) : null}
                      </div>
                    ))
                  ) : (
                    <span className="tone-overdue">{t('staff:vacant')}</span>
                  ),
              },
            ]}
          />
        </>
      ) : null}
    </>
  );
}
