/**
 * What lies in IndexedDB. One database for each person on the phone, so that
 * pending work stays with its author, and one that only knows who they are.
 * What tells of people is in boxes (crypto/box.ts); the rest is needed before
 * the PIN or by queries.
 */
import Dexie, { liveQuery, type Table } from 'dexie';
import type { Bytes, Wrapped } from '../crypto/box.ts';
import type { About, Notice, Reason } from './contract.ts';

/** A person of this phone, and the phone's id as that person's device. */
export interface KnownPerson {
  account: number;
  name: string;
  login: string;
  device: string;
  /** ms; the one used last is asked for the PIN first. */
  used: number;
  /** Kept for some minutes, so that a page the system closed (to take a photo) opens without a PIN. */
  key?: CryptoKey;
  key_until?: number;
}

/** A command as it goes over the wire, and in its box: an export can be opened by the server. */
export interface Act {
  id: string;
  seq: number;
  kind: string;
  /** For the pages; the server ignores it. */
  about: About | null;
  object: string;
  base: number;
  /** The phone's time, RFC 3339, and how far it was behind the server's then. */
  at: string;
  offset_ms: number;
  body: Record<string, unknown>;
}

/**
 * fresh: can be taken back; queued: waits for the network; tried: may be on the
 * server, nobody knows; settled: the server has answered.
 */
export type Stage = 'fresh' | 'queued' | 'tried' | 'settled';
export type Verdict = 'applied' | 'held' | 'conflict' | 'rejected';

export interface StoredCommand {
  id: string;
  /** Gap-free for each device, from 1. */
  seq: number;
  stage: Stage;
  /** 1: shown as waiting. */
  open: 0 | 1;
  /** Box of Act, without a name. */
  box: Bytes;
  /** Counts changes of the row. */
  rev: number;
  /** Bytes on the wire, about. */
  size: number;
  /** ms: until when it is fresh. */
  fresh_until: number;
  shots: string[];
  verdict?: Verdict;
  reason?: Reason;
  object_id?: number;
  number?: string;
  version?: number;
  /** ms of the phone's clock, set right. */
  settled_at: number;
  /** Attempts that failed because of this command. */
  failures?: number;
}

export interface StoredFile {
  id: string;
  /** The command that it belongs to; "": still in a form. */
  command: string;
  type: string;
  size: number;
  /** Hex, of the plain bytes. */
  sha256: string;
  /** Bytes that the server has. */
  sent: number;
  /** 1: the server has it whole. */
  done: 0 | 1;
  /** tus's address of it. */
  url?: string;
  /** Why the server does not take it. */
  refused?: string;
  done_at?: number;
  kept_at: number;
}

/** The name under which a file goes out. */
export const nameOf = (f: StoredFile): string => `${f.id}.${f.type.split('/')[1]?.split(';')[0] || 'bin'}`;

/** Rows of one type of one grid in one box, "shelf <id>": 2,500 boxes would take seconds to open. */
export interface Shelf {
  /** grid/type/number */
  id: string;
  rev: number;
  box: Bytes;
}

export interface Lock {
  wrapped: Wrapped;
  /** The data key sealed to the server: a forgotten PIN loses nothing. */
  sealed: Bytes;
  /** Wrong tries in a row, and until when (ms) none counts. */
  wrong: number;
  until: number;
}

/** The last answer of the server. */
export interface Contact {
  /** ms, the server's time. */
  at: number;
  /** ms by which the phone's clock is behind the server's. */
  offset: number;
  epoch: string;
  /** Latest time ever seen, the server's: a clock set back does not prolong the cache. */
  seen: number;
}

/** How far the rows of each grid have come: the server's cursor. */
export type Places = Record<number, string>;

/** A first load under way: what came of the snapshot of a grid, and of how much. */
export interface Load {
  grid: number;
  etag: string;
  total: number;
  have: number;
}

interface Meta {
  lock: Lock;
  contact: Contact;
  places: Places;
  /** The grids of the person's posts. */
  grids: number[];
  load: Load;
  /** The last number given to a command. */
  seq: number;
  /** Box of the session's token, "token". */
  token: Bytes;
  /** Told to the person until dismissed. */
  notices: Notice[];
  /** Who syncs, where the browser has no locks. */
  lease: { owner: string; until: number };
}

export interface Where {
  indexedDB: IDBFactory;
  IDBKeyRange: typeof IDBKeyRange;
}

const options = (where: Where) => ({
  ...where,
  // A record counts as saved when it is on the disk, not when it is on its way there.
  chromeTransactionDurability: 'strict' as const,
  // Rows are boxes; a second copy of them in memory helps nobody.
  cache: 'disabled' as const,
});

export class PeopleDB extends Dexie {
  declare people: Table<KnownPerson, number>;
  constructor(where: Where) {
    super('linli-worker', options(where));
    this.version(1).stores({ people: 'account' });
  }
}

export class PersonDB extends Dexie {
  declare meta: Table<{ key: keyof Meta; value: unknown }, keyof Meta>;
  declare shelves: Table<Shelf, string>;
  declare outbox: Table<StoredCommand, string>;
  declare files: Table<StoredFile, string>;
  declare blobs: Table<{ id: string; box: Bytes }, string>;
  declare drafts: Table<{ key: string; box: Bytes }, string>;
  declare pieces: Table<{ at: number; box: Bytes }, number>;
  constructor(account: number, where: Where) {
    super(`linli-worker-${account}`, options(where));
    this.version(1).stores({
      meta: 'key',
      shelves: 'id',
      outbox: 'id, seq, stage, open, settled_at',
      files: 'id, command, done',
      blobs: 'id',
      drafts: 'key',
      pieces: 'at',
    });
  }

  async get<K extends keyof Meta>(key: K): Promise<Meta[K] | undefined> {
    return (await this.meta.get(key))?.value as Meta[K] | undefined;
  }
  async set<K extends keyof Meta>(key: K, value: Meta[K]): Promise<void> {
    await this.meta.put({ key, value });
  }

  /** Ends everything that came from the server; what was recorded here stays. */
  async endCache(): Promise<void> {
    await this.transaction('rw', this.shelves, this.pieces, this.meta, async () => {
      await this.shelves.clear();
      await this.pieces.clear();
      await this.meta.bulkDelete(['places', 'load']);
    });
  }
}

/** Hands over what a query finds, now and after each change, one after the other; first: when that was done once. */
export function watch<T>(query: () => Promise<T>, use: (v: T) => Promise<void>) {
  let queue = Promise.resolve();
  let stop = () => {};
  const first = new Promise<void>((ready, fail) => {
    const sub = liveQuery(query).subscribe({
      next: (v) => {
        queue = queue.then(() => use(v)).then(ready, fail);
      },
      error: fail,
    });
    stop = () => sub.unsubscribe();
  });
  return { first, stop: () => stop() };
}
