import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Input, Modal, Select } from 'antd';
import type { Map as GlMap } from 'maplibre-gl';
import { Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { type Box, boxOf } from '@/shared/map/geo.ts';
import { CityMap } from '@/shared/map/index.tsx';
import { useSession } from '@/shared/session.tsx';
import { useLook } from '@/shared/theme.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import {
  type Bounds,
  type DraftItem,
  type DraftPage,
  keys,
  type Measured,
  useComparison,
  usePlan,
  useShapes,
} from './data.ts';
import { figures, number } from './effect.ts';
import { coloursOf, planOverlay } from './layers.ts';
import { RunPanel } from './RunPanel.tsx';

/** A result in its own words, a draft by its name. */
export function useDraftName() {
  const { t } = useTranslation();
  return (d: Pick<DraftItem, 'name' | 'status' | 'options'>) =>
    d.status === 'result' ? t(`planning:style.${d.options.weights}`) : d.name;
}

function share(part: number, all: number): string {
  return all ? `${((100 * part) / all).toFixed(1)} %` : '—';
}

function boundOf(key: string, b: Bounds | undefined): string {
  if (!b) return '';
  if (key === 'grids' && b.grids) return `≥ ${b.grids}`;
  if (key === 'rms_m' && b.rms_m) return `≥ ${b.rms_m.toFixed(1)}`;
  return '';
}

