/**
 * The map's seams. Import the lazy forms from here only; what they load (the map
 * library and the layers) stays out of the desk's first script.
 */
import { type ComponentType, lazy } from 'react';
import type { GridChoroplethProps } from './GridChoropleth.tsx';
import type { MapPickProps, MapSpotProps } from './seam.ts';
import type { CityMapProps } from './view.tsx';

export type { GridProps } from './data.ts';
export type { GridChoroplethProps } from './GridChoropleth.tsx';
export type { GridValue } from './grids.ts';
export type { MapMark, MapPickProps, MapPoint, MapSpotProps } from './seam.ts';
export type { CityMapProps } from './view.tsx';

/** Choose one point: click, or arrow keys and Enter; shows the grid under it. */
export const MapPick = lazy<ComponentType<MapPickProps>>(() => import('./MapPick.tsx'));
/** A small, quiet map of one case with its grid and neighbours; not for choosing. */
export const MapSpot = lazy<ComponentType<MapSpotProps>>(() => import('./MapSpot.tsx'));
/** The same under the name that the plan gives it. */
export const CaseMap = MapSpot;
/** The grids coloured by a figure, with a numeric legend and the same as a list. */
export const GridChoropleth = lazy<ComponentType<GridChoroplethProps>>(() => import('./GridChoropleth.tsx'));
/** The plain map; draw on it with `overlay`. */
export const CityMap = lazy<ComponentType<CityMapProps>>(() => import('./CityMap.tsx'));
