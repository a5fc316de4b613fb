import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '@/shared/call.ts';
import { uuidv7 } from '@/shared/uuid.ts';

export interface Person {
  id: number;
  name: string;
}
export interface Place {
  grid_id: number;
  grid_name: string;
  community: string;
  community_name: string;
}
export interface Option {
  action: string;
  name: string;
  allowed: boolean;
  why?: string;
  side: boolean;
  needs: { name: string; type: string; label: string; required: boolean }[];
}
export interface Line {
  code: string;
  name: string;
  amount: number;
  how: string;
}
export interface Slip {
  id: number;
  worker: Person;
  place: Place;
  month: number;
  lines: Line[];
  total: number;
  corrections: { amount: number; reason: string; paid: boolean; by: Person | null; at: string }[];
}
export interface Run {
  id: number;
  street: string;
  street_name: string;
  month: number;
  state: 'draft' | 'submitted' | 'checked' | 'locked';
  version: number;
  slips: number;
  total: number;
  prepared_by: Person | null;
  checked_by: Person | null;
  locked_by: Person | null;
  locked_at: string;
  note: string;
}
export interface RunPage extends Run {
  rule: string;
  items: Slip[];
  options: Option[];
}
export interface Item {
  code: string;
  name: string;
  name_en: string;
  kind: 'monthly' | 'years' | 'cover' | 'level' | 'share';
  amount?: number;
  levels?: Record<string, number>;
  of?: string;
  permille?: number;
}
export interface Rule {
  id: number;
  district: number;
  from: number;
  name: string;
  items: Item[];
  example: { text: string; lines: Line[]; total: number };
  created_at: string;
}
export interface Measure {
  indicator: string;
  name: string;
  lower: boolean;
  line: number;
  k: number;
  n: number;
  value: number | null;
  interval: number[];
  n_small: boolean;
  verdict: 'clear' | 'short' | 'unsure' | 'no_data';
  rows?: { id: number; number: string; title: string; hit: boolean }[];
}
export interface SheetItem {
  id: number;
  appraisal: number;
  worker: Person;
  place: Place;
  state: 'calling' | 'shown' | 'decided' | 'appealed' | 'settled';
  version: number;
  measures: Measure[];
  proposed: string;
  proposed_renew: boolean;
  level: string;
  renew: boolean;
  appeal_until: number;
  decided_by: Person | null;
  settled_by: Person | null;
}
export interface SheetPage extends SheetItem {
  name: string;
  from: number;
  to: number;
  log: {
    action: string;
    name: string;
    text: string;
    level: string;
    renew: boolean;
    by: Person | null;
    at: string;
  }[];
  options: Option[];
}
export interface Appraisal {
  id: number;
  name: string;
  where: string;
  from: number;
  to: number;
  state: 'open' | 'calling' | 'shown' | 'closed';
  version: number;
  criteria: { indicator: string; line: number }[];
  sample: number;
  appeal_days: number;
  commitment: string;
  seed: string;
  sheets: number;
  waiting: number;
}
export interface AppraisalPage extends Appraisal {
  items: SheetItem[];
  options: Option[];
}
export interface Draw {
  commitment: string;
  seed: string;
  sample: number;
  sheets: { sheet: number; grid_id: number; pool: number[]; drawn: number[] }[];
  verified: boolean;
}
export interface Indicator {
  code: string;
  name: string;
  lower: boolean;
  called: boolean;
}
export interface Staff {
  day: number;
  seats: number;
  workers: number;
  channels: Record<string, number>;
  away: number;
  covered: number;
  vacant: number;
  ending: number;
  items: (Place & {
    seats: number;
    workers: {
      id: number;
      name: string;
      contract?: number;
      channel?: string;
      until: number;
      away: boolean;
      covers: boolean;
    }[];
  })[];
}
export interface RoundItem {
  id: number;
  version: number;
  name: string;
  state: 'notice' | 'open' | 'review' | 'exam' | 'publicity' | 'ended';
  from: number;
  deadline: number;
  seats: number;
  notice: string;
  district: number;
  candidates: Record<string, number>;
}
export interface Candidate {
  id: number;
  version: number;
  name: string;
  phone: string;
  channel: string;
  state: string;
  score: number;
  worker: Person | null;
  options: Option[];
}
export interface RoundPage extends RoundItem {
  options: Option[];
  items: Candidate[];
  grids: (Place & { vacant: number })[];
}
export interface Course {
  id: number;
  name: string;
  hours: number;
  required: boolean;
  pass: number;
  open: number;
}
export interface SessionItem {
  id: number;
  day: number;
  course: string;
  venue: string;
  teacher: string;
  present: number;
  marked: number;
}
export interface Training {
  courses: Course[];
  workers: { worker: Person; place: Place; open: { id: number; title: string }[] }[];
  all: number;
  sessions: SessionItem[];
}
export interface SessionPage extends SessionItem {
  pass: number;
  held: boolean;
  items: { worker: Person; place: Place; attended: string; score: number; needs: boolean }[];
}
export interface Handed {
  id: number;
  from: Person;
  to: Person;
  place: Place;
  day: number;
  cases: number;
  tasks: number;
  homes: number;
  note: string;
  at: string;
}
export interface CallItem {
  id: number;
  case_id: number;
  number: string;
  title: string;
  place: string;
  tries: number;
}
export interface Mine {
  contract: {
    id: number;
    version: number;
    number: string;
    channel: string;
    place: Place;
    from: number;
    to: number;
    ended: boolean;
    since: number;
  } | null;
  open: { id: number; title: string }[];
  lessons: { day: number; course: string; venue: string; attended: string; score: number; pass: number }[];
}

