import { Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Line, monthText, type Slip, yuan } from './data.ts';

/** How each line of a slip came about, and its sum. */
export function Lines({ lines, total }: { lines: Line[]; total: number }) {
  const { t } = useTranslation();
  return (
    <div className="scroll-x">
      <table className="staff-lines">
        <thead>
          <tr>
            <th scope="col">{t('staff:pay.item')}</th>
            <th scope="col">{t('staff:pay.how')}</th>
            <th scope="col" className="right">
              {t('staff:pay.amount')}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((l) => (
            <tr key={`${l.code} ${l.how}`}>
              <td>{l.name}</td>
              <td className="quiet">{l.how}</td>
              <td className="right num">{yuan(l.amount)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              {t('staff:pay.total')}
            </th>
            <td className="right num">{yuan(total)}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** A worker's own slip. */
export function SlipCard({ slip }: { slip: Slip }) {
  const { t } = useTranslation();
  return (
    <section className="panel staff-card">
      <h2>
        {t('staff:pay.of_month', { month: monthText(slip.month) })}
        <span className="quiet"> {slip.place.grid_name}</span>
      </h2>
      <Lines lines={slip.lines} total={slip.total} />
      {slip.corrections.map((c) => (
        <p key={c.at} className="tone-soon">
          {t(c.paid ? 'staff:pay.corrected' : 'staff:pay.to_correct', {
            amount: yuan(c.amount),
            reason: c.reason,
          })}
        </p>
      ))}
    </section>
  );
}

/** A run's slips; each opens to its lines. */
export function SlipTable({ slips, extra }: { slips: Slip[]; extra?: (s: Slip) => React.ReactNode }) {
  const { t } = useTranslation();
  return (
    <Table<Slip>
      rowKey="id"
      size="small"
      dataSource={slips}
      scroll={{ x: 'max-content' }}
      pagination={slips.length > 50 ? { pageSize: 50 } : false}
      expandable={{
        expandedRowRender: (s) => (
          <>
            <Lines lines={s.lines} total={s.total} />
            {s.corrections.map((c) => (
              <p key={c.at} className="tone-soon">
                {t(c.paid ? 'staff:pay.corrected' : 'staff:pay.to_correct', {
                  amount: yuan(c.amount),
                  reason: c.reason,
                })}
              </p>
            ))}
            {extra?.(s)}
          </>
        ),
      }}
      columns={[
        { title: t('staff:worker'), render: (_, s) => s.worker.name },
        { title: t('staff:community'), render: (_, s) => s.place.community_name },
        { title: t('staff:grid'), render: (_, s) => s.place.grid_name },
        {
          title: t('staff:pay.total'),
          align: 'right',
          render: (_, s) => <span className="num">{yuan(s.total)}</span>,
        },
      ]}
    />
  );
}
