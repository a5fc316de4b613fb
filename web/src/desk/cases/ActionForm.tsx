import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Modal } from 'antd';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  api,
  type BulkResult,
  type CaseAction,
  type CaseDetail,
  type CaseItem,
  data,
  once,
  Problem,
  type Ref,
} from '@/shared/api.ts';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { Suggested } from '@/shared/ui/Suggested.tsx';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { caseKey, useTakeDetail } from './data.ts';
import { given, toFields } from './fields.ts';
import { Need } from './Need.tsx';
import { useSentence } from './sentence.ts';

interface Props {
  action: CaseAction;
  /** One case: the action's own form. More: the same for all. */
  cases: Pick<CaseItem, 'id' | 'version' | 'number' | 'title'>[];
  /** Fields that are known and not asked for (the request to decide). */
  preset?: Record<string, unknown>;
  /** What its fields begin with. */
  defaults?: Record<string, unknown>;
  known?: Ref[];
  /** The case in its reporter's words, for a suggested category. */
  telling?: { title: string; text: string };
  onClose: () => void;
  onDone: (detail?: CaseDetail, results?: BulkResult[]) => void;
}

/** What others did since the form was opened. */
function Since({ id, version }: { id: number; version: number }) {
  const { t } = useTranslation();
  const say = useSentence();
  const now = useQuery({
    queryKey: ['case', id, 'since', version],
    queryFn: () => data(api.GET('/cases/{id}', { params: { path: { id } } })),
    staleTime: 0,
  });
  if (!now.data) return null;
  const seen = Math.max(1, now.data.case.version - version);
  const news = [...(now.data.timeline ?? [])]
    .sort((a, b) => b.seq - a.seq)
    .slice(0, Math.min(5, seen))
    .reverse();
  return (
    <ul className="since">
      {news.map((e) => (
        <li key={e.seq}>
          <Time at={e.at} /> {e.actor?.name ?? t('cases:system')} {say(e, now.data.case)}
          {e.reason || e.note ? <span className="quiet"> {e.reason ?? e.note}</span> : null}
        </li>
      ))}
    </ul>
  );
}

