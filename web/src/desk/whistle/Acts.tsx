import { useMutation } from '@tanstack/react-query';
import { App, Button, Form } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { Need } from '../cases/Need.tsx';
import { type Option, useAgain } from './data.ts';

interface Props {
  options: Option[] | null | undefined;
  /** Of the actions' operation. */
  path: string;
  version: number;
  /** What goes with every action: whose part, which task. */
  more?: Record<string, unknown>;
  /** What it is about, for those who hear the buttons only. */
  about?: string;
}

/** The actions that may be taken now, each with its small form; what may not says why. */
export function Acts({ options, path, version, more, about }: Props) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [open, setOpen] = useState<string>();
  const [busy, setBusy] = useState(false); // a photo is on its way
  const again = useAgain();
  const [form] = Form.useForm();
  const act = useMutation({
    mutationFn: (o: { option: Option; values: Record<string, unknown> }) =>
      call('POST', path, { body: { ...o.values, ...more, action: o.option.action, version } }),
    onSuccess: (_, o) => {
      setOpen(undefined);
      form.resetFields();
      void message.success(t('whistle:did', { name: o.option.name }));
      again();
    },
  });
  const list = options ?? [];
  if (!list.length) return null;
  const chosen = list.find((o) => o.action === open);
  return (
    <div className="joint-acts">
      <div className="joint-buttons">
        {list.map((o) => (
          <Button
            key={o.action}
            size="small"
            type={o.primary ? 'primary' : 'default'}
            disabled={!o.allowed}
            title={o.why}
            aria-label={about ? `${o.name} ${about}` : undefined}
            aria-expanded={o.needs?.length ? open === o.action : undefined}
            loading={act.isPending && act.variables?.option.action === o.action}
            onClick={() => {
              act.reset();
              if (o.needs?.length) setOpen(open === o.action ? undefined : o.action);
              else act.mutate({ option: o, values: {} });
            }}
          >
            {o.name}
          </Button>
        ))}
      </div>
      {list
        .filter((o) => !o.allowed && o.why)
        .map((o) => (
          <p key={o.action} className="quiet joint-why">
            {o.name}: {o.why}
          </p>
        ))}
      {act.error ? <ErrorNote error={act.error} retry={again} /> : null}
      {chosen ? (
        <Form
          key={chosen.action}
          form={form}
          layout="vertical"
          className="joint-form"
          onFinish={(values) => act.mutate({ option: chosen, values })}
        >
          {(chosen.needs ?? []).map((n, i) => (
            <Form.Item
              key={n.field}
              name={n.field}
              label={n.label}
              rules={
                n.required ? [{ required: true, message: t('whistle:missing', { field: n.label }) }] : []
              }
            >
              <Need need={n} autoFocus={i === 0} onBusy={setBusy} />
            </Form.Item>
          ))}
          <Button htmlType="submit" type="primary" size="small" disabled={busy} loading={act.isPending}>
            {chosen.name}
          </Button>
        </Form>
      ) : null}
    </div>
  );
}
