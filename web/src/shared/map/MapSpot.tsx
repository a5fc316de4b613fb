import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useLook } from '../theme.tsx';
import CityMap from './CityMap.tsx';
import { useGrids, useMapInfo } from './data.ts';
import type { Collection, Position } from './geo.ts';
import { hitMark, pinsOverlay } from './pins.ts';
import type { MapSpotProps } from './seam.ts';

/** A small map with the place of one case, its grid and its neighbours. */
export default function MapSpot({ point, gridId, marks, onMark, height = 220, label }: MapSpotProps) {
  const { t } = useTranslation();
  const { mode } = useLook();
  const info = useMapInfo();
  const grids = useGrids(gridId ? info.data?.version : undefined);
  const { lon, lat } = point;
  const grid = useMemo<Collection | undefined>(() => {
    const f = gridId ? grids.data?.features.find((g) => g.properties.id === gridId) : undefined;
    return f
      ? { type: 'FeatureCollection', features: [{ ...f, properties: { id: String(gridId) } }] }
      : undefined;
  }, [grids.data, gridId]);
  const overlay = useMemo(
    () =>
      pinsOverlay(
        [
          ...(marks ?? []).map((m) => ({ id: m.id, at: [m.lon, m.lat] as Position, label: m.label })),
          { id: 'main', at: [lon, lat] as Position, main: true },
        ],
        mode,
        grid,
      ),
    [lon, lat, marks, mode, grid],
  );
  const start = useMemo(() => ({ center: [lon, lat] as Position, zoom: 15.4 }), [lon, lat]);
  return (
    <CityMap
      key={`${lon},${lat}`}
      style={{ height }}
      label={label}
      start={start}
      overlay={overlay}
      calm
      onClick={(e, map) => {
        const id = hitMark(e, map);
        if (id) onMark?.(id);
      }}
      alternative={
        <p className="citymap-note">{t('map:position', { lon: lon.toFixed(5), lat: lat.toFixed(5) })}</p>
      }
    />
  );
}
