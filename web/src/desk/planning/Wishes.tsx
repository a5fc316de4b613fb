import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { type DraftPage, keys } from './data.ts';

/** What the planner asks to be allowed, what was answered, and the answer of those who may give one. */
export function Wishes({ draft, mayAnswer }: { draft: DraftPage; mayAnswer: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [note, setNote] = useState('');
  const [at, setAt] = useState<number>();
  const answer = useMutation({
    mutationFn: (granted: boolean) =>
      call<DraftPage>('POST', `/plan-drafts/${draft.id}/requests/${at}`, {
        body: { granted, note: note.trim() },
      }),
    onSuccess: (d) => {
      setAt(undefined);
      setNote('');
      client.setQueryData(keys.draft(d.id), d);
    },
  });
  if (!draft.requests.length) return null;
  return (
    <section>
      <h2>{t('planning:wish.title')}</h2>
      <p className="quiet">{t('planning:wish.help')}</p>
      <ol className="decisions">
        {draft.requests.map((r, i) => {
          const last = r.answers.at(-1);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: its place is what a request is called by
            <li key={i}>
              {r.text}
              {last ? (
                <div className={last.granted ? 'tone-done' : 'tone-overdue'}>
                  {t(last.granted ? 'planning:wish.granted' : 'planning:wish.refused', {
                    name: last.by.name,
                    note: last.note,
                  })}
                </div>
              ) : (
                <div className="quiet">{t('planning:wish.open')}</div>
              )}
              {mayAnswer && at !== i ? (
                <Button size="small" onClick={() => setAt(i)}>
                  {t('planning:wish.answer')}
                </Button>
              ) : null}
              {mayAnswer && at === i ? (
                <div className="note-field">
                  <label htmlFor={`answer-${i}`}>{t('planning:wish.note')}</label>
                  <Input.TextArea
                    id={`answer-${i}`}
                    rows={2}
                    maxLength={200}
                    value={note}
                    onChange={(e) => setNote(e.target.value)}
                  />
                  <div className="edit-row">
                    <Button
                      type="primary"
                      disabled={!note.trim() || answer.isPending}
                      onClick={() => answer.mutate(true)}
                    >
                      {t('planning:wish.grant')}
                    </Button>
                    <Button disabled={!note.trim() || answer.isPending} onClick={() => answer.mutate(false)}>
                      {t('planning:wish.refuse')}
                    </Button>
                  </div>
                  {answer.error ? <ErrorNote error={answer.error} /> : null}
                </div>
              ) : null}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
