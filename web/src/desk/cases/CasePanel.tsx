import { CloseOutlined, ExpandOutlined, LinkOutlined } from '@ant-design/icons';
import { Button, Dropdown, Tooltip } from 'antd';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { CaseAction, CaseBody, CaseDetail, CaseItem, CaseRequest } from '@/shared/api.ts';
import { useCaseEvents } from '@/shared/live.ts';
import { MapSpot } from '@/shared/map/index.tsx';
import { useSession } from '@/shared/session.tsx';
import { Gallery } from '@/shared/ui/Lightbox.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { ClockText, GradeWord, StatusWord, Time } from '@/shared/ui/words.tsx';
import { OfCase } from '../whistle/OfCase.tsx';
import { useCase } from './data.ts';
import { Flags } from './Flags.tsx';
import { defaultsFor, knownUnits } from './fields.ts';
import { Likely } from './Likely.tsx';
import { PublicPhotos } from './PublicPhotos.tsx';
import { Reporter } from './Reporter.tsx';
import { Steps } from './Steps.tsx';
import { Timeline } from './Timeline.tsx';

const ActionForm = lazy(() => import('./ActionForm.tsx'));

interface Asked {
  action: CaseAction;
  /** Not asked for again. */
  preset?: Record<string, unknown>;
  /** What the form begins with. */
  defaults?: Record<string, unknown>;
}

function Part({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <section className="case-part">
      <h2>
        {title}
        {aside}
      </h2>
      {children}
    </section>
  );
}

