import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { ClockUnit, Grade, Question } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { duties } from './duty.ts';

export interface Items<T> {
  items: T[] | null;
  next?: string;
}
export interface Ref {
  id: number;
  name: string;
}

// Regions

export type Level = 'city' | 'district' | 'street' | 'community';
export interface Region {
  code: string;
  parent: string;
  level: Level;
  name: string;
  households: number;
  children: number;
  valid_from: number;
  valid_to?: number;
  version: number;
}
export interface Grid {
  id: number;
  code: string;
  standard_code?: string;
  name: string;
  kind: 'basic' | 'dedicated';
  purpose?: string;
  street: { code: string; name: string };
  community: { code: string; name: string };
  households: number;
  note?: string;
  valid_from: number;
  valid_to?: number;
}

export const regionsKey = ['admin', 'regions'] as const;
/** Reads the regions below one; "" is the city itself. */
export const regionsBelow = (parent: string, signal?: AbortSignal) =>
  call<Items<Region>>('GET', '/regions', { query: { parent }, signal }).then((a) => a.items ?? []);

// Organisations, roles, accounts

export interface Org {
  id: number;
  code: string;
  name: string;
  short: string;
  kind: string;
  kind_name: string;
  district?: string;
  region: string;
  region_name: string;
  parent?: Ref;
  from: number;
  to?: number;
  in_force: boolean;
  version: number;
}
export interface Role {
  code: string;
  name: string;
  level: 'region' | 'grid' | 'org';
  depths: number[] | null;
  office: 'business' | 'system' | 'security' | 'audit';
  permissions: { code: string; name: string }[] | null;
}
export interface PostInfo {
  id: number;
  role: string;
  role_name: string;
  region: string;
  region_name: string;
  grid_id?: number;
  org?: Ref;
  from: number;
  to?: number;
  in_force: boolean;
}
export type AccountKind = 'person' | 'service';
export interface ApiKey {
  id: number;
  mark: string;
  label: string;
  per_second: number;
  ends?: number;
  created_by: string;
  created_at: string;
  revoked_at?: string;
  used_on?: number;
  living: boolean;
}
export interface Account {
  id: number;
  kind: AccountKind;
  login: string;
  name: string;
  lang: string;
  home: string;
  disabled: boolean;
  can_sign_in: boolean;
  must_change_password: boolean;
  created_at: string;
  seen_at?: string;
  version: number;
  posts: PostInfo[] | null;
}

export const useAllOrgs = (all = false) =>
  useQuery({
    queryKey: ['admin', 'orgs', all],
    queryFn: async ({ signal }) =>
      (await call<Items<Org>>('GET', '/orgs', { query: { all: all || undefined }, signal })).items ?? [],
    staleTime: 60_000,
  });

/** The kinds of unit that rules and categories may name, as the city's organisations have them. */
export function useDuties(): { value: string; label: string }[] {
  const orgs = useAllOrgs();
  return useMemo(() => duties(orgs.data ?? []), [orgs.data]);
}

export const useRoles = () =>
  useQuery({
    queryKey: ['admin', 'roles'],
    queryFn: async ({ signal }) => (await call<Items<Role>>('GET', '/roles', { signal })).items ?? [],
    staleTime: 10 * 60_000,
  });

// Rulebook

export interface StageLimit {
  stage: string;
  n: number;
  unit: ClockUnit;
}
export interface CategoryBody {
  parent?: number;
  code: string;
  name: string;
  name_en?: string;
  kind: 'event' | 'part';
  nature?: '' | 'lifeline' | 'consultation';
  grade?: '' | Grade;
  limits?: StageLimit[] | null;
  by_grade?: Partial<Record<Grade, StageLimit[] | null>> | null;
  evidence?: { found: boolean; resolved: boolean } | null;
  evidence_why?: string;
  evidence_why_en?: string;
  filing?: string;
  closing?: string;
  unit_kind?: string;
  keywords?: string[] | null;
  callback_rate?: number | null;
  onsite_allowed?: boolean;
  private?: boolean;
  questions?: Question[] | null;
}
export interface Category extends CategoryBody {
  id: number;
  leaf: boolean;
  effective: Partial<
    Record<Grade, { stage: string; n: number; unit: ClockUnit; text: string; from: string }[] | null>
  > | null;
  version: number;
  valid_from: number;
  valid_to?: number;
}
export interface Problem {
  rule: string;
  kind: string;
  text: string;
}
export interface Sample {
  id: number;
  number: string;
  title: string;
  status: string;
  category?: Ref;
  reported_at: string;
  from_unit?: Ref;
  to_unit?: Ref;
  rule?: string;
  old_due_at?: string;
  new_due_at?: string;
}
export interface LimitPreview {
  cases: number;
  changed: number;
  earlier: number;
  later: number;
  overdue_before: number;
  overdue_after: number;
  sample: Sample[] | null;
  problems: Problem[] | null;
}
export interface YearBody {
  off: number[];
  makeup: number[];
  source?: string;
  sourced?: boolean;
  remark?: string;
}
export interface CalendarYear {
  year: number;
  zone: string;
  spans: { from: string; to: string }[] | null;
  off: number[] | null;
  makeup: number[] | null;
  source: string;
  sourced: boolean;
  note?: string;
  remark: string;
  version: number;
  valid_from?: number;
  hours_version: number;
  next?: { version: number; valid_from: number };
}
export interface UnitOf {
  org?: number;
  kind?: string;
}
export interface When {
  categories?: number[] | null;
  areas?: number[] | null;
  grids?: number[] | null;
  grades?: string[] | null;
  channels?: string[] | null;
  sources?: number[] | null;
  kinds?: string[] | null;
  unit_kinds?: string[] | null;
  weekdays?: number[] | null;
  from?: string;
  to?: string;
}
export interface Rule {
  id: string;
  name: string;
  name_en?: string;
  when: When;
  then: {
    lead: UnitOf;
    or?: UnitOf[] | null;
    assists?: UnitOf[] | null;
    limit?: { n: number; unit: ClockUnit } | null;
    needs_approval?: boolean;
  };
}
export interface Duty {
  org: number;
  windows: { weekdays?: number[] | null; from: string; to: string }[];
  holidays?: boolean;
  deputy?: number;
}
export interface Routing {
  rules: Rule[] | null;
  duties: Duty[] | null;
  sources: Ref[] | null;
  version: number;
  in_force: number;
  valid_from: number;
  note: string;
  problems: Problem[] | null;
  next?: { version: number; valid_from: number };
}
export interface RoutingPreview {
  cases: number;
  changed: number;
  from: number;
  to: number;
  by: { from_unit: Ref; to_unit: Ref; count: number }[] | null;
  sample: Sample[] | null;
  problems: Problem[] | null;
}
export interface Version {
  kind: 'category' | 'calendar' | 'routing' | 'settings';
  key: string;
  name: string;
  version: number;
  valid_from: number;
  valid_to?: number;
  note: string;
  created_by: number;
  created_at: string;
  body: unknown;
}

export const useRuleCategories = () =>
  useQuery({
    queryKey: ['admin', 'categories'],
    queryFn: async ({ signal }) =>
      (await call<Items<Category>>('GET', '/categories', { signal })).items ?? [],
  });

/** Makes everything that a publication may have changed be read again. */
export function useRefresh() {
  const client = useQueryClient();
  return (...keys: string[]) => {
    for (const k of keys) void client.invalidateQueries({ queryKey: [k] });
    void client.invalidateQueries({ queryKey: ['admin'] });
  };
}
