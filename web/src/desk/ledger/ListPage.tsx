import { DownloadOutlined, PlusOutlined, ReloadOutlined, TableOutlined } from '@ant-design/icons';
import { App, Button, Checkbox, Dropdown, Input, type InputRef, Popover, Tooltip } from 'antd';
import { lazy, Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useNavigate, useSearchParams } from 'react-router';
import { apiBase } from '@/shared/api.ts';
import { pressName, typing } from '@/shared/keys.ts';
import { useSession } from '@/shared/session.tsx';
import { useNarrow } from '@/shared/theme.tsx';
import { hhmm, partsAt } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { columnsOf, firstColumns, keepColumns, keptColumns, place, updated } from './columns.ts';
import { useRow, useRows } from './data.ts';
import { FilterLine } from './FilterLine.tsx';
import { type Filter, parseFilter, writeFilter } from './filter.ts';
import type { Values } from './form.ts';
import { fieldOf, named, pathOf, type Register } from './model.ts';
import { RowPanel } from './RowPanel.tsx';
import { RowTable } from './RowTable.tsx';
import { Views } from './Views.tsx';

const RowForm = lazy(() => import('./RowForm.tsx'));

/** The list of a register with the row that is open beside it; the address bar holds all of it. */
export function ListPage({ r }: { r: Register }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const { can } = useSession();
  const narrow = useNarrow();
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  /** What the page that led here knows of a new row. */
  const begin = (useLocation().state as { begin?: Values } | null)?.begin;
  useTitle(r.name);

  const filterText = writeFilter(parseFilter(params, r)).toString();
  const filter = useMemo(() => parseFilter(new URLSearchParams(filterText), r), [filterText, r]);
  const openId = Number(params.get('row')) || undefined;
  const adding = params.get('row') === 'new' && r.may.write;
  const editing = !!openId && params.has('edit') && r.may.write;
  const split = !!openId || adding;

  const [phone, setPhone] = useState('');
  const [cursor, setCursor] = useState<number | undefined>(openId);
  const [kept, setKept] = useState(() => keptColumns(r));
  const [filterOpen, setFilterOpen] = useState(false);
  const [round, setRound] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const search = useRef<InputRef>(null);
  const [room, setRoom] = useState(1200);
  useLayoutEffect(() => {
    const el = scroller.current;
    if (!el) return;
    const watch = new ResizeObserver(() => setRoom(el.clientWidth));
    watch.observe(el);
    setRoom(el.clientWidth);
    return () => watch.disconnect();
  }, []);

  const list = useRows(r.code, filter, phone || undefined);
  const { rows } = list;
  const open = useRow(r.code, editing ? openId : undefined);

  // The address bar is read afresh each time: two quick keys must not both start from the same state.
  const change = useCallback(
    (f: (p: URLSearchParams) => void, replace = true) => {
      const p = new URLSearchParams(window.location.search);
      f(p);
      setParams(p, { replace });
    },
    [setParams],
  );
  const setFilter = (f: Filter, replace = false) => {
    const p = writeFilter(f);
    if (openId) p.set('row', String(openId));
    setParams(p, { replace });
  };
  const apply = (text: string) => setParams(writeFilter(parseFilter(new URLSearchParams(text), r)));
  const show = useCallback(
    (id: number) => {
      setCursor(id);
      change((p) => {
        p.set('row', String(id));
        p.delete('edit');
      }, openId !== undefined);
    },
    [change, openId],
  );
  const close = useCallback(() => {
    change((p) => {
      p.delete('row');
      p.delete('edit');
      p.delete('above');
    });
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
  }, [change]);
  const add = () =>
    change((p) => {
      p.set('row', 'new');
      p.delete('edit');
    }, false);
  const edit = useMemo(() => {
    const p = writeFilter(filter);
    p.set('row', String(openId));
    p.set('edit', '1');
    return `?${p}`;
  }, [filter, openId]);

  const go = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    setCursor(row.id);
    const el = body.current?.querySelector<HTMLElement>(`[data-id="${row.id}"]`);
    el?.focus({ preventScroll: true });
    el?.scrollIntoView({ block: 'nearest' });
    if (openId && !editing && !narrow) change((p) => p.set('row', String(row.id)));
  };

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const target = e.target as HTMLElement;
      if (target.closest('.ant-modal, .ant-dropdown, .ant-select-dropdown, .ant-drawer, .ant-popover'))
        return;
      const name = pressName(e);
      if (
        name === 'Escape' &&
        (editing || adding) &&
        !e.defaultPrevented &&
        !target.closest('.ant-select-open')
      ) {
        if (editing) change((p) => p.delete('edit'));
        else close();
        return;
      }
      if (typing(target) || filterOpen) return;
      const inRows = !!target.closest('tbody');
      const free = inRows || target === document.body || target.id === 'main';
      const at = rows.findIndex((i) => i.id === cursor);
      const does: Record<string, (() => void) | undefined> = {
        '/': () => search.current?.focus({ cursor: 'all' }),
        j: () => go(at + 1),
        k: () => go(at < 0 ? 0 : at - 1),
        ArrowDown: free ? () => go(at + 1) : undefined,
        ArrowUp: free ? () => go(at < 0 ? 0 : at - 1) : undefined,
        Home: inRows ? () => go(0) : undefined,
        End: inRows ? () => go(rows.length - 1) : undefined,
        Enter: free
          ? () => rows[Math.max(0, at)] && show((rows[Math.max(0, at)] as { id: number }).id)
          : undefined,
        Escape: openId ? close : undefined,
        e: () => {
          if (!r.may.write || editing || adding) return;
          const id = openId ?? cursor;
          if (!id) void message.info(t('ledger:none_chosen'));
          else
            change((p) => {
              p.set('row', String(id));
              p.set('edit', '1');
            }, false);
        },
        i: r.may.write ? add : undefined,
        l: () => list.hasNextPage && void list.fetchNextPage(),
        q: () => setFilterOpen(true),
        '.': () => void list.refetch(),
      };
      const act = does[name];
      if (!act) return;
      e.preventDefault();
      // "/" would go on to the search in the top bar.
      e.stopPropagation();
      act();
    };
    window.addEventListener('keydown', onKey, true);
    return () => window.removeEventListener('keydown', onKey, true);
  });

  const columns = useMemo(() => kept ?? firstColumns(r, narrow ? 2000 : room), [kept, r, room, narrow]);
  const choose = (next: string[] | undefined) => {
    const ordered = next && columnsOf(r).filter((k) => next.includes(k));
    setKept(ordered);
    keepColumns(r, ordered);
  };
  const label = (k: string) =>
    k === place
      ? t('ledger:column.place')
      : k === updated
        ? t('ledger:column.updated')
        : (fieldOf(r, k)?.label ?? k);
  /** The rows of the filter as a file; a telephone number looked for does not go into an address. */
  const file = (format: string) =>
    `${apiBase}${pathOf(r.code)}/export?${new URLSearchParams([
      ['format', format],
      ...(r.form ? [['where', `form=${r.form}`]] : []),
    ])}&${filterText}`;
  const searched = r.fields.filter((f) => f.search && f.kind !== 'personal');
  const above = r.tree && params.get('above');
  const preset: Values | undefined =
    above && r.tree ? { [r.tree]: { id: Number(above), name: above } } : begin;
  const aboveName = rows.find((i) => String(i.id) === above)?.label;
  if (above && preset && aboveName) (named(preset[r.tree as string]) as { name: string }).name = aboveName;

  return (
    <main className={split ? 'cases cases-split ledger' : 'cases ledger'} id="main" tabIndex={-1}>
      <section className="cases-list" aria-label={r.name}>
        <div className="ledger-head">
          <p className="crumb">
            <Link to="/ledger">{t('ledger:title')}</Link>
          </p>
          <h1>{r.name}</h1>
          <Views r={r} filterText={filterText} />
          {searched.length ? (
            <Input.Search
              ref={search}
              className="ledger-search"
              allowClear
              maxLength={200}
              key={filter.q ?? ''}
              defaultValue={filter.q}
              aria-label={t('ledger:search.label', {
                fields: searched.map((f) => f.label).join(t('ledger:list_and')),
              })}
              aria-keyshortcuts="/"
              placeholder={t('ledger:search.hint', {
                fields: searched
                  .slice(0, 3)
                  .map((f) => f.label)
                  .join(t('ledger:list_and')),
              })}
              onSearch={(q) =>
                q.trim() !== (filter.q ?? '') && setFilter({ ...filter, q: q.trim() || undefined })
              }
              onKeyDown={(e) => {
                if (e.key === 'Escape') search.current?.blur();
              }}
            />
          ) : null}
        </div>
        <div className="cases-head">
          <FilterLine
            r={r}
            filter={filter}
            rows={rows}
            onChange={setFilter}
            apply={apply}
            phone={phone}
            onPhone={r.fields.some((f) => f.kind === 'personal') ? setPhone : undefined}
            open={filterOpen}
            setOpen={setFilterOpen}
          />
          <div className="cases-tools">
            <span className="quiet num">
              {list.dataUpdatedAt ? t('cases:as_of', { time: hhmm(partsAt(list.dataUpdatedAt, 480)) }) : ''}
            </span>
            <Tooltip title={t('ledger:refresh')}>
              <Button
                type="text"
                icon={<ReloadOutlined spin={list.isRefetching} />}
                aria-label={t('ledger:refresh')}
                onClick={() => void list.refetch()}
              />
            </Tooltip>
            {narrow ? null : (
              <Popover
                trigger="click"
                placement="bottomRight"
                content={
                  <div className="column-choice">
                    <Checkbox.Group
                      className="stacked"
                      value={columns}
                      options={columnsOf(r).map((k) => ({ value: k, label: label(k) }))}
                      onChange={(v) => choose(v as string[])}
                    />
                    <Button size="small" disabled={!kept} onClick={() => choose(undefined)}>
                      {t('ledger:column.usual')}
                    </Button>
                  </div>
                }
              >
                <Tooltip title={t('cases:columns')}>
                  <Button type="text" icon={<TableOutlined />} aria-label={t('cases:columns')} />
                </Tooltip>
              </Popover>
            )}
            <Dropdown
              trigger={['click']}
              placement="bottomRight"
              menu={{
                items: [
                  {
                    key: 'xlsx',
                    label: (
                      <a href={file('xlsx')} download>
                        {t('ledger:export.xlsx')}
                      </a>
                    ),
                  },
                  {
                    key: 'csv',
                    label: (
                      <a href={file('csv')} download>
                        {t('ledger:export.csv')}
                      </a>
                    ),
                  },
                  {
                    key: 'print',
                    label: (
                      <a href={file('html')} target="_blank" rel="noreferrer">
                        {t('ledger:export.print')}
                      </a>
                    ),
                  },
                  ...(can('figure.read')
                    ? [
                        {
                          key: 'report',
                          label: t('ledger:export.report'),
                          onClick: () => navigate(`/reports/own/new?register=${r.code}&${filterText}`),
                        },
                      ]
                    : []),
                  ...(r.may.write
                    ? [
                        { type: 'divider' as const },
                        {
                          key: 'import',
                          label: t('ledger:import.do'),
                          onClick: () => navigate(`/ledger/${r.code}/import`),
                        },
                      ]
                    : []),
                ],
              }}
            >
              <Tooltip title={t('ledger:export.title')}>
                <Button type="text" icon={<DownloadOutlined />} aria-label={t('ledger:export.title')} />
              </Tooltip>
            </Dropdown>
          </div>
        </div>
        <div className="cases-scroll" ref={scroller}>
          {list.error && !rows.length ? (
            <div className="pad">
              <ErrorNote error={list.error} retry={() => void list.refetch()} />
            </div>
          ) : list.isPending ? (
            <Loading rows={12} />
          ) : rows.length === 0 ? (
            <EmptyNote title={filterText || phone ? t('ledger:empty.filtered') : t('ledger:empty.title')}>
              {filterText || phone ? (
                <Button
                  onClick={() => {
                    setPhone('');
                    setFilter({ where: [] });
                  }}
                >
                  {t('cases:empty.clear')}
                </Button>
              ) : (
                <p>
                  {t(r.may.write ? 'ledger:empty.write' : 'ledger:empty.read')}{' '}
                  {r.may.write ? <Link to={`/ledger/${r.code}/import`}>{t('ledger:import.do')}</Link> : null}
                </p>
              )}
            </EmptyNote>
          ) : (
            <RowTable
              r={r}
              rows={rows}
              columns={columns}
              sort={filter.sort}
              onSort={(sort) => setFilter({ ...filter, sort })}
              cursor={cursor}
              openId={openId}
              open={show}
              focus={setCursor}
              body={body}
            />
          )}
          {list.error && rows.length ? (
            <ErrorNote error={list.error} retry={() => void list.refetch()} />
          ) : null}
        </div>
        <div className="cases-foot">
          <span className="quiet" role="status">
            {list.isPending
              ? ''
              : t(list.exact ? 'ledger:count' : 'ledger:count_about', {
                  count: list.count,
                  shown: rows.length,
                })}
          </span>
          {list.hasNextPage ? (
            <Button
              size="small"
              loading={list.isFetchingNextPage}
              onClick={() => void list.fetchNextPage()}
              aria-keyshortcuts="l"
            >
              {t('ledger:more')}
            </Button>
          ) : null}
          {r.may.write && !split ? (
            <Button
              type="primary"
              size="small"
              className="foot-new"
              icon={<PlusOutlined />}
              onClick={add}
              aria-keyshortcuts="i"
            >
              {t('ledger:form.new')}
            </Button>
          ) : null}
        </div>
      </section>
      {split ? (
        <section className="cases-pane" aria-label={t('ledger:panel.label')}>
          {adding || editing ? (
            <div className="row-edit">
              <h2>
                {t(adding ? 'ledger:form.title_new' : 'ledger:form.title_edit', {
                  name: adding ? r.name : (open.data?.label ?? ''),
                })}
              </h2>
              <Suspense fallback={<Loading />}>
                {adding ? (
                  <RowForm
                    key={`new${round}`}
                    r={r}
                    preset={preset}
                    onClose={close}
                    onDone={(item, again) => (again ? setRound((n) => n + 1) : show(item.id))}
                  />
                ) : open.data ? (
                  <RowForm
                    key={openId}
                    r={r}
                    item={open.data}
                    onClose={() => change((p) => p.delete('edit'))}
                    onDone={() => change((p) => p.delete('edit'))}
                  />
                ) : open.error ? (
                  <ErrorNote error={open.error} retry={() => void open.refetch()} />
                ) : (
                  <Loading />
                )}
              </Suspense>
            </div>
          ) : openId ? (
            <RowPanel key={openId} r={r} id={openId} onClose={close} edit={edit} />
          ) : null}
        </section>
      ) : null}
    </main>
  );
}
