/** Photos and voice notes in their boxes. */
import { type Bytes, box, sha256, unbox } from '../crypto/box.ts';
import type { PersonDB } from './db.ts';
import type { Clock } from './outbox.ts';

export class Shots {
  readonly #db: PersonDB;
  readonly #key: CryptoKey;
  readonly #clock: Clock;

  constructor(db: PersonDB, key: CryptoKey, clock: Clock) {
    this.#db = db;
    this.#key = key;
    this.#clock = clock;
  }

  async keep(id: string, shot: Blob): Promise<void> {
    const { files, blobs } = this.#db;
    const plain = new Uint8Array(await shot.arrayBuffer());
    const sealed = await box(this.#key, '', plain);
    const sum = await sha256(plain);
    await this.#db.transaction('rw', files, blobs, async () => {
      await blobs.put({ id, box: sealed });
      await files.put({
        id,
        command: '',
        type: shot.type || 'image/jpeg',
        size: plain.length,
        sha256: sum,
        sent: 0,
        done: 0,
        kept_at: this.#clock.now() + this.#clock.offset(),
      });
    });
  }

  async get(id: string): Promise<Blob | undefined> {
    const [kept, file] = await Promise.all([this.#db.blobs.get(id), this.#db.files.get(id)]);
    if (!kept) return undefined;
    return new Blob([await unbox(this.#key, '', kept.box as Bytes)], { type: file?.type });
  }

  async drop(id: string): Promise<void> {
    const { files, blobs } = this.#db;
    await this.#db.transaction('rw', files, blobs, async () => {
      await files.delete(id);
      await blobs.delete(id);
    });
  }
}