function Requests({
  items,
  actions,
  ask,
}: {
  items: CaseRequest[];
  actions: CaseAction[];
  ask: (a: Asked) => void;
}) {
  const { t } = useTranslation();
  const approve = actions.find((a) => a.action === 'approve');
  const refuse = actions.find((a) => a.action === 'refuse');
  return (
    <ul className="requests">
      {items.map((r) => (
        <li key={r.id} className={r.status === 'pending' ? 'request-open' : ''}>
          <div>
            <strong>{t(`cases:pending.${r.kind}`, { defaultValue: r.kind })}</strong> ·{' '}
            {t(`cases:request.${r.status}`)}
            <span className="quiet">
              {' '}
              {r.asked_by} <Time at={r.asked_at} />
            </span>
          </div>
          {r.reason ? <p>{r.reason}</p> : null}
          {r.until ? <p>{t('cases:request.until', { day: r.until })}</p> : null}
          {r.proposed ? <p>{t('cases:request.proposed', { org: r.proposed.name })}</p> : null}
          {r.status === 'pending' ? (
            <div className="request-do">
              {r.approver ? (
                <span className="quiet">{t('cases:request.approver', { name: r.approver })}</span>
              ) : null}
              {[approve, refuse].map((a) =>
                a?.allowed ? (
                  <Button
                    key={a.action}
                    size="small"
                    type={a.action === 'approve' ? 'primary' : 'default'}
                    onClick={() => ask({ action: a, preset: { request: r.id } })}
                  >
                    {a.name}
                  </Button>
                ) : null,
              )}
            </div>
          ) : r.decided_at ? (
            <p className="quiet">
              {r.decided_by} <Time at={r.decided_at} /> {r.decision_reason}
            </p>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function Linked({ relation, item }: { relation: string; item: CaseItem }) {
  const { t } = useTranslation();
  return (
    <li>
      <span className="quiet">{t(`cases:relation.${relation}`, { defaultValue: relation })}</span>{' '}
      <Link to={`/cases/${item.id}`}>
        <span className="num">{item.number}</span> {item.title}
      </Link>{' '}
      <StatusWord status={item.status} />
    </li>
  );
}

/** The actions: what may be done now as buttons, the rest with the reason why not. */
function Actions({ actions, ask }: { actions: CaseAction[]; ask: (a: Asked) => void }) {
  const { t } = useTranslation();
  const may = actions.filter((a) => a.allowed && a.action !== 'approve' && a.action !== 'refuse');
  may.sort((a, b) => Number(b.primary ?? false) - Number(a.primary ?? false));
  const front = may.slice(0, 4);
  const rest = may.slice(4);
  const not = actions.filter((a) => !a.allowed && a.why);
  return (
    <div className="case-actions">
      {front.map((a) => (
        <Button key={a.action} type={a.primary ? 'primary' : 'default'} onClick={() => ask({ action: a })}>
          {a.name}
        </Button>
      ))}
      {rest.length ? (
        <Dropdown
          trigger={['click']}
          menu={{
            items: rest.map((a) => ({ key: a.action, label: a.name, danger: a.action === 'void' })),
            onClick: ({ key }) => {
              const a = rest.find((x) => x.action === key);
              if (a) ask({ action: a });
            },
          }}
        >
          <Button>{t('common:do.more')}</Button>
        </Dropdown>
      ) : null}
      {may.length === 0 ? <span className="quiet">{t('cases:nothing_to_do')}</span> : null}
      {not.length ? (
        <details className="why-not">
          <summary>{t('cases:why_not', { count: not.length })}</summary>
          <dl>
            {not.map((a) => (
              <div key={a.action}>
                <dt>{a.name}</dt>
                <dd>{a.why}</dd>
              </div>
            ))}
          </dl>
        </details>
      ) : null}
    </div>
  );
}

function Facts({ c, link }: { c: CaseBody; link?: unknown }) {
  const { t } = useTranslation();
  const rows: [string, ReactNode][] = [
    ...(c.answers ?? []).map((a): [string, ReactNode] => [a.question, a.text]),
    [t('cases:fact.category'), c.category?.name ?? t('cases:no_category')],
    [
      t('cases:fact.channel'),
      `${t(`common:channel.${c.channel}`)}${c.outside_number ? ` · ${c.outside_number}` : ''}`,
    ],
    [t('cases:fact.reported'), <Time key="r" at={c.reported_at} />],
  ];
  if (c.occurred_at) rows.push([t('cases:fact.occurred'), <Time key="o" at={c.occurred_at} />]);
  if (c.supporters > 1) rows.push([t('cases:fact.supporters'), t('cases:people', { count: c.supporters })]);
  if (typeof link === 'string') rows.push([t('cases:fact.link'), <code key="l">{link}</code>]);
  if (c.against) rows.push([t('cases:fact.against'), c.against.name]);
  if (c.result) rows.push([t('cases:fact.result'), c.result]);
  return (
    <dl className="facts">
      {rows.map(([k, v]) => (
        <div key={k}>
          <dt>{k}</dt>
          <dd>{v}</dd>
        </div>
      ))}
    </dl>
  );
}

function Body({ d, onClose, full }: { d: CaseDetail; onClose?: () => void; full?: boolean }) {
  const { t } = useTranslation();
  const { can, canAny } = useSession();
  const [asked, setAsked] = useState<Asked | null>(null);
  const c = d.case;
  const units = [...(c.units ?? [])].sort((a, b) => Number(a.role !== 'lead') - Number(b.role !== 'lead'));
  const files = d.files ?? [];
  const links = d.links ?? [];
  const merge = d.actions?.find((a) => a.action === 'merge');
  const requests = d.requests ?? [];
  const where = [c.street?.name, c.community?.name, c.grid?.name].filter(Boolean).join(' · ');

  return (
    <>
      <header className="case-head">
        <div className="case-top">
          <span className="num quiet">{c.number}</span>
          <StatusWord status={c.status} />
          <GradeWord grade={c.grade} />
          <span className="grow" />
          {full ? null : (
            <Tooltip title={t('cases:open_full')}>
              <Link to={`/cases/${c.id}`} className="icon-link" aria-label={t('cases:open_full')}>
                <ExpandOutlined />
              </Link>
            </Tooltip>
          )}
          <Tooltip title={t('cases:copy_link')}>
            <Button
              className="copy-link"
              type="text"
              size="small"
              icon={<LinkOutlined />}
              aria-label={t('cases:copy_link')}
              onClick={() => void navigator.clipboard?.writeText(`${location.origin}/desk/cases/${c.id}`)}
            />
          </Tooltip>
          {onClose ? (
            <Button
              type="text"
              size="small"
              icon={<CloseOutlined />}
              aria-label={t('common:do.close')}
              onClick={onClose}
            />
          ) : null}
        </div>
        <h1 className="case-title">{c.title}</h1>
        <Flags item={c} all />
        <Steps c={c} />
        <div className="case-clocks">
          {c.clock.state === 'none' ? null : (
            <span>
              <span className="quiet">{t('cases:clock.whole')}</span> <ClockText clock={c.clock} long />
            </span>
          )}
          {c.stage && c.stage.state !== 'none' && c.stage.state !== 'stopped' ? (
            <span>
              <span className="quiet">{t('cases:clock.stage')}</span> <ClockText clock={c.stage} long />
            </span>
          ) : null}
        </div>
        <Actions
          actions={d.actions ?? []}
          ask={(a) => setAsked({ ...a, defaults: defaultsFor(a.action.action, c) })}
        />
        {c.suggested && d.actions?.some((a) => a.allowed && a.action === 'dispatch') ? (
          <p className="quiet case-suggest">
            {t('cases:suggested', { org: c.suggested.lead.name })} {c.suggested.why}
          </p>
        ) : null}
      </header>
      <div className="case-body">
        {requests.some((r) => r.status === 'pending') ? (
          <Part title={t('cases:part_requests')}>
            <Requests
              items={requests.filter((r) => r.status === 'pending')}
              actions={d.actions ?? []}
              ask={setAsked}
            />
          </Part>
        ) : null}
        {merge?.allowed ? (
          <Likely c={c} merge={(into) => setAsked({ action: merge, preset: { into } })} />
        ) : null}
        <Part title={t('cases:part_what')}>
          <p className="case-text">{c.text}</p>
          {files.length ? <Gallery files={files} /> : null}
          {can('case.triage') ? <PublicPhotos files={files} /> : null}
          <Facts c={c} link={d.timeline?.[0]?.fields?.link} />
        </Part>
        <Part title={t('cases:part_where')}>
          <p>{c.address || t('cases:no_address')}</p>
          <p className="quiet">{where}</p>
          {c.lon && c.lat ? (
            <Suspense fallback={<div className="map-box" style={{ height: 180 }} />}>
              <MapSpot
                point={{ lon: c.lon, lat: c.lat }}
                gridId={c.grid?.id}
                height={180}
                label={t('cases:map_label', { address: c.address || where })}
              />
            </Suspense>
          ) : null}
        </Part>
        <Part title={t('cases:part_who')}>
          {units.length || c.lead ? (
            <ul className="units">
              {(units.length
                ? units
                : [
                    {
                      org: c.lead as { id: number; name: string },
                      role: 'lead' as const,
                      since: undefined,
                      status: undefined,
                    },
                  ]
              ).map((u) => (
                <li key={`${u.role}${u.org.id}`}>
                  <span className="tag">{t(`cases:unit.${u.role}`)}</span> {u.org.name}{' '}
                  <span className="quiet">
                    {u.since ? <Time at={u.since} /> : null}{' '}
                    {u.status === 'ended' ? t('cases:unit_ended') : null}
                  </span>
                </li>
              ))}
            </ul>
          ) : (
            <p className="quiet">{t('cases:nobody_yet')}</p>
          )}
          {c.handler ? <p className="quiet">{t('cases:handler', { name: c.handler })}</p> : null}
          {(c.limits ?? []).length ? (
            <dl className="facts">
              {(c.limits ?? []).map((l) => (
                <div key={l.name}>
                  <dt>{l.name}</dt>
                  <dd>
                    {l.limit}
                    {l.due_at ? (
                      <span className="quiet">
                        {' '}
                        · <Time at={l.due_at} />
                      </span>
                    ) : null}
                    {l.state ? (
                      <span className="quiet">
                        {' '}
                        · {t(`cases:limit.${l.state}`, { defaultValue: l.state })}
                      </span>
                    ) : null}
                  </dd>
                </div>
              ))}
            </dl>
          ) : null}
        </Part>
        {c.reporter?.exists ? (
          <Part title={t('cases:part_reporter')}>
            <Reporter id={c.id} reporter={c.reporter} mayReveal={can('case.reveal')} />
          </Part>
        ) : null}
        {requests.some((r) => r.status !== 'pending') ? (
          <Part title={t('cases:part_requests_done')}>
            <Requests items={requests.filter((r) => r.status !== 'pending')} actions={[]} ask={setAsked} />
          </Part>
        ) : null}
        {links.length ? (
          <Part title={t('cases:part_links')}>
            <ul className="links">
              {links.map((l) => (
                <Linked key={`${l.relation}${l.case.id}`} relation={l.relation} item={l.case} />
              ))}
            </ul>
          </Part>
        ) : null}
        {canAny('whistle.call', 'whistle.answer') ? (
          <Part title={t('whistle:of_case')}>
            <OfCase id={c.id} open={!c.closed_at} />
          </Part>
        ) : null}
        <Part
          title={t('cases:part_history')}
          aside={
            can('audit.read') ? (
              <Link className="part-link" to={`/audit?object=case&object_id=${c.id}`}>
                {t('cases:trail')}
              </Link>
            ) : undefined
          }
        >
          <Timeline entries={d.timeline ?? []} c={c} files={files} />
        </Part>
      </div>
      {asked ? (
        <Suspense fallback={null}>
          <ActionForm
            action={asked.action}
            preset={asked.preset}
            defaults={asked.defaults}
            known={knownUnits(c)}
            telling={c.category ? undefined : { title: c.title, text: c.text }}
            cases={[c]}
            onClose={() => setAsked(null)}
            onDone={() => setAsked(null)}
          />
        </Suspense>
      ) : null}
    </>
  );
}

/** A case in one look: beside the list, or as a page of its own. */
export function CasePanel({ id, onClose, full }: { id: number; onClose?: () => void; full?: boolean }) {
  const q = useCase(id);
  useCaseEvents((e) => {
    if (e.id === id && full) void q.refetch();
  }, !!full);
  if (q.data) return <Body key={id} d={q.data} onClose={onClose} full={full} />;
  return q.error ? (
    <div className="pad">
      <ErrorNote error={q.error} retry={() => void q.refetch()} />
    </div>
  ) : (
    <Loading rows={10} />
  );
}
