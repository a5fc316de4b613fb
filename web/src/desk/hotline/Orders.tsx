import { UploadOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Input, Modal, Table } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import type { Status } from '@/shared/api.ts';
import { useSession } from '@/shared/session.tsx';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { StatusWord, Time } from '@/shared/ui/words.tsx';
import { useTitle } from '../shell/title.ts';
import { type Fault, type OrderItem, sendFile, states, useAgain, useOrders, useSummary } from './data.ts';
import { OrderPanel } from './OrderPanel.tsx';

interface FileAnswer {
  rows: number;
  taken: number;
  history: number;
  known: number;
  failed: number;
  dry_run: boolean;
  errors: (Fault & { row: number; column?: string })[] | null;
  errors_not_shown?: number;
}

/** A file of orders: checked first if wished, then taken in; every row that cannot be read is named. */
function FileForm({ done }: { done: () => void }) {
  const { t, i18n } = useTranslation();
  const again = useAgain();
  const [file, setFile] = useState<File>();
  const [dry, setDry] = useState(true);
  const send = useMutation({
    mutationFn: () => sendFile<FileAnswer>('/hotline/files', { dry_run: dry }, file as File),
    onSuccess: again,
  });
  const out = send.data;
  return (
    <Modal open title={t('hotline:file.title')} onCancel={done} footer={null} width={720}>
      <p className="quiet">{t('hotline:file.help')}</p>
      <p>
        <input
          type="file"
          accept=".xlsx,.csv,.jsonl,.gz"
          aria-label={t('hotline:file.pick')}
          onChange={(e) => {
            setFile(e.target.files?.[0]);
            send.reset();
          }}
        />
      </p>
      <p>
        <Checkbox checked={dry} onChange={(e) => setDry(e.target.checked)}>
          {t('hotline:file.dry')}
        </Checkbox>
      </p>
      <Button type="primary" disabled={!file} loading={send.isPending} onClick={() => send.mutate()}>
        {t(dry ? 'hotline:file.check' : 'hotline:file.take')}
      </Button>
      {send.error ? <ErrorNote error={send.error} /> : null}
      {out ? (
        <>
          <Alert
            className="gap-top"
            type={out.failed ? 'warning' : 'success'}
            title={t(out.dry_run ? 'hotline:file.would' : 'hotline:file.did', {
              rows: out.rows,
              taken: out.taken,
              history: out.history,
              known: out.known,
              failed: out.failed,
            })}
          />
          {out.errors?.length ? (
            <Table
              size="small"
              rowKey={(e) => `${e.row}:${e.field}`}
              dataSource={out.errors}
              pagination={out.errors.length > 20 ? { pageSize: 20 } : false}
              columns={[
                { title: t('hotline:file.row'), dataIndex: 'row', align: 'right' },
                { title: t('hotline:file.column'), render: (_, e) => e.column || e.field },
                {
                  title: t('hotline:file.why'),
                  render: (_, e) => (i18n.language === 'en' ? e.english : e.message),
                },
              ]}
            />
          ) : null}
          {out.errors_not_shown ? (
            <p className="quiet">{t('hotline:file.more', { count: out.errors_not_shown })}</p>
          ) : null}
        </>
      ) : null}
    </Modal>
  );
}

