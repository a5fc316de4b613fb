/** The real phone behind contract.ts. */
import { Problem, problemOf } from '@/shared/api.ts';
import { uuidv7 } from '@/shared/uuid.ts';
import { type Bytes, boxJSON, boxKey, fromBase64, newDataKey, unboxJSON } from '../crypto/box.ts';
import { afterOnline } from '../sync/delay.ts';
import { Engine, greet } from '../sync/engine.ts';
import { Line, LineError } from '../sync/line.ts';
import {
  type Book,
  type Gate,
  type Notice,
  type Opened,
  type Outbox,
  type Phone,
  type Shot,
  ShotRefused,
  type SyncNow,
} from './contract.ts';
import { type Contact, type KnownPerson, PersonDB, watch } from './db.ts';
import { Drafts } from './drafts.ts';
import { arrived, exportOf } from './export.ts';
import { browserHost, type Host, type Moment } from './host.ts';
import { type Clock, OutboxStore, undoMs } from './outbox.ts';
import { People } from './people.ts';
import { newLock, triesLeft, unlock } from './pin.ts';
import { Shelves } from './shelves.ts';
import { Shots } from './shots.ts';

/** What is cached ends so long after the last contact. */
const cacheMs = 72 * 3600_000;
/** A page out of sight for so long asks for the PIN again. */
const lockMs = 15 * 60_000;
/** Room that must stay for text: photos are refused below it. */
const spareRoom = 20 * 1024 * 1024;
const shotMost = 20 * 1024 * 1024;
/** Bytes that hold a place in the store: they go when not even text finds room any more. */
const ballast = 1024 * 1024;

const noBook: Book = {
  buildings: new Map(),
  homes: new Map(),
  needs: new Map(),
  tasks: new Map(),
  sheets: new Map(),
  cases: new Map(),
  categories: new Map(),
  as_of: null,
};
const noOutbox: Outbox = {
  waiting: [],
  accepted: [],
  counts: { saved: 0, sent: 0, accepted: 0, needs_you: 0 },
  bytes: 0,
};
const noSync: SyncNow = { state: 'quiet', contact: null, next: 0, notices: [] };
const noContact: Contact = { at: 0, offset: 0, epoch: '', seen: 0 };

/** Who answered POST /session. */
interface SignedIn {
  token: string;
  me: { account: { id: number; login: string; name: string } };
}

/** Everything of the person whose phone is open. */
interface Desk {
  person: KnownPerson;
  db: PersonDB;
  key: CryptoKey;
  outbox: OutboxStore;
  shelves: Shelves;
  engine: Engine;
  drafts: Drafts;
  shots: Shots;
  close: () => void;
}

/** The phone in this browser. */
export const startPhone = (): Phone => new RealPhone(browserHost());

export class RealPhone implements Phone {
  readonly #host: Host;
  readonly #people: People;
  readonly #line: Line;
  readonly #listeners = new Set<() => void>();
  #gate: Gate = { at: 'starting' };
  #book = noBook;
  #outbox = noOutbox;
  #sync = noSync;
  #contact = noContact;
  #desk: Desk | undefined;
  /** Signed in, not yet open. */
  #entering: { signed: SignedIn; person: KnownPerson } | undefined;
  #hiddenAt = 0;
  #unlisten: () => void;

  constructor(host: Host) {
    this.#host = host;
    this.#people = new People(host);
    this.#line = new Line(host);
    this.#unlisten = host.listen((what) => this.#moment(what));
    void this.#start();
  }

