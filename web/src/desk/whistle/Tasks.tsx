import { Segmented, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { dayText } from '@/shared/time.ts';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { type Task, useTasks } from './data.ts';

/** What joint meetings decided, the next due first. */
export function Tasks() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  useTitle(t('whistle:tab.decisions'));
  const all = params.get('all') === 'true';
  const q = useTasks({ open: all ? undefined : true, org: params.get('org') ?? undefined });
  return (
    <>
      <header className="joint-head">
        <h1>{t('whistle:tab.decisions')}</h1>
        <Segmented
          value={all ? 'all' : 'open'}
          aria-label={t('whistle:col.state')}
          options={[
            { value: 'open', label: t('whistle:task.only_open') },
            { value: 'all', label: t('whistle:task.all') },
          ]}
          onChange={(v) => setParams(v === 'all' ? { all: 'true' } : {})}
        />
      </header>
      {q.error ? (
        <ErrorNote error={q.error} retry={() => void q.refetch()} />
      ) : (
        <Table<Task>
          size="small"
          rowKey="id"
          loading={q.isPending}
          dataSource={q.data}
          pagination={false}
          scroll={{ x: 'max-content' }}
          locale={{
            emptyText: <EmptyNote title={t('whistle:task.empty')}>{t('whistle:task.empty_help')}</EmptyNote>,
          }}
          columns={[
            {
              title: t('whistle:task.title'),
              width: 300,
              render: (_, k) => <Link to={`/whistles/meetings?meeting=${k.meeting}`}>{k.title}</Link>,
            },
            { title: t('whistle:task.owner'), width: 240, render: (_, k) => k.org.name },
            {
              title: t('whistle:task.due'),
              render: (_, k) => (
                <span className={k.late ? 'tone-overdue num' : 'num'}>
                  {dayText(k.due)}
                  {k.late ? ` · ${t('whistle:task.late')}` : ''}
                </span>
              ),
            },
            { title: t('whistle:col.state'), render: (_, k) => t(`whistle:task.state.${k.state}`) },
            { title: t('whistle:task.of'), width: 260, render: (_, k) => k.of },
          ]}
        />
      )}
    </>
  );
}
