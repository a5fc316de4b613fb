import { Button, Segmented } from 'antd';
import type { Map as GlMap, MapMouseEvent } from 'maplibre-gl';
import { type CSSProperties, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLook } from '../theme.tsx';
import { ErrorNote, Loading } from '../ui/state.tsx';
import CityMap, { canDraw } from './CityMap.tsx';
import { type GridProps, useGrids, useMapInfo } from './data.ts';
import { type Box, boxOf, labelPoints } from './geo.ts';
import { type GridValue, gridsIn, gridsOverlay, paint, ramp } from './grids.ts';
import { legendOf, stepsOf } from './scale.ts';

export interface GridChoroplethProps {
  /** What is shown: "各网格 按时办结率". */
  title: string;
  values: readonly GridValue[] | null | undefined;
  /** A value in words: "12 件", "87.5 %". */
  say: (v: number) => string;
  /** Counts break at whole numbers. */
  whole?: boolean;
  /** What a grid without a value means: 0 for counts; no data without it. */
  absent?: number;
  /** Only the grids of this region (code prefix). */
  region?: string;
  /** The grids as they were on this day (yyyymmdd); today's without it. */
  day?: number;
  selected?: number | null;
  onSelect?: (grid: number | null, props?: GridProps) => void;
  /** Links of a row in the list: to its cases. */
  rowExtra?: (grid: GridProps, value: GridValue | undefined) => ReactNode;
  /** The same for the marked grid, below the map. */
  selectedExtra?: (grid: GridProps, value: GridValue | undefined) => ReactNode;
  /** In the bar above the map, in place of the title. */
  head?: ReactNode;
  /** Keeps the picture for the printer, at some cost. */
  printable?: boolean;
  className?: string;
  style?: CSSProperties;
  /** No tools and no list: a wall nobody touches. */
  wall?: boolean;
}

type Sort = 'value' | 'name';

/** How many cases a value rests on, and that they are few. */
function Sample({ v }: { v: GridValue | undefined }) {
  const { t } = useTranslation();
  if (v?.n === undefined || v.value === null) return null;
  return (
    <span className="quiet">
      {' '}
      {t('map:of_n', { n: v.n })}
      {v.small ? ` ${t('map:small')}` : ''}
    </span>
  );
}

