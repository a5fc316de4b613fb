import { Button, Form, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { type Option, useAct } from './data.ts';

/** The steps that may be taken now, each with what it asks for; what may not says why. */
export function Act({ path, version, options }: { path: string; version: number; options: Option[] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<string>();
  const [form] = Form.useForm<Record<string, string>>();
  const act = useAct<unknown, Record<string, unknown>>(path, () => {
    setOpen(undefined);
    form.resetFields();
  });
  const chosen = options.find((o) => o.action === open);
  const choices: Record<string, { value: string; label: string }[]> = {
    level: ['good', 'fair', 'poor'].map((v) => ({ value: v, label: t(`staff:level.${v}`) })),
    renew: ['yes', 'no'].map((v) => ({ value: v, label: t(`staff:renew.${v}`) })),
  };
  return (
    <div className="staff-act">
      {act.error ? <ErrorNote error={act.error} /> : null}
      <div className="staff-buttons">
        {options.map((o) => (
          <span key={o.action}>
            <Button
              type={o.side ? 'default' : 'primary'}
              disabled={!o.allowed}
              loading={act.isPending && act.variables?.action === o.action}
              onClick={() => (o.needs.length ? setOpen(o.action) : act.mutate({ action: o.action, version }))}
            >
              {o.name}
            </Button>
            {o.allowed ? null : <span className="quiet"> {o.why}</span>}
          </span>
        ))}
      </div>
      {chosen ? (
        <Form
          form={form}
          layout="vertical"
          requiredMark={false}
          className="panel staff-form"
          onFinish={(v) => act.mutate({ ...v, action: chosen.action, version })}
        >
          {chosen.needs.map((n) => (
            <Form.Item
              key={n.name}
              name={n.name}
              label={n.label}
              rules={n.required ? [{ required: true, message: t('staff:missing', { what: n.label }) }] : []}
            >
              {n.type === 'choice' ? (
                <Select options={choices[n.name] ?? []} />
              ) : (
                <Input.TextArea rows={3} maxLength={n.name === 'note' ? 200 : 500} showCount />
              )}
            </Form.Item>
          ))}
          <div className="staff-buttons">
            <Button type="primary" htmlType="submit" loading={act.isPending}>
              {chosen.name}
            </Button>
            <Button onClick={() => setOpen(undefined)}>{t('common:do.cancel')}</Button>
          </div>
        </Form>
      ) : null}
    </div>
  );
}
