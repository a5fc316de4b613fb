import { api } from './api.ts';

interface Options {
  /** A list gives its name once for each value. */
  query?: Record<string, string | string[] | number | boolean | undefined | null>;
  body?: unknown;
  signal?: AbortSignal;
  /** Idempotency-Key for POST; keep it until the answer is known. */
  key?: string;
}

/**
 * One call of an operation that schema.ts does not type: same client, same
 * errors (Problem). The path is complete, ids filled in.
 */
export async function call<T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  { query, body, signal, key }: Options = {},
): Promise<T> {
  const free = api as unknown as {
    request: (method: string, path: string, init: object) => Promise<{ data?: T }>;
  };
  const set = Object.fromEntries(
    Object.entries(query ?? {}).filter(([, v]) => v !== undefined && v !== null && v !== ''),
  );
  const answer = await free.request(method.toLowerCase(), path, {
    params: { query: set },
    ...(body === undefined ? {} : { body }),
    ...(signal ? { signal } : {}),
    ...(key ? { headers: { 'Idempotency-Key': key } } : {}),
  });
  return answer.data as T;
}
