import { useId } from 'react';

interface Props {
  label: string;
  hint?: string;
  value: string;
  onChange: (v: string) => void;
  rows?: number;
  max?: number;
  required?: boolean;
}

/** A text of some lines, with what it is for. */
export function TextArea({ label, hint, value, onChange, rows = 2, max = 500, required }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint ? (
        <p className="quiet" id={`${id}h`}>
          {hint}
        </p>
      ) : null}
      <textarea
        id={id}
        aria-describedby={hint ? `${id}h` : undefined}
        rows={rows}
        maxLength={max}
        required={required}
        value={value}
        onChange={(e) => onChange(e.currentTarget.value)}
      />
    </div>
  );
}

export function TextLine({
  label,
  hint,
  value,
  onChange,
  max = 200,
  required,
  mode,
}: Omit<Props, 'rows'> & { mode?: 'tel' | 'numeric' | 'search' }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint ? (
        <p className="quiet" id={`${id}h`}>
          {hint}
        </p>
      ) : null}
      <input
        id={id}
        aria-describedby={hint ? `${id}h` : undefined}
        inputMode={mode}
        maxLength={max}
        required={required}
        value={value}
        onChange={(e) => onChange(e.currentTarget.value)}
      />
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
