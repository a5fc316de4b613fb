import { useId } from 'react';
import type { Question, Sheet } from '../store/contract.ts';
import { inLang, useWords } from '../words.ts';
import { TextField } from './Fields.tsx';

/** By the questions' codes; always lists, as the server keeps them. */
export type Answers = Record<string, string[]>;

/** Whether every required question has its answer. */
export function complete(sheets: Sheet[], answers: Answers): boolean {
  return sheets.every((s) => s.questions.every((q) => !q.required || given(answers[q.code])));
}
const given = (v: string[] | undefined) => !!v?.some((x) => x.trim() !== '');

/** What goes into the record: only what these sheets ask and what was answered. */
export function answered(sheets: Sheet[], answers: Answers): Answers {
  const asked = sheets.flatMap((s) => s.questions).map((q) => [q.code, answers[q.code]] as const);
  return Object.fromEntries(
    asked.flatMap(([code, v]) => (v && given(v) ? [[code, v.map((x) => x.trim())]] : [])),
  );
}

function Ask({
  q,
  value,
  onChange,
}: {
  q: Question;
  value: string[] | undefined;
  onChange: (v: string[]) => void;
}) {
  const { t } = useWords();
  const id = useId();
  const legend = (
    <>
      {inLang(q, 'text')}
      {q.required ? null : <small className="quiet"> {t('worker:ask.optional')}</small>}
    </>
  );
  const why = t('worker:ask.why', { why: inLang(q, 'why') });
  if (q.datatype === 'singlevaluelist' || q.datatype === 'multivaluelist') {
    const many = q.datatype === 'multivaluelist';
    const chosen = value ?? [];
    return (
      <fieldset aria-describedby={id}>
        <legend>{legend}</legend>
        <p className="quiet" id={id}>
          {why}
        </p>
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
                      ? [v.key]
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
  // A time is kept with the city's offset, a field of the browser has none.
  const time = q.datatype === 'datetime';
  return (
    <TextField
      label={legend}
      hint={why}
      rows={q.datatype === 'text' ? 2 : undefined}
      type={time ? 'datetime-local' : undefined}
      mode={q.datatype === 'number' ? 'decimal' : undefined}
      value={time ? (value?.[0] ?? '').slice(0, 16) : (value?.[0] ?? '')}
      onChange={(v) => onChange([time && v ? `${v}:00+08:00` : v])}
    />
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
