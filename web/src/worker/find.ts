/** Finds homes by what people say: 3号楼 501, a room, a surname, a care need. Pure. */
import type { Book, Home } from './store/contract.ts';

/** The kinds of care needs of each home. */
export function needsByHome(book: Book): Map<number, string[]> {
  const out = new Map<number, string[]>();
  for (const n of book.needs.values()) {
    const kinds = out.get(n.home) ?? [];
    if (!kinds.includes(n.kind)) out.set(n.home, [...kinds, n.kind]);
  }
  return out;
}

/** Every word must be found somewhere in what is known of the home. */
export function findHomes(book: Book, q: string, needWord: (kind: string) => string): Home[] {
  const words = q
    .trim()
    .toLowerCase()
    .split(/[\s,,、]+/)
    .filter(Boolean);
  const needs = needsByHome(book);
  const order = new Intl.Collator('zh-CN', { numeric: true }).compare;
  return [...book.homes.values()]
    .filter((h) => {
      const b = book.buildings.get(h.building);
      const all = [
        b?.compound,
        b?.name,
        `${h.unit}${h.room}`,
        h.unit,
        h.room,
        h.name,
        ...(needs.get(h.id) ?? []).map(needWord),
      ]
        .filter(Boolean)
        .join(' ')
        .toLowerCase();
      return words.every((w) => all.includes(w));
    })
    .sort((a, b) => a.building - b.building || order(a.unit, b.unit) || order(a.room, b.room));
}
