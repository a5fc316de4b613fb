/**
 * The map's seams. Import the lazy forms from here only; what they load (the map
 * library and the layers) stays out of the desk's first script.
 */
import { type ComponentType, lazy } from 'react';
import type { MapPickProps, MapSpotProps } from './seam.ts';

export type { MapPickProps, MapPoint, MapSpotProps } from './seam.ts';

/** Choose one point: click, or arrow keys and Enter; shows the grid under it. */
export const MapPick = lazy<ComponentType<MapPickProps>>(() => import('./MapPick.tsx'));
/** A small, quiet map of one case with its grid and neighbours; not for choosing. */
export const MapSpot = lazy<ComponentType<MapSpotProps>>(() => import('./MapSpot.tsx'));
