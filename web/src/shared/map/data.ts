import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { apiBase, problemOf } from '../api.ts';
import type { Collection } from './geo.ts';
import { labelPoints } from './geo.ts';
import { absolute, type BaseLayer, labelled, type MapInfo } from './style.ts';

async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const res = await fetch(path, { credentials: 'same-origin', signal });
  if (!res.ok) throw await problemOf(res);
  return (await res.json()) as T;
}

// What the map shows changes with a re-planning of the city, not within a session.
const still = { staleTime: 60 * 60_000, gcTime: 60 * 60_000, refetchOnWindowFocus: false } as const;

export const useMapInfo = () =>
  useQuery({
    queryKey: ['map', 'info'],
    queryFn: ({ signal }) => getJson<MapInfo>(`${apiBase}/map/info`, signal),
    ...still,
  });

const versioned = (path: string, version: string) =>
  `${apiBase}/map/${path}?v=${encodeURIComponent(version)}`;
export const layerUrl = (layer: BaseLayer, version: string) =>
  absolute(versioned(`base/${layer}.geojson`, version));

export interface GridProps {
  id: number;
  code: string;
  name: string;
  community?: string;
  street?: string;
  households?: number;
  /** Nobody lives there and nothing is coloured: the lake. */
  water?: boolean;
}

/** The grids of a day (yyyymmdd), of today without one. */
export function useGrids(version: string | undefined, day?: number) {
  return useQuery({
    queryKey: ['map', 'grids', version, day],
    queryFn: ({ signal }) =>
      getJson<Collection<GridProps>>(
        versioned('grids.geojson', version as string) + (day ? `&day=${day}` : ''),
        signal,
      ),
    enabled: !!version,
    ...still,
  });
}

/**
 * The layers that the page reads itself, with one point each for the name of
 * every area. Larger layers (roads, buildings) go from the server straight to
 * the map's worker.
 */
export function useNamedLayers(layers: readonly BaseLayer[], info: MapInfo | undefined) {
  const wanted = labelled.filter((l) => layers.includes(l));
  const answers = useQueries({
    queries: wanted.map((l) => ({
      queryKey: ['map', 'layer', l, info?.version],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const fc = await getJson<Collection>(versioned(`base/${l}.geojson`, info?.version ?? ''), signal);
        const named = fc.features.filter((f) => f.properties?.name);
        return { fc, names: labelPoints({ type: 'FeatureCollection', features: named }) };
      },
      enabled: !!info,
      ...still,
    })),
  });
  const key = answers.map((a) => a.dataUpdatedAt).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: key stands for the answers
  return useMemo(() => {
    const shapes: Partial<Record<BaseLayer, Collection>> = {};
    const names: Partial<Record<BaseLayer, Collection>> = {};
    wanted.forEach((l, i) => {
      const d = answers[i]?.data;
      if (!d) return;
      shapes[l] = d.fc;
      names[l] = d.names;
    });
    return { shapes, names, error: answers.find((a) => a.error)?.error };
  }, [key, wanted.join()]);
}
