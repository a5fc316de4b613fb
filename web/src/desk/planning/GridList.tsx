import { Button, Checkbox, Select } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Choice } from './DraftPage.tsx';
import type { DraftPage, Grid, Units } from './data.ts';

const pageful = 60;

/** The same as the map, as a list: grids, and the buildings of the one that is open. */
export function GridList({
  draft,
  units,
  choice,
  onChoice,
  editable,
}: {
  draft: DraftPage;
  units?: Units;
  choice: Choice;
  onChoice: (c: Choice) => void;
  editable: boolean;
}) {
  const { t } = useTranslation();
  const [community, setCommunity] = useState<string>();
  const [open, setOpen] = useState<number>();
  const [more, setMore] = useState(false);
  const names = useMemo(() => new Map((units?.communities ?? []).map((c) => [c.code, c.name])), [units]);
  const rows = useMemo(() => {
    const wrong = (g: Grid) => Number(!g.in_bounds || g.pieces > 1);
    return draft.grids
      .filter((g) => !community || g.community === community)
      .sort((a, b) => wrong(b) - wrong(a) || a.code.localeCompare(b.code));
  }, [draft.grids, community]);
  const members = useMemo(
    () => (open === undefined ? [] : draft.grid.flatMap((g, u) => (g === open ? [u] : []))),
    [draft.grid, open],
  );
  const shown = more ? rows : rows.slice(0, pageful);
  return (
    <div className="grid-list">
      {names.size > 1 ? (
        <Select
          allowClear
          className="wide"
          aria-label={t('planning:list_of.community')}
          placeholder={t('planning:list_of.all')}
          value={community}
          onChange={setCommunity}
          showSearch={{ optionFilterProp: 'label' }}
          options={[...names].map(([value, label]) => ({ value, label }))}
        />
      ) : null}
      <table className="plain-table">
        <thead>
          <tr>
            <th>{t('planning:list_of.grid')}</th>
            <th>{t('planning:list_of.households')}</th>
            <th>{t('planning:list_of.units')}</th>
            <th>{t('planning:list_of.state')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((g) => (
            <tr key={g.label} className={choice.grids.includes(g.label) ? 'row-chosen' : undefined}>
              <td>
                <Checkbox
                  checked={choice.grids.includes(g.label)}
                  onChange={(e) =>
                    onChoice({
                      units: choice.units,
                      grids: e.target.checked
                        ? [...choice.grids, g.label]
                        : choice.grids.filter((x) => x !== g.label),
                    })
                  }
                >
                  {g.title}
                </Checkbox>
                <div className="quiet">{g.code}</div>
              </td>
              <td className="num">{g.households}</td>
              <td className="num">
                <Button
                  type="link"
                  size="small"
                  aria-expanded={open === g.label}
                  onClick={() => setOpen(open === g.label ? undefined : g.label)}
                >
                  {t('planning:list_of.n_units', { n: g.units })}
                </Button>
              </td>
              <td className={g.in_bounds && g.pieces === 1 ? 'tone-done' : 'tone-overdue'}>
                {g.pieces > 1
                  ? t('planning:edit.torn', { n: g.pieces })
                  : g.in_bounds
                    ? t('planning:list_of.ok')
                    : t('planning:edit.out')}
                {g.locked ? ` ${t('planning:edit.locked')}` : ''}
                {g.note ? <div className="quiet">{g.note}</div> : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > shown.length ? (
        <Button type="link" onClick={() => setMore(true)}>
          {t('planning:list_of.more', { n: rows.length })}
        </Button>
      ) : null}
      {open !== undefined && units ? (
        <fieldset className="unit-list">
          <legend>
            {t('planning:list_of.of_grid', { grid: draft.grids.find((g) => g.label === open)?.title })}
          </legend>
          {members.map((u) => (
            <Checkbox
              key={u}
              disabled={!editable}
              checked={choice.units.includes(u)}
              onChange={(e) =>
                onChoice({
                  grids: choice.grids,
                  units: e.target.checked ? [...choice.units, u] : choice.units.filter((x) => x !== u),
                })
              }
            >
              {units.name[u]} {t('planning:n_households', { n: units.households[u] })}
            </Checkbox>
          ))}
        </fieldset>
      ) : null}
    </div>
  );
}