  // What pages read.

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }
  gate = () => this.#gate;
  book = () => this.#book;
  outbox = () => this.#outbox;
  syncing = () => this.#sync;

  #changed(): void {
    for (const f of this.#listeners) f();
  }
  #at(gate: Gate): void {
    this.#gate = gate;
    this.#changed();
  }
  #say(now: Partial<SyncNow>): void {
    const keys = Object.keys(now) as (keyof SyncNow)[];
    if (keys.every((k) => Object.is(this.#sync[k], now[k]))) return;
    this.#sync = { ...this.#sync, ...now };
    this.#changed();
  }

  // Who is there.

  async #start(): Promise<void> {
    if (!globalThis.crypto?.subtle) return this.#at({ at: 'unsupported', lacks: ['crypto'] });
    try {
      await this.#people.open();
    } catch {
      return this.#at({ at: 'unsupported', lacks: ['storage'] });
    }
    const known = await this.#people.all();
    const last = known[0];
    if (!last) return this.#at({ at: 'sign_in', people: [] });
    const key = this.#people.keptKey(last);
    if (key) {
      await this.#enter(last, key);
      return;
    }
    await this.#people.forgetKey(last);
    await this.#askPIN(last);
  }

  async #askPIN(k: KnownPerson): Promise<void> {
    const db = new PersonDB(k.account, this.#host);
    const lock = await db.get('lock');
    db.close();
    const person = await this.#people.person(k);
    if (!lock) {
      // The PIN was never chosen, or the storage was emptied: only with the network.
      return this.#at({
        at: 'sign_in',
        people: (await this.#people.persons()).filter((p) => p.account !== k.account),
      });
    }
    const people = await this.#people.persons();
    this.#at({ at: 'locked', person, people, tries: triesLeft(lock), until: lock.until });
  }

  async signIn(login: string, password: string): Promise<Opened> {
    let signed: SignedIn;
    try {
      const line = new Line(this.#host);
      const res = await line.call<SignedIn>(
        'POST',
        '/api/v1/session',
        { login, password },
        200,
        (a) => typeof a.token === 'string' && typeof a.me?.account?.id === 'number',
      );
      signed = res.body;
    } catch (e) {
      if (!(e instanceof LineError)) throw e;
      return e.problem
        ? e.problem.status === 401
          ? 'wrong'
          : e.trouble === 'busy'
            ? 'wait'
            : 'refused'
        : 'offline';
    }
    const { id, name } = signed.me.account;
    const desk = this.#desk;
    if (desk?.person.account === id) {
      // The session had ended while the phone was open: go on.
      await this.#keepToken(desk, signed.token);
      this.#say({ state: 'working' });
      desk.engine.wake();
      return 'open';
    }
    if (desk) await this.#leave(true);
    const known = await this.#people.get(id);
    const traced = this.#host.trace.read(id);
    const person: KnownPerson = {
      ...known,
      account: id,
      name,
      login,
      device: known?.device ?? traced?.device ?? uuidv7(this.#host.now()),
      used: this.#host.now(),
    };
    await this.#people.put(person);
    this.#entering = { signed, person };
    const db = new PersonDB(id, this.#host);
    const lock = await db.get('lock');
    db.close();
    if (lock) {
      await this.#askPIN(person);
      return 'locked';
    }
    this.#at({ at: 'choose_pin', person: await this.#people.person(person) });
    return 'choose_pin';
  }

  async choosePIN(pin: string): Promise<Opened> {
    const entering = this.#entering;
    if (!entering) return 'refused';
    const { person, signed } = entering;
    this.#line.token = signed.token;
    try {
      const hello = await greet(this.#line, person.device, this.#host.label);
      const raw = newDataKey();
      const db = new PersonDB(person.account, this.#host);
      const lock = await newLock(raw, pin, fromBase64(hello.server_key), this.#host.rounds);
      const traced = this.#host.trace.read(person.account);
      const had = Math.max(hello.seq, traced?.seq ?? 0);
      // Numbers that the phone gave and neither it nor the server has any more.
      const lost = [...hello.missing];
      for (let n = hello.seq + 1; n <= had; n++) lost.push(n);
      const offset = Date.parse(hello.now) - this.#host.now();
      const at = this.#host.now() + offset;
      await db.transaction('rw', db.meta, async () => {
        await db.set('lock', lock);
        await db.set('contact', { at, offset, epoch: hello.epoch, seen: at });
        // The phone had worked for this person before: its storage was emptied, numbers go on.
        await db.set('seq', had);
        if (lost.length) await db.set('notices', [{ code: 'evicted', lost: lost.length }]);
      });
      db.close();
      for (let i = 0; i < lost.length; i += 100)
        await greet(this.#line, person.device, this.#host.label, lost.slice(i, i + 100));
      return await this.#enter(person, await boxKey(raw));
    } catch (e) {
      if (!(e instanceof LineError)) throw e;
      return e.problem ? 'refused' : 'offline';
    }
  }

  choosePerson(account: number): void {
    void this.#people.get(account).then((k) => k && this.#askPIN(k));
  }

  async open(pin: string): Promise<Opened> {
    const gate = this.#gate;
    if (gate.at === 'open') return 'open';
    if (gate.at !== 'locked') return 'refused';
    const person = await this.#people.get(gate.person.account);
    if (!person) return 'refused';
    const db = new PersonDB(person.account, this.#host);
    try {
      const raw = await unlock(db, pin, this.#host.now());
      if (!raw) return 'refused';
      if (raw === 'wrong') await this.#askPIN(person);
      if (typeof raw === 'string') return raw;
      return await this.#enter(person, await boxKey(raw));
    } finally {
      db.close();
    }
  }

  async #enter(known: KnownPerson, key: CryptoKey): Promise<Opened> {
    const host = this.#host;
    const person = { ...known, used: host.now() };
    const db = new PersonDB(person.account, host);
    this.#contact = (await db.get('contact')) ?? noContact;
    const clock: Clock = { now: () => host.now(), offset: () => this.#contact.offset };
    const outbox = new OutboxStore(db, key, clock, (seq) =>
      host.trace.write(person.account, person.device, seq),
    );
    const shelves = new Shelves(db, key);
    const engine = new Engine({
      db,
      key,
      outbox,
      shelves,
      line: this.#line,
      host,
      account: person.account,
      device: person.device,
      contact: () => this.#contact,
      contacted: (epoch, offset) => this.#contacted(epoch, offset),
      notice: (n) => this.#notice(n),
      changed: (now) => this.#say(now),
      lockedOut: () => this.#lockedOut(),
    });
    const desk: Desk = {
      person,
      db,
      key,
      outbox,
      shelves,
      engine,
      drafts: new Drafts(db, key),
      shots: new Shots(db, key, clock),
      close: () => undefined,
    };
    await this.#endOldCache(db);
    const signed = this.#entering?.person.account === person.account ? this.#entering.signed : undefined;
    const [kept, notices] = await Promise.all([db.get('token'), db.get('notices'), desk.drafts.load()]);
    this.#desk = desk;
    this.#entering = undefined;
    if (signed) await this.#keepToken(desk, signed.token);
    else this.#line.token = kept ? await unboxJSON<string>(key, 'token', kept as Bytes) : '';
    this.#sync = { ...noSync, notices: notices ?? [], contact: this.#contactTime() };
    await this.#follow(desk);
    this.#at({ at: 'open', person: await this.#people.person(person, db) });
    const beat = setInterval(() => {
      if (host.visible()) void this.#people.keepKey(person, key);
    }, 60_000);
    const stop = desk.close;
    desk.close = () => {
      clearInterval(beat);
      stop();
    };
    await this.#settleIn(desk).catch((e) => {
      if (this.#desk === desk) throw e; // left meanwhile, the store is closed
    });
    engine.wake();
    return 'open';
  }

  /** What is written when a phone is opened; each waits for the disk, the page does not. */
  async #settleIn(desk: Desk): Promise<void> {
    const { db, outbox, person, key } = desk;
    if (this.#contact.at) await db.set('contact', this.#contact);
    // What an earlier page left behind within its 10 s.
    await outbox.release(false);
    if (this.#desk === desk) await this.#people.keepKey(person, key);
    if (!(await db.blobs.get('')))
      await db.blobs.put({ id: '', box: new Uint8Array(ballast) }).catch((e) => {
        if (!isQuota(e)) throw e; // the next start tries again
      });
  }

  async #keepToken(desk: Desk, token: string): Promise<void> {
    this.#line.token = token;
    await desk.db.set('token', await boxJSON(desk.key, 'token', token));
  }

  /** Rows and outbox as they are in the store, whichever tab changes them. */
  async #follow(desk: Desk): Promise<void> {
    const { db, shelves, outbox } = desk;
    const rows = watch(
      () => db.shelves.toArray(),
      async (stored) => {
        const there = await shelves.follow(stored);
        if (this.#desk !== desk || (!there && this.#book !== noBook)) return;
        this.#book = shelves.book(stored.length ? this.#contactTime() : null);
        this.#changed();
      },
    );
    const since = this.#host.now() + this.#contact.offset - 24 * 3600_000;
    const records = watch(
      () =>
        Promise.all([
          db.outbox.where('open').equals(1).toArray(),
          db.outbox.where('settled_at').above(since).toArray(),
          db.files.toArray(),
        ]),
      async ([open, settled, files]) => {
        const all = new Map([...settled, ...open].map((c) => [c.id, c]));
        const seen = await outbox.view([...all.values()], files);
        if (this.#desk !== desk) return;
        this.#outbox = seen;
        this.#changed();
      },
    );
    desk.close = () => {
      rows.stop();
      records.stop();
    };
    await Promise.all([rows.first, records.first]);
  }

  #contactTime(): string | null {
    return this.#contact.at ? new Date(this.#contact.at).toISOString() : null;
  }

  async #contacted(epoch: string, offset: number): Promise<void> {
    const desk = this.#desk;
    if (!desk) return;
    const at = this.#host.now() + offset;
    this.#contact = { at, offset, epoch, seen: at };
    await desk.db.set('contact', this.#contact);
    this.#say({ contact: this.#contactTime() });
    if (this.#book.as_of) this.#book = { ...this.#book, as_of: this.#contactTime() };
    if (Math.abs(offset) > 120_000) await this.#notice({ code: 'clock', offset_ms: offset });
    else this.dismiss('clock');
  }

  /** Cached rows end 72 h after the last contact; a clock set back does not prolong them. */
  async #endOldCache(db: PersonDB): Promise<void> {
    if (!this.#contact.at) return;
    const seen = Math.max(this.#contact.seen, this.#host.now() + this.#contact.offset);
    this.#contact = { ...this.#contact, seen };
    if (seen - this.#contact.at <= cacheMs || !(await db.get('places'))) return;
    await db.endCache();
    await db.set('notices', [{ code: 'cache_ended' }, ...((await db.get('notices')) ?? [])]);
  }

  async #notice(n: Notice): Promise<void> {
    const desk = this.#desk;
    if (!desk) return;
    const notices = [n, ...this.#sync.notices.filter((x) => x.code !== n.code)];
    this.#say({ notices });
    await desk.db.set('notices', notices);
  }

  dismiss(code: Notice['code']): void {
    if (!this.#sync.notices.some((n) => n.code === code)) return;
    const notices = this.#sync.notices.filter((n) => n.code !== code);
    this.#say({ notices });
    void this.#desk?.db.set('notices', notices);
  }

  async lock(): Promise<void> {
    const person = this.#desk?.person;
    await this.#leave(true);
    if (person) await this.#askPIN(person);
  }

  /** Closes the open person's desk; `queue`: what could still be taken back gets its number. */
  async #leave(queue: boolean): Promise<void> {
    const desk = this.#desk;
    if (!desk) return;
    await desk.drafts.flush();
    if (queue) await desk.outbox.release(true);
    this.#desk = undefined;
    desk.close();
    await desk.engine.stop();
    await this.#people.forgetKey(desk.person);
    desk.db.close();
    this.#line.token = '';
    this.#book = noBook;
    this.#outbox = noOutbox;
    this.#sync = noSync;
    this.#contact = noContact;
  }

  async handOver(): Promise<void> {
    const { token } = this.#line;
    await this.#leave(true);
    if (token) {
      const line = new Line(this.#host);
      line.token = token;
      // Without the network the session ends by itself; its token went with the desk.
      await line.raw('/api/v1/session', { method: 'DELETE' }).catch(() => undefined);
    }
    this.#at({ at: 'sign_in', people: await this.#people.persons() });
  }

  /** The server has locked this phone out: the rows go, what waits stays sealed. */
  async #lockedOut(): Promise<void> {
    const desk = this.#desk;
    if (!desk) return;
    await desk.db.endCache();
    await desk.db.meta.delete('token');
    await this.#people.forgetKey(desk.person);
    this.#line.token = '';
  }

  async forgotPIN(login: string, password: string): Promise<Opened> {
    const opened = await this.signIn(login, password);
    if (opened !== 'locked' || !this.#entering) return opened;
    const { person, signed } = this.#entering;
    const db = new PersonDB(person.account, this.#host);
    const line = this.#line;
    line.token = signed.token;
    try {
      const file = await exportOf(db, person);
      const recover = () =>
        line.call<{ results: unknown[] }>('POST', '/api/v1/sync/recover', { file }, 200, (a) =>
          Array.isArray(a.results),
        );
      if (file.commands.length + file.photos.length)
        await recover().catch(async (e) => {
          // Who may not recover gives the export to the supervisor; then its numbers are there.
          if (!(e instanceof LineError) || !e.problem || !(await arrived(line, db, person, this.#host.label)))
            throw e;
        });
    } catch (e) {
      if (!(e instanceof LineError)) throw e;
      return e.problem ? 'refused' : 'offline';
    } finally {
      db.close();
    }
    // All of it is on the server: begin anew, numbers go on from there.
    await db.delete();
    this.#at({ at: 'choose_pin', person: await this.#people.person(person) });
    return 'choose_pin';
  }

  // What is recorded.

  newId = () => uuidv7(this.#host.now() + this.#contact.offset);

  #open(): Desk {
    if (!this.#desk) throw new Error('the phone is locked');
    return this.#desk;
  }

  async keepShot({ id, blob }: Shot): Promise<void> {
    const { shots } = this.#open();
    if ((await this.#host.room()) < spareRoom) return this.#refuseShot();
    let small: Blob;
    try {
      small = await this.#host.shrink(blob);
    } catch {
      throw new ShotRefused('unreadable');
    }
    if (small.size > shotMost) throw new ShotRefused('too_large');
    try {
      await shots.keep(id, small);
    } catch (e) {
      if (!isQuota(e)) throw e;
      await this.#refuseShot();
    }
  }

  async #refuseShot(): Promise<never> {
    await this.#full();
    throw new ShotRefused('full');
  }

  async #full(): Promise<void> {
    await this.#open().outbox.sweep(true);
    await this.#notice({ code: 'full' });
  }

  async shot(id: string): Promise<Blob | undefined> {
    return this.#open().shots.get(id);
  }
  async dropShot(id: string): Promise<void> {
    await this.#open().shots.drop(id);
  }

  async record(...[kind, about, body, more = {}]: Parameters<Phone['record']>): Promise<string> {
    const desk = this.#open();
    const write = () => desk.outbox.record(kind, about, body, more.shots, more.draft);
    let id: string;
    try {
      id = await write();
    } catch (e) {
      if (!isQuota(e)) throw e;
      // Text is never refused: the ballast and photos that the server has go, then rows that it
      // can send again.
      await desk.db.blobs.delete('');
      await this.#full();
      id = await write().catch(async (still) => {
        if (!isQuota(still)) throw still;
        await desk.db.endCache();
        return write();
      });
    }
    if (more.draft) desk.drafts.ended(more.draft);
    setTimeout(() => void this.#release(desk, false), undoMs + 50);
    return id;
  }

  async #release(desk: Desk, all: boolean): Promise<void> {
    if (this.#desk === desk && (await desk.outbox.release(all))) desk.engine.wake(all ? 0 : 200);
  }

  undo = (id: string) => this.#open().outbox.undo(id);
  discard = (id: string) => this.#open().outbox.discard(id);

  async edit(id: string, body: Record<string, unknown>, shots?: string[]): Promise<boolean> {
    const desk = this.#open();
    const done = await desk.outbox.edit(id, body, shots);
    if (done) setTimeout(() => void this.#release(desk, false), undoMs + 50);
    return done;
  }

  async retry(id: string): Promise<boolean> {
    const desk = this.#open();
    const done = await desk.outbox.retry(id);
    if (done) desk.engine.wake();
    return done;
  }

  resend(): void {
    const desk = this.#open();
    void desk.outbox.release(true).then(() => desk.engine.fresh());
  }

  async exportFile(): Promise<{ name: string; blob: Blob }> {
    const gate = this.#gate;
    const account = this.#desk?.person.account ?? (gate.at === 'locked' ? gate.person.account : 0);
    const person = await this.#people.get(account);
    if (!person) throw new Error('nobody whose records to export');
    const db = this.#desk?.db ?? new PersonDB(account, this.#host);
    const file = await exportOf(db, person);
    if (db !== this.#desk?.db) db.close();
    const day = new Date(this.#host.now()).toISOString().slice(0, 10);
    const blob = new Blob([JSON.stringify(file)], { type: 'application/json' });
    return { name: `linli-${person.login}-${day}.json`, blob };
  }

  // Drafts.

  draft = (key: string) => this.#desk?.drafts.get(key);
  drafts = () => this.#desk?.drafts.keys() ?? [];

  setDraft(key: string, value: unknown): void {
    this.#open().drafts.set(key, value);
    this.#changed();
  }

  #moment(what: Moment): void {
    const desk = this.#desk;
    if (!desk) return;
    if (what === 'hidden' || what === 'leaving') {
      this.#hiddenAt ||= this.#host.now();
      void desk.drafts.flush();
      void desk.outbox.release(true);
      desk.engine.rest();
    } else if (what === 'offline') this.#say({ state: 'offline', next: 0 });
    else {
      const away = this.#hiddenAt ? this.#host.now() - this.#hiddenAt : 0;
      if (what === 'visible') this.#hiddenAt = 0;
      if (away > lockMs) void this.lock();
      // Many phones come back to a network together, in a lift or after an outage.
      else desk.engine.wake(what === 'online' ? afterOnline(this.#host.random()) : 0);
    }
  }

  async call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    this.#open();
    try {
      const res = await this.#line.raw(`/api/v1${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
      });
      if (!res.ok) throw await problemOf(res);
      return (await res.json()) as T;
    } catch (e) {
      throw e instanceof Problem ? e : new Problem(0, 'offline', e instanceof Error ? e.message : String(e));
    }
  }

  /** One pass of the sync now; for tests, and for a page that waits for it. */
  async settle(): Promise<void> {
    const desk = this.#open();
    await desk.outbox.release(true);
    await desk.engine.fresh();
  }

  /** Ends everything at once, as when the page is closed; nothing is written any more. */
  async close(): Promise<void> {
    this.#unlisten();
    const desk = this.#desk;
    this.#desk = undefined;
    desk?.drafts.close();
    desk?.close();
    desk?.db.close();
    this.#people.close();
    await desk?.engine.stop();
  }
}

const isQuota = (e: unknown): boolean => {
  const { name, inner } = e as { name?: string; inner?: unknown };
  return name === 'QuotaExceededError' || (inner !== undefined && inner !== e && isQuota(inner));
};
