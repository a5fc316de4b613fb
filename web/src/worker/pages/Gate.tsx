import { type ReactNode, useState } from 'react';
import { Mark } from '../parts/Mark.tsx';
import { ChoosePIN, EnterPIN } from '../parts/PIN.tsx';
import { SignInForm } from '../parts/SignInForm.tsx';
import type { Gate, Person } from '../store/contract.ts';
import { usePhone } from '../store/hooks.ts';
import { chooseLang, useWords } from '../words.ts';

function Frame({ title, children }: { title: string; children: ReactNode }) {
  const { t, lang } = useWords();
  const other = lang === 'zh' ? 'en' : 'zh';
  return (
    <div className="page gate">
      <main className="stack">
        <p className="brand">{t('worker:brand')}</p>
        <h1>{title}</h1>
        {children}
      </main>
      <footer className="pad">
        <p className="quiet">{t('worker:synthetic')}</p>
        <button
          type="button"
          className="quiet-button"
          lang={other === 'zh' ? 'zh-CN' : 'en'}
          onClick={() => void chooseLang(other)}
        >
          {other === 'zh' ? '中文' : 'English'}
        </button>
      </footer>
    </div>
  );
}

/** Others whose records wait on this phone: they stay theirs. */
function Others({ people }: { people: Person[] }) {
  const { t } = useWords();
  const phone = usePhone();
  if (!people.length) return null;
  return (
    <section className="stack" aria-labelledby="others">
      <h2 id="others">{t('worker:gate.people')}</h2>
      <ul className="cards">
        {people.map((p) => (
          <li key={p.account}>
            <button type="button" className="row" onClick={() => phone.choosePerson(p.account)}>
              <span className="grow">
                {p.name}
                {p.waiting ? (
                  <small className="quiet">{t('worker:gate.waiting', { count: p.waiting })}</small>
                ) : null}
              </span>
              {p.waiting ? <Mark state="saved" /> : null}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Whatever stands between a person and the pages. */
export function GatePage({ gate }: { gate: Exclude<Gate, { at: 'open' }> }) {
  const { t } = useWords();
  const phone = usePhone();
  const [forgot, setForgot] = useState(false);
  const [other, setOther] = useState(false);
  switch (gate.at) {
    case 'starting':
      return (
        <div className="page gate">
          <p className="empty quiet" role="status">
            {t('common:state.loading')}
          </p>
        </div>
      );
    case 'unsupported':
      return (
        <Frame title={t('worker:gate.unsupported')}>
          <p>{t('worker:gate.unsupported_text')}</p>
          <a className="primary" href="/desk/">
            {t('worker:gate.desk')}
          </a>
        </Frame>
      );
    case 'sign_in':
      return (
        <Frame title={t('worker:sign.title')}>
          <SignInForm />
          <p className="quiet">{t('worker:sign.help')}</p>
          <Others people={gate.people} />
        </Frame>
      );
    case 'choose_pin':
      return (
        <Frame title={t('worker:pin.choose', { name: gate.person.name })}>
          <p>{t('worker:pin.choose_text')}</p>
          <ChoosePIN />
        </Frame>
      );
    case 'locked': {
      if (other)
        return (
          <Frame title={t('worker:sign.title')}>
            <SignInForm />
            <button type="button" className="tool" onClick={() => setOther(false)}>
              {t('common:do.back')}
            </button>
          </Frame>
        );
      if (forgot)
        return (
          <Frame title={t('worker:pin.forgot')}>
            <p>{t('worker:pin.forgot_text')}</p>
            <SignInForm login={gate.person.login} enter={(l, p) => phone.forgotPIN(l, p)} />
            <button type="button" className="tool" onClick={() => setForgot(false)}>
              {t('common:do.back')}
            </button>
          </Frame>
        );
      return (
        <Frame title={gate.person.name}>
          <EnterPIN tries={gate.tries} until={gate.until} />
          <div className="pair">
            <button type="button" className="tool" onClick={() => setForgot(true)}>
              {t('worker:pin.forgot')}
            </button>
            <button type="button" className="tool" onClick={() => setOther(true)}>
              {t('worker:gate.other')}
            </button>
          </div>
          {gate.person.waiting ? (
            <p className="quiet">{t('worker:gate.waiting', { count: gate.person.waiting })}</p>
          ) : null}
          <Others people={gate.people.filter((p) => p.account !== gate.person.account)} />
        </Frame>
      );
    }
  }
}
