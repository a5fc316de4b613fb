import { RedoOutlined, UndoOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Segmented } from 'antd';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { Problem } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import type { Collection } from '@/shared/map/geo.ts';
import { useSession } from '@/shared/session.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { Approval } from './Approval.tsx';
import {
  type DraftPage as Draft,
  type EditBody,
  type Effect,
  type Grid,
  keys,
  useDraft,
  useShapes,
  useUnits,
} from './data.ts';
import { EditPanel } from './EditPanel.tsx';
import { afterEdit, afterShapes } from './effect.ts';
import { GridList } from './GridList.tsx';
import { PlanMap } from './PlanMap.tsx';
import { CopyButton, useDraftName } from './PlanPage.tsx';
import { Reasons } from './Reasons.tsx';

type Tab = 'edit' | 'list' | 'reasons' | 'approval';

/** What is chosen in a draft, on the map and in the list alike. */
export interface Choice {
  units: number[];
  grids: number[];
}
const nothing: Choice = { units: [], grids: [] };

/** Sends edits one after the other; each takes the draft as the one before left it. */
function useEdits(id: number) {
  const client = useQueryClient();
  const [effect, setEffect] = useState<Effect>();
  const edit = useMutation({
    scope: { id: `draft-${id}` },
    mutationFn: (body: EditBody) => {
      const version = client.getQueryData<Draft>(keys.draft(id))?.version;
      return call<Effect>('POST', `/plan-drafts/${id}/edits`, { body: { ...body, version } });
    },
    onSuccess: (e) => {
      client.setQueryData<Draft>(keys.draft(id), (d) => d && afterEdit(d, e));
      client.setQueryData<Collection<Grid>>(keys.shapes(id), (c) => c && afterShapes(c, e));
      setEffect(e);
    },
    onError: (e) => {
      if (e instanceof Problem && e.code === 'stale_version') {
        void client.invalidateQueries({ queryKey: keys.draft(id) });
        void client.invalidateQueries({ queryKey: keys.shapes(id) });
      }
    },
  });
  return { edit, effect };
}

export function DraftPage() {
  const { t } = useTranslation();
  const { can } = useSession();
  const id = Number(useParams().draft);
  const draft = useDraft(id);
  const units = useUnits(draft.data?.plan);
  const shapes = useShapes(draft.data ? id : undefined);
  const { edit, effect } = useEdits(id);
  const [choice, setChoice] = useState<Choice>(nothing);
  const [tab, setTab] = useState<Tab>();
  const nameOf = useDraftName();
  useTitle(draft.data ? nameOf(draft.data) : t('planning:title'));
  const d = draft.data;
  const editable = d?.status === 'draft' && can('plan.write');
  const { mutate, isPending } = edit;
  const act = useCallback(
    (body: EditBody) =>
      mutate(body, {
        onSuccess: (e) => setChoice({ units: [], grids: e.touched.filter((g) => !e.gone.includes(g)) }),
      }),
    [mutate],
  );
  const undo = useCallback(
    () => d?.can_undo && !isPending && act({ kind: 'undo' }),
    [d?.can_undo, isPending, act],
  );
  const redo = useCallback(
    () => d?.can_redo && !isPending && act({ kind: 'redo' }),
    [d?.can_redo, isPending, act],
  );
  useEffect(() => {
    if (!editable) return;
    const key = (e: KeyboardEvent) => {
      const on = e.target as HTMLElement;
      if (!(e.ctrlKey || e.metaKey) || on.closest('input, textarea, [contenteditable]')) return;
      const k = e.key.toLowerCase();
      if (k === 'z' && !e.shiftKey) undo();
      else if (k === 'y' || (k === 'z' && e.shiftKey)) redo();
      else return;
      e.preventDefault();
    };
    window.addEventListener('keydown', key);
    return () => window.removeEventListener('keydown', key);
  }, [editable, undo, redo]);

  if (draft.error && !d) return <ErrorNote error={draft.error} retry={() => void draft.refetch()} />;
  if (!d) return <Loading rows={8} />;
  const name = nameOf(d);
  const shown: Tab = tab ?? (editable ? 'edit' : d.status === 'result' ? 'list' : 'approval');
  const tabs: Tab[] = [
    ...(editable ? (['edit'] as Tab[]) : []),
    'list',
    'reasons',
    ...(d.status === 'result' ? [] : (['approval'] as Tab[])),
  ];
  return (
    <div className="draft-page">
      <header className="draft-head">
        <p className="crumb">
          <Link to={`/planning/${d.plan}`}>{d.plan_name}</Link>
        </p>
        <h1>{name}</h1>
        <span className={`plan-status plan-${d.status}`}>{t(`planning:status.${d.status}`)}</span>
        <span className="draft-tools">
          {editable ? (
            <>
              <span className="quiet" role="status">
                {isPending ? t('planning:draft.saving') : t('planning:draft.saved', { n: d.version })}
              </span>
              <Button
                icon={<UndoOutlined aria-hidden />}
                disabled={!d.can_undo || isPending}
                onClick={undo}
                title="Ctrl+Z"
              >
                {t('planning:draft.undo')}
              </Button>
              <Button
                icon={<RedoOutlined aria-hidden />}
                disabled={!d.can_redo || isPending}
                onClick={redo}
                title="Ctrl+Y"
              >
                {t('planning:draft.redo')}
              </Button>
            </>
          ) : null}
          {can('plan.write') ? <CopyButton from={d.id} name={name} primary={d.status === 'result'} /> : null}
        </span>
      </header>
      <div className="draft-body">
        {shapes.error ? <ErrorNote error={shapes.error} /> : null}
        <PlanMap
          draft={d}
          units={units.data}
          shapes={shapes.data}
          choice={choice}
          onChoice={(c) => {
            setChoice(c);
            if (editable) setTab('edit');
          }}
          editable={editable}
        />
        <aside className="draft-side panel">
          <Segmented<Tab>
            block
            aria-label={t('planning:draft.tabs')}
            value={shown}
            onChange={setTab}
            options={tabs.map((x) => ({ value: x, label: t(`planning:tab.${x}`) }))}
          />
          {shown === 'edit' ? (
            <EditPanel
              draft={d}
              units={units.data}
              choice={choice}
              onChoice={setChoice}
              act={act}
              busy={isPending}
              error={edit.error}
              effect={effect}
            />
          ) : null}
          {shown === 'list' ? (
            <GridList draft={d} units={units.data} choice={choice} onChoice={setChoice} editable={editable} />
          ) : null}
          {shown === 'reasons' ? (
            <Reasons draft={d} units={units.data} editable={editable} act={act} busy={isPending} />
          ) : null}
          {shown === 'approval' ? <Approval draft={d} act={editable ? act : undefined} /> : null}
        </aside>
      </div>
    </div>
  );
}