/** The form of one action, generated from what the server says it needs. */
export default function ActionForm({
  action,
  cases,
  preset,
  defaults,
  known,
  telling,
  onClose,
  onDone,
}: Props) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Record<string, unknown>>();
  const client = useQueryClient();
  const announce = useAnnounce();
  const take = useTakeDetail();
  const [busyFiles, setBusyFiles] = useState(false);
  const [stale, setStale] = useState<{ from: number; now: number } | null>(null);
  const [results, setResults] = useState<BulkResult[] | null>(null);
  const versions = useRef(new Map(cases.map((c) => [c.id, c.version])));
  const key = useRef(uuidv7());
  const single = cases.length === 1 ? cases[0] : undefined;
  const needs = useMemo(
    () => (action.needs ?? []).filter((n) => preset?.[n.field] === undefined),
    [action, preset],
  );
  const hidden = useMemo(
    () => Object.fromEntries(Object.entries(preset ?? {}).filter(([k]) => !needs.some((n) => n.field === k))),
    [preset, needs],
  );

  const send = useMutation({
    mutationFn: async (values: Record<string, unknown>) => {
      const fields = { ...hidden, ...toFields(needs, values), action: action.action };
      if (single) {
        const body = { ...fields, version: versions.current.get(single.id) ?? single.version };
        return {
          detail: await data(
            api.POST('/cases/{id}/actions', {
              params: { path: { id: single.id } },
              body,
              ...once(key.current),
            }),
          ),
        };
      }
      const body = { ...fields, cases: cases.map(({ id, version }) => ({ id, version })) };
      return {
        results: (await data(api.POST('/cases/actions', { body, ...once(key.current) }))).results ?? [],
      };
    },
    onSuccess: ({ detail, results }) => {
      if (single && !detail?.case) {
        // The act took the case out of what the person may see (a returned one).
        announce(t('cases:done.gone', { action: action.name, number: single.number }));
        onDone();
        return;
      }
      if (detail) {
        take(detail);
        announce(t('cases:done.one', { action: action.name, number: detail.case.number }));
        onDone(detail);
        return;
      }
      const all = results ?? [];
      const bad = all.filter((r) => !r.ok);
      void client.invalidateQueries({ queryKey: ['case'] });
      announce(t('cases:done.bulk', { ok: all.length - bad.length, bad: bad.length }));
      if (bad.length) setResults(all);
      else onDone(undefined, all);
    },
    onError: (e) => {
      // A refused request was not carried out: the next one is another.
      if (e instanceof Problem && !e.offline && e.status < 500) key.current = uuidv7();
      if (!(e instanceof Problem) || !single) return;
      if (e.code === 'stale_version') {
        const from = versions.current.get(single.id) ?? single.version;
        const said = e.params.current as number | { version?: number } | undefined;
        const now = typeof said === 'number' ? said : (said?.version ?? 0);
        setStale({ from, now });
        if (now) versions.current.set(single.id, now);
        void client.invalidateQueries({ queryKey: caseKey(single.id) });
      } else if (e.field && needs.some((n) => n.field === e.field)) {
        form.setFields([{ name: e.field, errors: [e.message] }]);
        form.scrollToField(e.field, { focus: true });
      }
    },
  });
  const retryStale = async () => {
    if (!single || !stale) return;
    if (!stale.now) {
      const d = await data(api.GET('/cases/{id}', { params: { path: { id: single.id } } }));
      versions.current.set(single.id, d.case.version);
    }
    setStale(null);
    form.submit();
  };
  const staleError = send.error instanceof Problem && send.error.code === 'stale_version';
  const badField = send.error instanceof Problem ? send.error.field : undefined;
  const fieldError = !!badField && needs.some((n) => n.field === badField);

  const title = single
    ? `${action.name} · ${single.number}`
    : t('cases:bulk.title', { action: action.name, count: cases.length });
  return (
    <Modal
      open
      title={title}
      width={needs.some((n) => n.type === 'place') ? 720 : 560}
      onCancel={onClose}
      mask={{ closable: false }}
      footer={
        results ? (
          <Button type="primary" autoFocus onClick={() => onDone(undefined, results)}>
            {t('common:do.close')}
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>{t('common:do.cancel')}</Button>
            <Button
              type="primary"
              danger={action.action === 'void'}
              loading={send.isPending}
              disabled={busyFiles || !!stale}
              autoFocus={needs.length === 0}
              onClick={() => form.submit()}
            >
              {busyFiles ? t('cases:form.files_busy') : action.name}
            </Button>
          </>
        )
      }
    >
      {results ? (
        <div>
          <p className="gap-below">
            {t('cases:done.bulk', {
              ok: results.filter((r) => r.ok).length,
              bad: results.filter((r) => !r.ok).length,
            })}
          </p>
          <ul className="results">
            {results
              .filter((r) => !r.ok)
              .map((r) => {
                const c = cases.find((x) => x.id === r.id);
                return (
                  <li key={r.id}>
                    <span className="num">{c?.number}</span> {c?.title}
                    <div className="tone-overdue">{r.error}</div>
                  </li>
                );
              })}
          </ul>
        </div>
      ) : (
        <>
          {single ? <p className="quiet gap-below">{single.title}</p> : null}
          <Form
            form={form}
            layout="vertical"
            initialValues={{ ...defaults, ...preset }}
            onFinish={(v) => send.mutate(v)}
            onKeyDown={(e) => {
              if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
                e.preventDefault();
                if (!busyFiles && !stale && !send.isPending) form.submit();
              }
            }}
          >
            {needs.map((n, i) => (
              <Form.Item
                key={n.field}
                name={n.field}
                label={n.label ?? t(`cases:field.${n.field}`, { defaultValue: n.field })}
                required={n.required}
                rules={[
                  {
                    validator: (_, v) =>
                      !n.required || given(n, v)
                        ? Promise.resolve()
                        : Promise.reject(
                            new Error(
                              t('cases:form.missing', {
                                field: n.label ?? t(`cases:field.${n.field}`, { defaultValue: n.field }),
                              }),
                            ),
                          ),
                  },
                ]}
                validateTrigger="onSubmit"
              >
                <Need
                  need={n}
                  caseId={single?.id}
                  known={known}
                  onBusy={n.type === 'files' ? setBusyFiles : undefined}
                  autoFocus={i === 0}
                />
              </Form.Item>
            ))}
            {telling && needs.some((n) => n.field === 'category_id') ? (
              <Suggested
                {...telling}
                onCategory={(id) => form.setFieldValue('category_id', id)}
                onGrade={(g) => form.setFieldValue('grade', g)}
              />
            ) : null}
            {needs.length === 0 ? (
              <p>
                {t(`cases:says.${action.action}`, {
                  defaultValue: t('cases:form.sure', { action: action.name }),
                })}
              </p>
            ) : null}
          </Form>
          {stale && single ? (
            <Alert
              type="warning"
              showIcon
              title={t('cases:stale.title')}
              description={
                <>
                  <Since id={single.id} version={stale.from} />
                  <p>{t('cases:stale.keep')}</p>
                  <Button onClick={() => void retryStale()}>
                    {t('cases:stale.again', { action: action.name })}
                  </Button>
                </>
              }
            />
          ) : null}
          {send.error && !staleError && !fieldError ? <ErrorNote error={send.error} /> : null}
          {needs.length ? <p className="quiet hint-keys">{t('cases:form.keys')}</p> : null}
        </>
      )}
    </Modal>
  );
}
