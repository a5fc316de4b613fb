/**
 * The city's map as a MapLibre style made in code: no style server, no glyph
 * server (a style without `glyphs` draws all its text from the machine's own
 * fonts), no sprite. Pure, so that switching to dark or adding a layer is a
 * diff of two styles.
 */
import type {
  ExpressionSpecification,
  LayerSpecification,
  SourceSpecification,
  StyleSpecification,
} from 'maplibre-gl';
import type { Mode } from '../tokens.ts';
import type { Box, Collection } from './geo.ts';

export interface MapInfo {
  bbox: Box;
  center: [number, number];
  layers: string[];
  version: string;
  tiles?: { url: string; attribution?: string } | null;
  synthetic?: boolean;
}

/** The layers of the base map and the zoom from which each is fetched. */
export const baseLayers = {
  water: 0,
  green: 0,
  roads: 0,
  districts: 0,
  streets: 0,
  communities: 12.4,
  compounds: 13.4,
  buildings: 14.2,
} as const;
export type BaseLayer = keyof typeof baseLayers;

/** Which base layers a map at this zoom needs, of those the server has. */
export function neededAt(zoom: number, has: readonly string[]): BaseLayer[] {
  return (Object.keys(baseLayers) as BaseLayer[]).filter((l) => has.includes(l) && zoom >= baseLayers[l]);
}

/** Layers whose labels are points worked out on the page: areas large enough to lie on several tiles. */
export const labelled: readonly BaseLayer[] = ['water', 'green', 'districts', 'streets', 'communities'];

export interface Overlay {
  sources: Record<string, SourceSpecification>;
  /** Below the roads. */
  under?: LayerSpecification[];
  /** Above the roads and below the names of places. */
  over?: LayerSpecification[];
  /** Texts that go before the names of communities and behind those of streets. */
  names?: LayerSpecification[];
  /** Above everything. */
  top?: LayerSpecification[];
}

interface Colours {
  land: string;
  outside: string;
  water: string;
  green: string;
  wood: string;
  road: string;
  lane: string;
  casing: string;
  express: string;
  expressCasing: string;
  building: string;
  buildingEdge: string;
  compound: string;
  border: string;
  text: string;
  quiet: string;
  waterText: string;
  greenText: string;
  halo: string;
}

export const mapColours: Record<Mode, Colours> = {
  light: {
    land: '#f5f3ee',
    outside: '#f0eee8',
    water: '#cddfe8',
    green: '#e0ead8',
    wood: '#d6e4cd',
    road: '#ffffff',
    lane: '#fbfaf7',
    casing: '#dcd7cb',
    express: '#f6e7c8',
    expressCasing: '#d9c49b',
    building: '#e7e2d8',
    buildingEdge: '#d5cebf',
    compound: '#efece4',
    border: '#9aa3ae',
    text: '#3b4653',
    quiet: '#5b6675',
    waterText: '#3f6c85',
    greenText: '#4a6b45',
    halo: '#fbfaf7',
  },
  dark: {
    land: '#1d232b',
    outside: '#171c22',
    water: '#1f3442',
    green: '#21302a',
    wood: '#20332a',
    road: '#39434f',
    lane: '#303944',
    casing: '#171c22',
    express: '#55503f',
    expressCasing: '#171c22',
    building: '#2a323c',
    buildingEdge: '#353f4b',
    compound: '#222931',
    border: '#66717f',
    text: '#d5dbe3',
    quiet: '#a3adba',
    waterText: '#8db9cf',
    greenText: '#98bd9b',
    halo: '#171c22',
  },
};

export const fonts = ['PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', 'Noto Sans CJK SC', 'sans-serif'];

/** Width by zoom, in an even exponential curve. */
const width = (...stops: number[]): ExpressionSpecification =>
  ['interpolate', ['exponential', 1.5], ['zoom'], ...stops] as unknown as ExpressionSpecification;

const kindIn = (...kinds: string[]): ExpressionSpecification => ['in', ['get', 'class'], ['literal', kinds]];

