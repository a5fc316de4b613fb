import './map.css';
import type { Map as GlMap, MapMouseEvent } from 'maplibre-gl';
import { type CSSProperties, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLook } from '../theme.tsx';
import { ErrorNote } from '../ui/state.tsx';
import { layerUrl, useMapInfo, useNamedLayers } from './data.ts';
import { Gl } from './engine.ts';
import { type Box, type Position, pad } from './geo.ts';
import { scaleOf } from './measure.ts';
import { type BaseLayer, buildStyle, fonts, labelled, neededAt, type Overlay } from './style.ts';

export interface CityMapProps {
  /** What the map shows, for those who do not see it. */
  label: string;
  className?: string;
  style?: CSSProperties;
  /** The first view; the whole city without it. */
  start?: { center: Position; zoom: number };
  /** Moves the view whenever it changes. */
  focus?: Box;
  overlay?: Overlay;
  /** Scrolling the page over the map does not zoom it. */
  calm?: boolean;
  picking?: boolean;
  /** Keeps the picture for the printer, at some cost. */
  printable?: boolean;
  /** A wall that nobody touches, read from afar: no buttons, larger names. */
  wall?: boolean;
  onMap?: (map: GlMap | null) => void;
  onClick?: (e: MapMouseEvent, map: GlMap) => void;
  /** Instead of the map where the browser cannot draw one. */
  alternative?: ReactNode;
  /** Above the map: legend, tip. */
  children?: ReactNode;
}

function ScaleBar({ map }: { map: GlMap }) {
  const { t } = useTranslation();
  const [mpp, setMpp] = useState(0);
  useEffect(() => {
    const read = () => {
      const lat = map.getCenter().lat;
      setMpp((40_075_016.7 * Math.cos((lat * Math.PI) / 180)) / 2 ** (map.getZoom() + 9));
    };
    read();
    map.on('moveend', read);
    return () => {
      map.off('moveend', read);
    };
  }, [map]);
  if (!mpp) return null;
  const { metres, width } = scaleOf(mpp, 110);
  return (
    <div className="citymap-scale" aria-hidden>
      {metres >= 1000 ? t('map:scale.km', { n: metres / 1000 }) : t('map:scale.m', { n: metres })}
      <i style={{ width }} />
    </div>
  );
}

/** The map as a picture: printers get no WebGL. */
function Print({ map }: { map: GlMap }) {
  const img = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const take = () => {
      if (img.current) img.current.src = map.getCanvas().toDataURL('image/jpeg', 0.9);
    };
    window.addEventListener('beforeprint', take);
    return () => window.removeEventListener('beforeprint', take);
  }, [map]);
  return <img className="citymap-print" ref={img} alt="" />;
}

