/**
 * A position is taken only while a record is being saved, only if the worker left the
 * switch on, and never waited for longer than three seconds.
 */
const key = 'linli.worker.position';
export const wantsPosition = (): boolean => localStorage.getItem(key) === '1';
export function wantPosition(on: boolean): void {
  if (on) localStorage.setItem(key, '1');
  else localStorage.removeItem(key);
}

export interface Position {
  lon: number;
  lat: number;
}
/** undefined: not wanted, refused or not to be had in time; the record goes without. */
export function takePosition(): Promise<Position | undefined> {
  if (!wantsPosition() || !navigator.geolocation) return Promise.resolve(undefined);
  return new Promise((done) =>
    navigator.geolocation.getCurrentPosition(
      (p) => done({ lon: p.coords.longitude, lat: p.coords.latitude }),
      () => done(undefined),
      { timeout: 3000, maximumAge: 60_000 },
    ),
  );
}
