/** The server's rows: in boxes on shelves, and as a Book in memory. */
import { type Bytes, boxJSON, unboxJSON } from '../crypto/box.ts';
import type { Book, Rows, RowType } from './contract.ts';
import type { PersonDB, Shelf } from './db.ts';
import { rowTypes } from './rows.ts';

/** A line of the changes or of a snapshot. gone with id 0: every row of the type. */
export interface Change {
  type: string;
  id: number;
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
/** By the server's id; a sheet's own is its code. */
type ById = Map<number, Row>;

const known = (type: string): type is RowType => rowTypes.includes(type as RowType);

/** Ids are given in the order of time: neighbours lie together and change together. */
const shelfOf = (grid: number, type: RowType, id: number) =>
  `${grid}/${type}/${(id >> 5) % shelfCount[type]}`;

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
    return new Map(await unboxJSON<[number, Row][]>(this.#key, `shelf ${s.id}`, s.box as Bytes));
  }

  book(as_of: string | null): Book {
    const of = <T extends RowType>(type: T) => {
      const all = new Map<number, Rows[T]>();
      for (const [id, s] of this.#open)
        if (id.split('/')[1] === type) for (const r of s.rows.values()) all.set(r.id as number, r as Rows[T]);
      return all;
    };
    return {
      buildings: of('building'),
      homes: of('home'),
      needs: of('need'),
      tasks: of('task'),
      // Sheets go by their codes.
      sheets: of('sheet') as unknown as Book['sheets'],
      cases: of('case'),
      categories: of('category'),
      as_of,
    };
  }

  /**
   * Changes of a grid and the place after them ("": out of sight), in one transaction; all: they
   * replace what is there.
   */
  async apply(grid: number, changes: Change[], cursor: string, all = false): Promise<void> {
    const db = this.#db;
    const stored = await db.shelves.toArray();
    await this.follow(stored);
    const mine = stored.filter((s) => s.id.startsWith(`${grid}/`)).map((s) => s.id);
    const gone = new Set(all ? mine : []);
    const touched = new Map<string, ById>();
    for (const c of changes) {
      if (!known(c.type)) continue; // of a newer server
      if (c.gone && c.id === 0) {
        for (const id of mine) if (id.startsWith(`${grid}/${c.type}/`)) gone.add(id);
        continue;
      }
      const id = shelfOf(grid, c.type, c.id);
      let rows = touched.get(id);
      if (!rows) {
        rows = new Map(gone.has(id) ? [] : this.#open.get(id)?.rows);
        touched.set(id, rows);
      }
      if (c.gone) rows.delete(c.id);
      else if (c.row) rows.set(c.id, { id: c.id, version: c.version ?? 0, grid, ...c.row } as unknown as Row);
    }
    const revs = new Map(stored.map((s) => [s.id, s.rev]));
    const stamp = Date.now();
    const made = await Promise.all(
      [...touched].map(
        async ([id, rows]): Promise<Shelf> => ({
          id,
          // A shelf emptied and filled again must not look like the old one.
          rev: Math.max(stamp, (revs.get(id) ?? 0) + 1),
          box: await boxJSON(this.#key, `shelf ${id}`, [...rows]),
        }),
      ),
    );
    await db.transaction('rw', db.shelves, db.pieces, db.meta, async () => {
      await db.shelves.bulkDelete([...gone]);
      await db.shelves.bulkPut(made);
      const { [grid]: _, ...others } = (await db.get('places')) ?? {};
      await db.set('places', cursor ? { ...others, [grid]: cursor } : others);
      if (!all) return;
      await db.pieces.clear();
      await db.meta.delete('load');
    });
  }

  /** Ends the rows of grids that are not the person's any more. True if there were any. */
  async keepOnly(grids: number[]): Promise<boolean> {
    const db = this.#db;
    const there = Object.keys((await db.get('places')) ?? {}).map(Number);
    const over = there.filter((g) => !grids.includes(g));
    const types = rowTypes.map((type) => ({ type, id: 0, gone: true }));
    for (const g of over) await this.apply(g, types, '');
    return over.length > 0;
  }
}