export default function View(props: CityMapProps) {
  const { t, i18n } = useTranslation();
  const { mode } = useLook();
  const info = useMapInfo();
  const box = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<GlMap | null>(null);
  const [failed, setFailed] = useState<unknown>(null);
  const [layers, setLayers] = useState<BaseLayer[]>([]);
  const named = useNamedLayers(layers, info.data);
  const latest = useRef(props);
  latest.current = props;

  // What can be drawn now: a layer that the page reads itself waits until it is there.
  const style = useMemo(() => {
    if (!info.data) return undefined;
    const version = info.data.version;
    return buildStyle({
      mode,
      info: info.data,
      layers: layers.filter((l) => !labelled.includes(l) || named.shapes[l]),
      data: (l) => named.shapes[l] ?? layerUrl(l, version),
      labels: named.names,
      overlay: props.overlay,
      textScale: props.wall ? 1.7 : 1,
    });
  }, [mode, info.data, layers, named, props.overlay, props.wall]);
  const newest = useRef(style);
  newest.current = style;

  const city = info.data;
  useEffect(() => {
    if (!city || !box.current || !newest.current) return;
    const start = latest.current.start;
    let gl: GlMap;
    try {
      gl = new Gl({
        container: box.current,
        style: newest.current,
        ...(start
          ? { center: start.center, zoom: start.zoom }
          : {
              bounds: latest.current.focus ?? city.bbox,
              fitBoundsOptions: {
                padding: latest.current.wall ? { left: 180, top: 12, right: 12, bottom: 12 } : 12,
              },
            }),
        maxBounds: pad(city.bbox, 2.5),
        maxZoom: 18.5,
        minZoom: 7,
        renderWorldCopies: false,
        attributionControl: false,
        dragRotate: false,
        pitchWithRotate: false,
        touchPitch: false,
        rollEnabled: false,
        maxPitch: 0,
        fadeDuration: 120,
        validateStyle: false,
        localIdeographFontFamily: fonts.map((f) => (f === 'sans-serif' ? f : `"${f}"`)).join(', '),
        maxTileCacheZoomLevels: 3,
        scrollZoom: !latest.current.calm,
        canvasContextAttributes: { preserveDrawingBuffer: latest.current.printable === true },
      });
    } catch (e) {
      setFailed(e instanceof Error ? e : new Error(String(e)));
      return;
    }
    gl.touchZoomRotate.disableRotation();
    gl.keyboard.disableRotation();
    const canvas = gl.getCanvas();
    canvas.setAttribute('aria-label', latest.current.label);
    const need = () => {
      const zoom = gl.getZoom();
      // A layer once loaded stays: going back and forth must not fetch it again.
      setLayers((have) => {
        const more = neededAt(zoom, city.layers).filter((l) => !have.includes(l));
        return more.length ? [...have, ...more] : have;
      });
    };
    gl.on('zoomend', need);
    gl.on('moveend', need);
    gl.on('click', (e) => latest.current.onClick?.(e, gl));
    gl.on('error', (e) => console.warn('map:', e.error?.message ?? e));
    gl.once('style.load', () => {
      need();
      setMap(gl);
      latest.current.onMap?.(gl);
    });
    return () => {
      latest.current.onMap?.(null);
      setMap(null);
      setLayers([]);
      gl.remove();
    };
  }, [city]);

  useEffect(() => {
    if (map && style) map.setStyle(style, { diff: true, validate: false });
  }, [map, style]);

  useEffect(() => {
    map?.getCanvas().setAttribute('aria-label', props.label);
  }, [map, props.label]);

  const focus = props.focus?.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: focus is compared by value
  useEffect(() => {
    if (map && props.focus) map.fitBounds(props.focus, { padding: 24, duration: 400, maxZoom: 16 });
  }, [map, focus]);

  // The guard around the map shows the list instead.
  if (failed) throw failed;
  if (info.error && !info.data) {
    return (
      <div className="citymap-note">
        <ErrorNote error={info.error} retry={() => void info.refetch()} />
        {props.alternative}
      </div>
    );
  }
  return (
    <section
      className={`citymap-view${props.picking ? ' citymap-picking' : ''}${props.printable ? ' citymap-printable' : ''}`}
      lang={i18n.language}
    >
      <div className="citymap-canvas" ref={box} />
      {props.picking ? (
        <svg className="citymap-cross" viewBox="0 0 28 28" aria-hidden="true">
          <path d="M14 1v10M14 17v10M1 14h10M17 14h10" stroke="currentColor" strokeWidth="2" />
        </svg>
      ) : null}
      {map && !props.wall ? (
        <fieldset className="citymap-tools" aria-label={t('map:tools')}>
          <button type="button" aria-label={t('map:in')} title={t('map:in')} onClick={() => map.zoomIn()}>
            +
          </button>
          <button type="button" aria-label={t('map:out')} title={t('map:out')} onClick={() => map.zoomOut()}>
            −
          </button>
          <button
            type="button"
            aria-label={t('map:whole')}
            title={t('map:whole')}
            onClick={() => city && map.fitBounds(latest.current.focus ?? city.bbox, { padding: 12 })}
          >
            ⤢
          </button>
        </fieldset>
      ) : null}
      {map && props.printable ? <Print map={map} /> : null}
      {map ? <ScaleBar map={map} /> : null}
      {city?.tiles?.attribution ? <div className="citymap-foot">{city.tiles.attribution}</div> : null}
      {props.children}
      {named.error ? <div className="citymap-foot">{t('map:partial')}</div> : null}
    </section>
  );
}