/** Figures in rows, plans in columns, beside what today's grids come to and what no plan can beat. */
function Figures({
  today,
  drafts,
  households,
}: {
  today: Measured;
  drafts: DraftItem[];
  households: number;
}) {
  const { t } = useTranslation();
  const nameOf = useDraftName();
  const bounds = drafts.find((d) => d.bounds.grids)?.bounds;
  const compared = today.old_grids > 0;
  return (
    <div className="scroll-x">
      <table className="plain-table compare-table">
        <caption>{t('planning:compare.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('planning:compare.figure')}</th>
            {compared ? <th scope="col">{t('planning:compare.today')}</th> : null}
            {drafts.map((d) => (
              <th scope="col" key={d.id}>
                <Link to={`/planning/drafts/${d.id}`}>{nameOf(d)}</Link>
                <div className="quiet">{t(`planning:status.${d.status}`)}</div>
              </th>
            ))}
            <th scope="col">{t('planning:compare.bound')}</th>
          </tr>
        </thead>
        <tbody>
          {figures
            .filter((f) => compared || !['moved_households', 'old_torn'].includes(f.key))
            .map(({ key }) => (
              <tr key={key}>
                <th scope="row">{t(`planning:figure.${key}`)}</th>
                {compared ? <td className="num">{number(key, today[key] as number)}</td> : null}
                {drafts.map((d) => (
                  <td className="num" key={d.id}>
                    {number(key, d.figures[key] as number)}
                    {key === 'moved_households' ? (
                      <span className="quiet"> {share(d.figures.moved_households, households)}</span>
                    ) : null}
                  </td>
                ))}
                <td className="num quiet">
                  {boundOf(key, bounds)}
                  {key === 'moved_households' && bounds?.kept_share
                    ? `≥ ${share(1 - bounds.kept_share, 1)}`
                    : ''}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

/** Keeps two maps at one view. */
function useTwins() {
  const maps = useRef<(GlMap | null)[]>([null, null]);
  const busy = useRef(false);
  return useCallback(
    (i: 0 | 1) => (map: GlMap | null) => {
      maps.current[i] = map;
      map?.on('move', () => {
        const other = maps.current[1 - i];
        if (busy.current || !other) return;
        busy.current = true;
        other.jumpTo({ center: map.getCenter(), zoom: map.getZoom() });
        busy.current = false;
      });
    },
    [],
  );
}

function OneMap({
  drafts,
  value,
  onChange,
  onMap,
  label,
}: {
  drafts: DraftItem[];
  value: number;
  onChange: (id: number) => void;
  onMap: (map: GlMap | null) => void;
  label: string;
}) {
  const { t } = useTranslation();
  const { mode } = useLook();
  const nameOf = useDraftName();
  const shapes = useShapes(value);
  const overlay = useMemo(
    () =>
      shapes.data ? planOverlay({ shapes: shapes.data, colours: coloursOf(shapes.data), mode }) : undefined,
    [shapes.data, mode],
  );
  const focus = useMemo<Box | undefined>(
    () => (shapes.data ? boxOf(shapes.data.features.map((f) => f.geometry)) : undefined),
    [shapes.data],
  );
  return (
    <div className="one-map">
      <Select
        aria-label={label}
        value={value}
        onChange={onChange}
        popupMatchSelectWidth={false}
        options={drafts.map((d) => ({ value: d.id, label: nameOf(d) }))}
      />
      {shapes.error ? <ErrorNote error={shapes.error} /> : null}
      <Suspense fallback={<Loading rows={4} />}>
        <CityMap
          label={label}
          overlay={overlay}
          focus={focus}
          calm
          onMap={onMap}
          alternative={<p className="citymap-note">{t('planning:map.instead')}</p>}
        />
      </Suspense>
    </div>
  );
}

/** What becomes of today's grids under a plan. */
function OldNew({ drafts, first }: { drafts: DraftItem[]; first: number }) {
  const { t } = useTranslation();
  const nameOf = useDraftName();
  const [id, setId] = useState(first);
  const [all, setAll] = useState(false);
  const answer = useComparison(id, undefined, true);
  const rows = answer.data?.rows ?? [];
  return (
    <section className="panel" aria-label={t('planning:old_new.title')}>
      <div className="panel-head">
        <h2>{t('planning:old_new.title')}</h2>
        <Select
          size="small"
          aria-label={t('planning:old_new.of')}
          value={id}
          onChange={setId}
          popupMatchSelectWidth={false}
          options={drafts.map((d) => ({ value: d.id, label: nameOf(d) }))}
        />
      </div>
      {answer.error ? <ErrorNote error={answer.error} /> : null}
      {answer.data ? (
        <p>
          {t('planning:old_new.sum', {
            kept: answer.data.kept_households.toLocaleString('en'),
            moved: answer.data.moved_households.toLocaleString('en'),
            torn: answer.data.torn,
          })}
        </p>
      ) : null}
      <div className="scroll-x">
        <table className="plain-table">
          <thead>
            <tr>
              <th>{t('planning:old_new.grid')}</th>
              <th>{t('planning:old_new.households')}</th>
              <th>{t('planning:old_new.changes')}</th>
              <th>{t('planning:old_new.into')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, all ? undefined : 12).map((r) => (
              <tr key={r.name}>
                <td>{r.name}</td>
                <td className="num">{r.households}</td>
                <td className="num">{r.households - r.kept}</td>
                <td>
                  {r.into
                    .map((x) => `${x.title} ${t('planning:n_households', { n: x.households })}`)
                    .join('，')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > 12 && !all ? (
        <Button type="link" onClick={() => setAll(true)}>
          {t('planning:old_new.all', { n: rows.length })}
        </Button>
      ) : null}
    </section>
  );
}

/** Makes an editable draft of a result or draft. */
export function CopyButton({ from, name, primary }: { from: number; name: string; primary?: boolean }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const copy = useMutation({
    mutationFn: () => call<DraftPage>('POST', '/plan-drafts', { body: { from, name: text.trim() } }),
    onSuccess: (d) => {
      setOpen(false);
      client.setQueryData(keys.draft(d.id), d);
      void client.invalidateQueries({ queryKey: keys.plan(d.plan) });
      void go(`/planning/drafts/${d.id}`);
    },
  });
  return (
    <>
      <Button
        type={primary ? 'primary' : 'default'}
        onClick={() => {
          setText(t('planning:copy.name', { name }));
          setOpen(true);
        }}
      >
        {t('planning:copy.do')}
      </Button>
      <Modal
        open={open}
        title={t('planning:copy.title')}
        okText={t('planning:copy.save')}
        okButtonProps={{ disabled: !text.trim(), loading: copy.isPending }}
        onOk={() => copy.mutate()}
        onCancel={() => setOpen(false)}
        destroyOnHidden
      >
        <label htmlFor="draft-name">{t('planning:copy.label')}</label>
        <Input
          id="draft-name"
          value={text}
          maxLength={60}
          onChange={(e) => setText(e.target.value)}
          onPressEnter={() => text.trim() && copy.mutate()}
        />
        {copy.error ? <ErrorNote error={copy.error} /> : null}
      </Modal>
    </>
  );
}

export function PlanPage() {
  const { t } = useTranslation();
  const { can } = useSession();
  const id = Number(useParams().plan);
  const plan = usePlan(id);
  const nameOf = useDraftName();
  const twin = useTwins();
  const first = useMemo(() => twin(0), [twin]);
  const second = useMemo(() => twin(1), [twin]);
  const [pair, setPair] = useState<[number?, number?]>([]);
  useTitle(plan.data?.name ?? t('planning:title'));
  if (plan.error && !plan.data) return <ErrorNote error={plan.error} retry={() => void plan.refetch()} />;
  if (!plan.data) return <Loading rows={8} />;
  const p = plan.data;
  const write = can('plan.write');
  const newest = p.runs[0]?.id;
  // The newest run's results and everything that people made of any.
  const shown = p.drafts.filter((d) => d.status !== 'result' || d.run === newest);
  const results = shown.filter((d) => d.status === 'result');
  const left = pair[0] ?? shown[0]?.id;
  const right = pair[1] ?? shown.find((d) => d.id !== left)?.id ?? left;
  return (
    <div className="planning-page">
      <p className="crumb">
        <Link to="/planning">{t('planning:title')}</Link>
      </p>
      <header className="page-head">
        <h1>{p.name}</h1>
        <span className="quiet">
          {t('planning:plan.size', {
            communities: p.communities.length,
            units: p.units.toLocaleString('en'),
            households: p.households.toLocaleString('en'),
          })}
        </span>
      </header>
      {p.remarks.length ? (
        <details className="panel remarks">
          <summary>{t('planning:plan.remarks', { n: p.remarks.length })}</summary>
          <table className="plain-table">
            <tbody>
              {p.remarks.slice(0, 500).map((r) => (
                <tr key={`${r.row ?? ''}${r.what}${r.problem}`}>
                  <td className="num">{r.row}</td>
                  <td>{r.what}</td>
                  <td>{r.problem}</td>
                  <td>{r.treatment}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      ) : null}
      <RunPanel key={newest ?? 0} plan={p} write={write} />
      {shown.length ? (
        <>
          <section className="panel" aria-label={t('planning:compare.title')}>
            <div className="panel-head">
              <h2>{t('planning:compare.title')}</h2>
            </div>
            <Figures today={p.today} drafts={shown} households={p.households} />
            {write && results.length ? (
              <div className="copy-row">
                <span>{t('planning:compare.keep')}</span>
                {results.map((d) => (
                  <span key={d.id} className="copy-one">
                    {nameOf(d)} <CopyButton from={d.id} name={nameOf(d)} />
                  </span>
                ))}
              </div>
            ) : null}
          </section>
          {left && right ? (
            <section className="two-maps" aria-label={t('planning:compare.maps')}>
              <OneMap
                drafts={shown}
                value={left}
                onChange={(v) => setPair([v, right])}
                onMap={first}
                label={t('planning:compare.left')}
              />
              <OneMap
                drafts={shown}
                value={right}
                onChange={(v) => setPair([left, v])}
                onMap={second}
                label={t('planning:compare.right')}
              />
            </section>
          ) : null}
          {p.today.old_grids > 0 && left ? <OldNew key={newest ?? 0} drafts={shown} first={left} /> : null}
        </>
      ) : null}
    </div>
  );
}
