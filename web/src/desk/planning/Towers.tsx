import { useMutation } from '@tanstack/react-query';
import { Button, Input, InputNumber } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { call } from '@/shared/call.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';
import type { DraftPage, Units } from './data.ts';

/** From this size on a building is worth splitting: TowerOver of the preparation. */
const large = 150;
const mostShown = 5;

/** The large units of a community, to be split by their entrances: a plan of its own with this draft. */
export function Towers({ draft, units, community }: { draft: DraftPage; units: Units; community: string }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const home = units.communities.findIndex((c) => c.code === community);
  const [entrances, setEntrances] = useState<Record<number, number | null>>({});
  const [name, setName] = useState(t('planning:towers.name', { name: draft.plan_name }).slice(0, 60));
  const towers = units.households
    .map((households, u) => ({ u, households }))
    .filter(({ u, households }) => units.community[u] === home && households > large)
    .sort((a, b) => b.households - a.households)
    .slice(0, mostShown);
  const chosen = towers.flatMap(({ u }) => {
    const n = entrances[u];
    return n && n > 1 ? [{ unit: u, entrances: n }] : [];
  });
  const split = useMutation({
    mutationFn: () =>
      call<DraftPage>('POST', `/plan-drafts/${draft.id}/towers`, {
        body: { name: name.trim(), towers: chosen },
      }),
    onSuccess: (d) => go(`/planning/drafts/${d.id}`),
  });
  if (!towers.length) return null;
  return (
    <div className="note-field">
      <p>{t('planning:towers.help')}</p>
      {towers.map(({ u, households }) => (
        <div key={u} className="edit-row">
          <label htmlFor={`tower-${u}`}>
            {units.name[u]} {t('planning:n_households', { n: households })}
          </label>
          <InputNumber
            id={`tower-${u}`}
            min={2}
            max={Math.min(100, households)}
            precision={0}
            placeholder={String(Math.ceil(households / large))}
            value={entrances[u] ?? null}
            onChange={(n) => setEntrances({ ...entrances, [u]: n })}
            suffix={t('planning:towers.entrances')}
          />
        </div>
      ))}
      <label htmlFor="towers-name">{t('planning:towers.plan')}</label>
      <Input id="towers-name" maxLength={60} value={name} onChange={(e) => setName(e.target.value)} />
      <Button
        type="primary"
        disabled={!chosen.length || !name.trim() || split.isPending}
        onClick={() => split.mutate()}
      >
        {t('planning:towers.split')}
      </Button>
      {split.error ? <ErrorNote error={split.error} /> : null}
    </div>
  );
}
