import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Form, Input, Radio, Select } from 'antd';
import type { TextAreaRef } from 'antd/es/input/TextArea';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, type CaseItem, channels, data, grades, type NewCase, once, Problem } from '@/shared/api.ts';
import { useDebounced } from '@/shared/debounced.ts';
import { useCategories } from '@/shared/lookups.ts';
import { useSession } from '@/shared/session.tsx';
import { useNarrow } from '@/shared/theme.tsx';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { Photos } from '@/shared/ui/Photos.tsx';
import { PlaceBox } from '@/shared/ui/PlaceBox.tsx';
import { CategorySelect, OrgSelect } from '@/shared/ui/pick.tsx';
import { Suggested } from '@/shared/ui/Suggested.tsx';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { StatusWord, Time } from '@/shared/ui/words.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useTitle } from '../shell/title.ts';
import { Answers } from './Answers.tsx';
import { type Draft, firstChannel, keepDraft, readDraft, toNewCase } from './draft.ts';
import '../cases/cases.css';
import './intake.css';

const usable = channels.filter((c) => c !== 'import' && c !== 'open311');

/** Open cases nearby, as soon as a place is known; the words sharpen the order. */
function Similar({ draft, into, setInto }: { draft: Draft; into?: number; setInto: (id?: number) => void }) {
  const { t } = useTranslation();
  const text = useDebounced((draft.text ?? '').trim().slice(0, 200), 500);
  const { lon, lat } = draft.place ?? {};
  const found = useQuery({
    queryKey: ['similar', text, lon, lat, draft.category_id],
    queryFn: ({ signal }) =>
      data(
        api.GET('/cases/similar', {
          params: { query: { text: text || undefined, lon, lat, category_id: draft.category_id } },
          signal,
        }),
      ),
    enabled: lon !== undefined && lat !== undefined,
    placeholderData: (before) => before,
  });
  const items = lon === undefined ? [] : (found.data?.items ?? []).slice(0, 6);
  return (
    <section className="similar" aria-live="polite">
      <h2>{t('intake:similar')}</h2>
      {lon === undefined ? <p className="quiet">{t('intake:similar_wait')}</p> : null}
      {lon !== undefined && found.isSuccess && items.length === 0 ? (
        <p className="quiet">{t('intake:similar_none')}</p>
      ) : null}
      <ul>
        {items.map((c) => (
          <li key={c.id} className={into === c.id ? 'chosen' : undefined}>
            <div className="similar-line">
              <Link to={`/cases/${c.id}`} target="_blank">
                {c.title}
              </Link>
              <StatusWord status={c.status} />
            </div>
            <div className="quiet">
              <span className="num">{c.number}</span> · <Time at={c.reported_at} />
              {c.why?.length ? ` · ${c.why.join(t('cases:list_and'))}` : ''}
            </div>
            <Checkbox checked={into === c.id} onChange={(e) => setInto(e.target.checked ? c.id : undefined)}>
              {t('intake:merge_after')}
            </Checkbox>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The caller's words first, then where; Ctrl+Enter files from anywhere. */
export default function Intake() {
  const { t } = useTranslation();
  const { can, post } = useSession();
  const announce = useAnnounce();
  const client = useQueryClient();
  const narrow = useNarrow();
  const { byId } = useCategories();
  useTitle(t('shell:place.intake'));
  const [form] = Form.useForm<Draft>();
  const first = useMemo<Draft>(
    () => ({ channel: firstChannel(post?.role), grade: 'general', ...readDraft() }),
    [post?.role],
  );
  const [draft, setDraft] = useState<Draft>(first);
  const [filed, setFiled] = useState<CaseItem | null>(null);
  const [into, setInto] = useState<number>();
  const [confirm, setConfirm] = useState<string[]>([]);
  const [busyFiles, setBusyFiles] = useState(false);
  const key = useRef(uuidv7());
  const words = useRef<TextAreaRef>(null);

  const mayOnsite = can('case.onsite');
  const category = draft.category_id ? byId.get(draft.category_id) : undefined;
  const onsiteWhyNot =
    draft.grade !== 'general'
      ? t('intake:onsite_general')
      : category && !category.onsite_allowed
        ? t('intake:onsite_category')
        : '';

  const file = useMutation({
    mutationFn: async (body: NewCase) => {
      return await data(api.POST('/cases', { body: { ...body, into }, ...once(key.current) }));
    },
    onSuccess: (made) => {
      key.current = uuidv7();
      setFiled(made);
      setConfirm([]);
      setInto(undefined);
      keepDraft(null);
      form.resetFields();
      const next: Draft = { channel: draft.channel, grade: 'general' };
      form.setFieldsValue({ ...next, text: '', place: null, category_id: undefined, files: [] });
      setDraft(next);
      announce(t('intake:filed', { number: made.number }));
      void client.invalidateQueries({ queryKey: ['home'] });
      words.current?.focus();
    },
    onError: (e) => {
      // Nothing was made: what is sent next may differ, so it gets a key of its own.
      if (e instanceof Problem && !e.offline && e.status < 500) key.current = uuidv7();
      if (e instanceof Problem && e.field) {
        const name = { text: 'text', place: 'place', category_id: 'category_id', files: 'files' }[
          e.field.split('.')[0] ?? ''
        ];
        const path = e.field.startsWith('reporter.')
          ? ['reporter', e.field.slice(9)]
          : e.field === 'onsite.result'
            ? ['onsite_result']
            : e.field.startsWith('answers.')
              ? ['answers', e.field.slice(8)]
              : name
                ? [name]
                : null;
        if (path) form.setFields([{ name: path as never, errors: [e.message] }]);
      }
    },
  });
  const doubt =
    file.error instanceof Problem && typeof file.error.params.doubt === 'string'
      ? file.error.params.doubt
      : undefined;
  const take = (part: Partial<Draft>) => {
    form.setFieldsValue(part);
    const next = { ...draft, ...part };
    setDraft(next);
    keepDraft(next);
  };
  const submit = (more: string[] = confirm) => {
    if (file.isPending || busyFiles) return;
    form
      .validateFields()
      .then((v) =>
        file.mutate(
          toNewCase({ ...v, onsite: v.onsite && !onsiteWhyNot }, more, undefined, category?.questions ?? []),
        ),
      )
      .catch((e: { errorFields?: { name: (string | number)[] }[] }) => {
        const bad = e.errorFields?.[0]?.name;
        if (bad) form.scrollToField(bad, { focus: true });
      });
  };

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
        e.preventDefault();
        submit();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });

  return (
    <main className="page intake" id="main" tabIndex={-1}>
      <div className="page-head">
        <h1>{t('intake:title')}</h1>
        <span className="quiet wide-only">{t('intake:keys')}</span>
      </div>
      {filed ? (
        <Alert
          className="intake-filed"
          type="success"
          showIcon
          closable={{ onClose: () => setFiled(null) }}
          title={
            <>
              {t('intake:filed', { number: filed.number })} <span className="quiet">{filed.title}</span>
            </>
          }
          description={
            <>
              {filed.warning ? <p>{filed.warning}</p> : null}
              <Link to={`/cases/${filed.id}`}>{t('intake:open')}</Link> · {t('intake:next')}
            </>
          }
        />
      ) : null}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={first}
        onValuesChange={(_, all) => {
          setDraft(all);
          keepDraft(all);
        }}
        className="intake-form"
      >
        <div className="intake-main panel">
          <Form.Item
            name="text"
            label={t(draft.channel === 'hotline' ? 'intake:text' : 'intake:text_seen')}
            rules={[{ required: true, whitespace: true, message: t('intake:text_missing') }]}
          >
            <Input.TextArea
              ref={words}
              autoFocus
              maxLength={4000}
              autoSize={{ minRows: narrow ? 3 : 5, maxRows: 14 }}
              placeholder={t('intake:text_hint')}
            />
          </Form.Item>
          <Form.Item
            name="place"
            label={t('intake:place')}
            validateTrigger={[]}
            rules={[
              {
                validator: (_, v: Draft['place']) =>
                  v?.lon !== undefined || v?.community
                    ? Promise.resolve()
                    : Promise.reject(new Error(t('intake:place_missing'))),
              },
            ]}
          >
            <PlaceBox height={narrow ? 180 : 240} />
          </Form.Item>
        </div>
        <div className="intake-side panel">
          <Suggested
            title={draft.title}
            text={draft.text}
            community={draft.place?.community}
            category={draft.category_id}
            grade={draft.grade}
            onCategory={(category_id) => take({ category_id })}
            onGrade={(grade) => take({ grade })}
            onPlace={
              draft.place?.lon === undefined
                ? (p) =>
                    take({
                      place: {
                        address: p.name,
                        lon: p.lon,
                        lat: p.lat,
                        community: p.community,
                        grid_id: p.grid_id,
                      },
                    })
                : undefined
            }
          />
          <div className="pair">
            <Form.Item
              name="category_id"
              label={t(draft.onsite ? 'intake:category_must' : 'intake:category')}
              dependencies={['onsite']}
              rules={[
                ({ getFieldValue }) => ({
                  validator: (_, v) =>
                    v || !getFieldValue('onsite')
                      ? Promise.resolve()
                      : Promise.reject(new Error(t('intake:category_missing'))),
                }),
              ]}
            >
              <CategorySelect />
            </Form.Item>
            <Form.Item name="channel" label={t('intake:channel')}>
              <Select options={usable.map((c) => ({ value: c, label: t(`common:channel.${c}`) }))} />
            </Form.Item>
          </div>
          <Answers questions={category?.questions ?? []} />
          <Form.Item name="grade" label={t('intake:grade')}>
            <Radio.Group options={grades.map((g) => ({ value: g, label: t(`common:grade.${g}`) }))} />
          </Form.Item>
          <div className="pair">
            <Form.Item name={['reporter', 'name']} label={t('intake:name')}>
              <Input maxLength={40} autoComplete="off" />
            </Form.Item>
            <Form.Item name={['reporter', 'phone']} label={t('intake:phone')}>
              <Input maxLength={24} inputMode="tel" autoComplete="off" />
            </Form.Item>
          </div>
          <div className="checks">
            <Form.Item name={['reporter', 'anonymous']} valuePropName="checked" noStyle>
              <Checkbox>{t('intake:anonymous')}</Checkbox>
            </Form.Item>
            <Form.Item name={['reporter', 'sealed']} valuePropName="checked" noStyle>
              <Checkbox>{t('intake:sealed')}</Checkbox>
            </Form.Item>
          </div>
          {mayOnsite ? (
            <div className="onsite">
              <Form.Item name="onsite" valuePropName="checked" noStyle>
                <Checkbox disabled={!!onsiteWhyNot}>{t('intake:onsite')}</Checkbox>
              </Form.Item>
              {onsiteWhyNot ? <span className="quiet"> {onsiteWhyNot}</span> : null}
              {draft.onsite && !onsiteWhyNot ? (
                <Form.Item
                  name="onsite_result"
                  rules={[{ required: true, whitespace: true, message: t('intake:onsite_missing') }]}
                >
                  <Input.TextArea
                    autoSize={{ minRows: 2 }}
                    maxLength={2000}
                    aria-label={t('intake:onsite_result')}
                    placeholder={t('intake:onsite_result')}
                  />
                </Form.Item>
              ) : null}
            </div>
          ) : null}
          <Form.Item name="files" label={t('intake:files')}>
            <Photos onBusy={setBusyFiles} />
          </Form.Item>
          <details className="more">
            <summary>{t('intake:more')}</summary>
            <div className="pair">
              <Form.Item name="occurred" label={t('intake:occurred')}>
                <Input type="datetime-local" />
              </Form.Item>
              <Form.Item name="outside_number" label={t('intake:outside')}>
                <Input maxLength={60} />
              </Form.Item>
            </div>
            <Form.Item name="against" label={t('intake:against')} extra={t('intake:against_hint')}>
              <OrgSelect />
            </Form.Item>
            <Form.Item name="title" label={t('intake:headline')} extra={t('intake:headline_hint')}>
              <Input maxLength={100} />
            </Form.Item>
          </details>
          <Similar draft={draft} into={into} setInto={setInto} />
          <div className="intake-send">
            {file.error ? (
              <div className="gap-below">
                <ErrorNote error={file.error} />
                {doubt && doubt !== 'outside' ? (
                  <Button
                    className="gap-above"
                    onClick={() => {
                      const more = [...new Set([...confirm, doubt])];
                      setConfirm(more);
                      submit(more);
                    }}
                  >
                    {t('intake:place_sure')}
                  </Button>
                ) : null}
              </div>
            ) : null}
            <Button
              type="primary"
              size="large"
              block
              loading={file.isPending}
              disabled={busyFiles}
              onClick={() => submit()}
              aria-keyshortcuts="Control+Enter"
            >
              {busyFiles
                ? t('cases:form.files_busy')
                : draft.onsite && !onsiteWhyNot
                  ? t(narrow ? 'intake:send_onsite_touch' : 'intake:send_onsite')
                  : t(narrow ? 'intake:send_touch' : 'intake:send')}
            </Button>
          </div>
        </div>
      </Form>
    </main>
  );
}
