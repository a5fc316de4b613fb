/**
 * The service worker of /worker: the app starts without a network. It keeps the page and every
 * file that the page can load, as one version, and never touches /api. A new version waits until
 * the page says that nobody is in the middle of something (update.ts).
 *
 * It imports nothing, so that it is a plain script; the build fills in the files (vite.config.ts).
 */
interface Ending extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asking extends Ending {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  addEventListener(type: 'install' | 'activate', f: (e: Ending) => void): void;
  addEventListener(type: 'fetch', f: (e: Asking) => void): void;
  addEventListener(type: 'message', f: (e: MessageEvent) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
}
const scope = self as unknown as Scope;

declare const __VERSION__: string;
declare const __FILES__: string[];

const page = '/worker/';
const prefix = 'linli-worker-';
const current = prefix + __VERSION__;

scope.addEventListener('install', (e) => {
  e.waitUntil(
    (async () => {
      const cache = await caches.open(current);
      // The page's answer is kept whole: its nonce and its policy belong together.
      const files = [page, ...__FILES__].map(
        (url) => new Request(url, { cache: 'reload', credentials: 'omit', redirect: 'error' }),
      );
      await Promise.all(
        files.map(async (req) => {
          const res = await fetch(req);
          const html = (res.headers.get('content-type') ?? '').includes('html');
          // A captive portal answers everything with its own page: that is no version of ours.
          const ours = req.url.endsWith(page) ? res.headers.has('content-security-policy') : !html;
          if (!res.ok || !ours) throw new Error(`${req.url}: ${res.status}`);
          await cache.put(req, res);
        }),
      );
    })(),
  );
});

scope.addEventListener('activate', (e) => {
  e.waitUntil(
    (async () => {
      // A tab in the middle of a form goes on with the version before; older ones go.
      const own = (await caches.keys()).filter((k) => k.startsWith(prefix) && k !== current);
      await Promise.all(own.slice(0, -1).map((k) => caches.delete(k)));
      await scope.clients.claim();
    })(),
  );
});

scope.addEventListener('message', (e) => {
  if (e.data === 'activate') void scope.skipWaiting();
});

scope.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || url.origin !== location.origin || url.pathname.startsWith('/api/'))
    return;
  const start = e.request.mode === 'navigate';
  if (start && url.pathname !== '/worker' && !url.pathname.startsWith(page)) return;
  e.respondWith(
    (async () => {
      const kept = start
        ? await (await caches.open(current)).match(page)
        : await caches.match(e.request, { ignoreVary: true });
      return kept ?? fetch(e.request);
    })(),
  );
});

export {};
