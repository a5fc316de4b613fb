import { Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { numbers, type Part, type Sum, useSums } from './data.ts';

/** How departments answered; every number opens its whistles. Not a ranking: the order is by how often they were called. */
export function Sums() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  useTitle(t('whistle:tab.departments'));
  const period = { from: params.get('from') ?? undefined, to: params.get('to') ?? undefined };
  const q = useSums(period);
  const cell = (o: Sum, part: Part) =>
    o[part] ? (
      <Link
        className={part === 'missed' ? 'num tone-overdue' : 'num'}
        aria-label={`${o.org.name} ${t(`whistle:number.${part}`)} ${o[part]}`}
        to={`/whistles/list?${new URLSearchParams({ org: String(o.org.id), part, ...JSON.parse(JSON.stringify(period)) })}`}
      >
        {o[part]}
      </Link>
    ) : (
      <span className="quiet num">0</span>
    );
  return (
    <>
      <header className="joint-head">
        <h1>{t('whistle:tab.departments')}</h1>
        <span className="quiet">{t('whistle:sums_help')}</span>
      </header>
      {q.error ? (
        <ErrorNote error={q.error} retry={() => void q.refetch()} />
      ) : (
        <Table<Sum>
          size="small"
          rowKey={(o) => o.org.id}
          loading={q.isPending}
          dataSource={q.data}
          pagination={false}
          scroll={{ x: 'max-content' }}
          locale={{ emptyText: <EmptyNote title={t('whistle:empty')}>{t('whistle:empty_help')}</EmptyNote> }}
          columns={[
            { title: t('whistle:org'), width: 260, render: (_, o) => o.org.name },
            ...(['called', ...numbers] as const).map((part) => ({
              title: t(`whistle:number.${part}`),
              align: 'right' as const,
              render: (_: unknown, o: Sum) => cell(o, part),
            })),
            {
              title: t('whistle:score'),
              align: 'right',
              render: (_, o) =>
                o.score === null ? (
                  <span className="quiet">{t('whistle:no_data')}</span>
                ) : (
                  <span className="num">
                    {o.score.toFixed(1)} <span className="quiet">n={o.rated}</span>
                  </span>
                ),
            },
          ]}
        />
      )}
    </>
  );
}
