import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { apiBase } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { dayText, today } from '@/shared/time.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { DayField, tomorrow } from '../admin/parts.tsx';
import { type DraftPage, type EditBody, keys } from './data.ts';
import { Wishes } from './Wishes.tsx';

type Step = 'ask' | 'withdraw' | 'approve' | 'decline' | 'publish' | 'undo';

/** From a draft to grids in force: who did what and why, and what can be done now. */
export function Approval({ draft, act }: { draft: DraftPage; act?: (b: EditBody) => void }) {
  const { t } = useTranslation();
  const { me, can } = useSession();
  const { modal } = App.useApp();
  const client = useQueryClient();
  const [note, setNote] = useState('');
  const [day, setDay] = useState<number | undefined>(tomorrow());
  const step = useMutation({
    mutationFn: (kind: Step) => {
      const path = `/plan-drafts/${draft.id}`;
      if (kind === 'publish')
        return call<DraftPage>('POST', `${path}/publication`, {
          body: { valid_from: day, note: note.trim() },
        });
      if (kind === 'undo')
        return call<DraftPage>('DELETE', `${path}/publication`, { query: { note: note.trim() } });
      return call<DraftPage>('POST', `${path}/${kind}`, { body: { note: note.trim() } });
    },
    onSuccess: (d) => {
      setNote('');
      client.setQueryData(keys.draft(d.id), d);
      void client.invalidateQueries({ queryKey: keys.plan(d.plan) });
    },
  });
  const approved = draft.decisions
    .slice(draft.decisions.map((x) => x.kind).lastIndexOf('ask'))
    .filter((x) => x.kind === 'approve');
  const author = draft.authors.some((a) => a.id === me.account.id);
  const mayApprove = can('plan.approve') && !author && !approved.some((x) => x.by.id === me.account.id);
  const titles = new Map(draft.grids.map((g) => [g.label, g.title]));
  const served = new Set(draft.workers.map((w) => w.to));
  const vacant = draft.grids.filter((g) => !served.has(g.label)).map((g) => g.title);
  const begun = !!draft.begins && draft.begins <= today();
  const steps: { kind: Step; primary?: boolean }[] = [];
  if (draft.status === 'draft' && can('plan.write')) steps.push({ kind: 'ask', primary: true });
  if (draft.status === 'asked' && mayApprove)
    steps.push({ kind: 'approve', primary: true }, { kind: 'decline' });
  if (draft.status === 'approved' && can('region.write')) steps.push({ kind: 'publish', primary: true });
  if ((draft.status === 'asked' || draft.status === 'approved') && can('plan.write'))
    steps.push({ kind: 'withdraw' });
  if (draft.status === 'published' && !begun && can('region.write')) steps.push({ kind: 'undo' });
  const publish = () =>
    modal.confirm({
      title: t('planning:approval.sure', { day: day ? dayText(day) : '' }),
      content: t('planning:approval.sure_text', { grids: draft.grids.length, workers: draft.workers.length }),
      okText: t('planning:approval.do.publish'),
      onOk: () => step.mutateAsync('publish').catch(() => {}),
    });
  const file = (name: string) => `${apiBase}/plan-drafts/${draft.id}/${name}`;
  return (
    <div className="approval">
      <p>
        {draft.status === 'asked'
          ? t('planning:approval.waits', { n: approved.length })
          : draft.status === 'published' && draft.begins
            ? t(begun ? 'planning:approval.in_force' : 'planning:approval.begins', {
                day: dayText(draft.begins),
              })
            : t(`planning:approval.is.${draft.status}`)}
      </p>
      {draft.status === 'asked' && can('plan.approve') && !mayApprove ? (
        <p className="quiet">{author ? t('planning:approval.author') : t('planning:approval.done_by_you')}</p>
      ) : null}
      {steps.length ? (
        <div className="note-field">
          {steps.some((s) => s.kind === 'publish') ? (
            <>
              <label htmlFor="begin-day">{t('planning:approval.day')}</label>
              <DayField id="begin-day" value={day} onChange={setDay} min={tomorrow()} allowClear={false} />
            </>
          ) : null}
          <label htmlFor="decision-note">{t('planning:approval.note')}</label>
          <Input.TextArea
            id="decision-note"
            rows={3}
            maxLength={500}
            value={note}
            onChange={(e) => setNote(e.target.value)}
          />
          <div className="edit-row">
            {steps.map((s) => (
              <Button
                key={s.kind}
                type={s.primary ? 'primary' : 'default'}
                loading={step.isPending}
                disabled={s.kind === 'publish' ? !day : !note.trim()}
                onClick={() => (s.kind === 'publish' ? publish() : step.mutate(s.kind))}
              >
                {t(`planning:approval.do.${s.kind}`)}
              </Button>
            ))}
          </div>
        </div>
      ) : null}
      {step.error ? <ErrorNote error={step.error} /> : null}
      <Wishes draft={draft} mayAnswer={draft.status === 'asked' && can('plan.approve') && !author} />
      {draft.decisions.length ? (
        <section>
          <h2>{t('planning:approval.history')}</h2>
          <ol className="decisions">
            {draft.decisions.map((x) => (
              <li key={x.at + x.kind}>
                <b>{t(`planning:approval.did.${x.kind}`)}</b> {x.by.name} <Time at={x.at} />
                {x.day ? <div>{t('planning:approval.from_day', { day: dayText(x.day) })}</div> : null}
                {x.note ? <div className="quiet">{x.note}</div> : null}
              </li>
            ))}
          </ol>
        </section>
      ) : null}
      {draft.workers.length ? (
        <section>
          <h2>{t('planning:approval.workers')}</h2>
          <p className="quiet">{t('planning:approval.workers_help')}</p>
          <ul className="workers">
            {draft.workers.map((w) => (
              <li key={w.post}>
                {w.account.name}：{w.from} →{' '}
                {act ? (
                  <Select
                    size="small"
                    popupMatchSelectWidth={false}
                    aria-label={t('planning:approval.worker_to', { name: w.account.name })}
                    value={w.to}
                    onChange={(to) => act({ kind: 'worker', post: w.post, to })}
                    showSearch={{ optionFilterProp: 'label' }}
                    options={draft.grids.map((g) => ({ value: g.label, label: g.title }))}
                  />
                ) : (
                  titles.get(w.to)
                )}
                {w.chosen ? <span className="quiet"> {t('planning:approval.worker_chosen')}</span> : null}
                {w.chosen && act ? (
                  <Button
                    type="link"
                    size="small"
                    onClick={() => act({ kind: 'worker', post: w.post, to: -1 })}
                  >
                    {t('planning:approval.worker_back')}
                  </Button>
                ) : null}
              </li>
            ))}
          </ul>
          {vacant.length ? (
            <p className="tone-soon">
              {t('planning:approval.vacant', { n: vacant.length, grids: vacant.join(t('planning:and')) })}
            </p>
          ) : null}
        </section>
      ) : null}
      <section>
        <h2>{t('planning:approval.files')}</h2>
        <ul className="files">
          {draft.streets.map((s) => (
            <li key={s.code}>
              {s.name}
              <a href={file(`grids.xlsx?street=${s.code}`)} download>
                {t('planning:approval.excel')}
              </a>
              <a href={file(`grids.pdf?street=${s.code}`)} download>
                {t('planning:approval.pdf')}
              </a>
            </li>
          ))}
          <li>
            <a href={file('grids.geojson?download=1')} download>
              {t('planning:approval.geojson')}
            </a>
          </li>
        </ul>
      </section>
    </div>
  );
}
