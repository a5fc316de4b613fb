import { Button, Input, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorNote } from '@/shared/ui/state.tsx';
import type { Choice } from './DraftPage.tsx';
import type { DraftPage, EditBody, Effect, Grid, Units } from './data.ts';
import { changes, number } from './effect.ts';

function EffectNote({ effect }: { effect?: Effect }) {
  const { t } = useTranslation();
  if (!effect) return <p className="quiet">{t('planning:edit.effect_none')}</p>;
  const list = changes(effect.before, effect.after);
  return (
    <div className="effect" role="status" aria-live="polite">
      <ul className="effect-grids">
        {effect.grids
          .filter((g) => effect.touched.includes(g.label))
          .slice(0, 6)
          .map((g) => (
            <li key={g.label} className={g.in_bounds && g.pieces === 1 ? undefined : 'tone-overdue'}>
              {g.title} {t('planning:n_households', { n: g.households })}
              {g.in_bounds ? '' : ` ${t('planning:edit.out')}`}
              {g.pieces > 1 ? ` ${t('planning:edit.torn', { n: g.pieces })}` : ''}
            </li>
          ))}
      </ul>
      {list.length === 0 ? (
        <p className="quiet">{t('planning:edit.effect_same')}</p>
      ) : (
        <table className="plain-table">
          <tbody>
            {list.map((c) => (
              <tr key={c.key}>
                <th scope="row">{t(`planning:figure.${c.key}`)}</th>
                <td className={`num tone-${c.tone}`}>
                  {number(c.key, c.before)} → {number(c.key, c.after)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function NoteField({ grid, act, busy }: { grid: Grid; act: (b: EditBody) => void; busy: boolean }) {
  const { t } = useTranslation();
  const [text, setText] = useState(grid.note);
  useEffect(() => setText(grid.note), [grid.note]);
  return (
    <div className="note-field">
      <label htmlFor="grid-note">{t('planning:edit.note', { grid: grid.title })}</label>
      <Input.TextArea
        id="grid-note"
        rows={2}
        maxLength={200}
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      <Button
        disabled={busy || text.trim() === grid.note}
        onClick={() => act({ kind: 'note', grids: [grid.label], text: text.trim() })}
      >
        {t('planning:edit.note_save')}
      </Button>
    </div>
  );
}

/** What can be done with what is chosen, and what the last edit did. */
export function EditPanel({
  draft,
  units,
  choice,
  onChoice,
  act,
  busy,
  error,
  effect,
}: {
  draft: DraftPage;
  units?: Units;
  choice: Choice;
  onChoice: (c: Choice) => void;
  act: (b: EditBody) => void;
  busy: boolean;
  error: unknown;
  effect?: Effect;
}) {
  const { t } = useTranslation();
  const [target, setTarget] = useState<number>();
  const households = choice.units.reduce((n, u) => n + (units?.households[u] ?? 0), 0);
  const first = choice.units[0];
  const community =
    first !== undefined && units ? units.communities[units.community[first] as number]?.code : undefined;
  const inside = draft.grids.filter((g) => !community || g.community === community);
  const targets = [
    { value: -1, label: t('planning:edit.new_grid') },
    ...inside.map((g) => ({
      value: g.label,
      label: `${g.title} ${t('planning:n_households', { n: g.households })}`,
    })),
  ];
  const marked = draft.grids.filter((g) => choice.grids.includes(g.label));
  const one = marked.length === 1 ? marked[0] : undefined;
  const to = targets.some((x) => x.value === target) ? target : undefined;
  return (
    <div className="edit-panel">
      {choice.units.length ? (
        <section aria-label={t('planning:edit.units', { n: choice.units.length, households })}>
          <p>{t('planning:edit.units', { n: choice.units.length, households })}</p>
          <div className="edit-row">
            <Select
              className="wide"
              aria-label={t('planning:edit.to')}
              placeholder={t('planning:edit.to')}
              value={to}
              onChange={setTarget}
              showSearch={{ optionFilterProp: 'label' }}
              options={targets}
            />
            <Button
              type="primary"
              disabled={busy || to === undefined}
              onClick={() => act({ kind: 'move', units: choice.units, to: to as number })}
            >
              {t('planning:edit.move')}
            </Button>
          </div>
        </section>
      ) : null}
      {marked.length ? (
        <section aria-label={t('planning:edit.grids', { n: marked.length })}>
          <p>
            {marked.map((g) => `${g.title} ${t('planning:n_households', { n: g.households })}`).join('、')}
            {one?.locked ? ` ${t('planning:edit.locked')}` : ''}
          </p>
          <div className="edit-row">
            <Button
              disabled={busy || marked.length < 2}
              onClick={() => act({ kind: 'merge', grids: marked.map((g) => g.label) })}
            >
              {t('planning:edit.merge')}
            </Button>
            <Button disabled={busy || !one} onClick={() => one && act({ kind: 'split', grids: [one.label] })}>
              {t('planning:edit.split')}
            </Button>
            <Button
              disabled={busy || !one}
              onClick={() => one && act({ kind: 'repair', grids: [one.label] })}
            >
              {t('planning:edit.repair')}
            </Button>
            <Button
              disabled={busy}
              onClick={() =>
                act({
                  kind: marked.every((g) => g.locked) ? 'unlock' : 'lock',
                  grids: marked.map((g) => g.label),
                })
              }
            >
              {marked.every((g) => g.locked) ? t('planning:edit.unlock') : t('planning:edit.lock')}
            </Button>
          </div>
          {one ? <NoteField grid={one} act={act} busy={busy} /> : null}
        </section>
      ) : null}
      {!choice.units.length && !marked.length ? <p className="quiet">{t('planning:edit.nothing')}</p> : null}
      {choice.units.length || marked.length ? (
        <Button type="link" className="edit-clear" onClick={() => onChoice({ units: [], grids: [] })}>
          {t('planning:map.clear')}
        </Button>
      ) : null}
      {error ? <ErrorNote error={error} /> : null}
      <h2>{t('planning:edit.effect')}</h2>
      <EffectNote effect={effect} />
    </div>
  );
}
