/** For tests: a phone without a browser, and a line that can be broken. */
import Dexie from 'dexie';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import type { Host, Moment } from '../store/host.ts';
import { RealPhone } from '../store/phone.ts';

// Dexie's queries follow changes only where it sees a browser's storage.
Dexie.dependencies.indexedDB = new IDBFactory();

export interface Handset {
  host: Host;
  phone: RealPhone;
  /** Added to the phone's clock, ms. */
  skew: number;
  seen: boolean;
  linked: boolean;
  moment(what: Moment): void;
  /** The page ends, as if killed; the next phone finds what was durable. */
  restart(): Promise<void>;
  /** Another page on the same storage. */
  tab(): RealPhone;
  /** The browser throws the storage away; cookies stay. */
  evict(): void;
  trace: Map<number, { device: string; seq: number }>;
  end(): Promise<void>;
}

export function handset(base: string, call: typeof fetch, more: Partial<Host> = {}): Handset {
  const listeners = new Set<(what: Moment) => void>();
  const trace = new Map<number, { device: string; seq: number }>();
  const tabs: RealPhone[] = [];
  const h = {
    skew: 0,
    seen: true,
    linked: true,
    trace,
    moment(what: Moment) {
      for (const f of listeners) f(what);
    },
    async restart() {
      await h.end();
      listeners.clear();
      h.phone = h.tab();
    },
    tab() {
      const p = new RealPhone(host);
      tabs.push(p);
      return p;
    },
    evict() {
      host.indexedDB = new IDBFactory();
    },
    async end() {
      await Promise.all(tabs.splice(0).map((p) => p.close()));
    },
  } as Handset;
  const host: Host = {
    indexedDB: new IDBFactory(),
    IDBKeyRange,
    base,
    fetch: call,
    now: () => Date.now() + h.skew,
    random: () => 0,
    locks: locksInMemory(),
    visible: () => h.seen,
    online: () => h.linked,
    listen(f) {
      listeners.add(f);
      return () => listeners.delete(f);
    },
    trace: {
      read: (account) => trace.get(account),
      write: (account, device, seq) => void trace.set(account, { device, seq }),
    },
    shrink: async (b) => b,
    room: async () => 1e9,
    lang: () => 'zh',
    label: 'test',
    patience: 30_000,
    rounds: 1,
    grace: 0,
    ...more,
  };
  h.host = host;
  h.phone = h.tab();
  return h;
}

/** Web Locks among the tabs of one handset, as far as the sync uses them. */
function locksInMemory(): Host['locks'] {
  const held = new Set<string>();
  return {
    async request(name: string, _how: unknown, f: (lock: unknown) => unknown) {
      if (held.has(name)) return f(null);
      held.add(name);
      try {
        return await f({ name });
      } finally {
        held.delete(name);
      }
    },
  } as unknown as Host['locks'];
}

/** Resolves when the phone's values fulfil the condition. */
export function when(phone: RealPhone, ok: () => boolean): Promise<void> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      stop();
      fail(
        new Error(
          `it did not come about: ${JSON.stringify([phone.gate(), phone.syncing(), phone.outbox().counts])}`,
        ),
      );
    }, 15_000);
    const look = () => {
      if (!ok()) return;
      clearTimeout(timer);
      stop();
      done();
    };
    const stop = phone.subscribe(look);
    look();
  });
}
