import { Button, Checkbox, Form, Input, InputNumber, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { dayText, today } from '@/shared/time.ts';
import { remember, useNames } from './data.ts';
import { DayInput } from './FieldInput.tsx';
import { type Condition, type Filter, type Op, opsOf, withCondition } from './filter.ts';
import type { Field, Item, Register } from './model.ts';
import { RefsSelect } from './RefSelect.tsx';

interface Props {
  r: Register;
  rows: Item[];
  value: Filter;
  onChange: (f: Filter) => void;
  phone: string;
  onPhone?: (v: string) => void;
  onClose: () => void;
}

/** Everything that the list can be narrowed by. Changes show at once. */
export default function FilterForm({ r, rows, value: filter, onChange, phone, onPhone, onClose }: Props) {
  const { t } = useTranslation();
  const names = useNames(r, rows);
  const get = (field: string, op: Op) => filter.where.find((c) => c.field === field && c.op === op)?.values;
  const set = (field: string, op: Op, values: (string | undefined)[]) => {
    const c: Condition = {
      field,
      op,
      values: values.filter((v): v is string => v !== undefined && v !== ''),
    };
    onChange(withCondition(filter, c));
  };
  const one = (f: Field, i: number) => {
    const id = `f-${f.name}`;
    switch (f.kind) {
      case 'choice':
      case 'choices':
        return (
          <Select
            id={id}
            mode="multiple"
            allowClear
            autoFocus={i === 0}
            className="wide"
            value={(get(f.name, '=') ?? []).filter(Boolean)}
            options={f.options?.map((o) => ({ value: o.code, label: o.name }))}
            showSearch={{ optionFilterProp: 'label' }}
            onChange={(v: string[]) => set(f.name, '=', v)}
          />
        );
      case 'bool':
        return (
          <Radio.Group
            id={id}
            aria-label={f.label}
            value={get(f.name, '=')?.[0] ?? ''}
            onChange={(e) => set(f.name, '=', [e.target.value])}
            options={[
              { value: '', label: t('ledger:filter.either') },
              { value: 'true', label: t('ledger:yes') },
              { value: 'false', label: t('ledger:no') },
            ]}
          />
        );
      case 'ref':
        return (
          <RefsSelect
            id={id}
            code={r.code}
            f={f}
            value={(get(f.name, '=') ?? [])
              .filter(Boolean)
              .map((v) => ({ id: Number(v), name: names(f, v) ?? v }))}
            onChange={(list) => {
              for (const n of list) remember(r, f.name, n);
              set(
                f.name,
                '=',
                list.map((n) => String(n.id)),
              );
            }}
          />
        );
      case 'day':
        return (
          <div className="days">
            <DayInput
              id={id}
              aria-label={t('ledger:filter.from', { label: f.label })}
              value={get(f.name, '>=')?.[0]}
              onChange={(v) => set(f.name, '>=', [v])}
            />
            <DayInput
              aria-label={t('ledger:filter.to', { label: f.label })}
              value={get(f.name, '<=')?.[0]}
              onChange={(v) => set(f.name, '<=', [v])}
            />
          </div>
        );
      case 'number':
      case 'decimal':
        return (
          <div className="days">
            {(['>=', '<='] as const).map((op) => (
              <InputNumber
                key={op}
                id={op === '>=' ? id : undefined}
                className="wide"
                changeOnWheel={false}
                aria-label={t(op === '>=' ? 'ledger:filter.least' : 'ledger:filter.most', { label: f.label })}
                placeholder={t(op === '>=' ? 'ledger:filter.least_short' : 'ledger:filter.most_short')}
                value={get(f.name, op)?.[0] === undefined ? null : Number(get(f.name, op)?.[0])}
                onChange={(v) => set(f.name, op, [v === null ? undefined : String(v)])}
              />
            ))}
          </div>
        );
      default:
        return (
          <Input
            id={id}
            allowClear
            maxLength={100}
            key={get(f.name, '~')?.[0] ?? ''}
            defaultValue={get(f.name, '~')?.[0]}
            onPressEnter={(e) => set(f.name, '~', [e.currentTarget.value.trim()])}
            onBlur={(e) => {
              if ((get(f.name, '~')?.[0] ?? '') !== e.target.value.trim())
                set(f.name, '~', [e.target.value.trim()]);
            }}
          />
        );
    }
  };
  const usable = r.fields.filter((f) => opsOf(f).length);
  const own = usable.filter((f) => !f.standard);
  const standard = usable.filter((f) => f.standard);
  const on = get('on', '=')?.[0];
  const item = (f: Field, i: number) => (
    <Form.Item key={f.name} label={f.label} htmlFor={`f-${f.name}`}>
      {one(f, i)}
      {opsOf(f).includes('=') &&
      f.kind !== 'bool' &&
      !f.required &&
      f.name !== 'state' &&
      f.name !== 'region' ? (
        <Checkbox
          checked={get(f.name, '=')?.join() === ''}
          onChange={(e) =>
            onChange(withCondition(filter, { field: f.name, op: '=', values: e.target.checked ? [''] : [] }))
          }
        >
          {t('ledger:filter.none')}
        </Checkbox>
      ) : null}
    </Form.Item>
  );
  return (
    <Form layout="vertical" className="filter-form" component="div">
      <Form.Item label={t('ledger:filter.on')} htmlFor="f-on" extra={t('ledger:filter.on_why')}>
        <div className="day-line">
          <DayInput id="f-on" value={on} onChange={(v) => set('on', '=', [v])} />
          <Button onClick={() => set('on', '=', [dayText(today())])}>{t('common:day.today')}</Button>
        </div>
      </Form.Item>
      {onPhone ? (
        <Form.Item label={t('ledger:filter.phone')} htmlFor="f-phone" extra={t('ledger:filter.phone_why')}>
          <Input
            id="f-phone"
            inputMode="tel"
            autoComplete="off"
            allowClear
            maxLength={40}
            defaultValue={phone}
            onPressEnter={(e) => onPhone(e.currentTarget.value.trim())}
            onBlur={(e) => onPhone(e.target.value.trim())}
          />
        </Form.Item>
      ) : null}
      {own.map(item)}
      {standard.map((f) => item(f, -1))}
      <div className="filter-foot">
        <Button
          onClick={() => {
            onPhone?.('');
            onChange({ where: [], sort: filter.sort });
          }}
        >
          {t('common:do.clear')}
        </Button>
        <Button type="primary" onClick={onClose}>
          {t('common:do.close')}
        </Button>
      </div>
    </Form>
  );
}
