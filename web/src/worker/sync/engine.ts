/**
 * Brings what was recorded to the server, once, and the server's rows to the
 * phone. One pass: say hello, send commands, send photos, read changes. Any
 * tab that is seen may run a pass; a lock lets one in at a time.
 */
import { UploadError, upload } from '@/shared/upload.ts';
import { uuidv7 } from '@/shared/uuid.ts';
import { type Bytes, unbox } from '../crypto/box.ts';
import type { Notice, Reason, SyncNow } from '../store/contract.ts';
import { type Contact, nameOf, type PersonDB } from '../store/db.ts';
import type { Host } from '../store/host.ts';
import type { OutboxStore, Result } from '../store/outbox.ts';
import type { Shelves } from '../store/shelves.ts';
import { backoff, comingBack } from './delay.ts';
import { type Line, LineError, type Trouble } from './line.ts';
import { follow } from './rows.ts';

const batchMost = 50;
/** Below the server's 256 KB, for the envelope. */
const batchBytes = 240 * 1024;
const photoPiece = 256 * 1024;
/** Smaller pieces where a whole one does not get through in time. */
const photoPieceLeast = 32 * 1024;
/** ms between passes by themselves, while the page is seen. */
const restMs = 120_000;
/** What the server keeps until somebody decides is asked for again so often. */
const askMs = 15 * 60_000;

export interface Hello {
  epoch: string;
  server_key: string;
  seq: number;
  missing: number[];
  spread_s: number;
  now: string;
}
interface Session {
  posts: { grid_id?: number; in_force?: boolean }[];
}
interface Answered {
  batch: string;
  epoch: string;
  results: Result[];
  next_seq: number;
}

export interface Parts {
  db: PersonDB;
  key: CryptoKey;
  outbox: OutboxStore;
  shelves: Shelves;
  line: Line;
  host: Host;
  account: number;
  device: string;
  /** The phone's own notices and contact, kept by the phone. */
  contact(): Contact;
  contacted(epoch: string, offset: number): Promise<void>;
  notice(n: Notice): Promise<void>;
  changed(now: Partial<SyncNow>): void;
  /** The server says that this phone is lost or the account ended. */
  lockedOut(): Promise<void>;
}

const states: Record<Trouble, SyncNow['state']> = {
  offline: 'offline',
  unreachable: 'unreachable',
  stalled: 'unreachable',
  portal: 'portal',
  busy: 'busy',
  server: 'busy',
  signed_out: 'signed_out',
  locked_out: 'locked_out',
  outdated: 'outdated',
  too_large: 'busy',
  gone: 'busy',
  refused: 'busy',
};
/** Only a person can end these; trying by itself would change nothing. */
const needsPerson = new Set<Trouble>(['signed_out', 'locked_out', 'outdated']);

export class Engine {
  readonly #p: Parts;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #failures = 0;
  #most = batchMost;
  #bytes = batchBytes;
  #piece = photoPiece;
  #greeted = 0;
  #asked = 0;
  #placed = 0;
  #locked = false;

  constructor(parts: Parts) {
    this.#p = parts;
  }

  /** Soon: within `ms` at the latest, if the page is seen. */
  wake(ms = 0): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    if (!this.#p.host.visible()) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#p.changed({ next: ms > 2000 ? this.#p.host.now() + ms : 0 });
    this.#timer = setTimeout(() => void this.run(), ms);
  }

  /** The page went out of sight: nothing more by itself. What runs may end. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#p.changed({ next: 0 });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** One whole pass from now on: what runs already may have looked before. */
  async fresh(): Promise<void> {
    await this.#running;
    await this.run();
  }

