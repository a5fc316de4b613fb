/**
 * The case list's filter. Its keys in the page's URL are those of GET /cases, so
 * that a link, a saved filter and a query are the same text.
 */
import { type CaseQuery, channels, grades, statuses } from '@/shared/schema.ts';
import { dayOf, dayText, type Translate } from '@/shared/time.ts';

const flags = ['open', 'mine', 'overdue', 'soon'] as const;
const lists = ['status', 'grade', 'category', 'channel'] as const;
/** The server takes one of these only. */
const singles = ['flag', 'pending', 'district', 'street', 'community', 'grid', 'lead', 'assist'] as const;
const days = ['net', 'from', 'to'] as const;
const texts = ['q', 'figure', 'part'] as const;
export const filterKeys = [...flags, ...lists, ...singles, ...days, ...texts] as const;
export type FilterKey = (typeof filterKeys)[number];
export type ListKey = (typeof lists)[number];
export type SingleKey = (typeof singles)[number];

export const sorts = ['-reported', 'reported', 'due', '-due'] as const;
export type Sort = (typeof sorts)[number];
export const defaultSort: Sort = '-reported';

/** What a case waits for or is late with. */
export const waitFlags = ['checking', 'to_tell', 'waiting', 'suspended', 'stage_lapsed'] as const;

export const pendingKinds = ['any', 'return', 'extension', 'suspension', 'void'] as const;

export interface Filter {
  open?: boolean;
  mine?: boolean;
  overdue?: boolean;
  soon?: boolean;
  status?: string[];
  grade?: string[];
  category?: string[];
  channel?: string[];
  flag?: string;
  pending?: string;
  district?: string;
  street?: string;
  community?: string;
  grid?: string;
  lead?: string;
  assist?: string;
  /** Day (yyyymmdd) whose grids the grid is of. */
  net?: number;
  /** Days, yyyymmdd, both included. */
  from?: number;
  to?: number;
  q?: string;
  figure?: string;
  part?: string;
  sort?: Sort;
}

const known: Partial<Record<ListKey, readonly string[]>> = {
  status: statuses,
  grade: grades,
  channel: channels,
};

/** Reads a filter; what it does not know or cannot be is dropped, never an error. */
export function parseFilter(params: URLSearchParams): Filter {
  const f: Filter = {};
  for (const k of flags) if (params.get(k) === 'true') f[k] = true;
  for (const k of lists) {
    const allowed = known[k];
    const v = [...new Set((params.get(k) ?? '').split(',').map((s) => s.trim()))].filter(
      (s) => s && (!allowed || allowed.includes(s)),
    );
    if (v.length) f[k] = v;
  }
  for (const k of singles) {
    const v = (params.get(k) ?? '').split(',')[0]?.trim();
    const words: Partial<Record<SingleKey, readonly string[]>> = { flag: waitFlags, pending: pendingKinds };
    const ok = words[k]?.includes(v ?? '') ?? /^\d{1,16}$/.test(v ?? '');
    if (v && ok) f[k] = v;
  }
  for (const k of days) {
    const d = dayOf(params.get(k) ?? '');
    if (d) f[k] = d;
  }
  for (const k of texts) {
    const v = params.get(k)?.trim();
    if (v) f[k] = v.slice(0, 200);
  }
  const sort = params.get('sort');
  if (sort && (sorts as readonly string[]).includes(sort) && sort !== defaultSort) f.sort = sort as Sort;
  return f;
}

/** The filter as URL text, in one order, so that equal filters are equal texts. */
export function writeFilter(f: Filter): URLSearchParams {
  const out = new URLSearchParams();
  for (const k of flags) if (f[k]) out.set(k, 'true');
  for (const k of lists) if (f[k]?.length) out.set(k, (f[k] as string[]).join(','));
  for (const k of singles) if (f[k]) out.set(k, f[k] as string);
  for (const k of days) if (f[k]) out.set(k, String(f[k]));
  for (const k of texts) if (f[k]) out.set(k, f[k] as string);
  if (f.sort && f.sort !== defaultSort) out.set('sort', f.sort);
  return out;
}

export function toQuery(f: Filter): CaseQuery {
  return { ...Object.fromEntries(writeFilter(f)), sort: f.sort ?? defaultSort } as unknown as CaseQuery;
}

export interface Phrase {
  key: FilterKey;
  text: string;
}

/** Gives the name of a category, unit, street … by the value in the URL. */
export type Names = (key: ListKey | SingleKey, value: string) => string | undefined;

/**
 * The filter as the parts of a sentence that can be read aloud; each part can be
 * taken away by its key.
 */
export function phrases(f: Filter, t: Translate, names: Names = () => undefined): Phrase[] {
  const or = t('cases:sentence.or');
  const out: Phrase[] = [];
  for (const k of flags) if (f[k]) out.push({ key: k, text: t(`cases:sentence.${k}`) });
  for (const k of lists) {
    const v = f[k];
    if (!v?.length) continue;
    const word = (s: string) => {
      if (k === 'status' || k === 'grade' || k === 'channel') return t(`common:${k}.${s}`);
      return names(k, s) ?? s;
    };
    out.push({ key: k, text: t(`cases:sentence.${k}`, { value: v.map(word).join(or) }) });
  }
  for (const k of singles) {
    const v = f[k];
    if (!v) continue;
    const value =
      k === 'pending' ? t(`cases:pending.${v}`) : k === 'flag' ? t(`cases:flag.${v}`) : (names(k, v) ?? v);
    out.push({ key: k, text: t(`cases:sentence.${k}`, { value }) });
  }
  if (f.net) out.push({ key: 'net', text: t('cases:sentence.net', { value: dayText(f.net) }) });
  if (f.q) out.push({ key: 'q', text: t('cases:sentence.q', { value: f.q }) });
  if (f.from) out.push({ key: 'from', text: t('cases:sentence.from', { value: dayText(f.from) }) });
  if (f.to) out.push({ key: 'to', text: t('cases:sentence.to', { value: dayText(f.to) }) });
  if (f.figure) {
    const part = f.part ? t(`cases:sentence.part.${f.part}`, { defaultValue: f.part }) : '';
    out.push({ key: 'figure', text: t('cases:sentence.figure', { value: f.figure, part }) });
  }
  return out;
}

/** The filter without one part of its sentence. */
export function without(f: Filter, key: FilterKey): Filter {
  const out = { ...f };
  delete out[key];
  if (key === 'figure') delete out.part;
  if (key === 'grid') delete out.net;
  return out;
}

/** Ids of the checked rows in the URL. */
export function parseIds(text: string | null): number[] {
  return [...new Set((text ?? '').split(',').map(Number))].filter((n) => Number.isSafeInteger(n) && n > 0);
}
