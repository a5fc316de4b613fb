import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyNote } from '@/shared/ui/state.tsx';
import type { DraftPage, EditBody, Verdict } from './data.ts';

/** Why grids of some communities cannot lie within the bounds, and what a person can do. */
export function Reasons({
  draft,
  editable,
  act,
  busy,
}: {
  draft: DraftPage;
  editable: boolean;
  act: (b: EditBody) => void;
  busy: boolean;
}) {
  const { t } = useTranslation();
  const { min, max } = draft.options;
  const bad = draft.communities.filter((c) => c.status !== 'ok');
  const [asking, setAsking] = useState<string>();
  const [text, setText] = useState('');
  const accept = (c: Verdict) => {
    for (const g of draft.grids)
      if (g.community === c.community && !g.in_bounds && !g.note)
        act({
          kind: 'note',
          grids: [g.label],
          text: t('planning:reasons.note', { name: c.name, n: g.households }),
        });
  };
  return (
    <div className="reasons">
      {bad.length === 0 ? <EmptyNote title={t('planning:reasons.none', { min, max })} /> : null}
      {bad.map((c) => (
        <section key={c.community}>
          <h2>
            {c.name} <span className="quiet">{t('planning:n_households', { n: c.households })}</span>
          </h2>
          <p>
            {t(`planning:reason.${c.reason || 'not_found_within_budget'}`, { min, max, n: c.households })}
          </p>
          <p className="quiet">
            {c.reason === 'not_found_within_budget'
              ? t('planning:reasons.not_proved')
              : t('planning:reasons.proved')}
          </p>
          {editable ? (
            <div className="edit-row">
              <Button
                disabled={
                  busy || !draft.grids.some((g) => g.community === c.community && !g.in_bounds && !g.note)
                }
                onClick={() => accept(c)}
              >
                {t('planning:reasons.accept')}
              </Button>
              <Button
                disabled={busy}
                onClick={() => setAsking(asking === c.community ? undefined : c.community)}
              >
                {t('planning:reasons.wish')}
              </Button>
            </div>
          ) : null}
          {asking === c.community ? (
            <div className="note-field">
              <label htmlFor={`wish-${c.community}`}>{t('planning:reasons.wish_label')}</label>
              <Input.TextArea
                id={`wish-${c.community}`}
                rows={2}
                maxLength={200}
                value={text}
                placeholder={t('planning:reasons.wish_example')}
                onChange={(e) => setText(e.target.value)}
              />
              <Button
                type="primary"
                disabled={busy || !text.trim()}
                onClick={() => {
                  act({ kind: 'request', communities: [c.community], text: text.trim() });
                  setAsking(undefined);
                  setText('');
                }}
              >
                {t('planning:reasons.wish_save')}
              </Button>
            </div>
          ) : null}
        </section>
      ))}
      {draft.requests.length ? (
        <section>
          <h2>{t('planning:reasons.wishes')}</h2>
          <ul>
            {draft.requests.map((r) => (
              <li key={r.text}>{r.text}</li>
            ))}
          </ul>
          <p className="quiet">{t('planning:reasons.wishes_help')}</p>
        </section>
      ) : null}
    </div>
  );
}