function roadLayers(c: Colours, blank: boolean): LayerSpecification[] {
  const classes: [string, string[], number, number[], string, string][] = [
    ['lane', ['lane'], 12.6, [12.6, 0.4, 15, 3, 18, 14], c.lane, c.casing],
    ['secondary', ['secondary'], 10.5, [10.5, 0.5, 13, 2, 15, 5, 18, 22], c.road, c.casing],
    ['main', ['main'], 8, [9, 0.8, 13, 3.6, 15, 8, 18, 32], c.road, c.casing],
    ['expressway', ['expressway'], 8, [9, 1.2, 13, 5, 15, 10, 18, 40], c.express, c.expressCasing],
  ];
  const out: LayerSpecification[] = [];
  for (const part of ['casing', 'fill'] as const) {
    for (const [name, kinds, minzoom, stops, fill, casing] of classes) {
      const widths = stops.map((v, i) => (i % 2 === 1 && part === 'casing' ? v + (v < 2 ? 0.9 : 1.8) : v));
      out.push({
        id: `road-${name}-${part}`,
        type: 'line',
        source: 'roads',
        minzoom,
        filter: kindIn(...kinds),
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: {
          'line-color': part === 'casing' ? casing : fill,
          'line-width': width(...widths),
          // Over a coloured map the roads only hint where one is.
          'line-opacity': blank ? (part === 'casing' ? 0.35 : 0.75) : 1,
        },
      });
    }
  }
  return out;
}

const label = (
  id: string,
  source: string,
  size: unknown,
  colour: string,
  halo: string,
  more: { minzoom?: number; maxzoom?: number; filter?: unknown; layout?: object } = {},
): LayerSpecification =>
  ({
    id,
    type: 'symbol',
    source,
    ...(more.minzoom ? { minzoom: more.minzoom } : {}),
    ...(more.maxzoom ? { maxzoom: more.maxzoom } : {}),
    ...(more.filter ? { filter: more.filter } : {}),
    layout: {
      'text-field': ['coalesce', ['get', 'label'], ['get', 'name'], ''],
      'text-font': fonts,
      'text-size': size,
      'text-max-width': 8,
      'text-padding': 4,
      ...more.layout,
    },
    paint: { 'text-color': colour, 'text-halo-color': halo, 'text-halo-width': 1.4 },
  }) as LayerSpecification;

const geojson = (data: string | Collection, more: object = {}): SourceSpecification =>
  ({ type: 'geojson', data, tolerance: 0.3, buffer: 64, ...more }) as SourceSpecification;

export interface StyleInput {
  mode: Mode;
  info: MapInfo;
  /** The layers to draw now. */
  layers: readonly BaseLayer[];
  /** Where a layer's data come from: a URL, or the data where the page has them. */
  data: (layer: BaseLayer) => string | Collection;
  /** Points for the names of large areas. */
  labels: Partial<Record<BaseLayer, Collection>>;
  overlay?: Overlay;
  /** All names larger by this factor: a wall is read from afar. */
  textScale?: number;
}

/** Every text of the style larger by the factor. */
function enlarge(layers: LayerSpecification[], by: number): void {
  for (const l of layers) {
    if (l.type !== 'symbol' || !l.layout) continue;
    const size = l.layout['text-size'];
    l.layout = {
      ...l.layout,
      'text-size': typeof size === 'number' ? size * by : 14 * by,
    };
  }
}

