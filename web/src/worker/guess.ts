/**
 * Which categories a text is probably about, without a network: the city's own keywords and
 * the names in its tree, then what this worker reports most. It proposes; the worker chooses.
 */
import type { Book, Category, Item } from './store/contract.ts';

const most = 4;

/** "市容环境 / 暴露垃圾" */
export function pathOf(
  c: Category,
  categories: ReadonlyMap<number, Category>,
  name: (c: Category) => string,
): string {
  const names: string[] = [];
  for (let x: Category | undefined = c; x && names.length < 5; x = categories.get(x.parent ?? 0))
    names.unshift(name(x));
  return names.join(' / ');
}

export const leaves = (categories: ReadonlyMap<number, Category>): Category[] => {
  const parents = new Set([...categories.values()].map((c) => c.parent));
  return [...categories.values()].filter((c) => c.leaf ?? !parents.has(c.id));
};

function bigrams(text: string): string[] {
  const clean = text.replace(/[\s\p{P}]/gu, '').toLowerCase();
  return Array.from({ length: Math.max(0, clean.length - 1) }, (_, i) => clean.slice(i, i + 2));
}

/** How often each category occurs among the cases and reports on this phone. */
export function usedCategories(book: Book, items: Item[]): Map<number, number> {
  const used = new Map<number, number>();
  const count = (id: unknown) => typeof id === 'number' && id && used.set(id, (used.get(id) ?? 0) + 1);
  for (const c of book.cases.values()) count(c.category_id);
  for (const i of items) if (i.kind === 'case.report') count(i.body.category_id);
  return used;
}

/** At most four, the likeliest first; the most frequent ones where the text says nothing. */
export function guess(
  text: string,
  categories: ReadonlyMap<number, Category>,
  used: ReadonlyMap<number, number>,
): Category[] {
  const said = text.toLowerCase();
  const pairs = new Set(bigrams(text));
  return leaves(categories)
    .map((c) => {
      const words = (c.keywords ?? []).filter((w) => w && said.includes(w.toLowerCase())).length;
      const names = new Set(bigrams(c.name + (categories.get(c.parent ?? 0)?.name ?? '')));
      const shared = [...names].filter((b) => pairs.has(b)).length;
      return { c, score: 3 * words + shared + Math.log1p(used.get(c.id) ?? 0) / 2 };
    })
    .filter((x) => x.score > 0)
    .sort((a, b) => b.score - a.score || a.c.id - b.c.id)
    .slice(0, most)
    .map((x) => x.c);
}
