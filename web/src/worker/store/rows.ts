/**
 * The rows that the server sends to a phone (docs/sync.md). Fields that this
 * version does not know stay in the row and are ignored. Ids are numbers
 * below 2^53, days numbers yyyymmdd of the city's calendar (0: none), times
 * RFC 3339, positions WGS 84; 0 and "" stand for nothing. `x_en` is the English of `x`.
 */
export interface Building {
  id: number;
  version: number;
  grid: number;
  name: string;
  compound?: string;
  kind?: string;
  lon?: number;
  lat?: number;
  homes?: number;
  units?: string[];
}

export interface Home {
  id: number;
  version: number;
  grid: number;
  building: number;
  unit: string;
  floor?: number;
  room: string;
  use?: string;
  /** 0: not known. */
  people?: number;
  langs?: string[];
  /** Masked, as everywhere; the clear ones are revealed online only. */
  name?: string;
  phone?: string;
  consent_until?: number;
  /** Preferred visit interval in days. */
  every?: number;
  hint?: string;
  /** Kinds of care needs in force. */
  needs?: string[];
}

/** A care need of a home, kept with consent, for a service, until a day. */
export interface Need {
  id: number;
  version: number;
  grid: number;
  home: number;
  kind: string;
  purpose?: string;
  source?: string;
  from?: number;
  until: number;
  person?: string;
  /** Of a restricted kind. */
  sealed?: boolean;
}

/** Something due: at a home, or in and around a building. */
export interface Task {
  id: number;
  version: number;
  grid: number;
  kind: 'visit' | 'check' | 'recheck' | 'circular' | (string & {});
  rule: string;
  title: string;
  title_en?: string;
  why?: string;
  why_en?: string;
  /** 1 comes first. */
  priority: number;
  building: number;
  unit?: string;
  /** 0: a check of the building. */
  home: number;
  /** recheck: the hazard's case. */
  case?: number;
  lon?: number;
  lat?: number;
  sheet?: string;
  sheet_version?: number;
  /** The window opens; the last day. */
  from?: number;
  due: number;
  /** Planned for this day. */
  day: number;
  /** Walking order within the day. */
  rank?: number;
  /** 0: anybody of the grid. */
  worker?: number;
  /** How often nobody was at home. */
  tries?: number;
  state: 'open' | 'done' | 'dropped';
  minutes?: number;
  postponed?: { until: number; reason: string };
}

export interface Question {
  code: string;
  text: string;
  text_en?: string;
  why: string;
  why_en?: string;
  datatype: 'singlevaluelist' | 'multivaluelist' | 'number' | 'string' | 'text' | 'datetime';
  required?: boolean;
  values?: { key: string; name: string; name_en?: string }[];
}

export interface Sheet {
  /** A code. */
  id: string;
  version: number;
  name: string;
  name_en?: string;
  questions: Question[];
}

/** A case in the worker's hands. */
export interface WorkerCase {
  id: number;
  version: number;
  number: string;
  title: string;
  text?: string;
  status: string;
  grade?: string;
  category_id?: number;
  address?: string;
  lon?: number;
  lat?: number;
  lead?: { id: number; name: string };
  /** The account that registered it. */
  creator?: number;
  result?: string;
  /** Microseconds UTC; absent: no limit. */
  reported_at?: number;
  due_at?: number;
  stage_due_at?: number;
  open?: boolean;
  /** A check on site was asked for. */
  checking?: boolean;
}

export interface Category {
  id: number;
  version: number;
  code: string;
  parent?: number;
  name: string;
  name_en?: string;
  leaf?: boolean;
  /** Where the category asks for a photo, and what the photo is for. */
  evidence?: { found?: boolean; resolved?: boolean };
  evidence_why?: string;
  evidence_why_en?: string;
  /** May be settled on the spot in one step. */
  onsite_allowed?: boolean;
  /** Words that speak for it. */
  keywords?: string[];
  /** Asked of who reports something of it. */
  questions?: Question[];
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
