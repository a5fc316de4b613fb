/** The lock of a person's store: how a PIN opens it, what wrong ones cost. */
import { type Bytes, seal, unwrap, wrap } from '../crypto/box.ts';
import type { Lock, PersonDB } from './db.ts';

/** Free tries of the PIN; after them each costs a pause, doubling; at the last the cache ends. */
const freeTries = 5;
const mostTries = 10;

/** Tries before the next pause. */
export const triesLeft = (lock: Lock): number => Math.max(1, freeTries - lock.wrong);

/** The data key in both of its covers; `rounds` of the PIN's derivation. */
export async function newLock(raw: Bytes, pin: string, serverKey: Bytes, rounds?: number): Promise<Lock> {
  return { wrapped: await wrap(raw, pin, rounds), sealed: await seal(serverKey, raw), wrong: 0, until: 0 };
}

/** The data key; `wait`: no try counts now; `wrong`; undefined: no PIN was ever chosen. now: ms. */
export async function unlock(
  db: PersonDB,
  pin: string,
  now: number,
): Promise<Bytes | 'wait' | 'wrong' | undefined> {
  const lock = await db.get('lock');
  if (!lock) return undefined;
  // A clock set back must not lock somebody out for a year.
  if (lock.until > now && lock.until < now + 2 * 3600_000) return 'wait';
  // Counted before it is tried: a page that is closed meanwhile wins no try.
  const wrong = lock.wrong + 1;
  const pause = wrong < freeTries ? 0 : 30_000 * 2 ** Math.min(wrong - freeTries, 6);
  await db.set('lock', { ...lock, wrong, until: pause ? now + pause : 0 });
  const raw = await unwrap(lock.wrapped, pin);
  if (raw) await db.set('lock', { ...lock, wrong: 0, until: 0 });
  else if (wrong >= mostTries) await db.endCache();
  return raw ?? 'wrong';
}
