import { describe, expect, it } from 'vitest';
import { b64, fitInto, pieceSize, UploadError, upload, uploadAcrossReloads } from './upload.ts';

/** A tus server in memory that breaks where told. */
function server(breaks: ('none' | 'down' | 'after' | 503 | 404)[] = []) {
  const stored: Record<string, Uint8Array> = {};
  const log: string[] = [];
  let next = 41;
  const fake = async (input: string | URL | Request, init: RequestInit = {}) => {
    const url = new URL(String(input), 'http://x/');
    const headers = new Headers(init.headers);
    log.push(`${init.method} ${url.pathname} ${headers.get('Upload-Offset') ?? ''}`.trim());
    if (init.method === 'POST') {
      next += 1;
      stored[`/api/v1/files/${next}`] = new Uint8Array(0);
      return new Response(null, { status: 201, headers: { location: `/api/v1/files/${next}` } });
    }
    const have = stored[url.pathname];
    if (!have) return new Response(null, { status: 404 });
    if (init.method === 'HEAD')
      return new Response(null, { headers: { 'upload-offset': String(have.length) } });
    const fault = breaks.shift() ?? 'none';
    if (fault === 'down') throw new TypeError('network');
    if (fault === 503) return new Response('{"detail":"busy"}', { status: 503 });
    if (fault === 404) {
      delete stored[url.pathname];
      return new Response(null, { status: 503 });
    }
    const piece = new Uint8Array(await (init.body as Blob).arrayBuffer());
    if (Number(headers.get('Upload-Offset')) !== have.length) return new Response(null, { status: 409 });
    const whole = new Uint8Array(have.length + piece.length);
    whole.set(have);
    whole.set(piece, have.length);
    stored[url.pathname] = whole;
    if (fault === 'after') throw new TypeError('network');
    return new Response(null, { status: 204, headers: { 'upload-offset': String(whole.length) } });
  };
  return { fetch: fake as typeof fetch, stored, log };
}
const body = new Blob([new Uint8Array(2.5 * pieceSize).map((_, i) => i % 251)]);
const options = { name: '照片.jpg', type: 'image/jpeg', wait: async () => {} };

describe('upload', () => {
  it('sends piece by piece and gives the id', async () => {
    const s = server();
    const seen: number[] = [];
    expect(await upload(body, { ...options, fetch: s.fetch, onProgress: (n) => seen.push(n) })).toBe(42);
    expect(seen).toEqual([pieceSize, 2 * pieceSize, body.size]);
    expect(s.stored['/api/v1/files/42']?.length).toBe(body.size);
  });
  it('goes on where it broke, whether or not the piece arrived', async () => {
    const s = server(['none', 'down', 503, 'after']);
    expect(await upload(body, { ...options, fetch: s.fetch })).toBe(42);
    const there = Buffer.from(s.stored['/api/v1/files/42'] ?? []);
    expect(there.equals(Buffer.from(await body.arrayBuffer()))).toBe(true);
    expect(s.log.filter((l) => l.startsWith('HEAD'))).toHaveLength(3);
  });
  it('goes on after the page was loaded anew, and begins anew once it is whole', async () => {
    const kept = new Map<string, string>();
    const store = {
      getItem: (k: string) => kept.get(k) ?? null,
      setItem: (k: string, v: string) => void kept.set(k, v),
    };
    const s = server(['none', 'down']);
    const broken = uploadAcrossReloads(body, { ...options, fetch: s.fetch, tries: 1 }, store);
    await expect(broken).rejects.toBeInstanceOf(UploadError);
    expect(await uploadAcrossReloads(body, { ...options, fetch: s.fetch }, store)).toBe(42);
    expect(s.log.filter((l) => l.startsWith('POST'))).toHaveLength(1);
    expect(s.log.filter((l) => l === 'PATCH /api/v1/files/42 0')).toHaveLength(1);
    expect(s.stored['/api/v1/files/42']?.length).toBe(body.size);
    expect(await uploadAcrossReloads(body, { ...options, fetch: s.fetch }, store)).toBe(43);
  });
  it('starts over when the server has forgotten it', async () => {
    const s = server(['none', 404]);
    expect(await upload(body, { ...options, fetch: s.fetch })).toBe(43);
    expect(s.stored['/api/v1/files/43']?.length).toBe(body.size);
  });
  it('gives up after its tries and can be resumed later', async () => {
    const s = server(['none', 'down', 'down', 'down']);
    let url = '';
    const first = upload(body, { ...options, fetch: s.fetch, tries: 3, onAddress: (u) => (url = u) });
    await expect(first).rejects.toBeInstanceOf(UploadError);
    expect(await upload(body, { ...options, fetch: s.fetch, resume: url })).toBe(42);
    expect(s.log.filter((l) => l.startsWith('POST'))).toHaveLength(1);
  });
  it('does not repeat what was refused', async () => {
    const refusing = (async () =>
      new Response('{"detail":"too large"}', { status: 413 })) as unknown as typeof fetch;
    await expect(upload(body, { ...options, fetch: refusing })).rejects.toMatchObject({
      status: 413,
      message: 'too large',
    });
  });
  it('fits photos into the longest edge and encodes names', () => {
    expect(fitInto(4000, 3000)).toEqual({ width: 1600, height: 1200 });
    expect(fitInto(900, 1600)).toEqual({ width: 900, height: 1600 });
    expect(fitInto(10, 16_000)).toEqual({ width: 1, height: 1600 });
    expect(atob(b64('照'))).toBe('\xe7\x85\xa7');
  });
});