/** The grids coloured by a figure. Everything that the mouse can do on the map the list can do too. */
export default function GridChoropleth(props: GridChoroplethProps) {
  const { title, values, say, whole = true, absent, region, day, selected, onSelect, rowExtra, wall } = props;
  const { t, i18n } = useTranslation();
  const { mode } = useLook();
  const info = useMapInfo();
  const grids = useGrids(info.data?.version, day);
  const [asList, setAsList] = useState(!canDraw());
  // A rate over a handful of cases is no rank, so rates come by name until somebody asks otherwise.
  const [sort, setSort] = useState<Sort>(whole ? 'value' : 'name');
  const [tip, setTip] = useState<{ x: number; y: number; id: number } | null>(null);
  const [map, setMap] = useState<GlMap | null>(null);

  const shown = useMemo(() => (grids.data ? gridsIn(grids.data, region) : undefined), [grids.data, region]);
  const points = useMemo(() => (shown ? labelPoints(shown) : undefined), [shown]);
  const byId = useMemo(() => {
    const map = new Map((values ?? []).map((v) => [v.grid_id, v]));
    if (values && absent !== undefined) {
      for (const f of shown?.features ?? []) {
        const id = f.properties.id;
        if (!map.has(id)) map.set(id, { grid_id: id, value: absent });
      }
    }
    return map;
  }, [values, absent, shown]);
  const propsOf = useMemo(
    () => new Map((shown?.features ?? []).map((f) => [f.properties.id, f.properties])),
    [shown],
  );
  const inside = useMemo(
    () => [...byId.values()].flatMap((v) => (v.value !== null && propsOf.has(v.grid_id) ? [v.value] : [])),
    [byId, propsOf],
  );
  const steps = useMemo(() => stepsOf(inside, ramp(mode), whole), [inside, mode, whole]);
  const sayRef = useRef(say);
  sayRef.current = say;
  const painted = useMemo(
    () => (shown && points ? paint(shown, points, byId, steps, (v) => sayRef.current(v)) : undefined),
    [shown, points, byId, steps],
  );
  const overlay = useMemo(
    () => (painted ? gridsOverlay(painted, mode, selected) : undefined),
    [painted, mode, selected],
  );
  const focus = useMemo<Box | undefined>(
    () => (region && shown ? boxOf(shown.features.map((f) => f.geometry)) : undefined),
    [region, shown],
  );

  useEffect(() => {
    if (!map) return;
    let over: string | undefined;
    const leave = () => {
      if (over && map.getSource('grids'))
        map.setFeatureState({ source: 'grids', id: over }, { hover: false });
      over = undefined;
      setTip(null);
      map.getCanvas().style.cursor = '';
    };
    const move = (e: MapMouseEvent) => {
      const hit = map.getLayer('grids')
        ? map.queryRenderedFeatures(e.point, { layers: ['grids'] })[0]
        : undefined;
      const id = hit ? String(hit.properties.id) : undefined;
      if (id !== over) {
        leave();
        if (id) {
          over = id;
          map.setFeatureState({ source: 'grids', id }, { hover: true });
          map.getCanvas().style.cursor = 'pointer';
        }
      }
      if (id) setTip({ x: e.point.x, y: e.point.y, id: Number(id) });
    };
    map.on('mousemove', move);
    map.on('mouseout', leave);
    map.on('dragstart', leave);
    return () => {
      map.off('mousemove', move);
      map.off('mouseout', leave);
      map.off('dragstart', leave);
    };
  }, [map]);

  const legend = legendOf(
    steps,
    Math.max(...inside, 0),
    { number: say, more: (n) => t('map:legend.more', { n }) },
    whole,
  );
  const none = (shown?.features.length ?? 0) - inside.length;
  const rows = useMemo(() => {
    const list = (shown?.features ?? []).map((f) => ({
      grid: f.properties,
      value: byId.get(f.properties.id),
    }));
    const name = new Intl.Collator(i18n.language === 'zh' ? 'zh-CN' : 'en', { numeric: true });
    return list.sort((a, b) => {
      if (sort === 'value') {
        const d = (b.value?.value ?? Number.NEGATIVE_INFINITY) - (a.value?.value ?? Number.NEGATIVE_INFINITY);
        if (d !== 0 && !Number.isNaN(d)) return d;
      }
      return name.compare(a.grid.name, b.grid.name);
    });
  }, [shown, byId, sort, i18n.language]);

  const error = grids.error ?? info.error;
  if (error && !grids.data) {
    return (
      <div className={`citymap ${props.className ?? ''}`} style={props.style}>
        <div className="citymap-note">
          <ErrorNote
            error={error}
            retry={() => {
              void info.refetch();
              void grids.refetch();
            }}
          />
        </div>
      </div>
    );
  }

  const sayOf = (v: GridValue | undefined) => (v && v.value !== null ? say(v.value) : t('map:no_data'));
  const list = !shown ? (
    <Loading rows={8} />
  ) : (
    <table aria-label={title}>
      <thead>
        <tr>
          <th aria-sort={sort === 'name' ? 'ascending' : 'none'}>
            <button type="button" className="link" onClick={() => setSort('name')}>
              {t('map:list.grid')}
            </button>
          </th>
          <th className="num" aria-sort={sort === 'value' ? 'descending' : 'none'}>
            <button type="button" className="link" onClick={() => setSort('value')}>
              {t('map:list.value')}
            </button>
          </th>
          {rowExtra ? <th>{t('map:list.more')}</th> : null}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ grid, value }) => (
          <tr key={grid.id} aria-selected={grid.id === selected}>
            <td>
              {onSelect ? (
                <button
                  type="button"
                  className="link"
                  aria-pressed={grid.id === selected}
                  onClick={() => onSelect(grid.id === selected ? null : grid.id, grid)}
                >
                  {grid.name}
                </button>
              ) : (
                grid.name
              )}
            </td>
            <td className="num">{sayOf(value)}</td>
            {rowExtra ? <td>{rowExtra(grid, value)}</td> : null}
          </tr>
        ))}
      </tbody>
    </table>
  );

  const bar = wall ? null : (
    <div className="citymap-bar">
      <Segmented
        size="small"
        value={asList ? 'list' : 'map'}
        onChange={(v) => setAsList(v === 'list')}
        aria-label={t('map:as')}
        options={[
          { value: 'map', label: t('map:as_map') },
          { value: 'list', label: t('map:as_list') },
        ]}
      />
      {props.head ?? <span className="citymap-title">{title}</span>}
    </div>
  );
  const marked = selected ? propsOf.get(selected) : undefined;
  const over = tip ? propsOf.get(tip.id) : undefined;
  return (
    <div className={`citymap ${props.className ?? ''}`} style={props.style}>
      {bar}
      {asList ? (
        <div className="citymap-list">
          {canDraw() ? null : (
            <p className="citymap-note" role="note">
              {t('map:no_webgl')}
            </p>
          )}
          {list}
        </div>
      ) : (
        <CityMap
          className="citymap-inner"
          label={t('map:grids', { title })}
          overlay={overlay}
          focus={focus}
          printable={props.printable}
          wall={wall}
          onMap={setMap}
          onClick={(e, gl) => {
            const hit = gl.getLayer('grids')
              ? gl.queryRenderedFeatures(e.point, { layers: ['grids'] })[0]
              : undefined;
            const id = hit ? Number(hit.properties.id) : null;
            onSelect?.(id === selected ? null : id, id ? propsOf.get(id) : undefined);
          }}
          alternative={list}
        >
          {legend.length || shown ? (
            <div className="citymap-legend">
              <h3>{title}</h3>
              <ul>
                {[...legend].reverse().map((l) => (
                  <li key={l.colour}>
                    <i style={{ background: l.colour }} /> {l.text}
                  </li>
                ))}
                {none > 0 && values ? (
                  <li>
                    <i /> {t('map:legend.none', { count: none })}
                  </li>
                ) : null}
              </ul>
            </div>
          ) : null}
          {tip && over ? (
            <div
              className="citymap-tip"
              style={{
                left: Math.min(tip.x + 14, (map?.getCanvas().clientWidth ?? 400) - 200),
                top: Math.min(tip.y + 14, (map?.getCanvas().clientHeight ?? 400) - 70),
              }}
            >
              {over.name}
              <br />
              <b>{sayOf(byId.get(tip.id))}</b>
              <Sample v={byId.get(tip.id)} />
            </div>
          ) : null}
        </CityMap>
      )}
      {marked && !wall ? (
        <div className="citymap-marked" role="status">
          <b>{marked.name}</b> {sayOf(byId.get(marked.id))}{' '}
          {props.selectedExtra?.(marked, byId.get(marked.id))}{' '}
          <Button type="link" size="small" onClick={() => onSelect?.(null)}>
            {t('map:unmark')}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
