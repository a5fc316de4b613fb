import type {
  CircleLayerSpecification,
  FillLayerSpecification,
  LineLayerSpecification,
  SymbolLayerSpecification,
} from 'maplibre-gl';
import type { Collection } from '@/shared/map/geo.ts';
import { fonts, mapColours, type Overlay } from '@/shared/map/style.ts';
import { categorical, type Mode, palettes } from '@/shared/tokens.ts';
import type { Grid, Units } from './data.ts';

/** A grid's colour: neighbours' labels follow each other, so that they differ. */
export const colourOfGrid = (label: number): string => categorical[label % categorical.length] as string;

export interface Picture {
  shapes: Collection<Grid>;
  units?: Units;
  picked?: readonly number[];
  /** Labels of grids that are marked. */
  marked?: readonly number[];
  mode: Mode;
}

const points = (units: Units, which?: readonly number[]): Collection => ({
  type: 'FeatureCollection',
  features: (which ?? units.lon.map((_, u) => u)).map((u) => ({
    type: 'Feature',
    properties: { u, h: units.households[u] },
    geometry: { type: 'Point', coordinates: [units.lon[u], units.lat[u]] },
  })),
});

/** The dots of all units; made once a plan. */
export const dotsOf = (units: Units): Collection => points(units);

/** Grids by colour with their households, the units as dots, what is picked on top. */
export function planOverlay(
  { shapes, units, picked = [], marked = [], mode }: Picture,
  dots?: Collection,
): Overlay {
  const p = palettes[mode];
  const grids: Collection = {
    ...shapes,
    features: shapes.features
      .filter((f) => f.geometry)
      .map((f) => ({
        ...f,
        properties: {
          label: f.properties.label,
          colour: colourOfGrid(f.properties.label),
          bad: !f.properties.in_bounds || f.properties.pieces > 1,
        },
      })),
  };
  const names: Collection = {
    type: 'FeatureCollection',
    features: shapes.features.map((f) => ({
      type: 'Feature',
      properties: {
        text: `${f.properties.locked ? '⊘ ' : ''}${f.properties.in_bounds ? '' : '▲ '}${f.properties.households}`,
        title: f.properties.title,
        bad: !f.properties.in_bounds,
      },
      geometry: { type: 'Point', coordinates: f.properties.middle },
    })),
  };
  const fill: FillLayerSpecification = {
    id: 'plan-fill',
    type: 'fill',
    source: 'plan-grids',
    paint: { 'fill-color': ['to-color', ['get', 'colour']], 'fill-opacity': 0.34 },
  };
  const edge: LineLayerSpecification = {
    id: 'plan-edge',
    type: 'line',
    source: 'plan-grids',
    layout: { 'line-join': 'round' },
    paint: {
      'line-color': p.ink,
      'line-width': ['interpolate', ['linear'], ['zoom'], 10, 0.6, 15, 1.8],
      'line-opacity': 0.7,
    },
  };
  const bad: LineLayerSpecification = {
    id: 'plan-bad',
    type: 'line',
    source: 'plan-grids',
    filter: ['get', 'bad'],
    paint: { 'line-color': p.overdue, 'line-width': 2.4, 'line-dasharray': [2, 1.2] },
  };
  const mark: LineLayerSpecification = {
    id: 'plan-marked',
    type: 'line',
    source: 'plan-grids',
    filter: ['in', ['get', 'label'], ['literal', [...marked]]],
    paint: { 'line-color': p.accent, 'line-width': 4 },
  };
  const text: SymbolLayerSpecification = {
    id: 'plan-text',
    type: 'symbol',
    source: 'plan-names',
    layout: {
      'text-field': [
        'step',
        ['zoom'],
        ['get', 'text'],
        14,
        ['format', ['get', 'title'], { 'font-scale': 0.85 }, '\n', {}, ['get', 'text'], {}],
      ],
      'text-font': fonts,
      'text-size': 13,
      'text-padding': 2,
    },
    paint: {
      'text-color': ['case', ['get', 'bad'], p.overdue, p.ink],
      'text-halo-color': mapColours[mode].halo,
      'text-halo-width': 2.2,
    },
  };
  const over = [edge, bad, mark];
  const top: CircleLayerSpecification[] = [];
  const sources: Overlay['sources'] = {
    'plan-grids': { type: 'geojson', data: grids as never, tolerance: 0.1 },
    'plan-names': { type: 'geojson', data: names as never },
  };
  if (units && dots) {
    sources['plan-units'] = { type: 'geojson', data: dots as never };
    sources['plan-picked'] = { type: 'geojson', data: points(units, picked) as never };
    top.push(
      {
        id: 'plan-units',
        type: 'circle',
        source: 'plan-units',
        minzoom: 13.4,
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 13.4, 1.6, 16, 4.5],
          'circle-color': ['case', ['>', ['get', 'h'], 0], p.ink, p.secondary],
          'circle-opacity': 0.75,
        },
      },
      {
        id: 'plan-picked',
        type: 'circle',
        source: 'plan-picked',
        paint: {
          'circle-radius': 6,
          'circle-color': p.accent,
          'circle-stroke-color': p.paper,
          'circle-stroke-width': 2,
        },
      },
    );
  }
  return { sources, under: [fill], over, names: [text], top };
}
