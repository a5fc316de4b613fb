import { Link } from 'react-router';
import { sayTime } from '@/shared/time.ts';
import { FirstLoad } from '../parts/FirstLoad.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Mark } from '../parts/Mark.tsx';
import { Page } from '../parts/Page.tsx';
import { Records } from '../parts/Records.tsx';
import { buildingName, cityTime, isLate, placeName, sayDue } from '../say.ts';
import { heaps } from '../store/acts.ts';
import type { CaseNow, Task } from '../store/contract.ts';
import { dayOf, useBook, useCases, useOutbox } from '../store/hooks.ts';
import { inLang, useWords } from '../words.ts';

function CaseRow({ now: { case: c, category, items, late } }: { now: CaseNow }) {
  const { t } = useWords();
  const last = items[items.length - 1];
  return (
    <li>
      <Link className="row" to={`/cases/${c.id}`}>
        <span className="grow">
          <span className="what">{c.title}</span>
          {c.address ? <small className="quiet">{c.address}</small> : null}
          <span className="chips">
            {c.due_at ? (
              <span className={late ? 'chip overdue' : 'chip'}>
                <Icon name="clock" />
                {t(late ? 'worker:case.over' : 'worker:case.due', {
                  time: sayTime(cityTime(c.due_at), Date.now(), t),
                })}
              </span>
            ) : null}
            {category ? <span className="chip">{inLang(category, 'name')}</span> : null}
            {last ? <Mark state={last.state} /> : null}
          </span>
        </span>
        <Icon name="next" />
      </Link>
    </li>
  );
}

function HazardRow({ task }: { task: Task }) {
  const { t } = useWords();
  const book = useBook();
  const day = dayOf(Date.now());
  const home = book.homes.get(task.home);
  const building = book.buildings.get(task.building || (home?.building ?? 0));
  return (
    <li>
      <Link className="row" to={home ? `/home/${home.id}` : `/building/${task.building}`}>
        <span className="grow">
          <span className="what">{inLang(task, 'title')}</span>
          <small className="quiet">{home ? placeName(building, home, t) : buildingName(building, t)}</small>
          <span className="chips">
            <span className={isLate(task, day) ? 'chip overdue' : 'chip'}>
              <Icon name="clock" />
              {sayDue(task, day, t)}
            </span>
          </span>
        </span>
        <Icon name="next" />
      </Link>
    </li>
  );
}

export function CasesPage() {
  const { t } = useWords();
  const book = useBook();
  const cases = useCases();
  const outbox = useOutbox();
  const hazards = [...book.tasks.values()].filter((x) => x.kind === 'recheck' && x.state === 'open');
  const reported = [...outbox.waiting, ...outbox.accepted].filter((i) => i.kind === 'case.report');
  return (
    <Page
      title={t('worker:tab.cases')}
      actions={
        <Link className="primary" to="/found">
          {t('worker:case.report')}
        </Link>
      }
    >
      {book.as_of === null ? <FirstLoad /> : null}
      {heaps.map((g) => {
        const here = cases.filter((c) => c.heap === g);
        return here.length ? (
          <section key={g} className="building" aria-labelledby={`g${g}`}>
            <h2 id={`g${g}`}>
              <span className="grow">{t(`worker:case.group.${g}`)}</span>{' '}
              <span className="quiet">{t('worker:case.count', { count: here.length })}</span>
            </h2>
            <ul>
              {here.map((c) => (
                <CaseRow key={c.case.id} now={c} />
              ))}
            </ul>
          </section>
        ) : null;
      })}
      {hazards.length ? (
        <section className="building" aria-labelledby="hazards">
          <h2 id="hazards">
            <span className="grow">{t('worker:case.hazards')}</span>{' '}
            <span className="quiet">{t('worker:today.items', { count: hazards.length })}</span>
          </h2>
          <ul>
            {hazards.map((task) => (
              <HazardRow key={task.id} task={task} />
            ))}
          </ul>
        </section>
      ) : null}
      {reported.length ? (
        <section className="building" aria-labelledby="mine">
          <h2 id="mine">{t('worker:case.mine')}</h2>
          <Records items={reported} />
        </section>
      ) : null}
      {book.as_of !== null && !cases.length && !hazards.length ? (
        <div className="empty">
          <p>{t('worker:case.none')}</p>
          <p className="quiet">{t('worker:case.none_text')}</p>
        </div>
      ) : null}
    </Page>
  );
}
