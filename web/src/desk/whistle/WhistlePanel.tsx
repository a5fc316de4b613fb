import { CloseOutlined } from '@ant-design/icons';
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Status } from '@/shared/api.ts';
import { Gallery } from '@/shared/ui/Lightbox.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { StatusWord, Time } from '@/shared/ui/words.tsx';
import { Acts } from './Acts.tsx';
import { type Call, type Step, useWhistle } from './data.ts';

export function Steps({ steps }: { steps: Step[] | null }) {
  const { t } = useTranslation();
  return (
    <ol className="joint-steps" reversed>
      {[...(steps ?? [])].reverse().map((s, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the history only grows
        <li key={i}>
          <strong>{s.name}</strong>
          {s.org ? ` · ${s.org}` : ''}
          {s.score ? ` · ${t(`cases:satisfied.${s.score}`)}` : ''}
          <div className="quiet">
            {s.actor ? `${s.actor}${s.post ? `（${s.post}）` : ''} · ` : ''}
            <Time at={s.at} />
          </div>
          {s.text ? <div className="joint-text">{s.text}</div> : null}
          {s.files?.length ? <Gallery files={s.files} /> : null}
        </li>
      ))}
    </ol>
  );
}

function Part({ c, id, version }: { c: Call; id: number; version: number }) {
  const { t } = useTranslation();
  return (
    <section className="joint-part">
      <h4>
        {c.org.name}
        <span
          className={c.missed && !c.came_at ? 'tone-overdue' : c.state === 'confirmed' ? 'tone-done' : ''}
        >
          {t(`whistle:part.${c.state}`)}
        </span>
      </h4>
      <p className="quiet">
        {c.state === 'called' ? (
          <span className={c.overdue ? 'tone-overdue' : ''}>{c.clock}</span>
        ) : c.came_at ? (
          <>
            {t('whistle:came')} <Time at={c.came_at} />
          </>
        ) : null}
        {c.missed ? <span className="tone-overdue"> · {t('whistle:missed')}</span> : null}
        {c.shifts ? ` · ${t('whistle:shifts', { count: c.shifts })}` : ''}
        {c.urged ? ` · ${t('whistle:urged', { count: c.urged })}` : ''}
      </p>
      {c.result ? <p className="joint-text">{c.result}</p> : null}
      {c.files?.length ? <Gallery files={c.files} /> : null}
      {c.by_street || c.by_unit ? (
        <p className="quiet">
          {c.by_street ? `${t('whistle:by_street')} ${t(`cases:satisfied.${c.by_street}`)}` : ''}
          {c.by_street && c.by_unit ? ' · ' : ''}
          {c.by_unit ? `${t('whistle:by_unit')} ${t(`cases:satisfied.${c.by_unit}`)}` : ''}
        </p>
      ) : null}
      <Acts
        options={c.actions}
        path={`/whistles/${id}/actions`}
        version={version}
        more={{ org: c.org.id }}
        about={c.org.name}
      />
    </section>
  );
}

/** A whistle beside the list: the matter, each department's part with what may be done, the history. */
export function WhistlePanel({ id, close }: { id: number; close: () => void }) {
  const { t } = useTranslation();
  const q = useWhistle(id);
  const o = q.data;
  return (
    <aside className="panel joint-panel" aria-label={t('whistle:one')}>
      <Button
        type="text"
        icon={<CloseOutlined aria-hidden />}
        aria-label={t('whistle:close')}
        onClick={close}
        style={{ float: 'right' }}
      />
      {q.error ? <ErrorNote error={q.error} retry={() => void q.refetch()} /> : null}
      {!o ? (
        <Loading />
      ) : (
        <>
          <span className="num quiet">{o.number}</span>
          <h2>{o.title}</h2>
          {o.raised_to && o.state === 'open' ? (
            <Alert type="error" showIcon title={t('whistle:raised_to', { name: o.raised_to })} />
          ) : null}
          {o.arbiter && o.state === 'open' ? (
            <Alert type="warning" showIcon title={t('whistle:arbiter', { name: o.arbiter })} />
          ) : null}
          <dl>
            <dt>{t('whistle:col.state')}</dt>
            <dd>{t(`whistle:state.${o.state}`)}</dd>
            <dt>{t('whistle:col.kind')}</dt>
            <dd>
              {t(`whistle:kind.${o.kind}`)} · {t('whistle:within', { limit: o.limit })}
            </dd>
            <dt>{t('whistle:place')}</dt>
            <dd>
              {[o.street?.name, o.community?.name, o.grid?.name].filter(Boolean).join(' ')} {o.address}
            </dd>
            {o.case ? (
              <>
                <dt>{t('whistle:case')}</dt>
                <dd>
                  <Link to={`/cases/${o.case.id}`}>{o.case.number}</Link>{' '}
                  <StatusWord status={o.case.status as Status} />
                </dd>
              </>
            ) : null}
            <dt>{t('whistle:col.called')}</dt>
            <dd>
              {o.called_by} · <Time at={o.called_at} />
            </dd>
          </dl>
          {o.text ? <p className="joint-text">{o.text}</p> : null}
          <h3>{t('whistle:orgs')}</h3>
          {(o.calls ?? []).map((c) => (
            <Part key={c.org.id} c={c} id={o.id} version={o.version} />
          ))}
          <Acts options={o.actions} path={`/whistles/${o.id}/actions`} version={o.version} />
          <h3>{t('whistle:history')}</h3>
          <Steps steps={o.steps} />
        </>
      )}
    </aside>
  );
}
