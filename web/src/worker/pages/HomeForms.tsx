import { useState } from 'react';
import { addDays, dayOf as dayFrom, dayText } from '@/shared/time.ts';
import { useDid } from '../parts/did.tsx';
import { Switch, TextField } from '../parts/Fields.tsx';
import { Sheet } from '../parts/Sheet.tsx';
import { doorName } from '../say.ts';
import type { Home } from '../store/contract.ts';
import { dayOf, useDraft, usePhone } from '../store/hooks.ts';
import { useWords } from '../words.ts';

const uses = ['lived', 'let', 'empty', 'other'] as const;
const intervals = [0, 7, 14, 30, 90, 180] as const;

type HomeDraft = Pick<Home, 'use' | 'people' | 'hint' | 'every'>;

/** Only the fields that were changed go into the record, so that others' changes stand. */
export function changesOf(home: HomeDraft, draft: HomeDraft): Record<string, unknown> {
  return Object.fromEntries(
    (['use', 'people', 'hint', 'every'] as const)
      .filter((k) => (draft[k] || 0) !== (home[k] || 0))
      .map((k) => [k, draft[k] ?? (k === 'hint' ? '' : 0)]),
  );
}

export function EditHome({ home, close }: { home: Home; close: () => void }) {
  const { t } = useWords();
  const phone = usePhone();
  const did = useDid();
  const key = `home:${home.id}`;
  const [kept, keep] = useDraft<HomeDraft>(key);
  const draft = kept ?? { use: home.use, people: home.people, hint: home.hint, every: home.every };
  const change = (more: HomeDraft) => keep({ ...draft, ...more });
  const fields = changesOf(home, draft);
  const save = async () => {
    const id = await phone.record(
      'home.edit',
      { type: 'home', id: home.id, version: home.version },
      { home: home.id, fields },
      { draft: key },
    );
    did(t('worker:did.home', { place: doorName(home) }), id);
    close();
  };
  return (
    <Sheet
      title={t('worker:home.edit')}
      onClose={close}
      actions={
        <button
          type="button"
          className="primary"
          disabled={!Object.keys(fields).length}
          onClick={() => void save()}
        >
          {t('common:do.save')}
        </button>
      }
    >
      <div className="stack">
        <fieldset>
          <legend>{t('worker:home.use')}</legend>
          <div className="choices">
            {uses.map((u) => (
              <label key={u} className="choice">
                <input
                  type="radio"
                  name="use"
                  checked={draft.use === u}
                  onChange={() => change({ use: u })}
                />
                <span>{t(`worker:use.${u}`)}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <TextField
          label={t('worker:home.people_field')}
          mode="numeric"
          max={2}
          value={draft.people ? String(draft.people) : ''}
          onChange={(v) => change({ people: Number(v.replace(/\D/g, '')) || 0 })}
        />
        <TextField
          label={t('worker:home.hint')}
          hint={t('worker:home.hint_why')}
          value={draft.hint ?? ''}
          onChange={(hint) => change({ hint })}
        />
        <div className="field">
          <label htmlFor="every">{t('worker:home.every')}</label>
          <select
            id="every"
            value={draft.every ?? 0}
            onChange={(e) => change({ every: Number(e.currentTarget.value) })}
          >
            {[...new Set([...intervals, draft.every ?? 0])].map((n) => (
              <option key={n} value={n}>
                {n ? t('worker:home.days', { count: n }) : t('worker:home.by_rule')}
              </option>
            ))}
          </select>
        </div>
      </div>
    </Sheet>
  );
}

const kinds = ['alone', 'elder', 'disabled', 'ill', 'infant', 'pregnant', 'left', 'other'] as const;
const sources = ['resident', 'family', 'committee', 'civil', 'health', 'federation'] as const;

interface NeedDraft {
  kind?: string;
  purpose: string;
  source?: string;
  until: string;
  consent: boolean;
}

/** A care need has a purpose, a source, the person's consent and an end, or it is not written down. */
export function AddNeed({ home, close }: { home: Home; close: () => void }) {
  const { t } = useWords();
  const phone = usePhone();
  const did = useDid();
  const key = `need:${home.id}`;
  const [kept, keep] = useDraft<NeedDraft>(key);
  const day = dayOf(Date.now());
  const draft = kept ?? { purpose: '', until: dayText(addDays(day, 365)), consent: false };
  const change = (more: Partial<NeedDraft>) => keep({ ...draft, ...more });
  const [tried, setTried] = useState(false);
  const until = dayFrom(draft.until);
  const lacks =
    !draft.kind || !draft.purpose.trim() || !draft.source || !until || until <= day || !draft.consent;
  const save = async () => {
    setTried(true);
    if (lacks) return;
    const id = await phone.record(
      'need.add',
      { type: 'home', id: home.id, version: home.version },
      { home: home.id, kind: draft.kind, purpose: draft.purpose.trim(), source: draft.source, until },
      { draft: key },
    );
    did(t('worker:did.need', { place: doorName(home) }), id);
    close();
  };
  return (
    <Sheet
      title={t('worker:need.add')}
      onClose={close}
      actions={
        <button type="button" className="primary" onClick={() => void save()}>
          {t('common:do.save')}
        </button>
      }
    >
      <div className="stack">
        <fieldset>
          <legend>{t('worker:need.kind')}</legend>
          <div className="choices">
            {kinds.map((k) => (
              <label key={k} className="choice">
                <input
                  type="radio"
                  name="kind"
                  checked={draft.kind === k}
                  onChange={() => change({ kind: k })}
                />
                <span>{t(`worker:need.${k}`)}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <TextField
          label={t('worker:need.purpose')}
          hint={t('worker:need.purpose_why')}
          required
          value={draft.purpose}
          onChange={(purpose) => change({ purpose })}
        />
        <fieldset>
          <legend>{t('worker:need.source')}</legend>
          <div className="choices">
            {sources.map((s) => (
              <label key={s} className="choice">
                <input
                  type="radio"
                  name="source"
                  checked={draft.source === s}
                  onChange={() => change({ source: s })}
                />
                <span>{t(`worker:source.${s}`)}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <div className="field">
          <label htmlFor="until">{t('worker:need.end_day')}</label>
          <input
            id="until"
            type="date"
            required
            min={dayText(addDays(day, 1))}
            value={draft.until}
            onChange={(e) => change({ until: e.currentTarget.value })}
          />
        </div>
        <Switch
          label={t('worker:need.consent')}
          on={draft.consent}
          onChange={(consent) => change({ consent })}
        />
        <p role="alert" className={tried && lacks ? 'wrong' : undefined}>
          {tried && lacks ? t('worker:need.incomplete') : ''}
        </p>
      </div>
    </Sheet>
  );
}
