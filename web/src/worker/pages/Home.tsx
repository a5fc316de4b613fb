import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { Problem } from '@/shared/api.ts';
import { sayTime } from '@/shared/time.ts';
import { useDid } from '../parts/did.tsx';
import { Icon } from '../parts/Icon.tsx';
import { Needs } from '../parts/Needs.tsx';
import { Page } from '../parts/Page.tsx';
import { Records } from '../parts/Records.tsx';
import { Sheet } from '../parts/Sheet.tsx';
import { buildingName, doorName, inCityTime, sayDate } from '../say.ts';
import type { Home, Need } from '../store/contract.ts';
import { useHome, useOutbox, usePhone, useSync } from '../store/hooks.ts';
import { recordsOf } from '../tour.ts';
import { useWords } from '../words.ts';
import { AddNeed, EditHome } from './HomeForms.tsx';

const purposes = ['visit', 'case', 'service', 'emergency'] as const;

interface Clear {
  name?: string;
  phone?: string;
}

/** Name and number in clear: online, for one purpose, logged, gone after a minute. */
function Reveal({ home }: { home: Home }) {
  const { t } = useWords();
  const { state } = useSync();
  const phone = usePhone();
  const [clear, setClear] = useState<Clear | null>(null);
  const [asking, ask] = useState(false);
  const [said, setSaid] = useState('');
  if (!home.name && !home.phone) return null;
  const show = async (purpose: string) => {
    ask(false);
    try {
      const said = await phone.call<{ fields: Clear }>('POST', `/ledger/home/${home.id}/reveal`, { purpose });
      setClear(said.fields);
      setSaid('');
      setTimeout(() => setClear(null), 60_000);
    } catch (e) {
      setSaid(e instanceof Problem && !e.offline ? e.message : t('worker:home.reveal_offline'));
    }
  };
  return (
    <section className="panel stack" aria-labelledby="contact">
      <h2 id="contact">{t('worker:home.contact')}</h2>
      <p>{[clear?.name ?? home.name, clear?.phone ? '' : home.phone].filter(Boolean).join(' · ')}</p>
      {clear?.phone ? (
        <a className="tool" href={`tel:${clear.phone}`}>
          {clear.phone}
        </a>
      ) : null}
      <p role="status" className={said ? 'wrong' : 'quiet'}>
        {said || (clear ? t('worker:home.minute') : '')}
      </p>
      {clear ? null : (
        <button
          type="button"
          className="tool"
          disabled={state === 'offline' || state === 'unreachable'}
          onClick={() => ask(true)}
        >
          {t(
            state === 'offline' || state === 'unreachable'
              ? 'worker:home.reveal_offline'
              : 'worker:home.reveal',
          )}
        </button>
      )}
      {home.consent_until ? (
        <p className="quiet">{t('worker:home.consent', { day: sayDate(home.consent_until, t) })}</p>
      ) : null}
      {asking ? (
        <Sheet title={t('worker:home.reveal')} onClose={() => ask(false)}>
          <p className="quiet">{t('worker:home.logged')}</p>
          <ul>
            {purposes.map((p) => (
              <li key={p}>
                <button type="button" className="row" onClick={() => void show(t(`worker:purpose.${p}`))}>
                  <span className="grow">{t(`worker:purpose.${p}`)}</span>
                  <Icon name="next" />
                </button>
              </li>
            ))}
          </ul>
        </Sheet>
      ) : null}
    </section>
  );
}

interface Visit {
  id: number;
  at: string;
  outcome: string;
  note?: string;
  by?: string;
}

