import { useMutation } from '@tanstack/react-query';
import { Alert, App, Button, Table } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { addDays, dayText, today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { DayField } from '../admin/parts.tsx';
import { useTitle } from '../shell/title.ts';
import { type Pair, sendFile, useAgain, usePairs, useSummary, verdicts } from './data.ts';

interface Compared {
  day: number;
  counts: Record<string, number>;
}

/** Both sides of a day: what only they have, what only we have, what differs and why. */
export function Pairs() {
  const { t } = useTranslation();
  const { can } = useSession();
  const { message } = App.useApp();
  const again = useAgain();
  const [params] = useSearchParams();
  const [day, setDay] = useState(addDays(today(), -1));
  const upload = useRef<HTMLInputElement>(null);
  useTitle(t('hotline:pairs.title'));
  const verdict = params.get('verdict') ?? 'open';
  const summary = useSummary();
  const s = summary.data;
  const { list, rows } = usePairs({ verdict });
  const compared = (c: Compared) => {
    again();
    void message.success(
      t('hotline:pairs.compared', {
        day: dayText(c.day),
        equal: c.counts.equal ?? 0,
        differ: (c.counts.theirs ?? 0) + (c.counts.ours ?? 0) + (c.counts.differs ?? 0),
      }),
    );
  };
  const ask = useMutation({
    mutationFn: () => call<Compared>('POST', '/hotline/comparisons', { body: { day } }),
    onSuccess: compared,
  });
  const take = useMutation({
    mutationFn: (file: File) => sendFile<Compared>('/hotline/lists', { day }, file),
    onSuccess: compared,
  });
  const settle = useMutation({
    mutationFn: (p: Pair) =>
      call<Pair>('POST', '/hotline/pairs/settle', { body: { day: p.day, number: p.number } }),
    onSuccess: (p) => {
      again();
      void message.success(
        t(p.verdict === 'equal' ? 'hotline:pairs.settled' : 'hotline:pairs.sent', { number: p.number }),
      );
    },
  });
  const error = ask.error ?? take.error ?? settle.error;
  return (
    <>
      <header className="hotline-head">
        <h1>{t('hotline:pairs.title')}</h1>
        {can('case.import') ? (
          <span className="hotline-side">
            <DayField
              value={day}
              max={today()}
              allowClear={false}
              aria-label={t('hotline:pairs.day')}
              onChange={(d) => d && setDay(d)}
            />
            <Button loading={ask.isPending} onClick={() => ask.mutate()}>
              {t('hotline:pairs.ask')}
            </Button>
            <Button loading={take.isPending} onClick={() => upload.current?.click()}>
              {t('hotline:pairs.upload')}
            </Button>
            <input
              ref={upload}
              type="file"
              hidden
              accept=".xlsx,.csv,.jsonl,.gz"
              onChange={(e) => {
                const f = e.target.files?.[0];
                if (f) take.mutate(f);
                e.target.value = '';
              }}
            />
          </span>
        ) : null}
      </header>
      {error ? <ErrorNote error={error} /> : null}
      {s ? (
        <>
          <ul className="hotline-counts" aria-label={t('hotline:pairs.counts')}>
            <li>
              <Link to="?" aria-current={verdict === 'open' ? 'true' : undefined}>
                {t('hotline:pairs.open')} <span className="num">{s.unreconciled}</span>
              </Link>
            </li>
            {verdicts.map((v) => (
              <li key={v}>
                <Link to={`?verdict=${v}`} aria-current={verdict === v ? 'true' : undefined}>
                  {t(`hotline:verdict.${v}`)} <span className="num">{s.pairs[v] ?? 0}</span>
                </Link>
              </li>
            ))}
          </ul>
          <p className="quiet">{t('hotline:pairs.period', { from: dayText(s.from), to: dayText(s.to) })}</p>
        </>
      ) : null}
      {list.error && !list.data ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : (
        <Table<Pair>
          size="small"
          rowKey={(p) => `${p.day}:${p.number}`}
          loading={list.isPending}
          dataSource={rows}
          pagination={false}
          scroll={{ x: 'max-content' }}
          locale={{
            emptyText: (
              <EmptyNote title={t(verdict === 'open' ? 'hotline:pairs.none' : 'hotline:pairs.empty')}>
                {t('hotline:pairs.empty_help')}
              </EmptyNote>
            ),
          }}
          columns={[
            {
              title: t('hotline:pairs.day'),
              render: (_, p) => <span className="num">{dayText(p.day)}</span>,
            },
            {
              title: t('hotline:col.number'),
              render: (_, p) =>
                p.ours ? (
                  <Link
                    className="num"
                    to={`/hotline/orders?number=${encodeURIComponent(p.number)}&order=${p.ours.id}`}
                  >
                    {p.number}
                  </Link>
                ) : (
                  <span className="num">{p.number}</span>
                ),
            },
            { title: t('hotline:col.title'), width: 240, render: (_, p) => p.ours?.title || p.theirs?.title },
            {
              title: t('hotline:verdict.title'),
              render: (_, p) => (
                <span className={p.verdict === 'equal' ? 'tone-done' : 'tone-soon'}>
                  {t(`hotline:verdict.${p.verdict}`)}
                </span>
              ),
            },
            {
              title: t('hotline:pairs.reasons'),
              width: 260,
              render: (_, p) =>
                (p.reasons ?? []).map((r) => (
                  <div key={r.code}>
                    {t(`hotline:reasons.${r.code}`)}
                    {r.code === 'limit' ? (
                      <>
                        {' '}
                        <Time at={r.theirs} /> / <Time at={r.ours} />
                      </>
                    ) : null}
                  </div>
                )),
            },
            {
              title: t('hotline:pairs.theirs'),
              render: (_, p) => p.theirs?.status ?? <span className="quiet">—</span>,
            },
            {
              title: t('hotline:pairs.ours'),
              render: (_, p) =>
                p.ours ? (
                  <>
                    {t(`hotline:state.${p.ours.state}`)}
                    {p.ours.said ? ` · ${t(`hotline:said.${p.ours.said}`)}` : ''}
                  </>
                ) : (
                  <span className="quiet">—</span>
                ),
            },
            {
              title: t('hotline:pairs.do'),
              render: (_, p) =>
                p.can ? (
                  <Button
                    size="small"
                    loading={settle.isPending && settle.variables?.number === p.number}
                    onClick={() => settle.mutate(p)}
                  >
                    {t(`hotline:pairs.can.${p.can}`)}
                  </Button>
                ) : null,
            },
          ]}
        />
      )}
      {list.hasNextPage ? (
        <Button block type="text" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('hotline:more')}
        </Button>
      ) : null}
      <Alert className="gap-top" type="info" title={t('hotline:pairs.help')} />
    </>
  );
}
