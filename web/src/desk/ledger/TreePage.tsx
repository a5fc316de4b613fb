import { CaretDownOutlined, CaretRightOutlined } from '@ant-design/icons';
import { Button, Checkbox } from 'antd';
import { type KeyboardEvent, useCallback, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { NotFound } from '../shell/NotFound.tsx';
import { useTitle } from '../shell/title.ts';
import { useRows } from './data.ts';
import type { Filter } from './filter.ts';
import { fieldOf, type Item, type Register } from './model.ts';
import { RowPanel } from './RowPanel.tsx';
import { StateWord } from './ValueText.tsx';
import { Views } from './Views.tsx';

interface Tree {
  r: Register;
  ended: boolean;
  open: ReadonlySet<number>;
  chosen: number | undefined;
  /** The one item that Tab reaches. */
  at: number | undefined;
  toggle: (id: number, want?: boolean) => void;
  choose: (id: number) => void;
  focus: (id: number) => void;
}

function Branch({ x, above, level }: { x: Tree; above: number | undefined; level: number }) {
  const { t } = useTranslation();
  const filter = useMemo<Filter>(
    () => ({
      where: [
        { field: x.r.tree as string, op: '=', values: [above ? String(above) : ''] },
        ...(x.ended ? [] : [{ field: 'state', op: '!=' as const, values: ['ended'] }]),
      ],
      sort: 'id',
    }),
    [x.r, x.ended, above],
  );
  const list = useRows(x.r.code, filter);
  const pad = { paddingLeft: 8 + level * 20 };
  if (list.error && !list.rows.length)
    return <ErrorNote error={list.error} retry={() => void list.refetch()} />;
  if (list.isPending)
    return level ? (
      <p className="quiet" style={pad} role="status">
        {t('common:state.loading')}
      </p>
    ) : (
      <Loading rows={8} />
    );
  if (!list.rows.length)
    return level ? (
      <p className="quiet" style={pad}>
        {t('ledger:tree.none')}
      </p>
    ) : (
      <EmptyNote title={t('ledger:empty.title')}>
        <p>{t(x.r.may.write ? 'ledger:empty.write' : 'ledger:empty.read')}</p>
      </EmptyNote>
    );
  return (
    <>
      {list.rows.map((item, i) => (
        <Leaf
          key={item.id}
          x={x}
          item={item}
          level={level}
          isFirst={!level && i === 0}
          place={i + 1}
          of={list.exact ? list.count : -1}
        />
      ))}
      {list.hasNextPage ? (
        <div style={pad}>
          <Button size="small" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t('ledger:more')}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Leaf({
  x,
  item,
  level,
  isFirst,
  place,
  of,
}: {
  x: Tree;
  item: Item;
  level: number;
  isFirst: boolean;
  place: number;
  of: number;
}) {
  const open = x.open.has(item.id);
  return (
    <div
      role="treeitem"
      aria-expanded={open}
      aria-level={level + 1}
      aria-posinset={place}
      aria-setsize={of}
      aria-selected={x.chosen === item.id}
      aria-label={item.label}
      data-id={item.id}
      tabIndex={x.at === item.id || (x.at === undefined && isFirst) ? 0 : -1}
      onFocus={(e) => e.target === e.currentTarget && x.focus(item.id)}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: the tree has its own keys */}
      <div
        className={x.chosen === item.id ? 'tree-row row-open' : 'tree-row'}
        style={{ paddingLeft: 8 + level * 20 }}
        onClick={() => x.choose(item.id)}
      >
        <span
          className="tree-caret"
          aria-hidden
          onClick={(e) => {
            e.stopPropagation();
            x.toggle(item.id);
          }}
        >
          {open ? <CaretDownOutlined /> : <CaretRightOutlined />}
        </span>
        <span className="tree-label">{item.label}</span>
        <span className="quiet tree-place">{item.place}</span>
        {item.in_force ? null : <StateWord f={fieldOf(x.r, 'state')} v={item.fields.state} inForce={false} />}
      </div>
      {open ? (
        // biome-ignore lint/a11y/useSemanticElements: the group of a tree item
        <div role="group">
          <Branch x={x} above={item.id} level={level + 1} />
        </div>
      ) : null}
    </div>
  );
}

/** Rows that stand below one another. Arrow keys walk, open and close; Enter shows the row beside the tree. */
export function TreePage({ r }: { r: Register }) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const chosen = Number(params.get('row')) || undefined;
  const [ended, setEnded] = useState(false);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [at, setAt] = useState<number | undefined>(chosen);
  const tree = useRef<HTMLDivElement>(null);
  useTitle(r.name);
  const toggle = useCallback(
    (id: number, want?: boolean) =>
      setOpen((now) => {
        const next = new Set(now);
        if (want ?? !next.has(id)) next.add(id);
        else next.delete(id);
        return next;
      }),
    [],
  );
  const show = useCallback(
    (id: number | undefined) => setParams(id ? { row: String(id) } : {}, { replace: true }),
    [setParams],
  );
  if (!r.tree) return <NotFound />;

  const onKey = (e: KeyboardEvent) => {
    const self = (e.target as HTMLElement).closest<HTMLElement>('[role="treeitem"]');
    if (!self || self !== e.target) return;
    const all = [...(tree.current?.querySelectorAll<HTMLElement>('[role="treeitem"]') ?? [])];
    const i = all.indexOf(self);
    const id = Number(self.dataset.id);
    const isOpen = self.getAttribute('aria-expanded') === 'true';
    const up = self.parentElement?.closest<HTMLElement>('[role="treeitem"]');
    const does = new Map<string, () => void>([
      ['ArrowDown', () => all[i + 1]?.focus()],
      ['ArrowUp', () => all[i - 1]?.focus()],
      ['Home', () => all[0]?.focus()],
      ['End', () => all.at(-1)?.focus()],
      [
        'ArrowRight',
        () => (isOpen ? self.querySelector<HTMLElement>('[role="treeitem"]')?.focus() : toggle(id, true)),
      ],
      ['ArrowLeft', () => (isOpen ? toggle(id, false) : up?.focus())],
      ['Enter', () => show(id)],
      [' ', () => toggle(id)],
      ['Escape', () => show(undefined)],
    ]);
    const act = does.get(e.key);
    if (!act) return;
    e.preventDefault();
    act();
  };
  const x: Tree = { r, ended, open, chosen, at, toggle, choose: show, focus: setAt };
  return (
    <main className={chosen ? 'cases cases-split ledger' : 'cases ledger'} id="main" tabIndex={-1}>
      <section className="cases-list" aria-label={r.name}>
        <div className="ledger-head ledger-head-line">
          <p className="crumb">
            <Link to="/ledger">{t('ledger:title')}</Link>
          </p>
          <h1>{r.name}</h1>
          <Views r={r} />
          <Checkbox className="ledger-right" checked={ended} onChange={(e) => setEnded(e.target.checked)}>
            {t('ledger:tree.ended')}
          </Checkbox>
        </div>
        <div className="cases-scroll">
          <div role="tree" aria-label={r.name} ref={tree} onKeyDown={onKey} tabIndex={-1}>
            <Branch x={x} above={undefined} level={0} />
          </div>
        </div>
        <div className="cases-foot">
          <span className="quiet">{t('ledger:tree.keys')}</span>
        </div>
      </section>
      {chosen ? (
        <section className="cases-pane" aria-label={t('ledger:panel.label')}>
          <RowPanel
            key={chosen}
            r={r}
            id={chosen}
            onClose={() => show(undefined)}
            edit={`/ledger/${r.code}?row=${chosen}&edit=1`}
            below={r.may.write ? `/ledger/${r.code}?row=new&above=${chosen}` : undefined}
          />
        </section>
      ) : null}
    </main>
  );
}
