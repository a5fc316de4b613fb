import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Segmented, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { exact } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';

interface Item {
  id: number;
  channel: string;
  topic: string;
  case_id?: number;
  state: 'waiting' | 'sent' | 'given_up';
  attempts: number;
  next_at?: string;
  made_at: string;
  done_at?: string;
  receipt?: string;
  error?: string;
}
interface Page {
  items: Item[];
  totals: { channel: string; open: boolean; waiting: number; sent: number; given_up: number }[];
  next: string;
}

const states = ['given_up', 'waiting', 'sent'] as const;

/** What was said to the outside, what waits and what could not be sent. */
export function OutboxPage() {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const { can } = useSession();
  const client = useQueryClient();
  const [params, setParams] = useSearchParams();
  const state = states.find((s) => s === params.get('state')) ?? 'given_up';
  const channel = params.get('channel') ?? undefined;
  const [chosen, setChosen] = useState<number[]>([]);
  const list = useInfiniteQuery({
    queryKey: ['outbox', state, channel],
    queryFn: ({ pageParam, signal }) =>
      call<Page>('GET', '/outbox', { query: { state, channel, cursor: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: (p) => p.next || undefined,
    refetchInterval: 15_000,
  });
  const again = useMutation({
    mutationFn: (ids: number[]) => call<{ count: number }>('POST', '/outbox/again', { body: { ids } }),
    onSuccess: (r) => {
      void message.success(t('admin:outbox.again_done', { count: r.count }));
      setChosen([]);
    },
    onSettled: () => void client.invalidateQueries({ queryKey: ['outbox'] }),
  });
  const set = (more: Record<string, string | undefined>) => {
    setChosen([]);
    setParams((p) => {
      for (const [k, v] of Object.entries(more)) {
        if (v) p.set(k, v);
        else p.delete(k);
      }
      return p;
    });
  };
  const channelName = (c: string) => t(`admin:outbox.channel.${c}`, { defaultValue: c });
  const totals = list.data?.pages[0]?.totals ?? [];
  const items = (list.data?.pages ?? []).flatMap((p) => p.items);
  const sum = (s: (typeof states)[number]) => totals.reduce((n, x) => n + x[s], 0);
  return (
    <>
      <header className="admin-head">
        <h1>{t('admin:page.outbox')}</h1>
        <Segmented
          value={state}
          onChange={(s) => set({ state: s })}
          options={states.map((s) => ({
            value: s,
            label: t(`admin:outbox.state.${s}`, { count: sum(s) }),
          }))}
        />
        {chosen.length > 0 ? (
          <Button type="primary" loading={again.isPending} onClick={() => again.mutate(chosen)}>
            {t('admin:outbox.again', { count: chosen.length })}
          </Button>
        ) : null}
      </header>
      {again.error ? <ErrorNote error={again.error} /> : null}
      {totals.length > 0 ? (
        <ul className="outbox-totals" aria-label={t('admin:outbox.channels')}>
          <li>
            <button
              type="button"
              className="link"
              aria-pressed={!channel}
              onClick={() => set({ channel: undefined })}
            >
              {t('admin:outbox.all')}
            </button>
          </li>
          {totals.map((x) => (
            <li key={x.channel}>
              <button
                type="button"
                className="link"
                aria-pressed={channel === x.channel}
                onClick={() => set({ channel: x.channel })}
              >
                {channelName(x.channel)}
              </button>{' '}
              <span className="quiet">
                {t('admin:outbox.total', { waiting: x.waiting, sent: x.sent, given_up: x.given_up })}
                {x.open ? '' : t('admin:outbox.closed')}
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      {list.isPending ? (
        <Loading />
      ) : list.error && !list.data ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : items.length === 0 ? (
        <EmptyNote title={t(`admin:outbox.none.${state}`)}>{t('admin:outbox.none_why')}</EmptyNote>
      ) : (
        <Table<Item>
          size="small"
          rowKey="id"
          dataSource={items}
          pagination={false}
          scroll={{ x: 720 }}
          rowSelection={
            state === 'sent'
              ? undefined
              : { selectedRowKeys: chosen, onChange: (keys) => setChosen(keys.map(Number).slice(0, 200)) }
          }
          columns={[
            {
              title: t('admin:outbox.made'),
              dataIndex: 'made_at',
              width: 150,
              render: (at: string) => exact(at),
            },
            { title: t('admin:outbox.by'), dataIndex: 'channel', width: 110, render: channelName },
            {
              title: t('admin:outbox.what'),
              dataIndex: 'topic',
              width: 170,
              render: (topic: string, m) => (
                <>
                  {t(`admin:outbox.topic.${topic.replaceAll('.', '_')}`, { defaultValue: topic })}{' '}
                  {m.case_id && can('case.read') ? (
                    <Link to={`/cases/${m.case_id}`}>{t('admin:outbox.case')}</Link>
                  ) : null}
                </>
              ),
            },
            { title: t('admin:outbox.attempts'), dataIndex: 'attempts', width: 80, align: 'right' },
            {
              title: t('admin:outbox.became'),
              key: 'became',
              render: (_, m) => (
                <span className="wrap">
                  {m.state === 'sent' && m.done_at
                    ? t('admin:outbox.sent_at', { at: exact(m.done_at) })
                    : null}
                  {m.receipt ? ` ${t('admin:outbox.receipt', { receipt: m.receipt })}` : null}
                  {m.error ? t('admin:outbox.failed', { error: m.error }) : null}
                  {m.state === 'waiting' && m.next_at && m.attempts > 0
                    ? ` ${t('admin:outbox.next', { at: exact(m.next_at) })}`
                    : null}
                </span>
              ),
            },
          ]}
        />
      )}
      {list.hasNextPage ? (
        <p>
          <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t('common:do.more')}
          </Button>
        </p>
      ) : null}
    </>
  );
}
