import type { CaseItem } from '@/shared/schema.ts';

export interface Row extends CaseItem {
  /** Came in while the list was open. */
  fresh?: boolean;
  /** No longer fits the filter; stays until the reader refreshes, so that nothing moves under the hand. */
  left?: boolean;
}

export interface Merged {
  rows: Row[];
  /** Ids that were not there before. */
  added: number[];
}

/**
 * Brings a newly read first page into the rows on screen. Known rows keep their
 * place and get their new content; new rows go behind the row that precedes them
 * in the page; rows that the page should hold and does not have left the filter.
 */
export function mergePage(rows: Row[], page: CaseItem[], more: boolean): Merged {
  const fresh = new Map(page.map((c) => [c.id, c]));
  const known = new Set(rows.map((r) => r.id));
  // The page covers the rows down to its last known one (all of them if it is the whole answer).
  let covered = rows.length;
  if (more) {
    covered = 0;
    rows.forEach((r, i) => {
      if (fresh.has(r.id)) covered = i + 1;
    });
  }
  const out: Row[] = rows.map((r, i) => {
    const now = fresh.get(r.id);
    if (now) return r.version === now.version && !r.left ? { ...r, ...now } : { ...now, fresh: r.fresh };
    return i < covered ? { ...r, left: true } : r;
  });
  const added: number[] = [];
  let before: number | undefined;
  for (const c of page) {
    if (!known.has(c.id)) {
      const at = before === undefined ? 0 : out.findIndex((r) => r.id === before) + 1;
      out.splice(at, 0, { ...c, fresh: true });
      added.push(c.id);
    }
    before = c.id;
  }
  return { rows: out, added };
}

/** Replaces single rows by newer ones; older versions never win. */
export function patchRows(rows: Row[], items: CaseItem[]): Row[] {
  const by = new Map(items.map((c) => [c.id, c]));
  return rows.map((r) => {
    const now = by.get(r.id);
    return now && now.version >= r.version ? { ...r, ...now } : r;
  });
}
