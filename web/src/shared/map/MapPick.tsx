import type { MapPickProps } from './seam.ts';

export default function MapPick({ height = 220, label }: MapPickProps) {
  return <div className="map-box" style={{ height }} role="img" aria-label={label} />;
}
