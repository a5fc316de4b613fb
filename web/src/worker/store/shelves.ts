/** The server's rows: in boxes on shelves, and as a Book in memory. */
import { type Bytes, boxJSON, unboxJSON } from '../crypto/box.ts';
import type { Book, Rows, RowType } from './contract.ts';
import type { PersonDB, Place, Shelf } from './db.ts';
import { rowTypes } from './rows.ts';

/** A line of the changes or of a snapshot. */
export interface Change {
  type: string;
  id: number | string;
  version?: number;
  row?: Record<string, unknown>;
  gone?: boolean;
}

/** Homes, tasks and needs of a building are read and changed together. */
const shelfCount: Record<RowType, number> = {
  building: 1,
  home: 16,
  need: 4,
  task: 16,
  sheet: 1,
  case: 4,
  category: 2,
};

type Row = Rows[RowType];
type ById = Map<number | string, Row>;

const known = (type: string): type is RowType => rowTypes.includes(type as RowType);

function shelfOf(type: RowType, id: number | string): string {
  let h = 0;
  for (const c of String(id)) h = (h * 31 + c.charCodeAt(0)) >>> 0;
  return `${type}/${h % shelfCount[type]}`;
}

export class Shelves {
  readonly #db: PersonDB;
  readonly #key: CryptoKey;
  #open = new Map<string, { rev: number; rows: ById }>();

  constructor(db: PersonDB, key: CryptoKey) {
    this.#db = db;
    this.#key = key;
  }

  /** Opens what has changed among the stored shelves; true if anything had. */
  async follow(stored: Shelf[]): Promise<boolean> {
    const there = new Set(stored.map((s) => s.id));
    let changed = false;
    for (const id of this.#open.keys())
      if (!there.has(id)) {
        this.#open.delete(id);
        changed = true;
      }
    const stale = stored.filter((s) => this.#open.get(s.id)?.rev !== s.rev);
    const rows = await Promise.all(stale.map((s) => this.#unbox(s)));
    for (const [i, s] of stale.entries()) this.#open.set(s.id, { rev: s.rev, rows: rows[i] as ById });
    return changed || stale.length > 0;
  }

  async #unbox(s: Shelf): Promise<ById> {
    const list = await unboxJSON<Row[]>(this.#key, `shelf ${s.id}`, s.box as Bytes);
    return new Map(list.map((r) => [r.id, r]));
  }

  book(as_of: string | null): Book {
    const of = <T extends RowType>(type: T) => {
      const all = new Map<number, Rows[T]>();
      for (const [id, s] of this.#open)
        if (id.startsWith(`${type}/`)) for (const [k, r] of s.rows) all.set(k as number, r as Rows[T]);
      return all;
    };
    return {
      buildings: of('building'),
      homes: of('home'),
      needs: of('need'),
      tasks: of('task'),
      sheets: of('sheet') as unknown as Book['sheets'],
      cases: of('case'),
      categories: of('category'),
      as_of,
    };
  }

  /** Changes and the place after them, in one transaction; all: they replace what is there. */
  async apply(changes: Change[], place: Place, all = false): Promise<void> {
    const touched = new Map<string, ById>();
    const stored = all ? [] : await this.#db.shelves.toArray();
    await this.follow(stored);
    for (const c of changes) {
      if (!known(c.type)) continue; // of a newer server
      const id = shelfOf(c.type, c.id);
      let rows = touched.get(id);
      if (!rows) {
        rows = new Map(all ? [] : this.#open.get(id)?.rows);
        touched.set(id, rows);
      }
      const have = rows.get(c.id);
      if (c.gone) rows.delete(c.id);
      else if (c.row && !(have && (c.version ?? 0) < have.version))
        rows.set(c.id, { ...c.row, id: c.id, version: c.version ?? 0 } as Row);
    }
    const revs = new Map(stored.map((s) => [s.id, s.rev]));
    const stamp = Date.now();
    const made = await Promise.all(
      [...touched].map(
        async ([id, rows]): Promise<Shelf> => ({
          id,
          type: id.slice(0, id.indexOf('/')) as RowType,
          // A shelf emptied and filled again must not look like the old one.
          rev: Math.max(stamp, (revs.get(id) ?? 0) + 1),
          box: await boxJSON(this.#key, `shelf ${id}`, [...rows.values()]),
        }),
      ),
    );
    const db = this.#db;
    await db.transaction('rw', db.shelves, db.pieces, db.meta, async () => {
      if (all) {
        await db.shelves.clear();
        await db.pieces.clear();
        await db.meta.delete('load');
      }
      await db.shelves.bulkPut(made);
      await db.set('place', place);
    });
  }
}
