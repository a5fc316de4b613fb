/**
 * Uploads by tus 1.0: create, send in pieces, and after a break ask how far it
 * got and go on from there. Photos are made smaller first.
 */
export const maxEdge = 1600;
export const pieceSize = 1024 * 1024;
const tus = { 'Tus-Resumable': '1.0.0' };

export class UploadError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'UploadError';
    this.status = status;
  }
}

export interface UploadOptions {
  endpoint?: string;
  /** The client's own id: creating again with it goes on with the same upload. */
  key?: string;
  /** Hex; the server compares it at the end. */
  sha256?: string;
  /** Bytes sent at once. */
  piece?: number;
  name: string;
  type: string;
  onProgress?: (sent: number, total: number) => void;
  signal?: AbortSignal;
  /** The address given by an earlier, broken attempt. */
  resume?: string;
  /** Told the address as soon as there is one, for a later resume. */
  onAddress?: (url: string) => void;
  fetch?: typeof fetch;
  /** Tries for one piece before the upload gives up for now. */
  tries?: number;
  wait?: (ms: number) => Promise<void>;
}

/** The width and height that fit into maxEdge; never larger than before. */
export function fitInto(width: number, height: number, edge = maxEdge): { width: number; height: number } {
  const k = Math.min(1, edge / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * k)), height: Math.max(1, Math.round(height * k)) };
}

/** UTF-8 text in base64, as Upload-Metadata wants it. */
export function b64(text: string): string {
  let bin = '';
  for (const byte of new TextEncoder().encode(text)) bin += String.fromCharCode(byte);
  return btoa(bin);
}

/** A smaller JPEG of a photo; the file itself if it is small enough, no photo or not readable. */
export async function downscale(file: File, edge = maxEdge): Promise<Blob> {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' } as ImageBitmapOptions);
    const size = fitInto(bitmap.width, bitmap.height, edge);
    if (size.width === bitmap.width && file.size < 600_000) {
      bitmap.close();
      return file;
    }
    const canvas = document.createElement('canvas');
    canvas.width = size.width;
    canvas.height = size.height;
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, size.width, size.height);
    bitmap.close();
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
    return blob && blob.size < file.size ? blob : file;
  } catch {
    return file;
  }
}

/** The file's id: the header if the server sends one, else the last part of the upload's address. */
function idOf(url: string, res: Response | undefined): number {
  const said = res?.headers.get('x-file-id') ?? res?.headers.get('upload-file-id');
  const id = Number(said ?? url.replace(/\/+$/, '').split('/').pop());
  if (!Number.isSafeInteger(id) || id <= 0) throw new UploadError(0, 'no file id');
  return id;
}

/** An answer that is none of tus's: of the server, or of something between here and there (as if offline). */
const refusal = async (res: Response) => new UploadError(res.ok ? 0 : res.status, await textOf(res));

const again = (status: number) =>
  status === 0 || status === 409 || status === 423 || status === 429 || status >= 500;

/** Sends the bytes and returns the id of the stored file. Throws UploadError when it gives up. */
export async function upload(body: Blob, o: UploadOptions): Promise<number> {
  const call = o.fetch ?? fetch;
  const endpoint = o.endpoint ?? '/api/v1/files/';
  const piece = o.piece ?? pieceSize;
  const tries = o.tries ?? 4;
  const wait = o.wait ?? ((ms) => new Promise((r) => setTimeout(r, ms)));
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    try {
      return await call(url, { credentials: 'same-origin', signal: o.signal, ...init });
    } catch (e) {
      if (o.signal?.aborted) throw e;
      throw new UploadError(0, 'offline');
    }
  };
  const absolute = (location: string) =>
    new URL(location, new URL(endpoint, globalThis.location?.href ?? 'http://x/')).href;

  const create = async (): Promise<string> => {
    const res = await send(endpoint, {
      method: 'POST',
      headers: {
        ...tus,
        'Upload-Length': String(body.size),
        'Upload-Metadata': [
          `filename ${b64(o.name)}`,
          `filetype ${b64(o.type)}`,
          ...(o.key ? [`key ${b64(o.key)}`] : []),
          ...(o.sha256 ? [`sha256 ${b64(o.sha256)}`] : []),
        ].join(),
      },
    });
    const location = res.headers.get('location');
    // Only tus's own answers count: a captive portal says 200 to everything.
    if (res.status !== 201 || !location) throw await refusal(res);
    const url = absolute(location);
    o.onAddress?.(url);
    return url;
  };
  const reached = async (url: string): Promise<number | undefined> => {
    const res = await send(url, { method: 'HEAD', headers: tus });
    if (res.status === 404 || res.status === 410 || res.status === 403) return undefined;
    if (!res.ok || !res.headers.get('upload-offset')) throw await refusal(res);
    return Number(res.headers.get('upload-offset'));
  };

  let url = o.resume ?? '';
  let offset = 0;
  let failures = 0;
  let last: Response | undefined;
  let lost = !!url;
  for (;;) {
    try {
      if (!url) {
        url = await create();
        lost = !!o.key; // it may be further on than its beginning
      }
      if (lost) {
        const at = await reached(url);
        if (at === undefined) {
          // The server has forgotten it: start over.
          url = await create();
          offset = 0;
        } else offset = at;
      }
      lost = false;
      while (offset < body.size) {
        last = await send(url, {
          method: 'PATCH',
          headers: {
            ...tus,
            'Upload-Offset': String(offset),
            'Content-Type': 'application/offset+octet-stream',
          },
          body: body.slice(offset, offset + piece),
        });
        if (last.status !== 204 || !last.headers.get('upload-offset')) throw await refusal(last);
        offset = Number(last.headers.get('upload-offset'));
        failures = 0;
        o.onProgress?.(offset, body.size);
      }
      return idOf(url, last);
    } catch (e) {
      if (!(e instanceof UploadError) || !again(e.status)) throw e;
      failures += 1;
      lost = true;
      if (failures >= tries) throw e;
      await wait(500 * 2 ** (failures - 1));
    }
  }
}

const slot = 'linli.uploads';
const running = new Set<string>();

async function digestOf(body: Blob): Promise<string | undefined> {
  // Only secure pages have it; elsewhere a reload begins the upload anew.
  const sum = await globalThis.crypto?.subtle?.digest('SHA-256', await body.arrayBuffer());
  return sum && [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/**
 * Upload that goes on where it broke even after the page was loaded anew: the
 * tab remembers the address of what it began, by the content, until it is whole.
 */
export async function uploadAcrossReloads(
  body: Blob,
  o: UploadOptions,
  store: Pick<Storage, 'getItem' | 'setItem'> = sessionStorage,
): Promise<number> {
  const id = await digestOf(body);
  if (!id || running.has(id)) return upload(body, o);
  const kept = () => JSON.parse(store.getItem(slot) ?? '{}') as Record<string, string>;
  const keep = (url?: string) => store.setItem(slot, JSON.stringify({ ...kept(), [id]: url }));
  running.add(id);
  try {
    const stored = await upload(body, {
      ...o,
      resume: o.resume ?? kept()[id],
      onAddress: (url) => {
        keep(url);
        o.onAddress?.(url);
      },
    });
    keep();
    return stored;
  } finally {
    running.delete(id);
  }
}

async function textOf(res: Response): Promise<string> {
  try {
    const text = await res.text();
    const p = JSON.parse(text) as { detail?: string; title?: string };
    return p.detail ?? p.title ?? '';
  } catch {
    return '';
  }
}
