import type { Session } from '@/shared/session.tsx';

/** What the place "事件" shows first: the open work of the person's role. */
export function defaultCases(s: Pick<Session, 'can' | 'post'>): string {
  if (s.can('case.handle') && s.post?.org) return '/cases?open=true&mine=true&sort=due';
  return '/cases?open=true';
}