/** What the server says at a path of this area; every act here makes all of it old. */
export function useStaff<T>(path: string, enabled = true) {
  return useQuery({
    queryKey: ['staff', path],
    queryFn: ({ signal }) => call<T>('GET', path, { signal }),
    enabled,
  });
}

/** An act of this area. */
export function useAct<T, B = unknown>(path: string, done?: (out: T) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: B) => call<T>('POST', path, { body, key: uuidv7() }),
    onSuccess: (out) => {
      void client.invalidateQueries({ queryKey: ['staff'] });
      done?.(out);
    },
  });
}

/** A new row of a register of this area: dates as "2026-11-28". */
export function useAdd(code: string, done: () => void) {
  const act = useAct<unknown, { fields: Record<string, unknown> }>(`/ledger/${code}`, done);
  return { ...act, add: (fields: Record<string, unknown>) => act.mutate({ fields }) };
}

/** Fen as yuan: 320000 → "3,200.00". */
export function yuan(fen: number): string {
  return (fen / 100).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

export const monthText = (m: number) => `${Math.floor(m / 100)}-${String(m % 100).padStart(2, '0')}`;

const bytes = (hex: string) => new Uint8Array((hex.match(/../g) ?? []).map((b) => Number.parseInt(b, 16)));
const hex = (b: ArrayBuffer) =>
  Array.from(new Uint8Array(b), (x) => x.toString(16).padStart(2, '0')).join('');

/** Draws again in this browser, by nothing but the published numbers; false if anything differs. */
export async function drawAgain(d: Draw): Promise<boolean> {
  const seed = bytes(d.seed);
  if (hex(await crypto.subtle.digest('SHA-256', seed)) !== d.commitment) return false;
  const key = await crypto.subtle.importKey('raw', seed, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  for (const s of d.sheets) {
    const tickets = await Promise.all(
      s.pool.map(async (id) => ({
        id,
        ticket: hex(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(String(id)))),
      })),
    );
    tickets.sort((a, b) => (a.ticket < b.ticket ? -1 : a.ticket > b.ticket ? 1 : a.id - b.id));
    const want = tickets.slice(0, d.sample).map((x) => x.id);
    if (want.join() !== s.drawn.join()) return false;
  }
  return true;
}
