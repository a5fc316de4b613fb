import { useEffect, useMemo, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { useDebounced } from '@/shared/debounced.ts';
import { guess, leaves, pathOf, usedCategories } from '../guess.ts';
import { useDid } from '../parts/did.tsx';
import { Switch, TextField } from '../parts/Fields.tsx';
import { Page } from '../parts/Page.tsx';
import { complete, Questions } from '../parts/Questions.tsx';
import { Sheet } from '../parts/Sheet.tsx';
import { allOf, nothingTaken, Shots } from '../parts/Shots.tsx';
import { takePosition, wantPosition, wantsPosition } from '../position.ts';
import { buildingName, placeName } from '../say.ts';
import type { Category } from '../store/contract.ts';
import { useBook, useDraft, useHome, useOutbox, usePhone, useSync, useToday } from '../store/hooks.ts';
import { buildingsOf } from '../store/today.ts';
import { type Stop, stopPath } from '../tour.ts';
import {
  askedBy,
  emptyVisit,
  gridOf,
  missing,
  type ReportDraft,
  reportBody,
  reportOf,
  sameSpot,
  spotOf,
  type VisitDraft,
  visitBody,
} from '../visit.ts';
import { inLang, useWords } from '../words.ts';

/** The server's own proposals while it answers; the phone's where it does not. */
function useGuesses(text: string): Category[] {
  const book = useBook();
  const outbox = useOutbox();
  const { state } = useSync();
  const phone = usePhone();
  const [told, setTold] = useState<{ text: string; ids: number[] }>({ text: '', ids: [] });
  const online = state === 'quiet' || state === 'working';
  const words = useDebounced(text.trim(), 600);
  useEffect(() => {
    if (!online || words.length < 4) return;
    let gone = false;
    phone.call<{ categories: { category_id: number }[] }>('POST', '/suggestions', { text: words }).then(
      (said) => gone || setTold({ text: words, ids: said.categories.map((c) => c.category_id) }),
      () => {
        // Without an answer the phone's own guess stands.
      },
    );
    return () => {
      gone = true;
    };
  }, [phone, online, words]);
  return useMemo(() => {
    const own = guess(text, book.categories, usedCategories(book, [...outbox.waiting, ...outbox.accepted]));
    const server = told.text === text.trim() ? told.ids.flatMap((id) => book.categories.get(id) ?? []) : [];
    return [...new Set([...server, ...own])].slice(0, 4);
  }, [text, book, outbox, told]);
}

function CategoryChoice({
  text,
  chosen,
  onChange,
}: {
  text: string;
  chosen: number | undefined;
  onChange: (id: number | undefined) => void;
}) {
  const { t } = useWords();
  const { categories } = useBook();
  const guesses = useGuesses(text);
  const [q, setQ] = useState('');
  const [open, setOpen] = useState(false);
  const name = (c: Category) => inLang(c, 'name');
  const picked = categories.get(chosen ?? 0);
  const shown = [...new Set([...(picked ? [picked] : []), ...guesses])];
  const words = q.trim().toLowerCase();
  const found = open
    ? leaves(categories)
        .map((c) => [c, pathOf(c, categories, name)] as const)
        .filter(([c, path]) => `${path} ${(c.keywords ?? []).join(' ')}`.toLowerCase().includes(words))
        .slice(0, 60)
    : [];
  return (
    <fieldset>
      <legend>{t('worker:found.category')}</legend>
      <p className="quiet">{t('worker:found.category_hint')}</p>
      <div className="choices">
        {shown.map((c) => (
          <label key={c.id} className="choice">
            <input type="radio" name="category" checked={chosen === c.id} onChange={() => onChange(c.id)} />
            <span>{name(c)}</span>
          </label>
        ))}
        <label className="choice">
          <input type="radio" name="category" checked={!chosen} onChange={() => onChange(undefined)} />
          <span>{t('worker:found.no_category')}</span>
        </label>
        <button type="button" className="tool" onClick={() => setOpen(true)}>
          {t('worker:found.more_categories')}
        </button>
      </div>
      {open ? (
        <Sheet title={t('worker:found.category')} onClose={() => setOpen(false)}>
          <TextField label={t('worker:found.find_category')} value={q} onChange={setQ} mode="search" />
          <ul>
            {found.map(([c, path]) => (
              <li key={c.id}>
                <button
                  type="button"
                  className="row"
                  onClick={() => {
                    onChange(c.id);
                    setOpen(false);
                  }}
                >
                  <span className="grow">
                    {name(c)}
                    <small className="quiet">{path}</small>
                  </span>
                </button>
              </li>
            ))}
          </ul>
          <p className="quiet" role="status">
            {found.length ? '' : t('worker:found.no_match')}
          </p>
        </Sheet>
      ) : null}
    </fieldset>
  );
}

/** What was found, at a door or anywhere in the grid: to the street, or settled on the spot. */
export function Found() {
  const { t } = useWords();
  const [params] = useSearchParams();
  const phone = usePhone();
  const did = useDid();
  const navigate = useNavigate();
  const book = useBook();
  const outbox = useOutbox();
  const today = useToday();
  const here = useHome(Number(params.get('home') ?? 0));
  const edit = params.get('edit');
  const editing = edit ? outbox.waiting.find((i) => i.id === edit && i.editable) : undefined;
  const building = book.buildings.get(Number(params.get('building') ?? 0)) ?? null;
  const stop: Stop = here ? { building: here.building, home: here.home } : { building, home: null };
  const atStop = !editing && !!(here || building);
  const tasks = here
    ? here.tasks
    : (today.buildings.find((b) => b.building && b.building.id === building?.id)?.units ?? [])
        .flatMap((u) => u.homes)
        .filter((h) => !h.home)
        .flatMap((h) => h.tasks);

  const visitKey = `visit:${stopPath(stop)}`;
  const [keptVisit, keepVisit] = useDraft<VisitDraft>(visitKey);
  const visit = keptVisit ?? emptyVisit;
  const key = editing ? `case:${editing.id}` : `case:${atStop ? stopPath(stop) : 'new'}`;
  const [kept, keep] = useDraft<ReportDraft>(key);
  const draft: ReportDraft =
    kept ??
    (editing
      ? reportOf(editing)
      : {
          text: '',
          spot: stop.building ? spotOf(stop.building) : { grid_id: gridOf(book) },
          address: atStop ? placeName(stop.building, stop.home, t) : '',
          name: '',
          phone: '',
          taken: nothingTaken,
          result: '',
        });
  const change = (more: Partial<ReportDraft>) => keep({ ...draft, ...more });
  const spots = buildingsOf(book).filter((b) => b.lon && b.lat);
  const [where, setWhere] = useState(wantsPosition());
  const [onsite, setOnsite] = useState(!!draft.result);
  const [tried, setTried] = useState(false);
  const [saving, setSaving] = useState(false);

  const category = book.categories.get(draft.category ?? 0);
  const sheets = atStop
    ? [...new Set(tasks.flatMap((x) => x.sheet || []))].flatMap((s) => book.sheets.get(s) ?? [])
    : [];
  const lacks = missing(draft, category, onsite) ?? (complete(sheets, visit.answers) ? undefined : 'answers');
  const asked = askedBy(category);
  const mayOnsite = !category || category.onsite_allowed === true;

  const save = async () => {
    setTried(true);
    if (lacks || saving) return;
    setSaving(true);
    const at = await takePosition();
    const shots = allOf(draft.taken);
    if (editing) {
      const body = reportBody(draft, onsite, editing.body.visit as string | undefined, at, asked);
      const changed = await phone.edit(editing.id, body, shots);
      keep(undefined);
      did(changed ? t('worker:did.changed', { place: draft.address }) : t('worker:did.too_late'));
      navigate(-1);
      return;
    }
    let visited: string | undefined;
    if (atStop)
      visited = await phone.record('visit.record', null, visitBody(stop, 'found', tasks, sheets, visit, at), {
        shots: allOf(visit.taken),
        draft: visitKey,
      });
    const made = await phone.record('case.report', null, reportBody(draft, onsite, visited, at, asked), {
      shots,
      draft: key,
    });
    did(
      t(onsite ? 'worker:did.onsite' : 'worker:did.reported', { place: draft.address }),
      ...(visited ? [visited, made] : [made]),
    );
    navigate(atStop ? stopPath(stop) : '/cases', { replace: true });
  };

  return (
    <Page
      title={t('worker:found.title')}
      sub={atStop ? <p className="quiet">{placeName(stop.building, stop.home, t)}</p> : null}
      back={atStop ? stopPath(stop) : '/cases'}
      actions={
        <button type="button" className="primary" disabled={saving} onClick={() => void save()}>
          {t(onsite ? 'worker:found.settle' : 'worker:found.send')}
        </button>
      }
    >
      <form className="stack pad" onSubmit={(e) => e.preventDefault()}>
        <TextField
          label={t('worker:found.text')}
          rows={3}
          max={2000}
          required
          value={draft.text}
          onChange={(text) => change({ text })}
        />
        <Shots taken={draft.taken} onChange={(taken) => change({ taken })} />
        {category?.evidence?.found || (onsite && category?.evidence?.resolved) ? (
          <p className="note">{t('worker:found.photo_why', { why: inLang(category, 'evidence_why') })}</p>
        ) : null}
        <CategoryChoice
          text={draft.text}
          chosen={draft.category}
          onChange={(id) => change({ category: id })}
        />
        <Questions sheets={asked} answers={draft.answers ?? {}} onChange={(answers) => change({ answers })} />
        <fieldset>
          <legend>{t('worker:found.end')}</legend>
          <div className="choices">
            <label className="choice">
              <input type="radio" name="end" checked={!onsite} onChange={() => setOnsite(false)} />
              <span>{t('worker:found.to_street')}</span>
            </label>
            <label className="choice">
              <input
                type="radio"
                name="end"
                checked={onsite}
                disabled={!mayOnsite}
                onChange={() => setOnsite(true)}
              />
              <span>
                {t('worker:found.on_spot')}
                {mayOnsite ? null : <small className="quiet">{t('worker:found.not_onsite')}</small>}
              </span>
            </label>
          </div>
          {onsite ? (
            <TextField
              rows={2}
              label={t('worker:found.result')}
              required
              value={draft.result}
              max={1000}
              onChange={(result) => change({ result })}
            />
          ) : null}
        </fieldset>
        {atStop ? null : (
          <div className="field">
            <label htmlFor="building">{t('worker:found.building')}</label>
            <select
              id="building"
              value={spots.findIndex((b) => sameSpot(spotOf(b), draft.spot)) + 1}
              onChange={(e) => {
                const b = spots[Number(e.currentTarget.value) - 1];
                change({
                  spot: b ? spotOf(b) : { grid_id: gridOf(book) },
                  address: b ? buildingName(b, t) : draft.address,
                });
              }}
            >
              <option value={0}>{t('worker:found.no_building')}</option>
              {spots.map((b, i) => (
                <option key={b.id} value={i + 1}>
                  {buildingName(b, t)}
                </option>
              ))}
            </select>
          </div>
        )}
        <TextField
          label={t('worker:found.address')}
          required
          value={draft.address}
          onChange={(address) => change({ address })}
        />
        <Switch
          label={t('worker:found.position')}
          hint={t('worker:found.position_hint')}
          on={where}
          onChange={(on) => {
            wantPosition(on);
            setWhere(on);
          }}
        />
        <details>
          <summary>
            {t('worker:found.person')}
            {here?.home.name ? ` · ${here.home.name}` : ''}
          </summary>
          <div className="stack">
            <p className="quiet">{t('worker:found.person_hint')}</p>
            <TextField
              label={t('worker:found.name')}
              value={draft.name}
              max={50}
              onChange={(name) => change({ name })}
            />
            <TextField
              label={t('worker:found.phone')}
              value={draft.phone}
              max={20}
              mode="tel"
              onChange={(p) => change({ phone: p })}
            />
          </div>
        </details>
        {sheets.length ? (
          <details open={tried && lacks === 'answers'}>
            <summary>{t('worker:ask.title')}</summary>
            <Questions
              sheets={sheets}
              answers={visit.answers}
              onChange={(answers) => keepVisit({ ...visit, answers })}
            />
          </details>
        ) : null}
        <p role="alert" className={tried && lacks ? 'wrong' : undefined}>
          {tried && lacks ? t(`worker:missing.${lacks}`) : ''}
        </p>
      </form>
    </Page>
  );
}
