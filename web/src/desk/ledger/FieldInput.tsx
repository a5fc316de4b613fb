import { CalendarOutlined } from '@ant-design/icons';
import { Button, Checkbox, Input, InputNumber, Radio, Select } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Field, isDay, type Named, plain, readDay, type Value } from './model.ts';
import { RefSelect } from './RefSelect.tsx';

interface Props {
  id?: string;
  value?: Value;
  onChange?: (v: Value) => void;
  autoFocus?: boolean;
}

interface DayProps {
  id?: string;
  /** "2026-11-23", or what was typed and is no day. */
  value?: string;
  onChange?: (v: string | undefined) => void;
  autoFocus?: boolean;
  'aria-label'?: string;
  'aria-required'?: boolean | 'true';
  'aria-invalid'?: boolean | 'true';
  'aria-describedby'?: string;
}

/** A day, typed in any of the usual ways or picked from a calendar. */
export function DayInput({ value, onChange, ...rest }: DayProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(value ?? '');
  const picker = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value ?? ''), [value]);
  const take = (typed: string) => {
    const day = readDay(typed);
    const next = day ?? plain(typed);
    setText(next);
    onChange?.(next || undefined);
  };
  return (
    <span className="day-input">
      <Input
        {...rest}
        className="num"
        inputMode="numeric"
        autoComplete="off"
        maxLength={16}
        placeholder="2026-11-23"
        value={text}
        onChange={(e) => {
          setText(e.target.value);
          const day = readDay(e.target.value);
          // A whole day is taken at once, so that Ctrl+Enter sends what is seen.
          if (day || !e.target.value) onChange?.(day);
        }}
        onBlur={(e) => take(e.target.value)}
      />
      <input
        ref={picker}
        type="date"
        className="day-picker"
        tabIndex={-1}
        aria-hidden
        value={isDay(text) ? text : ''}
        onChange={(e) => take(e.target.value)}
      />
      <Button
        icon={<CalendarOutlined />}
        aria-label={t('ledger:pick.day')}
        tabIndex={-1}
        onClick={() => {
          // Chromium before 99 has no way to open it; the day is typed there.
          picker.current?.showPicker?.();
        }}
      />
    </span>
  );
}

/** The input that fits a field's kind. Few choices stand side by side, many are searched. */
export function FieldInput({ code, f, value, onChange, ...rest }: Props & { code: string; f: Field }) {
  const set = onChange as ((v: unknown) => void) | undefined;
  switch (f.kind) {
    case 'long':
      return (
        <Input.TextArea
          {...rest}
          autoSize={{ minRows: 3, maxRows: 12 }}
          maxLength={f.max}
          showCount={!!f.max && String(value ?? '').length > f.max * 0.8}
          value={(value as string) ?? ''}
          onChange={(e) => set?.(e.target.value)}
        />
      );
    case 'choice':
      if ((f.options?.length ?? 0) <= 5 && f.required)
        return (
          <Radio.Group
            {...rest}
            value={value}
            onChange={(e) => set?.(e.target.value)}
            options={f.options?.map((o) => ({ value: o.code, label: o.name }))}
          />
        );
      return (
        <Select
          {...rest}
          allowClear={!f.required}
          showSearch={{ optionFilterProp: 'label' }}
          value={value as string | undefined}
          onChange={(v) => set?.(v)}
          options={f.options?.map((o) => ({ value: o.code, label: o.name }))}
          className="wide"
        />
      );
    case 'choices':
      return (
        <Checkbox.Group
          value={(value as string[]) ?? []}
          onChange={(v) => set?.(v)}
          options={f.options?.map((o) => ({ value: o.code, label: o.name }))}
        />
      );
    case 'bool':
      return (
        <Checkbox {...rest} checked={value === true} onChange={(e) => set?.(e.target.checked)}>
          {f.label}
        </Checkbox>
      );
    case 'number':
    case 'decimal':
      return (
        <InputNumber
          {...rest}
          className="number"
          keyboard
          changeOnWheel={false}
          parser={(text) => Number(plain(text ?? '').replace(/[,，\s]/g, ''))}
          value={value as number | null | undefined}
          onChange={(v) => set?.(typeof v === 'number' && Number.isFinite(v) ? v : undefined)}
        />
      );
    case 'day':
      return <DayInput {...rest} value={value as string | undefined} onChange={set} />;
    case 'ref':
      return <RefSelect {...rest} code={code} f={f} value={value as Named | undefined} onChange={set} />;
    default:
      return (
        <Input
          {...rest}
          autoComplete="off"
          maxLength={f.max}
          value={(value as string) ?? ''}
          onChange={(e) => set?.(e.target.value)}
        />
      );
  }
}