  /** One pass now; the same one for all who ask meanwhile. */
  run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#running ??= this.#guarded().finally(() => {
      this.#running = undefined;
      if (this.#again) {
        this.#again = false;
        this.wake();
      }
    });
    return this.#running;
  }

  async #guarded(): Promise<void> {
    let wait = restMs * (0.75 + this.#p.host.random() / 2);
    try {
      const mine = await alone(this.#p, () => this.#pass());
      if (!mine)
        wait = 5000; // another tab is at it; its changes come by the store
      else this.#failures = 0;
    } catch (e) {
      const trouble = e instanceof LineError ? e.trouble : 'server';
      if (this.#stopped) return; // the page ends, the store is closed under the pass
      if (!(e instanceof LineError)) console.error('sync', e);
      this.#failures += 1;
      if (trouble === 'locked_out') {
        this.#locked = true;
        await this.#p.lockedOut();
      }
      const after = e instanceof LineError ? e.after : 0;
      wait = needsPerson.has(trouble) ? 0 : backoff(this.#failures, after, this.#p.host.random());
      this.#p.changed({ state: states[trouble], next: 0, load: undefined });
    }
    if (wait && !this.#again) this.#later(wait);
  }

  #later(ms: number): void {
    if (this.#stopped || !this.#p.host.visible()) return;
    clearTimeout(this.#timer);
    this.#p.changed({ next: this.#p.host.now() + ms });
    this.#timer = setTimeout(() => void this.run(), ms);
  }

  async #pass(): Promise<void> {
    const { outbox, changed, line } = this.#p;
    if (!line.token) throw new LineError(this.#locked ? 'locked_out' : 'signed_out');
    changed({ state: 'working', next: 0 });
    await outbox.release(false);
    await this.#hello();
    await this.#push();
    await this.#photos();
    await this.#rows();
    await outbox.sweep(false);
    changed({ state: 'quiet', load: undefined });
  }

  /** Tells the server of the phone and hears how far it has come: what it lacks goes again. */
  async #hello(): Promise<void> {
    const { host, line, device, outbox } = this.#p;
    const before = this.#p.contact();
    if (before.epoch && host.now() - this.#greeted < 10 * 60_000) return;
    const hello = await greet(line, device, host.label);
    await this.#heard(hello.epoch, Date.parse(hello.now) - host.now());
    await this.#lacks(hello.seq, hello.missing);
    const away = host.now() + before.offset - before.at;
    this.#greeted = host.now();
    if (before.at && away > 10 * 60_000 && hello.spread_s > 0)
      await new Promise((done) => setTimeout(done, comingBack(hello.spread_s, host.random())));
    await outbox.release(false);
  }

  /** An answer of the server: when, and of which epoch. */
  async #heard(epoch: string, offset: number | undefined): Promise<void> {
    const { contact, contacted, outbox, notice } = this.#p;
    const before = contact();
    await contacted(epoch, offset ?? before.offset);
    if (!before.epoch || before.epoch === epoch) return;
    // The server came back from a backup: what it has is a duplicate there.
    const again = await outbox.again(() => true);
    this.#greeted = 0;
    if (again) await notice({ code: 'restored', again });
  }

  /** Numbers that the server never saw: sent again, or said to be lost. */
  async #lacks(seq: number, missing: number[]): Promise<void> {
    const { outbox, line, device, host } = this.#p;
    const gaps = new Set(missing);
    await outbox.again((n) => n > seq || gaps.has(n));
    const lost = await outbox.lost(missing);
    if (lost.length) await greet(line, device, host.label, lost);
  }

  /** The rows of the grids that the person works in today. */
  async #rows(): Promise<void> {
    const { db, line, notice, shelves } = this.#p;
    if (this.#p.host.now() - this.#placed > 10 * 60_000 || !(await db.get('grids'))) {
      const { body } = await line.call<Session>('GET', '/api/v1/session', undefined, 200, (a) =>
        Array.isArray(a.posts),
      );
      const grids = [...new Set(body.posts.flatMap((p) => (p.in_force !== false && p.grid_id) || []))];
      if (await shelves.keepOnly(grids)) await notice({ code: 'moved' });
      await db.set('grids', grids);
      this.#placed = this.#p.host.now();
    }
    for (const grid of (await db.get('grids')) ?? [])
      await follow(this.#p, grid, (epoch, offset) => this.#heard(epoch, offset));
  }

  async #push(): Promise<void> {
    const { host, outbox, line, device } = this.#p;
    /** Commands that the server failed at alone, in this pass. */
    const stuck: { id: string; problem: Reason }[] = [];
    let ask = host.now() - this.#asked > askMs;
    for (;;) {
      const commands = (await outbox.batch(this.#most + stuck.length, this.#bytes, ask)).filter(
        (c) => !stuck.some((s) => s.id === c.id),
      );
      if (!commands.length) break;
      const batch = uuidv7(host.now());
      const sent = new Set(commands.map((c) => c.id));
      const body = {
        batch,
        device,
        epoch: this.#p.contact().epoch,
        sent_at: new Date(host.now()).toISOString(),
        commands,
      };
      try {
        const said = await line.call<Answered>('POST', '/api/v1/sync/commands', body, 201, (a) => {
          // Only this is an acknowledgement: our batch, an epoch, a result for each.
          if (a.batch !== batch || typeof a.epoch !== 'string' || !Array.isArray(a.results)) return false;
          const got = new Set(a.results.map((r) => r.id));
          return commands.every((c) => got.has(c.id));
        });
        await outbox.settle(said.body.results.filter((r) => sent.has(r.id)));
        // The server works again, so that what failed alone was at fault itself.
        for (const s of stuck.splice(0)) await outbox.refuse(s.id, s.problem);
        await this.#heard(said.body.epoch, said.offset);
        if (ask) this.#asked = host.now();
        ask = false;
        this.#most = Math.min(batchMost, this.#most * 2);
        this.#bytes = Math.min(batchBytes, this.#bytes * 2);
      } catch (e) {
        if (!(e instanceof LineError)) throw e;
        const about = e.trouble === 'too_large' || e.trouble === 'refused' || e.trouble === 'server';
        if (!about && e.trouble !== 'stalled') throw e;
        // Smaller batches go through a slow line, and find the one that the server cannot take.
        this.#bytes = Math.max(4096, this.#bytes / 2);
        if (commands.length > 1) {
          this.#most = Math.max(1, commands.length >> 1);
          if (e.trouble === 'stalled') throw e;
          continue;
        }
        if (!about || stuck.length >= 3) throw e;
        const only = commands[0] as { id: string };
        stuck.push({ id: only.id, problem: reasonOf(e) });
      }
    }
    if (stuck.length) throw new LineError('server');
  }

  /** Photos and voice notes whose record the server has. */
  async #photos(): Promise<void> {
    const { db, key, outbox, line } = this.#p;
    const waiting = await db.files.where('done').equals(0).toArray();
    for (const f of waiting) {
      const c = f.command ? await db.outbox.get(f.command) : undefined;
      if (c?.stage !== 'settled' || c.verdict === 'rejected' || f.refused) continue;
      const kept = await db.blobs.get(f.id);
      if (!kept) continue;
      const plain = await unbox(key, '', kept.box as Bytes);
      try {
        await upload(new Blob([plain], { type: f.type }), {
          endpoint: '/api/v1/files/',
          name: nameOf(f),
          type: f.type,
          key: f.id,
          sha256: f.sha256,
          piece: this.#piece,
          tries: 1,
          resume: f.url,
          onAddress: (url) => void db.files.update(f.id, { url }),
          onProgress: (sent) => void db.files.update(f.id, { sent }),
          fetch: async (input, init) => {
            const path = new URL(String(input), 'http://phone').pathname;
            const res = await line.raw(path, init, init?.method === 'PATCH' ? this.#piece : 0);
            return res;
          },
        });
        await outbox.fileDone(f.id);
        this.#piece = Math.min(photoPiece, this.#piece * 2);
      } catch (e) {
        this.#piece = Math.max(photoPieceLeast, this.#piece / 2);
        if (!(e instanceof UploadError)) throw e;
        if (e.status === 401) throw new LineError('signed_out');
        if (e.status === 400 || e.status === 413 || e.status === 415 || e.status === 422) {
          await db.files.update(f.id, { refused: e.message || String(e.status) });
          await db.outbox.update(c.id, { rev: c.rev + 1 });
          continue;
        }
        throw new LineError(e.status === 0 ? 'unreachable' : 'busy');
      }
    }
  }
}

/** The hello of a phone; `lost`: numbers whose records it no longer has, at most 100. */
export async function greet(line: Line, device: string, label: string, lost?: number[]): Promise<Hello> {
  const body = { id: device, label, ...(lost?.length ? { lost } : {}) };
  const { body: hello } = await line.call<Hello>(
    'POST',
    '/api/v1/sync/devices',
    body,
    200,
    (a) => typeof a.epoch === 'string' && typeof a.server_key === 'string' && Array.isArray(a.missing),
  );
  return hello;
}

const reasonOf = (e: LineError): Reason => ({
  code: e.problem?.code ?? e.trouble,
  title: e.problem?.message ?? '',
});

/** Runs f if no other tab does; false if one does. */
async function alone({ host, db, account }: Parts, f: () => Promise<void>): Promise<boolean> {
  if (host.locks) {
    return host.locks.request(`linli-sync-${account}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return false;
      await f();
      return true;
    });
  }
  // Without locks: a lease in the store. Two that sync at once do no harm, only work.
  const owner = uuidv7();
  const take = () =>
    db.transaction('rw', db.meta, async () => {
      const lease = await db.get('lease');
      const now = host.now();
      const held = lease && lease.owner !== owner && lease.until > now && lease.until < now + 120_000;
      if (held) return false;
      await db.set('lease', { owner, until: now + 60_000 });
      return true;
    });
  if (!(await take())) return false;
  const beat = setInterval(() => void take(), 20_000);
  try {
    await f();
    return true;
  } finally {
    clearInterval(beat);
    await db.meta.delete('lease');
  }
}
