import { Button, Select, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { Gallery } from '@/shared/ui/Lightbox.tsx';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { useTitle } from '../shell/title.ts';
import { outcomes, usePages, type Visit } from './data.ts';

/** What was found at the doors, the newest first. */
export function VisitsPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  useTitle(t('rounds:tab.records'));
  const outcome = params.get('outcome') ?? undefined;
  const { list, rows } = usePages<Visit>('/visits', { outcome, home: params.get('home') ?? undefined });
  return (
    <>
      <header className="rounds-head">
        <h1>{t('rounds:tab.records')}</h1>
        <Select
          allowClear
          value={outcome}
          aria-label={t('rounds:col.outcome')}
          placeholder={t('rounds:col.outcome')}
          style={{ minWidth: 130 }}
          options={outcomes.map((o) => ({ value: o, label: t(`rounds:outcome.${o}`) }))}
          onChange={(v) => setParams(v ? { outcome: v } : {})}
        />
      </header>
      {list.error && !list.data ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : (
        <Table<Visit>
          size="small"
          rowKey="id"
          loading={list.isPending}
          dataSource={rows}
          pagination={false}
          scroll={{ x: 'max-content' }}
          locale={{
            emptyText: <EmptyNote title={t('rounds:no_visits')}>{t('rounds:no_visits_help')}</EmptyNote>,
          }}
          columns={[
            { title: t('rounds:col.at'), render: (_, v) => <Time at={v.at} /> },
            { title: t('rounds:col.place'), width: 240, render: (_, v) => v.place },
            {
              title: t('rounds:col.outcome'),
              render: (_, v) => (
                <>
                  <span
                    className={v.outcome === 'fine' ? 'tone-done' : v.outcome === 'found' ? 'tone-soon' : ''}
                  >
                    {t(`rounds:outcome.${v.outcome}`)}
                  </span>
                  {v.case ? (
                    <Link className="rounds-under" to={`/cases/${v.case}`}>
                      {t('rounds:its_case')}
                    </Link>
                  ) : null}
                </>
              ),
            },
            {
              title: t('rounds:col.said'),
              width: 360,
              render: (_, v) => (
                <>
                  {v.answers.map((a) => (
                    <span key={a.code} className="rounds-answer">
                      <span className="quiet">{a.question}</span> {a.text}
                    </span>
                  ))}
                  {v.note ? <span className="rounds-answer">{v.note}</span> : null}
                  {v.wish ? (
                    <span className="rounds-answer">
                      <span className="quiet">{t('rounds:wish')}</span> {v.wish}
                    </span>
                  ) : null}
                  {v.files ? <Gallery files={v.files} /> : null}
                </>
              ),
            },
            { title: t('rounds:col.by'), render: (_, v) => v.by },
          ]}
        />
      )}
      {list.hasNextPage ? (
        <Button block type="text" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('rounds:more')}
        </Button>
      ) : null}
    </>
  );
}
