import { useMutation } from '@tanstack/react-query';
import { App, Button, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { dayText } from '@/shared/time.ts';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useTitle } from '../shell/title.ts';
import { type Pair, useAgain, usePairs } from './data.ts';

/** Open needs with the resources that fit and why; a person makes the project. */
export function Matches() {
  const { t } = useTranslation();
  const { can } = useSession();
  const { message } = App.useApp();
  const pairs = usePairs();
  const again = useAgain();
  useTitle(t('partner:tab.matches'));
  const join = useMutation({
    mutationFn: (p: Pair) =>
      call('POST', '/partners/matches', {
        body: { need: p.need.id, resource: p.resource.id },
        key: uuidv7(),
      }),
    onSuccess: (_, p) => {
      void message.success(t('partner:joined', { need: p.need.title, org: p.resource.org ?? '' }));
      again();
    },
  });
  return (
    <>
      <header className="joint-head">
        <h1>{t('partner:tab.matches')}</h1>
        <span className="quiet">{t('partner:matches_help')}</span>
      </header>
      {join.error ? <ErrorNote error={join.error} retry={again} /> : null}
      {pairs.error ? (
        <ErrorNote error={pairs.error} retry={() => void pairs.refetch()} />
      ) : (
        <Table<Pair>
          size="small"
          rowKey={(p) => `${p.need.id}-${p.resource.id}`}
          loading={pairs.isPending}
          dataSource={pairs.data}
          pagination={false}
          scroll={{ x: 'max-content' }}
          locale={{
            emptyText: <EmptyNote title={t('partner:no_pairs')}>{t('partner:no_pairs_help')}</EmptyNote>,
          }}
          columns={[
            {
              title: t('partner:col.need'),
              width: 240,
              render: (_, p) => (
                <>
                  {p.need.title}
                  <div className="quiet">
                    {p.need.place}
                    {p.need.people ? ` · ${t('partner:people', { count: p.need.people })}` : ''}
                    {p.need.until ? ` · ${t('partner:until', { day: dayText(p.need.until) })}` : ''}
                  </div>
                </>
              ),
            },
            {
              title: t('partner:col.resource'),
              width: 260,
              render: (_, p) => (
                <>
                  {p.resource.title}
                  <div className="quiet">{p.resource.org}</div>
                </>
              ),
            },
            {
              title: t('partner:col.why'),
              width: 280,
              render: (_, p) => (p.reasons ?? []).join(t('partner:comma')),
            },
            ...(can('partner.write')
              ? [
                  {
                    title: t('partner:col.do'),
                    render: (_: unknown, p: Pair) => (
                      <Button
                        size="small"
                        aria-label={t('partner:join_these', {
                          need: p.need.title,
                          resource: p.resource.title,
                        })}
                        loading={join.isPending && join.variables === p}
                        onClick={() => join.mutate(p)}
                      >
                        {t('partner:join')}
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
    </>
  );
}
