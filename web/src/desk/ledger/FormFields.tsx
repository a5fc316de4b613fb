import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, Form, Input, InputNumber, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useRegisters } from './data.ts';
import {
  classes,
  type Draft,
  type FormField,
  type FormProblem,
  freshField,
  kinds,
  optionLines,
  readOptions,
} from './forms.ts';

/** What is wrong with a field; where what it asks for is held already, the way there. */
export function Wrong({ list }: { list: FormProblem[] }) {
  const { t } = useTranslation();
  if (!list.length) return null;
  return (
    <div className="form-error" role="alert">
      {list.map((p) => (
        <p key={p.field + p.detail}>
          {p.detail}{' '}
          {p.at?.register ? (
            <Link
              to={`/ledger/${p.at.register === 'form_row' ? `form_row~${p.at.form}` : p.at.register}`}
              target="_blank"
            >
              {t('ledger:forms.see_held')}
            </Link>
          ) : null}
        </p>
      ))}
    </div>
  );
}

function Options({ f, onChange }: { f: FormField; onChange: (f: FormField) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => optionLines(f.options));
  return (
    <Form.Item
      label={t('ledger:forms.options')}
      htmlFor={`${f.name}-options`}
      extra={t('ledger:forms.options_why')}
      required
    >
      <Input.TextArea
        id={`${f.name}-options`}
        autoSize={{ minRows: 2, maxRows: 10 }}
        value={text}
        onChange={(e) => {
          setText(e.target.value);
          onChange({ ...f, options: readOptions(e.target.value, f.options) });
        }}
      />
    </Form.Item>
  );
}

interface OneProps {
  f: FormField;
  n: number;
  last: boolean;
  wrong: FormProblem[];
  onChange: (f: FormField) => void;
  onMove: (by: -1 | 1) => void;
  onDrop: () => void;
}

function One({ f, n, last, wrong, onChange, onMove, onDrop }: OneProps) {
  const { t } = useTranslation();
  const registers = useRegisters();
  const id = (part: string) => `${f.name}-${part}`;
  const title = f.zh || t('ledger:forms.field_n', { n });
  const targets = [
    ...['org', 'account', 'region', 'grid', 'building'].map((c) => ({
      value: c,
      label: t(`ledger:forms.refs.${c}`),
    })),
    ...(registers.data ?? []).filter((r) => !r.form).map((r) => ({ value: r.code, label: r.name })),
  ];
  const numeric = f.kind === 'number' || f.kind === 'decimal';
  return (
    <li className="form-field" aria-label={title}>
      <div className="form-field-head">
        <strong>{title}</strong>
        <span className="grow" />
        <Button
          size="small"
          type="text"
          icon={<ArrowUpOutlined />}
          disabled={n === 1}
          aria-label={t('ledger:forms.up', { label: title })}
          onClick={() => onMove(-1)}
        />
        <Button
          size="small"
          type="text"
          icon={<ArrowDownOutlined />}
          disabled={last}
          aria-label={t('ledger:forms.down', { label: title })}
          onClick={() => onMove(1)}
        />
        <Button
          size="small"
          type="text"
          icon={<DeleteOutlined />}
          aria-label={t('ledger:forms.drop', { label: title })}
          onClick={onDrop}
        />
      </div>
      <Wrong list={wrong} />
      <div className="form-pair">
        <Form.Item label={t('ledger:forms.field_zh')} htmlFor={id('zh')} required>
          <Input
            id={id('zh')}
            maxLength={40}
            value={f.zh}
            onChange={(e) => onChange({ ...f, zh: e.target.value })}
          />
        </Form.Item>
        <Form.Item label={t('ledger:forms.field_en')} htmlFor={id('en')}>
          <Input
            id={id('en')}
            maxLength={40}
            value={f.en}
            onChange={(e) => onChange({ ...f, en: e.target.value })}
          />
        </Form.Item>
      </div>
      <div className="form-pair">
        <Form.Item label={t('ledger:forms.kind')} htmlFor={id('kind')}>
          <Select
            id={id('kind')}
            showSearch={{ optionFilterProp: 'label' }}
            value={f.kind}
            options={kinds.map((k) => ({ value: k, label: t(`ledger:forms.kinds.${k}`) }))}
            onChange={(kind) => onChange({ ...f, kind: kind as FormField['kind'], max: undefined })}
          />
        </Form.Item>
        <Form.Item label={t('ledger:forms.who')} htmlFor={id('class')}>
          <Select
            id={id('class')}
            showSearch={{ optionFilterProp: 'label' }}
            value={f.class ?? ''}
            options={['', ...classes].map((c) => ({
              value: c,
              label: t(`ledger:forms.class.${c.replace('.', '_') || 'row'}`),
            }))}
            onChange={(v) => onChange({ ...f, class: v || undefined })}
          />
        </Form.Item>
      </div>
      {f.kind === 'choice' || f.kind === 'choices' ? <Options f={f} onChange={onChange} /> : null}
      {f.kind === 'ref' ? (
        <Form.Item
          label={t('ledger:forms.ref')}
          htmlFor={id('ref')}
          extra={t('ledger:forms.ref_why')}
          required
        >
          <Select
            id={id('ref')}
            showSearch={{ optionFilterProp: 'label' }}
            value={f.ref}
            options={targets}
            onChange={(ref) => onChange({ ...f, ref })}
          />
        </Form.Item>
      ) : null}
      <Form.Item label={t('ledger:forms.why')} htmlFor={id('why')} extra={t('ledger:forms.why_why')} required>
        <Input
          id={id('why')}
          maxLength={100}
          value={f.why_zh}
          onChange={(e) => onChange({ ...f, why_zh: e.target.value })}
        />
      </Form.Item>
      <div className="form-field-foot">
        {f.kind === 'bool' ? null : (
          <Checkbox checked={!!f.required} onChange={(e) => onChange({ ...f, required: e.target.checked })}>
            {t('ledger:forms.required')}
          </Checkbox>
        )}
        {numeric || f.kind === 'text' || f.kind === 'long' ? (
          <label htmlFor={id('max')}>
            {t(numeric ? 'ledger:forms.most' : 'ledger:forms.longest')}{' '}
            <InputNumber
              id={id('max')}
              min={1}
              max={numeric ? 1_000_000_000 : 4000}
              changeOnWheel={false}
              value={f.max}
              onChange={(max) => onChange({ ...f, max: max ?? undefined })}
            />
          </label>
        ) : null}
      </div>
    </li>
  );
}

/** The fields of a draft, in the order in which they are asked. */
export function FormFields({
  draft,
  onChange,
  wrongAt,
}: {
  draft: Draft;
  onChange: (fields: FormField[]) => void;
  wrongAt: (i: number) => FormProblem[];
}) {
  const { t } = useTranslation();
  const { fields } = draft;
  const move = (i: number, by: -1 | 1) => {
    const next = [...fields];
    const [one] = next.splice(i, 1);
    if (one) next.splice(i + by, 0, one);
    onChange(next);
  };
  return (
    <>
      <ol className="form-fields">
        {fields.map((f, i) => (
          <One
            key={f.name}
            f={f}
            n={i + 1}
            last={i === fields.length - 1}
            wrong={wrongAt(i)}
            onChange={(x) => onChange(fields.map((o) => (o.name === f.name ? x : o)))}
            onMove={(by) => move(i, by)}
            onDrop={() => onChange(fields.filter((o) => o.name !== f.name))}
          />
        ))}
      </ol>
      <Button icon={<PlusOutlined />} onClick={() => onChange([...fields, freshField()])}>
        {t('ledger:forms.add')}
      </Button>
    </>
  );
}
