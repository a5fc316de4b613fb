import { Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { dayText } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { type Due, rowsOf, useDues, useTotals } from './data.ts';

const to = (d: Due) =>
  d.register === 'volunteer_session' ? `/partners/sessions/${d.id}` : `/ledger/${d.register}?row=${d.id}`;

/** What is due from the rows that one's posts reach, and the totals, each with its rows. */
export function Overview({ own }: { own: boolean }) {
  const { t } = useTranslation();
  const dues = useDues();
  const totals = useTotals();
  const title = t(own ? 'partner:tab.own' : 'partner:tab.due');
  useTitle(title);
  return (
    <>
      <header className="joint-head">
        <h1>{title}</h1>
        <span className="quiet">{t(own ? 'partner:own_help' : 'partner:due_help')}</span>
      </header>
      {totals.error ? (
        <ErrorNote error={totals.error} retry={() => void totals.refetch()} />
      ) : totals.data ? (
        <ul className="partner-totals">
          {totals.data
            .filter((x) => !own || x.n > 0)
            .map((x) => (
              <li key={x.key}>
                <Link to={rowsOf(x)}>
                  {t(`partner:total.${x.key}`)} <span className="num">{x.n.toLocaleString('en')}</span>
                </Link>
              </li>
            ))}
        </ul>
      ) : (
        <Loading rows={2} />
      )}
      {dues.error ? (
        <ErrorNote error={dues.error} retry={() => void dues.refetch()} />
      ) : (
        <Table<Due>
          size="small"
          rowKey={(d) => `${d.register}${d.id}`}
          loading={dues.isPending}
          dataSource={dues.data}
          pagination={false}
          scroll={{ x: 'max-content' }}
          locale={{ emptyText: <EmptyNote title={t('partner:clear')}>{t('partner:clear_help')}</EmptyNote> }}
          columns={[
            {
              title: t('partner:col.what'),
              render: (_, d) => (
                <span className={d.kind === 'expired' || d.kind === 'late' ? 'tone-overdue' : ''}>
                  {t(`partner:due.${d.kind}`)}
                </span>
              ),
            },
            {
              title: t('partner:col.title'),
              width: 320,
              render: (_, d) => <Link to={to(d)}>{d.title}</Link>,
            },
            {
              title: t('partner:col.org'),
              width: 240,
              render: (_, d) => d.org || <span className="quiet">—</span>,
            },
            {
              title: t('partner:col.day'),
              render: (_, d) =>
                d.day ? <span className="num">{dayText(d.day)}</span> : <span className="quiet">—</span>,
            },
          ]}
        />
      )}
    </>
  );
}
