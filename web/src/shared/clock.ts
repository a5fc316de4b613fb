import type { Clock } from './schema.ts';
import { sayTime, type Translate } from './time.ts';

export type Tone = 'neutral' | 'soon' | 'overdue' | 'done';

export interface ClockWords {
  /** For a table cell: "还剩 3 工作时". */
  short: string;
  /** The whole sentence: "还剩 3 工作时(今天 17:10 到期)". */
  long: string;
  tone: Tone;
}

/** At most one decimal, and none from ten on: 3.5, 12. */
export function roughly(n: number): number {
  const a = Math.abs(n);
  return a >= 10 ? Math.round(a) : Math.round(a * 10) / 10;
}

/**
 * What a clock says. Calendar hours and days are counted on from the due time;
 * working time only the server can count, so its number is taken as it came.
 */
export function clockWords(clock: Clock | null | undefined, now: number, t: Translate): ClockWords {
  if (!clock || clock.state === 'none')
    return { short: t('common:clock.none'), long: t('common:clock.none_long'), tone: 'neutral' };
  if (clock.state === 'stopped') {
    const late = clock.overdue === true;
    const short = t(late ? 'common:clock.stopped_late' : 'common:clock.stopped');
    return {
      short,
      long: clock.reason ? t('common:clock.stopped_long', { short, reason: clock.reason }) : short,
      tone: late ? 'overdue' : 'done',
    };
  }
  const unit = clock.unit ?? 'hour';
  let left = clock.left ?? 0;
  if (clock.state === 'running' && clock.due_at && (unit === 'hour' || unit === 'day')) {
    left = (Date.parse(clock.due_at) - now) / (unit === 'hour' ? 3_600_000 : 86_400_000);
  }
  const overdue = clock.overdue || (clock.state === 'running' && left < 0);
  const n = roughly(left);
  const amount = t(`common:clock.unit.${unit}`, { count: n });
  const due = clock.due_at ? sayTime(clock.due_at, now, t) : '';
  if (clock.state === 'paused') {
    const reason = clock.reason ?? '';
    return {
      short: t('common:clock.paused'),
      long: reason
        ? t('common:clock.paused_long', { reason, amount })
        : t('common:clock.paused_bare', { amount }),
      tone: 'neutral',
    };
  }
  if (overdue) {
    const short = n === 0 ? t('common:clock.over_now') : t('common:clock.over', { amount });
    return {
      short,
      long: due && n !== 0 ? t('common:clock.over_long', { amount, due }) : short,
      tone: 'overdue',
    };
  }
  const short = n === 0 ? t('common:clock.now') : t('common:clock.left', { amount });
  return {
    short,
    long: due ? t('common:clock.left_long', { amount, due }) : short,
    tone: clock.soon ? 'soon' : 'neutral',
  };
}
