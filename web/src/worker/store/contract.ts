/**
 * What the pages of the grid worker's phone may ask of everything below them.
 * Pages use the hooks of hooks.ts on a Phone; tests put a fake one there
 * (fake.ts). Nothing here waits for the network unless it says so.
 */
import type { Heap } from './acts.ts';
import type { Building, Category, Home, Need, Sheet, Task, WorkerCase } from './rows.ts';

export type * from './rows.ts';

/** 已存本机, 已上传 (its photos still follow), 已受理, 需处理. */
export type RecordState = 'saved' | 'sent' | 'accepted' | 'needs_you';

export type CommandKind =
  | 'visit.record'
  | 'case.report'
  | 'case.act'
  | 'home.edit'
  | 'need.add'
  | 'need.end'
  // A newer page may know more; the server holds what it does not know.
  | (string & {});

/** What a record is about: the row's id and the version that the page showed; null for something new. */
export interface About {
  type: string;
  id: number;
  version: number;
}

/** Why a record needs somebody: the server's words in the person's language. */
export interface Reason {
  code: string;
  title: string;
  detail?: string;
}

/** One act of the worker, as the 未上传 page and the item itself show it. */
export interface Item {
  /** UUIDv7, for ever the same. */
  id: string;
  kind: CommandKind;
  state: RecordState;
  /** When it was recorded, by the phone's clock set right with the server's (RFC 3339). */
  at: string;
  about: About | null;
  body: Record<string, unknown>;
  /** Until this moment (ms, Date.now()) `undo` takes it back; 0 when it is too late. */
  undo_until: number;
  /** True until the server has answered and as long as no attempt is under way. */
  editable: boolean;
  /** With needs_you; also what the last attempt failed with, if the item itself was the reason. */
  reason?: Reason;
  /** held: kept by the server until somebody decides; conflict: both versions kept; rejected: not done. */
  verdict?: 'applied' | 'held' | 'conflict' | 'rejected';
  /** What the server made of it: a case's id and number, a home's. */
  object_id?: number;
  number?: string;
  photos: { id: string; type: string; sent: number; size: number; done: boolean }[];
}

export interface Outbox {
  /** Everything not accepted, oldest first. */
  waiting: Item[];
  /** Accepted in the last 24 hours, newest first. */
  accepted: Item[];
  counts: Record<RecordState, number>;
  /** Bytes that wait: records and photos. */
  bytes: number;
}

export interface Person {
  account: number;
  name: string;
  login: string;
  /** Records of this person that wait on this phone. */
  waiting: number;
}

/** Where a person stands before the pages can be shown. */
export type Gate =
  | { at: 'starting' }
  /** The browser lacks what safe keeping needs (WebCrypto, IndexedDB): tell it, offer the desk. */
  | { at: 'unsupported'; lacks: ('crypto' | 'storage')[] }
  /** Nobody, or somebody else, wants in. Needs the network. */
  | { at: 'sign_in'; people: Person[] }
  /** Signed in for the first time on this phone: choose a PIN. */
  | { at: 'choose_pin'; person: Person }
  /** tries: left before the next pause; until: ms (Date.now()) before which no try counts. */
  | { at: 'locked'; person: Person; people: Person[]; tries: number; until: number }
  | { at: 'open'; person: Person };

/** What the line at the top says about the connection. Always true. */
export interface SyncNow {
  state:
    | 'quiet' // everything is up to date
    | 'working'
    | 'offline' // the phone says so
    | 'unreachable' // a network, but Linli does not answer (also: a captive portal)
    | 'portal' // something else answers: sign in to the network first
    | 'busy' // the server asked to wait
    | 'signed_out' // the session ended; `signIn` goes on, nothing is lost
    | 'locked_out' // lost phone or account disabled
    | 'outdated'; // the app is too old for the server: reload
  /** Last answer of the server, RFC 3339; null before the first. */
  contact: string | null;
  /** ms (Date.now()) of the next attempt by itself; 0 if none is planned. */
  next: number;
  /** First load or a long catch-up; bytes by the server's own count. */
  load?: { done: number; total: number };
  /** One at a time, newest first; `dismiss(code)` ends it. */
  notices: Notice[];
}

export type Notice =
  /** The system emptied the phone's storage; `lost` records had not been uploaded. */
  | { code: 'evicted'; lost: number }
  /** The server came back from a backup; `again` records were sent again. */
  | { code: 'restored'; again: number }
  /** Nearly full: photos are refused, text never. */
  | { code: 'full' }
  /** The cached rows ended 72 h after the last contact. */
  | { code: 'cache_ended' }
  /** The grid of the account changed. */
  | { code: 'moved' }
  /** The phone's clock is wrong by so many ms; records are set right. */
  | { code: 'clock'; offset_ms: number };

export interface HomeStop {
  /** null: what concerns the building itself (fire lane, riser). */
  home: Home | null;
  /** Not yet done, in the order of the tour. */
  tasks: Task[];
  /** Recorded today on this phone or known to the server as done. */
  done: Task[];
  needs: Need[];
}
export interface BuildingStop {
  /** null: tasks that hang on no building. */
  building: Building | null;
  units: { unit: string; homes: HomeStop[] }[];
  /** Homes and tasks that are not yet done: "3号楼 4户 6项". */
  homes: number;
  tasks: number;
  overdue: number;
}
/** 今日. `line` is the one line that is always true. */
export interface Today {
  /** yyyymmdd */
  day: number;
  line: { visited: number; visits: number; todo: number; overdue: number; waiting: number };
  /** In walking order. */
  buildings: BuildingStop[];
  /** Last contact, RFC 3339; null: this phone has no rows (first load or cache ended). */
  as_of: string | null;
}

