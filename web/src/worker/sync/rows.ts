/** The server's rows on their way to the phone: the first load, then changes. */
import { type Bytes, box, unbox } from '../crypto/box.ts';
import type { Load } from '../store/db.ts';
import type { Change } from '../store/shelves.ts';
import type { Parts } from './engine.ts';
import { LineError, troubleOf, within } from './line.ts';

interface Changes {
  epoch: string;
  /** "": the grid is out of sight. */
  cursor: string;
  more: boolean;
  /** The place is of another epoch or too long ago: load anew. */
  reset?: boolean;
  changes: Change[];
}
interface Head {
  epoch: string;
  cursor: string;
  counts?: Record<string, number>;
}

/** Bytes of a first load that are kept at once: what a break may cost. */
const keepEvery = 16 * 1024;

/** Tells of the server's epoch and how far the phone's clock is behind. */
type Heard = (epoch: string, offset?: number) => Promise<void>;

/** Reads what has changed in a grid since the phone's place, or everything if it has none. */
export async function follow(p: Parts, grid: number, heard: Heard): Promise<void> {
  for (;;) {
    const cursor = (await p.db.get('places'))?.[grid];
    if (!cursor) {
      await load(p, grid, heard);
      // The file was made a while ago: what changed since comes at once.
      if (!(await p.db.get('places'))?.[grid]) return;
      continue;
    }
    const query = `grid=${grid}&device=${p.device}&cursor=${encodeURIComponent(cursor)}`;
    let answer: Awaited<ReturnType<typeof p.line.call<Changes>>>;
    try {
      answer = await p.line.call<Changes>('GET', `/api/v1/sync/changes?${query}`, undefined, 200, (a) =>
        Array.isArray(a.changes),
      );
    } catch (e) {
      if (!(e instanceof LineError) || (e.trouble !== 'gone' && e.trouble !== 'refused')) throw e;
      // A cursor that this server does not read, or a grid out of sight: what is there is as good as none.
      await p.shelves.keepOnly((await p.db.get('grids'))?.filter((g) => g !== grid) ?? []);
      return load(p, grid, heard);
    }
    const said = answer.body;
    await heard(said.epoch, answer.offset);
    if (said.reset) return load(p, grid, heard);
    await p.shelves.apply(grid, said.changes, said.cursor);
    if (!said.more || !said.cursor) return;
  }
}

/**
 * The first load: one prepared file, gzip of JSON lines. Pieces are kept as they come, so that a
 * break costs little; they are used only when the whole is there.
 */
async function load(p: Parts, grid: number, heard: Heard): Promise<void> {
  const { db, key, line } = p;
  for (;;) {
    let begun = await db.get('load');
    if (begun && begun.grid !== grid) {
      await restart(p);
      begun = undefined;
    }
    const headers: Record<string, string> = begun?.have
      ? { Range: `bytes=${begun.have}-`, 'If-Range': begun.etag }
      : {};
    const res = await line.raw(`/api/v1/sync/snapshot?grid=${grid}&device=${p.device}`, { headers });
    if (res.status === 416) {
      await restart(p);
      continue;
    }
    if (res.status >= 400) {
      const trouble = await troubleOf(res);
      if (trouble.trouble === 'gone') return; // a post without rows for phones
      throw trouble;
    }
    const etag = res.headers.get('etag') ?? '';
    const type = res.headers.get('content-type') ?? '';
    if ((res.status !== 200 && res.status !== 206) || !etag || type.includes('html') || !res.body)
      throw new LineError('portal');
    const size = Number(res.headers.get('content-length')) || 0;
    const from = res.status === 206 ? (begun?.have ?? 0) : 0;
    const range = /bytes (\d+)-\d+\/(\d+)/.exec(res.headers.get('content-range') ?? '');
    if (res.status === 206 && Number(range?.[1]) !== from) throw new LineError('portal');
    if (from === 0) await restart(p);
    const at: Load = { grid, etag, total: Number(range?.[2]) || size, have: from };
    p.changed({ load: { done: at.have, total: at.total } });

    const keep = async (bytes: Uint8Array) => {
      const sealed = await box(key, `piece ${at.have}`, bytes as Bytes);
      await db.transaction('rw', db.pieces, db.meta, async () => {
        await db.pieces.put({ at: at.have, box: sealed });
        at.have += bytes.length;
        await db.set('load', { ...at });
      });
      p.changed({ load: { done: at.have, total: at.total } });
    };
    const reader = res.body.getReader();
    let came: Uint8Array[] = [];
    let n = 0;
    try {
      for (;;) {
        const { done, value } = await within(reader.read(), line.patience(0));
        if (value) {
          came.push(value);
          n += value.length;
        }
        if (n >= keepEvery || (done && n)) {
          await keep(joined(came));
          came = [];
          n = 0;
        }
        if (done) break;
      }
    } catch (e) {
      if (n) await keep(joined(came)); // what came is not asked for again
      await reader.cancel().catch(() => undefined);
      throw e instanceof LineError ? e : new LineError('unreachable');
    }
    if (at.total && at.have < at.total) throw new LineError('unreachable');
    break;
  }
  await use(p, grid, heard);
}

async function restart({ db }: Parts): Promise<void> {
  await db.transaction('rw', db.pieces, db.meta, async () => {
    await db.pieces.clear();
    await db.meta.delete('load');
  });
}

function joined(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const out = new Uint8Array(parts.reduce((n, x) => n + x.length, 0));
  let at = 0;
  for (const x of parts) {
    out.set(x, at);
    at += x.length;
  }
  return out;
}

/** Puts the loaded file on the shelves. */
async function use(p: Parts, grid: number, heard: Heard): Promise<void> {
  const stored = await p.db.pieces.orderBy('at').toArray();
  const parts = await Promise.all(stored.map((x) => unbox(p.key, `piece ${x.at}`, x.box as Bytes)));
  let text: string;
  try {
    const file = new Blob(parts);
    const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const packed = head[0] === 0x1f && head[1] === 0x8b;
    text = packed
      ? await new Response(file.stream().pipeThrough(new DecompressionStream('gzip'))).text()
      : await file.text();
  } catch {
    await restart(p); // pieces of two different files, or a broken one
    throw new LineError('server');
  }
  const lines = text.split('\n').filter(Boolean);
  const head = JSON.parse(lines[0] ?? '{}') as Head;
  if (!head.cursor) {
    await restart(p);
    throw new LineError('server');
  }
  const rows = lines.slice(1).map((l) => JSON.parse(l) as Change);
  await p.shelves.apply(grid, rows, head.cursor, true);
  await heard(head.epoch);
}
