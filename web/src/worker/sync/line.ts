/**
 * The line to the server. What is not unmistakably Linli's answer counts as
 * none: a captive portal answers everything, with any status.
 */
import { type Problem, problemOf } from '@/shared/api.ts';
import type { Host } from '../store/host.ts';

/** The version of the phone's contract that this app speaks (docs/sync.md). */
export const contractVersion = 1;

export type Trouble =
  | 'offline' // the phone has no network
  | 'unreachable' // no answer, or none in time
  | 'stalled' // the answer did not come in time: smaller pieces may
  | 'portal' // somebody else answered
  | 'busy' // 429, 503: the server asks to wait
  | 'server' // 500, 502, 504: the server's fault
  | 'signed_out'
  | 'locked_out'
  | 'outdated'
  | 'too_large'
  | 'gone' // what was asked for does not exist any more: a place, a file
  | 'refused'; // the server says no to the request as it is

export class LineError extends Error {
  readonly trouble: Trouble;
  /** What the server said, if it was the server. */
  readonly problem?: Problem;
  /** Seconds to wait, if it said so. */
  readonly after: number;
  constructor(trouble: Trouble, problem?: Problem, after = 0) {
    super(problem?.message ?? trouble);
    this.name = 'LineError';
    this.trouble = trouble;
    this.problem = problem;
    this.after = after;
  }
}

const lockedOut = new Set(['device_locked', 'account_disabled']);

export async function troubleOf(res: Response): Promise<LineError> {
  const mine = (res.headers.get('content-type') ?? '').includes('problem+json');
  const after = Number(res.headers.get('retry-after')) || 0;
  if (!mine) {
    // A reverse proxy in front of a stopped server speaks for it; nobody else does.
    if (res.status === 502 || res.status === 503 || res.status === 504)
      return new LineError('busy', undefined, after);
    return new LineError('portal');
  }
  const p = await problemOf(res);
  const trouble: Trouble = lockedOut.has(p.code)
    ? 'locked_out'
    : p.code === 'app_outdated' || res.status === 426
      ? 'outdated'
      : res.status === 401
        ? 'signed_out'
        : res.status === 404 || res.status === 410
          ? 'gone'
          : res.status === 413
            ? 'too_large'
            : res.status === 429 || res.status === 503
              ? 'busy'
              : res.status >= 500
                ? 'server'
                : 'refused';
  return new LineError(trouble, p, after);
}

export interface Answer<T> {
  body: T;
  headers: Headers;
  /** ms by which the phone's clock is behind the server's, exact to half a second; undefined: not told. */
  offset?: number;
}

export class Line {
  readonly #host: Host;
  token = '';

  constructor(host: Host) {
    this.#host = host;
  }

  /** ms for one request: twice as long if it carries 120 KB, which take 30 s at 32 kbit/s. */
  patience(bytes: number): number {
    return this.#host.patience * (1 + bytes / 120_000);
  }

  /** One request. Throws LineError; the answer may still have any status and come from anybody. */
  async raw(path: string, init: RequestInit = {}, bytes = 0): Promise<Response> {
    if (!this.#host.online()) throw new LineError('offline');
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), this.patience(bytes));
    try {
      const headers = new Headers(init.headers);
      headers.set('Accept-Language', this.#host.lang() === 'zh' ? 'zh-CN' : 'en');
      headers.set('Linli-App', String(contractVersion));
      if (this.token) headers.set('Authorization', `Bearer ${this.token}`);
      const res = await this.#host.fetch(this.#host.base + path, {
        ...init,
        headers,
        // Whoever else signs in in this browser: the records are their author's.
        credentials: 'omit',
        cache: 'no-store',
        redirect: 'manual',
        signal: stop.signal,
      });
      if (res.type === 'opaqueredirect' || (res.status >= 300 && res.status < 400))
        throw new LineError('portal');
      return res;
    } catch (e) {
      if (e instanceof LineError) throw e;
      throw new LineError(stop.signal.aborted ? 'stalled' : 'unreachable');
    } finally {
      clearTimeout(timer);
    }
  }

  /** A call whose answer has the status and, read as JSON, passes the check; anything else is LineError. */
  async call<T>(
    method: string,
    path: string,
    body: unknown,
    status: number,
    check: (answer: T) => boolean,
  ): Promise<Answer<T>> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const began = this.#host.now();
    const res = await this.raw(
      path,
      { method, body: text, headers: text ? { 'Content-Type': 'application/json' } : {} },
      text?.length ?? 0,
    );
    if (res.status >= 400) throw await troubleOf(res);
    if (res.status !== status) throw new LineError('portal');
    let answer: T;
    try {
      answer = (await within(res.json(), this.patience(0))) as T;
    } catch (e) {
      if (e instanceof LineError) throw e;
      throw new LineError(e instanceof SyntaxError ? 'portal' : 'unreachable');
    }
    if (typeof answer !== 'object' || answer === null || !check(answer)) throw new LineError('portal');
    const date = Date.parse(res.headers.get('date') ?? '');
    const offset = Number.isNaN(date) ? undefined : date + 500 - (began + this.#host.now()) / 2;
    return { body: answer, headers: res.headers, offset };
  }
}

/** The answer's body may stall after its head came. */
export async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, fail) => {
        timer = setTimeout(() => fail(new LineError('stalled')), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
