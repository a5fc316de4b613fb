import { useEffect, useRef } from 'react';
import { apiBase } from './api.ts';

/** One change of a case, as the stream tells it. */
export interface CaseEvent {
  id: number;
  version: number;
  status: string;
  street?: string;
  action: string;
}
type Listener = (e: CaseEvent) => void;
type StateListener = (live: boolean) => void;

const listeners = new Set<Listener>();
const stateListeners = new Set<StateListener>();
let source: EventSource | undefined;
let retry: ReturnType<typeof setTimeout> | undefined;
let failures = 0;
let live = false;

function setLive(v: boolean) {
  if (live === v) return;
  live = v;
  for (const f of stateListeners) f(v);
}

function open() {
  if (source || listeners.size === 0) return;
  source = new EventSource(`${apiBase}/cases/stream`, { withCredentials: true });
  source.addEventListener('open', () => {
    failures = 0;
    setLive(true);
  });
  source.addEventListener('case', (m) => {
    try {
      const e = JSON.parse((m as MessageEvent<string>).data) as CaseEvent;
      for (const f of listeners) f(e);
    } catch {
      // A line that is no JSON says nothing; the next refresh shows the truth.
    }
  });
  source.addEventListener('error', () => {
    setLive(false);
    // The browser reconnects by itself (with Last-Event-ID) unless the server refused.
    if (source?.readyState !== EventSource.CLOSED) return;
    source = undefined;
    clearTimeout(retry);
    failures += 1;
    retry = setTimeout(open, Math.min(60_000, 2000 * 2 ** failures));
  });
}
function drop() {
  clearTimeout(retry);
  source?.close();
  source = undefined;
  setLive(false);
}
function close() {
  if (listeners.size === 0) drop();
}
// A connection that died with the network may look alive for minutes.
if (typeof window !== 'undefined') {
  window.addEventListener('offline', drop);
  window.addEventListener('online', open);
}

/** Hears every case event while mounted. One connection for the whole page. */
export function useCaseEvents(f: Listener, enabled = true): void {
  const latest = useRef(f);
  latest.current = f;
  useEffect(() => {
    if (!enabled) return;
    const hear: Listener = (e) => latest.current(e);
    listeners.add(hear);
    open();
    return () => {
      listeners.delete(hear);
      // Another page may listen in a moment; do not drop the connection between two pages.
      setTimeout(close, 500);
    };
  }, [enabled]);
}

/** Whether the stream is connected. */
export function onLive(f: StateListener): () => void {
  stateListeners.add(f);
  return () => stateListeners.delete(f);
}
export const isLive = () => live;
