/** What a grid worker may do with a case, worked out from its row, because the phone may be alone. Pure. */
import type { Category, WorkerCase } from './rows.ts';

export const heaps = ['check', 'verify', 'solve', 'follow'] as const;
export type Heap = (typeof heaps)[number];

const untriaged = ['reported', 'accepted'];
const unsolved = [...untriaged, 'filed', 'dispatched', 'signed', 'in_progress'];

/**
 * The acts of internal/work/cases/life.go that a grid worker's permissions reach, the likeliest
 * first. The server has the last word: it also knows who handled the case before.
 */
export function actsOn(c: WorkerCase, category: Category | undefined | null, account: number): string[] {
  if (c.open === false) return [];
  const acts: string[] = [];
  if (untriaged.includes(c.status)) {
    if (c.checking) acts.push('site_checked');
    else if (category?.onsite_allowed && c.grade === 'general') acts.push('settle');
  }
  if (c.status === 'resolved') acts.push('verify_pass', 'verify_fail');
  acts.push('note');
  if (c.creator === account && unsolved.includes(c.status)) acts.push('withdraw');
  return acts;
}

/** Which heap a case lies on, by the first thing to do with it. */
export function heapOf(acts: string[]): Heap {
  if (acts.includes('site_checked')) return 'check';
  if (acts.includes('verify_pass')) return 'verify';
  return acts.includes('settle') ? 'solve' : 'follow';
}

/** Past its limit, of the whole or of the stage that runs. */
export const overdueCase = (c: WorkerCase, nowMs: number): boolean =>
  [c.due_at, c.stage_due_at].some((at) => !!at && at / 1000 < nowMs);
