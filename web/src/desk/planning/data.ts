import { useQuery } from '@tanstack/react-query';
import { apiBase, problemOf } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import type { Collection, Shape } from '@/shared/map/geo.ts';

export interface Person {
  id: number;
  name: string;
}
export interface Community {
  code: string;
  name: string;
  street: string;
  street_name: string;
  households: number;
  grids: number;
  out_of_bounds: number;
}
export interface Measured {
  community?: string;
  grids: number;
  out_of_bounds: number;
  torn: number;
  straddle: number;
  compounds_split: number;
  cut_km: number;
  rms_m: number;
  kept_households: number;
  moved_households: number;
  old_grids: number;
  old_torn: number;
}
export interface Bounds {
  grids: number;
  kept_share: number;
  rms_m: number;
}
export type Style = 'compact' | 'compounds' | 'balanced' | 'least-change';
export const styles: readonly Style[] = ['compact', 'compounds', 'balanced', 'least-change'];
export interface Options {
  min: number;
  max: number;
  k: 'min' | 'target';
  target: number;
  keep: number;
}
export interface Run {
  id: number;
  status: 'running' | 'finished' | 'cancelled' | 'failed';
  options: Options & { styles: Style[]; seconds: number };
  progress: { style: Style; step: number; steps: number; done: number; all: number };
  started_by: Person;
  started_at: string;
  ended_at?: string;
}
export type DraftStatus = 'result' | 'draft' | 'asked' | 'approved' | 'published';
export interface DraftItem {
  id: number;
  plan: number;
  run: number;
  name: string;
  status: DraftStatus;
  version: number;
  options: Options & { weights: Style };
  figures: Measured;
  bounds: Bounds;
  changed_at: string;
}
export interface PlanItem {
  id: number;
  name: string;
  source: 'city' | 'upload';
  communities: string[];
  units: number;
  households: number;
  created_by: Person;
  created_at: string;
}
export interface Remark {
  row?: number;
  what: string;
  problem: string;
  treatment: string;
}
export interface PlanPage extends PlanItem {
  today: Measured;
  remarks: Remark[];
  runs: Run[];
  drafts: DraftItem[];
}
export interface Grid {
  /** Stays the same through all edits; title, code and number are those that it had if it were published now. */
  label: number;
  title: string;
  code: string;
  number: number;
  community: string;
  households: number;
  units: number;
  middle: [number, number];
  locked: boolean;
  note: string;
  in_bounds: boolean;
  pieces: number;
}
export type Reason =
  | ''
  | 'too_small'
  | 'gap'
  | 'indivisible_unit'
  | 'disconnected_part'
  | 'proved_impossible'
  | 'not_found_within_budget';
export interface Verdict {
  community: string;
  name: string;
  households: number;
  grids: number;
  status: 'ok' | 'impossible' | 'not_found';
  reason?: Reason;
  violation: number;
}
/** What the planner asks those who approve to allow; the last answer counts. */
export interface Wish {
  communities: string[];
  text: string;
  answers: { granted: boolean; note: string; by: Person }[];
}
export interface Worker {
  post: number;
  account: Person;
  from: string;
  to: number;
  /** By a person; else it is the program's proposal. */
  chosen: boolean;
}
export interface Decision {
  kind: 'ask' | 'withdraw' | 'approve' | 'decline' | 'publish' | 'undo';
  note: string;
  day?: number;
  by: Person;
  at: string;
}
export interface DraftPage extends DraftItem {
  plan_name: string;
  streets: { code: string; name: string }[];
  grid: number[];
  grids: Grid[];
  communities: Verdict[];
  requests: Wish[];
  decisions: Decision[];
  authors: Person[];
  can_undo: boolean;
  can_redo: boolean;
  begins?: number;
  workers: Worker[];
}
export interface GridFeature {
  type: 'Feature';
  id: number;
  properties: Grid;
  geometry: Shape;
}
export type EditKind =
  | 'move'
  | 'merge'
  | 'split'
  | 'repair'
  | 'lock'
  | 'unlock'
  | 'note'
  | 'request'
  | 'worker'
  | 'undo'
  | 'redo';
export interface EditBody {
  kind: EditKind;
  units?: number[];
  grids?: number[];
  to?: number;
  text?: string;
  communities?: string[];
  post?: number;
}
export interface Effect {
  version: number;
  moves: [number, number][];
  grids: Grid[];
  /** Labels of the grids that the edit was about; the others were numbered anew. */
  touched: number[];
  gone: number[];
  shapes: GridFeature[];
  before: Measured;
  after: Measured;
  requests: Wish[];
  workers: Worker[];
  can_undo: boolean;
  can_redo: boolean;
}
export interface Units {
  lon: number[];
  lat: number[];
  households: number[];
  community: number[];
  name: string[];
  old: number[];
  communities: { code: string; name: string }[];
  old_grids: string[] | null;
}
export interface Comparison {
  kept_households: number;
  moved_households: number;
  torn: number;
  rows: {
    name: string;
    households: number;
    kept: number;
    into: { label: number; title: string; households: number; units: number }[];
  }[];
}

const items = <T>(a: { items: T[] | null }) => a.items ?? [];

export const keys = {
  plans: ['planning', 'plans'] as const,
  plan: (id: number) => ['planning', 'plan', id] as const,
  draft: (id: number) => ['planning', 'draft', id] as const,
  shapes: (id: number) => ['planning', 'shapes', id] as const,
};

export const useCommunities = () =>
  useQuery({
    queryKey: ['planning', 'communities'],
    queryFn: ({ signal }) =>
      call<{ items: Community[] | null }>('GET', '/plan-communities', { signal }).then(items),
  });
export const usePlans = () =>
  useQuery({
    queryKey: keys.plans,
    queryFn: ({ signal }) => call<{ items: PlanItem[] | null }>('GET', '/plans', { signal }).then(items),
  });
export const usePlan = (id: number) =>
  useQuery({
    queryKey: keys.plan(id),
    queryFn: ({ signal }) => call<PlanPage>('GET', `/plans/${id}`, { signal }),
  });
export const useDraft = (id: number) =>
  useQuery({
    queryKey: keys.draft(id),
    queryFn: ({ signal }) => call<DraftPage>('GET', `/plan-drafts/${id}`, { signal }),
  });

async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const res = await fetch(`${apiBase}${path}`, { credentials: 'same-origin', signal });
  if (!res.ok) throw await problemOf(res);
  return (await res.json()) as T;
}

/** The units of a plan never change. */
export const useUnits = (plan: number | undefined) =>
  useQuery({
    queryKey: ['planning', 'units', plan],
    queryFn: ({ signal }) => getJson<Units>(`/plans/${plan}/units`, signal),
    enabled: !!plan,
    staleTime: Number.POSITIVE_INFINITY,
  });
/** The outlines of a draft's grids; an edit replaces those that it changed. */
export const useShapes = (draft: number | undefined) =>
  useQuery({
    queryKey: keys.shapes(draft ?? 0),
    queryFn: ({ signal }) => getJson<Collection<Grid>>(`/plan-drafts/${draft}/grids.geojson`, signal),
    enabled: !!draft,
  });
export const useComparison = (draft: number, other: number | undefined, enabled: boolean) =>
  useQuery({
    queryKey: ['planning', 'compare', draft, other ?? 0],
    queryFn: ({ signal }) =>
      call<Comparison>('GET', `/plan-drafts/${draft}/compare`, { query: { with: other }, signal }),
    enabled,
  });
