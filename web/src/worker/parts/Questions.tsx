import { useId } from 'react';
import type { Question, Sheet } from '../store/contract.ts';
import { inLang, useWords } from '../words.ts';

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
  const why = (
    <p className="quiet" id={id}>
      {t('worker:ask.why', { why: inLang(q, 'why') })}
    </p>
  );
  if (q.datatype === 'singlevaluelist' || q.datatype === 'multivaluelist') {
    const many = q.datatype === 'multivaluelist';
    const chosen = value ?? [];
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
  const text = value?.[0] ?? '';
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
          onChange={(e) => onChange([e.currentTarget.value])}
        />
      ) : (
        <input
          id={`${id}i`}
          aria-describedby={id}
          type={q.datatype === 'datetime' ? 'datetime-local' : 'text'}
          inputMode={q.datatype === 'number' ? 'decimal' : undefined}
          maxLength={200}
          value={text}
          onChange={(e) => onChange([e.currentTarget.value])}
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
