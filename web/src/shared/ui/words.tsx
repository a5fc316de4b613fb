import {
  CheckCircleOutlined,
  ClockCircleOutlined,
  ExclamationCircleOutlined,
  PauseCircleOutlined,
} from '@ant-design/icons';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { clockWords } from '../clock.ts';
import type { Clock, Grade, Status } from '../schema.ts';
import { exact, sayTime } from '../time.ts';

// One tick for all clocks on the page.
let now = Date.now();
const ticks = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
function subscribe(f: () => void) {
  ticks.add(f);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const g of ticks) g();
  }, 30_000);
  return () => {
    ticks.delete(f);
    if (ticks.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
/** The time, renewed every half minute. */
export const useNow = () => useSyncExternalStore(subscribe, () => now);

/** A time as people say it, the exact one on hover. */
export function Time({ at, empty = '—' }: { at?: string | null; empty?: string }) {
  const { t } = useTranslation();
  const n = useNow();
  if (!at) return <span className="quiet">{empty}</span>;
  return (
    <time dateTime={at} title={exact(at)}>
      {sayTime(at, n, t)}
    </time>
  );
}

const icons = {
  soon: <ClockCircleOutlined aria-hidden />,
  overdue: <ExclamationCircleOutlined aria-hidden />,
  done: <CheckCircleOutlined aria-hidden />,
  neutral: null,
};

export function ClockText({ clock, long }: { clock?: Clock | null; long?: boolean }) {
  const { t } = useTranslation();
  const w = clockWords(clock, useNow(), t);
  return (
    <span className={`tone-${w.tone}`} title={w.long}>
      {clock?.state === 'paused' ? <PauseCircleOutlined aria-hidden /> : icons[w.tone]}
      {w.tone !== 'neutral' || clock?.state === 'paused' ? ' ' : ''}
      {long ? w.long : w.short}
    </span>
  );
}

const toneOfStatus: Partial<Record<Status, string>> = {
  closed: 'done',
  archived: 'done',
  verified: 'done',
  declined: 'off',
  not_filed: 'off',
  merged: 'off',
  withdrawn: 'off',
  void: 'off',
  reported: 'fresh',
};

export function StatusWord({ status }: { status: Status }) {
  const { t } = useTranslation();
  return (
    <span className={`status status-${toneOfStatus[status] ?? 'open'}`}>{t(`common:status.${status}`)}</span>
  );
}

export function GradeWord({ grade }: { grade: Grade }) {
  const { t } = useTranslation();
  return <span className={`grade grade-${grade}`}>{t(`common:grade.${grade}`)}</span>;
}
