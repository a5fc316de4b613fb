import { CheckOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { CaseBody, Status } from '@/shared/api.ts';
import { Time } from '@/shared/ui/words.tsx';

const steps = [
  'reported',
  'accepted',
  'filed',
  'dispatched',
  'signed',
  'resolved',
  'verified',
  'called_back',
  'closed',
] as const;
type Step = (typeof steps)[number];

/** How many steps lie behind a case of the status. */
const reachedBy: Partial<Record<Status, number>> = {
  reported: 1,
  accepted: 2,
  filed: 3,
  dispatched: 4,
  signed: 5,
  in_progress: 5,
  resolved: 6,
  verified: 7,
  closed: 9,
  archived: 9,
};

/** The way from report to end in one bar; a case that ended early shows its end instead. */
export function Steps({ c }: { c: CaseBody }) {
  const { t } = useTranslation();
  const reached = reachedBy[c.status];
  if (reached === undefined) return null;
  const times = c.times ?? {};
  const timeOf = (s: Step): string | null | undefined =>
    s === 'reported' ? c.reported_at : s === 'closed' ? (times.closed_at ?? c.closed_at) : times[`${s}_at`];
  return (
    <ol className="steps" aria-label={t('cases:steps')}>
      {steps.map((s, i) => {
        const at = timeOf(s);
        const past = i < reached;
        const skipped = past && reached === 9 && !at && s !== 'reported';
        const here = i === reached - 1 && reached < 9;
        return (
          <li
            key={s}
            className={`step ${past ? (skipped ? 'step-skipped' : 'step-done') : ''}`}
            aria-current={here ? 'step' : undefined}
          >
            <span className="step-dot">{past && !skipped ? <CheckOutlined aria-hidden /> : null}</span>
            <span className="step-name">{t(`cases:step.${s}`)}</span>
            <span className="step-time">{past && at ? <Time at={at} /> : null}</span>
          </li>
        );
      })}
    </ol>
  );
}
