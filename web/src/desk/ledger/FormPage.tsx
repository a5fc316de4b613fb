import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, Button, Form, Input, InputNumber, Modal, Radio, Select } from 'antd';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { Problem } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { useDebounced } from '@/shared/debounced.ts';
import { useSession } from '@/shared/session.tsx';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { OrgSelect } from '@/shared/ui/pick.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { NotFound } from '../shell/NotFound.tsx';
import { useTitle } from '../shell/title.ts';
import { useRegisters } from './data.ts';
import { DayInput } from './FieldInput.tsx';
import { FormFields, Wrong } from './FormFields.tsx';
import { Preview } from './FormPreview.tsx';
import {
  burdenOf,
  type Draft,
  draftOf,
  type FormProblem,
  type FormView,
  freshDraft,
  freshName,
  ownRegister,
  useForms,
  useFormsChanged,
  wireForm,
} from './forms.ts';

/** What it costs, in the terms of which it is made. */
function Burden({ d }: { d: Draft }) {
  const { t, i18n } = useTranslation();
  const say = (n: number) => n.toLocaleString(i18n.language === 'en' ? 'en' : 'zh-CN');
  return (
    <p className="form-burden" role="status">
      {t('ledger:forms.burden_is', {
        fields: d.fields.length,
        people: say(d.people ?? 0),
        times: say(d.per_year ?? 0),
      })}{' '}
      <strong className="num">
        {t('ledger:forms.burden_total', { count: burdenOf(d), total: say(burdenOf(d)) })}
      </strong>
    </p>
  );
}

