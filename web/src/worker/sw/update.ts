/** Keeps the app startable without a network, and new versions waiting until nobody is disturbed. */
import { useSyncExternalStore } from 'react';
import type { Phone } from '../store/contract.ts';

/** How often a page that is seen looks for a new version, ms. */
const lookMs = 60 * 60_000;

let waiting: ServiceWorker | undefined;
const listeners = new Set<() => void>();
function ready(worker: ServiceWorker | undefined): void {
  waiting = worker;
  for (const f of listeners) f();
}

/**
 * Starts the service worker. Where there is none (plain http, some app's browser) the app works as
 * long as the page stays open.
 */
export async function keepStartable(): Promise<void> {
  const sw = navigator.serviceWorker;
  if (!sw) return;
  const had = !!sw.controller;
  let applied = false;
  sw.addEventListener('controllerchange', () => {
    // The first version takes over a page that came from the server: the same one.
    if (had && applied) location.reload();
  });
  addEventListener(applyEvent, () => {
    applied = true;
  });
  try {
    const reg = await sw.register('/worker/sw.js', { scope: '/worker', updateViaCache: 'none' });
    const watch = (worker: ServiceWorker | null) =>
      worker?.addEventListener('statechange', () => {
        if (worker.state === 'installed' && sw.controller) ready(worker);
        if (worker === waiting && worker.state === 'redundant') ready(undefined);
      });
    if (reg.waiting && sw.controller) ready(reg.waiting);
    watch(reg.installing);
    reg.addEventListener('updatefound', () => watch(reg.installing));
    setInterval(() => {
      if (document.visibilityState === 'visible') void reg.update().catch(() => undefined);
    }, lookMs);
  } catch {
    // Offline at the first visit, or not allowed here: the next start tries again.
  }
}

const applyEvent = 'linli-apply-update';

/** Whether a new version waits. */
export function useUpdate(): boolean {
  return useSyncExternalStore(
    (f) => {
      listeners.add(f);
      return () => listeners.delete(f);
    },
    () => !!waiting,
  );
}

/** Starts the new version; false while a draft is open, which it would close. */
export function applyUpdate(phone: Phone): boolean {
  if (!waiting || phone.drafts().length > 0) return false;
  dispatchEvent(new Event(applyEvent));
  waiting.postMessage('activate');
  return true;
}
