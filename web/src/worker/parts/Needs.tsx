import { sayDate } from '../say.ts';
import type { Need } from '../store/contract.ts';
import { dayOf } from '../store/hooks.ts';
import { useWords } from '../words.ts';

/** Care needs: what for, from whom we know, until when. */
export function Needs({ needs, onEnd }: { needs: Need[]; onEnd?: (n: Need) => void }) {
  const { t } = useWords();
  const day = dayOf(Date.now());
  const now = needs.filter((n) => !n.until || n.until >= day);
  if (!now.length) return null;
  return (
    <ul className="needs" aria-label={t('worker:need.title')}>
      {now.map((n) => (
        <li key={n.id}>
          <b>{t(`worker:need.${n.kind}`, { defaultValue: n.kind })}</b>
          {n.person ? ` ${n.person}` : ''}
          <small className="quiet">
            {[
              n.purpose,
              n.source ? t(`worker:source.${n.source}`, { defaultValue: n.source }) : '',
              n.until ? t('worker:need.until', { day: sayDate(n.until, t) }) : '',
            ]
              .filter(Boolean)
              .join(' · ')}
          </small>
          {onEnd ? (
            <button type="button" className="quiet-button" onClick={() => onEnd(n)}>
              {t('worker:need.end')}
            </button>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
