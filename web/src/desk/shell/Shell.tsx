import { useQueryClient } from '@tanstack/react-query';
import { Alert, Modal } from 'antd';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet, useLocation, useNavigate } from 'react-router';
import { onExpired } from '@/shared/api.ts';
import { useSession } from '@/shared/session.tsx';
import { ErrorBoundary } from '@/shared/ui/state.tsx';
import { LoginForm } from './LoginForm.tsx';
import { Rail, Tabs } from './Rail.tsx';
import { TopBar } from './TopBar.tsx';

const online = {
  subscribe: (f: () => void) => {
    window.addEventListener('online', f);
    window.addEventListener('offline', f);
    return () => {
      window.removeEventListener('online', f);
      window.removeEventListener('offline', f);
    };
  },
  get: () => navigator.onLine,
};

/** The session ended while somebody was working: sign in again over the page, so that nothing typed is lost. */
function Expired() {
  const { t } = useTranslation();
  const { me } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  useEffect(() => onExpired(() => setOpen(true)), []);
  return (
    <Modal
      open={open}
      title={t('shell:expired.title')}
      footer={null}
      mask={{ closable: false }}
      onCancel={() => {
        client.clear();
        navigate('/login');
      }}
      destroyOnHidden
      width={400}
    >
      <p>{t('shell:expired.text')}</p>
      <LoginForm
        login={me.account.login}
        onDone={() => {
          setOpen(false);
          void client.invalidateQueries();
        }}
      />
    </Modal>
  );
}

export default function Shell() {
  const { t } = useTranslation();
  const { me } = useSession();
  const { pathname } = useLocation();
  const isOnline = useSyncExternalStore(online.subscribe, online.get);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t('shell:skip')}
      </a>
      <TopBar />
      <Rail />
      <div className="stage">
        {me.city.synthetic ? (
          <div className="notice-strip">{t('shell:synthetic', { city: me.city.name })}</div>
        ) : null}
        {isOnline ? null : <Alert banner type="warning" title={t('shell:offline')} />}
        <Tabs />
        <ErrorBoundary at={pathname}>
          <Outlet />
        </ErrorBoundary>
      </div>
      <Expired />
    </div>
  );
}
