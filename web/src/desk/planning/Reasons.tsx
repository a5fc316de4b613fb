import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyNote } from '@/shared/ui/state.tsx';
import type { DraftPage, EditBody, Units, Verdict } from './data.ts';
import { Towers } from './Towers.tsx';
import { Wishes } from './Wishes.tsx';

/** Why grids of some communities cannot lie within the bounds, and what a person can do. */
export function Reasons({
  draft,
  units,
  editable,
  act,
  busy,
}: {
  draft: DraftPage;
  units?: Units;
  editable: boolean;
  act: (b: EditBody) => void;
  busy: boolean;
}) {
  const { t } = useTranslation();
  const { min, max } = draft.options;
  const bad = draft.communities.filter((c) => c.status !== 'ok');
  const [asking, setAsking] = useState<string>();
  const [text, setText] = useState('');
  const [towers, setTowers] = useState<string>();
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
              {units?.households.some(
                (h, u) => h > 150 && units.communities[units.community[u] as number]?.code === c.community,
              ) ? (
                <Button
                  disabled={busy}
                  onClick={() => setTowers(towers === c.community ? undefined : c.community)}
                >
                  {t('planning:towers.open')}
                </Button>
              ) : null}
            </div>
          ) : null}
          {editable && units && towers === c.community ? (
            <Towers draft={draft} units={units} community={c.community} />
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
      <Wishes draft={draft} mayAnswer={false} />
    </div>
  );
}
