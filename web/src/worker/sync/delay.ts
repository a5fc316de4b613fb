/** When a phone comes back, so that ten thousand that lost a network together do not come together. Pure. */

const backoffMost = 300_000;
/** However long the server asks for, nobody waits longer than two minutes for its first try. */
const spreadMost = 120;

/** ms before the next try after so many failures in a row; `after`: seconds that the server asked for; random: 0 ≤ x < 1. */
export function backoff(failures: number, after: number, random: number): number {
  const full = Math.min(backoffMost, 1000 * 2 ** Math.min(failures, 10));
  // Full jitter, on top of what the server asked for.
  return after * 1000 + Math.max(250, random * full);
}

/** ms before the first batch of a phone that was away, of the server's `spread_s`. */
export const comingBack = (spreadS: number, random: number): number =>
  random * Math.min(spreadS, spreadMost) * 1000;

/** ms from "the phone has a network again" to the first request: a lift, an underground car park. */
export const afterOnline = (random: number): number => random * 3000;
