import type { MapSpotProps } from './seam.ts';

export default function MapSpot({ height = 220, label }: MapSpotProps) {
  return <div className="map-box" style={{ height }} role="img" aria-label={label} />;
}
