import { Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { type GridProgress, type Part, useDay, useProgress } from './data.ts';

const shown: Part[] = ['today', 'today_met', 'late', 'unreached', 'waiting', 'due', 'visited', 'in_time'];
const alarming: Part[] = ['late', 'unreached'];

/** Grids in the order of their places; each number opens its rows. */
export function ProgressPage() {
  const { t } = useTranslation();
  const day = useDay();
  const q = useProgress({});
  useTitle(t('rounds:tab.progress'));
  const cell = (n: number, part: Part, of: string, grid?: number) =>
    n ? (
      <Link
        className={alarming.includes(part) ? 'num tone-overdue' : 'num'}
        aria-label={`${of} ${t(`rounds:part.${part}`)} ${n}`}
        to={`/visits/tasks?${new URLSearchParams({ part, ...(grid ? { grid: String(grid) } : {}) })}`}
      >
        {n}
      </Link>
    ) : (
      <span className="quiet num">0</span>
    );
  const total = q.data?.total;
  return (
    <>
      <header className="rounds-head">
        <h1>{t('rounds:tab.progress')}</h1>
        {q.data ? <span className="quiet">{t('rounds:as_of', { day: day(q.data.day) })}</span> : null}
      </header>
      {total ? (
        <p className="rounds-line">
          {t('rounds:line.today')} {cell(total.today_met, 'today_met', t('rounds:all'))} /{' '}
          {cell(total.today, 'today', t('rounds:all'))} · {t('rounds:part.late')}{' '}
          {cell(total.late, 'late', t('rounds:all'))} · {t('rounds:part.unreached')}{' '}
          {cell(total.unreached, 'unreached', t('rounds:all'))} · {t('rounds:line.visited')}{' '}
          {cell(total.visited, 'visited', t('rounds:all'))} / {cell(total.due, 'due', t('rounds:all'))}
        </p>
      ) : null}
      <p className="quiet rounds-help">{t('rounds:progress_help')}</p>
      {q.error && !q.data ? (
        <ErrorNote error={q.error} retry={() => void q.refetch()} />
      ) : (
        <Table<GridProgress>
          size="small"
          rowKey="grid_id"
          loading={q.isPending}
          dataSource={q.data?.grids}
          pagination={false}
          scroll={{ x: 'max-content' }}
          locale={{ emptyText: <EmptyNote title={t('rounds:empty')}>{t('rounds:empty_help')}</EmptyNote> }}
          columns={[
            { title: t('rounds:col.grid'), width: 200, render: (_, g) => g.grid },
            { title: t('rounds:col.community'), width: 140, render: (_, g) => g.community },
            ...shown.map((part) => ({
              title: t(`rounds:part.${part}`),
              align: 'right' as const,
              render: (_: unknown, g: GridProgress) => cell(g[part], part, g.grid, g.grid_id),
            })),
          ]}
        />
      )}
    </>
  );
}
