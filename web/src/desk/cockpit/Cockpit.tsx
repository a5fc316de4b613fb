import {
  CompressOutlined,
  FullscreenOutlined,
  PauseOutlined,
  PrinterOutlined,
  SyncOutlined,
} from '@ant-design/icons';
import { Alert, Button, DatePicker, Select, Tooltip, TreeSelect } from 'antd';
import dayjs from 'dayjs';
import { Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { Problem } from '@/shared/api.ts';
import { GridChoropleth, type GridProps, type GridValue } from '@/shared/map/index.tsx';
import { useSession } from '@/shared/session.tsx';
import { dayOf, dayText, exact, hhmm, partsOf, sayTime, today } from '@/shared/time.ts';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useNow } from '@/shared/ui/words.tsx';
import { useTitle } from '../shell/title.ts';
import { Breakdown } from './Breakdown.tsx';
import { type FigureInfo, useCatalogue, useCockpit, useNets, useRegionTree } from './data.ts';
import { Explain, Tile } from './Figure.tsx';
import { Overdue } from './Overdue.tsx';
import { sayValue, type Unit } from './say.ts';
import { Trend } from './Trend.tsx';
import {
  overdueLink,
  type Part,
  type Period,
  parseView,
  periods,
  rowsLink,
  span,
  type View,
  writeView,
} from './view.ts';

/** Everything that the URL holds, and how to change it. */
function useView() {
  const [params, setParams] = useSearchParams();
  const day = today(useNow());
  const view = useMemo(() => parseView(params, day), [params, day]);
  const change = useCallback(
    (part: Partial<View>, replace = true) => setParams(writeView({ ...view, ...part }), { replace }),
    [view, setParams],
  );
  return { view, change, day };
}

function Chooser({
  view,
  change,
  tree,
  base,
}: ReturnType<typeof useView> & { tree: ReturnType<typeof useRegionTree>; base: string }) {
  const { t } = useTranslation();
  const { me, post } = useSession();
  const [custom, setCustom] = useState(!view.period);
  const names = new Map((me.posts ?? []).map((p) => [p.region, p.region_name]));
  return (
    <div className="cockpit-choose no-print">
      <Select
        aria-label={t('cockpit:choose.period')}
        value={custom ? 'custom' : view.period}
        popupMatchSelectWidth={false}
        onChange={(v) => {
          if (v === 'custom') return setCustom(true);
          setCustom(false);
          const period = v as Period;
          change({ period, ...span(period, today()) });
        }}
        options={[...periods, 'custom' as const].map((p) => ({ value: p, label: t(`cockpit:period.${p}`) }))}
      />
      {custom ? (
        <DatePicker.RangePicker
          aria-label={t('cockpit:choose.days')}
          allowClear={false}
          value={[dayjs(dayText(view.from)), dayjs(dayText(view.to))]}
          maxDate={dayjs(dayText(today()))}
          onChange={(r) => {
            const from = r?.[0] && dayOf(r[0].format('YYYYMMDD'));
            const to = r?.[1] && dayOf(r[1].format('YYYYMMDD'));
            if (from && to) change({ period: undefined, from, to });
          }}
        />
      ) : null}
      {base.length <= 6 ? (
        <TreeSelect
          aria-label={t('cockpit:choose.region')}
          value={view.region ?? base}
          loading={tree.isPending}
          popupMatchSelectWidth={240}
          treeDefaultExpandedKeys={[base]}
          showSearch={{ filterTreeNode: (text, node) => String(node.title).includes(text) }}
          treeData={[
            {
              value: base,
              title: names.get(base) ?? (post?.region === base ? post.region_name : me.city.name),
              children: tree.data ?? [],
            },
          ]}
          onChange={(v: string) => change({ region: v === base ? undefined : v, grid: undefined })}
        />
      ) : (
        <span>{post?.region_name}</span>
      )}
      <NetChooser view={view} change={change} region={view.region ?? base} />
    </div>
  );
}

/** By whose grids cases are counted; not shown where the grids never changed. */
function NetChooser({
  view,
  change,
  region,
}: Pick<ReturnType<typeof useView>, 'view' | 'change'> & { region: string }) {
  const { t } = useTranslation();
  const nets = useNets(region).data ?? [];
  if (nets.length < 2 && !view.net) return null;
  const say = (n: (typeof nets)[number], i: number) => {
    const words = { n: n.grids, day: dayText(n.from), next: n.to ? dayText(n.to) : '' };
    if (n.coming) return t('cockpit:net.coming', words);
    return i === 0 && n.to ? t('cockpit:net.before', words) : t('cockpit:net.since', words);
  };
  return (
    <Select
      aria-label={t('cockpit:choose.net')}
      value={view.net ?? 0}
      popupMatchSelectWidth={false}
      onChange={(net) => change({ net: net || undefined, grid: undefined })}
      options={[
        { value: 0, label: t('cockpit:net.own') },
        ...(view.net && !nets.some((n) => n.from === view.net)
          ? [{ value: view.net, label: t('cockpit:net.of', { day: dayText(view.net) }) }]
          : []),
        ...nets.map((n, i) => ({ value: n.from, label: say(n, i) })),
      ]}
    />
  );
}