/** Everything for one stop at a door. */
export interface HomeNow {
  home: Home;
  building: Building | null;
  tasks: Task[];
  done: Task[];
  needs: Need[];
  sheets: Sheet[];
  /** What is recorded here and not yet accepted. */
  items: Item[];
  /** The next home in walking order with something due. */
  next: Home | null;
}

export interface CaseNow {
  case: WorkerCase;
  category: Category | null;
  /** What was done to it on this phone and is not yet accepted. */
  items: Item[];
  /** What kind of work it is for this worker; "follow" asks for nothing. */
  heap: Heap;
  /** Past its limit. */
  late: boolean;
  /** An act on it waits for the server. */
  acted: boolean;
}

/** The rows as they are on this phone, decrypted; one immutable value for each change. */
export interface Book {
  buildings: ReadonlyMap<number, Building>;
  homes: ReadonlyMap<number, Home>;
  needs: ReadonlyMap<number, Need>;
  tasks: ReadonlyMap<number, Task>;
  sheets: ReadonlyMap<string, Sheet>;
  cases: ReadonlyMap<number, WorkerCase>;
  categories: ReadonlyMap<number, Category>;
  as_of: string | null;
}

/** A photo or voice note as it comes from the camera; the phone makes photos smaller (≤ 300 KB). */
export interface Shot {
  /** UUID; `newId()`. Put it into the body where the kind wants it (photos, voice). */
  id: string;
  blob: Blob;
}

export type Refusal =
  /** Photos are refused when the storage is nearly full. */
  | 'full'
  /** No picture or sound that can be read. */
  | 'unreadable'
  | 'too_large';
export class ShotRefused extends Error {
  readonly why: Refusal;
  constructor(why: Refusal) {
    super(why);
    this.name = 'ShotRefused';
    this.why = why;
  }
}

/** Why signing in or opening did not work. `wrong`: password or PIN; `wait`: see Gate.until. */
export type Opened = 'open' | 'choose_pin' | 'locked' | 'wrong' | 'wait' | 'offline' | 'refused';

export interface Phone {
  /** Any of the values below may have changed. Returns the way to stop listening. */
  subscribe(changed: () => void): () => void;
  gate(): Gate;
  book(): Book;
  outbox(): Outbox;
  syncing(): SyncNow;

  /** With the network. Another person's pending items stay with their author. */
  signIn(login: string, password: string): Promise<Opened>;
  choosePIN(pin: string): Promise<Opened>;
  open(pin: string): Promise<Opened>;
  /** Forgets the key until the next PIN; what is pending is kept. */
  lock(): Promise<void>;
  /** Hand-over: locks, ends the session, asks who is next. */
  handOver(): Promise<void>;
  /** Goes back to the PIN of somebody known to this phone. */
  choosePerson(account: number): void;
  /**
   * The PIN is forgotten: signed in again (`signIn` first), the waiting records go to the server
   * sealed, which opens them with its own key; then a new PIN is chosen. Needs the network.
   */
  forgotPIN(login: string, password: string): Promise<Opened>;

  /** A fresh UUIDv7. */
  newId(): string;
  /** Makes a shot smaller and keeps it; throws ShotRefused. Before `record`, so that a form can show it. */
  keepShot(shot: Shot): Promise<void>;
  /** For showing; undefined when it is gone (sent long ago). */
  shot(id: string): Promise<Blob | undefined>;
  dropShot(id: string): Promise<void>;
  /**
   * Resolves with the record's id when it is durable on this phone. `shots` are ids that
   * `keepShot` has taken. With `draft`, that draft ends in the same transaction.
   */
  record(
    kind: CommandKind,
    about: About | null,
    body: Record<string, unknown>,
    more?: { shots?: string[]; draft?: string },
  ): Promise<string>;
  /** Takes a record back within 10 s; false when it is too late. */
  undo(id: string): Promise<boolean>;
  /** Changes a record that is not accepted (see Item.editable); a refused one is sent anew. */
  edit(id: string, body: Record<string, unknown>, shots?: string[]): Promise<boolean>;
  /** Sends a refused record again as it is: what stood against it may be gone. */
  retry(id: string): Promise<boolean>;
  /** Ends a record that the server refused and that nobody will mend. Says so to nobody else. */
  discard(id: string): Promise<boolean>;
  /** 重新上传: now, whatever was planned. */
  resend(): void;
  /**
   * An encrypted file with everything that waits, for the supervisor; the server can open it. Works
   * behind the PIN too, of the person who is asked for it.
   */
  exportFile(): Promise<{ name: string; blob: Blob }>;

  /** The draft as it is in memory; undefined: none. */
  draft(key: string): unknown;
  drafts(): string[];
  /** Kept within 250 ms, at once when the page is left. undefined ends the draft. */
  setDraft(key: string, value: unknown): void;

  dismiss(code: Notice['code']): void;

  /**
   * One call with the network as the person whose phone is open, whoever else is signed in in this
   * browser. The path begins with /. Throws Problem.
   */
  call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T>;
}
