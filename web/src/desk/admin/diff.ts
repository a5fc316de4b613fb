/** What differs between two versions of a rule body, for people. Pure. */
export interface Difference {
  path: string;
  before: string | undefined;
  after: string | undefined;
}

const text = (v: unknown): string => {
  if (v === null || v === undefined) return '';
  if (typeof v === 'string') return v;
  if (Array.isArray(v) && v.every((x) => typeof x !== 'object')) return v.join(', ');
  return JSON.stringify(v);
};

/** A list of things with ids is compared by id, so that a moved rule is not a changed one. */
function keyed(v: unknown): Map<string, unknown> | undefined {
  if (!Array.isArray(v) || v.length === 0) return undefined;
  const out = new Map<string, unknown>();
  for (const x of v) {
    const key =
      (x as { id?: unknown; stage?: unknown } | null)?.id ??
      (x as { stage?: unknown; name?: unknown } | null)?.stage;
    if (typeof key !== 'string' && typeof key !== 'number') return undefined;
    out.set(String(key), x);
  }
  return out;
}

const isPlain = (v: unknown): v is Record<string, unknown> =>
  typeof v === 'object' && v !== null && !Array.isArray(v);

export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const at = (k: string) => (path ? `${path} / ${k}` : k);
  if (isPlain(before) && isPlain(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((k) => differences(before[k], after[k], at(k)));
  }
  const a = keyed(before);
  const b = keyed(after);
  if (a && b) {
    const keys = [...new Set([...a.keys(), ...b.keys()])];
    const inside = keys.flatMap((k) => differences(a.get(k), b.get(k), at(k)));
    const order =
      [...a.keys()].filter((k) => b.has(k)).join() !== [...b.keys()].filter((k) => a.has(k)).join();
    return order
      ? [...inside, { path: at('↕'), before: [...a.keys()].join(', '), after: [...b.keys()].join(', ') }]
      : inside;
  }
  const x = text(before);
  const y = text(after);
  if (x === y) return [];
  return [{ path, before: x || undefined, after: y || undefined }];
}
