import { useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { useDid } from '../parts/did.tsx';
import { Switch, TextField } from '../parts/Fields.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Needs } from '../parts/Needs.tsx';
import { Page } from '../parts/Page.tsx';
import { complete, Questions } from '../parts/Questions.tsx';
import { Records } from '../parts/Records.tsx';
import { Sheet } from '../parts/Sheet.tsx';
import { allOf, Shots } from '../parts/Shots.tsx';
import { takePosition, wantPosition, wantsPosition } from '../position.ts';
import { buildingName, doorName, isLate, placeName, sayDue } from '../say.ts';
import type { Home, Task } from '../store/contract.ts';
import {
  dayOf,
  useBook,
  useCases,
  useDraft,
  useHome,
  useOutbox,
  usePhone,
  useToday,
} from '../store/hooks.ts';
import { casesAt, nextDoors, nextStop, recordsOf, type Stop, stopPath } from '../tour.ts';
import { emptyVisit, type Outcome, type VisitDraft, visitBody, visitOf } from '../visit.ts';
import { inLang, useWords } from '../words.ts';

/** The stop that an address names, and what is due at it. */
function useStop(home: number, building: number) {
  const here = useHome(home);
  const book = useBook();
  const today = useToday();
  if (home) {
    if (!here) return undefined;
    return {
      stop: { building: here.building, home: here.home } as Stop,
      tasks: here.tasks,
      needs: here.needs,
    };
  }
  const part = today.buildings.find((b) => b.building?.id === building);
  const known = book.buildings.get(building) ?? null;
  if (!known && !part) return undefined;
  const own = part?.units.flatMap((u) => u.homes).find((h) => !h.home);
  return { stop: { building: known, home: null } as Stop, tasks: own?.tasks ?? [], needs: [] };
}

export function Door({ of: kind }: { of: 'home' | 'building' }) {
  const id = Number(useParams().id);
  const [params] = useSearchParams();
  const here = useStop(kind === 'home' ? id : 0, kind === 'building' ? id : 0);
  const { t } = useWords();
  if (!here)
    return (
      <Page title={t('worker:door.gone')} back="/">
        <p className="empty">{t('worker:door.gone_text')}</p>
      </Page>
    );
  return <AtStop key={`${kind}${id}${params.get('edit')}`} {...here} edit={params.get('edit')} />;
}

interface Props {
  stop: Stop;
  tasks: Task[];
  needs: Parameters<typeof Needs>[0]['needs'];
  edit: string | null;
}

function AtStop({ stop, tasks, needs, edit }: Props) {
  const { t } = useWords();
  const phone = usePhone();
  const did = useDid();
  const navigate = useNavigate();
  const book = useBook();
  const outbox = useOutbox();
  const today = useToday();
  const cases = useCases();
  const { home, building } = stop;
  const editing = edit ? outbox.waiting.find((i) => i.id === edit && i.editable) : undefined;
  const key = editing ? `visit:${editing.id}` : `visit:${stopPath(stop)}`;
  const [kept, keep] = useDraft<VisitDraft>(key);
  const draft = kept ?? (editing ? visitOf(editing) : emptyVisit);
  const change = (more: Partial<VisitDraft>) => keep({ ...draft, ...more });

  const [asking, ask] = useState(false);
  const [again, setAgain] = useState(false);
  const [where, setWhere] = useState(wantsPosition());
  const [saving, setSaving] = useState(false);

  const mine = recordsOf(outbox, stop);
  const records = mine.filter((i) => dayOf(Date.parse(i.at)) === today.day || i.state !== 'accepted');
  const settled =
    !editing && !again && records.some((i) => i.kind === 'visit.record' && i.verdict !== 'rejected');
  const done = editing
    ? [...book.tasks.values()].filter((x) => (editing.body.tasks as number[] | undefined)?.includes(x.id))
    : tasks;
  const sheets = [
    ...new Set(done.filter((x) => !draft.left.includes(x.id)).flatMap((x) => x.sheet || [])),
  ].flatMap((s) => book.sheets.get(s) ?? []);
  const title = home ? doorName(home) : buildingName(building, t);
  const name = placeName(building, home, t);
  const next = nextStop(today, stop);

  const save = async (outcome: Outcome) => {
    if (saving) return;
    setSaving(true);
    const body = visitBody(stop, outcome, done, sheets, draft, await takePosition());
    const shots = allOf(draft.taken);
    if (editing) {
      const changed = await phone.edit(editing.id, body, shots);
      keep(undefined);
      did(changed ? t('worker:did.changed', { place: name }) : t('worker:did.too_late'));
      navigate(stopPath(stop), { replace: true });
    } else {
      const made = await phone.record('visit.record', null, body, { shots, draft: key });
      did(t('worker:did.visit', { place: name, outcome: t(`worker:outcome.${outcome}`) }), made);
    }
    setSaving(false);
    setAgain(false);
    ask(false);
  };
  const fine = () => (sheets.length ? ask(true) : void save('fine'));
  const found = () => navigate(home ? `/found?home=${home.id}` : `/found?building=${building?.id ?? 0}`);

  const others = casesAt(cases, stop);
  const doors = home ? nextDoors(book, home) : [];
  const actions = settled ? (
    <>
      {next ? (
        <Link className="primary" to={stopPath(next)} replace>
          {t(next.building?.id === building?.id ? 'worker:door.next' : 'worker:door.next_building', {
            place:
              next.building?.id === building?.id && next.home
                ? doorName(next.home)
                : placeName(next.building, next.home, t),
          })}
        </Link>
      ) : (
        <Link className="primary" to="/">
          {t('worker:door.to_today')}
        </Link>
      )}
      <button type="button" onClick={() => setAgain(true)}>
        {t('worker:door.again')}
      </button>
    </>
  ) : (
    <>
      <button type="button" className="primary" disabled={saving} onClick={fine}>
        <Icon name="check" />
        {t('worker:outcome.fine')}
      </button>
      {home ? (
        <button type="button" disabled={saving} onClick={() => void save('absent')}>
          {t('worker:outcome.absent')}
        </button>
      ) : null}
      {editing ? null : (
        <button type="button" disabled={saving} onClick={found}>
          <Icon name="alert" />
          {t('worker:outcome.found')}
        </button>
      )}
    </>
  );

  return (
    <Page
      title={title}
      sub={<p className="quiet">{home ? buildingName(building, t) : t('worker:today.building')}</p>}
      back="/"
      actions={actions}
    >
      {home ? <Who home={home} /> : null}
      {editing ? <p className="note">{t('worker:door.editing')}</p> : null}
      <Needs needs={needs} />
      <section className="panel" aria-labelledby="due">
        <h2 id="due">{t('worker:door.due')}</h2>
        {done.length ? (
          <ul className="tasks">
            {done.map((task) => (
              <li key={task.id}>
                {home || done.length === 1 ? (
                  <Due task={task} day={today.day} />
                ) : (
                  <label className="choice wide">
                    <input
                      type="checkbox"
                      checked={!draft.left.includes(task.id)}
                      onChange={(e) =>
                        change({
                          left: e.currentTarget.checked
                            ? draft.left.filter((x) => x !== task.id)
                            : [...draft.left, task.id],
                        })
                      }
                    />
                    <Due task={task} day={today.day} />
                  </label>
                )}
                {task.case ? <Link to={`/cases/${task.case}`}>{t('worker:door.hazard')}</Link> : null}
              </li>
            ))}
          </ul>
        ) : (
          <p className="quiet">{t(settled ? 'worker:door.all_recorded' : 'worker:door.nothing_due')}</p>
        )}
      </section>
      {records.length && !editing ? (
        <section className="panel" aria-labelledby="records">
          <h2 id="records">{t('worker:door.records')}</h2>
          <Records items={records} />
        </section>
      ) : null}
      {settled ? null : (
        <section className="panel stack" aria-labelledby="extra">
          <h2 id="extra">{t('worker:door.extra')}</h2>
          <TextField
            rows={2}
            label={t('worker:door.note')}
            value={draft.note}
            onChange={(note) => change({ note })}
          />
          {home ? (
            <TextField
              rows={2}
              label={t('worker:door.wish')}
              hint={t('worker:door.wish_hint')}
              value={draft.wish}
              onChange={(wish) => change({ wish })}
            />
          ) : null}
          <Shots taken={draft.taken} onChange={(taken) => change({ taken })} />
          <Switch
            label={t('worker:door.position')}
            hint={t('worker:door.position_hint')}
            on={where}
            onChange={(on) => {
              wantPosition(on);
              setWhere(on);
            }}
          />
        </section>
      )}
      {others.length || home ? (
        <section className="panel" aria-labelledby="others">
          <h2 id="others">{t(home ? 'worker:door.others' : 'worker:door.others_building')}</h2>
          <ul>
            {others.map((c) => (
              <li key={c.case.id}>
                <Link className="row" to={`/cases/${c.case.id}`}>
                  <span className="grow">
                    {c.case.title}
                    <small className="quiet">{c.case.number}</small>
                  </span>
                  <Icon name="next" />
                </Link>
              </li>
            ))}
            {home ? (
              <li>
                <Link className="row" to={`/homes/${home.id}`}>
                  <span className="grow">{t('worker:door.register')}</span>
                  <Icon name="next" />
                </Link>
              </li>
            ) : null}
          </ul>
        </section>
      ) : null}
      {doors.length ? (
        <section className="panel" aria-labelledby="next">
          <h2 id="next">{t('worker:door.neighbours')}</h2>
          <div className="pair">
            {doors.map((h) => (
              <Link key={h.id} className="tool" to={`/home/${h.id}`} replace>
                {doorName(h)}
              </Link>
            ))}
          </div>
        </section>
      ) : null}
      {asking ? (
        <Sheet
          title={t('worker:ask.title')}
          onClose={() => ask(false)}
          actions={
            <>
              <button
                type="button"
                className="primary"
                disabled={saving || !complete(sheets, draft.answers)}
                onClick={() => void save('fine')}
              >
                {t('worker:ask.save')}
              </button>
              {editing ? null : (
                <button type="button" disabled={saving} onClick={found}>
                  {t('worker:outcome.found')}
                </button>
              )}
            </>
          }
        >
          <Questions sheets={sheets} answers={draft.answers} onChange={(answers) => change({ answers })} />
        </Sheet>
      ) : null}
    </Page>
  );
}

/** What is due, how soon, and the rule's reason. */
function Due({ task, day }: { task: Task; day: number }) {
  const { t } = useWords();
  return (
    <span>
      <b>{inLang(task, 'title')}</b>{' '}
      <span className={isLate(task, day) ? 'late' : 'quiet'}>{sayDue(task, day, t)}</span>
      {task.why ? <small className="quiet">{inLang(task, 'why')}</small> : null}
      {task.tries ? <small className="quiet">{t('worker:today.tries', { count: task.tries })}</small> : null}
    </span>
  );
}

/** Whose door this is, as far as the phone may know. */
export function Who({ home }: { home: Home }) {
  const { t } = useWords();
  const bits = [
    home.name,
    home.phone,
    home.people ? t('worker:home.people', { count: home.people }) : '',
    home.use && home.use !== 'lived' ? t(`worker:use.${home.use}`, { defaultValue: home.use }) : '',
  ].filter(Boolean);
  if (!bits.length && !home.hint) return null;
  return (
    <div className="who">
      {bits.length ? <p>{bits.join(' · ')}</p> : null}
      {home.hint ? <p className="hint">{home.hint}</p> : null}
    </div>
  );
}
