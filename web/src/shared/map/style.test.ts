import { describe, expect, it } from 'vitest';
import { contrast } from '../tokens.ts';
import { scaleOf } from './measure.ts';
import { baseLayers, buildStyle, type MapInfo, mapColours, neededAt } from './style.ts';

const info: MapInfo = {
  bbox: [112, 29, 113, 30],
  center: [112.5, 29.5],
  layers: Object.keys(baseLayers),
  version: '7',
};
const empty = { type: 'FeatureCollection' as const, features: [] };

describe('style', () => {
  it('asks nobody for glyphs or sprites and uses only sources it declares', () => {
    const s = buildStyle({
      mode: 'light',
      info,
      layers: neededAt(18, info.layers),
      data: (l) => `/x/${l}`,
      labels: { water: empty, streets: empty, districts: empty, communities: empty, green: empty },
    });
    expect(s.glyphs).toBeUndefined();
    expect(s.sprite).toBeUndefined();
    const ids = s.layers.map((l) => l.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const l of s.layers) if ('source' in l) expect(Object.keys(s.sources)).toContain(l.source);
  });
  it('draws nothing of layers that are not there yet', () => {
    const s = buildStyle({ mode: 'dark', info, layers: ['districts'], data: () => empty, labels: {} });
    expect(s.layers.map((l) => l.id)).toEqual(['ground', 'land', 'districts-edge']);
  });
  it('lays an overlay under the roads and its names on top', () => {
    const s = buildStyle({
      mode: 'light',
      info,
      layers: ['roads'],
      data: () => empty,
      labels: {},
      overlay: {
        sources: { g: { type: 'geojson', data: empty as never } },
        under: [{ id: 'g', type: 'fill', source: 'g' }],
        top: [{ id: 'g-text', type: 'symbol', source: 'g' }],
      },
    });
    const ids = s.layers.map((l) => l.id);
    expect(ids.indexOf('g')).toBeLessThan(ids.indexOf('road-lane-casing'));
    expect(ids[ids.length - 1]).toBe('g-text');
  });
  it('puts tiles in place of the base where the city has them', () => {
    const s = buildStyle({
      mode: 'light',
      info: { ...info, tiles: { url: '/api/v1/map/tiles/{z}/{x}/{y}' } },
      layers: ['roads'],
      data: () => empty,
      labels: {},
    });
    expect(s.layers.map((l) => l.id)).toEqual(['ground', 'tiles']);
    expect(JSON.stringify(s.sources)).toContain('{z}/{x}/{y}');
  });
  it('fetches buildings only near the ground', () => {
    expect(neededAt(11, info.layers)).toEqual(['water', 'green', 'roads', 'districts', 'streets']);
    expect(neededAt(15, info.layers)).toContain('buildings');
    expect(neededAt(15, ['water'])).toEqual(['water']);
  });
  it.each(['light', 'dark'] as const)('has readable names (%s)', (mode) => {
    const c = mapColours[mode];
    for (const text of [c.text, c.quiet, c.greenText])
      expect(contrast(text, c.halo)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(c.waterText, c.water)).toBeGreaterThanOrEqual(4);
  });
});

it('shows a round length', () => {
  expect(scaleOf(10, 110)).toEqual({ metres: 1000, width: 100 });
  expect(scaleOf(0.6, 110)).toEqual({ metres: 50, width: 83 });
});
