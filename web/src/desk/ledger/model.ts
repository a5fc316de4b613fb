/** What GET /api/v1/ledger and the operations of a register say (docs/development.md, "Adding a register"). */
import { dayOf, dayText } from '@/shared/time.ts';

export type Kind =
  | 'text'
  | 'long'
  | 'choice'
  | 'choices'
  | 'number'
  | 'decimal'
  | 'bool'
  | 'day'
  | 'ref'
  | 'personal';

export interface Option {
  code: string;
  name: string;
}

export interface Field {
  name: string;
  kind: Kind;
  label: string;
  /** The reason for which it is asked. */
  why?: string;
  /** Every register has it: region, grid, org, valid_from, valid_to, state. */
  standard?: boolean;
  required?: boolean;
  /** Not changed once it is set. */
  fixed?: boolean;
  unique?: boolean;
  /** Lists are narrowed and sorted by it. */
  filter?: boolean;
  /** The search looks at it. */
  search?: boolean;
  /** Characters, or the greatest number. */
  max?: number;
  min?: number;
  options?: Option[];
  /** region, grid, org, account, or a register's code. */
  ref?: string;
  /** The city's own: its name begins with x. */
  city?: boolean;
  /** Its form is closed or has expired: it is shown and not asked any more. */
  closed?: boolean;
}

export interface Register {
  /** As addresses have it; of one of the city's own registers form_row~ID. */
  code: string;
  /** The form of one of the city's own registers. */
  form?: number;
  name: string;
  group: string;
  about?: string;
  /** How far down a row must hang: 0 anywhere, 6 district, 9 street, 12 community, 15 grid. */
  place_digits: number;
  /** The field that names the row above, where rows form a tree. */
  tree?: string;
  may: { write: boolean; reveal: boolean };
  fields: Field[];
}

export interface Named {
  id?: number;
  code?: string;
  name: string;
}

/** A value as rows have it; of a personal field the mask. */
export type Value = string | number | boolean | string[] | Named | null | undefined;

export interface Item {
  id: number;
  version: number;
  label: string;
  /** Names from the district down to the grid. */
  place: string;
  /** It counts today. */
  in_force: boolean;
  fields: Record<string, Value>;
  created_at: string;
  updated_at: string;
}

export interface Change {
  field: string;
  label: string;
  before: Value;
  after: Value;
}

export interface Entry {
  version: number;
  at: string;
  /** null: the program. */
  actor: Named | null;
  action: string;
  reason?: string;
  import?: number;
  changes: Change[];
}

export const fieldOf = (r: Register, name: string): Field | undefined =>
  r.fields.find((f) => f.name === name);

/** One of the city's own registers is a part of form_row: this is the part. */
export const formOf = (code: string): string | undefined => code.split('~')[1];

/** Where the operations of a register are. */
export const pathOf = (code: string): string => `/ledger/${code.split('~')[0]}`;

export const own = (r: Register): Field[] => r.fields.filter((f) => !f.standard);

export const named = (v: Value): Named | undefined =>
  v && typeof v === 'object' && !Array.isArray(v) ? v : undefined;

export const empty = (v: Value): boolean =>
  v === null || v === undefined || v === '' || (Array.isArray(v) && v.length === 0);

/** Nothing to show: registers keep a number that was not given as 0, where 0 is no answer. */
export const blank = (f: Field, v: Value): boolean => empty(v) || (v === 0 && f.min === undefined);

/** Whether two values are the same thing; references by what they refer to. */
export function same(a: Value, b: Value): boolean {
  if (empty(a) || empty(b)) return empty(a) && empty(b);
  const [x, y] = [named(a), named(b)];
  if (x || y) return x?.id === y?.id;
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Full-width digits and signs, as Chinese keyboards give them, in their plain form. */
export const plain = (text: string): string => text.normalize('NFKC').trim();

/**
 * A day as people type it – 2026-1-5, 2026/01/05, 2026.1.5, 20260105, 2026年1月5日 –
 * as "2026-01-05"; undefined for what is no day of the calendar.
 */
export function readDay(text: string): string | undefined {
  const m =
    /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/.exec(plain(text)) ??
    /^(\d{4})(\d\d)(\d\d)$/.exec(plain(text));
  if (!m) return undefined;
  const [year, month, day] = [Number(m[1]), Number(m[2]), Number(m[3])];
  const at = new Date(Date.UTC(year, month - 1, day));
  if (year < 1900 || year >= 2400 || at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day)
    return undefined;
  return dayText(year * 10_000 + month * 100 + day);
}

export const isDay = (text: string): boolean => dayOf(text) !== undefined && readDay(text) === text;
