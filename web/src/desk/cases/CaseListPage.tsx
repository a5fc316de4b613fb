import { DownloadOutlined, QuestionCircleOutlined, ReloadOutlined, TableOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Checkbox, Popover, Tooltip } from 'antd';
import { lazy, Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { api, apiBase, type CaseAction, type CaseItem, data, type Perm, type Ref } from '@/shared/api.ts';
import { pressName, typing } from '@/shared/keys.ts';
import { useSession } from '@/shared/session.tsx';
import { useNarrow } from '@/shared/theme.tsx';
import { hhmm, partsAt } from '@/shared/time.ts';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { CasePanel } from './CasePanel.tsx';
import { CaseTable } from './CaseTable.tsx';
import { type ColumnKey, columnKeys, firstColumns, fitColumns } from './columns.tsx';
import { caseKey, useCaseList } from './data.ts';
import { FilterLine } from './FilterLine.tsx';
import { defaultsFor, knownUnits } from './fields.ts';
import {
  defaultSort,
  type Filter,
  parseFilter,
  parseIds,
  type Sort,
  toQuery,
  writeFilter,
} from './filter.ts';
import { keymap } from './keymap.ts';

const ActionForm = lazy(() => import('./ActionForm.tsx'));
const Help = lazy(() => import('./Help.tsx'));

function keptColumns(): ColumnKey[] {
  try {
    const kept = JSON.parse(localStorage.getItem('linli.cases.columns') ?? 'null') as ColumnKey[] | null;
    const ok = kept?.filter((k) => columnKeys.includes(k));
    return ok?.length ? ok : firstColumns;
  } catch {
    return firstColumns;
  }
}

/** Keeps what the reader is on where it is when rows come in above it. */
function useAnchor(
  scroller: React.RefObject<HTMLDivElement | null>,
  cursor: number | undefined,
  rows: unknown,
) {
  const held = useRef<{ id: string; top: number } | null>(null);
  const at = scroller.current;
  if (at) {
    // Before React changes the rows: remember where the row under the reader stands.
    const box = at.getBoundingClientRect();
    const seen = (el: Element) => {
      const r = el.getBoundingClientRect();
      return r.bottom > box.top + 40 && r.top < box.bottom;
    };
    const mine = cursor === undefined ? null : at.querySelector(`[data-id="${cursor}"]`);
    const focusedHere = mine?.contains(document.activeElement) || at.scrollTop > 0;
    const row =
      mine && seen(mine) ? mine : at.scrollTop > 0 ? [...at.querySelectorAll('[data-id]')].find(seen) : null;
    held.current =
      row && focusedHere
        ? { id: row.getAttribute('data-id') ?? '', top: row.getBoundingClientRect().top }
        : null;
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when the rows change
  useLayoutEffect(() => {
    const el = scroller.current;
    const h = held.current;
    if (!el || !h) return;
    const row = el.querySelector(`[data-id="${h.id}"]`);
    if (row) el.scrollTop += row.getBoundingClientRect().top - h.top;
  }, [rows]);
}

export function CaseListPage() {
  const { t, i18n } = useTranslation();
  const { can, canAny } = useSession();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const client = useQueryClient();
  const announce = useAnnounce();
  const narrow = useNarrow();
  const [params, setParams] = useSearchParams();
  useTitle(t('shell:place.cases'));

  const filter = useMemo(() => parseFilter(params), [params]);
  const filterText = writeFilter(filter).toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is the filter
  const query = useMemo(() => toQuery(filter), [filterText]);
  const openId = Number(params.get('case')) || undefined;
  const selText = params.get('sel');
  const selected = useMemo(() => new Set(parseIds(selText)), [selText]);

  const [cursor, setCursor] = useState<number | undefined>(openId);
  const [columns, setColumns] = useState<ColumnKey[]>(keptColumns);
  const [filterOpen, setFilterOpen] = useState(false);
  const [help, setHelp] = useState(false);
  const [asked, setAsked] = useState<{
    action: CaseAction;
    cases: CaseItem[];
    defaults?: Record<string, unknown>;
    known?: Ref[];
  } | null>(null);
  const [news, setNews] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLTableSectionElement>(null);
  const [room, setRoom] = useState(1200);
  useLayoutEffect(() => {
    const el = scroller.current;
    if (!el) return;
    const watch = new ResizeObserver(() => setRoom(el.clientWidth));
    watch.observe(el);
    setRoom(el.clientWidth);
    return () => watch.disconnect();
  }, []);

  const onNew = useCallback(
    (rows: CaseItem[]) => {
      const words = t('cases:news', { count: rows.length });
      announce(words);
      if ((scroller.current?.scrollTop ?? 0) > 8 || scroller.current?.contains(document.activeElement))
        setNews((n) => n + rows.length);
    },
    [announce, t],
  );
  const list = useCaseList(query, onNew);
  const { rows } = list;
  useAnchor(scroller, cursor, rows);

  // The address bar is read afresh each time: two quick keys must not both start from the same state.
  const change = useCallback(
    (f: (p: URLSearchParams) => void, replace = true) => {
      const p = new URLSearchParams(window.location.search);
      f(p);
      setParams(p, { replace });
    },
    [setParams],
  );
  const setFilter = (f: Filter) => {
    setNews(0);
    const p = writeFilter(f);
    if (openId) p.set('case', String(openId));
    setParams(p);
  };
  const apply = (text: string) => setParams(writeFilter(parseFilter(new URLSearchParams(text))));
  const open = useCallback(
    (id: number) => {
      setCursor(id);
      change((p) => p.set('case', String(id)), openId !== undefined);
    },
    [change, openId],
  );
  const close = useCallback(() => change((p) => p.delete('case')), [change]);
  const choose = useCallback(
    (ids: Iterable<number>) =>
      change((p) => {
        const text = [...ids].slice(0, 200).join(',');
        if (text) p.set('sel', text);
        else p.delete('sel');
      }),
    [change],
  );
  const lastToggled = useRef<number>(undefined);
  const toggle = useCallback(
    (id: number, range?: boolean) => {
      const next = new Set(parseIds(new URLSearchParams(window.location.search).get('sel')));
      const from = range ? rows.findIndex((r) => r.id === lastToggled.current) : -1;
      const to = rows.findIndex((r) => r.id === id);
      if (from >= 0 && to >= 0)
        for (const r of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(r.id);
      else if (next.has(id)) next.delete(id);
      else next.add(id);
      lastToggled.current = id;
      choose(next);
    },
    [rows, choose],
  );

  const go = useCallback(
    (index: number) => {
      const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
      if (!row) return;
      setCursor(row.id);
      const el = body.current?.querySelector<HTMLElement>(`[data-id="${row.id}"]`);
      el?.focus({ preventScroll: true });
      el?.scrollIntoView({ block: 'nearest' });
      if (openId && !narrow) change((p) => p.set('case', String(row.id)));
    },
    [rows, openId, narrow, change],
  );

  /** Opens an action's form for the chosen rows, or for the row under the cursor. */
  const act = useCallback(
    async (name: string) => {
      const chosen = selected.size
        ? rows.filter((r) => selected.has(r.id))
        : rows.filter((r) => r.id === (openId ?? cursor));
      const first = chosen[0];
      if (!first) {
        void message.info(t('cases:none_chosen'));
        return;
      }
      if (chosen.length > 1 && !meant[name]) {
        void message.info(t('cases:not_bulk', { action: t(`cases:act.${name}`) }));
        return;
      }
      let refused = '';
      for (const c of chosen.slice(0, 5)) {
        const d = await client
          .fetchQuery({
            queryKey: caseKey(c.id),
            queryFn: () => data(api.GET('/cases/{id}', { params: { path: { id: c.id } } })),
            staleTime: 3000,
          })
          .catch(() => undefined);
        const action = d?.actions?.find((a) => a.action === name);
        if (action?.allowed) {
          const fresh = chosen.map((x) => (d && x.id === d.case.id ? d.case : x));
          const one = d && fresh.length === 1;
          setAsked({
            action,
            cases: fresh,
            defaults: one ? defaultsFor(name, d.case) : undefined,
            known: d ? knownUnits(d.case) : [],
          });
          return;
        }
        refused ||= action?.why ?? '';
      }
      void message.info(refused || t('cases:cannot', { action: t(`cases:act.${name}`) }));
    },
    [selected, rows, openId, cursor, client, message, t],
  );

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (typing(e.target) || asked || help || filterOpen) return;
      const target = e.target as HTMLElement;
      if (target.closest('.ant-modal, .ant-dropdown, .ant-select-dropdown, .ant-drawer, .ant-popover'))
        return;
      const name = pressName(e);
      const command = keymap[name];
      if (!command) return;
      // Buttons and links keep their own Enter and Space; arrows in the pane scroll it.
      const inRows = !!target.closest('tbody');
      if (['Enter', 'Space'].includes(name) && !inRows && target !== document.body) return;
      if (name.startsWith('Arrow') && !inRows && target !== document.body) return;
      if (['Home', 'End'].includes(name) && !inRows) return;
      e.preventDefault();
      const at = rows.findIndex((r) => r.id === cursor);
      switch (command.do) {
        case 'next':
          go(at + 1);
          break;
        case 'prev':
          go(at < 0 ? 0 : at - 1);
          break;
        case 'first':
          go(0);
          break;
        case 'last':
          go(rows.length - 1);
          break;
        case 'open':
          if (rows[Math.max(0, at)]) open((rows[Math.max(0, at)] as CaseItem).id);
          break;
        case 'close':
          if (openId) close();
          else if (selected.size) choose([]);
          break;
        case 'toggle':
          if (cursor) toggle(cursor);
          break;
        case 'all':
          choose(selected.size === rows.length ? [] : rows.map((r) => r.id));
          break;
        case 'more':
          list.more();
          break;
        case 'refresh':
          setNews(0);
          list.refresh();
          break;
        case 'filter':
          setFilterOpen(true);
          break;
        case 'new':
          if (can('case.report')) navigate('/cases/new');
          break;
        case 'help':
          setHelp(true);
          break;
        case 'act':
          void act(command.action);
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });

  const keepColumns = (next: ColumnKey[]) => {
    const ordered = columnKeys.filter((k) => next.includes(k));
    setColumns(ordered);
    localStorage.setItem('linli.cases.columns', JSON.stringify(ordered));
  };
  const shown = useMemo(() => fitColumns(columns, room, i18n.language), [columns, room, i18n.language]);
  const chosenRows = rows.filter((r) => selected.has(r.id));
  const asOf = list.asOf ? hhmm(partsAt(list.asOf, 480)) : '';

  return (
    <main className={openId ? 'cases cases-split' : 'cases'} id="main" tabIndex={-1}>
      <h1 className="sr-only">{t('shell:place.cases')}</h1>
      <section className="cases-list" aria-label={t('cases:caption')}>
        <div className="cases-head">
          <FilterLine
            filter={filter}
            rows={rows}
            onChange={setFilter}
            apply={apply}
            open={filterOpen}
            setOpen={setFilterOpen}
          />
          <div className="cases-tools">
            <span className="quiet num" title={list.live ? t('cases:live') : t('cases:not_live')}>
              <span className={list.live ? 'live-dot live-on' : 'live-dot'} aria-hidden />
              {list.live ? t('cases:as_of_live') : t('cases:as_of', { time: asOf })}
            </span>
            <Tooltip title={t('cases:key.refresh')}>
              <Button
                type="text"
                icon={<ReloadOutlined />}
                aria-label={t('cases:key.refresh')}
                onClick={() => {
                  setNews(0);
                  list.refresh();
                }}
              />
            </Tooltip>
            {narrow ? null : (
              <Popover
                trigger="click"
                placement="bottomRight"
                content={
                  <Checkbox.Group
                    className="stacked"
                    value={columns}
                    options={columnKeys.map((k) => ({
                      value: k,
                      label: t(`cases:column.${k}`),
                      disabled: k === 'title',
                    }))}
                    onChange={(v) => keepColumns(v as ColumnKey[])}
                  />
                }
              >
                <Tooltip title={t('cases:columns')}>
                  <Button type="text" icon={<TableOutlined />} aria-label={t('cases:columns')} />
                </Tooltip>
              </Popover>
            )}
            {can('case.export') ? (
              <Tooltip title={t('cases:export')}>
                <Button
                  type="text"
                  icon={<DownloadOutlined />}
                  aria-label={t('cases:export')}
                  href={`${apiBase}/cases/export.xlsx?${new URLSearchParams(query as Record<string, string>)}`}
                  download
                />
              </Tooltip>
            ) : null}
            {narrow ? null : (
              <Tooltip title={t('cases:key.help')}>
                <Button
                  type="text"
                  icon={<QuestionCircleOutlined />}
                  aria-label={t('cases:key.help')}
                  aria-keyshortcuts="?"
                  onClick={() => setHelp(true)}
                />
              </Tooltip>
            )}
          </div>
        </div>
        {news ? (
          <button
            type="button"
            className="news"
            onClick={() => {
              setNews(0);
              scroller.current?.scrollTo({ top: 0 });
            }}
          >
            {t('cases:news', { count: news })} ↑
          </button>
        ) : null}
        <div
          className="cases-scroll"
          ref={scroller}
          onScroll={(e) => news && e.currentTarget.scrollTop < 8 && setNews(0)}
        >
          {list.error && !rows.length ? (
            <div className="pad">
              <ErrorNote error={list.error} retry={list.refresh} />
            </div>
          ) : list.loading && !rows.length ? (
            <Loading rows={12} />
          ) : rows.length === 0 ? (
            <EmptyNote title={t('cases:empty.title')}>
              <p>{filterText ? t('cases:empty.filtered') : t('cases:empty.none')}</p>
              {filterText ? <Button onClick={() => setFilter({})}>{t('cases:empty.clear')}</Button> : null}
            </EmptyNote>
          ) : (
            <CaseTable
              rows={rows}
              columns={shown}
              sort={filter.sort ?? defaultSort}
              onSort={(s) => setFilter({ ...filter, sort: s as Sort })}
              cursor={cursor}
              openId={openId}
              selected={selected}
              onAll={(all) => choose(all ? rows.map((r) => r.id) : [])}
              open={open}
              toggle={toggle}
              focus={setCursor}
              body={body}
            />
          )}
          {list.error && rows.length ? <ErrorNote error={list.error} retry={list.refresh} /> : null}
        </div>
        <div className="cases-foot">
          {selected.size ? (
            <div className="bulk" role="toolbar" aria-label={t('cases:bulk.label')}>
              <strong>{t('cases:bulk.count', { count: selected.size })}</strong>
              {Object.keys(meant)
                .filter(
                  (a) =>
                    canAny(...(meant[a]?.perms ?? [])) &&
                    chosenRows.some((r) => meant[a]?.in.includes(r.status)),
                )
                .map((a) => (
                  <Button key={a} size="small" onClick={() => void act(a)}>
                    {t(`cases:act.${a}`)}
                  </Button>
                ))}
              <Button size="small" type="text" onClick={() => choose([])}>
                {t('cases:bulk.clear')}
              </Button>
            </div>
          ) : (
            <>
              <span className="quiet">
                {t(list.exact ? 'cases:count' : 'cases:count_about', {
                  count: list.count,
                  shown: rows.length,
                })}
              </span>
              {list.next ? (
                <Button size="small" loading={list.loadingMore} onClick={list.more} aria-keyshortcuts="l">
                  {t('cases:more')}
                </Button>
              ) : null}
            </>
          )}
          {can('case.report') && !openId && !narrow ? (
            <Button
              type="primary"
              size="small"
              className="foot-new"
              onClick={() => navigate('/cases/new')}
              aria-keyshortcuts="i"
            >
              {t('shell:place.intake')}
            </Button>
          ) : null}
        </div>
      </section>
      {openId ? (
        <section className="cases-pane" aria-label={t('cases:pane')}>
          <CasePanel id={openId} onClose={close} />
        </section>
      ) : null}
      {asked ? (
        <Suspense fallback={null}>
          <ActionForm
            action={asked.action}
            cases={asked.cases}
            defaults={asked.defaults}
            known={asked.known}
            onClose={() => setAsked(null)}
            onDone={(detail, results) => {
              setAsked(null);
              if (detail) list.put([detail.case]);
              if (results) {
                choose(results.filter((r) => !r.ok).map((r) => r.id));
                list.refresh();
              }
              requestAnimationFrame(() =>
                body.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus(),
              );
            }}
          />
        </Suspense>
      ) : null}
      {help ? (
        <Suspense fallback={null}>
          <Help onClose={() => setHelp(false)} />
        </Suspense>
      ) : null}
    </main>
  );
}

/**
 * Who may mean each bulk action, and in which status; the server decides, this only
 * keeps the bar short.
 */
const meant: Record<string, { perms: Perm[]; in: string[] }> = {
  accept: { perms: ['case.triage'], in: ['reported'] },
  decline: { perms: ['case.triage'], in: ['reported', 'accepted'] },
  file: { perms: ['case.triage'], in: ['reported', 'accepted'] },
  dispatch: { perms: ['case.dispatch'], in: ['filed'] },
  sign: { perms: ['case.handle'], in: ['dispatched'] },
  start: { perms: ['case.handle'], in: ['signed'] },
  urge: { perms: ['case.dispatch', 'case.arbitrate'], in: ['dispatched', 'signed', 'in_progress'] },
  supervise: { perms: ['case.dispatch', 'case.arbitrate'], in: ['dispatched', 'signed', 'in_progress'] },
  escalate: { perms: ['case.triage', 'case.dispatch'], in: ['reported', 'accepted', 'filed', 'dispatched'] },
  verify_pass: { perms: ['case.verify'], in: ['resolved'] },
};
