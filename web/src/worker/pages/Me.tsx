import { useState } from 'react';
import {
  chooseLook,
  chooseSize,
  keptLook,
  keptSize,
  type LookChoice,
  looks,
  sizes,
  type TextSize,
} from '../look.ts';
import { useAsOf } from '../parts/Connection.tsx';
import { useDid } from '../parts/did.tsx';
import { Page } from '../parts/Page.tsx';
import { ChoosePIN } from '../parts/PIN.tsx';
import { Sheet } from '../parts/Sheet.tsx';
import { sayBytes } from '../say.ts';
import { dayOf, useBook, useGate, useOutbox, usePhone } from '../store/hooks.ts';
import { pace } from '../tour.ts';
import { chooseLang, useWords } from '../words.ts';

function Choice<T extends string | number>({
  title,
  of,
  now,
  word,
  onChange,
}: {
  title: string;
  of: readonly T[];
  now: T;
  word: (v: T) => string;
  onChange: (v: T) => void;
}) {
  return (
    <fieldset>
      <legend>{title}</legend>
      <div className="choices">
        {of.map((v) => (
          <label key={v} className="choice">
            <input type="radio" name={title} checked={now === v} onChange={() => onChange(v)} />
            <span>{word(v)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function MePage() {
  const { t, lang } = useWords();
  const phone = usePhone();
  const gate = useGate();
  const outbox = useOutbox();
  const book = useBook();
  const did = useDid();
  const time = useAsOf();
  const [look, setLook] = useState<LookChoice>(keptLook());
  const [size, setSize] = useState<TextSize>(keptSize());
  const [sheet, setSheet] = useState<'pin' | 'leave' | null>(null);
  const today = dayOf(Date.now());
  const { visits, minutes } = pace(outbox, (at) => dayOf(Date.parse(at)) === today);
  const person = gate.at === 'open' ? gate.person : null;
  return (
    <Page
      title={person?.name ?? t('worker:tab.me')}
      sub={person ? <p className="quiet">{person.login}</p> : null}
      actions={
        <button type="button" className="primary" onClick={() => void phone.lock()}>
          {t('worker:me.lock')}
        </button>
      }
    >
      <section className="panel" aria-labelledby="pace">
        <h2 id="pace">{t('worker:me.pace')}</h2>
        <p>
          {visits
            ? [
                t('worker:me.visits', { count: visits }),
                minutes ? t('worker:me.minutes', { count: minutes }) : '',
              ]
                .filter(Boolean)
                .join(t('worker:comma'))
            : t('worker:me.no_visits')}
        </p>
        <p className="quiet">{t('worker:me.pace_text')}</p>
      </section>
      <section className="panel stack" aria-labelledby="looks">
        <h2 id="looks">{t('worker:me.looks')}</h2>
        <Choice
          title={t('worker:me.lang')}
          of={['zh', 'en'] as const}
          now={lang === 'en' ? 'en' : 'zh'}
          word={(l) => (l === 'zh' ? '中文' : 'English')}
          onChange={(l) => void chooseLang(l)}
        />
        <Choice
          title={t('worker:me.size')}
          of={sizes}
          now={size}
          word={(s) => `${s}%`}
          onChange={(s) => {
            chooseSize(s);
            setSize(s);
          }}
        />
        <Choice
          title={t('worker:me.look')}
          of={looks}
          now={look}
          word={(l) => t(`worker:me.${l}`)}
          onChange={(l) => {
            chooseLook(l);
            setLook(l);
          }}
        />
      </section>
      <section className="panel stack" aria-labelledby="data">
        <h2 id="data">{t('worker:me.data')}</h2>
        <p>
          {t('worker:me.data_now', {
            homes: book.homes.size,
            waiting: outbox.waiting.length,
            size: sayBytes(outbox.bytes),
          })}
        </p>
        <ul className="bullets quiet">
          {(['kept', 'ends', 'sealed', 'not', 'lost'] as const).map((k) => (
            <li key={k}>{t(`worker:me.about.${k}`)}</li>
          ))}
        </ul>
        <p className="quiet">
          {time ? t('worker:connection.contact', { time }) : t('worker:connection.never')}
        </p>
      </section>
      <section className="panel stack" aria-labelledby="account">
        <h2 id="account">{t('worker:me.account')}</h2>
        <button type="button" className="tool" onClick={() => setSheet('pin')}>
          {t('worker:me.pin')}
        </button>
        <a className="tool" href="/desk/account/work">
          {t('worker:me.work')}
        </a>
        <a className="tool" href="/desk/account/sessions">
          {t('worker:me.devices')}
        </a>
        <button type="button" className="tool" onClick={() => setSheet('leave')}>
          {t('worker:me.leave')}
        </button>
      </section>
      {sheet === 'pin' ? (
        <Sheet title={t('worker:me.pin')} onClose={() => setSheet(null)}>
          <ChoosePIN
            onDone={() => {
              setSheet(null);
              did(t('worker:did.pin'));
            }}
          />
        </Sheet>
      ) : null}
      {sheet === 'leave' ? (
        <Sheet
          title={t('worker:me.leave')}
          onClose={() => setSheet(null)}
          actions={
            <button type="button" className="primary" onClick={() => void phone.handOver()}>
              {t('worker:me.leave_sure')}
            </button>
          }
        >
          <p>{t('worker:me.leave_text')}</p>
          {outbox.waiting.length ? (
            <p className="note soon">{t('worker:me.leave_waiting', { count: outbox.waiting.length })}</p>
          ) : null}
        </Sheet>
      ) : null}
    </Page>
  );
}
