/**
 * A register's filter. The page's URL holds it in the words of the API
 * (where=kind=branch|general&where=members>=3&q=…&sort=-signed), so that a link, a
 * saved view, an export and a query are the same text.
 */
import type { Translate } from '@/shared/time.ts';
import { type Field, fieldOf, isDay, type Register } from './model.ts';

export const ops = ['!=', '>=', '<=', '~', '='] as const;
export type Op = (typeof ops)[number];

export interface Condition {
  /** A field's name, or on (in force on the day), id. */
  field: string;
  op: Op;
  /** Any of them; one empty text: nothing is given. */
  values: string[];
}

export interface Filter {
  where: Condition[];
  q?: string;
  /** A field's name, - before it for descending. */
  sort?: string;
}

/** "kind=branch|general" in its parts; the operator that stands first counts. */
export function readCondition(text: string): Condition | undefined {
  let best: { at: number; op: Op } | undefined;
  for (const op of ops) {
    const at = text.indexOf(op);
    if (at > 0 && (!best || at < best.at)) best = { at, op };
  }
  if (!best) return undefined;
  const value = text.slice(best.at + best.op.length);
  // \| and \\ stand for the marks themselves.
  const parts = value.split(/(?<!\\)\|/).map((v) => v.replace(/\\([\\|])/g, '$1'));
  return { field: text.slice(0, best.at), op: best.op, values: [...new Set(parts)] };
}

export const writeCondition = (c: Condition): string =>
  `${c.field}${c.op}${c.values.map((v) => v.replace(/[\\|]/g, '\\$&')).join('|')}`;

/** Levels of regions that conditions and figures know besides the fields. */
export const levels = ['district', 'street', 'community'];

/** What figures may be cut by: fields that lists are narrowed by, and the levels of regions. */
export const cuts = (r: Register): string[] => [
  ...r.fields
    .filter((f) => f.filter && !f.unique && ['choice', 'bool', 'ref'].includes(f.kind) && f.name !== 'region')
    .map((f) => f.name),
  ...levels,
];

/** Which operators make sense for a field. */
export function opsOf(f: Field): Op[] {
  switch (f.kind) {
    case 'number':
    case 'decimal':
    case 'day':
      return f.filter ? ['>=', '<=', '=', '!='] : [];
    case 'text':
    case 'long':
      return f.filter ? ['~', '=', '!='] : f.search ? ['~'] : [];
    case 'personal':
      return [];
    default:
      return f.filter ? ['=', '!='] : [];
  }
}

const whole = (list: string[]) => list.every((v) => /^\d{1,18}$/.test(v));

function sensible(f: Field, c: Condition): boolean {
  if (!opsOf(f).includes(c.op)) return false;
  const given = c.values.filter((v) => v !== '');
  if (c.op === '~') return given.length === 1;
  if (c.op === '>=' || c.op === '<=') if (c.values.length !== 1 || !given.length) return false;
  switch (f.kind) {
    case 'choice':
    case 'choices':
      return given.every((v) => f.options?.some((o) => o.code === v));
    case 'bool':
      return c.values.every((v) => v === 'true' || v === 'false');
    case 'day':
      return given.every(isDay);
    case 'number':
      return given.every((v) => /^-?\d{1,15}$/.test(v));
    case 'decimal':
      return given.every((v) => Number.isFinite(Number(v)));
    case 'ref':
      return whole(given);
    default:
      return true;
  }
}

function usable(r: Register, c: Condition): boolean {
  if (c.field === 'on') return c.op === '=' && c.values.length === 1 && isDay(c.values[0] as string);
  if (c.field === 'id' || c.field === 'region' || levels.includes(c.field))
    return c.op === '=' && whole(c.values);
  const f = fieldOf(r, c.field);
  return !!f && sensible(f, c);
}

/** Whether the list can be sorted by a field in an order that means something to people. */
export const sortable = (f: Field): boolean =>
  !!f.filter && f.kind !== 'choices' && (f.kind !== 'ref' || f.name === 'region');

