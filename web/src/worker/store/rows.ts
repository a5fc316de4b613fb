/**
 * The rows that the server sends to a phone (docs/sync.md). Fields that this
 * version does not know stay in the row and are ignored. Times are RFC 3339,
 * days YYYY-MM-DD, positions WGS 84.
 */
export interface Building {
  id: string;
  version: number;
  name: string;
  address?: string;
  lon?: number;
  lat?: number;
  /** Place in the walking order of the grid, from 0. */
  walk?: number;
}

export interface Home {
  id: string;
  version: number;
  building: string;
  unit?: string;
  /** The door as people say it: 501. */
  door: string;
  /** Who is spoken to there; masked by the server unless the worker may know. */
  contact?: string;
  phone?: string;
  languages?: string[];
  note?: string;
  last_visit?: string;
  interval_days?: number;
}

/** A care need of a home, kept with consent, for a service, until a day. */
export interface Need {
  id: string;
  version: number;
  home: string;
  kind: string;
  purpose?: string;
  source?: string;
  until?: string;
}

/** Something due: a visit to a home, or a patrol of something in or around a building. */
export interface Task {
  id: string;
  version: number;
  kind: string;
  title: string;
  /** The rule's reason, as it is told to the worker. */
  why?: string;
  building?: string;
  home?: string;
  sheet?: string;
  /** The day of the worker's fair share; the task shows up on it and stays until done. */
  day: string;
  due?: string;
  priority?: number;
  /** Place in that day's tour, from 0. */
  walk?: number;
  state: 'open' | 'done' | 'postponed' | 'dropped';
}

export interface Question {
  code: string;
  ask: string;
  /** Why it is asked; shown beside it. */
  why: string;
  kind: 'yes_no' | 'choice' | 'text' | 'number';
  choices?: { code: string; label: string }[];
  required?: boolean;
}

export interface Sheet {
  id: string;
  version: number;
  title: string;
  questions: Question[];
}

/** A case in the worker's hands. */
export interface WorkerCase {
  id: string;
  version: number;
  number: string;
  title: string;
  text?: string;
  status: string;
  grade?: string;
  category?: string;
  address?: string;
  lon?: number;
  lat?: number;
  building?: string;
  home?: string;
  due_at?: string;
  overdue?: boolean;
  /** What the server lets this worker do next, as in GET /cases/{id}. */
  actions?: string[];
}

export interface Category {
  id: string;
  version: number;
  code: string;
  parent?: string;
  name: string;
  leaf?: boolean;
  /** Where the category asks for a photo: "found", "resolved"; and why. */
  evidence?: { found?: boolean; resolved?: boolean; why?: string };
}

export interface Rows {
  building: Building;
  home: Home;
  need: Need;
  task: Task;
  sheet: Sheet;
  case: WorkerCase;
  category: Category;
}
export type RowType = keyof Rows;
export const rowTypes: readonly RowType[] = ['building', 'home', 'need', 'task', 'sheet', 'case', 'category'];
