import { useState } from 'react';
import { useParams } from 'react-router';
import { sayTime } from '@/shared/time.ts';
import { useDid } from '../parts/did.tsx';
import { TextField } from '../parts/Fields.tsx';
import { Page } from '../parts/Page.tsx';
import { Records } from '../parts/Records.tsx';
import { Sheet } from '../parts/Sheet.tsx';
import { allOf, nothingTaken, Shots, type Taken } from '../parts/Shots.tsx';
import { cityTime } from '../say.ts';
import { actsOn } from '../store/acts.ts';
import type { CaseNow } from '../store/contract.ts';
import { useCases, useDraft, useGate, usePhone } from '../store/hooks.ts';
import { inLang, useWords } from '../words.ts';

/** The text that an act asks for, and whether it must be given. Photos go with every text. */
const asks: Record<string, { field: 'note' | 'reason' | 'result'; must?: boolean; found?: boolean }> = {
  site_checked: { field: 'note', found: true },
  verify_pass: { field: 'note' },
  verify_fail: { field: 'reason', must: true },
  settle: { field: 'result', must: true },
  note: { field: 'note', must: true },
  withdraw: { field: 'reason', must: true },
};

interface ActDraft {
  text: string;
  found?: boolean;
  taken: Taken;
}

function ActSheet({ now, action, close }: { now: CaseNow; action: string; close: () => void }) {
  const { t } = useWords();
  const phone = usePhone();
  const did = useDid();
  const c = now.case;
  const key = `act:${c.id}:${action}`;
  const [kept, keep] = useDraft<ActDraft>(key);
  const draft = kept ?? { text: '', taken: nothingTaken };
  const ask = asks[action];
  const photo = action === 'settle' && now.category?.evidence?.resolved ? now.category : undefined;
  const lacks =
    !ask ||
    (ask.must && !draft.text.trim()) ||
    (ask.found && draft.found === undefined) ||
    (photo && !draft.taken.photos.length);
  const [saving, setSaving] = useState(false);
  const save = async () => {
    if (lacks || saving) return;
    setSaving(true);
    const text = draft.text.trim();
    const shots = allOf(draft.taken);
    const id = await phone.record(
      'case.act',
      { type: 'case', id: c.id, version: c.version },
      {
        case: c.id,
        action,
        fields: { ...(text ? { [ask.field]: text } : {}), ...(ask.found ? { found: draft.found } : {}) },
        ...(shots.length ? { photos: shots } : {}),
      },
      { shots, draft: key },
    );
    did(t('worker:did.act', { action: t(`worker:act.${action}.name`), number: c.number }), id);
    close();
  };
  return (
    <Sheet
      title={t(`worker:act.${action}.name`)}
      onClose={close}
      actions={
        <button type="button" className="primary" disabled={!!lacks || saving} onClick={() => void save()}>
          {t('worker:act.save')}
        </button>
      }
    >
      <div className="stack">
        {ask?.found ? (
          <fieldset>
            <legend>{t('worker:act.found')}</legend>
            <div className="choices">
              {[true, false].map((v) => (
                <label key={String(v)} className="choice">
                  <input
                    type="radio"
                    name="found"
                    checked={draft.found === v}
                    onChange={() => keep({ ...draft, found: v })}
                  />
                  <span>{t(v ? 'worker:act.found_yes' : 'worker:act.found_no')}</span>
                </label>
              ))}
            </div>
          </fieldset>
        ) : null}
        {ask ? (
          <TextField
            label={t(`worker:act_field.${ask.field}`)}
            required={ask.must}
            rows={3}
            max={ask.field === 'reason' ? 500 : 1000}
            value={draft.text}
            onChange={(text) => keep({ ...draft, text })}
          />
        ) : null}
        {photo ? (
          <p className="note">{t('worker:found.photo_why', { why: inLang(photo, 'evidence_why') })}</p>
        ) : null}
        <Shots taken={draft.taken} onChange={(taken) => keep({ ...draft, taken })} />
      </div>
    </Sheet>
  );
}

export function CasePage() {
  const { t } = useWords();
  const id = Number(useParams().id);
  const now = useCases().find((c) => c.case.id === id);
  const gate = useGate();
  const [action, setAction] = useState<string | null>(null);
  if (!now)
    return (
      <Page title={t('worker:case.gone')} back="/cases">
        <p className="empty">{t('worker:case.gone_text')}</p>
      </Page>
    );
  const { case: c, category, items, late, acted: busy } = now;
  const can = actsOn(c, category, gate.at === 'open' ? gate.person.account : 0);
  const [main, ...rest] = can;
  return (
    <Page
      title={c.title}
      sub={<p className="quiet num">{c.number}</p>}
      back="/cases"
      actions={
        main && !busy ? (
          <button type="button" className="primary" onClick={() => setAction(main)}>
            {t(`worker:act.${main}.name`)}
          </button>
        ) : null
      }
    >
      <dl className="facts">
        <dt>{t('worker:case.status')}</dt>
        <dd>{t(`common:status.${c.status}`, { defaultValue: c.status })}</dd>
        {c.due_at ? (
          <>
            <dt>{t('worker:case.limit')}</dt>
            <dd className={late ? 'late' : undefined}>
              {t(late ? 'worker:case.over' : 'worker:case.due', {
                time: sayTime(cityTime(c.due_at), Date.now(), t),
              })}
            </dd>
          </>
        ) : null}
        {category ? (
          <>
            <dt>{t('worker:found.category')}</dt>
            <dd>{inLang(category, 'name')}</dd>
          </>
        ) : null}
        {c.address ? (
          <>
            <dt>{t('worker:found.address')}</dt>
            <dd>{c.address}</dd>
          </>
        ) : null}
      </dl>
      {c.text ? <p className="prose pad">{c.text}</p> : null}
      {items.length ? (
        <section className="panel" aria-labelledby="own">
          <h2 id="own">{t('worker:door.records')}</h2>
          <Records items={items} />
        </section>
      ) : null}
      {busy ? <p className="note">{t('worker:case.waits')}</p> : null}
      {!busy && rest.length ? (
        <div className="pair pad">
          {rest.map((a) => (
            <button key={a} type="button" className="tool" onClick={() => setAction(a)}>
              {t(`worker:act.${a}.name`)}
            </button>
          ))}
        </div>
      ) : null}
      {can.length ? null : <p className="empty quiet">{t('worker:case.nothing')}</p>}
      <p className="pad">
        <a href={`/desk/cases/${c.id}`}>{t('worker:case.desk')}</a>
      </p>
      {action ? <ActSheet now={now} action={action} close={() => setAction(null)} /> : null}
    </Page>
  );
}