/** Reads a filter; what the register does not know is dropped, never an error. */
export function parseFilter(params: URLSearchParams, r: Register): Filter {
  const out: Filter = { where: [] };
  for (const text of params.getAll('where').slice(0, 20)) {
    const c = readCondition(text);
    if (c && usable(r, c) && !out.where.some((w) => writeCondition(w) === writeCondition(c)))
      out.where.push(c);
  }
  const q = params.get('q')?.trim();
  if (q && r.fields.some((f) => f.search && f.kind !== 'personal')) out.q = q.slice(0, 200);
  const sort = params.get('sort') ?? '';
  const by = fieldOf(r, sort.replace(/^-/, ''));
  if (sort === 'id' || (by && sortable(by))) out.sort = sort;
  return out;
}

/** The filter as the texts of the API and of the page's URL. */
export function writeFilter(f: Filter): URLSearchParams {
  const out = new URLSearchParams();
  for (const c of f.where) out.append('where', writeCondition(c));
  if (f.q) out.set('q', f.q);
  if (f.sort) out.set('sort', f.sort);
  return out;
}

/** The filter with the condition, in place of what it said of the same field with the same operator. */
export function withCondition(f: Filter, c: Condition): Filter {
  const at = f.where.findIndex((w) => w.field === c.field && w.op === c.op);
  const where = f.where.filter((_, i) => i !== at);
  if (c.values.length) where.splice(at < 0 ? where.length : at, 0, c);
  return { ...f, where };
}

/** Names what a value of a reference stands for, if it is known. */
export type Names = (f: Field, value: string) => string | undefined;

export interface Phrase {
  /** Position in where, or q. */
  key: number | 'q';
  text: string;
}

function say(r: Register, c: Condition, t: Translate, names: Names): string {
  const given = c.values.filter((v) => v !== '');
  if (c.field === 'on') return t('ledger:say.on', { value: given[0] });
  if (c.field === 'id') return t('ledger:say.id', { count: given.length });
  const f = fieldOf(r, levels.includes(c.field) ? 'region' : c.field);
  if (!f) return writeCondition(c);
  const word = (v: string): string => {
    if (f.kind === 'choice' || f.kind === 'choices') return f.options?.find((o) => o.code === v)?.name ?? v;
    if (f.kind === 'bool') return t(v === 'true' ? 'ledger:yes' : 'ledger:no');
    if (f.kind === 'ref') return names(f, v) ?? v;
    return v;
  };
  const more = { label: f.label, value: given.map(word).join(t('ledger:say.or')) };
  if (!given.length) return t(c.op === '=' ? 'ledger:say.none' : 'ledger:say.some', more);
  if (c.field === 'state' && c.op === '!=' && given.join() === 'ended') return t('ledger:say.not_ended');
  if ((f.name === 'region' || f.name === 'grid') && c.op === '=') return t('ledger:say.in', more);
  if (f.kind === 'day' && c.op !== '=' && c.op !== '!=')
    return t(c.op === '>=' ? 'ledger:say.since' : 'ledger:say.until', more);
  const key = { '=': 'is', '!=': 'not', '>=': 'least', '<=': 'most', '~': 'has' }[c.op];
  return t(`ledger:say.${key}`, more);
}

/** The filter as parts of a sentence that can be read aloud. */
export function phrases(f: Filter, r: Register, t: Translate, names: Names = () => undefined): Phrase[] {
  const out: Phrase[] = f.where.map((c, key) => ({ key, text: say(r, c, t, names) }));
  if (f.q) out.push({ key: 'q', text: t('ledger:say.q', { value: f.q }) });
  return out;
}

/** The whole sentence, as print and exports have it. */
export function sentence(f: Filter, r: Register, t: Translate, names?: Names): string {
  const parts = phrases(f, r, t, names).map((p) => p.text);
  if (!parts.length) return t('ledger:say.all', { name: r.name });
  return t('ledger:say.whole', { name: r.name, parts: parts.join(t('ledger:say.and')) });
}

/** The filter without one part of its sentence. */
export function without(f: Filter, key: Phrase['key']): Filter {
  if (key === 'q') return { ...f, q: undefined };
  return { ...f, where: f.where.filter((_, i) => i !== key) };
}

/** How the list is sorted, in words. */
export function sortWords(f: Filter, r: Register, t: Translate): string {
  if (!f.sort) return t('ledger:say.newest');
  if (f.sort === 'id') return t('ledger:say.oldest');
  const down = f.sort.startsWith('-');
  const label = fieldOf(r, f.sort.replace('-', ''))?.label ?? '';
  return t(down ? 'ledger:say.down' : 'ledger:say.up', { label });
}
