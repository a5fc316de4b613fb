/** Views over the rows and the outbox. Pure: the same values give the same view. */
import type {
  Book,
  Building,
  BuildingStop,
  CaseNow,
  Home,
  HomeNow,
  HomeStop,
  Item,
  Need,
  Outbox,
  Task,
  Today,
} from './contract.ts';

const text = (v: unknown) => (typeof v === 'string' ? v : undefined);
const texts = (v: unknown) => (Array.isArray(v) ? v.filter((x): x is string => typeof x === 'string') : []);

/** Tasks that a record on this phone has done, though the server may not know it yet. */
function doneHere(outbox: Outbox): Set<string> {
  const done = new Set<string>();
  for (const i of [...outbox.waiting, ...outbox.accepted])
    if (i.kind === 'visit.record' && i.verdict !== 'rejected')
      for (const t of texts(i.body.tasks)) done.add(t);
  return done;
}

function group<T>(list: Iterable<T>, key: (x: T) => string): Map<string, T[]> {
  const out = new Map<string, T[]>();
  for (const x of list) {
    const k = key(x);
    const have = out.get(k);
    if (have) have.push(x);
    else out.set(k, [x]);
  }
  return out;
}

const last = Number.MAX_SAFE_INTEGER;
const inTour = (a: Task, b: Task) =>
  (a.walk ?? last) - (b.walk ?? last) || (b.priority ?? 0) - (a.priority ?? 0) || (a.id < b.id ? -1 : 1);
const floorFirst = new Intl.Collator('zh-CN', { numeric: true }).compare;

/** Shown today: the day's share, and what an earlier day left undone. */
const isToday = (t: Task, day: string) =>
  t.day === day || (t.day < day && t.state === 'open') || (t.state === 'open' && !!t.due && t.due < day);
const isOverdue = (t: Task, day: string) => t.state === 'open' && !!t.due && t.due < day;

/** 今日 on a day (YYYY-MM-DD in the city's time). */
export function today(book: Book, outbox: Outbox, day: string): Today {
  const here = doneHere(outbox);
  const isDone = (t: Task) => t.state === 'done' || here.has(t.id);
  const tasks = [...book.tasks.values()].filter(
    (t) => isToday(t, day) && (t.state === 'open' || t.state === 'done'),
  );
  const needs = group(book.needs.values(), (n) => n.home);
  const buildingOf = (t: Task) => t.building ?? (t.home && book.homes.get(t.home)?.building) ?? '';

  const buildings: BuildingStop[] = [];
  let visits = 0;
  let visited = 0;
  let overdue = 0;
  for (const [id, ofBuilding] of group(tasks, buildingOf)) {
    const stops: HomeStop[] = [];
    for (const [homeId, ofHome] of group(ofBuilding, (t) => t.home ?? '')) {
      const open = ofHome.filter((t) => !isDone(t)).sort(inTour);
      visits += 1;
      if (!open.length) visited += 1;
      stops.push({
        home: book.homes.get(homeId) ?? null,
        tasks: open,
        done: ofHome.filter(isDone),
        needs: needs.get(homeId) ?? [],
      });
    }
    const units = [...group(stops, (s) => s.home?.unit ?? '')]
      .map(([unit, homes]) => ({ unit, homes: homes.sort(byTour) }))
      .sort((a, b) => floorFirst(a.unit, b.unit));
    const open = stops.flatMap((s) => s.tasks);
    const late = open.filter((t) => isOverdue(t, day)).length;
    overdue += late;
    buildings.push({
      building: book.buildings.get(id) ?? null,
      units,
      homes: stops.filter((s) => s.tasks.length && s.home).length,
      tasks: open.length,
      overdue: late,
    });
  }
  buildings.sort(
    (a, b) => firstOf(a) - firstOf(b) || (a.building?.walk ?? last) - (b.building?.walk ?? last),
  );

  const cases = [...book.cases.values()];
  return {
    day,
    line: {
      visited,
      visits,
      todo: cases.length,
      overdue: overdue + cases.filter((c) => c.overdue).length,
      waiting: outbox.waiting.length,
    },
    buildings,
    as_of: book.as_of,
  };
}

const firstOf = (b: BuildingStop) =>
  Math.min(
    last,
    ...b.units.flatMap((u) => u.homes.flatMap((h) => [...h.tasks, ...h.done].map((t) => t.walk ?? last))),
  );
const byTour = (a: HomeStop, b: HomeStop) =>
  Math.min(last, ...a.tasks.map((t) => t.walk ?? last)) -
    Math.min(last, ...b.tasks.map((t) => t.walk ?? last)) ||
  floorFirst(a.home?.door ?? '', b.home?.door ?? '');

const concerns = (i: Item, id: string) =>
  i.about?.id === id || text(i.body.home) === id || text(i.body.case) === id;

/** Everything for one stop; undefined if this phone does not hold the home. */
export function homeNow(book: Book, outbox: Outbox, id: string, day: string): HomeNow | undefined {
  const home = book.homes.get(id);
  if (!home) return undefined;
  const here = doneHere(outbox);
  const ofHome = [...book.tasks.values()].filter((t) => t.home === id);
  const open = ofHome.filter((t) => t.state === 'open' && !here.has(t.id)).sort(inTour);
  const sheets = [...new Set(open.flatMap((t) => (t.sheet ? [t.sheet] : [])))].flatMap((s) => {
    const sheet = book.sheets.get(s);
    return sheet ? [sheet] : [];
  });
  const tour = today(book, outbox, day).buildings.flatMap((b) => b.units.flatMap((u) => u.homes));
  const at = tour.findIndex((s) => s.home?.id === id);
  const ahead = [...tour.slice(at + 1), ...tour.slice(0, Math.max(at, 0))];
  return {
    home,
    building: book.buildings.get(home.building) ?? null,
    tasks: open,
    done: ofHome.filter((t) => t.state === 'done' || here.has(t.id)),
    needs: [...book.needs.values()].filter((n: Need) => n.home === id),
    sheets,
    items: outbox.waiting.filter((i) => concerns(i, id)),
    next: ahead.find((s) => s.home && s.home.id !== id && s.tasks.length)?.home ?? null,
  };
}

/** Homes of a building in the order of doors, for "same building, other homes". */
export function homesOf(book: Book, building: string): Home[] {
  return [...book.homes.values()]
    .filter((h) => h.building === building)
    .sort((a, b) => floorFirst(a.unit ?? '', b.unit ?? '') || floorFirst(a.door, b.door));
}

export function buildingsOf(book: Book): Building[] {
  return [...book.buildings.values()].sort(
    (a, b) => (a.walk ?? last) - (b.walk ?? last) || floorFirst(a.name, b.name),
  );
}

/** The worker's cases: overdue first, then by what is due next. */
export function casesNow(book: Book, outbox: Outbox): CaseNow[] {
  return [...book.cases.values()]
    .map((c) => ({
      case: c,
      category: (c.category && book.categories.get(c.category)) || null,
      items: outbox.waiting.filter((i) => concerns(i, c.id)),
    }))
    .sort((a, b) => ((a.case.due_at ?? '9') < (b.case.due_at ?? '9') ? -1 : 1));
}
