/** What a form of a register holds, and what it sends. */
import type { Post } from '@/shared/api.ts';
import type { Translate } from '@/shared/time.ts';
import {
  empty,
  type Field,
  type Item,
  isDay,
  type Named,
  named,
  type Register,
  same,
  type Value,
} from './model.ts';

export type Values = Record<string, Value>;

/** The states that a form offers: ending has a form of its own. */
const state = (f: Field): Field => ({ ...f, options: f.options?.filter((o) => o.code !== 'ended') });

/**
 * Fields that a form asks: the register's own first, then where the row belongs and
 * from when to when. A register with one state only does not ask for it.
 */
export function asked(r: Register): { own: Field[]; standard: Field[] } {
  const standard = r.fields.filter((f) => f.standard).map((f) => (f.name === 'state' ? state(f) : f));
  return {
    own: r.fields.filter((f) => !f.standard && !f.closed),
    standard: standard.filter((f) => f.name !== 'state' || (f.options?.length ?? 0) > 1),
  };
}

/** Where a row belongs; the rest of the standard fields says from when to when. */
export const placed = ['region', 'grid', 'org'];

/** Something that is not a unit or a person and must be named: a building, a home, an agreement. */
const anchored = (r: Register): boolean =>
  r.fields.some((f) => !f.standard && f.required && f.ref && f.ref !== 'org' && f.ref !== 'account');

/**
 * Whether a field must be given. Every row hangs on a region, or on a grid that says
 * its region; where a row hangs on something else, the register may follow that, and
 * the server asks if it does not.
 */
export function needed(r: Register, f: Field, values: Values): boolean {
  if (f.name === 'grid') return r.place_digits === 15 && !anchored(r);
  if (f.name === 'region') return r.place_digits < 15 && empty(values.grid) && !anchored(r);
  return !!f.required && f.kind !== 'bool';
}

/** The values of a row, with nothing absent. */
export function valuesOf(r: Register, item?: Item): Values {
  const out: Values = {};
  for (const f of r.fields) {
    const v = item?.fields[f.name];
    out[f.name] = empty(v) ? (f.kind === 'bool' ? false : f.kind === 'choices' ? [] : undefined) : v;
  }
  return out;
}

/**
 * What the post says already: its grid, else its region where that is deep enough
 * for the register, and its organisation. The form then shows it and does not ask.
 */
export function fromPost(r: Register, post: Post | undefined): Values {
  const out: Values = {};
  if (!post) return out;
  if (post.grid_id && r.place_digits > 0) out.grid = { id: post.grid_id, name: post.region_name };
  else if (r.place_digits < 15 && post.region.length >= Math.max(r.place_digits, 6))
    out.region = { id: Number(post.region), code: post.region, name: post.region_name };
  if (post.org) out.org = post.org as Named;
  return out;
}

/** A value as the API takes it. */
export function wire(f: Field, v: Value): unknown {
  if (f.kind === 'bool') return v === true;
  if (f.kind === 'choices') return v ?? [];
  if (empty(v)) return null;
  if (f.kind === 'ref') return named(v)?.id ?? null;
  return typeof v === 'string' ? v.trim() : v;
}

/** The fields whose values are others than before, as the API takes them. */
export function changes(r: Register, before: Values, now: Values): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const f of r.fields) {
    const v = now[f.name];
    const text = typeof v === 'string' ? v.trim() : v;
    if (
      !same(before[f.name] ?? (f.kind === 'bool' ? false : null), text ?? (f.kind === 'bool' ? false : null))
    )
      out[f.name] = wire(f, v);
  }
  return out;
}

export interface Clash {
  field: Field;
  theirs: Value;
  mine: Value;
}

/**
 * Somebody else saved while this form was open. What was not touched here takes the
 * new values; what both changed differently is told, and stays as it was typed.
 */
export function rebase(
  r: Register,
  base: Values,
  fresh: Values,
  mine: Values,
): { values: Values; clashes: Clash[] } {
  const values: Values = { ...mine };
  const clashes: Clash[] = [];
  for (const f of r.fields) {
    const [was, now, typed] = [base[f.name], fresh[f.name], mine[f.name]];
    if (same(typed, was)) values[f.name] = now;
    else if (!same(now, was) && !same(now, typed)) clashes.push({ field: f, theirs: now, mine: typed });
  }
  return { values, clashes };
}

/** What is wrong with a value as far as the form can tell; the server has the last word. */
export function wrong(f: Field, v: Value, must: boolean, t: Translate): string | undefined {
  if (empty(v)) return must ? t('ledger:wrong.missing', { label: f.label }) : undefined;
  if (f.kind === 'day' && !isDay(String(v))) return t('ledger:wrong.day', { label: f.label });
  if ((f.kind === 'number' || f.kind === 'decimal') && typeof v === 'number') {
    const low = f.min ?? 0;
    if (v < low) return t('ledger:wrong.low', { label: f.label, value: low });
    if (f.max && v > f.max) return t('ledger:wrong.high', { label: f.label, value: f.max });
    if (f.kind === 'number' && !Number.isInteger(v)) return t('ledger:wrong.whole', { label: f.label });
  }
  if (typeof v === 'string' && f.kind !== 'day' && f.max && [...v.trim()].length > f.max)
    return t('ledger:wrong.long', { label: f.label, value: f.max });
  return undefined;
}

/** Everything that is wrong, in the order of the form. */
export function allWrong(r: Register, values: Values, t: Translate): { field: string; text: string }[] {
  const out: { field: string; text: string }[] = [];
  const { own, standard } = asked(r);
  for (const f of [...own, ...standard]) {
    const text = wrong(f, values[f.name], needed(r, f, values), t);
    if (text) out.push({ field: f.name, text });
  }
  const from = values.valid_from;
  const to = values.valid_to;
  if (typeof from === 'string' && typeof to === 'string' && isDay(from) && isDay(to) && to < from)
    out.push({ field: 'valid_to', text: t('ledger:wrong.order') });
  return out;
}

/** What of a form may be kept in the browser until it is saved: nothing personal. */
export function keepable(r: Register, values: Values): Values {
  const secret = new Set(r.fields.filter((f) => f.kind === 'personal').map((f) => f.name));
  return Object.fromEntries(Object.entries(values).filter(([k, v]) => !secret.has(k) && !empty(v)));
}
