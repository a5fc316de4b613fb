import type { FillLayerSpecification, LineLayerSpecification, SymbolLayerSpecification } from 'maplibre-gl';
import { type Mode, palettes, sequential } from '../tokens.ts';
import type { GridProps } from './data.ts';
import type { Collection } from './geo.ts';
import { type Step, stepOf } from './scale.ts';
import { fonts, mapColours, type Overlay } from './style.ts';

export interface GridValue {
  grid_id: number;
  value: number | null;
  n?: number;
  /** Too few cases to compare it with others. */
  small?: boolean;
}

/** Light to dark on paper; on a dark ground dark to light, so that "more" always stands out. */
export const ramp = (mode: Mode): readonly string[] =>
  mode === 'dark' ? [...sequential].reverse() : sequential;

/** The grids of a region, by prefix of their code; the whole city for none. */
export const gridsIn = (fc: Collection<GridProps>, region?: string): Collection<GridProps> =>
  region ? { ...fc, features: fc.features.filter((f) => String(f.properties.code).startsWith(region)) } : fc;

export interface Painted {
  fill: Collection;
  names: Collection;
}

/** The grids with colour and label written into them; the rest is constant style. */
export function paint(
  fc: Collection<GridProps>,
  points: Collection<GridProps>,
  values: ReadonlyMap<number, GridValue>,
  steps: readonly Step[],
  say: (v: number) => string,
): Painted {
  const props = (g: GridProps) => {
    const v = values.get(g.id)?.value;
    return {
      id: String(g.id),
      colour: stepOf(steps, v)?.colour ?? '',
      label: v === null || v === undefined ? '' : say(v),
      name: g.name,
    };
  };
  return {
    fill: { ...fc, features: fc.features.map((f) => ({ ...f, properties: props(f.properties) })) },
    names: { ...points, features: points.features.map((f) => ({ ...f, properties: props(f.properties) })) },
  };
}

export function gridsOverlay({ fill, names }: Painted, mode: Mode, selected?: number | null): Overlay {
  const p = palettes[mode];
  const base: FillLayerSpecification = {
    id: 'grids',
    type: 'fill',
    source: 'grids',
    paint: {
      'fill-color': ['case', ['==', ['get', 'colour'], ''], 'rgba(0,0,0,0)', ['to-color', ['get', 'colour']]],
      'fill-opacity': ['case', ['boolean', ['feature-state', 'hover'], false], 0.98, 0.84],
    },
  };
  const edge: LineLayerSpecification = {
    id: 'grids-edge',
    type: 'line',
    source: 'grids',
    paint: {
      'line-color': mode === 'dark' ? '#13181e' : '#ffffff',
      'line-width': ['interpolate', ['linear'], ['zoom'], 9, 0.4, 13, 1.2, 16, 2],
      'line-opacity': 0.9,
    },
  };
  const hover: LineLayerSpecification = {
    id: 'grids-hover',
    type: 'line',
    source: 'grids',
    paint: {
      'line-color': p.ink,
      'line-width': ['case', ['boolean', ['feature-state', 'hover'], false], 1.6, 0],
    },
  };
  const chosen: LineLayerSpecification = {
    id: 'grids-selected',
    type: 'line',
    source: 'grids',
    filter: ['==', ['get', 'id'], selected ? String(selected) : ''],
    layout: { 'line-join': 'round' },
    paint: { 'line-color': p.ink, 'line-width': 3 },
  };
  const text: SymbolLayerSpecification = {
    id: 'grid-values',
    type: 'symbol',
    source: 'grid-names',
    minzoom: 12.6,
    filter: ['!=', ['get', 'label'], ''],
    layout: {
      'text-field': [
        'step',
        ['zoom'],
        ['get', 'label'],
        14,
        [
          'format',
          ['get', 'label'],
          { 'font-scale': 1.1 },
          '\n',
          {},
          ['get', 'name'],
          { 'font-scale': 0.85 },
        ],
      ],
      'text-font': fonts,
      'text-size': 12,
      'text-max-width': 9,
      'text-padding': 3,
    },
    paint: { 'text-color': p.ink, 'text-halo-color': mapColours[mode].halo, 'text-halo-width': 2.4 },
  };
  return {
    sources: {
      grids: { type: 'geojson', data: fill as never, promoteId: 'id', tolerance: 0.2 },
      'grid-names': { type: 'geojson', data: names as never },
    },
    under: [base],
    over: [edge, hover, chosen],
    names: [text],
  };
}
