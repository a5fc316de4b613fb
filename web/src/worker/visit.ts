/** What a visit's and a report's records hold, made from what the forms hold. Pure. */
import { type Answers, answered, complete } from './parts/Questions.tsx';
import { allOf, nothingTaken, type Taken } from './parts/Shots.tsx';
import type { Position } from './position.ts';
import type { Book, Building, Category, Item, Sheet, Task } from './store/contract.ts';
import type { Stop } from './tour.ts';

export type Outcome = 'fine' | 'absent' | 'found';

/** What is jotted down at a door; kept with each keystroke. */
export interface VisitDraft {
  note: string;
  wish: string;
  answers: Answers;
  taken: Taken;
  /** Tasks that this stop leaves undone. */
  left: number[];
}
export const emptyVisit: VisitDraft = { note: '', wish: '', answers: {}, taken: nothingTaken, left: [] };

const drop = (body: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(body).filter(
      ([, v]) => v !== undefined && v !== '' && !(Array.isArray(v) && v.length === 0),
    ),
  );

export function visitBody(
  stop: Stop,
  outcome: Outcome,
  tasks: Task[],
  sheets: Sheet[],
  draft: VisitDraft,
  at?: Position,
): Record<string, unknown> {
  return {
    tasks: tasks.filter((t) => !draft.left.includes(t.id)).map((t) => t.id),
    home: stop.home?.id ?? 0,
    building: stop.building?.id ?? 0,
    outcome,
    ...drop({
      // Nobody was there to answer.
      answers: outcome === 'absent' ? undefined : answered(sheets, draft.answers),
      note: draft.note.trim(),
      wish: draft.wish.trim(),
      photos: allOf(draft.taken),
      lon: at?.lon,
      lat: at?.lat,
    }),
  };
}

const text = (v: unknown) => (typeof v === 'string' ? v : '');
const num = (v: unknown) => (typeof v === 'number' ? v : undefined);
/** Sounds apart from pictures, as the form shows them. */
function takenOf(item: Item): Taken {
  const of = (sound: boolean) =>
    item.photos.filter((p) => p.type.startsWith('audio/') === sound).map((p) => p.id);
  return { photos: of(false), voice: of(true) };
}

/** The form of a record that is changed before it is accepted. */
export function visitOf(item: Item): VisitDraft {
  const b = item.body;
  return {
    note: text(b.note),
    wish: text(b.wish),
    answers: (b.answers as Answers | undefined) ?? {},
    taken: takenOf(item),
    left: [],
  };
}

export interface ReportDraft {
  text: string;
  category?: number;
  address: string;
  /** The building's place, or the one that the record had. */
  spot: { lon?: number; lat?: number; grid_id?: number };
  name: string;
  phone: string;
  taken: Taken;
  /** To the category's own questions. */
  answers?: Answers;
  /** What was done on the spot; "" goes to the street. */
  result: string;
}

/** The worker's grid, where nothing nearer is known. */
export const gridOf = (book: Book): number | undefined =>
  [...book.buildings.values(), ...book.tasks.values()][0]?.grid;

/** Where a building's matters lie. */
export const spotOf = (b: Building | null | undefined): ReportDraft['spot'] =>
  b?.lon && b.lat ? { lon: b.lon, lat: b.lat, grid_id: b.grid } : { grid_id: b?.grid };

export const sameSpot = (a: ReportDraft['spot'], b: ReportDraft['spot']): boolean =>
  a.lon !== undefined && a.lon === b.lon && a.lat === b.lat;

export function reportBody(
  draft: ReportDraft,
  onsite: boolean,
  visit: string | undefined,
  at?: Position,
  asked: Sheet[] = [],
): Record<string, unknown> {
  const answers = answered(asked, draft.answers ?? {});
  const where = { ...draft.spot, ...at };
  const reporter = drop({ name: draft.name.trim(), phone: draft.phone.trim() });
  return {
    text: draft.text.trim(),
    channel: 'grid_worker',
    place: drop({
      ...where,
      crs: where.lon ? 'wgs84' : undefined,
      address: draft.address.trim(),
    }),
    ...drop({
      category_id: draft.category,
      reporter: Object.keys(reporter).length ? reporter : undefined,
      onsite: onsite ? { result: draft.result.trim() } : undefined,
      answers: Object.keys(answers).length ? answers : undefined,
      photos: allOf(draft.taken),
      visit,
    }),
  };
}

export function reportOf(item: Item): ReportDraft {
  const b = item.body;
  const place = (b.place ?? {}) as Record<string, unknown>;
  const reporter = (b.reporter ?? {}) as Record<string, unknown>;
  return {
    text: text(b.text),
    category: typeof b.category_id === 'number' ? b.category_id : undefined,
    address: text(place.address),
    spot: { lon: num(place.lon), lat: num(place.lat), grid_id: num(place.grid_id) },
    name: text(reporter.name),
    phone: text(reporter.phone),
    taken: takenOf(item),
    answers: b.answers as Answers | undefined,
    result: text((b.onsite as Record<string, unknown> | undefined)?.result),
  };
}

/** A category's own questions in the form of a sheet; none, if it asks nothing. */
export const askedBy = (c: Category | undefined): Sheet[] =>
  c?.questions?.length
    ? [{ id: c.code, version: c.version, name: c.name, name_en: c.name_en, questions: c.questions }]
    : [];

/** What still misses before a report can be saved; undefined: nothing. */
export function missing(
  draft: ReportDraft,
  category: Category | undefined,
  onsite: boolean,
): 'text' | 'place' | 'category' | 'result' | 'found_photo' | 'resolved_photo' | 'answers' | undefined {
  if (!draft.text.trim()) return 'text';
  if (!draft.address.trim() && !draft.spot.lon) return 'place';
  if (category?.evidence?.found && !draft.taken.photos.length) return 'found_photo';
  if (!complete(askedBy(category), draft.answers ?? {})) return 'answers';
  if (!onsite) return undefined;
  if (!category) return 'category';
  if (!draft.result.trim()) return 'result';
  return category.evidence?.resolved && !draft.taken.photos.length ? 'resolved_photo' : undefined;
}
