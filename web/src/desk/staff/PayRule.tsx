import { Button, DatePicker, Form, Input, InputNumber } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import { today } from '@/shared/time.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { type Item, monthText, type Rule, useAct } from './data.ts';

/** A month as yyyymm. */
export function MonthField({
  value,
  onChange,
  max,
  ...rest
}: {
  value?: number;
  onChange?: (month: number | undefined) => void;
  max?: number;
  id?: string;
}) {
  return (
    <DatePicker
      {...rest}
      picker="month"
      allowClear={false}
      value={value ? dayjs(`${monthText(value)}-01`) : null}
      maxDate={max ? dayjs(`${monthText(max)}-01`) : undefined}
      onChange={(d) => onChange?.(d ? Number(d.format('YYYYMM')) : undefined)}
    />
  );
}

const levels = ['good', 'fair', 'poor'];

/** The numbers of an item as the form holds them: yuan and per cent. */
interface Numbers {
  amount?: number;
  percent?: number;
  levels?: Record<string, number>;
}

const numbersOf = (i: Item): Numbers => ({
  amount: (i.amount ?? 0) / 100,
  percent: (i.permille ?? 0) / 10,
  levels: Object.fromEntries(levels.map((l) => [l, (i.levels?.[l] ?? 0) / 100])),
});

function itemOf(i: Item, n: Numbers | undefined): Item {
  if (i.kind === 'share') return { ...i, permille: Math.round((n?.percent ?? 0) * 10) };
  if (i.kind === 'level')
    return {
      ...i,
      levels: Object.fromEntries(levels.map((l) => [l, Math.round((n?.levels?.[l] ?? 0) * 100)])),
    };
  return { ...i, amount: Math.round((n?.amount ?? 0) * 100) };
}

/** A new rule from a month on, made of the one in force with other numbers. */
export function PayRule({ rule, done }: { rule: Rule; done: () => void }) {
  const { t } = useTranslation();
  const set = useAct<Rule, Record<string, unknown>>('/pay-rules', done);
  const must = (what: string) => [{ required: true, message: t('staff:missing', { what }) }];
  const money = (name: (string | number)[], label: string) => (
    <Form.Item key={name.join('.')} name={name} label={label} rules={must(label)}>
      <InputNumber precision={2} min={0} controls={false} suffix={t('staff:pay.yuan')} />
    </Form.Item>
  );
  return (
    <Form
      layout="vertical"
      requiredMark={false}
      className="panel staff-form"
      initialValues={{ name: rule.name, from: Math.floor(today() / 100), n: rule.items.map(numbersOf) }}
      onFinish={(v: { name: string; from: number; n: Numbers[] }) =>
        set.mutate({
          district: rule.district,
          name: v.name,
          from: v.from,
          items: rule.items.map((i, k) => itemOf(i, v.n[k])),
        })
      }
    >
      <p className="quiet">{t('staff:pay.rule_help')}</p>
      <Form.Item name="name" label={t('staff:name')} rules={must(t('staff:name'))}>
        <Input maxLength={60} />
      </Form.Item>
      <Form.Item name="from" label={t('staff:pay.rule_from')} rules={must(t('staff:pay.rule_from'))}>
        <MonthField />
      </Form.Item>
      {rule.items.map((i, k) =>
        i.kind === 'level' ? (
          <fieldset key={i.code}>
            <legend>{i.name}</legend>
            {levels.map((l) => money(['n', k, 'levels', l], t(`staff:level.${l}`)))}
          </fieldset>
        ) : i.kind === 'share' ? (
          <Form.Item
            key={i.code}
            name={['n', k, 'percent']}
            label={t('staff:pay.share_of', {
              name: i.name,
              of: rule.items.find((o) => o.code === i.of)?.name ?? i.of,
            })}
            rules={must(i.name)}
          >
            <InputNumber precision={1} min={-100} max={100} controls={false} suffix="%" />
          </Form.Item>
        ) : (
          money(['n', k, 'amount'], t(`staff:pay.by.${i.kind}`, { name: i.name }))
        ),
      )}
      {set.error ? <ErrorNote error={set.error} /> : null}
      <div className="staff-buttons">
        <Button type="primary" htmlType="submit" loading={set.isPending}>
          {t('staff:pay.rule_set')}
        </Button>
        <Button onClick={done}>{t('common:do.cancel')}</Button>
      </div>
    </Form>
  );
}
