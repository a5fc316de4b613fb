import { type Field, own, type Register } from './model.ts';

/** A column shows a field, or one of these: where the row lies, when it was last changed. */
export const place = '@place';
export const updated = '@updated';

/** Pixels that a column wants. */
export function widthOf(r: Register, key: string): number {
  if (key === place) return 210;
  if (key === updated) return 132;
  const f = r.fields.find((x) => x.name === key);
  switch (f?.kind) {
    case 'day':
      return 112;
    case 'number':
    case 'decimal':
      return 104;
    case 'bool':
      return 84;
    case 'choice':
      return 116;
    case 'ref':
      return 176;
    default:
      return 148;
  }
}
export const labelWidth = 240;

/** All columns that can be chosen, in the order in which they stand. */
export function columnsOf(r: Register): string[] {
  return [
    ...own(r).map((f) => f.name),
    place,
    ...r.fields.filter((f) => f.standard).map((f) => f.name),
    updated,
  ];
}

const worth = (f: Field) => f.kind !== 'long' && f.kind !== 'personal' && f.kind !== 'choices';

/**
 * The columns of somebody who has chosen none: what is asked for and what lists are
 * cut by, then the place, the state and the last day, as far as there is room. The
 * first text is what the row is called and stands in the first column anyhow.
 */
export function firstColumns(r: Register, room: number): string[] {
  const first = own(r).find((f) => f.kind === 'text' || f.kind === 'personal')?.name;
  const fields = own(r).filter((f) => f.name !== first && !f.closed && worth(f));
  const ranked = [
    ...fields.filter((f) => f.required),
    ...fields.filter((f) => !f.required && f.filter),
    ...fields.filter((f) => !f.required && !f.filter),
  ].map((f) => f.name);
  const wanted = [place, 'state', ...ranked, 'valid_to'];
  const kept = new Set<string>();
  let left = room - labelWidth;
  for (const key of wanted) {
    left -= widthOf(r, key);
    if (left < 0) break;
    kept.add(key);
  }
  return columnsOf(r).filter((k) => kept.has(k));
}

const slot = (code: string) => `linli.ledger.columns.${code}`;

/** The columns that this browser remembers for a register. */
export function keptColumns(r: Register): string[] | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(slot(r.code)) ?? 'null') as string[] | null;
    const ok = kept && columnsOf(r).filter((k) => kept.includes(k));
    return ok?.length ? ok : undefined;
  } catch {
    return undefined;
  }
}
export function keepColumns(r: Register, columns: string[] | undefined): void {
  if (columns) localStorage.setItem(slot(r.code), JSON.stringify(columns));
  else localStorage.removeItem(slot(r.code));
}