/** What is said of a form that is no draft: who answers for it, why, until when. */
function Facts({ f }: { f: FormView }) {
  const { t } = useTranslation();
  const facts: [string, React.ReactNode][] = [
    [t('ledger:forms.register'), f.register === ownRegister ? t('ledger:forms.own_register') : f.where],
    [t('ledger:forms.purpose'), f.purpose],
    [t('ledger:forms.basis'), f.legal_basis],
    [t('ledger:forms.owner'), f.owner_name],
    [t('ledger:forms.expires'), f.expires],
    [t('ledger:forms.by'), f.changed_by.name],
    [t('ledger:forms.approved'), f.published_by ? f.published_by.name : undefined],
    [t('ledger:forms.read'), f.read_at ? <Time key="read" at={f.read_at} /> : undefined],
  ];
  return (
    <dl className="facts">
      {facts.map(([label, v]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{v || '—'}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One form: a draft while it is typed, with what is wrong, what it costs and how it will look; then its way to approval. */
function Editor({ f, start }: { f?: FormView; start: Draft }) {
  const { t, i18n } = useTranslation();
  const { me } = useSession();
  const navigate = useNavigate();
  const announce = useAnnounce();
  const changed = useFormsChanged();
  const registers = useRegisters();
  const [d, setD] = useState(start);
  const [tried, setTried] = useState(false);
  const [asking, setAsking] = useState<'submit' | 'publish' | 'return' | 'close'>();
  const [note, setNote] = useState('');
  const summary = useRef<HTMLDivElement>(null);
  const editable = !f || f.state === 'draft';
  const set = (part: Partial<Draft>) => setD((was) => ({ ...was, ...part }));

  // What is wrong is asked for while one types; what is held already is told at once.
  const body = useMemo(() => ({ id: f?.id, register: d.register, ...wireForm(d) }), [d, f?.id]);
  const asked = useDebounced(body, 500);
  const check = useQuery({
    queryKey: ['ledger', 'forms', 'check', i18n.language, asked],
    queryFn: ({ signal }) =>
      call<{ problems: FormProblem[] }>('POST', '/forms/check', { body: asked, signal }),
    enabled: editable || f?.state === 'submitted',
    placeholderData: (before) => before,
    select: (x) => x.problems,
  });
  const problems = (check.data ?? []).filter((p) => tried || p.code === 'already_held');
  const at = (field: string) => problems.filter((p) => p.field === field || p.field.startsWith(`${field}.`));

  const onError = (e: unknown) => {
    if (e instanceof Problem && e.status === 422) {
      setTried(true);
      void check.refetch();
      setAsking(undefined);
      requestAnimationFrame(() => summary.current?.focus());
    }
  };
  const keep = useMutation({
    mutationFn: (): Promise<FormView> =>
      f
        ? call('PATCH', `/forms/${f.id}`, { body: { version: f.version, ...wireForm(d) } })
        : call('POST', '/forms', { body: { register: d.register, ...wireForm(d) }, key: uuidv7() }),
    onSuccess: (now) => {
      changed();
      announce(t('ledger:forms.kept', { name: now.zh }));
      if (!f) navigate(`/ledger/forms/${now.id}`, { replace: true });
    },
    onError,
  });
  const step = useMutation({
    mutationFn: async (what: NonNullable<typeof asking>) => {
      // What was typed last goes along: approval is asked for what is seen.
      const now = what === 'submit' ? await keep.mutateAsync() : (f as FormView);
      const more = what === 'return' ? { note } : what === 'close' ? {} : { burden: now.burden };
      return call<FormView>('POST', `/forms/${now.id}/${what}`, { body: { version: now.version, ...more } });
    },
    onSuccess: (now, what) => {
      setAsking(undefined);
      changed();
      announce(t(`ledger:forms.did.${what}`, { name: now.zh }));
      navigate(`/ledger/forms/${now.id}`, { replace: true });
    },
    onError,
  });
  const submit = async () => {
    setTried(true);
    const { data } = await check.refetch();
    if (data?.length) requestAnimationFrame(() => summary.current?.focus());
    else setAsking('submit');
  };
  const mine = f?.changed_by.id === me.account.id;
  const item = (field: string) => ({
    validateStatus: at(field).length ? ('error' as const) : undefined,
    help: at(field)[0]?.detail,
  });
  const targets = (registers.data ?? []).filter((r) => !r.form && r.may.write);
  const again = () =>
    navigate('/ledger/forms/new', {
      state: {
        ...d,
        fields: d.fields.map((x, i) => ({
          ...x,
          name: f?.state === 'closed' ? x.name : `${freshName()}${i}`,
        })),
      },
    });
  return (
    <div className="form-builder">
      <div className="form-build">
        <div ref={summary} tabIndex={-1} className="form-summary">
          {tried && problems.length ? (
            <Alert
              type="error"
              showIcon
              role="alert"
              title={t('ledger:form.wrong', { count: problems.length })}
              description={
                <ul>
                  {problems.map((p) => (
                    <li key={p.field + p.detail}>{p.detail}</li>
                  ))}
                </ul>
              }
            />
          ) : null}
          {keep.error && !(keep.error instanceof Problem && keep.error.status === 422) ? (
            <ErrorNote error={keep.error} />
          ) : null}
        </div>
        {f?.note && f.state === 'draft' ? (
          <Alert
            type="warning"
            showIcon
            title={t('ledger:forms.returned', { note: f.note })}
            className="gap-below"
          />
        ) : null}
        {f?.propose_close ? (
          <Alert
            type="warning"
            showIcon
            className="gap-below"
            title={t(f.expired ? 'ledger:forms.expired' : 'ledger:forms.unread')}
          />
        ) : null}
        {editable ? (
          <Form layout="vertical" component="div">
            <Form.Item label={t('ledger:forms.target')}>
              <Radio.Group
                disabled={!!f}
                value={d.register === ownRegister}
                onChange={(e) =>
                  set({ register: e.target.value ? ownRegister : (targets[0]?.code ?? 'home') })
                }
                options={[
                  { value: true, label: t('ledger:forms.own_register') },
                  { value: false, label: t('ledger:forms.add_to') },
                ]}
              />
            </Form.Item>
            {d.register === ownRegister ? null : (
              <Form.Item label={t('ledger:forms.register')} htmlFor="form-register" {...item('register')}>
                <Select
                  id="form-register"
                  disabled={!!f}
                  showSearch={{ optionFilterProp: 'label' }}
                  value={d.register}
                  options={
                    targets.some((r) => r.code === d.register)
                      ? targets.map((r) => ({ value: r.code, label: r.name }))
                      : [
                          ...targets.map((r) => ({ value: r.code, label: r.name })),
                          { value: d.register, label: f?.where ?? d.register },
                        ]
                  }
                  onChange={(register) => set({ register })}
                />
              </Form.Item>
            )}
            <div className="form-pair">
              <Form.Item label={t('ledger:forms.zh')} htmlFor="form-zh" required {...item('zh')}>
                <Input
                  id="form-zh"
                  maxLength={60}
                  value={d.zh}
                  onChange={(e) => set({ zh: e.target.value })}
                />
              </Form.Item>
              <Form.Item label={t('ledger:forms.en')} htmlFor="form-en">
                <Input
                  id="form-en"
                  maxLength={60}
                  value={d.en}
                  onChange={(e) => set({ en: e.target.value })}
                />
              </Form.Item>
            </div>
            <h2>{t('ledger:forms.fields')}</h2>
            <Wrong list={problems.filter((p) => p.field === 'fields')} />
            <FormFields
              draft={d}
              onChange={(fields) => set({ fields })}
              wrongAt={(i) => at(`fields[${i}]`)}
            />
            <h2>{t('ledger:forms.warrant')}</h2>
            <Form.Item label={t('ledger:forms.purpose')} htmlFor="form-purpose" required {...item('purpose')}>
              <Input.TextArea
                id="form-purpose"
                autoSize={{ minRows: 2 }}
                maxLength={400}
                value={d.purpose}
                onChange={(e) => set({ purpose: e.target.value })}
              />
            </Form.Item>
            <Form.Item label={t('ledger:forms.basis')} htmlFor="form-basis" required {...item('legal_basis')}>
              <Input
                id="form-basis"
                maxLength={200}
                value={d.legal_basis}
                onChange={(e) => set({ legal_basis: e.target.value })}
              />
            </Form.Item>
            <div className="form-pair">
              <Form.Item label={t('ledger:forms.owner')} htmlFor="form-owner" required {...item('owner')}>
                <OrgSelect
                  id="form-owner"
                  value={d.owner || undefined}
                  known={f?.owner && f.owner_name ? [{ id: f.owner, name: f.owner_name }] : undefined}
                  onChange={(owner) => set({ owner })}
                />
              </Form.Item>
              <Form.Item
                label={t('ledger:forms.expires')}
                htmlFor="form-expires"
                required
                extra={t('ledger:forms.expires_why')}
                {...item('expires')}
              >
                <DayInput id="form-expires" value={d.expires} onChange={(expires) => set({ expires })} />
              </Form.Item>
            </div>
            <div className="form-pair">
              <Form.Item label={t('ledger:forms.people')} htmlFor="form-people" required {...item('people')}>
                <InputNumber
                  id="form-people"
                  className="wide"
                  min={0}
                  max={10_000_000}
                  changeOnWheel={false}
                  value={d.people}
                  onChange={(v) => set({ people: v ?? undefined })}
                />
              </Form.Item>
              <Form.Item label={t('ledger:forms.times')} htmlFor="form-times" required {...item('per_year')}>
                <InputNumber
                  id="form-times"
                  className="wide"
                  min={0}
                  max={366}
                  changeOnWheel={false}
                  value={d.per_year}
                  onChange={(v) => set({ per_year: v ?? undefined })}
                />
              </Form.Item>
            </div>
          </Form>
        ) : (
          <Facts f={f} />
        )}
        <Burden d={d} />
        {step.error && !asking ? <ErrorNote error={step.error} /> : null}
        <div className="form-foot">
          {editable ? (
            <>
              <Button
                type="primary"
                loading={step.isPending || check.isFetching}
                onClick={() => void submit()}
              >
                {t('ledger:forms.submit')}
              </Button>
              <Button loading={keep.isPending} onClick={() => keep.mutate()}>
                {t('ledger:forms.keep')}
              </Button>
            </>
          ) : null}
          {f?.state === 'submitted' ? (
            <>
              {mine ? (
                <p className="quiet">{t('ledger:forms.waits')}</p>
              ) : (
                <Button type="primary" onClick={() => setAsking('publish')}>
                  {t('ledger:forms.publish')}
                </Button>
              )}
              <Button onClick={() => setAsking('return')}>{t('ledger:forms.return')}</Button>
            </>
          ) : null}
          {f?.state === 'published' && f.register !== ownRegister ? (
            <Link to={`/ledger/${f.register}`}>{t('ledger:forms.see', { name: f.where })}</Link>
          ) : null}
          {f?.state === 'published' && f.register === ownRegister ? (
            <Link to={`/ledger/${ownRegister}~${f.id}`}>{t('ledger:forms.see', { name: f.zh })}</Link>
          ) : null}
          {f && f.state !== 'closed' ? (
            <Button danger onClick={() => setAsking('close')}>
              {t('ledger:forms.close')}
            </Button>
          ) : null}
          {f && !editable && f.state !== 'submitted' ? (
            <Button onClick={again}>{t('ledger:forms.again')}</Button>
          ) : null}
        </div>
      </div>
      <Preview d={d} />
      <Modal
        open={!!asking}
        title={asking ? t(`ledger:forms.ask.${asking}`, { name: d.zh }) : ''}
        okText={asking ? t(`ledger:forms.${asking}`) : ''}
        okButtonProps={{
          danger: asking === 'close',
          disabled: asking === 'return' && !note.trim(),
          loading: step.isPending,
        }}
        onOk={() => asking && step.mutate(asking)}
        onCancel={() => setAsking(undefined)}
        destroyOnHidden
      >
        {step.error ? <ErrorNote error={step.error} /> : null}
        {asking ? <p className="gap-below">{t(`ledger:forms.says.${asking}`)}</p> : null}
        {asking === 'submit' || asking === 'publish' ? <Burden d={d} /> : null}
        {asking === 'return' ? (
          <>
            <label htmlFor="form-note">{t('ledger:forms.note')}</label>
            <Input.TextArea
              id="form-note"
              autoFocus
              maxLength={500}
              autoSize={{ minRows: 2 }}
              value={note}
              onChange={(e) => setNote(e.target.value)}
            />
          </>
        ) : null}
      </Modal>
    </div>
  );
}

export function FormPage() {
  const { t, i18n } = useTranslation();
  const { can } = useSession();
  const { id } = useParams();
  const [params] = useSearchParams();
  const all = useForms();
  const f = all.data?.find((x) => String(x.id) === id);
  const fresh = id === 'new';
  const name = f ? (i18n.language === 'en' && f.en ? f.en : f.zh) : t('ledger:forms.new');
  useTitle(name);
  if (!can('form.manage') || (all.data && !f && !fresh)) return <NotFound />;
  const copy = (window.history.state as { usr?: Draft } | null)?.usr;
  return (
    <main className="page import-page" id="main" tabIndex={-1}>
      <div className="page-head">
        <p className="crumb">
          <Link to="/ledger/forms">{t('ledger:forms.title')}</Link>
        </p>
        <h1>{name}</h1>
        {f ? <span className="tag">{t(`ledger:forms.states.${f.state}`)}</span> : null}
      </div>
      {all.error && !all.data ? (
        <ErrorNote error={all.error} retry={() => void all.refetch()} />
      ) : fresh ? (
        <Editor start={copy ?? freshDraft(params.get('register') ?? ownRegister)} />
      ) : f ? (
        <Editor key={`${f.id}.${f.version}`} f={f} start={draftOf(f)} />
      ) : (
        <Loading rows={12} />
      )}
    </main>
  );
}
