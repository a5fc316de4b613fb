import createClient, { type Middleware } from 'openapi-fetch';
import type { paths } from './schema.ts';

export type * from './schema.ts';
export { channels, datatypes, grades, statuses } from './schema.ts';

export const apiBase = '/api/v1';

/** What the server said no with (application/problem+json), or that it could not be reached (code "offline"). */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly field?: string;
  readonly params: Record<string, unknown>;
  readonly requestId?: string;
  /** Every field that is not right, where there are several. */
  readonly errors: { field: string; detail: string }[];
  constructor(
    status: number,
    code: string,
    message: string,
    more: {
      field?: string;
      params?: Record<string, unknown>;
      requestId?: string;
      errors?: { field: string; detail: string }[];
    } = {},
  ) {
    super(message);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.field = more.field;
    this.params = more.params ?? {};
    this.requestId = more.requestId;
    this.errors = more.errors ?? [];
  }
  get offline(): boolean {
    return this.code === 'offline';
  }
}

/** Reads a failed answer; never throws itself. */
export async function problemOf(res: Response): Promise<Problem> {
  const requestId = res.headers.get('x-request-id') ?? undefined;
  try {
    const p = (await res.json()) as Record<string, unknown>;
    const params = (p.params ?? {}) as Record<string, unknown>;
    return new Problem(
      res.status,
      String(p.code ?? `http_${res.status}`),
      String(p.detail ?? p.title ?? res.statusText),
      {
        field: typeof p.field === 'string' ? p.field : undefined,
        params,
        requestId: typeof p.request_id === 'string' ? p.request_id : requestId,
        errors: Array.isArray(p.errors) ? p.errors : undefined,
      },
    );
  } catch {
    return new Problem(res.status, `http_${res.status}`, res.statusText || `HTTP ${res.status}`, {
      requestId,
    });
  }
}

type Listener = () => void;
const expired = new Set<Listener>();
/** Calls f whenever the server says that nobody is signed in any more. */
export function onExpired(f: Listener): () => void {
  expired.add(f);
  return () => expired.delete(f);
}

let lang = 'zh';
export function setApiLang(l: string): void {
  lang = l;
}

const edge: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', lang === 'zh' ? 'zh-CN' : 'en');
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    if (response.status === 401 && schemaPath !== '/session') for (const f of expired) f();
    throw await problemOf(response);
  },
  onError({ error }) {
    if (error instanceof Problem || (error instanceof DOMException && error.name === 'AbortError'))
      return error as Error;
    return new Problem(0, 'offline', error instanceof Error ? error.message : String(error));
  },
};

/** The typed client: `data(api.GET('/cases', {params: {query}}))`. Failed answers are thrown as Problem. */
export const api = createClient<paths>({ baseUrl: apiBase, credentials: 'same-origin' });
api.use(edge);

/** The body of an answer; failures have been thrown before. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}

/** A header for POST that makes repeats harmless; keep the key until the answer is known. */
export const once = (key: string): { headers: { 'Idempotency-Key': string } } => ({
  headers: { 'Idempotency-Key': key },
});
