/** The list without its element at `from`, which stands at `to` instead. */
export function move<T>(list: readonly T[], from: number, to: number): T[] {
  if (from < 0 || from >= list.length) return [...list];
  const out = [...list];
  const [x] = out.splice(from, 1);
  out.splice(Math.max(0, Math.min(out.length, to)), 0, x as T);
  return out;
}

/** An id that no rule of the list has: r01, r02 … */
export function freshId(taken: readonly { id: string }[]): string {
  const have = new Set(taken.map((r) => r.id));
  for (let n = taken.length + 1; ; n++) {
    const id = `r${String(n).padStart(2, '0')}`;
    if (!have.has(id)) return id;
  }
}
