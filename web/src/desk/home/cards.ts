import type { Session } from '@/shared/session.tsx';

export interface Card {
  key:
    | 'sign'
    | 'handle'
    | 'late'
    | 'triage'
    | 'dispatch'
    | 'approve'
    | 'check'
    | 'verify'
    | 'tell'
    | 'callbacks'
    | 'own'
    | 'overdue'
    | 'soon'
    | 'supervise';
  /** The case list's own filter, so that the card opens its rows. */
  query: string;
  /** The stage's clock counts here, not the whole one. */
  stage?: boolean;
  loud?: boolean;
}

/** What waits for a person of these permissions, most pressing first; seven at most. */
export function cardsFor(s: Pick<Session, 'can' | 'canAny' | 'post'>): Card[] {
  const out: Card[] = [];
  if (s.can('case.callback')) out.push({ key: 'callbacks', query: '' });
  if (s.can('case.handle')) {
    out.push(
      { key: 'late', query: 'open=true&mine=true&overdue=true&sort=due', loud: true },
      { key: 'sign', query: 'mine=true&status=dispatched&sort=due', stage: true },
      { key: 'handle', query: 'mine=true&status=signed,in_progress&sort=due' },
    );
  }
  if (s.can('case.triage'))
    out.push({ key: 'triage', query: 'status=reported,accepted&sort=reported', stage: true });
  if (s.can('case.dispatch')) out.push({ key: 'dispatch', query: 'status=filed&sort=reported', stage: true });
  if (s.canAny('case.approve', 'case.arbitrate', 'case.dispatch'))
    out.push({ key: 'approve', query: 'open=true&pending=any&sort=reported' });
  if (s.can('case.verify') && !s.can('case.triage'))
    out.push({ key: 'check', query: 'flag=checking&sort=reported', stage: true });
  if (s.can('case.verify')) out.push({ key: 'verify', query: 'status=resolved&sort=reported', stage: true });
  if (
    s.can('case.read') &&
    !s.can('case.handle') &&
    s.canAny('case.dispatch', 'case.arbitrate', 'case.approve', 'figure.read')
  ) {
    out.push(
      { key: 'overdue', query: 'open=true&overdue=true&sort=due', loud: true },
      { key: 'soon', query: 'open=true&soon=true&sort=due' },
    );
  }
  if (s.can('case.report') && !s.canAny('case.triage', 'case.handle'))
    out.push({ key: 'own', query: 'mine=true' });
  if (s.canAny('case.dispatch', 'case.callback'))
    out.push({ key: 'tell', query: 'flag=to_tell&sort=reported' });
  return out.slice(0, 7);
}
