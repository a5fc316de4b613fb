import {
  ArrowDownOutlined,
  ArrowUpOutlined,
  CopyOutlined,
  DeleteOutlined,
  HolderOutlined,
  UndoOutlined,
} from '@ant-design/icons';
import { useMutation, useQueries, useQuery } from '@tanstack/react-query';
import { Alert, App, Button, DatePicker, Form, Input } from 'antd';
import dayjs from 'dayjs';
import { type DragEvent, type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '@/shared/call.ts';
import { useDebounced } from '@/shared/debounced.ts';
import { addDays, dayOf, dayText, today } from '@/shared/time.ts';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { DutyForm } from './DutyForm.tsx';
import {
  type Duty,
  type Problem,
  type Ref,
  type Routing,
  type RoutingPreview,
  type Rule,
  regionsBelow,
  regionsKey,
  useAllOrgs,
  useDuties,
  useRefresh,
  useRuleCategories,
} from './data.ts';
import { freshId, move } from './order.ts';
import { DayField, Refused, SampleTable, Split, tomorrow } from './parts.tsx';
import { RuleForm } from './RuleForm.tsx';
import { type Names, sayDuty, sentence } from './sentence.ts';

/** Names of all that the rules mention. */
function useNames(rules: readonly Rule[], sources: readonly Ref[]): Names {
  const { i18n } = useTranslation();
  const categories = useRuleCategories();
  const orgs = useAllOrgs(true);
  const kinds = useDuties();
  const parents = useMemo(() => {
    const codes = rules.flatMap((r) => r.when.areas ?? []).map(String);
    return [...new Set(codes.map((c) => (c.length <= 6 ? c.slice(0, -2) : c.slice(0, -3))))].filter(Boolean);
  }, [rules]);
  const below = useQueries({
    queries: parents.map((p) => ({
      queryKey: [...regionsKey, p],
      queryFn: () => regionsBelow(p),
      staleTime: 30 * 60_000,
    })),
  });
  const areas = new Map(below.flatMap((b) => b.data ?? []).map((r) => [Number(r.code), r.name]));
  const byCategory = new Map(
    (categories.data ?? []).map((c) => [c.id, i18n.language === 'en' && c.name_en ? c.name_en : c.name]),
  );
  const byOrg = new Map((orgs.data ?? []).map((o) => [o.id, o.name]));
  const byKind = new Map(kinds.map((k) => [k.value, k.label]));
  return {
    category: (id) => byCategory.get(id) ?? String(id),
    area: (c) => areas.get(c) ?? String(c),
    org: (id) => byOrg.get(id) ?? String(id),
    kind: (k) => byKind.get(k) ?? k,
    source: (id) => sources.find((s) => s.id === id)?.name ?? String(id),
  };
}

function Effect({ p, rules }: { p: RoutingPreview; rules: readonly Rule[] }) {
  const { t } = useTranslation();
  const by = p.by ?? [];
  const nameOf = new Map(rules.map((r) => [r.id, r.name]));
  return (
    <div className="effect" role="status">
      <p className="effect-main">
        {p.cases === 0
          ? t('admin:preview.no_cases')
          : p.changed === 0
            ? t('admin:routing.same', { count: p.cases, from: dayText(p.from), to: dayText(p.to) })
            : t('admin:routing.moves', {
                count: p.cases,
                changed: p.changed,
                from: dayText(p.from),
                to: dayText(p.to),
              })}
      </p>
      {by.length ? (
        <div className="scroll-x">
          <table className="plain-table">
            <thead>
              <tr>
                <th>{t('admin:preview.from_unit')}</th>
                <th>{t('admin:preview.to_unit')}</th>
                <th className="num">{t('admin:preview.count')}</th>
              </tr>
            </thead>
            <tbody>
              {by.slice(0, 30).map((m) => (
                <tr key={`${m.from_unit.id}-${m.to_unit.id}`}>
                  <td>{m.from_unit.name || t('admin:preview.no_unit')}</td>
                  <td>{m.to_unit.name || t('admin:preview.no_unit')}</td>
                  <td className="num">{m.count}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {by.length > 30 ? (
            <p className="quiet">{t('admin:routing.more_moves', { count: by.length - 30 })}</p>
          ) : null}
        </div>
      ) : null}
      <SampleTable
        units
        sample={(p.sample ?? []).map((s) => ({
          ...s,
          title: s.rule ? `${s.title} (${nameOf.get(s.rule) ?? s.rule})` : s.title,
        }))}
      />
    </div>
  );
}

/** What one edits: the rules and the duty calendars are published together. */
interface Draft {
  rules: Rule[];
  duties: Duty[];
}
const dutyKey = (d: Duty) => `duty:${d.org}`;
const newDuty = 'duty:new';

function Editor({ data }: { data: Routing }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const announce = useAnnounce();
  const refresh = useRefresh();
  const [draft, setDraft] = useState<Draft>({ rules: data.rules ?? [], duties: data.duties ?? [] });
  const { rules, duties } = draft;
  const sources = data.sources ?? [];
  const [past, setPast] = useState<Draft[]>([]);
  const [open, setOpen] = useState<string | null>(null);
  const [drag, setDrag] = useState<{ from: number; over: number } | null>(null);
  const [days, setDays] = useState({ from: addDays(today(), -30), to: today() });
  const list = useRef<HTMLOListElement>(null);
  const focus = useRef<string | null>(null);
  const names = useNames(rules, sources);
  const dirty = past.length > 0;

  const edit = (next: Partial<Draft>) => {
    setPast((p) => [...p.slice(-49), draft]);
    setDraft({ ...draft, ...next });
  };
  const change = (next: Rule[]) => edit({ rules: next });
  const undo = () => {
    const last = past[past.length - 1];
    if (!last) return;
    setPast(past.slice(0, -1));
    setDraft(last);
  };
  useEffect(() => {
    if (!dirty) return;
    const warn = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [dirty]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after a move the focus stays on the rule that moved
  useEffect(() => {
    if (!focus.current) return;
    list.current
      ?.querySelector<HTMLElement>(`[data-rule="${CSS.escape(focus.current)}"] .rule-handle`)
      ?.focus();
    focus.current = null;
  }, [rules]);

  const shift = (i: number, to: number) => {
    if (to < 0 || to >= rules.length || to === i) return;
    const r = rules[i] as Rule;
    focus.current = r.id;
    change(move(rules, i, to));
    announce(t('admin:routing.moved', { name: r.name, n: to + 1 }));
  };

  // The draft is checked by itself: whoever writes a rule that cannot work sees it at once.
  const settled = useDebounced(draft, 900);
  const check = useQuery({
    queryKey: ['admin', 'routing', 'check', settled],
    queryFn: ({ signal }) =>
      call<RoutingPreview>('POST', '/routing/preview', {
        body: { ...settled, from: today(), to: today() },
        signal,
      }),
    enabled: dirty && settled.rules.length > 0,
    staleTime: 60_000,
    gcTime: 60_000,
  });
  const problems: Problem[] = dirty ? (check.data?.problems ?? []) : (data.problems ?? []);
  const problemsOf = (id: string) => problems.filter((p) => p.rule === id);
  const whole = problems.filter((p) => !p.rule || !rules.some((r) => r.id === p.rule));

  const preview = useMutation({
    mutationFn: () => call<RoutingPreview>('POST', '/routing/preview', { body: { ...draft, ...days } }),
  });
  const save = useMutation({
    mutationFn: (v: { valid_from: number; note?: string }) =>
      call<Routing>('PUT', '/routing', { body: { ...draft, version: data.version, ...v } }),
    onSuccess: (_, v) => {
      refresh();
      void message.success(t('admin:routing.saved', { day: dayText(v.valid_from) }));
    },
  });

  const edited = rules.find((r) => r.id === open);
  const duty = open === newDuty ? null : duties.find((d) => dutyKey(d) === open);
  const onKey = (e: KeyboardEvent, i: number) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[e.key];
    if (!step) return;
    e.preventDefault();
    shift(i, i + step);
  };
  const dragProps = (i: number) => ({
    draggable: true,
    onDragStart: (e: DragEvent) => {
      e.dataTransfer.effectAllowed = 'move';
      e.dataTransfer.setData('text/plain', String(i));
      setDrag({ from: i, over: i });
    },
    onDragOver: (e: DragEvent) => {
      if (!drag) return;
      e.preventDefault();
      if (drag.over !== i) setDrag({ ...drag, over: i });
    },
    onDrop: (e: DragEvent) => {
      e.preventDefault();
      if (drag) shift(drag.from, i);
      setDrag(null);
    },
    onDragEnd: () => setDrag(null),
  });

  return (
    <Split
      onBack={() => setOpen(null)}
      list={
        <>
          <header className="admin-head">
            <h1>{t('admin:page.routing')}</h1>
            <span className="quiet">{t('admin:routing.help')}</span>
            <span className="head-side">
              <Button icon={<UndoOutlined aria-hidden />} disabled={!dirty} onClick={undo}>
                {t('admin:undo')}
              </Button>
              <Button
                onClick={() => {
                  const id = freshId(rules);
                  const r: Rule = {
                    id,
                    name: t('admin:routing.new_name'),
                    when: {},
                    // biome-ignore lint/suspicious/noThenProperty: the contract's name
                    then: { lead: { kind: '@owner' } },
                  };
                  change([...rules.slice(0, -1), r, ...rules.slice(-1)]);
                  setOpen(id);
                }}
              >
                {t('admin:routing.add')}
              </Button>
              <Link to="/admin/versions?kind=routing">{t('admin:history')}</Link>
            </span>
          </header>
          {data.next ? (
            <Alert
              type="info"
              showIcon
              className="gap-below"
              title={t('admin:next_version', {
                version: data.next.version,
                day: dayText(data.next.valid_from),
              })}
            />
          ) : null}
          {problems.length ? (
            <Alert
              type="error"
              showIcon
              className="gap-below"
              title={t('admin:routing.problems', { count: problems.length })}
              description={
                whole.length ? (
                  <ul className="problems">
                    {whole.map((p) => (
                      <li key={p.kind + p.text}>
                        <b>{t(`admin:problem.${p.kind}`)}</b> {p.text}
                      </li>
                    ))}
                  </ul>
                ) : undefined
              }
            />
          ) : null}
          {rules.length === 0 ? (
            <EmptyNote title={t('admin:routing.none')}>{t('admin:routing.none_why')}</EmptyNote>
          ) : null}
          <ol className="rules" ref={list}>
            {rules.map((r, i) => {
              const s = sentence(r, t, names);
              const own = problemsOf(r.id);
              return (
                <li
                  key={r.id}
                  data-rule={r.id}
                  className={`rule${open === r.id ? ' rule-open' : ''}${own.length ? ' rule-bad' : ''}${
                    drag && drag.over === i && drag.from !== i
                      ? drag.over < drag.from
                        ? ' rule-above'
                        : ' rule-below'
                      : ''
                  }`}
                  {...dragProps(i)}
                >
                  <button
                    type="button"
                    className="rule-handle"
                    aria-label={t('admin:routing.handle', { n: i + 1, name: r.name })}
                    onKeyDown={(e) => onKey(e, i)}
                  >
                    <HolderOutlined aria-hidden /> {i + 1}
                  </button>
                  <div className="rule-text">
                    <button
                      type="button"
                      className="link rule-name"
                      aria-expanded={open === r.id}
                      onClick={() => setOpen(open === r.id ? null : r.id)}
                    >
                      {r.name}
                    </button>
                    <p>
                      {s.when}
                      <br />
                      <span className="rule-then">{s.does}</span>
                    </p>
                    {own.map((p) => (
                      <p className="rule-problem" role="alert" key={p.kind + p.text}>
                        <b>{t(`admin:problem.${p.kind}`)}</b> {p.text}
                      </p>
                    ))}
                  </div>
                  <div className="rule-tools">
                    <Button
                      type="text"
                      size="small"
                      icon={<ArrowUpOutlined />}
                      disabled={i === 0}
                      aria-label={t('admin:routing.up', { name: r.name })}
                      onClick={() => shift(i, i - 1)}
                    />
                    <Button
                      type="text"
                      size="small"
                      icon={<ArrowDownOutlined />}
                      disabled={i === rules.length - 1}
                      aria-label={t('admin:routing.down', { name: r.name })}
                      onClick={() => shift(i, i + 1)}
                    />
                    <Button
                      type="text"
                      size="small"
                      icon={<CopyOutlined />}
                      aria-label={t('admin:routing.copy', { name: r.name })}
                      onClick={() => {
                        const id = freshId(rules);
                        change([
                          ...rules.slice(0, i + 1),
                          { ...structuredClone(r), id, name: t('admin:routing.copy_name', { name: r.name }) },
                          ...rules.slice(i + 1),
                        ]);
                        setOpen(id);
                      }}
                    />
                    <Button
                      type="text"
                      size="small"
                      icon={<DeleteOutlined />}
                      aria-label={t('admin:routing.remove', { name: r.name })}
                      onClick={() => {
                        change(rules.filter((x) => x.id !== r.id));
                        if (open === r.id) setOpen(null);
                        void message.info(t('admin:routing.removed', { name: r.name }));
                      }}
                    />
                  </div>
                </li>
              );
            })}
          </ol>
          <section className="duties" aria-label={t('admin:duty.title')}>
            <header className="admin-head">
              <h2>{t('admin:duty.title')}</h2>
              <span className="quiet">{t('admin:duty.help')}</span>
              <span className="head-side">
                <Button onClick={() => setOpen(newDuty)}>{t('admin:duty.add')}</Button>
              </span>
            </header>
            <ul className="rules">
              {duties.map((d) => (
                <li key={d.org} className={`rule duty${open === dutyKey(d) ? ' rule-open' : ''}`}>
                  <div className="rule-text">
                    <button
                      type="button"
                      className="link rule-name"
                      aria-expanded={open === dutyKey(d)}
                      onClick={() => setOpen(open === dutyKey(d) ? null : dutyKey(d))}
                    >
                      {names.org(d.org)}
                    </button>
                    <p>{sayDuty(d, t, names)}</p>
                  </div>
                  <div className="rule-tools">
                    <Button
                      type="text"
                      size="small"
                      icon={<DeleteOutlined />}
                      aria-label={t('admin:duty.remove', { name: names.org(d.org) })}
                      onClick={() => {
                        edit({ duties: duties.filter((x) => x !== d) });
                        if (open === dutyKey(d)) setOpen(null);
                      }}
                    />
                  </div>
                </li>
              ))}
            </ul>
          </section>
          <section className="panel publish" aria-label={t('admin:publish_title')}>
            <h2>{t('admin:routing.effect')}</h2>
            <p className="buttons">
              <DatePicker.RangePicker
                aria-label={t('admin:routing.days')}
                allowClear={false}
                value={[dayjs(dayText(days.from)), dayjs(dayText(days.to))]}
                maxDate={dayjs(dayText(today()))}
                onChange={(r) => {
                  const from = r?.[0] && dayOf(r[0].format('YYYYMMDD'));
                  const to = r?.[1] && dayOf(r[1].format('YYYYMMDD'));
                  if (from && to) setDays({ from, to });
                }}
              />
              <Button
                onClick={() => preview.mutate()}
                loading={preview.isPending}
                disabled={rules.length === 0}
              >
                {t('admin:preview.do')}
              </Button>
            </p>
            <Refused error={preview.error} />
            {preview.data ? (
              <Effect p={preview.data} rules={rules} />
            ) : (
              <p className="quiet">{t('admin:routing.effect_why')}</p>
            )}
            <h2>{t('admin:publish_title')}</h2>
            <Refused error={save.error} reload={() => refresh()} />
            <Form
              layout="vertical"
              requiredMark={false}
              initialValues={{ valid_from: tomorrow() }}
              onFinish={(v) => save.mutate(v)}
            >
              <div className="two">
                <Form.Item
                  name="valid_from"
                  label={t('admin:from')}
                  rules={[{ required: true, message: t('admin:need.from') }]}
                >
                  <DayField allowClear={false} min={today()} />
                </Form.Item>
                <Form.Item name="note" label={t('admin:note')} extra={t('admin:note_why')}>
                  <Input maxLength={500} />
                </Form.Item>
              </div>
              <Button
                type="primary"
                htmlType="submit"
                loading={save.isPending}
                disabled={!dirty || problems.length > 0}
              >
                {t('admin:publish')}
              </Button>{' '}
              <span className="quiet">
                {!dirty
                  ? t('admin:routing.no_change')
                  : problems.length
                    ? t('admin:routing.blocked')
                    : t('admin:routing.ready')}
              </span>
            </Form>
          </section>
        </>
      }
      detail={
        edited ? (
          <RuleForm
            key={edited.id}
            rule={edited}
            names={names}
            sources={sources}
            onSave={(r) => {
              change(rules.map((x) => (x.id === r.id ? r : x)));
              announce(t('admin:routing.kept', { name: r.name }));
            }}
          />
        ) : duty !== undefined ? (
          <DutyForm
            key={open}
            duty={duty}
            taken={duties.map((d) => d.org)}
            onSave={(next) => {
              edit({ duties: duty ? duties.map((d) => (d === duty ? next : d)) : [...duties, next] });
              setOpen(dutyKey(next));
              announce(t('admin:routing.kept', { name: names.org(next.org) }));
            }}
          />
        ) : null
      }
    />
  );
}

export function RoutingPage() {
  const now = useQuery({
    queryKey: ['admin', 'routing'],
    queryFn: async ({ signal }) => {
      const r = await call<Routing>('GET', '/routing', { signal });
      // Edits go on from what is published last, even if it has not begun.
      if (!r.next) return r;
      const later = await call<Routing>('GET', '/routing', { query: { at: r.next.valid_from }, signal });
      return { ...r, rules: later.rules, duties: later.duties, problems: later.problems };
    },
    refetchOnWindowFocus: false,
  });
  if (now.error && !now.data) return <ErrorNote error={now.error} retry={() => void now.refetch()} />;
  if (!now.data) return <Loading rows={10} />;
  return <Editor key={now.data.version} data={now.data} />;
}
