import { api } from './api.ts';

interface Options {
  /** A list gives its name once for each value. */
  query?: Record<string, string | string[] | number | boolean | undefined | null>;
  body?: unknown;
  /** Sent as it is, instead of a JSON body. */
  file?: Blob;
  /** The file's media type, where the browser does not know it. */
  type?: string;
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
  { query, body, file, type, signal, key }: Options = {},
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
    ...(file ? { body: file, bodySerializer: (b: Blob) => b } : {}),
    ...(signal ? { signal } : {}),
    headers: {
      ...(file ? { 'Content-Type': type ?? file.type } : {}),
      ...(key ? { 'Idempotency-Key': key } : {}),
    },
  });
  return answer.data as T;
}
