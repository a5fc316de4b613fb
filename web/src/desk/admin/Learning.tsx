import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '@/shared/call.ts';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { uuidv7 } from '@/shared/uuid.ts';

interface Point {
  threshold: number;
  routed: number;
  right: number;
}
interface Figures {
  messages: number;
  right: number;
  three: number;
  macro_f1: number;
  curve: Point[];
  confusion: { right: string; given: string; n: number }[];
}
interface Model {
  id: number;
  made_at?: string;
  nightly: boolean;
  examples: number;
  verdict: '' | 'live' | 'kept';
  live: boolean;
  usable: boolean;
  new?: Figures;
  old?: Figures;
  shown: number;
  first: number;
  routed: number;
  stayed: number;
}
interface Overview {
  auto_category_share: number;
  least_history: number;
  versions: Model[];
  corrections: {
    case_id: number;
    at: string;
    proposed: string;
    share: number;
    chosen: string;
    rank: number;
  }[];
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** A threshold: near 100 % the second digit matters. */
const fine = (share: number) => `${(Math.floor(share * 10000) / 100).toFixed(2)} %`;

/** The share routed against the share right, from 80 % up: below nobody would route. */
function Curve({ points, threshold }: { points: Point[]; threshold: number }) {
  const { t } = useTranslation();
  const low = Math.min(0.8, ...points.map((p) => p.right));
  const x = (routed: number) => 44 + routed * 400;
  const y = (right: number) => 12 + ((1 - right) / (1 - low)) * 150;
  const line = points.map((p) => `${x(p.routed)},${y(p.right)}`).join(' ');
  const at = threshold ? points.filter((p) => p.threshold >= threshold).at(-1) : undefined;
  return (
    <svg
      className="learning-curve"
      viewBox="0 0 460 200"
      role="img"
      aria-label={t('classify:curve')}
      fontSize="11"
    >
      {[low, (1 + low) / 2, 1].map((v) => (
        <g key={v}>
          <line x1="44" x2="444" y1={y(v)} y2={y(v)} stroke="var(--line)" />
          <text x="40" y={y(v) + 4} textAnchor="end" fill="currentColor">
            {Math.round(v * 100)}%
          </text>
        </g>
      ))}
      {[0, 0.25, 0.5, 0.75, 1].map((v) => (
        <text key={v} x={x(v)} y="180" textAnchor="middle" fill="currentColor">
          {v * 100}%
        </text>
      ))}
      <text x="244" y="196" textAnchor="middle" fill="currentColor">
        {t('classify:routed_share')}
      </text>
      <polyline points={line} fill="none" stroke="var(--accent)" strokeWidth="2" />
      {at ? <circle cx={x(at.routed)} cy={y(at.right)} r="5" fill="var(--accent)" /> : null}
    </svg>
  );
}

/** Which models were learned, how they did on held-back cases, and what people corrected. */
export function Learning() {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const client = useQueryClient();
  const q = useQuery({
    queryKey: ['admin', 'classifier'],
    queryFn: ({ signal }) => call<Overview>('GET', '/classifier', { signal }),
  });
  const again = () => client.invalidateQueries({ queryKey: ['admin', 'classifier'] });
  const retrain = useMutation({
    mutationFn: () => call<Model>('POST', '/classifier/versions', { key: uuidv7() }),
    onSuccess: (m) => {
      void again();
      void message.info(t(m.verdict === 'live' ? 'classify:learned_live' : 'classify:learned_kept'));
    },
  });
  const restore = useMutation({
    mutationFn: (model: number) => call('PUT', '/classifier/live', { body: { model } }),
    onSuccess: () => {
      void again();
      void message.success(t('classify:restored'));
    },
  });
  if (q.error) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  if (!q.data) return <Loading rows={8} />;
  const d = q.data;
  const live = d.versions.find((v) => v.live);
  const shown = live?.new ?? d.versions.find((v) => v.new)?.new;
  const failed = retrain.error ?? restore.error;
  const name = (m: Model) =>
    m.id === 0 ? (
      t('classify:own_words')
    ) : (
      <>
        <Time at={m.made_at} />{' '}
        <span className="quiet">{t(m.nightly ? 'classify:nightly' : 'classify:by_hand')}</span>
      </>
    );
  const state = (m: Model) =>
    m.live ? t('classify:live') : m.verdict === 'kept' ? t('classify:kept') : t('classify:earlier');
  return (
    <div className="learning">
      <header className="admin-head">
        <h1>{t('admin:page.learning')}</h1>
        <div className="head-side">
          <Button type="primary" loading={retrain.isPending} onClick={() => retrain.mutate()}>
            {t('classify:retrain')}
          </Button>
        </div>
      </header>
      <p className="quiet">{t('classify:why')}</p>
      {retrain.isPending ? <p role="status">{t('classify:retrain_wait')}</p> : null}
      {failed ? <ErrorNote error={failed} /> : null}
      {d.versions.length === 1 ? <p>{t('classify:no_model', { count: d.least_history })}</p> : null}

      <h2>{t('classify:versions')}</h2>
      <div className="scroll-x">
        <table className="plain-table">
          <thead>
            <tr>
              <th>{t('classify:version')}</th>
              <td />
              <th className="num">{t('classify:examples')}</th>
              <th className="num">{t('classify:held')}</th>
              <th className="num">{t('classify:right')}</th>
              <th className="num">{t('classify:three')}</th>
              <th className="num">{t('classify:before')}</th>
              <th className="num">{t('classify:in_use')}</th>
              <th className="num">{t('classify:routed')}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {d.versions.map((m) => (
              <tr key={m.id} className={m.live ? 'row-chosen' : undefined}>
                <th scope="row">{name(m)}</th>
                <td>{state(m)}</td>
                <td className="num">{m.examples || '—'}</td>
                <td className="num">{m.new?.messages ?? '—'}</td>
                <td className="num">{m.new ? percent(m.new.right) : t('classify:none')}</td>
                <td className="num">{m.new ? percent(m.new.three) : t('classify:none')}</td>
                <td className="num">{m.old ? percent(m.old.right) : '—'}</td>
                <td className="num">
                  {m.shown ? t('classify:in_use_of', { first: m.first, shown: m.shown }) : t('classify:none')}
                </td>
                <td className="num">{m.routed ? `${m.stayed} / ${m.routed}` : '—'}</td>
                <td>
                  {m.usable && !m.live ? (
                    <Button
                      size="small"
                      loading={restore.isPending && restore.variables === m.id}
                      onClick={() => restore.mutate(m.id)}
                    >
                      {t('classify:restore')}
                    </Button>
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>

      {shown ? (
        <>
          <h2>{t('classify:curve')}</h2>
          <p className="quiet">{t('classify:curve_why')}</p>
          <p>
            {d.auto_category_share
              ? t('classify:auto_on', { share: percent(d.auto_category_share) })
              : t('classify:auto_off')}{' '}
            <Link to="/admin/settings">{t('classify:auto_set')}</Link>
          </p>
          <div className="learning-pair">
            <Curve points={shown.curve} threshold={d.auto_category_share} />
            <table className="plain-table">
              <thead>
                <tr>
                  <th className="num">{t('classify:threshold')}</th>
                  <th className="num">{t('classify:routed_share')}</th>
                  <th className="num">{t('classify:right_share')}</th>
                </tr>
              </thead>
              <tbody>
                {shown.curve
                  .filter((p) => p.routed > 0.39)
                  .map((p) => (
                    <tr key={p.routed}>
                      <td className="num">{fine(p.threshold)}</td>
                      <td className="num">{percent(p.routed)}</td>
                      <td className="num">{percent(p.right)}</td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
          <h2>{t('classify:confusion')}</h2>
          <table className="plain-table">
            <thead>
              <tr>
                <th>{t('classify:should')}</th>
                <th>{t('classify:taken')}</th>
                <th className="num">{t('classify:count')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.confusion.map((c) => (
                <tr key={`${c.right} ${c.given}`}>
                  <td>{c.right}</td>
                  <td>{c.given}</td>
                  <td className="num">{c.n}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      ) : null}

      <h2>{t('classify:corrections')}</h2>
      {d.corrections.length === 0 ? (
        <p className="quiet">{t('classify:corrections_none')}</p>
      ) : (
        <div className="scroll-x">
          <table className="plain-table">
            <thead>
              <tr>
                <th>{t('classify:at')}</th>
                <th>{t('classify:proposed')}</th>
                <th>{t('classify:chosen')}</th>
                <th>{t('classify:rank')}</th>
                <th>{t('classify:case')}</th>
              </tr>
            </thead>
            <tbody>
              {d.corrections.map((c) => (
                <tr key={`${c.case_id} ${c.at}`}>
                  <td>
                    <Time at={c.at} />
                  </td>
                  <td>
                    {c.proposed} <span className="quiet num">{percent(c.share)}</span>
                  </td>
                  <td>{c.chosen}</td>
                  <td>{c.rank || t('classify:rank_none')}</td>
                  <td>
                    <Link to={`/cases/${c.case_id}`}>{t('classify:open_case')}</Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
