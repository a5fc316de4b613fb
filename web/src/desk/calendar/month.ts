/** A day of the month's table with what is on it. */
export interface Day<T> {
  iso: string;
  inside: boolean;
  items: T[];
}

/** The weeks, from Monday, that hold the month yyyymm. */
export function weeksOf<T extends { day?: string; at?: string }>(month: number, items: T[]): Day<T>[][] {
  const first = new Date(Date.UTC(Math.floor(month / 100), (month % 100) - 1, 1));
  const byDay = new Map<string, T[]>();
  for (const x of items) if (x.day) byDay.set(x.day, [...(byDay.get(x.day) ?? []), x]);
  for (const list of byDay.values()) list.sort((a, b) => (a.at ?? '').localeCompare(b.at ?? ''));
  const at = new Date(first);
  at.setUTCDate(1 - ((first.getUTCDay() + 6) % 7));
  const weeks: Day<T>[][] = [];
  do {
    const week: Day<T>[] = [];
    for (let i = 0; i < 7; i++) {
      const iso = at.toISOString().slice(0, 10);
      const inside = at.getUTCMonth() === first.getUTCMonth();
      week.push({ iso, inside, items: inside ? (byDay.get(iso) ?? []) : [] });
      at.setUTCDate(at.getUTCDate() + 1);
    }
    weeks.push(week);
  } while (at.getUTCMonth() === first.getUTCMonth());
  return weeks;
}

/** The month n months on. */
export function step(month: number, n: number): number {
  const k = Math.floor(month / 100) * 12 + (month % 100) - 1 + n;
  return Math.floor(k / 12) * 100 + (k % 12) + 1;
}
