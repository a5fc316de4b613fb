import { useQuery } from '@tanstack/react-query';
import { AutoComplete, Button, Input } from 'antd';
import { Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, data } from '../api.ts';
import { useDebounced } from '../debounced.ts';
import { MapPick } from '../map/index.tsx';
import type { MapMark } from '../map/seam.ts';

/** A chosen place; without lon and lat only words have been typed. */
export interface PlaceValue {
  address: string;
  lon?: number;
  lat?: number;
  crs?: 'wgs84' | 'gcj02' | 'bd09';
  community?: string;
  grid_id?: number;
}

interface Props {
  value?: PlaceValue | null;
  onChange?: (v: PlaceValue | null) => void;
  id?: string;
  marks?: MapMark[];
  onMark?: (id: number) => void;
  height?: number;
  /** Without the map, for small places. */
  bare?: boolean;
}

/**
 * Reads "112.6012, 29.4003" typed or pasted in either order of longitude and
 * latitude marks; undefined if the text is no pair of numbers.
 */
export function parsePair(text: string): { lon: number; lat: number } | undefined {
  const m = /^\s*(-?\d{1,3}\.\d{3,})\s*[,\uff0c\s]\s*(-?\d{1,3}\.\d{3,})\s*$/u.exec(text);
  if (!m) return undefined;
  return { lon: Number(m[1]), lat: Number(m[2]) };
}

/** Where it is: search as you type, or a click on the map. Says which grid it falls into. */
export function PlaceBox({ value, onChange, id, marks, onMark, height = 260, bare }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(value?.address ?? '');
  const typed = useRef(false);
  const q = useDebounced(text.trim(), 180);
  const pair = parsePair(q);
  const found = useQuery({
    queryKey: ['places', q],
    queryFn: ({ signal }) => data(api.GET('/places', { params: { query: { q, limit: 8 } }, signal })),
    enabled: q.length >= 1 && typed.current && !pair,
    placeholderData: (before) => before,
  });
  const hasPoint = value?.lon !== undefined && value.lat !== undefined;
  const at = useQuery({
    queryKey: ['places', 'at', value?.lon, value?.lat],
    queryFn: ({ signal }) =>
      data(
        api.GET('/places/at', { params: { query: { lon: value?.lon ?? 0, lat: value?.lat ?? 0 } }, signal }),
      ),
    enabled: hasPoint,
    staleTime: 10 * 60_000,
  });

  // The form was cleared from outside.
  useEffect(() => {
    if (!value) {
      setText('');
      typed.current = false;
    }
  }, [value]);

  const type = (s: string) => {
    typed.current = true;
    setText(s);
    const p = parsePair(s);
    if (p) onChange?.({ address: '', ...p, crs: 'wgs84' });
    else if (!s.trim()) onChange?.(null);
    else onChange?.(value?.lon !== undefined ? { ...value, address: s } : { address: s });
  };
  const choose = (i: number) => {
    const p = found.data?.items?.[i];
    if (!p) return;
    typed.current = false;
    setText(p.path && !p.path.includes(p.name) ? `${p.path} ${p.name}` : p.name);
    onChange?.({
      address: p.name,
      lon: p.lon,
      lat: p.lat,
      crs: 'wgs84',
      community: p.community?.code,
      grid_id: p.grid_id,
    });
  };
  const pick = async (p: { lon: number; lat: number }) => {
    onChange?.({ address: text.trim(), ...p, crs: 'wgs84' });
    const here = await data(api.GET('/places/at', { params: { query: p } })).catch(() => undefined);
    if (!here) return;
    const name = here.nearest_building?.name ?? '';
    const address =
      typed.current && text.trim() ? text.trim() : [here.community?.name, name].filter(Boolean).join(' ');
    setText(address);
    onChange?.({ address, ...p, crs: 'wgs84', community: here.community?.code, grid_id: here.grid?.id });
  };

  const spot = at.data;
  return (
    <div className="place-box">
      <AutoComplete
        id={id}
        value={text}
        className="wide"
        defaultActiveFirstOption
        onChange={(v: string) => !/^#\d+$/.test(v) && type(v)}
        onSelect={(v: string) => choose(Number(v.slice(1)))}
        options={(typed.current ? (found.data?.items ?? []) : []).map((p, i) => ({
          value: `#${i}`,
          label: (
            <div className="found">
              <span className="found-main">{p.name}</span>
              <span className="quiet">{p.path}</span>
            </div>
          ),
        }))}
      >
        <Input placeholder={t('common:place.placeholder')} allowClear maxLength={200} />
      </AutoComplete>
      <p className="place-says quiet" aria-live="polite">
        {hasPoint && spot ? (
          spot.inside ? (
            <span className="tone-done">
              {[spot.street?.name, spot.community?.name, spot.grid?.name].filter(Boolean).join(' · ')}
            </span>
          ) : (
            <span className="tone-overdue">
              {spot.question ?? t('common:place.outside')}{' '}
              {spot.proposed ? (
                <Button size="small" onClick={() => void pick(spot.proposed as { lon: number; lat: number })}>
                  {t('common:place.use_proposed')}
                </Button>
              ) : null}
            </span>
          )
        ) : (
          t('common:place.hint')
        )}
      </p>
      {bare ? null : (
        <Suspense fallback={<div className="map-box" style={{ height }} />}>
          <MapPick
            label={t('common:place.map')}
            value={hasPoint ? { lon: value?.lon as number, lat: value?.lat as number } : null}
            onPick={(p) => void pick(p)}
            marks={marks}
            onMark={onMark}
            height={height}
          />
        </Suspense>
      )}
    </div>
  );
}
