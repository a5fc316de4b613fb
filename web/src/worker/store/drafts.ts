/** What is being typed: in memory at once, in its box on the disk a moment later. */
import { type Bytes, boxJSON, unboxJSON } from '../crypto/box.ts';
import type { PersonDB } from './db.ts';

const keepMs = 200;

export class Drafts {
  readonly #db: PersonDB;
  readonly #key: CryptoKey;
  readonly #values = new Map<string, unknown>();
  readonly #dirty = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(db: PersonDB, key: CryptoKey) {
    this.#db = db;
    this.#key = key;
  }

  /** Those that an earlier page left. */
  async load(): Promise<void> {
    await Promise.all(
      (await this.#db.drafts.toArray()).map(async (d) =>
        this.#values.set(d.key, await unboxJSON(this.#key, `draft ${d.key}`, d.box)),
      ),
    );
  }

  get = (key: string) => this.#values.get(key);
  keys = () => [...this.#values.keys()];

  /** undefined ends the draft. */
  set(key: string, value: unknown): void {
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    this.#dirty.add(key);
    this.#timer ??= setTimeout(() => void this.flush(), keepMs);
  }

  /** It ended in the transaction of its record. */
  ended(key: string): void {
    this.#values.delete(key);
    this.#dirty.delete(key);
  }

  async flush(): Promise<void> {
    this.close();
    if (!this.#dirty.size) return;
    const keys = [...this.#dirty];
    this.#dirty.clear();
    const put: { key: string; box: Bytes }[] = [];
    const gone: string[] = [];
    for (const key of keys) {
      const value = this.#values.get(key);
      if (value === undefined) gone.push(key);
      else put.push({ key, box: await boxJSON(this.#key, `draft ${key}`, value) });
    }
    const { drafts } = this.#db;
    await this.#db.transaction('rw', drafts, async () => {
      await drafts.bulkPut(put);
      await drafts.bulkDelete(gone);
    });
  }

  /** Nothing is kept by itself any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
