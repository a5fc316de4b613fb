import type { Map as GlMap } from 'maplibre-gl';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLook } from '../theme.tsx';
import CityMap from './CityMap.tsx';
import type { Position } from './geo.ts';
import { hitMark, pinsOverlay } from './pins.ts';
import type { MapPickProps } from './seam.ts';

const round = (x: number) => Math.round(x * 1e6) / 1e6;

/**
 * Picks a position: by a click, or by moving the map with the arrow keys and
 * pressing Enter for what is under the cross. The search for places beside it
 * (PlaceBox) is the same task as a list.
 */
export default function MapPick({ value, onPick, marks, onMark, height = 220, label }: MapPickProps) {
  const { t } = useTranslation();
  const { mode } = useLook();
  const [map, setMap] = useState<GlMap | null>(null);
  const own = useRef('');
  const lon = value?.lon;
  const lat = value?.lat;

  const overlay = useMemo(
    () =>
      pinsOverlay(
        [
          ...(marks ?? []).map((m) => ({ id: m.id, at: [m.lon, m.lat] as Position, label: m.label })),
          ...(lon !== undefined && lat !== undefined
            ? [{ id: 'main', at: [lon, lat] as Position, main: true }]
            : []),
        ],
        mode,
      ),
    [lon, lat, marks, mode],
  );

  // A place found by words is brought into view; one's own click is not moved away from under the hand.
  useEffect(() => {
    if (!map || lon === undefined || lat === undefined || own.current === `${lon},${lat}`) return;
    map.easeTo({ center: [lon, lat], zoom: Math.max(map.getZoom(), 15.6), duration: 400 });
  }, [map, lon, lat]);

  const pick = useCallback(
    (x: number, y: number) => {
      const p = { lon: round(x), lat: round(y) };
      own.current = `${p.lon},${p.lat}`;
      onPick(p);
    },
    [onPick],
  );
  const onKey = (e: KeyboardEvent) => {
    if (e.key !== 'Enter' || !map || e.target !== map.getCanvas()) return;
    e.preventDefault();
    const c = map.getCenter();
    pick(c.lng, c.lat);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Enter reaches it from the focused map
    <div onKeyDown={onKey}>
      <CityMap
        style={{ height }}
        label={`${label} ${t('map:pick.keys')}`}
        start={lon !== undefined && lat !== undefined ? { center: [lon, lat], zoom: 15.6 } : undefined}
        overlay={overlay}
        picking
        onMap={setMap}
        onClick={(e, gl) => {
          const mark = hitMark(e, gl);
          if (mark && onMark) onMark(mark);
          else pick(e.lngLat.lng, e.lngLat.lat);
        }}
        alternative={<p className="citymap-note">{t('map:pick.instead')}</p>}
      />
      <p className="quiet citymap-help">{t('map:pick.help')}</p>
    </div>
  );
}