function useFullscreen(wall: boolean, leave: () => void) {
  useEffect(() => {
    if (!wall) return;
    const el = document.documentElement;
    // A wall may forbid it; the page is complete without it.
    if (navigator.userActivation?.isActive) void el.requestFullscreen?.().catch(() => {});
    const key = (e: KeyboardEvent) => e.key === 'Escape' && leave();
    const change = () => !document.fullscreenElement && leave();
    window.addEventListener('keydown', key);
    document.addEventListener('fullscreenchange', change);
    return () => {
      window.removeEventListener('keydown', key);
      document.removeEventListener('fullscreenchange', change);
      if (document.fullscreenElement) void document.exitFullscreen().catch(() => {});
    };
  }, [wall, leave]);
}

export function Cockpit() {
  const { t, i18n } = useTranslation();
  const { me, post, can } = useSession();
  const now = useNow();
  const state = useView();
  const { view, change } = state;
  const [live, setLive] = useState(true);
  useTitle(t('cockpit:title'));

  const base =
    post?.region && post.region.length <= 9 ? post.region : (post?.region ?? me.city.code).slice(0, 9);
  const tree = useRegionTree(base);
  const cockpit = useCockpit(view, live);
  const catalogue = useCatalogue();
  const infos = useMemo(() => new Map((catalogue.data ?? []).map((f) => [f.id, f])), [catalogue.data]);

  const top = cockpit.data?.figures ?? [];
  const chosenId = view.figure ?? cockpit.data?.figure ?? top[0]?.id;
  const chosenTop = top.find((f) => f.id === chosenId);
  const chosen: FigureInfo | undefined =
    (chosenId ? infos.get(chosenId) : undefined) ??
    (chosenTop && {
      id: chosenTop.id,
      name: chosenTop.name ?? chosenTop.id,
      unit: chosenTop.unit ?? 'count',
    });
  const unit: Unit = chosen?.unit ?? 'count';
  const grids = cockpit.data?.figure === chosenId ? cockpit.data?.grids : undefined;
  const values = useMemo<GridValue[] | undefined>(
    () =>
      grids?.map((g) => ({
        grid_id: g.grid_id,
        value: g.value,
        n: unit === 'count' ? undefined : g.n,
        small: g.n_small,
      })),
    [grids, unit],
  );
  const say = useCallback((v: number) => sayValue(v, unit, t), [unit, t]);
  const leave = useCallback(() => change({ wall: false }), [change]);
  useFullscreen(view.wall, leave);

  if (cockpit.error && !cockpit.data) {
    return (
      <main className="page pad" id="main" tabIndex={-1}>
        <ErrorNote error={cockpit.error} retry={() => void cockpit.refetch()} />
      </main>
    );
  }
  const d = cockpit.data;
  const openRows = can('case.read');
  const gridLink = (g: GridProps, part: Part = 'numerator') =>
    chosen ? rowsLink(chosen.id, part, view, { by: 'grid', key: g.id }) : '/cases';
  const regionName =
    [...(tree.data ?? []), ...(tree.data ?? []).flatMap((r) => r.children ?? [])].find(
      (r) => r.value === view.region,
    )?.title ??
    post?.region_name ??
    me.city.name;
  const daysText =
    view.from === view.to
      ? dayText(view.from)
      : t('cockpit:from_to', { from: dayText(view.from), to: dayText(view.to) });
  const asOf = d?.as_of ?? '';
  const late = !!cockpit.error || (asOf !== '' && now - Date.parse(asOf) > 120_000);
  const stamp = asOf ? (
    <span className={late ? 'tone-soon' : 'quiet'} title={exact(asOf)}>
      {t('cockpit:as_of', { time: late ? sayTime(asOf, now, t) : hhmm(partsOf(asOf)) })}
    </span>
  ) : null;

  const tiles = (
    <ul className="tiles" aria-label={t('cockpit:tiles')}>
      {top.slice(0, 6).map((f) => (
        <Tile
          key={f.id}
          figure={f}
          info={infos.get(f.id)}
          view={view}
          chosen={f.id === chosen?.id}
          onChoose={() => change({ figure: f.id })}
          wall={view.wall || !openRows}
        />
      ))}
    </ul>
  );
  const mapHead = (
    <>
      <Select
        className="no-print"
        size="small"
        aria-label={t('cockpit:choose.figure')}
        value={chosen?.id}
        popupMatchSelectWidth={false}
        onChange={(figure) => change({ figure })}
        options={(catalogue.data ?? (chosen ? [chosen] : [])).map((f) => ({ value: f.id, label: f.name }))}
      />
      {chosen ? (
        <Explain info={chosen} linkOf={openRows ? (p) => rowsLink(chosen.id, p, view) : undefined} />
      ) : null}
    </>
  );
  const map = chosen ? (
    <Suspense fallback={<div className="panel map-wait" />}>
      <GridChoropleth
        className="cockpit-map"
        title={chosen.name}
        values={values}
        say={say}
        whole={unit === 'count'}
        absent={unit === 'count' ? 0 : undefined}
        region={view.region ?? (base.length > 4 ? base : undefined)}
        day={view.net}
        selected={view.grid}
        onSelect={(grid) => change({ grid: grid ?? undefined })}
        rowExtra={openRows ? (g) => <Link to={gridLink(g)}>{t('cockpit:rows')}</Link> : undefined}
        selectedExtra={openRows ? (g) => <Link to={gridLink(g)}>{t('cockpit:rows')}</Link> : undefined}
        head={mapHead}
        wall={view.wall}
        printable
      />
    </Suspense>
  ) : null;
  const trend = (
    <Trend
      days={d?.trend ?? []}
      wall={view.wall}
      linkOf={(day, what) => rowsLink(what, 'numerator', view, { by: 'day', key: day })}
    />
  );
  const overdue = (
    <Overdue
      count={d?.overdue?.count ?? 0}
      items={(d?.overdue?.items ?? []).slice(0, view.wall ? 7 : 20)}
      href={overdueLink(view.region)}
      wall={view.wall}
    />
  );

  if (view.wall) {
    return (
      <main className="wall" id="main" tabIndex={-1} lang={i18n.language}>
        <header className="wall-head">
          <h1>{t('cockpit:wall_title', { region: regionName })}</h1>
          <span>{daysText}</span>
          <span className="wall-stamp">{stamp}</span>
          {me.city.synthetic ? <span className="quiet">{t('cockpit:synthetic')}</span> : null}
          <Tooltip title={t('cockpit:wall_leave')}>
            <Button
              type="text"
              icon={<CompressOutlined />}
              aria-label={t('cockpit:wall_leave')}
              onClick={leave}
            />
          </Tooltip>
        </header>
        {tiles}
        <div className="wall-body">
          {map}
          <div className="wall-side">
            {trend}
            {overdue}
          </div>
        </div>
      </main>
    );
  }

  return (
    <main className="page cockpit" id="main" tabIndex={-1}>
      <header className="page-head">
        <h1>{t('cockpit:title')}</h1>
        <span className="print-only">
          {regionName} · {daysText}
        </span>
        <Chooser {...state} tree={tree} base={base} />
        <span className="cockpit-side">
          {stamp}
          <Button
            className="no-print"
            type="text"
            icon={live ? <PauseOutlined aria-hidden /> : <SyncOutlined aria-hidden />}
            onClick={() => {
              if (!live) void cockpit.refetch();
              setLive(!live);
            }}
          >
            {live ? t('cockpit:pause') : t('cockpit:resume')}
          </Button>
          <Button
            className="no-print"
            type="text"
            icon={<PrinterOutlined aria-hidden />}
            onClick={() => window.print()}
            aria-label={t('cockpit:print')}
            title={t('cockpit:print')}
          />
          <Button
            className="no-print wide-only"
            type="text"
            icon={<FullscreenOutlined aria-hidden />}
            onClick={() => change({ wall: true }, false)}
            aria-label={t('cockpit:wall')}
            title={t('cockpit:wall')}
          />
        </span>
      </header>
      {cockpit.error && d ? (
        <Alert
          className="cockpit-alert"
          type="warning"
          showIcon
          title={t('cockpit:stale', { time: sayTime(d.as_of, now, t) })}
          description={
            cockpit.error instanceof Problem && cockpit.error.offline
              ? t('common:error.offline')
              : cockpit.error.message
          }
          action={<Button onClick={() => void cockpit.refetch()}>{t('common:do.retry')}</Button>}
        />
      ) : null}
      {!d ? (
        <Loading rows={10} />
      ) : (
        <>
          {tiles}
          <div className="cockpit-grid">
            {map}
            {overdue}
            {trend}
            {chosen ? (
              <Breakdown
                key={chosen.id}
                info={chosen}
                view={view}
                live={live}
                onBy={(by) => change({ by })}
              />
            ) : null}
          </div>
        </>
      )}
    </main>
  );
}
