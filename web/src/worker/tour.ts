/** One stop of the tour and what comes after it. Pure. */
import { about, doorName } from './say.ts';
import type { Book, Building, CaseNow, Home, HomeStop, Item, Outbox, Task, Today } from './store/contract.ts';
import { homesOf } from './store/today.ts';

export interface Stop {
  building: Building | null;
  /** null: the building itself. */
  home: Home | null;
}
/** A stop's address within the pages. */
export const stopPath = ({ building, home }: Stop): string =>
  home ? `/home/${home.id}` : `/building/${building?.id ?? 0}`;

interface Due extends Stop {
  tasks: Task[];
}
const flat = (today: Today): Due[] =>
  today.buildings.flatMap((b) =>
    b.units.flatMap((u) =>
      u.homes.map((h: HomeStop) => ({ building: b.building, home: h.home, tasks: h.tasks })),
    ),
  );
const same = (a: Stop, b: Stop) =>
  a.home || b.home ? a.home?.id === b.home?.id : a.building?.id === b.building?.id;

/** The next stop in walking order with something due; from the end it begins again. */
export function nextStop(today: Today, here: Stop): Stop | null {
  const all = flat(today);
  const at = all.findIndex((s) => same(s, here));
  const ahead = [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))];
  return ahead.find((s) => s.tasks.length > 0 && !same(s, here)) ?? null;
}

/** The neighbours' doors on both sides, whether something is due there or not. */
export function nextDoors(book: Book, home: Home): Home[] {
  const all = homesOf(book, home.building);
  const at = all.findIndex((h) => h.id === home.id);
  return [all[at - 1], all[at + 1]].filter((h): h is Home => !!h);
}

/** What was recorded on this phone about a stop, and reported from it; the newest first. */
export function recordsOf(outbox: Outbox, { building, home }: Stop): Item[] {
  const all = [...outbox.waiting, ...outbox.accepted];
  const mine = (i: Item) =>
    home ? about(i, 'home', home.id) : about(i, 'building', building?.id ?? 0) && !i.body.home;
  const visits = new Set(all.filter((i) => i.kind === 'visit.record' && mine(i)).map((i) => i.id));
  return all
    .filter((i) => mine(i) || (i.kind === 'case.report' && visits.has(String(i.body.visit))))
    .sort((a, b) => (a.at < b.at ? 1 : -1));
}

const bare = (text: string) => text.replace(/\s/g, '');

/** Open cases whose address names the building, and the door where a home is meant. */
export function casesAt(cases: CaseNow[], { building, home }: Stop): CaseNow[] {
  if (!building) return [];
  const name = bare(building.name);
  const door = home ? bare(doorName(home)) : '';
  return cases.filter(({ case: c }) => {
    const address = bare(c.address ?? '');
    const at = address.lastIndexOf(name);
    // 11号楼 is not 1号楼.
    if (
      at < 0 ||
      /\d/.test(address[at - 1] ?? '') ||
      (building.compound && !address.includes(bare(building.compound)))
    )
      return false;
    const rest = address.slice(at + name.length);
    return home ? rest === door : true;
  });
}

/** Minutes between the records of a worker's visits today; undefined before the second one. */
export function pace(outbox: Outbox, day: (iso: string) => boolean): { visits: number; minutes?: number } {
  const at = [...outbox.waiting, ...outbox.accepted]
    .filter((i) => i.kind === 'visit.record' && day(i.at))
    .map((i) => Date.parse(i.at))
    .sort((a, b) => a - b);
  if (at.length < 2) return { visits: at.length };
  // A break of more than an hour is no visit.
  const gaps = at
    .slice(1)
    .map((t, i) => t - (at[i] as number))
    .filter((g) => g < 3_600_000);
  if (!gaps.length) return { visits: at.length };
  return {
    visits: at.length,
    minutes: Math.max(1, Math.round(gaps.reduce((a, b) => a + b, 0) / gaps.length / 60_000)),
  };
}
