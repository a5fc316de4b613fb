/** What the phone needs of the browser, so that tests can be one. */
import type { Where } from './db.ts';
import type { Trace } from './outbox.ts';

export type Moment = 'visible' | 'hidden' | 'online' | 'offline' | 'leaving';

export interface Host extends Where {
  /** Before every path: "" in the browser. */
  base: string;
  fetch: typeof fetch;
  /** ms of the phone's clock. */
  now(): number;
  /** 0 ≤ x < 1 */
  random(): number;
  locks?: Pick<LockManager, 'request'>;
  visible(): boolean;
  online(): boolean;
  listen(f: (what: Moment) => void): () => void;
  trace: Trace;
  /** Makes a photo small; throws what cannot be read. */
  shrink(shot: Blob): Promise<Blob>;
  /** Bytes that are left for this page. */
  room(): Promise<number>;
  lang(): string;
  /** By which its owner knows the phone. */
  label: string;
  /** ms for an answer, before what its bytes take. */
  patience: number;
  /** Rounds of the PIN's derivation. */
  rounds?: number;
  /** ms for which a page that the system closed opens again without a PIN; 0: never. */
  grace: number;
}

const cookie = (account: number) => `linli_phone_${account}`;

/**
 * A cookie outlives what a browser throws away when the disk is full (IndexedDB, caches, service
 * workers). It is sent to nobody: nothing is served below its path.
 */
const trace: Trace = {
  read(account) {
    const kept = document.cookie.split('; ').find((c) => c.startsWith(`${cookie(account)}=`));
    const [device, seq] = kept?.split('=')[1]?.split('.') ?? [];
    return device && seq ? { device, seq: Number(seq) } : undefined;
  },
  write(account, device, seq) {
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    // biome-ignore lint/suspicious/noDocumentCookie: Chromium 90's CookieStore is asynchronous, a page that is being left is not.
    document.cookie = `${cookie(account)}=${device}.${seq}; Path=/worker; Max-Age=34560000; SameSite=Strict${secure}`;
  },
};

/** The longest edge and the size that a photo is brought down to: 40 records and 20 photos ≤ 6 MB a day. */
const edge = 1280;
const most = 290_000;

/** A JPEG of at most 300 KB. Sound is not touched. */
async function shrink(shot: Blob): Promise<Blob> {
  if (!shot.type.startsWith('image/')) return shot;
  const bitmap = await createImageBitmap(shot, { imageOrientation: 'from-image' } as ImageBitmapOptions);
  try {
    let size = edge;
    let quality = 0.8;
    for (;;) {
      const k = Math.min(1, size / Math.max(bitmap.width, bitmap.height));
      const canvas = document.createElement('canvas');
      canvas.width = Math.max(1, Math.round(bitmap.width * k));
      canvas.height = Math.max(1, Math.round(bitmap.height * k));
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const out = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality));
      if (!out) throw new Error('no picture');
      if (out.size <= most || size < 400) return out;
      if (quality > 0.6) quality -= 0.1;
      else size = Math.round(size * 0.8);
    }
  } finally {
    bitmap.close();
  }
}

function listen(f: (what: Moment) => void): () => void {
  const seen = () => f(document.visibilityState === 'visible' ? 'visible' : 'hidden');
  const on = () => f('online');
  const off = () => f('offline');
  const leave = () => f('leaving');
  document.addEventListener('visibilitychange', seen);
  addEventListener('online', on);
  addEventListener('offline', off);
  addEventListener('pagehide', leave);
  return () => {
    document.removeEventListener('visibilitychange', seen);
    removeEventListener('online', on);
    removeEventListener('offline', off);
    removeEventListener('pagehide', leave);
  };
}

async function room(): Promise<number> {
  const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
  return quota === undefined ? Number.POSITIVE_INFINITY : quota - (usage ?? 0);
}

/** A name such as "Android · Chrome", for the list of one's phones. */
function label(): string {
  const ua = navigator.userAgent;
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(ua)?.[0] ?? '';
  const program = /wxwork|MicroMessenger|DingTalk|Edg|Firefox|Chrome|Safari/.exec(ua)?.[0] ?? '';
  return [system, program].filter(Boolean).join(' · ');
}

export function browserHost(): Host {
  // Asks the browser not to throw the work away; it may say no.
  void navigator.storage?.persist?.().catch(() => false);
  return {
    indexedDB,
    IDBKeyRange,
    base: '',
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    random: () => Math.random(),
    locks: navigator.locks,
    visible: () => document.visibilityState === 'visible',
    online: () => navigator.onLine,
    listen,
    trace,
    shrink,
    room,
    lang: () => localStorage.getItem('linli.lang') ?? 'zh',
    label: label(),
    patience: 30_000,
    grace: 5 * 60_000,
  };
}
