import { lazy, Suspense, useDeferredValue } from 'react';
import { Link, useSearchParams } from 'react-router';
import { DoorSign } from '../parts/DoorSign.tsx';
import { FirstLoad } from '../parts/FirstLoad.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Mark } from '../parts/Mark.tsx';
import { Page } from '../parts/Page.tsx';
import { about, buildingName, isLate, sayDate, sayDue, sayLine } from '../say.ts';
import type { BuildingStop, HomeStop, Item, Today } from '../store/contract.ts';
import { useOutbox, useToday } from '../store/hooks.ts';
import { inLang, useWords } from '../words.ts';

const GridMap = lazy(() => import('./GridMap.tsx'));

/** What is due there in a few words, how late it is, and how the last record stands. */
function StopRow({
  stop,
  building,
  day,
  waiting,
}: {
  stop: HomeStop;
  building: number;
  day: number;
  waiting: Item[];
}) {
  const { t } = useWords();
  const { home } = stop;
  const late = stop.tasks.filter((task) => isLate(task, day));
  const tries = Math.max(0, ...stop.tasks.map((task) => task.tries ?? 0));
  const own = (i: Item) =>
    home ? about(i, 'home', home.id) : about(i, 'building', building) && !i.body.home;
  const last = waiting.filter(own).pop();
  const tasks = stop.tasks.length ? stop.tasks : stop.done;
  return (
    <li>
      <Link to={home ? `/home/${home.id}` : `/building/${building}`} className="row">
        <DoorSign home={home} />
        <span className="grow">
          <span className="what">
            {[...new Set(tasks.map((task) => inLang(task, 'title')))].join(t('worker:and'))}
          </span>
          <span className="chips">
            {late
              .map((task) => (
                <span key={task.id} className="chip overdue">
                  <Icon name="clock" />
                  {sayDue(task, day, t)}
                </span>
              ))
              .slice(0, 1)}
            {tries ? <span className="chip">{t('worker:today.tries', { count: tries })}</span> : null}
            {[...new Set(stop.needs.map((n) => n.kind))].map((kind) => (
              <span key={kind} className="chip">
                {t(`worker:need.${kind}`, { defaultValue: kind })}
              </span>
            ))}
            {last ? <Mark state={last.state} /> : null}
          </span>
        </span>
        {stop.tasks.length > 1 ? (
          <span className="count">{t('worker:today.items', { count: stop.tasks.length })}</span>
        ) : null}
        <Icon name="next" />
      </Link>
    </li>
  );
}

/** One building: its units and homes with something due, and what is done there. */
export function BuildingPart({ stop, day }: { stop: BuildingStop; day: number }) {
  const { t } = useWords();
  const { waiting } = useOutbox();
  const id = stop.building?.id ?? 0;
  const all = stop.units.flatMap((u) => u.homes);
  const done = all.filter((h) => !h.tasks.length);
  return (
    <section className="building" aria-labelledby={`b${id}`}>
      <h2 id={`b${id}`}>
        <span className="grow">{buildingName(stop.building, t)}</span>{' '}
        <span className="quiet">
          {stop.tasks
            ? [
                stop.homes ? t('worker:today.homes', { count: stop.homes }) : '',
                t('worker:today.items', { count: stop.tasks }),
              ]
                .filter(Boolean)
                .join(' ')
            : t('worker:today.all_done')}
        </span>
      </h2>
      {stop.units
        .filter((u) => u.homes.some((h) => h.tasks.length))
        .map((u) => (
          <ul key={u.unit}>
            {u.homes
              .filter((h) => h.tasks.length)
              .map((h) => (
                <StopRow key={h.home?.id ?? 0} stop={h} building={id} day={day} waiting={waiting} />
              ))}
          </ul>
        ))}
      {done.length ? (
        <details>
          <summary>{t('worker:today.done', { count: done.length })}</summary>
          <ul>
            {done.map((h) => (
              <StopRow key={h.home?.id ?? 0} stop={h} building={id} day={day} waiting={waiting} />
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
}

/** Homes that fill a screen: they are there at once, the others right after them. */
const firstHomes = 8;
function firstOf(all: BuildingStop[]): BuildingStop[] {
  let homes = 0;
  const enough = all.findIndex((b) => {
    homes += b.homes;
    return homes >= firstHomes;
  });
  return enough < 0 ? all : all.slice(0, enough + 1);
}

function Buildings({ today }: { today: Today }) {
  const shown = useDeferredValue(today.buildings, firstOf(today.buildings));
  return shown.map((b) => <BuildingPart key={b.building?.id ?? 0} stop={b} day={today.day} />);
}

export function TodayPage() {
  const { t } = useWords();
  const today = useToday();
  const [params, setParams] = useSearchParams();
  const map = params.get('view') === 'map';
  const show = (view: string) => setParams(view === 'map' ? { view } : {}, { replace: true });
  return (
    <Page title={t('worker:tab.today')} sub={<p className="line">{sayLine(today.line, t)}</p>}>
      {today.as_of === null ? (
        <FirstLoad />
      ) : today.buildings.length === 0 ? (
        <div className="empty">
          <p>{t('worker:today.none')}</p>
          <p className="quiet">{t('worker:today.none_text')}</p>
        </div>
      ) : (
        <>
          <fieldset className="switch" aria-label={t('worker:today.view')}>
            {(['list', 'map'] as const).map((v) => (
              <button key={v} type="button" aria-pressed={map === (v === 'map')} onClick={() => show(v)}>
                {t(`worker:today.${v}`)}
              </button>
            ))}
            <span className="quiet">{sayDate(today.day, t)}</span>
          </fieldset>
          {map ? (
            <Suspense fallback={null}>
              <GridMap today={today} />
            </Suspense>
          ) : (
            <Buildings today={today} />
          )}
          {today.line.visited === today.line.visits ? (
            <p className="empty" role="status">
              {t('worker:today.finished')}
            </p>
          ) : null}
        </>
      )}
    </Page>
  );
}
