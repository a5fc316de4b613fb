import { type ReactNode, useId } from 'react';

interface Props {
  label: ReactNode;
  hint?: string;
  value: string;
  onChange: (v: string) => void;
  /** Lines of a longer text; without it, one line. */
  rows?: number;
  max?: number;
  required?: boolean;
  /** The keys that a line is typed with. */
  mode?: 'tel' | 'numeric' | 'decimal' | 'search';
  type?: 'text' | 'datetime-local';
}

/** A text, with what it is for. */
export function TextField({ label, hint, value, onChange, rows, max, required, mode, type }: Props) {
  const id = useId();
  const own = {
    id,
    'aria-describedby': hint ? `${id}h` : undefined,
    maxLength: max ?? (rows ? 500 : 200),
    required,
    value,
    onChange: (e: { currentTarget: { value: string } }) => onChange(e.currentTarget.value),
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint ? (
        <p className="quiet" id={`${id}h`}>
          {hint}
        </p>
      ) : null}
      {rows ? <textarea rows={rows} {...own} /> : <input type={type} inputMode={mode} {...own} />}
    </div>
  );
}

/** On or off, the whole line is the target. */
export function Switch({
  label,
  hint,
  on,
  onChange,
}: {
  label: string;
  hint?: string;
  on: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <label className="choice wide">
      <input type="checkbox" checked={on} onChange={(e) => onChange(e.currentTarget.checked)} />
      <span>
        {label}
        {hint ? <small className="quiet">{hint}</small> : null}
      </span>
    </label>
  );
}
