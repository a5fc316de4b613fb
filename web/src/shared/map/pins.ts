import type {
  CircleLayerSpecification,
  Map as GlMap,
  LineLayerSpecification,
  MapMouseEvent,
  SymbolLayerSpecification,
} from 'maplibre-gl';
import { type Mode, palettes } from '../tokens.ts';
import type { Collection, Position } from './geo.ts';
import { fonts, mapColours, type Overlay } from './style.ts';

export interface Pin {
  id: number | string;
  at: Position;
  label?: string;
  /** The one that the page is about; others are quiet neighbours. */
  main?: boolean;
}

/** The id of the neighbour under the pointer. */
export function hitMark(e: MapMouseEvent, map: GlMap): number | undefined {
  if (!map.getLayer('pins')) return undefined;
  const { x, y } = e.point;
  const near: [[number, number], [number, number]] = [
    [x - 6, y - 6],
    [x + 6, y + 6],
  ];
  const id = map.queryRenderedFeatures(near, { layers: ['pins'] })[0]?.properties.id;
  return id === undefined || id === 'main' ? undefined : Number(id);
}

const none: Collection = { type: 'FeatureCollection', features: [] };

/** Points above the map: the one in question and its neighbours; and the outline of its grid. */
export function pinsOverlay(pins: readonly Pin[], mode: Mode, grid: Collection = none): Overlay {
  const p = palettes[mode];
  const data: Collection = {
    type: 'FeatureCollection',
    features: pins.map((q) => ({
      type: 'Feature',
      properties: { id: String(q.id), label: q.label ?? '', main: q.main ? 1 : 0 },
      geometry: { type: 'Point', coordinates: q.at },
    })),
  };
  const circle: CircleLayerSpecification = {
    id: 'pins',
    type: 'circle',
    source: 'pins',
    layout: { 'circle-sort-key': ['get', 'main'] },
    paint: {
      'circle-radius': ['case', ['==', ['get', 'main'], 1], 8, 5],
      'circle-color': ['case', ['==', ['get', 'main'], 1], p.accent, p.secondary],
      'circle-stroke-width': ['case', ['==', ['get', 'main'], 1], 3, 2],
      'circle-stroke-color': p.paper,
    },
  };
  const text: SymbolLayerSpecification = {
    id: 'pin-names',
    type: 'symbol',
    source: 'pins',
    filter: ['!=', ['get', 'label'], ''],
    layout: {
      'text-field': ['get', 'label'],
      'text-font': fonts,
      'text-size': 12,
      'text-offset': [0, 1.1],
      'text-anchor': 'top',
      'text-max-width': 12,
      'symbol-sort-key': ['-', 0, ['get', 'main']],
    },
    paint: { 'text-color': p.ink, 'text-halo-color': mapColours[mode].halo, 'text-halo-width': 1.6 },
  };
  const outline: LineLayerSpecification = {
    id: 'pin-grid',
    type: 'line',
    source: 'pin-grid',
    layout: { 'line-join': 'round' },
    paint: { 'line-color': p.accent, 'line-width': 2.5, 'line-opacity': 0.85 },
  };
  return {
    sources: {
      'pin-grid': { type: 'geojson', data: grid as never },
      pins: { type: 'geojson', data: data as never },
    },
    over: [outline],
    top: [circle, text],
  };
}
