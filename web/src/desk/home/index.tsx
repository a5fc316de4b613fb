import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { api, type CasePage, data } from '@/shared/api.ts';
import { useCaseEvents } from '@/shared/live.ts';
import { isGridWorker, useSession, workerPath } from '@/shared/session.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { ClockText, StatusWord, Time } from '@/shared/ui/words.tsx';
import { parseFilter, toQuery } from '../cases/filter.ts';
import { useDuties } from '../duties/data.ts';
import { DutyList } from '../duties/List.tsx';
import { useTitle } from '../shell/title.ts';
import { type Card, cardsFor } from './cards.ts';
import '../cases/cases.css';
import './home.css';

function Due({ card }: { card: Card }) {
  const { t } = useTranslation();
  const q = useQuery<CasePage>({
    queryKey: ['home', card.key, card.query],
    queryFn: async () => {
      if (card.key === 'callbacks') {
        const page = await data(api.GET('/callbacks'));
        const items = page.items ?? [];
        return { items: items.slice(0, 6), count: items.length, count_exact: true };
      }
      const query = { ...toQuery(parseFilter(new URLSearchParams(card.query))), limit: 6, count: true };
      return data(api.GET('/cases', { params: { query } }));
    },
    staleTime: 30_000,
  });
  const items = q.data?.items ?? [];
  const to = card.key === 'callbacks' ? '/callbacks' : `/cases?${card.query}`;
  return (
    <section className="panel due">
      <header>
        <h2>
          <Link to={to}>{t(`home:card.${card.key}`)}</Link>
        </h2>
        <Link to={to} className={`due-count num ${card.loud && q.data?.count ? 'tone-overdue' : ''}`}>
          {q.data ? (q.data.count ?? items.length) : ''}
          {q.data?.count_exact === false ? '+' : ''}
        </Link>
      </header>
      {q.error ? (
        <ErrorNote error={q.error} retry={() => void q.refetch()} />
      ) : !q.data ? (
        <Loading rows={4} />
      ) : items.length === 0 ? (
        <EmptyNote title={t('home:clear')}>{t(`home:empty.${card.key}`)}</EmptyNote>
      ) : (
        <ul>
          {items.map((c) => (
            <li key={c.id}>
              <Link to={card.key === 'callbacks' ? to : `${to}&case=${c.id}`}>
                <span className="due-title">{c.title}</span>
                <span className="due-where quiet">{c.community?.name ?? c.street?.name}</span>
                <span className="due-clock">
                  {card.stage && c.stage.state === 'running' ? (
                    <ClockText clock={c.stage} />
                  ) : card.key === 'own' || c.clock.state === 'stopped' ? (
                    <StatusWord status={c.status} />
                  ) : c.clock.state === 'none' ? (
                    <Time at={c.reported_at} />
                  ) : (
                    <ClockText clock={c.clock} />
                  )}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** How much of my duties is pressing, above the cases that wait. */
function DutyLine() {
  const { t } = useTranslation();
  const q = useDuties();
  const n = (when: string) => q.data?.parts.find((p) => p.when === when)?.n ?? 0;
  if (!q.data?.parts.some((p) => p.n)) return null;
  return (
    <p className="duty-line">
      <Link to="/duties">{t('home:duties', { late: n('late'), week: n('week') })}</Link>
    </p>
  );
}

/** What is due from me now; nothing else. */
export default function Home() {
  const { t } = useTranslation();
  const session = useSession();
  const navigate = useNavigate();
  useTitle(t('shell:place.home'));
  const cards = cardsFor(session);
  const last = useRef(0);
  const client = useQueryClient();
  useCaseEvents(() => {
    // A busy city changes every second; this page follows every five at most.
    if (Date.now() - last.current < 5000) return;
    last.current = Date.now();
    setTimeout(() => void client.invalidateQueries({ queryKey: ['home'] }), 1500);
  }, session.can('case.read'));
  return (
    <main className="page home" id="main" tabIndex={-1}>
      <div className="page-head">
        <h1>{t('home:hello', { name: session.me.account.name })}</h1>
        <span className="quiet">{t('home:sub')}</span>
        <span className="grow" />
        {isGridWorker(session.me) ? <Button href={workerPath}>{t('home:worker')}</Button> : null}
        {session.can('case.report') ? (
          <Button
            type={session.can('case.handle') ? 'default' : 'primary'}
            onClick={() => navigate('/cases/new')}
          >
            {t('shell:place.intake')}
          </Button>
        ) : null}
      </div>
      {cards.length ? <DutyLine /> : null}
      {cards.length ? (
        <div className="dues">
          {cards.map((c) => (
            <Due key={c.key} card={c} />
          ))}
        </div>
      ) : (
        <div className="pad">
          <DutyList />
        </div>
      )}
    </main>
  );
}