/** Earlier visits, from the server when asked for. */
function History({ home }: { home: number }) {
  const { t } = useWords();
  const phone = usePhone();
  const [visits, setVisits] = useState<Visit[] | null>(null);
  const [said, setSaid] = useState('');
  const load = async () => {
    try {
      const page = await phone.call<{ items: Visit[] | null }>('GET', `/visits?home=${home}&limit=20`);
      setVisits(page.items ?? []);
      setSaid('');
    } catch (e) {
      setSaid(e instanceof Problem && !e.offline ? e.message : t('worker:home.history_offline'));
    }
  };
  return (
    <section className="panel stack" aria-labelledby="history">
      <h2 id="history">{t('worker:home.history')}</h2>
      {visits ? (
        visits.length ? (
          <ul className="records">
            {visits.map((v) => (
              <li key={v.id}>
                {sayTime(inCityTime(v.at), Date.now(), t)}{' '}
                {t(`worker:outcome.${v.outcome}`, { defaultValue: v.outcome })}
                <small className="quiet">{[v.by, v.note].filter(Boolean).join(' · ')}</small>
              </li>
            ))}
          </ul>
        ) : (
          <p className="quiet">{t('worker:home.no_history')}</p>
        )
      ) : (
        <button type="button" className="tool" onClick={() => void load()}>
          {t('worker:home.show_history')}
        </button>
      )}
      <p role="status" className={said ? 'wrong' : undefined}>
        {said}
      </p>
    </section>
  );
}

/** A home in the register: whom it is about, what care it needs, what was done, what is wrong in it. */
export function HomePage() {
  const { t } = useWords();
  const here = useHome(Number(useParams().id));
  const phone = usePhone();
  const did = useDid();
  const outbox = useOutbox();
  const [sheet, setSheet] = useState<'edit' | 'need' | null>(null);
  if (!here)
    return (
      <Page title={t('worker:door.gone')} back="/homes">
        <p className="empty">{t('worker:door.gone_text')}</p>
      </Page>
    );
  const { home, building, needs } = here;
  const ending = new Set(outbox.waiting.filter((i) => i.kind === 'need.end').map((i) => i.body.need));
  const end = async (n: Need) => {
    const id = await phone.record(
      'need.end',
      { type: 'need', id: n.id, version: n.version },
      { need: n.id, home: home.id },
    );
    did(t('worker:did.need_end'), id);
  };
  const facts: [string, string][] = [
    [t('worker:home.use'), home.use ? t(`worker:use.${home.use}`, { defaultValue: home.use }) : ''],
    [t('worker:home.people_field'), home.people ? t('worker:home.people', { count: home.people }) : ''],
    [
      t('worker:home.langs'),
      (home.langs ?? []).map((l) => t(`worker:lang.${l}`, { defaultValue: l })).join(t('worker:and')),
    ],
    [t('worker:home.every'), home.every ? t('worker:home.days', { count: home.every }) : ''],
    [t('worker:home.hint'), home.hint ?? ''],
  ];
  const records = recordsOf(outbox, { building, home });
  return (
    <Page
      title={doorName(home)}
      sub={<p className="quiet">{buildingName(building, t)}</p>}
      back="/homes"
      actions={
        <Link className="primary" to={`/home/${home.id}`}>
          {t('worker:home.visit')}
        </Link>
      }
    >
      <Reveal home={home} />
      <section className="panel stack" aria-labelledby="needs">
        <h2 id="needs">{t('worker:need.title')}</h2>
        {needs.length ? (
          <Needs needs={needs.filter((n) => !ending.has(n.id))} onEnd={(n) => void end(n)} />
        ) : (
          <p className="quiet">{t('worker:need.none')}</p>
        )}
        <button type="button" className="tool" onClick={() => setSheet('need')}>
          {t('worker:need.add')}
        </button>
      </section>
      <section className="panel stack" aria-labelledby="facts">
        <h2 id="facts">{t('worker:home.facts')}</h2>
        <dl className="facts">
          {facts
            .filter(([, v]) => v)
            .map(([k, v]) => (
              <div key={k}>
                <dt>{k}</dt>
                <dd>{v}</dd>
              </div>
            ))}
        </dl>
        <button type="button" className="tool" onClick={() => setSheet('edit')}>
          {t('worker:home.edit')}
        </button>
      </section>
      {records.length ? (
        <section className="panel" aria-labelledby="records">
          <h2 id="records">{t('worker:door.records')}</h2>
          <Records items={records} />
        </section>
      ) : null}
      <History home={home.id} />
      {sheet === 'edit' ? <EditHome home={home} close={() => setSheet(null)} /> : null}
      {sheet === 'need' ? <AddNeed home={home} close={() => setSheet(null)} /> : null}
    </Page>
  );
}
