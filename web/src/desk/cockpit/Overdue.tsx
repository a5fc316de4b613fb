import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { CaseItem } from '@/shared/api.ts';
import { EmptyNote } from '@/shared/ui/state.tsx';
import { ClockText } from '@/shared/ui/words.tsx';
import { thousands } from './say.ts';

interface Props {
  count: number;
  items: readonly CaseItem[];
  href: string;
  wall?: boolean;
}

/** The one list that asks for action. */
export function Overdue({ count, items, href, wall }: Props) {
  const { t } = useTranslation();
  const title = t('cockpit:overdue.title');
  return (
    <section className="panel cockpit-panel cockpit-overdue" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {wall ? (
          <span className={count ? 'tone-overdue' : 'tone-done'}>
            {t('cockpit:cases', { n: thousands(count) })}
          </span>
        ) : count > 0 ? (
          <Link to={href}>{t('cockpit:overdue.all', { n: thousands(count) })}</Link>
        ) : null}
      </header>
      {items.length === 0 ? (
        <EmptyNote title={t('cockpit:overdue.none')}>{wall ? null : t('cockpit:overdue.none_why')}</EmptyNote>
      ) : (
        <ol className="overdue-list scroll">
          {items.map((c) => (
            <li key={c.id}>
              <div className="overdue-title">
                {wall ? (
                  c.title || c.category?.name
                ) : (
                  <Link to={`/cases/${c.id}`}>{c.title || c.category?.name || c.number}</Link>
                )}
              </div>
              <div className="overdue-clock">
                <ClockText clock={c.clock?.overdue ? c.clock : c.stage} />
              </div>
              <div className="overdue-who quiet">
                {c.lead?.name ?? t('cockpit:overdue.no_lead')}
                {c.street ? ` · ${c.street.name}` : ''}
              </div>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
