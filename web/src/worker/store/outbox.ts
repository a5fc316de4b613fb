/** What was recorded on this phone: kept in boxes, numbered, sent, answered. */
import { uuidv7 } from '@/shared/uuid.ts';
import { boxJSON, unboxJSON } from '../crypto/box.ts';
import type { About, CommandKind, Item, Outbox, Reason, RecordState } from './contract.ts';
import type { Act, PersonDB, StoredCommand, StoredFile, Verdict } from './db.ts';

export const undoMs = 10_000;
/** Acknowledged commands are kept so long: a server that came back from a backup gets them again. */
export const keepMs = 30 * 24 * 3600_000;
const dayMs = 24 * 3600_000;

/** The phone's time and how far it is behind the server's, both ms. */
export interface Clock {
  now(): number;
  offset(): number;
}

/** What the server made of one command. */
export interface Result {
  id: string;
  state: 'applied' | 'duplicate' | Verdict;
  object_id?: number;
  number?: string;
  version?: number;
  reason?: Reason;
  first?: Omit<Result, 'id'>;
}

/** A command as it goes over the wire. */
export type Wire = Omit<Act, 'about'>;

/** Kept outside of IndexedDB, so that an emptied storage is noticed. */
export interface Trace {
  /** The highest number ever given; 0: nothing known. */
  read(account: number): { device: string; seq: number } | undefined;
  write(account: number, device: string, seq: number): void;
}

export class OutboxStore {
  readonly #db: PersonDB;
  readonly #key: CryptoKey;
  readonly #clock: Clock;
  readonly #given: (seq: number) => void;
  readonly #acts = new Map<string, { rev: number; act: Act }>();

  constructor(db: PersonDB, key: CryptoKey, clock: Clock, given: (seq: number) => void) {
    this.#db = db;
    this.#key = key;
    this.#clock = clock;
    this.#given = given;
  }

