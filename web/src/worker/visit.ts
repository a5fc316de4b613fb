/** What a visit's and a report's records hold, made from what the forms hold. Pure. */
import { type Answers, answered } from './parts/Questions.tsx';
import { nothingTaken, type Taken } from './parts/Shots.tsx';
import type { Position } from './position.ts';
import type { Category, Item, Sheet, Task } from './store/contract.ts';
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
      photos: draft.taken.photos,
      voice: draft.taken.voice,
      lon: at?.lon,
      lat: at?.lat,
    }),
  };
}

const text = (v: unknown) => (typeof v === 'string' ? v : '');
const list = (v: unknown) => (Array.isArray(v) ? v.map(String) : []);

/** The form of a record that is changed before it is accepted. */
export function visitOf(item: Item): VisitDraft {
  const b = item.body;
  return {
    note: text(b.note),
    wish: text(b.wish),
    answers: (b.answers as Answers | undefined) ?? {},
    taken: { photos: list(b.photos), voice: list(b.voice) },
    left: [],
  };
}

export interface ReportDraft {
  text: string;
  category?: number;
  building: number;
  address: string;
  name: string;
  phone: string;
  taken: Taken;
  /** What was done on the spot; "" goes to the street. */
  result: string;
}

export function reportBody(
  draft: ReportDraft,
  stop: Stop,
  onsite: boolean,
  visit: string | undefined,
  at?: Position,
): Record<string, unknown> {
  const b = stop.building;
  const where = at ?? (b?.lon && b.lat ? { lon: b.lon, lat: b.lat } : undefined);
  const reporter = drop({ name: draft.name.trim(), phone: draft.phone.trim() });
  return {
    text: draft.text.trim(),
    channel: 'grid_worker',
    place: drop({
      ...where,
      crs: where ? 'wgs84' : undefined,
      address: draft.address.trim(),
      grid_id: b?.grid || undefined,
    }),
    ...drop({
      category_id: draft.category,
      reporter: Object.keys(reporter).length ? reporter : undefined,
      onsite: onsite ? { result: draft.result.trim() } : undefined,
      photos: draft.taken.photos,
      voice: draft.taken.voice,
      visit,
      building: b?.id || undefined,
      home: stop.home?.id || undefined,
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
    building: typeof b.building === 'number' ? b.building : 0,
    address: text(place.address),
    name: text(reporter.name),
    phone: text(reporter.phone),
    taken: { photos: list(b.photos), voice: list(b.voice) },
    result: text((b.onsite as Record<string, unknown> | undefined)?.result),
  };
}

/** What still misses before a report can be saved; undefined: nothing. */
export function missing(
  draft: ReportDraft,
  category: Category | undefined,
  onsite: boolean,
): 'text' | 'place' | 'category' | 'result' | 'found_photo' | 'resolved_photo' | undefined {
  if (!draft.text.trim()) return 'text';
  if (!draft.address.trim() && !draft.building) return 'place';
  if (category?.evidence?.found && !draft.taken.photos.length) return 'found_photo';
  if (!onsite) return undefined;
  if (!category) return 'category';
  if (!draft.result.trim()) return 'result';
  return category.evidence?.resolved && !draft.taken.photos.length ? 'resolved_photo' : undefined;
}