export function buildStyle({
  mode,
  info,
  layers,
  data,
  labels,
  overlay,
  textScale = 1,
}: StyleInput): StyleSpecification {
  const c = mapColours[mode];
  const sources: Record<string, SourceSpecification> = {};
  const out: LayerSpecification[] = [
    { id: 'ground', type: 'background', paint: { 'background-color': c.outside } },
  ];
  const on = (l: BaseLayer) => layers.includes(l);
  const coloured = !!overlay?.under?.length;

  if (info.tiles?.url) {
    sources.tiles = {
      type: 'raster',
      tiles: [absolute(info.tiles.url)],
      tileSize: 256,
      maxzoom: 18,
    };
    out.push({
      id: 'tiles',
      type: 'raster',
      source: 'tiles',
      paint: mode === 'dark' ? { 'raster-brightness-max': 0.6 } : {},
    });
  } else {
    for (const l of layers) sources[l] = geojson(data(l), l === 'buildings' ? { maxzoom: 16 } : {});
    if (on('districts')) {
      out.push({
        id: 'land',
        type: 'fill',
        source: 'districts',
        paint: { 'fill-color': c.land, 'fill-antialias': false },
      });
    }
    if (on('compounds')) {
      out.push({
        id: 'compounds',
        type: 'fill',
        source: 'compounds',
        minzoom: baseLayers.compounds,
        paint: { 'fill-color': c.compound },
      });
    }
    if (on('green')) {
      out.push({
        id: 'green',
        type: 'fill',
        source: 'green',
        paint: { 'fill-color': ['match', ['get', 'kind'], ['wood', 'park'], c.wood, c.green] },
      });
    }
    if (on('water'))
      out.push({ id: 'water', type: 'fill', source: 'water', paint: { 'fill-color': c.water } });
  }
  Object.assign(sources, overlay?.sources);
  out.push(...(overlay?.under ?? []));
  if (!info.tiles?.url) {
    if (on('buildings')) {
      out.push({
        id: 'buildings',
        type: 'fill',
        source: 'buildings',
        minzoom: baseLayers.buildings,
        paint: {
          'fill-color': c.building,
          'fill-outline-color': c.buildingEdge,
          'fill-opacity': ['interpolate', ['linear'], ['zoom'], 14.2, 0, 14.8, coloured ? 0.55 : 1],
        },
      });
    }
    if (on('roads')) out.push(...roadLayers(c, coloured));
    for (const [l, w, dash] of [
      ['communities', 0.8, [2, 2]],
      ['streets', 1.1, [4, 2]],
      ['districts', 1.6, [6, 2, 1.5, 2]],
    ] as [BaseLayer, number, number[]][]) {
      if (!on(l)) continue;
      out.push({
        id: `${l}-edge`,
        type: 'line',
        source: l,
        ...(l === 'communities' ? { minzoom: 12.4 } : {}),
        paint: {
          'line-color': c.border,
          'line-width': w,
          'line-dasharray': dash,
          'line-opacity': l === 'communities' ? 0.6 : 0.85,
        },
      });
    }
  }
  out.push(...(overlay?.over ?? []));
  if (!info.tiles?.url) {
    for (const [l, fc] of Object.entries(labels)) if (fc) sources[`${l}-names`] = geojson(fc);
    if (on('buildings')) {
      out.push(
        label('building-names', 'buildings', 11, c.quiet, c.halo, {
          minzoom: 16.4,
          layout: { 'text-padding': 2 },
        }),
      );
    }
    if (on('compounds'))
      out.push(label('compound-names', 'compounds', 12, c.text, c.halo, { minzoom: coloured ? 15.6 : 14.4 }));
    if (on('roads')) {
      const along = {
        'symbol-placement': 'line',
        'text-max-angle': 30,
        'symbol-spacing': 320,
        'text-padding': 12,
      };
      out.push(
        label('lane-names', 'roads', 11, c.quiet, c.halo, {
          minzoom: 15.5,
          filter: kindIn('lane'),
          layout: along,
        }),
      );
      out.push(
        label('secondary-names', 'roads', 11, c.quiet, c.halo, {
          minzoom: 13.8,
          filter: kindIn('secondary'),
          layout: along,
        }),
      );
      out.push(
        label('main-names', 'roads', 12, c.quiet, c.halo, {
          minzoom: 12.6,
          filter: kindIn('main', 'expressway'),
          layout: along,
        }),
      );
    }
    // On a coloured map the values come first.
    if (labels.green && !coloured) {
      out.push(label('green-names', 'green-names', 11, c.greenText, c.halo, { minzoom: 13.6 }));
    }
    if (labels.water)
      out.push(label('water-names', 'water-names', 12, c.waterText, c.water, { minzoom: 10 }));
    if (labels.communities) {
      out.push(
        label('community-names', 'communities-names', 12, c.quiet, c.halo, { minzoom: 12.8, maxzoom: 15.5 }),
      );
    }
    out.push(...(overlay?.names ?? []));
    if (labels.streets) {
      out.push(
        label(
          'street-names',
          'streets-names',
          ['interpolate', ['linear'], ['zoom'], 10, 11, 14, 14],
          c.text,
          c.halo,
          {
            minzoom: 10.2,
            maxzoom: 14.5,
          },
        ),
      );
    }
    if (labels.districts) {
      out.push(
        label('district-names', 'districts-names', 15, c.text, c.halo, {
          maxzoom: 11.2,
          layout: { 'text-letter-spacing': 0.1 },
        }),
      );
    }
  }
  out.push(...(overlay?.top ?? []));
  if (textScale !== 1) enlarge(out, textScale);
  return { version: 8, name: 'linli', sources, layers: out, transition: { duration: 0, delay: 0 } };
}

/** The worker resolves no relative addresses. */
const origin = (): string => (typeof location === 'undefined' ? 'http://local' : location.origin);
export const absolute = (path: string): string => (path.startsWith('/') ? origin() + path : path);
