import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Segmented, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { useRefresh } from './data.ts';
import { fromRows, type Mapping, type Row, toRows } from './mapping.ts';

const kinds = ['mapping', 'file', 'rules', 'exchange'] as const;
type Kind = (typeof kinds)[number];

interface Setting<T = unknown> {
  kind: Kind;
  version: number;
  body: T;
  versions: { version: number; note: string; created_by: string; created_at: string }[] | null;
}
interface RuleBody {
  id: string;
  name: string;
  kind: 'emergency' | 'beyond';
  words?: string[];
  except?: string[];
  categories?: string[];
  areas?: number[];
  answer: string;
  reason: string;
  call?: string;
}
interface Preview {
  columns: string[] | null;
  result: string;
  refused?: string;
  number: string;
  kind: string;
  title: string;
  text: string;
  place: string;
  address: string;
  their_category: string;
  their_due: string;
  reply_format: string;
  caller: boolean;
  faults: { field: string; message: string; english: string }[] | null;
  rule?: string;
  answer?: string;
}

/** What a pasted order would become under what is being edited. */
function Sample({
  mapping,
  rules,
  onColumns,
}: {
  mapping?: Mapping;
  rules?: { rules: RuleBody[] };
  onColumns?: (c: string[]) => void;
}) {
  const { t, i18n } = useTranslation();
  const [sample, setSample] = useState('');
  const look = useMutation({
    mutationFn: () => call<Preview>('POST', '/hotline/preview', { body: { sample, mapping, rules } }),
    onSuccess: (p) => onColumns?.(p.columns ?? []),
  });
  const p = look.data;
  const rows = p
    ? ([
        ['number', p.number],
        ['kind', p.kind ? t(`hotline:kind.${p.kind}`) : ''],
        ['title', p.title],
        ['text', p.text],
        ['place', `${p.place} ${p.address}`.trim()],
        ['their_category', p.their_category],
        ['format', p.reply_format],
        ['caller', p.caller ? t('hotline:preview.sealed') : ''],
        ['answer', p.answer ?? ''],
      ] as const)
    : [];
  return (
    <section className="panel pad" aria-label={t('hotline:preview.title')}>
      <h2>{t('hotline:preview.title')}</h2>
      <p className="quiet">{t('hotline:preview.help')}</p>
      <Input.TextArea
        rows={6}
        value={sample}
        aria-label={t('hotline:preview.sample')}
        onChange={(e) => setSample(e.target.value)}
      />
      <p>
        <Button disabled={sample.trim().length < 2} loading={look.isPending} onClick={() => look.mutate()}>
          {t('hotline:preview.look')}
        </Button>
      </p>
      {look.error ? <ErrorNote error={look.error} /> : null}
      {p ? (
        <div aria-live="polite">
          <Alert
            type={p.result === 'refused' ? 'error' : p.result === 'waiting' ? 'warning' : 'info'}
            title={t(`hotline:preview.result.${p.result}`)}
            description={p.refused ?? (p.rule ? t('hotline:preview.rule', { name: p.rule }) : undefined)}
          />
          <table className="plain-table">
            <tbody>
              {rows
                .filter(([, v]) => v)
                .map(([k, v]) => (
                  <tr key={k}>
                    <th scope="row">{t(`hotline:preview.${k}`)}</th>
                    <td className="wrap">{v}</td>
                  </tr>
                ))}
              {p.their_due ? (
                <tr>
                  <th scope="row">{t('hotline:col.their_due')}</th>
                  <td>
                    <Time at={p.their_due} />
                  </td>
                </tr>
              ) : null}
            </tbody>
          </table>
          {p.faults?.length ? (
            <ul>
              {p.faults.map((f) => (
                <li key={f.field + f.message}>{i18n.language === 'en' ? f.english : f.message}</li>
              ))}
            </ul>
          ) : null}
        </div>
      ) : null}
    </section>
  );
}