  /**
   * A number and what needs it, in one transaction: the number is in the box, which must be made
   * before. Another tab that was quicker makes it start over.
   */
  async #numbered<T>(
    make: (seq: number) => Promise<StoredCommand>,
    put: (c: StoredCommand) => Promise<T>,
  ): Promise<T> {
    const db = this.#db;
    for (;;) {
      const seq = ((await db.get('seq')) ?? 0) + 1;
      const c = await make(seq);
      const done = await db.transaction('rw', db.outbox, db.files, db.drafts, db.meta, async () => {
        if (((await db.get('seq')) ?? 0) + 1 !== seq) return undefined;
        await db.set('seq', seq);
        return { value: await put(c) };
      });
      if (!done) continue;
      this.#given(seq);
      return done.value;
    }
  }

  async #row(act: Act, shots: string[]): Promise<StoredCommand> {
    const sealed = await boxJSON(this.#key, '', act);
    return {
      id: act.id,
      seq: act.seq,
      stage: 'fresh',
      open: 1,
      box: sealed,
      rev: 1,
      size: sealed.length,
      fresh_until: this.#clock.now() + undoMs,
      shots,
      settled_at: 0,
    };
  }

  async record(
    kind: CommandKind,
    about: About | null,
    body: Record<string, unknown>,
    shots: string[] = [],
    draft?: string,
  ): Promise<string> {
    const id = uuidv7(this.#clock.now() + this.#clock.offset());
    const act = {
      id,
      kind,
      about,
      object: about ? String(about.id) : id,
      base: about?.version ?? 0,
      at: new Date(this.#clock.now()).toISOString(),
      offset_ms: Math.round(this.#clock.offset()),
      body,
    };
    await this.#numbered(
      (seq) => this.#row({ ...act, seq }, shots),
      async (c) => {
        await this.#db.outbox.add(c);
        await this.#claim(id, shots);
        if (draft) await this.#db.drafts.delete(draft);
      },
    );
    return id;
  }

  /** The shots of a command; those that it had and does not have any more go. */
  async #claim(id: string, shots: string[]): Promise<void> {
    const had = await this.#db.files.where('command').equals(id).primaryKeys();
    const gone = had.filter((f) => !shots.includes(f));
    await this.#db.files.bulkDelete(gone);
    for (const f of shots) await this.#db.files.update(f, { command: id });
  }

  /** Takes a command back; those recorded after it move up, so that no number is missing. */
  async undo(id: string): Promise<boolean> {
    const db = this.#db;
    for (;;) {
      const c = await db.outbox.get(id);
      if (c?.stage !== 'fresh') return false;
      const later = await db.outbox.where('seq').above(c.seq).sortBy('seq');
      if (later.some((x) => x.stage === 'tried' || x.stage === 'settled')) return false;
      const moved = await Promise.all(
        later.map(async (x): Promise<StoredCommand> => {
          const seq = x.seq - 1;
          const sealed = await boxJSON(this.#key, '', { ...(await this.act(x)), seq });
          return { ...x, seq, box: sealed, rev: x.rev + 1 };
        }),
      );
      const last = c.seq + later.length;
      const done = await db.transaction('rw', db.outbox, db.files, db.meta, async () => {
        const now = await db.outbox.bulkGet([id, ...later.map((x) => x.id)]);
        const same = [c, ...later].every((x, i) => now[i]?.rev === x.rev);
        if (!same || (await db.get('seq')) !== last) return false; // another tab was quicker
        await db.outbox.delete(id);
        await db.outbox.bulkPut(moved);
        await db.files.where('command').equals(id).delete();
        await db.set('seq', last - 1);
        return true;
      });
      if (!done) continue;
      this.#given(last - 1);
      return true;
    }
  }

  /** Lets fresh commands go: those whose time is over, or all. True if there were any. */
  async release(all: boolean): Promise<boolean> {
    const now = this.#clock.now();
    const n = await this.#db.outbox
      .where('stage')
      .equals('fresh')
      // A clock set back must not leave a record waiting for ever.
      .filter((c) => all || c.fresh_until <= now || c.fresh_until > now + undoMs)
      .modify((c) => {
        c.stage = 'queued';
        c.rev += 1;
      });
    return n > 0;
  }

  /**
   * Changes a command that the server does not have, or has refused: that one is sent anew under
   * another id, because the first one stands for the first content.
   */
  async edit(id: string, body: Record<string, unknown>, shots?: string[]): Promise<boolean> {
    const db = this.#db;
    const old = await db.outbox.get(id);
    if (!old || !editable(old)) return false;
    const act = { ...(await this.act(old)), body };
    const keep = shots ?? old.shots;
    // Another tab, or the sending, may be quicker.
    const same = async () => (await db.outbox.get(id))?.rev === old.rev;
    if (old.stage !== 'settled') {
      const made = await this.#row(act, keep);
      return db.transaction('rw', db.outbox, db.files, async () => {
        if (!(await same())) return false;
        await db.outbox.update(id, { box: made.box, size: made.size, shots: keep, rev: old.rev + 1 });
        await this.#claim(id, keep);
        return true;
      });
    }
    const to = uuidv7(this.#clock.now() + this.#clock.offset());
    if (act.object === id) act.object = to;
    return this.#numbered(
      (seq) => this.#row({ ...act, id: to, seq }, keep),
      async (made) => {
        if (!(await same())) return false;
        await db.outbox.update(id, { open: 0, rev: old.rev + 1 });
        await db.outbox.add(made);
        await db.files.where('command').equals(id).modify({ command: to });
        await this.#claim(to, keep);
        return true;
      },
    );
  }

  /** Sends a refused command again as it is: what stood against it may be gone. */
  async retry(id: string): Promise<boolean> {
    return this.#change(id, (c) => c.stage === 'settled' && !!c.open && { stage: 'tried', failures: 0 });
  }

  async discard(id: string): Promise<boolean> {
    const db = this.#db;
    const done = await this.#change(id, (c) => c.verdict === 'rejected' && { open: 0, shots: [] });
    if (done) await db.files.where('command').equals(id).delete();
    return done;
  }

  async #change(id: string, f: (c: StoredCommand) => Partial<StoredCommand> | false): Promise<boolean> {
    const db = this.#db;
    return db.transaction('rw', db.outbox, async () => {
      const c = await db.outbox.get(id);
      const to = c && f(c);
      if (!c || !to) return false;
      await db.outbox.update(id, { ...to, rev: c.rev + 1 });
      return true;
    });
  }

  async act(c: StoredCommand): Promise<Act> {
    const have = this.#acts.get(c.id);
    if (have?.rev === c.rev) return have.act;
    const act = await unboxJSON<Act>(this.#key, '', c.box);
    if (act.id !== c.id) throw new Error(`another command in the box of ${c.id}`);
    this.#acts.set(c.id, { rev: c.rev, act });
    return act;
  }

  /**
   * The next commands to send, in their order, marked as tried before they leave: from then on
   * nobody knows whether the server has them, whatever happens to this page.
   */
  async batch(most: number, bytes: number, ask: boolean): Promise<Wire[]> {
    const db = this.#db;
    const waiting = await db.outbox.where('stage').anyOf('queued', 'tried').sortBy('seq');
    if (ask) {
      // What the server keeps until somebody decides: asked for now and then.
      const kept = await db.outbox.where('open').equals(1).toArray();
      waiting.push(...kept.filter((c) => c.verdict === 'held' || c.verdict === 'conflict'));
    }
    const out: Wire[] = [];
    let size = 0;
    for (const c of waiting) {
      const { about: _, ...wire } = await this.act(c);
      const n = JSON.stringify(wire).length * 3; // Chinese: three bytes a sign, at most
      if (out.length && (out.length >= most || size + n > bytes)) break;
      out.push(wire);
      size += n;
    }
    const revs = new Map(waiting.map((c) => [c.id, c.rev]));
    return db.transaction('rw', db.outbox, async () => {
      const sure: Wire[] = [];
      for (const w of out) {
        const now = await db.outbox.get(w.id);
        if (now?.rev !== revs.get(w.id) || !now) continue; // edited meanwhile: next time
        if (now.stage === 'queued') await db.outbox.update(w.id, { stage: 'tried', rev: now.rev + 1 });
        sure.push(w);
      }
      return sure;
    });
  }

  /** The server's answer to a batch. Returns how many it did now, not only remembered. */
  async settle(results: Result[]): Promise<number> {
    const db = this.#db;
    const now = this.#clock.now() + this.#clock.offset();
    let did = 0;
    const taken: string[] = [];
    await db.transaction('rw', db.outbox, db.files, async () => {
      for (const said of results) {
        const c = await db.outbox.get(said.id);
        if (!c) continue;
        const r = said.state === 'duplicate' ? { ...said, ...said.first } : said;
        if (said.state === 'applied') did += 1;
        if (r.reason?.code === 'command_seq_reused') {
          taken.push(c.id);
          continue;
        }
        const verdict: Verdict = r.state === 'duplicate' ? 'applied' : r.state;
        const whole = (await db.files.where('command').equals(c.id).toArray()).every((f) => f.done);
        await db.outbox.update(c.id, {
          stage: 'settled',
          verdict,
          open: verdict === 'applied' && whole ? 0 : 1,
          reason: r.reason,
          object_id: r.object_id,
          number: r.number,
          version: r.version,
          settled_at: now,
          rev: c.rev + 1,
        });
      }
    });
    for (const id of taken) await this.#renumber(id);
    return did;
  }

  /** The number went to another record (a copied phone, an emptied storage): the next one. */
  async #renumber(id: string): Promise<void> {
    const db = this.#db;
    const c = await db.outbox.get(id);
    if (!c) return;
    const act = await this.act(c);
    await this.#numbered(
      async (seq) => ({ ...c, seq, box: await boxJSON(this.#key, '', { ...act, seq }), rev: c.rev + 1 }),
      (made) => db.outbox.put(made),
    );
  }

  /** A command that alone makes the server refuse the whole batch: told to the person, the others go on. */
  async refuse(id: string, reason: Reason): Promise<void> {
    await this.#change(id, () => ({
      stage: 'settled',
      verdict: 'rejected',
      reason,
      settled_at: this.#clock.now() + this.#clock.offset(),
    }));
  }

  /** A file has arrived whole; with the last one its command is accepted. */
  async fileDone(id: string): Promise<void> {
    const db = this.#db;
    await db.transaction('rw', db.outbox, db.files, async () => {
      const f = await db.files.get(id);
      if (!f) return;
      await db.files.update(id, { done: 1, sent: f.size, done_at: this.#clock.now() + this.#clock.offset() });
      const c = await db.outbox.get(f.command);
      const all = await db.files.where('command').equals(f.command).toArray();
      if (c?.verdict === 'applied' && all.every((x) => x.done))
        await db.outbox.update(c.id, { open: 0, rev: c.rev + 1 });
    });
  }

  /** Sends again what the server says it does not have. Returns how many commands. */
  async again(lacks: (seq: number) => boolean): Promise<number> {
    const db = this.#db;
    return db.transaction('rw', db.outbox, db.files, async () => {
      const all = (await db.outbox.where('stage').equals('settled').toArray()).filter((c) => lacks(c.seq));
      for (const c of all) {
        await db.outbox.update(c.id, { stage: 'tried', open: 1, rev: c.rev + 1 });
        await db.files
          .where('command')
          .equals(c.id)
          .modify((f) => {
            f.done = 0;
            f.sent = 0;
            delete f.url;
          });
      }
      return all.length;
    });
  }

  /** Those of the numbers for which there is no record any more, and will be none. */
  async lost(numbers: number[]): Promise<number[]> {
    const have = new Set((await this.#db.outbox.toArray()).map((c) => c.seq));
    const last = (await this.#db.get('seq')) ?? 0;
    return numbers.filter((n) => n <= last && !have.has(n));
  }

  /** Ends what was acknowledged long ago; photos earlier, and at once when room is short. */
  async sweep(short: boolean): Promise<void> {
    const db = this.#db;
    const now = this.#clock.now() + this.#clock.offset();
    await db.transaction('rw', db.outbox, db.files, db.blobs, async () => {
      const old = await db.outbox
        .where('settled_at')
        .between(1, now - keepMs)
        .filter((c) => !c.open)
        .primaryKeys();
      await db.outbox.bulkDelete(old);
      const files = await db.files
        .filter((f) =>
          f.command
            ? f.done === 1 && (short || (f.done_at ?? 0) < now - 7 * dayMs)
            : f.kept_at < now - 30 * dayMs,
        )
        .primaryKeys();
      await db.files.bulkDelete(files.filter((id) => id));
      const there = new Set(await db.files.toCollection().primaryKeys());
      await db.blobs
        .where('id')
        .notEqual('')
        .filter((b) => !there.has(b.id))
        .delete();
    });
  }

  /** What is shown: everything open, and what was accepted in the last day. */
  async view(rows: StoredCommand[], files: StoredFile[]): Promise<Outbox> {
    const of = new Map<string, StoredFile[]>();
    for (const f of files) of.set(f.command, [...(of.get(f.command) ?? []), f]);
    const items = await Promise.all(
      rows.map(async (c) => ({ c, item: item(c, await this.act(c), of.get(c.id) ?? []) })),
    );
    const counts: Record<RecordState, number> = { saved: 0, sent: 0, accepted: 0, needs_you: 0 };
    for (const { item: i } of items) counts[i.state] += 1;
    const waiting = items.filter((x) => x.c.open).sort((a, b) => (a.c.id < b.c.id ? -1 : 1));
    return {
      waiting: waiting.map((x) => x.item),
      accepted: items
        .filter((x) => !x.c.open && x.c.verdict === 'applied')
        .sort((a, b) => b.c.settled_at - a.c.settled_at)
        .map((x) => x.item),
      counts,
      bytes: waiting.reduce(
        (n, x) =>
          n +
          (x.c.stage === 'settled' ? 0 : x.c.size) +
          x.item.photos.reduce((m, p) => m + p.size - p.sent, 0),
        0,
      ),
    };
  }
}

/** Until the server may have it; and again when it has refused it. */
const editable = (c: StoredCommand) =>
  c.stage === 'fresh' ||
  c.stage === 'queued' ||
  (c.stage === 'settled' && !!c.open && c.verdict === 'rejected');

function stateOf(c: StoredCommand): RecordState {
  if (c.stage !== 'settled') return 'saved';
  if (c.verdict !== 'applied') return 'needs_you';
  return c.open ? 'sent' : 'accepted';
}

function item(c: StoredCommand, act: Act, files: StoredFile[]): Item {
  const refused = files.find((f) => f.refused)?.refused;
  return {
    id: c.id,
    kind: act.kind,
    state: refused ? 'needs_you' : stateOf(c),
    at: new Date(Date.parse(act.at) + act.offset_ms).toISOString(),
    about: act.about,
    body: act.body,
    undo_until: c.stage === 'fresh' ? c.fresh_until : 0,
    editable: editable(c),
    reason: c.reason ?? (refused ? { code: 'photo_refused', title: refused } : undefined),
    verdict: c.stage === 'settled' ? c.verdict : undefined,
    object_id: c.object_id,
    number: c.number,
    photos: files.map((f) => ({ id: f.id, type: f.type, sent: f.sent, size: f.size, done: f.done === 1 })),
  };
}
