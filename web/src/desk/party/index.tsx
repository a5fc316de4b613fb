import { useQuery } from '@tanstack/react-query';
import { Segmented } from 'antd';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { GridChoropleth } from '@/shared/map/index.tsx';
import { useSession } from '@/shared/session.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import './party.css';

interface Count {
  name: 'communities' | 'branches' | 'groups' | 'households' | 'members' | 'raised';
  n: number;
  register: string;
  where: string[];
}
interface Chained {
  grid_id: number;
  grid: string;
  community: number;
  place: string;
  branch_id?: number;
  branch?: string;
  secretary?: string;
  groups: number;
  households: number;
  members: number;
}
interface Gap {
  kind: 'no_branch' | 'no_secretary' | 'term_ended';
  grid_id?: number;
  community: number;
  org_id?: number;
  name: string;
  since?: string;
}
interface Chain {
  totals: Count[];
  links: Chained[];
  gaps: Gap[];
}

const rowsOf = (c: Pick<Count, 'register' | 'where'>) =>
  `/ledger/${c.register}?${c.where.map((w) => `where=${encodeURIComponent(w)}`).join('&')}`;

/** Each total opens exactly the rows that it counts. */
function Totals({ totals }: { totals: Count[] }) {
  const { t } = useTranslation();
  const { can } = useSession();
  return (
    <dl className="chain-totals">
      {totals.map((c) => (
        <div key={c.name}>
          <dt>{t(`party:total.${c.name}`)}</dt>
          <dd>{c.name === 'members' && !can('party.members') ? c.n : <Link to={rowsOf(c)}>{c.n}</Link>}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What is known of the branch that a grid lacks. */
const beginning = (g: Gap) => ({ level: 'branch', grid: g.grid_id && { id: g.grid_id, name: g.name } });

const kinds = ['no_branch', 'no_secretary', 'term_ended'] as const;

function Gaps({ gaps }: { gaps: Gap[] }) {
  const { t } = useTranslation();
  if (gaps.length === 0) return <p className="quiet">{t('party:gap.none')}</p>;
  return (
    <>
      {kinds.map((k) => {
        const list = gaps.filter((g) => g.kind === k);
        return list.length ? (
          <section key={k} className="chain-gap">
            <h3>
              {t(`party:gap.${k}`)} <span className="quiet">{list.length}</span>
            </h3>
            <ul>
              {list.map((g) => (
                <li key={`${g.org_id ?? ''}-${g.grid_id ?? g.community}`}>
                  {g.org_id ? (
                    <Link to={`/ledger/party_org?row=${g.org_id}`}>{g.name}</Link>
                  ) : (
                    <Link to="/ledger/party_org?row=new" state={{ begin: beginning(g) }}>
                      {g.name}
                    </Link>
                  )}
                  {g.since ? <span className="quiet"> {t('party:gap.since', { day: g.since })}</span> : null}
                </li>
              ))}
            </ul>
          </section>
        ) : null;
      })}
    </>
  );
}

function Links({ links }: { links: Chained[] }) {
  const { t } = useTranslation();
  const places = [...new Set(links.map((l) => l.place))];
  return (
    <div className="scroll-x">
      <table className="plain-table chain-table">
        <thead>
          <tr>
            <th>{t('party:col.grid')}</th>
            <th>{t('party:col.branch')}</th>
            <th>{t('party:col.secretary')}</th>
            <th className="num">{t('party:col.groups')}</th>
            <th className="num">{t('party:col.households')}</th>
            <th className="num">{t('party:col.members')}</th>
          </tr>
        </thead>
        {places.map((place) => (
          <tbody key={place}>
            <tr>
              <th colSpan={6} scope="rowgroup">
                {place}
              </th>
            </tr>
            {links
              .filter((l) => l.place === place)
              .map((l) => (
                <tr key={l.grid_id}>
                  <td>
                    <Link to={`/grids/${l.grid_id}`}>{l.grid}</Link>
                  </td>
                  <td>
                    {l.branch_id ? (
                      <Link to={`/ledger/party_org?row=${l.branch_id}`}>{l.branch}</Link>
                    ) : (
                      <span className="chain-missing">{t('party:gap.no_branch')}</span>
                    )}
                  </td>
                  <td>
                    {l.secretary ??
                      (l.branch_id ? (
                        <span className="chain-missing">{t('party:gap.no_secretary')}</span>
                      ) : (
                        '—'
                      ))}
                  </td>
                  <td className="num">{l.groups}</td>
                  <td className="num">{l.households}</td>
                  <td className="num">{l.members}</td>
                </tr>
              ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

const views = ['gaps', 'grids', 'map'] as const;

export default function PartyPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const view = views.find((v) => v === params.get('view')) ?? 'gaps';
  useTitle(t('shell:place.party'));
  const chain = useQuery({
    queryKey: ['party', 'chain'],
    queryFn: ({ signal }) => call<Chain>('GET', '/party/chain', { signal }),
  });
  return (
    <main id="main" className="page pad chain">
      <header className="chain-head">
        <h1>{t('shell:place.party')}</h1>
        <Link to="/ledger/party_org/tree">{t('party:tree')}</Link>
      </header>
      {chain.data ? (
        <>
          <Totals totals={chain.data.totals} />
          <Segmented
            value={view}
            onChange={(v) => setParams({ view: v }, { replace: true })}
            options={views.map((v) => ({ value: v, label: t(`party:view.${v}`) }))}
          />
          {view === 'gaps' ? <Gaps gaps={chain.data.gaps} /> : null}
          {view === 'grids' ? <Links links={chain.data.links} /> : null}
          {view === 'map' ? (
            <Suspense fallback={<Loading rows={8} />}>
              <GridChoropleth
                title={t('party:map')}
                values={chain.data.links.map((l) => ({
                  grid_id: l.grid_id,
                  value: l.branch_id ? l.groups : null,
                }))}
                say={(n) => t('party:groups', { count: n })}
                className="chain-map"
              />
            </Suspense>
          ) : null}
        </>
      ) : chain.error ? (
        <ErrorNote error={chain.error} retry={() => void chain.refetch()} />
      ) : (
        <Loading rows={10} />
      )}
    </main>
  );
}
