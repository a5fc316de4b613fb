import type {
  CircleLayerSpecification,
  FillLayerSpecification,
  LineLayerSpecification,
  SymbolLayerSpecification,
} from 'maplibre-gl';
import { type Collection, polygonsOf } from '@/shared/map/geo.ts';
import { fonts, mapColours, type Overlay } from '@/shared/map/style.ts';
import { categorical, type Mode, palettes } from '@/shared/tokens.ts';
import type { Grid, Units } from './data.ts';

// Borders are met in squares of about 20 m: what shares a square touches, or nearly.
const square = 0.0002;

/** Which grids touch, also over the border of two communities. */
function touching(shapes: Collection<Grid>): Map<number, Set<number>> {
  const near = new Map<number, Set<number>>();
  const squares = new Map<string, Set<number>>();
  for (const f of shapes.features) {
    const { label } = f.properties;
    const mine = new Set<number>();
    near.set(label, mine);
    for (const ring of polygonsOf(f.geometry).flat()) {
      for (let i = 1; i < ring.length; i++) {
        const [x, y] = ring[i - 1] as [number, number];
        const [u, v] = ring[i] as [number, number];
        const steps = Math.max(1, Math.ceil(Math.hypot(u - x, v - y) / square));
        for (let k = 0; k < steps; k++) {
          const at = `${Math.round((x + ((u - x) * k) / steps) / square)},${Math.round((y + ((v - y) * k) / steps) / square)}`;
          const here = squares.get(at) ?? new Set();
          squares.set(at, here);
          for (const other of here) {
            if (other === label) continue;
            mine.add(other);
            near.get(other)?.add(label);
          }
          here.add(label);
        }
      }
    }
  }
  return near;
}

/**
 * A colour for each grid, so that no two that touch have the same. Grids are
 * coloured in the order in which each has fewest neighbours among those coloured
 * before it, for which six colours do wherever land is flat; before keeps the
 * colours of a picture that was shown, as far as it can.
 */
export function coloursOf(
  shapes: Collection<Grid>,
  before: ReadonlyMap<number, string> = new Map(),
): Map<number, string> {
  const near = touching(shapes);
  const left = new Map([...near].map(([label, others]) => [label, others.size]));
  const order: number[] = [];
  while (left.size) {
    let least: number | undefined;
    for (const [label, n] of left) if (least === undefined || n < (left.get(least) as number)) least = label;
    left.delete(least as number);
    order.push(least as number);
    for (const other of near.get(least as number) ?? []) {
      const n = left.get(other);
      if (n !== undefined) left.set(other, n - 1);
    }
  }
  const colours = (kept: ReadonlyMap<number, string>): Map<number, string> | undefined => {
    const out = new Map<number, string>();
    const clash = (label: number, c: string) => [...(near.get(label) ?? [])].some((o) => out.get(o) === c);
    for (const label of order) {
      const c = kept.get(label);
      if (c && !clash(label, c)) out.set(label, c);
    }
    for (const label of [...order].reverse()) {
      if (out.has(label)) continue;
      const c = categorical.find((x) => !clash(label, x));
      if (!c && kept.size) return undefined;
      out.set(label, c ?? (categorical[label % categorical.length] as string));
    }
    return out;
  };
  return colours(before) ?? (colours(new Map()) as Map<number, string>);
}

export interface Picture {
  shapes: Collection<Grid>;
  /** See coloursOf. */
  colours: ReadonlyMap<number, string>;
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
  { shapes, colours, units, picked = [], marked = [], mode }: Picture,
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
          colour: colours.get(f.properties.label),
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
        title: `${f.properties.number}`,
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