export function Orders() {
  const { t } = useTranslation();
  const { can } = useSession();
  const { message } = App.useApp();
  const [params, setParams] = useSearchParams();
  const [filing, setFiling] = useState(false);
  useTitle(t('hotline:orders.title'));
  const get = (k: string) => params.get(k) ?? undefined;
  const summary = useSummary();
  const query = {
    state: get('state'),
    rule: get('rule'),
    attention: get('attention') === 'true' || undefined,
    late: get('late') === 'true' || undefined,
    number: get('number'),
    from: get('from'),
    to: get('to'),
  };
  const { list, rows } = useOrders(query);
  const open = Number(get('order')) || undefined;
  const to = (with_: Record<string, string>) => `?${new URLSearchParams(with_).toString()}`;
  const s = summary.data;
  const choose = (id?: number) => {
    const next = new URLSearchParams(params);
    if (id) next.set('order', String(id));
    else next.delete('order');
    setParams(next);
  };
  // What is empty and not asked for is not worth a place.
  const chip = (key: string, with_: Record<string, string>, label: string, n: number, always = false) =>
    n === 0 && !always && !Object.entries(with_).every(([k, v]) => get(k) === v) ? null : (
      <li key={key}>
        <Link
          to={to(with_)}
          aria-current={
            Object.entries(with_).every(([k, v]) => get(k) === v) && Object.keys(with_).length > 0
              ? 'true'
              : undefined
          }
        >
          {label} <span className="num">{n.toLocaleString('en')}</span>
        </Link>
      </li>
    );
  return (
    <>
      <header className="hotline-head">
        <h1>{t('hotline:orders.title')}</h1>
        <Input.Search
          allowClear
          className="hotline-find"
          style={{ maxWidth: 260 }}
          defaultValue={query.number}
          placeholder={t('hotline:orders.find')}
          aria-label={t('hotline:orders.find')}
          onSearch={(v) => setParams(v.trim() ? { number: v.trim() } : {})}
        />
        <span className="hotline-side">
          {can('case.import') ? (
            <Button icon={<UploadOutlined aria-hidden />} onClick={() => setFiling(true)}>
              {t('hotline:file.open')}
            </Button>
          ) : null}
        </span>
      </header>
      {s ? (
        <ul className="hotline-counts" aria-label={t('hotline:orders.counts')}>
          <li>
            <Link to="?" aria-current={params.size === 0 ? 'true' : undefined}>
              {t('hotline:orders.all')}
            </Link>
          </li>
          {states.map((x) =>
            chip(
              x,
              { state: x, from: String(s.from), to: String(s.to) },
              t(`hotline:state.${x}`),
              s.states[x] ?? 0,
              x === 'waiting' || x === 'proposed' || x === 'taken',
            ),
          )}
          {chip('attention', { attention: 'true' }, t('hotline:orders.attention'), s.attention)}
          {chip('late', { late: 'true' }, t('hotline:orders.late'), s.late)}
          {(s.rules ?? []).map((r) =>
            chip(`rule-${r.rule}`, { rule: r.rule }, t('hotline:orders.rule', { name: r.name }), r.n),
          )}
        </ul>
      ) : null}
      {list.error && !list.data ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : (
        <div className={open ? 'hotline-beside open' : 'hotline-beside'}>
          <div>
            <Table<OrderItem>
              size="small"
              rowKey="id"
              loading={list.isPending}
              dataSource={rows}
              pagination={false}
              scroll={{ x: 'max-content' }}
              rowClassName={(o) => (o.id === open ? 'row-chosen' : '')}
              locale={{
                emptyText: (
                  <EmptyNote title={t('hotline:orders.empty')}>{t('hotline:orders.empty_help')}</EmptyNote>
                ),
              }}
              columns={[
                {
                  title: t('hotline:col.number'),
                  render: (_, o) => (
                    <button type="button" className="link num" onClick={() => choose(o.id)}>
                      {o.number}
                    </button>
                  ),
                },
                {
                  title: t('hotline:col.title'),
                  width: 260,
                  render: (_, o) => o.title || <span className="quiet">{t('hotline:no_title')}</span>,
                },
                {
                  title: t('hotline:col.state'),
                  render: (_, o) => (
                    <>
                      {t(`hotline:state.${o.state}`)}
                      {o.attention ? (
                        <span className="tone-soon"> · {t(`hotline:wants.${o.attention}`)}</span>
                      ) : null}
                    </>
                  ),
                },
                {
                  title: t('hotline:col.case'),
                  render: (_, o) =>
                    o.case_id ? (
                      <>
                        <Link to={`/cases/${o.case_id}`} className="num">
                          {o.case_number}
                        </Link>{' '}
                        {o.case_status ? <StatusWord status={o.case_status as Status} /> : null}
                      </>
                    ) : (
                      <span className="quiet">—</span>
                    ),
                },
                { title: t('hotline:col.their_due'), render: (_, o) => <Time at={o.their_due} /> },
                { title: t('hotline:col.our_due'), render: (_, o) => <Time at={o.our_due} /> },
                {
                  title: t('hotline:col.said'),
                  render: (_, o) =>
                    o.said ? (
                      <>
                        {t(`hotline:said.${o.said}`)}{' '}
                        <span className={o.acked ? 'tone-done' : 'tone-soon'}>
                          {t(o.acked ? 'hotline:acked' : 'hotline:unacked')}
                        </span>
                      </>
                    ) : (
                      <span className="quiet">—</span>
                    ),
                },
                { title: t('hotline:col.received'), render: (_, o) => <Time at={o.received_at} /> },
              ]}
            />
            {list.hasNextPage ? (
              <Button
                block
                type="text"
                loading={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
              >
                {t('hotline:more')}
              </Button>
            ) : null}
          </div>
          {open ? (
            <OrderPanel
              key={open}
              id={open}
              close={() => choose()}
              done={(text) => void message.success(text)}
            />
          ) : null}
        </div>
      )}
      {filing ? <FileForm done={() => setFiling(false)} /> : null}
    </>
  );
}
