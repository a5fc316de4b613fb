import { useId } from 'react';
import type { Question, Sheet } from '../store/contract.ts';
import { inLang, useWords } from '../words.ts';

export type Answers = Record<string, string | number | string[]>;

/** Whether every required question has its answer. */
export function complete(sheets: Sheet[], answers: Answers): boolean {
  return sheets.every((s) => s.questions.every((q) => !q.required || given(answers[q.code])));
}
const given = (v: Answers[string] | undefined) =>
  v !== undefined && v !== '' && !(Array.isArray(v) && v.length === 0);

/** What goes into the record: only what was answered, numbers as numbers. */
export function answered(sheets: Sheet[], answers: Answers): Answers {
  const out: Answers = {};
  for (const q of sheets.flatMap((s) => s.questions)) {
    const v = answers[q.code];
    if (v === undefined || !given(v)) continue;
    const n = Number(v);
    out[q.code] = q.datatype === 'number' && Number.isFinite(n) ? n : v;
  }
  return out;
}

function Ask({
  q,
  value,
  onChange,
}: {
  q: Question;
  value: Answers[string] | undefined;
  onChange: (v: Answers[string]) => void;
}) {
  const { t } = useWords();
  const id = useId();
  const legend = (
    <>
      {inLang(q, 'text')}
      {q.required ? null : <small className="quiet"> {t('worker:ask.optional')}</small>}
    </>
  );
  const why = (
    <p className="quiet" id={id}>
      {t('worker:ask.why', { why: inLang(q, 'why') })}
    </p>
  );
  if (q.datatype === 'singlevaluelist' || q.datatype === 'multivaluelist') {
    const many = q.datatype === 'multivaluelist';
    const chosen = Array.isArray(value) ? value : value === undefined ? [] : [String(value)];
    return (
      <fieldset aria-describedby={id}>
        <legend>{legend}</legend>
        {why}
        <div className="choices">
          {(q.values ?? []).map((v) => (
            <label key={v.key} className="choice">
              <input
                type={many ? 'checkbox' : 'radio'}
                name={q.code}
                checked={chosen.includes(v.key)}
                onChange={(e) =>
                  onChange(
                    !many
                      ? v.key
                      : e.currentTarget.checked
                        ? [...chosen, v.key]
                        : chosen.filter((c) => c !== v.key),
                  )
                }
              />
              <span>{inLang(v, 'name')}</span>
            </label>
          ))}
        </div>
      </fieldset>
    );
  }
  const text = value === undefined ? '' : String(value);
  return (
    <div className="field">
      <label htmlFor={`${id}i`}>{legend}</label>
      {why}
      {q.datatype === 'text' ? (
        <textarea
          id={`${id}i`}
          aria-describedby={id}
          rows={2}
          maxLength={500}
          value={text}
          onChange={(e) => onChange(e.currentTarget.value)}
        />
      ) : (
        <input
          id={`${id}i`}
          aria-describedby={id}
          type={q.datatype === 'datetime' ? 'datetime-local' : 'text'}
          inputMode={q.datatype === 'number' ? 'decimal' : undefined}
          maxLength={200}
          value={text}
          onChange={(e) => onChange(e.currentTarget.value)}
        />
      )}
    </div>
  );
}

/** The questions of all sheets of a stop, each with the reason why it is asked. */
export function Questions({
  sheets,
  answers,
  onChange,
}: {
  sheets: Sheet[];
  answers: Answers;
  onChange: (a: Answers) => void;
}) {
  return (
    <>
      {sheets.map((s) => (
        <section key={s.id} className="stack">
          {sheets.length > 1 ? <h3>{inLang(s, 'name')}</h3> : null}
          {s.questions.map((q) => (
            <Ask
              key={q.code}
              q={q}
              value={answers[q.code]}
              onChange={(v) => onChange({ ...answers, [q.code]: v })}
            />
          ))}
        </section>
      ))}
    </>
  );
}
