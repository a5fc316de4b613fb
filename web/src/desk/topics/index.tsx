import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Form, Input, Modal, Segmented } from 'antd';
import { Suspense, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Route, Routes, useNavigate, useParams, useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { MapSpot } from '@/shared/map/index.tsx';
import { useSession } from '@/shared/session.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useTitle } from '../shell/title.ts';
import '../cases/cases.css';
import './topics.css';

interface Topic {
  id: number;
  name: string;
  people: number;
  cases: number;
  open: number;
  unanswered_share: number | null;
  rise: number;
  weeks: number[] | null;
  first: string;
  last: string;
  place: { code: string; name: string } | null;
  lon: number | null;
  lat: number | null;
  special_id?: number;
}
interface Row {
  id: number;
  number: string;
  title: string;
  reported_at: string;
  open: boolean;
  unanswered: boolean;
  merged_into?: number;
  place: { code: string; name: string } | null;
}
interface Sign {
  id: number;
  version: number;
  place: { code: string; name: string } | null;
  category_id: number;
  category: string;
  from: number;
  to: number;
  n: number;
  expected: number;
  usual: number;
  p: number;
  weeks: number[] | null;
  state: 'open' | 'taken' | 'dismissed';
  note: string;
}

/** Counts of weeks as bars; the last one stands out. */
function Weeks({ counts, label }: { counts: number[]; label: string }) {
  const most = Math.max(1, ...counts);
  return (
    <svg className="weeks" viewBox={`0 0 ${counts.length * 4} 24`} role="img" aria-label={label}>
      {counts.map((n, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a week has no other name
          key={i}
          x={i * 4}
          width={3}
          y={24 - Math.max(n > 0 ? 2 : 0.5, (n / most) * 24)}
          height={Math.max(n > 0 ? 2 : 0.5, (n / most) * 24)}
          className={i === counts.length - 1 ? 'now' : undefined}
        />
      ))}
    </svg>
  );
}

function Line({ topic }: { topic: Topic }) {
  const { t } = useTranslation();
  return (
    <>
      <Weeks counts={topic.weeks ?? []} label={t('topics:weeks')} />
      <span>{t('topics:people', { count: topic.people })}</span>
      <span>{t('topics:cases', { count: topic.cases })}</span>
      <span>
        {topic.unanswered_share === null
          ? t('topics:no_data')
          : t('topics:unanswered', { share: Math.round(topic.unanswered_share * 100) })}
      </span>
      <span>{topic.rise > 0 ? t('topics:rise', { rise: topic.rise.toFixed(1) }) : t('topics:quiet')}</span>
      <span className="quiet">{topic.place?.name}</span>
    </>
  );
}

function Topics() {
  const { t } = useTranslation();
  const list = useQuery({
    queryKey: ['topics'],
    queryFn: ({ signal }) => call<{ items: Topic[] | null }>('GET', '/topics', { signal }),
    refetchInterval: 30_000,
  });
  if (list.isPending) return <Loading rows={6} />;
  if (list.error && !list.data) return <ErrorNote error={list.error} retry={() => void list.refetch()} />;
  const items = list.data?.items ?? [];
  if (items.length === 0) return <EmptyNote title={t('topics:none')}>{t('topics:none_why')}</EmptyNote>;
  return (
    <ol className="topics">
      {items.map((x) => (
        <li key={x.id}>
          <h2>
            <Link to={`/topics/${x.id}`}>{x.name}</Link>
            {x.special_id ? <span className="tag">{t('topics:special')}</span> : null}
          </h2>
          <div className="topic-line">
            <Line topic={x} />
          </div>
        </li>
      ))}
    </ol>
  );
}

function One() {
  const { t } = useTranslation();
  const { id } = useParams();
  const { can } = useSession();
  const go = useNavigate();
  const client = useQueryClient();
  const [left, setLeft] = useState<number[]>([]);
  const [asking, setAsking] = useState(false);
  const [form] = Form.useForm<{ title: string; text: string }>();
  const key = useRef(uuidv7());
  const one = useQuery({
    queryKey: ['topics', id],
    queryFn: ({ signal }) => call<{ topic: Topic; cases: Row[] | null }>('GET', `/topics/${id}`, { signal }),
  });
  const rows = one.data?.cases ?? [];
  const free = rows.filter((r) => r.open && !r.merged_into).slice(0, 200);
  const chosen = free.filter((r) => !left.includes(r.id));
  const make = useMutation({
    mutationFn: (f: { title: string; text: string }) =>
      call<{ id: number; refused: { id: number; error: string }[] | null }>('POST', `/topics/${id}/case`, {
        body: { ...f, cases: chosen.map((r) => r.id) },
        key: key.current,
      }),
    onSuccess: (made) => {
      void client.invalidateQueries({ queryKey: ['topics'] });
      if (!made.refused?.length) go(`/cases/${made.id}`);
      else setAsking(false);
    },
  });
  if (one.isPending) return <Loading rows={6} />;
  if (!one.data) return <ErrorNote error={one.error} retry={() => void one.refetch()} />;
  const x = one.data.topic;
  return (
    <>
      <p>
        <Link to="/topics">{t('topics:back')}</Link>
      </p>
      <header className="topics-head">
        <h1>{x.name}</h1>
        {can('case.triage') && chosen.length > 0 ? (
          <Button type="primary" onClick={() => setAsking(true)}>
            {t('topics:make', { count: chosen.length })}
          </Button>
        ) : null}
      </header>
      <div className="topic-line">
        <Line topic={x} />
      </div>
      <p className="quiet">
        <Time at={x.first} /> – <Time at={x.last} />
        {x.special_id ? (
          <>
            {' · '}
            <Link to={`/cases/${x.special_id}`}>{t('topics:special')}</Link>
          </>
        ) : null}
      </p>
      {make.data?.refused?.length ? (
        <Alert
          type="warning"
          showIcon
          title={t('topics:refused', { count: make.data.refused.length })}
          description={
            <>
              <ul>
                {make.data.refused.map((r) => (
                  <li key={r.id}>
                    {rows.find((c) => c.id === r.id)?.number} {r.error}
                  </li>
                ))}
              </ul>
              <Link to={`/cases/${make.data.id}`}>{t('topics:special')}</Link>
            </>
          }
        />
      ) : null}
      {x.lon !== null && x.lat !== null ? (
        <Suspense fallback={<div className="map-box" style={{ height: 200 }} />}>
          <MapSpot point={{ lon: x.lon, lat: x.lat }} height={200} label={x.place?.name ?? x.name} />
        </Suspense>
      ) : null}
      <ul className="topic-rows">
        {rows.map((r) => (
          <li key={r.id}>
            {can('case.triage') && free.includes(r) ? (
              <Checkbox
                checked={!left.includes(r.id)}
                aria-label={t('topics:choose', { number: r.number })}
                onChange={(e) => setLeft(e.target.checked ? left.filter((n) => n !== r.id) : [...left, r.id])}
              />
            ) : null}
            <Link to={`/cases/${r.id}`}>
              <span className="num">{r.number}</span> {r.title}
            </Link>
            <span className="quiet">
              {r.place?.name} · <Time at={r.reported_at} />
              {r.merged_into ? ` · ${t('topics:merged')}` : r.unanswered ? ` · ${t('topics:waits')}` : ''}
            </span>
          </li>
        ))}
      </ul>
      <Modal
        open={asking}
        title={t('topics:make_title')}
        okText={t('topics:make', { count: chosen.length })}
        cancelText={t('common:do.cancel')}
        confirmLoading={make.isPending}
        onCancel={() => setAsking(false)}
        onOk={() => form.submit()}
      >
        <Form
          form={form}
          layout="vertical"
          initialValues={{ title: x.name.slice(0, 100), text: '' }}
          onFinish={(f) => make.mutate(f)}
        >
          <p>{t('topics:make_why')}</p>
          <Form.Item name="title" label={t('topics:title')} rules={[{ required: true, max: 100 }]}>
            <Input />
          </Form.Item>
          <Form.Item name="text" label={t('topics:text')} rules={[{ required: true, max: 2000 }]}>
            <Input.TextArea rows={4} />
          </Form.Item>
          {make.error ? <ErrorNote error={make.error} /> : null}
        </Form>
      </Modal>
    </>
  );
}

const day = (n: number) =>
  `${Math.floor(n / 10000)}-${String(Math.floor(n / 100) % 100).padStart(2, '0')}-${String(n % 100).padStart(2, '0')}`;

function Signs() {
  const { t } = useTranslation();
  const { can } = useSession();
  const client = useQueryClient();
  const list = useQuery({
    queryKey: ['signs'],
    queryFn: ({ signal }) => call<{ items: Sign[] | null }>('GET', '/signs', { signal }),
  });
  const decide = useMutation({
    mutationFn: ({ sign, state }: { sign: Sign; state: Sign['state'] }) =>
      call('POST', `/signs/${sign.id}`, { body: { version: sign.version, state, note: sign.note } }),
    onSettled: () => void client.invalidateQueries({ queryKey: ['signs'] }),
  });
  if (list.isPending) return <Loading rows={6} />;
  if (list.error && !list.data) return <ErrorNote error={list.error} retry={() => void list.refetch()} />;
  const items = list.data?.items ?? [];
  if (items.length === 0)
    return <EmptyNote title={t('topics:sign.none')}>{t('topics:sign.none_why')}</EmptyNote>;
  return (
    <>
      {decide.error ? <ErrorNote error={decide.error} /> : null}
      <ol className="topics">
        {items.map((g) => (
          <li key={g.id}>
            <h2>
              <Link
                to={`/cases?community=${g.place?.code ?? ''}&category=${g.category_id}&from=${g.from}&to=${g.to}`}
              >
                {g.place?.name} · {g.category}
              </Link>
              <span className="tag">{t(`topics:sign.${g.state}`)}</span>
            </h2>
            <div className="topic-line">
              <Weeks counts={g.weeks ?? []} label={t('topics:weeks')} />
              <span>{t('topics:sign.n', { count: g.n, from: day(g.from), to: day(g.to) })}</span>
              <span>{t('topics:sign.base', { expected: g.expected.toFixed(1), usual: g.usual })}</span>
              <span className="quiet">
                {t('topics:sign.p', { p: g.p < 0.0001 ? '< 0.0001' : g.p.toFixed(4) })}
              </span>
              {can('case.triage') && g.state === 'open' ? (
                <>
                  <Button size="small" onClick={() => decide.mutate({ sign: g, state: 'taken' })}>
                    {t('topics:sign.take')}
                  </Button>
                  <Button size="small" onClick={() => decide.mutate({ sign: g, state: 'dismissed' })}>
                    {t('topics:sign.dismiss')}
                  </Button>
                </>
              ) : null}
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}

function Both() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const shown = params.get('show') === 'signs' ? 'signs' : 'topics';
  return (
    <>
      <header className="topics-head">
        <h1>{t('shell:place.topics')}</h1>
        <Segmented
          value={shown}
          onChange={(v) => setParams(v === 'signs' ? { show: 'signs' } : {})}
          options={[
            { value: 'topics', label: t('topics:tab.topics') },
            { value: 'signs', label: t('topics:tab.signs') },
          ]}
        />
      </header>
      {shown === 'signs' ? <Signs /> : <Topics />}
    </>
  );
}

/** What many people speak of, and where more reports come in than usual. */
export default function TopicsArea() {
  const { t } = useTranslation();
  useTitle(t('shell:place.topics'));
  return (
    <main className="page pad topics-page">
      <Routes>
        <Route index element={<Both />} />
        <Route path=":id" element={<One />} />
      </Routes>
    </main>
  );
}
