/** Views over the rows and the outbox. Pure: the same values give the same view. */
import { actsOn, heapOf, overdueCase } from './acts.ts';
import type {
  Book,
  Building,
  BuildingStop,
  CaseNow,
  Home,
  HomeNow,
  HomeStop,
  Item,
  Outbox,
  Task,
  Today,
} from './contract.ts';

const numbers = (v: unknown) => (Array.isArray(v) ? v.filter((x): x is number => typeof x === 'number') : []);

/** What records on this phone have done, though the server may not know it yet. */
function doneHere(outbox: Outbox): (t: Task) => boolean {
  const tasks = new Set<number>();
  const homes = new Set<number>();
  for (const { kind, verdict, body } of [...outbox.waiting, ...outbox.accepted]) {
    // Nobody at home: the task stays open.
    if (kind !== 'visit.record' || verdict === 'rejected' || body.outcome === 'absent') continue;
    for (const t of numbers(body.tasks)) tasks.add(t);
    // At a home a visit settles all that is open there, as on the server.
    if (typeof body.home === 'number' && body.home) homes.add(body.home);
  }
  return (t) => tasks.has(t.id) || (t.home !== 0 && homes.has(t.home));
}

function group<K, T>(list: Iterable<T>, key: (x: T) => K): Map<K, T[]> {
  const out = new Map<K, T[]>();
  for (const x of list) {
    const k = key(x);
    const have = out.get(k);
    if (have) have.push(x);
    else out.set(k, [x]);
  }
  return out;
}

const last = Number.MAX_SAFE_INTEGER;
const rank = (t: Task) => t.rank ?? last;
const inTour = (a: Task, b: Task) => rank(a) - rank(b) || a.priority - b.priority || a.id - b.id;
const byDoor = new Intl.Collator('zh-CN', { numeric: true }).compare;

const isOverdue = (t: Task, day: number) => t.state === 'open' && t.due < day;
/** Shown today: the day's share, and what earlier days left undone. */
const isToday = (t: Task, day: number) =>
  t.day === day || (t.state === 'open' && ((t.day !== 0 && t.day < day) || isOverdue(t, day)));

/** 今日 on a day (yyyymmdd in the city's time). */
export function today(book: Book, outbox: Outbox, day: number): Today {
  const here = doneHere(outbox);
  const isDone = (t: Task) => t.state === 'done' || here(t);
  const tasks = [...book.tasks.values()].filter((t) => t.state !== 'dropped' && isToday(t, day));
  const needs = group(book.needs.values(), (n) => n.home);
  const buildingOf = (t: Task) => t.building || (book.homes.get(t.home)?.building ?? 0);

  const buildings: BuildingStop[] = [];
  let visits = 0;
  let visited = 0;
  let overdue = 0;
  for (const [id, ofBuilding] of group(tasks, buildingOf)) {
    const stops: HomeStop[] = [];
    for (const [home, ofHome] of group(ofBuilding, (t) => t.home)) {
      const open = ofHome.filter((t) => !isDone(t)).sort(inTour);
      visits += 1;
      if (!open.length) visited += 1;
      stops.push({
        home: book.homes.get(home) ?? null,
        tasks: open,
        done: ofHome.filter(isDone),
        needs: needs.get(home) ?? [],
      });
    }
    const units = [...group(stops, (s) => s.home?.unit ?? '')]
      .map(([unit, homes]) => ({ unit, homes: homes.sort(byTour) }))
      .sort((a, b) => byDoor(a.unit, b.unit));
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
  buildings.sort((a, b) => firstOf(a) - firstOf(b) || byDoor(a.building?.name ?? '', b.building?.name ?? ''));

  const cases = casesNow(book, outbox).filter((c) => c.heap !== 'follow' && !c.acted);
  return {
    day,
    line: {
      visited,
      visits,
      todo: cases.length,
      overdue: overdue + cases.filter((c) => c.late).length,
      waiting: outbox.waiting.length,
    },
    buildings,
    as_of: book.as_of,
  };
}

const ranks = (h: HomeStop) => Math.min(last, ...[...h.tasks, ...h.done].map(rank));
const firstOf = (b: BuildingStop) => Math.min(last, ...b.units.flatMap((u) => u.homes.map(ranks)));
const byTour = (a: HomeStop, b: HomeStop) =>
  ranks(a) - ranks(b) || byDoor(a.home?.room ?? '', b.home?.room ?? '');

const concerns = (i: Item, what: 'home' | 'case', id: number) =>
  (i.about?.type === what && i.about.id === id) || i.body[what] === id;

/** Everything for one stop; undefined if this phone does not hold the home. */
export function homeNow(book: Book, outbox: Outbox, id: number, day: number): HomeNow | undefined {
  const home = book.homes.get(id);
  if (!home) return undefined;
  const here = doneHere(outbox);
  const ofHome = [...book.tasks.values()].filter((t) => t.home === id && t.state !== 'dropped');
  const open = ofHome.filter((t) => t.state === 'open' && !here(t)).sort(inTour);
  const sheets = [...new Set(open.flatMap((t) => t.sheet || []))].flatMap((s) => book.sheets.get(s) ?? []);
  const tour = today(book, outbox, day).buildings.flatMap((b) => b.units.flatMap((u) => u.homes));
  const at = tour.findIndex((s) => s.home?.id === id);
  const ahead = [...tour.slice(at + 1), ...tour.slice(0, Math.max(at, 0))];
  return {
    home,
    building: book.buildings.get(home.building) ?? null,
    tasks: open,
    done: ofHome.filter((t) => t.state === 'done' || here(t)),
    needs: [...book.needs.values()].filter((n) => n.home === id),
    sheets,
    items: outbox.waiting.filter((i) => concerns(i, 'home', id)),
    next: ahead.find((s) => s.home && s.home.id !== id && s.tasks.length)?.home ?? null,
  };
}

/** Homes of a building in the order of doors, for "same building, other homes". */
export function homesOf(book: Book, building: number): Home[] {
  return [...book.homes.values()]
    .filter((h) => h.building === building)
    .sort((a, b) => byDoor(a.unit, b.unit) || byDoor(a.room, b.room));
}

export function buildingsOf(book: Book): Building[] {
  const whole = (b: Building) => `${b.compound ?? ''} ${b.name}`;
  return [...book.buildings.values()].sort((a, b) => byDoor(whole(a), whole(b)));
}

/** The grid's open cases: what is to be done first, then by what is due next. */
export function casesNow(book: Book, outbox: Outbox): CaseNow[] {
  const now = Date.now();
  return [...book.cases.values()]
    .map((c): CaseNow => {
      const category = book.categories.get(c.category_id ?? 0) ?? null;
      const items = outbox.waiting.filter((i) => concerns(i, 'case', c.id));
      return {
        case: c,
        category,
        items,
        heap: heapOf(actsOn(c, category, 0)),
        late: overdueCase(c, now),
        acted: items.some((i) => i.kind === 'case.act' && i.verdict !== 'rejected'),
      };
    })
    .sort((a, b) => (a.case.due_at ?? last) - (b.case.due_at ?? last) || a.case.id - b.case.id);
}
