/** The map of the residents' pages, loaded when it is opened. */
import '../shared/polyfill.ts';
import { Gl, Marker } from '../shared/map/engine.ts';
import { type Collection, labelPoints } from '../shared/map/geo.ts';
import { type BaseLayer, buildStyle, fonts, labelled, type MapInfo, neededAt } from '../shared/map/style.ts';

const get = async <T>(url: string): Promise<T> => {
  const res = await fetch(url);
  if (!res.ok) throw new Error(`${res.status} ${url}`);
  return (await res.json()) as T;
};
const url = (l: BaseLayer, version: string) =>
  `${location.origin}/api/v1/map/base/${l}.geojson?v=${encodeURIComponent(version)}`;

async function open(box: HTMLElement, label: string): Promise<{ map: Gl; info: MapInfo }> {
  const info = await get<MapInfo>('/api/v1/map/info');
  const mode = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const shapes: Partial<Record<BaseLayer, Collection>> = {};
  const names: Partial<Record<BaseLayer, Collection>> = {};
  const have = new Set<BaseLayer>();
  const style = () =>
    buildStyle({
      mode,
      info,
      layers: [...have],
      data: (l) => shapes[l] ?? url(l, info.version),
      labels: names,
      overlay: { sources: {} },
      textScale: 1,
    });
  const map = new Gl({
    container: box,
    style: style(),
    bounds: info.bbox,
    fitBoundsOptions: { padding: 8 },
    maxZoom: 18,
    renderWorldCopies: false,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    validateStyle: false,
    cooperativeGestures: false,
    localIdeographFontFamily: fonts.map((f) => (f === 'sans-serif' ? f : `"${f}"`)).join(', '),
  });
  map.touchZoomRotate.disableRotation();
  map.getCanvas().setAttribute('aria-label', label);
  const need = async () => {
    const more = neededAt(map.getZoom(), info.layers).filter((l) => !have.has(l));
    for (const l of more) {
      if (labelled.includes(l) && !shapes[l]) {
        const fc = await get<Collection>(url(l, info.version));
        shapes[l] = fc;
        names[l] = labelPoints({
          type: 'FeatureCollection',
          features: fc.features.filter((f) => f.properties?.name),
        });
      }
      have.add(l);
    }
    if (more.length) map.setStyle(style(), { diff: true, validate: false });
  };
  map.on('zoomend', () => void need());
  await new Promise<void>((ok) => map.once('style.load', () => ok()));
  await need();
  return { map, info };
}

/** A map to choose a place on: a tap, or the middle by the keyboard's Enter. */
export async function pick(
  box: HTMLElement,
  at: { lon: number; lat: number } | null,
  chosen: (lon: number, lat: number) => void,
  label: string,
) {
  if (box.dataset.open) return;
  box.dataset.open = '1';
  const { map } = await open(box, label);
  const pin = new Marker();
  const put = (lon: number, lat: number) => {
    pin.setLngLat([lon, lat]).addTo(map);
    chosen(Number(lon.toFixed(6)), Number(lat.toFixed(6)));
  };
  if (at) {
    pin.setLngLat([at.lon, at.lat]).addTo(map);
    map.jumpTo({ center: [at.lon, at.lat], zoom: 15.5 });
  }
  map.on('click', (e) => put(e.lngLat.lng, e.lngLat.lat));
  map.getCanvas().addEventListener('keydown', (e) => {
    if (e.key !== 'Enter') return;
    const c = map.getCenter();
    put(c.lng, c.lat);
  });
  map.getCanvas().focus();
}

/** Public matters as points; each opens its page. The list below says the same. */
export async function matters(box: HTMLElement, data: string, label: string) {
  if (box.dataset.open) return;
  box.dataset.open = '1';
  const { map } = await open(box, label);
  const fc = await get<{
    features: {
      geometry: { coordinates: [number, number] } | null;
      properties: { number: string; title: string; phase: string; phase_name: string };
    }[];
  }>(`${data}${data.includes('?') ? '&' : '?'}limit=500`);
  // Matters of one cell share its point: one mark with their number.
  const cells = new Map<string, typeof fc.features>();
  for (const f of fc.features) {
    if (!f.geometry) continue;
    const k = f.geometry.coordinates.join();
    cells.set(k, [...(cells.get(k) ?? []), f]);
  }
  for (const list of cells.values()) {
    const [first] = list;
    if (!first?.geometry) continue;
    const mark = document.createElement('a');
    mark.className = `mark mark-${list.every((f) => f.properties.phase === 'closed') ? 'closed' : 'open'}`;
    mark.href = `/matters/${first.properties.number}`;
    mark.textContent = list.length > 1 ? String(list.length) : '';
    mark.title = list
      .slice(0, 8)
      .map((f) => `${f.properties.title} (${f.properties.phase_name})`)
      .join('\n');
    mark.setAttribute('aria-label', mark.title);
    new Marker({ element: mark }).setLngLat(first.geometry.coordinates).addTo(map);
  }
}
