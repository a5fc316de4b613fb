import { useMutation, useQuery } from '@tanstack/react-query';
import { App, Button, Form, Input, InputNumber, Modal, Popconfirm } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import { addDays, dayText } from '@/shared/time.ts';
import { Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { type Account, type ApiKey, type Items, useRefresh } from './data.ts';
import { DayField, Refused, toField, tomorrow } from './parts.tsx';

interface Fields {
  label: string;
  per_second?: number;
  ends?: number;
}

/** The API keys of a program: issue one, shown once, and revoke. */
export function Keys({ account, may }: { account: Account; may: boolean }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const list = useQuery({
    queryKey: ['admin', 'keys', account.id],
    queryFn: ({ signal }) => call<Items<ApiKey>>('GET', `/accounts/${account.id}/keys`, { signal }),
  });
  const revoke = useMutation({
    mutationFn: (k: ApiKey) => call('DELETE', `/keys/${k.id}`),
    onSuccess: (_, k) => {
      refresh();
      void message.success(t('admin:key.revoked_now', { label: k.label }));
    },
  });
  const items = list.data?.items ?? [];
  const state = (k: ApiKey) => {
    if (k.revoked_at) return t('admin:key.revoked');
    if (!k.living) return t('admin:key.ended', { day: dayText(k.ends ?? 0) });
    return k.ends ? t('admin:key.until', { day: dayText(addDays(k.ends, -1)) }) : t('admin:key.open');
  };
  return (
    <section aria-label={t('admin:key.title')}>
      <h3>{t('admin:key.title')}</h3>
      <Refused error={list.error ?? revoke.error} />
      {list.isPending ? (
        <Loading rows={2} />
      ) : items.length === 0 ? (
        <p className="quiet">{t('admin:key.none')}</p>
      ) : null}
      <ul className="lines">
        {items.map((k) => (
          <li key={k.id} className={k.living ? undefined : 'quiet'}>
            <span>
              <b>{k.label}</b> <code>{k.mark}…</code>
              <br />
              <span className="quiet">
                {state(k)} · {t('admin:key.rate', { n: k.per_second })} ·{' '}
                {k.used_on ? t('admin:key.used', { day: dayText(k.used_on) }) : t('admin:key.unused')}
                <br />
                {k.created_by ? t('admin:key.by', { name: k.created_by }) : null} <Time at={k.created_at} />
              </span>
            </span>
            {may && k.living ? (
              <Popconfirm
                title={t('admin:key.revoke_ask', { label: k.label })}
                onConfirm={() => revoke.mutate(k)}
                okText={t('admin:key.revoke')}
                cancelText={t('common:do.cancel')}
              >
                <Button size="small" danger loading={revoke.isPending && revoke.variables?.id === k.id}>
                  {t('admin:key.revoke')}
                </Button>
              </Popconfirm>
            ) : null}
          </li>
        ))}
      </ul>
      {may ? <Issue account={account} done={() => refresh()} /> : null}
    </section>
  );
}

function Issue({ account, done }: { account: Account; done: () => void }) {
  const { t } = useTranslation();
  const { modal } = App.useApp();
  const [form] = Form.useForm<Fields>();
  const [open, setOpen] = useState(false);
  const issue = useMutation({
    mutationFn: (v: Fields) =>
      call<{ key: ApiKey; text: string }>('POST', `/accounts/${account.id}/keys`, {
        body: { ...v, label: v.label.trim() },
      }),
    onSuccess: (r) => {
      setOpen(false);
      done();
      modal.info({
        title: t('admin:key.shown', { label: r.key.label }),
        content: (
          <>
            <p>{t('admin:key.shown_text')}</p>
            <p>
              <Input
                readOnly
                value={r.text}
                className="password"
                aria-label={t('admin:key.text')}
                onFocus={(e) => e.target.select()}
              />
            </p>
          </>
        ),
        okText: t('admin:account.password_noted'),
        mask: { closable: false },
        keyboard: false,
      });
    },
    onError: (e) => toField(form, e, ['label', 'per_second', 'ends']),
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('admin:key.issue')}</Button>
      <Modal
        open={open}
        title={t('admin:key.issue_title', { name: account.name })}
        okText={t('admin:key.issue')}
        cancelText={t('common:do.cancel')}
        confirmLoading={issue.isPending}
        onOk={() => form.submit()}
        onCancel={() => setOpen(false)}
        destroyOnHidden
      >
        <Refused error={issue.error} />
        <Form<Fields>
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{ per_second: 20 }}
          onFinish={(v) => issue.mutate(v)}
        >
          <Form.Item
            name="label"
            label={t('admin:key.label')}
            rules={[{ required: true, whitespace: true, message: t('admin:need.key_label') }]}
          >
            <Input maxLength={60} />
          </Form.Item>
          <div className="two">
            <Form.Item name="per_second" label={t('admin:key.per_second')}>
              <InputNumber min={1} max={10000} precision={0} className="wide" />
            </Form.Item>
            <Form.Item name="ends" label={t('admin:key.ends')} extra={t('admin:key.ends_why')}>
              <DayField min={tomorrow()} />
            </Form.Item>
          </div>
        </Form>
      </Modal>
    </>
  );
}
