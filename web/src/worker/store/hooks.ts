/** The phone in React. Put a Phone into PhoneContext; every hook follows it. */
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import type { Book, CaseNow, Gate, HomeNow, Outbox, Phone, SyncNow, Today } from './contract.ts';
import { casesNow, homeNow, today } from './today.ts';

export const PhoneContext = createContext<Phone | null>(null);

export function usePhone(): Phone {
  const phone = useContext(PhoneContext);
  if (!phone) throw new Error('usePhone outside of PhoneContext');
  return phone;
}

function useOf<T>(of: (p: Phone) => T): T {
  const phone = usePhone();
  return useSyncExternalStore(
    useCallback((f: () => void) => phone.subscribe(f), [phone]),
    () => of(phone),
  );
}

export const useGate = (): Gate => useOf((p) => p.gate());
export const useBook = (): Book => useOf((p) => p.book());
export const useOutbox = (): Outbox => useOf((p) => p.outbox());
export const useSync = (): SyncNow => useOf((p) => p.syncing());

/** The day in the city's time, which is China's: yyyymmdd. */
export const dayOf = (now: number): number =>
  Number(new Date(now + 8 * 3600_000).toISOString().slice(0, 10).replaceAll('-', ''));

// One computation for all components that look at the same rows, outbox and day.
const kept = new WeakMap<Book, { outbox: Outbox; views: Map<string, unknown> }>();
function view<T>(book: Book, outbox: Outbox, key: string, make: () => T): T {
  let k = kept.get(book);
  if (k?.outbox !== outbox) {
    k = { outbox, views: new Map() };
    kept.set(book, k);
  }
  if (!k.views.has(key)) k.views.set(key, make());
  return k.views.get(key) as T;
}

export function useToday(day: number = dayOf(Date.now())): Today {
  const [book, outbox] = [useBook(), useOutbox()];
  return view(book, outbox, `today ${day}`, () => today(book, outbox, day));
}

export function useHome(id: number): HomeNow | undefined {
  const [book, outbox] = [useBook(), useOutbox()];
  const day = dayOf(Date.now());
  return view(book, outbox, `home ${id} ${day}`, () => homeNow(book, outbox, id, day));
}

export function useCases(): CaseNow[] {
  const [book, outbox] = [useBook(), useOutbox()];
  return view(book, outbox, 'cases', () => casesNow(book, outbox));
}

/** A form's draft: its value, and what each keystroke sets; undefined ends it. */
export function useDraft<T>(key: string): [T | undefined, (value: T | undefined) => void] {
  const phone = usePhone();
  const value = useOf((p) => p.draft(key)) as T | undefined;
  return [value, useCallback((v: T | undefined) => phone.setDraft(key, v), [phone, key])];
}
