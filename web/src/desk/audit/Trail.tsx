import { useInfiniteQuery } from '@tanstack/react-query';
import { Button, DatePicker, InputNumber, Select } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import type { AuditEntry } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { dayOf, dayText, exact, today } from '@/shared/time.ts';
import { AccountSelect } from '@/shared/ui/pick.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { type Filter, lineOf, objects, pairsOf, parseFilter, writeFilter } from './say.ts';

function Entry({ e, filter, set }: { e: AuditEntry; filter: Filter; set: (f: Filter) => void }) {
  const { t } = useTranslation();
  const { can } = useSession();
  const [open, setOpen] = useState(false);
  const l = lineOf(e, t);
  const pairs = pairsOf(e.detail);
  const same = filter.object === e.object && filter.object_id === e.object_id;
  return (
    <li className="entry">
      <time dateTime={e.at} className="entry-at num">
        {exact(e.at)}
      </time>
      <div>
        {e.actor?.id && filter.account !== e.actor.id ? (
          <button
            type="button"
            className="link"
            title={t('audit:only_account')}
            onClick={() => set({ ...filter, account: e.actor?.id })}
          >
            {l.who}
          </button>
        ) : (
          <span>{l.who}</span>
        )}{' '}
        <b>{l.did}</b>{' '}
        {e.object && e.object_id && !same ? (
          <button
            type="button"
            className="link"
            title={t('audit:only_object')}
            onClick={() => set({ ...filter, object: e.object, object_id: e.object_id })}
          >
            {l.what}
          </button>
        ) : (
          l.what
        )}
        {e.object === 'case' && e.object_id && can('case.read') ? (
          <>
            {' '}
            <Link to={`/cases/${e.object_id}`}>{t('audit:open_case')}</Link>
          </>
        ) : null}
        {open ? (
          <dl className="entry-detail">
            {pairs.map(([k, v]) => (
              <div key={k + v}>
                <dt>{k}</dt>
                <dd>{v}</dd>
              </div>
            ))}
            <div>
              <dt>{t('audit:place')}</dt>
              <dd className="num">
                {e.chain ?? 0} / {e.idx}
              </dd>
            </div>
            <div>
              <dt>{t('audit:code')}</dt>
              <dd>{e.action}</dd>
            </div>
          </dl>
        ) : null}
      </div>
      <Button type="text" size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? t('audit:less') : t('audit:detail')}
      </Button>
    </li>
  );
}

/** Who did what, by account, object and time. */
export function Trail() {
  const { t } = useTranslation();
  const { can } = useSession();
  const [params, setParams] = useSearchParams();
  const filter = parseFilter(params);
  const set = (f: Filter) => setParams(writeFilter(f));
  const list = useInfiniteQuery({
    queryKey: ['audit', writeFilter(filter).toString()],
    queryFn: ({ pageParam, signal }) =>
      call<{ items: AuditEntry[] | null; next?: string }>('GET', '/audit', {
        query: { ...filter, cursor: pageParam },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (p) => p.next || undefined,
  });
  const items = (list.data?.pages ?? []).flatMap((p) => p.items ?? []);
  const any = Object.values(filter).some(Boolean);
  return (
    <section aria-label={t('audit:trail')}>
      <div className="audit-filter">
        {can('account.read') ? (
          <div className="field">
            <span>{t('audit:account')}</span>
            <AccountSelect
              value={filter.account}
              onChange={(account) => set({ ...filter, account })}
              aria-label={t('audit:account')}
            />
          </div>
        ) : (
          <div className="field">
            <span>{t('audit:account')}</span>
            <InputNumber
              className="wide"
              aria-label={t('audit:account')}
              controls={false}
              value={filter.account}
              onChange={(v) => set({ ...filter, account: v ?? undefined })}
              placeholder={t('audit:account_id')}
            />
          </div>
        )}
        <div className="field">
          <span>{t('audit:object_kind')}</span>
          <Select
            allowClear
            className="wide"
            aria-label={t('audit:object_kind')}
            value={filter.object}
            onChange={(object) => set({ ...filter, object, object_id: undefined })}
            placeholder={t('audit:any')}
            options={objects.map((o) => ({ value: o, label: t(`audit:object.${o}`) }))}
          />
        </div>
        <div className="field">
          <span>{t('audit:object_id')}</span>
          <InputNumber
            className="wide"
            aria-label={t('audit:object_id')}
            controls={false}
            precision={0}
            min={1}
            value={filter.object_id}
            disabled={!filter.object}
            onChange={(v) => set({ ...filter, object_id: v ?? undefined })}
            placeholder={t('audit:any')}
          />
        </div>
        <div className="field">
          <span>{t('audit:days')}</span>
          <DatePicker.RangePicker
            className="wide"
            aria-label={t('audit:days')}
            allowEmpty={[true, true]}
            maxDate={dayjs(dayText(today()))}
            value={[
              filter.from ? dayjs(dayText(filter.from)) : null,
              filter.to ? dayjs(dayText(filter.to)) : null,
            ]}
            onChange={(r) =>
              set({
                ...filter,
                from: r?.[0] ? dayOf(r[0].format('YYYYMMDD')) : undefined,
                to: r?.[1] ? dayOf(r[1].format('YYYYMMDD')) : undefined,
              })
            }
          />
        </div>
        {any ? <Button onClick={() => set({})}>{t('common:do.clear')}</Button> : null}
      </div>
      {list.error && !list.data ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : list.isPending ? (
        <Loading rows={10} />
      ) : items.length === 0 ? (
        <EmptyNote title={t('audit:none')}>{any ? t('audit:none_filter') : t('audit:none_why')}</EmptyNote>
      ) : (
        <>
          <ol className="entries">
            {items.map((e) => (
              <Entry key={`${e.chain}:${e.idx}`} e={e} filter={filter} set={set} />
            ))}
          </ol>
          {list.hasNextPage ? (
            <Button
              block
              type="text"
              loading={list.isFetchingNextPage}
              onClick={() => void list.fetchNextPage()}
            >
              {t('audit:more')}
            </Button>
          ) : (
            <p className="quiet audit-end">{t('audit:end')}</p>
          )}
        </>
      )}
    </section>
  );
}
