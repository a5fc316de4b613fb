/** A phone in memory, for the tests of pages: same contract, no storage, no network, no PIN. */
import { Problem } from '@/shared/api.ts';
import { uuidv7 } from '@/shared/uuid.ts';
import type {
  Book,
  Gate,
  Item,
  Outbox,
  Phone,
  Reason,
  RecordState,
  Rows,
  RowType,
  SyncNow,
} from './contract.ts';

export type RowLists = { [K in RowType]?: Rows[K][] };

export interface FakePhone extends Phone {
  /** What the server is made to say of a record. */
  answer(id: string, state: RecordState, reason?: Reason): void;
  /** Puts rows there as if they had come from the server. */
  rows(rows: RowLists): void;
  show(now: { gate?: Gate; sync?: Partial<SyncNow> }): void;
}

const me = { account: 1, name: '王网格', login: 'gridworker', waiting: 0 };
const mapOf = <K, T extends { id: K }>(list: T[] = []) => new Map(list.map((x) => [x.id, x]));

export function bookOf(rows: RowLists, as_of: string | null = new Date().toISOString()): Book {
  return {
    buildings: mapOf(rows.building),
    homes: mapOf(rows.home),
    needs: mapOf(rows.need),
    tasks: mapOf(rows.task),
    sheets: mapOf(rows.sheet),
    cases: mapOf(rows.case),
    categories: mapOf(rows.category),
    as_of,
  };
}

export function outboxOf(items: Item[]): Outbox {
  const counts = { saved: 0, sent: 0, accepted: 0, needs_you: 0 };
  for (const i of items) counts[i.state] += 1;
  const waiting = items.filter((i) => i.state !== 'accepted');
  return {
    waiting,
    accepted: items.filter((i) => i.state === 'accepted').reverse(),
    counts,
    bytes: waiting.flatMap((i) => i.photos).reduce((n, p) => n + p.size, 0),
  };
}

export function fakePhone(rows: RowLists = {}, gate: Gate = { at: 'open', person: me }): FakePhone {
  const listeners = new Set<() => void>();
  const shots = new Map<string, Blob>();
  const drafts = new Map<string, unknown>();
  let items: Item[] = [];
  let book = bookOf(rows);
  let out = outboxOf(items);
  let now: SyncNow = { state: 'quiet', contact: book.as_of, next: 0, notices: [] };

  const changed = () => {
    out = outboxOf(items);
    for (const f of listeners) f();
  };
  const change = (id: string, f: (i: Item) => Item) => {
    const had = items.some((i) => i.id === id);
    items = items.map((i) => (i.id === id ? f(i) : i));
    changed();
    return had;
  };
  const photosOf = (ids: string[] = []) =>
    ids.map((id) => {
      const b = shots.get(id);
      return { id, type: b?.type ?? 'image/jpeg', sent: 0, size: b?.size ?? 0, done: false };
    });
  const opened = async () => {
    gate = { at: 'open', person: me };
    changed();
    return 'open' as const;
  };

  return {
    subscribe(f) {
      listeners.add(f);
      return () => listeners.delete(f);
    },
    gate: () => gate,
    book: () => book,
    outbox: () => out,
    syncing: () => now,
    signIn: opened,
    choosePIN: opened,
    open: opened,
    forgotPIN: opened,
    async lock() {
      gate = { at: 'locked', person: me, people: [me], tries: 5, until: 0 };
      changed();
    },
    async handOver() {
      gate = { at: 'sign_in', people: [me] };
      changed();
    },
    choosePerson() {
      gate = { at: 'locked', person: me, people: [me], tries: 5, until: 0 };
      changed();
    },
    newId: () => uuidv7(),
    async keepShot(s) {
      shots.set(s.id, s.blob);
    },
    shot: async (id) => shots.get(id),
    async dropShot(id) {
      shots.delete(id);
    },
    async record(kind, about, body, more = {}) {
      const id = uuidv7();
      if (more.draft) drafts.delete(more.draft);
      items = [
        ...items,
        {
          id,
          kind,
          about,
          body,
          state: 'saved',
          at: new Date().toISOString(),
          undo_until: Date.now() + 10_000,
          editable: true,
          photos: photosOf(more.shots),
        },
      ];
      changed();
      return id;
    },
    async undo(id) {
      const it = items.find((i) => i.id === id);
      if (!it || it.undo_until < Date.now()) return false;
      items = items.filter((i) => i.id !== id);
      changed();
      return true;
    },
    edit: async (id, body, ids) =>
      change(id, (i) => ({
        ...i,
        body,
        state: 'saved',
        reason: undefined,
        photos: ids ? photosOf(ids) : i.photos,
      })),
    retry: async (id) => change(id, (i) => ({ ...i, state: 'saved', reason: undefined })),
    async discard(id) {
      items = items.filter((i) => i.id !== id);
      changed();
      return true;
    },
    resend() {
      now = { ...now, state: 'working' };
      changed();
    },
    exportFile: async () => ({ name: 'linli.json', blob: new Blob(['{}']) }),
    draft: (key) => drafts.get(key),
    drafts: () => [...drafts.keys()],
    setDraft(key, value) {
      if (value === undefined) drafts.delete(key);
      else drafts.set(key, value);
      changed();
    },
    dismiss(code) {
      now = { ...now, notices: now.notices.filter((n) => n.code !== code) };
      changed();
    },
    async call() {
      throw new Problem(0, 'offline', 'offline');
    },
    answer(id, state, reason) {
      change(id, (i) => ({ ...i, state, reason, undo_until: 0, editable: state === 'needs_you' }));
    },
    rows(more) {
      book = bookOf(more);
      changed();
    },
    show(more) {
      gate = more.gate ?? gate;
      now = { ...now, ...more.sync };
      changed();
    },
  };
}