function MappingForm({
  body,
  onChange,
  columns,
}: {
  body: Mapping;
  onChange: (m: Mapping) => void;
  columns: string[];
}) {
  const { t } = useTranslation();
  const [rows, setRows] = useState<Row[]>(() => toRows(body));
  const put = (i: number, patch: Partial<Row>) => {
    const next = rows.map((r, k) => (k === i ? { ...r, ...patch } : r));
    setRows(next);
    onChange(fromRows(next));
  };
  return (
    <div className="scroll-x">
      <table className="plain-table">
        <thead>
          <tr>
            <th>{t('hotline:mapping.field')}</th>
            <th>{t('hotline:mapping.path')}</th>
            <th>{t('hotline:mapping.constant')}</th>
            <th>{t('hotline:mapping.values')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((r, i) => {
            const name = t(`hotline:field.${r.field}`);
            return (
              <tr key={r.field}>
                <th scope="row">{name}</th>
                <td>
                  <Input
                    value={r.column}
                    list="hotline-columns"
                    aria-label={`${name} ${t('hotline:mapping.path')}`}
                    onChange={(e) => put(i, { column: e.target.value })}
                  />
                </td>
                <td>
                  <Input
                    value={r.constant}
                    aria-label={`${name} ${t('hotline:mapping.constant')}`}
                    onChange={(e) => put(i, { constant: e.target.value })}
                  />
                </td>
                <td>
                  <Input
                    value={r.values}
                    placeholder={r.field === 'kind' ? t('hotline:mapping.values_like') : undefined}
                    aria-label={`${name} ${t('hotline:mapping.values')}`}
                    onChange={(e) => put(i, { values: e.target.value })}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <datalist id="hotline-columns">
        {columns.map((c) => (
          <option key={c} value={c} />
        ))}
      </datalist>
    </div>
  );
}

function RulesForm({
  body,
  onChange,
}: {
  body: { rules: RuleBody[] | null };
  onChange: (b: { rules: RuleBody[] }) => void;
}) {
  const { t } = useTranslation();
  const [list, setList] = useState<RuleBody[]>(() => body.rules ?? []);
  const put = (next: RuleBody[]) => {
    setList(next);
    onChange({ rules: next });
  };
  const patch = (i: number, p: Partial<RuleBody>) => put(list.map((r, k) => (k === i ? { ...r, ...p } : r)));
  const tags = (i: number, key: 'words' | 'except' | 'categories', r: RuleBody) => (
    <Form.Item label={t(`hotline:rule.${key}`)}>
      <Select
        mode="tags"
        open={false}
        suffixIcon={null}
        value={r[key] ?? []}
        tokenSeparators={['、', ',', '，', ' ']}
        aria-label={`${r.name} ${t(`hotline:rule.${key}`)}`}
        onChange={(v: string[]) => patch(i, { [key]: v })}
      />
    </Form.Item>
  );
  return (
    <Form layout="vertical" component="div">
      {list.length === 0 ? (
        <EmptyNote title={t('hotline:rule.none')}>{t('hotline:rule.none_help')}</EmptyNote>
      ) : null}
      {list.map((r, i) => (
        <section key={r.id} className="panel pad gap-bottom" aria-label={t('hotline:rule.nth', { n: i + 1 })}>
          <h2>{t('hotline:rule.nth', { n: i + 1 })}</h2>
          <Form.Item label={t('hotline:rule.name')}>
            <Input
              aria-label={t('hotline:rule.name')}
              value={r.name}
              maxLength={40}
              onChange={(e) => patch(i, { name: e.target.value })}
            />
          </Form.Item>
          <Form.Item label={t('hotline:rule.kind')}>
            <Segmented
              aria-label={t('hotline:rule.kind')}
              value={r.kind}
              options={(['emergency', 'beyond'] as const).map((k) => ({
                value: k,
                label: t(`hotline:rule.kinds.${k}`),
              }))}
              onChange={(k) => patch(i, { kind: k })}
            />
            <p className="quiet">{t(`hotline:rule.means.${r.kind}`)}</p>
          </Form.Item>
          {tags(i, 'words', r)}
          {tags(i, 'except', r)}
          {tags(i, 'categories', r)}
          <Form.Item label={t('hotline:rule.areas')}>
            <Select
              mode="tags"
              open={false}
              suffixIcon={null}
              value={(r.areas ?? []).map(String)}
              aria-label={`${r.name} ${t('hotline:rule.areas')}`}
              onChange={(v: string[]) =>
                patch(i, { areas: v.map(Number).filter((n) => Number.isInteger(n) && n > 0) })
              }
            />
          </Form.Item>
          <Form.Item label={t('hotline:rule.answer')}>
            <Input.TextArea
              rows={3}
              maxLength={1000}
              aria-label={t('hotline:rule.answer')}
              value={r.answer}
              onChange={(e) => patch(i, { answer: e.target.value })}
            />
          </Form.Item>
          <Form.Item label={t('hotline:rule.reason')}>
            <Input
              aria-label={t('hotline:rule.reason')}
              value={r.reason}
              maxLength={500}
              onChange={(e) => patch(i, { reason: e.target.value })}
            />
          </Form.Item>
          <Form.Item label={t('hotline:rule.call')}>
            <Input
              aria-label={t('hotline:rule.call')}
              value={r.call}
              maxLength={40}
              onChange={(e) => patch(i, { call: e.target.value || undefined })}
            />
          </Form.Item>
          <Button onClick={() => put(list.filter((_, k) => k !== i))}>{t('hotline:rule.remove')}</Button>{' '}
          <Button
            disabled={i === 0}
            onClick={() => put([...list.slice(0, i - 1), r, list[i - 1] as RuleBody, ...list.slice(i + 1)])}
          >
            {t('hotline:rule.up')}
          </Button>
        </section>
      ))}
      <Button
        onClick={() =>
          put([
            ...list,
            {
              id: `r${Date.now().toString(36)}`,
              name: '',
              kind: 'beyond',
              words: [],
              answer: '',
              reason: '',
            },
          ])
        }
      >
        {t('hotline:rule.add')}
      </Button>
    </Form>
  );
}

function Editor({ setting }: { setting: Setting }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const [body, setBody] = useState<unknown>(setting.body);
  const [text, setText] = useState(() => JSON.stringify(setting.body, null, 2));
  const [note, setNote] = useState('');
  const [columns, setColumns] = useState<string[]>([]);
  const save = useMutation({
    mutationFn: () => {
      const sent = setting.kind === 'exchange' ? (JSON.parse(text) as unknown) : body;
      return call<Setting>('PUT', `/hotline/settings/${setting.kind}`, {
        body: { version: setting.version, body: sent, note: note.trim() || undefined },
      });
    },
    onSuccess: (s) => {
      void message.success(t('hotline:setting.published', { n: s.version }));
      refresh('hotline');
    },
  });
  let broken = '';
  if (setting.kind === 'exchange') {
    try {
      JSON.parse(text);
    } catch (e) {
      broken = String(e instanceof Error ? e.message : e);
    }
  }
  const mapping = setting.kind === 'mapping' || setting.kind === 'file';
  return (
    <>
      {mapping ? (
        <MappingForm body={setting.body as Mapping} onChange={setBody} columns={columns} />
      ) : setting.kind === 'rules' ? (
        <RulesForm body={setting.body as { rules: RuleBody[] | null }} onChange={setBody} />
      ) : (
        <>
          <p className="quiet">{t('hotline:exchange.help')}</p>
          <Input.TextArea
            rows={18}
            value={text}
            className="num"
            spellCheck={false}
            aria-label={t('hotline:setting.kinds.exchange')}
            onChange={(e) => setText(e.target.value)}
          />
          {broken ? <p className="form-error">{t('hotline:exchange.broken', { why: broken })}</p> : null}
        </>
      )}
      <div className="admin-head gap-top">
        <Input
          value={note}
          maxLength={200}
          placeholder={t('hotline:setting.note')}
          aria-label={t('hotline:setting.note')}
          style={{ maxWidth: 320 }}
          onChange={(e) => setNote(e.target.value)}
        />
        <Button type="primary" disabled={!!broken} loading={save.isPending} onClick={() => save.mutate()}>
          {t('hotline:setting.publish')}
        </Button>
      </div>
      {save.error ? <ErrorNote error={save.error} /> : null}
      {mapping ? (
        <Sample mapping={body as Mapping} onColumns={setColumns} />
      ) : setting.kind === 'rules' ? (
        <Sample rules={body as { rules: RuleBody[] }} />
      ) : null}
      <h2>{t('hotline:setting.versions')}</h2>
      <ul>
        {(setting.versions ?? []).map((v) => (
          <li key={v.version}>
            {t('hotline:setting.version', { n: v.version })} · <Time at={v.created_at} /> · {v.created_by}
            {v.note ? ` · ${v.note}` : ''}
          </li>
        ))}
        {setting.version === 0 ? <li className="quiet">{t('hotline:setting.delivered')}</li> : null}
      </ul>
    </>
  );
}

interface State {
  open: boolean;
  secrets: number;
  algorithm: string;
  gateway: string;
  says: boolean;
  pull: {
    on: boolean;
    answered_at?: string;
    next_at?: string;
    failures: number;
    error?: string;
    taken: number;
  };
}

/** How the exchange with the 12345 platform is set up, and how it stands. */
export function HotlinePage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const kind = (kinds.find((k) => k === params.get('kind')) ?? 'mapping') as Kind;
  const setting = useQuery({
    queryKey: ['hotline', 'setting', kind],
    queryFn: ({ signal }) => call<Setting>('GET', `/hotline/settings/${kind}`, { signal }),
  });
  const state = useQuery({
    queryKey: ['hotline', 'state'],
    queryFn: ({ signal }) => call<State>('GET', '/hotline/state', { signal }),
    refetchInterval: 15_000,
  });
  const s = state.data;
  const [shown, setShown] = useState(kind);
  useEffect(() => setShown(kind), [kind]);
  return (
    <>
      <header className="admin-head">
        <h1>{t('admin:page.hotline')}</h1>
        <Segmented
          value={kind}
          options={kinds.map((k) => ({ value: k, label: t(`hotline:setting.kinds.${k}`) }))}
          onChange={(k) => setParams({ kind: k })}
        />
      </header>
      {s ? (
        <Alert
          className="gap-bottom"
          type={s.open && s.gateway ? (s.pull.failures ? 'warning' : 'info') : 'warning'}
          title={
            s.open
              ? t('hotline:now.open', { n: s.secrets, algorithm: s.algorithm === 'sm3' ? 'SM3' : 'SHA-256' })
              : t('hotline:now.shut')
          }
          description={
            <>
              {s.gateway ? t('hotline:now.gateway', { name: s.gateway }) : t('hotline:now.no_gateway')}{' '}
              {t(s.says ? 'hotline:now.says' : 'hotline:now.silent')}{' '}
              {s.pull.on
                ? s.pull.failures
                  ? t('hotline:now.failing', { n: s.pull.failures, why: s.pull.error })
                  : t('hotline:now.pulling', { n: s.pull.taken })
                : t('hotline:now.no_pull')}{' '}
              {s.pull.on && s.pull.next_at ? (
                <>
                  {t('hotline:now.next')} <Time at={s.pull.next_at} />
                </>
              ) : null}
            </>
          }
        />
      ) : null}
      {setting.error ? <ErrorNote error={setting.error} retry={() => void setting.refetch()} /> : null}
      {setting.data && shown === setting.data.kind ? (
        <Editor key={`${kind}:${setting.data.version}`} setting={setting.data} />
      ) : setting.error ? null : (
        <Loading />
      )}
    </>
  );
}
