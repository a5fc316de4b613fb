import { type ReactNode, useEffect, useRef } from 'react';
import { Link, NavLink, useLocation, useNavigate } from 'react-router';
import { useOutbox } from '../store/hooks.ts';
import { useWords } from '../words.ts';
import { Connection } from './Connection.tsx';
import { DidBar } from './did.tsx';
import { Icon, type IconName } from './Icon.tsx';

const tabs: [to: string, name: IconName][] = [
  ['/', 'today'],
  ['/cases', 'cases'],
  ['/homes', 'homes'],
  ['/outbox', 'outbox'],
  ['/me', 'me'],
];

function Tabs() {
  const { t } = useWords();
  const { waiting, counts } = useOutbox();
  return (
    <nav className="tabs" aria-label={t('worker:tab.label')}>
      {tabs.map(([to, name]) => (
        <NavLink key={to} to={to} end={to === '/'}>
          <Icon name={name} />
          <span>{t(`worker:tab.${name}`)}</span>
          {name === 'outbox' && waiting.length ? (
            <b className={counts.needs_you ? 'badge overdue' : 'badge'}>
              {waiting.length}
              <span className="sr-only">{t('worker:tab.waiting')}</span>
            </b>
          ) : null}
        </NavLink>
      ))}
    </nav>
  );
}

interface Props {
  title: string;
  /** Below the title. */
  sub?: ReactNode;
  /** Where "back" leads when the page was opened by its address; without it the tabs are shown. */
  back?: string;
  /** The one thing to do here, under the thumb. */
  actions?: ReactNode;
  children: ReactNode;
}

/** Head, content, and what the thumb needs at the bottom. */
export function Page({ title, sub, back, actions, children }: Props) {
  const { t } = useWords();
  const navigate = useNavigate();
  const { key, pathname } = useLocation();
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = title;
  }, [title]);
  // A page says its name first, to whoever listens instead of looking.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another path is another page
  useEffect(() => {
    scrollTo(0, 0);
    head.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <div className="page">
      <header className="head">
        {back ? (
          <Link
            to={back}
            className="round"
            aria-label={t('common:do.back')}
            onClick={(e) => {
              if (key === 'default') return;
              e.preventDefault();
              navigate(-1);
            }}
          >
            <Icon name="back" />
          </Link>
        ) : null}
        <div className="grow">
          <h1 ref={head} tabIndex={-1}>
            {title}
          </h1>
          {sub}
        </div>
      </header>
      <Connection />
      <main>{children}</main>
      <footer className="foot">
        <DidBar />
        {actions ? <div className="actions">{actions}</div> : null}
        {back ? null : <Tabs />}
      </footer>
    </div>
  );
}
