/** Audit entries in words. Pure. */
import type { AuditEntry } from '@/shared/api.ts';
import type { Translate } from '@/shared/time.ts';

export interface Line {
  who: string;
  did: string;
  what: string;
}

/** The kinds of object that the trail can be narrowed to. */
export const objects = [
  'case',
  'account',
  'post',
  'session',
  'org',
  'region',
  'plan',
  'category',
  'calendar',
  'routing',
  'settings',
  'file',
  'figure',
  'audit',
] as const;

/** Who did what to what: "王敏(话务员) 派遣 事件 HD2026…". */
export function lineOf(e: AuditEntry, t: Translate): Line {
  const who =
    e.actor?.name ||
    e.actor?.login ||
    (e.actor?.id ? t('audit:account_no', { id: e.actor.id }) : t('audit:system'));
  const held = (e.actor as { post?: string } | null | undefined)?.post ?? e.post;
  const post = typeof held === 'string' && held ? t('audit:post', { post: held }) : '';
  const kind = e.object ? t(`audit:object.${e.object}`, { defaultValue: e.object }) : '';
  const name = e.label || (e.object_id ? t('audit:number', { id: e.object_id }) : '');
  return {
    who: who + post,
    did: e.action_name || e.action,
    what: [kind, name].filter(Boolean).join(' '),
  };
}

/** The detail as pairs; nested things stay JSON. */
export function pairsOf(detail: unknown): [string, string][] {
  let d = detail;
  if (typeof d === 'string') {
    if (!d) return [];
    try {
      d = JSON.parse(d);
    } catch {
      return [['', d as string]];
    }
  }
  if (d === null || d === undefined) return [];
  if (typeof d !== 'object') return [['', String(d)]];
  const value = (v: unknown): string => {
    if (v === null || v === undefined) return '';
    if (Array.isArray(v) && v.every((x) => typeof x !== 'object')) return v.join(', ');
    return typeof v === 'object' ? JSON.stringify(v) : String(v);
  };
  return Object.entries(d as object)
    .map(([k, v]): [string, string] => [k, value(v)])
    .filter(([, v]) => v !== '');
}

export interface Filter {
  account?: number;
  object?: string;
  object_id?: number;
  from?: number;
  to?: number;
}
const positive = (s: string | null): number | undefined => {
  const n = Number(s);
  return Number.isSafeInteger(n) && n > 0 ? n : undefined;
};
export function parseFilter(p: URLSearchParams): Filter {
  const object = p.get('object') ?? '';
  const day = (s: string | null) => {
    const n = positive(s);
    return n && n > 19_000_000 && n < 24_000_000 ? n : undefined;
  };
  return {
    account: positive(p.get('account')),
    object: /^[a-z_]{1,40}$/.test(object) ? object : undefined,
    object_id: positive(p.get('object_id')),
    from: day(p.get('from')),
    to: day(p.get('to')),
  };
}
export function writeFilter(f: Filter): URLSearchParams {
  const out = new URLSearchParams();
  for (const [k, v] of Object.entries(f)) if (v) out.set(k, String(v));
  return out;
}

/**
 * The signed heads as one text, ready to be kept: notes one after another if
 * the server gave notes, the answer itself otherwise.
 */
export function headsText(body: unknown): string {
  if (typeof body === 'string') return body;
  const list = Array.isArray(body)
    ? body
    : ((body as { heads?: unknown; items?: unknown })?.heads ?? (body as { items?: unknown })?.items);
  if (Array.isArray(list)) {
    const notes = list.map((h) =>
      typeof h === 'string'
        ? h
        : ((h as { note?: unknown; signed?: unknown })?.note ?? (h as { signed?: unknown })?.signed),
    );
    if (notes.length && notes.every((n) => typeof n === 'string'))
      return `${(notes as string[]).map((n) => n.trimEnd()).join('\n\n')}\n`;
  }
  return `${JSON.stringify(body, null, 2)}\n`;
}
