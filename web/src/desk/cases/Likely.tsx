import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { CaseBody, SimilarCase } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { pressName, typing } from '@/shared/keys.ts';
import { StatusWord, Time } from '@/shared/ui/words.tsx';
import { useCase } from './data.ts';

/** Less likely ones are not worth a look here. */
const least = 0.25;

/** The other case's words beside this one's. */
function Beside({ c, id }: { c: CaseBody; id: number }) {
  const { t } = useTranslation();
  const other = useCase(id).data?.case;
  if (!other) return null;
  return (
    <div className="likely-beside">
      {[c, other].map((x) => (
        <section key={x.id} aria-label={x.number}>
          <h3>
            <span className="num">{x.number}</span> <Time at={x.reported_at} />
          </h3>
          <p className="case-text">{x.text}</p>
          <p className="quiet">
            {[x.address || t('cases:no_address'), x.category?.name ?? t('cases:no_category')].join(' · ')}
          </p>
        </section>
      ))}
    </div>
  );
}

/** Open cases that may be the same matter; D puts the likeliest beside this one. */
export function Likely({ c, merge }: { c: CaseBody; merge?: (into: number) => void }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<number>();
  const found = useQuery({
    queryKey: ['similar', 'case', c.id, c.version],
    queryFn: ({ signal }) =>
      call<{ items: SimilarCase[] | null }>('GET', '/cases/similar', { query: { case: c.id }, signal }),
  });
  const items = (found.data?.items ?? []).filter((x) => (x.share ?? 0) >= least).slice(0, 4);
  const first = items[0]?.id;
  useEffect(() => {
    if (first === undefined) return;
    const press = (e: KeyboardEvent) => {
      if (typing(e.target) || pressName(e) !== 'd') return;
      e.preventDefault();
      setShown((s) => (s === first ? undefined : first));
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [first]);
  if (items.length === 0) return null;
  return (
    <section className="case-part likely">
      <h2>{t('cases:likely')}</h2>
      <ul>
        {items.map((x) => (
          <li key={x.id}>
            <div>
              <strong className="num">
                {t('cases:likely_share', { share: Math.round((x.share ?? 0) * 100) })}
              </strong>{' '}
              <Link to={`/cases/${x.id}`}>
                <span className="num">{x.number}</span> {x.title}
              </Link>{' '}
              <StatusWord status={x.status} />
            </div>
            <div className="quiet">{(x.why ?? []).join(t('cases:list_and'))}</div>
            <div className="request-do">
              <Button
                size="small"
                aria-expanded={shown === x.id}
                onClick={() => setShown(shown === x.id ? undefined : x.id)}
              >
                {t('cases:likely_beside')}
                {x.id === first ? ' (D)' : ''}
              </Button>
              {merge ? (
                <Button size="small" onClick={() => merge(x.id)}>
                  {t('cases:likely_merge')}
                </Button>
              ) : null}
            </div>
            {shown === x.id ? <Beside c={c} id={x.id} /> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
