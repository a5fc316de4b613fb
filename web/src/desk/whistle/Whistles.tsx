import { PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery } from '@tanstack/react-query';
import { App, Button, Form, Input, Modal, Select, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { api, data } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { PlaceBox, type PlaceValue } from '@/shared/ui/PlaceBox.tsx';
import { OrgSelect, OrgsSelect } from '@/shared/ui/pick.tsx';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useTitle } from '../shell/title.ts';
import { type Item, type Kind, kinds, numbers, states, useAgain, useWhistles, type Whistle } from './data.ts';
import { WhistlePanel } from './WhistlePanel.tsx';

interface Blow {
  kind: Kind;
  title?: string;
  text?: string;
  place?: PlaceValue | null;
  orgs: number[];
}

/** Calls departments to a matter; with a case, title and place may be left to it. */
function BlowForm({ caseId, done }: { caseId?: number; done: (made?: Whistle) => void }) {
  const { t } = useTranslation();
  const again = useAgain();
  const [form] = Form.useForm<Blow>();
  const kind = Form.useWatch('kind', form);
  const from = useQuery({
    queryKey: ['case', caseId, 'for whistle'],
    queryFn: ({ signal }) => data(api.GET('/cases/{id}', { params: { path: { id: caseId ?? 0 } }, signal })),
    enabled: !!caseId,
  });
  const limits = useQuery({
    queryKey: ['joint', 'limits'],
    queryFn: ({ signal }) =>
      call<{ settings: { whistle_limits?: Record<Kind, { n: number; unit: string }> } }>('GET', '/settings', {
        signal,
      }),
    staleTime: 600_000,
  });
  const limit = limits.data?.settings.whistle_limits?.[kind ?? 'urgent'];
  const send = useMutation({
    mutationFn: (v: Blow) =>
      call<Whistle>('POST', '/whistles', {
        body: { ...v, place: v.place ?? undefined, case_id: caseId },
        key: uuidv7(),
      }),
    onSuccess: (made) => {
      again();
      done(made);
    },
  });
  const item = from.data?.case;
  return (
    <Modal open title={t('whistle:blow.title')} onCancel={() => done()} footer={null} width={640}>
      {item ? (
        <p className="quiet">
          {t('whistle:blow.from', { number: item.number })} {item.title}
        </p>
      ) : null}
      <Form
        form={form}
        layout="vertical"
        initialValues={{ kind: 'comprehensive' }}
        onFinish={(v) => send.mutate(v)}
      >
        <Form.Item
          name="kind"
          label={t('whistle:col.kind')}
          extra={
            limit ? t('whistle:blow.limit', { n: limit.n, unit: t(`admin:unit.${limit.unit}`) }) : undefined
          }
        >
          <Select options={kinds.map((k) => ({ value: k, label: t(`whistle:kind.${k}`) }))} />
        </Form.Item>
        <Form.Item
          name="title"
          label={t('whistle:col.title')}
          extra={caseId ? t('whistle:blow.as_case') : undefined}
          rules={caseId ? [] : [{ required: true, whitespace: true, message: t('whistle:blow.need_title') }]}
        >
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item name="text" label={t('whistle:blow.text')} extra={t('whistle:blow.text_help')}>
          <Input.TextArea rows={3} maxLength={2000} />
        </Form.Item>
        {caseId ? null : (
          <Form.Item
            name="place"
            label={t('whistle:place')}
            rules={[{ required: true, message: t('whistle:blow.need_place') }]}
          >
            <PlaceBox height={180} />
          </Form.Item>
        )}
        <Form.Item
          name="orgs"
          label={t('whistle:orgs')}
          rules={[{ required: true, message: t('whistle:blow.need_orgs') }]}
        >
          <OrgsSelect />
        </Form.Item>
        {send.error ? <ErrorNote error={send.error} /> : null}
        <Button type="primary" htmlType="submit" loading={send.isPending}>
          {t('whistle:blow.send')}
        </Button>
      </Form>
    </Modal>
  );
}

