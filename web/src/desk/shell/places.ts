import type { Perm } from '@/shared/api.ts';
import type { Session } from '@/shared/session.tsx';

export type PlaceKey =
  | 'home'
  | 'intake'
  | 'cases'
  | 'callbacks'
  | 'hotline'
  | 'topics'
  | 'cockpit'
  | 'planning'
  | 'admin'
  | 'audit';

export interface RailPlace {
  key: PlaceKey;
  path: string;
  /** Any of these opens it; empty: everybody. */
  perms: Perm[];
}

/** The rail, top to bottom. A place that nobody of the role may use is not shown. */
export const places: RailPlace[] = [
  { key: 'home', path: '/', perms: [] },
  { key: 'intake', path: '/cases/new', perms: ['case.report'] },
  { key: 'cases', path: '/cases', perms: ['case.read'] },
  { key: 'callbacks', path: '/callbacks', perms: ['case.callback'] },
  { key: 'hotline', path: '/hotline', perms: ['case.triage'] },
  { key: 'topics', path: '/topics', perms: ['case.read'] },
  { key: 'planning', path: '/planning', perms: ['plan.write', 'plan.approve', 'region.write'] },
  { key: 'cockpit', path: '/cockpit', perms: ['figure.read'] },
  {
    key: 'admin',
    path: '/admin',
    perms: ['rules.write', 'org.write', 'region.write', 'account.write', 'outbox.manage'],
  },
  { key: 'audit', path: '/audit', perms: ['audit.read'] },
];

export function mayVisit(key: PlaceKey, s: Pick<Session, 'canAny'>): boolean {
  const place = places.find((p) => p.key === key);
  return !!place && (place.perms.length === 0 || s.canAny(...place.perms));
}

/** The place that a path belongs to; the longest match wins. */
export function placeOf(pathname: string): PlaceKey | undefined {
  let best: RailPlace | undefined;
  for (const p of places) {
    const hit = p.path === '/' ? pathname === '/' : pathname === p.path || pathname.startsWith(`${p.path}/`);
    if (hit && (!best || p.path.length > best.path.length)) best = p;
  }
  return best?.key;
}
