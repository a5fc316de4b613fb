import { Button } from 'antd';
import type { Map as GlMap, MapMouseEvent } from 'maplibre-gl';
import { type PointerEvent, Suspense, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Box, boxOf, type Collection, type Position } from '@/shared/map/geo.ts';
import { CityMap } from '@/shared/map/index.tsx';
import { useLook } from '@/shared/theme.tsx';
import { Loading } from '@/shared/ui/state.tsx';
import type { Choice } from './DraftPage.tsx';
import type { DraftPage, Grid, Units } from './data.ts';
import { caught } from './lasso.ts';
import { coloursOf, dotsOf, planOverlay } from './layers.ts';

const toggled = <T,>(list: readonly T[], x: T): T[] =>
  list.includes(x) ? list.filter((y) => y !== x) : [...list, x];

/** The grids of a draft. A click takes a building or a grid, a drawn line all buildings inside it. */
export function PlanMap({
  draft,
  units,
  shapes,
  choice,
  onChoice,
  editable,
}: {
  draft: DraftPage;
  units?: Units;
  shapes?: Collection<Grid>;
  choice: Choice;
  onChoice: (c: Choice) => void;
  editable: boolean;
}) {
  const { t } = useTranslation();
  const { mode } = useLook();
  const [map, setMap] = useState<GlMap | null>(null);
  const [drawing, setDrawing] = useState(false);
  const [line, setLine] = useState<[number, number][]>([]);
  const active = useRef(false);
  const dots = useMemo(() => (units ? dotsOf(units) : undefined), [units]);
  // An edit leaves the colours of what it did not touch.
  const shown = useRef<Map<number, string>>(undefined);
  const colours = useMemo(() => {
    if (shapes) shown.current = coloursOf(shapes, shown.current);
    return shown.current;
  }, [shapes]);
  const overlay = useMemo(
    () =>
      shapes && colours
        ? planOverlay({ shapes, colours, units, picked: choice.units, marked: choice.grids, mode }, dots)
        : undefined,
    [shapes, colours, units, dots, choice, mode],
  );
  // The view is set once: an edit must not move the map under the hand.
  const focus = useRef<Box | undefined>(undefined);
  focus.current ??= shapes ? boxOf(shapes.features.map((f) => f.geometry)) : undefined;

  const click = (e: MapMouseEvent, gl: GlMap) => {
    const { x, y } = e.point;
    const box: [[number, number], [number, number]] = [
      [x - 7, y - 7],
      [x + 7, y + 7],
    ];
    const more = e.originalEvent.shiftKey || e.originalEvent.ctrlKey;
    if (editable && gl.getLayer('plan-units')) {
      const hit = gl.queryRenderedFeatures(box, { layers: ['plan-units'] })[0];
      if (hit) {
        const u = Number(hit.properties.u);
        onChoice({ units: toggled(choice.units, u), grids: choice.grids });
        return;
      }
    }
    const hit = gl.getLayer('plan-fill')
      ? gl.queryRenderedFeatures(e.point, { layers: ['plan-fill'] })[0]
      : undefined;
    if (!hit) return;
    const label = Number(hit.properties.label);
    onChoice({ units: more ? choice.units : [], grids: more ? toggled(choice.grids, label) : [label] });
  };
  const at = (e: PointerEvent): [number, number] => {
    const r = e.currentTarget.getBoundingClientRect();
    return [e.clientX - r.left, e.clientY - r.top];
  };
  const done = () => {
    active.current = false;
    setDrawing(false);
    if (map && units && line.length > 2) {
      const ring = line.map((p): Position => {
        const g = map.unproject(p);
        return [g.lng, g.lat];
      });
      const found = caught(ring, units.lon, units.lat);
      onChoice({ units: [...new Set([...choice.units, ...found])], grids: [] });
    }
    setLine([]);
  };
  return (
    <div className="plan-map">
      {editable ? (
        <div className="plan-map-tools">
          <Button
            size="small"
            aria-pressed={drawing}
            type={drawing ? 'primary' : 'default'}
            onClick={() => setDrawing(!drawing)}
          >
            {t('planning:map.lasso')}
          </Button>
          {choice.units.length || choice.grids.length ? (
            <Button size="small" onClick={() => onChoice({ units: [], grids: [] })}>
              {t('planning:map.clear')}
            </Button>
          ) : null}
        </div>
      ) : null}
      <Suspense fallback={<Loading rows={6} />}>
        <CityMap
          label={t('planning:map.label', { n: draft.grids.length })}
          overlay={overlay}
          focus={focus.current}
          onMap={setMap}
          onClick={click}
          alternative={<p className="citymap-note">{t('planning:map.instead')}</p>}
        >
          {drawing ? (
            <svg
              className="lasso"
              role="presentation"
              onPointerDown={(e) => {
                e.currentTarget.setPointerCapture(e.pointerId);
                active.current = true;
                setLine([at(e)]);
              }}
              onPointerMove={(e) => active.current && setLine([...line, at(e)])}
              onPointerUp={done}
              onPointerCancel={done}
            >
              <polygon points={line.map((p) => p.join(',')).join(' ')} />
            </svg>
          ) : null}
          <ul className="plan-legend">
            <li>
              <i className="legend-bad" />
              {t('planning:map.bad')}
            </li>
            <li>{t('planning:map.number')}</li>
          </ul>
        </CityMap>
      </Suspense>
      <p className="quiet plan-map-help">{editable ? t('planning:map.help') : t('planning:map.help_read')}</p>
    </div>
  );
}