/** Where each department stands, in one line. */
function Standing({ o }: { o: Item }) {
  const { t } = useTranslation();
  return (
    <ul className="joint-standing">
      {(o.calls ?? []).map((c) => (
        <li key={c.org.id}>
          {c.org.name}{' '}
          <span
            className={
              c.missed && !c.came_at ? 'tone-overdue' : c.state === 'confirmed' ? 'tone-done' : 'quiet'
            }
          >
            {t(`whistle:part.${c.state}`)}
            {c.state === 'called' ? ` · ${c.clock}` : ''}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function Whistles() {
  const { t } = useTranslation();
  const { can } = useSession();
  const { message } = App.useApp();
  const [params, setParams] = useSearchParams();
  useTitle(t('whistle:tab.list'));
  const get = (k: string) => params.get(k) ?? undefined;
  const query = {
    state: get('state'),
    kind: get('kind'),
    part: get('part'),
    org: get('org'),
    case: get('case'),
    street: get('street'),
    from: get('from'),
    to: get('to'),
  };
  const { list, rows } = useWhistles(query);
  const open = Number(get('whistle')) || undefined;
  const set = (with_: Record<string, string | undefined>) => {
    const next = new URLSearchParams(params);
    for (const [k, v] of Object.entries(with_)) {
      if (v) next.set(k, v);
      else next.delete(k);
    }
    setParams(next);
  };
  const pick = (key: 'state' | 'kind' | 'part', label: string, values: readonly string[], words: string) => (
    <Select
      allowClear
      value={get(key)}
      aria-label={label}
      placeholder={label}
      popupMatchSelectWidth={false}
      style={{ minWidth: 130 }}
      options={values.map((v) => ({ value: v, label: t(`whistle:${words}.${v}`) }))}
      onChange={(v) => set({ [key]: v })}
    />
  );
  return (
    <>
      <header className="joint-head">
        <h1>{t('whistle:tab.list')}</h1>
        {pick('state', t('whistle:col.state'), states, 'state')}
        {pick('kind', t('whistle:col.kind'), kinds, 'kind')}
        {pick('part', t('whistle:col.part'), numbers, 'number')}
        <span className="joint-org">
          <OrgSelect
            value={Number(get('org')) || undefined}
            aria-label={t('whistle:orgs')}
            placeholder={t('whistle:orgs')}
            onChange={(v) => set({ org: v ? String(v) : undefined })}
          />
        </span>
        <span className="joint-side">
          {can('whistle.call') ? (
            <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => set({ new: '1' })}>
              {t('whistle:blow.title')}
            </Button>
          ) : null}
        </span>
      </header>
      {list.error && !list.data ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : (
        <div className={open ? 'joint-beside open' : 'joint-beside'}>
          <div>
            <Table<Item>
              size="small"
              rowKey="id"
              loading={list.isPending}
              dataSource={rows}
              pagination={false}
              scroll={{ x: 'max-content' }}
              rowClassName={(o) => (o.id === open ? 'row-chosen' : '')}
              locale={{
                emptyText: <EmptyNote title={t('whistle:empty')}>{t('whistle:empty_help')}</EmptyNote>,
              }}
              columns={[
                {
                  title: t('whistle:col.title'),
                  width: 240,
                  render: (_, o) => (
                    <button type="button" className="link" onClick={() => set({ whistle: String(o.id) })}>
                      {o.title}
                      <span className="num quiet joint-number">{o.number}</span>
                    </button>
                  ),
                },
                { title: t('whistle:col.kind'), render: (_, o) => t(`whistle:kind.${o.kind}`) },
                {
                  title: t('whistle:col.state'),
                  render: (_, o) => (
                    <span className={o.state === 'open' ? '' : 'quiet'}>
                      {t(`whistle:state.${o.state}`)}
                      {o.state === 'open' && o.raised_to ? (
                        <span className="tone-overdue"> · {t('whistle:raised')}</span>
                      ) : null}
                    </span>
                  ),
                },
                { title: t('whistle:orgs'), width: 320, render: (_, o) => <Standing o={o} /> },
                {
                  title: t('whistle:place'),
                  render: (_, o) => o.grid?.name ?? o.community?.name ?? o.street?.name,
                },
                { title: t('whistle:col.called'), render: (_, o) => <Time at={o.called_at} /> },
              ]}
            />
            {list.hasNextPage ? (
              <Button
                block
                type="text"
                loading={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
              >
                {t('whistle:more')}
              </Button>
            ) : null}
          </div>
          {open ? <WhistlePanel key={open} id={open} close={() => set({ whistle: undefined })} /> : null}
        </div>
      )}
      {get('new') && can('whistle.call') ? (
        <BlowForm
          caseId={Number(get('case')) || undefined}
          done={(made) => {
            if (made) void message.success(t('whistle:blow.sent', { number: made.number }));
            set({ new: undefined, ...(made ? { whistle: String(made.id) } : {}) });
          }}
        />
      ) : null}
    </>
  );
}
