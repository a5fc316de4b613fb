/** WGS 84 degrees. */
export interface MapPoint {
  lon: number;
  lat: number;
}
export type MapMark = MapPoint & { id: number; label: string };
export interface MapPickProps {
  value: MapPoint | null;
  /** Called on click or keyboard choice. */
  onPick: (p: MapPoint) => void;
  /** Other cases nearby, drawn quietly. */
  marks?: MapMark[];
  onMark?: (id: number) => void;
  height?: number;
  label: string;
}
export interface MapSpotProps {
  point: MapPoint;
  gridId?: number;
  marks?: MapMark[];
  onMark?: (id: number) => void;
  height?: number;
  label: string;
}
