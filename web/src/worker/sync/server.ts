/** For tests: the server's side of the phone's contract, in memory, and what it can be made to do wrong. */
import { createECDH } from 'node:crypto';
import { sha256 } from '../crypto/box.ts';

interface Taken {
  id: string;
  seq: number;
  kind: string;
  body: Record<string, unknown>;
  result: Record<string, unknown>;
}

const json = (status: number, body: unknown, more: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': status < 400 ? 'application/json' : 'application/problem+json',
      date: new Date().toUTCString(),
      ...more,
    },
  });
export const problem = (status: number, code: string, more: Record<string, string> = {}) =>
  json(status, { code, title: code, detail: code }, more);

/** A fault of the line: before: nothing arrives; after: the answer is lost; else an answer of somebody. */
export type Fault = 'before' | 'after' | (() => Response | Promise<Response>) | undefined;

export class TestServer {
  epoch = 'e1';
  commands = new Map<string, Taken>();
  files = new Map<string, { want: number; sum: string; bytes: Uint8Array }>();
  lost: number[] = [];
  log: string[] = [];
  rows: unknown[] = [];
  /** Asked for each request. */
  fault: (method: string, path: string) => Fault = () => undefined;
  /** What to say of a command. */
  judge: (c: Taken) => Record<string, unknown> = () => ({ state: 'applied', object_id: 1 });
  #key = createECDH('prime256v1');

  constructor() {
    this.#key.generateKeys();
  }

  fetch = (async (input: string, init: RequestInit = {}) => {
    const path = new URL(input, 'http://linli').pathname;
    const method = init.method ?? 'GET';
    this.log.push(`${method} ${path}`);
    const fault = this.fault(method, path);
    if (typeof fault === 'function') return fault();
    if (fault === 'before') throw new TypeError('network');
    const res = await this.#answer(method, path, init);
    if (fault === 'after') throw new TypeError('network');
    return res;
  }) as typeof fetch;

  async #answer(method: string, path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (path === '/api/v1/session' && method === 'POST') {
      const { login } = JSON.parse(String(init.body)) as { login: string };
      return json(200, { token: login, me: { account: { id: login.length, login, name: login } } });
    }
    if (!headers.get('authorization')) return problem(401, 'unauthorized');
    if (path === '/api/v1/session' && method === 'GET') return json(200, { posts: [{ grid_id: 5 }] });
    if (path === '/api/v1/session') return new Response(null, { status: 204 });
    if (path === '/api/v1/sync/devices') {
      this.lost.push(...((JSON.parse(String(init.body)) as { lost?: number[] }).lost ?? []));
      return json(200, {
        epoch: this.epoch,
        server_key: this.#key.getPublicKey('base64'),
        spread_s: 0,
        now: new Date().toISOString(),
        ...this.#numbers(),
      });
    }
    if (path === '/api/v1/sync/commands') {
      const b = JSON.parse(String(init.body)) as { batch: string; commands: Taken[] };
      const results = b.commands.map((c) => {
        const have = this.commands.get(c.id);
        if (have && have.result.state !== 'rejected')
          return { id: c.id, seq: c.seq, state: 'duplicate', first: have.result };
        const result = this.judge(c);
        this.commands.set(c.id, { ...c, result });
        return { id: c.id, seq: c.seq, ...result };
      });
      const { seq, missing } = this.#numbers();
      return json(201, { batch: b.batch, epoch: this.epoch, results, next_seq: seq + 1, missing });
    }
    if (path === '/api/v1/sync/snapshot')
      return new Response(
        [{ epoch: this.epoch, cursor: 'c1' }, ...this.rows].map((x) => JSON.stringify(x)).join('\n'),
        { headers: { etag: '"1"', 'content-type': 'application/x-ndjson' } },
      );
    if (path === '/api/v1/sync/changes')
      return json(200, { epoch: this.epoch, cursor: 'c1', more: false, changes: [] });
    if (path.startsWith('/api/v1/files/')) return this.#tus(method, path, headers, init);
    return problem(404, 'not_found');
  }

  #numbers(): { seq: number; missing: number[] } {
    const have = new Set([...[...this.commands.values()].map((c) => c.seq), ...this.lost]);
    const seq = Math.max(0, ...have);
    const missing: number[] = [];
    for (let n = 1; n < seq; n++) if (!have.has(n)) missing.push(n);
    return { seq, missing };
  }

  async #tus(method: string, path: string, headers: Headers, init: RequestInit): Promise<Response> {
    const ids = [...this.files.keys()];
    if (method === 'POST') {
      const meta = Object.fromEntries(
        (headers.get('upload-metadata') ?? '').split(',').map((m) => {
          const [k = '', v = ''] = m.split(' ');
          return [k, atob(v)];
        }),
      );
      const key = meta.key ?? '';
      if (!this.files.has(key))
        this.files.set(key, {
          want: Number(headers.get('upload-length')),
          sum: meta.sha256 ?? '',
          bytes: new Uint8Array(0),
        });
      const at = [...this.files.keys()].indexOf(key) + 1;
      return new Response(null, { status: 201, headers: { location: `/api/v1/files/${at}` } });
    }
    const f = this.files.get(ids[Number(path.split('/').pop()) - 1] ?? '');
    if (!f) return problem(404, 'not_found');
    if (method === 'PATCH') {
      if (Number(headers.get('upload-offset')) !== f.bytes.length) return problem(409, 'conflict');
      const piece = new Uint8Array(await (init.body as Blob).arrayBuffer());
      const whole = new Uint8Array(f.bytes.length + piece.length);
      whole.set(f.bytes);
      whole.set(piece, f.bytes.length);
      f.bytes = whole;
    }
    return new Response(null, {
      status: method === 'PATCH' ? 204 : 200,
      headers: { 'upload-offset': String(f.bytes.length) },
    });
  }

  /** What must hold in the end: each id once, whole and right files. */
  async sums(): Promise<Map<string, string>> {
    const out = new Map<string, string>();
    for (const [k, f] of this.files) out.set(k, await sha256(f.bytes as Uint8Array<ArrayBuffer>));
    return out;
  }
}
