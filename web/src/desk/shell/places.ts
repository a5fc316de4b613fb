import type { Perm } from '@/shared/api.ts';
import type { Session } from '@/shared/session.tsx';

/** The rail's places, top to bottom. A role sees at most seven of them. */
export const rails = ['home', 'intake', 'cases', 'grids', 'visits', 'org', 'data', 'admin'] as const;
export type RailKey = (typeof rails)[number];

export type PlaceKey =
  | 'home'
  | 'duties'
  | 'calendar'
  | 'cards'
  | 'intake'
  | 'cases'
  | 'callbacks'
  | 'hotline'
  | 'topics'
  | 'whistles'
  | 'partners'
  | 'visits'
  | 'cockpit'
  | 'reports'
  | 'planning'
  | 'registers'
  | 'party'
  | 'liaison'
  | 'staff'
  | 'admin'
  | 'outbox'
  | 'devices'
  | 'audit';

export interface Place {
  key: PlaceKey;
  path: string;
  /** Where in the rail; several places of one rail are tabs beside each other. */
  rail: RailKey;
  /** Any of these opens it; empty: everybody. */
  perms: Perm[];
}

/** Every area of the desk. A place that nobody of the role may use is not shown. */
export const places: Place[] = [
  { key: 'home', rail: 'home', path: '/', perms: [] },
  { key: 'duties', rail: 'home', path: '/duties', perms: [] },
  { key: 'calendar', rail: 'home', path: '/calendar', perms: [] },
  { key: 'intake', rail: 'intake', path: '/cases/new', perms: ['case.report'] },
  { key: 'cases', rail: 'cases', path: '/cases', perms: ['case.read'] },
  { key: 'callbacks', rail: 'cases', path: '/callbacks', perms: ['case.callback'] },
  { key: 'hotline', rail: 'cases', path: '/hotline', perms: ['case.triage'] },
  { key: 'topics', rail: 'cases', path: '/topics', perms: ['case.read'] },
  {
    key: 'cards',
    rail: 'grids',
    path: '/grids',
    perms: ['case.read', 'party.read', 'staff.read', 'liaison.read'],
  },
  {
    key: 'planning',
    rail: 'grids',
    path: '/planning',
    perms: ['plan.write', 'plan.approve', 'region.write'],
  },
  { key: 'visits', rail: 'visits', path: '/visits', perms: ['visit.read', 'rules.write'] },
  {
    key: 'whistles',
    rail: 'org',
    path: '/whistles',
    perms: ['whistle.call', 'whistle.answer', 'meeting.hold'],
  },
  { key: 'partners', rail: 'org', path: '/partners', perms: ['partner.read', 'partner.own'] },
  {
    key: 'staff',
    rail: 'org',
    path: '/staff',
    perms: ['staff.read', 'staff.write', 'pay.approve', 'appraise', 'case.callback'],
  },
  {
    key: 'registers',
    rail: 'org',
    path: '/ledger',
    perms: [
      'home.read',
      'party.read',
      'staff.read',
      'liaison.read',
      'partner.read',
      'partner.own',
      'form.manage',
    ],
  },
  { key: 'devices', rail: 'visits', path: '/devices', perms: ['device.manage'] },
  { key: 'party', rail: 'org', path: '/party', perms: ['party.read'] },
  { key: 'liaison', rail: 'org', path: '/liaison', perms: ['liaison.read', 'liaison.visit'] },
  { key: 'cockpit', rail: 'data', path: '/cockpit', perms: ['figure.read'] },
  {
    key: 'reports',
    rail: 'data',
    path: '/reports',
    perms: ['figure.read', 'home.read', 'party.read', 'staff.read', 'liaison.read', 'partner.read'],
  },
  { key: 'audit', rail: 'data', path: '/audit', perms: ['audit.read'] },
  { key: 'outbox', rail: 'data', path: '/admin/outbox', perms: ['outbox.manage'] },
  {
    key: 'admin',
    rail: 'admin',
    path: '/admin',
    perms: ['rules.write', 'org.write', 'region.write', 'account.write'],
  },
];

export function mayVisit(key: PlaceKey, s: Pick<Session, 'canAny'>): boolean {
  const place = places.find((p) => p.key === key);
  return !!place && (place.perms.length === 0 || s.canAny(...place.perms));
}

/** The places of a rail that the session may visit. */
export const placesOf = (rail: RailKey, s: Pick<Session, 'canAny'>) =>
  places.filter((p) => p.rail === rail && mayVisit(p.key, s));

/** The place that a path belongs to, among those that one may visit; the longest match wins. */
export function placeOf(pathname: string, s: Pick<Session, 'canAny'>): Place | undefined {
  let best: Place | undefined;
  for (const p of places) {
    const hit = p.path === '/' ? pathname === '/' : pathname === p.path || pathname.startsWith(`${p.path}/`);
    if (hit && mayVisit(p.key, s) && (!best || p.path.length > best.path.length)) best = p;
  }
  return best;
}
