/** Everything below /desk/admin: a component with its own <Routes>, loaded when first visited. */
import './admin.css';
import type { ComponentType } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, NavLink, Route, Routes } from 'react-router';
import type { Perm } from '@/shared/api.ts';
import { useSession } from '@/shared/session.tsx';
import { NotFound } from '../shell/NotFound.tsx';
import { useTitle } from '../shell/title.ts';
import { Accounts, Programs } from './Accounts.tsx';
import { CalendarPage } from './Calendar.tsx';
import { Categories } from './Categories.tsx';
import { HotlinePage } from './Hotline.tsx';
import { Learning } from './Learning.tsx';
import { Orgs } from './Orgs.tsx';
import { OutboxPage } from './Outbox.tsx';
import { Regions } from './Regions.tsx';
import { RoutingPage } from './Routing.tsx';
import { SettingsPage } from './Settings.tsx';
import { Versions } from './Versions.tsx';

type Page =
  | 'regions'
  | 'orgs'
  | 'accounts'
  | 'keys'
  | 'categories'
  | 'calendar'
  | 'routing'
  | 'settings'
  | 'learning'
  | 'versions'
  | 'hotline'
  | 'outbox';
const pages: { key: Page; perms: Perm[]; of: ComponentType }[] = [
  { key: 'categories', perms: ['rules.write'], of: Categories },
  { key: 'routing', perms: ['rules.write'], of: RoutingPage },
  { key: 'calendar', perms: ['rules.write'], of: CalendarPage },
  { key: 'settings', perms: ['rules.write'], of: SettingsPage },
  { key: 'learning', perms: ['rules.write'], of: Learning },
  { key: 'versions', perms: ['rules.write'], of: Versions },
  { key: 'hotline', perms: ['rules.write'], of: HotlinePage },
  { key: 'orgs', perms: ['org.write'], of: Orgs },
  { key: 'regions', perms: ['region.write'], of: Regions },
  { key: 'accounts', perms: ['account.read', 'account.write'], of: Accounts },
  { key: 'keys', perms: ['account.read', 'account.write'], of: Programs },
  { key: 'outbox', perms: ['outbox.manage'], of: OutboxPage },
];

export default function Area() {
  const { t } = useTranslation();
  const { canAny } = useSession();
  useTitle(t('admin:title'));
  const mine = pages.filter((p) => canAny(...p.perms));
  const first = mine[0];
  if (!first) return <NotFound />;
  return (
    <main className="page admin" id="main" tabIndex={-1}>
      <nav className="admin-nav" aria-label={t('admin:title')}>
        {mine.map((p) => (
          <NavLink key={p.key} to={`/admin/${p.key}`}>
            {t(`admin:page.${p.key}`)}
          </NavLink>
        ))}
      </nav>
      <div className="admin-page">
        <Routes>
          <Route index element={<Navigate to={first.key} replace />} />
          {mine.map((p) => (
            <Route key={p.key} path={p.key} element={<p.of />} />
          ))}
          <Route path="*" element={<Navigate to={`/admin/${first.key}`} replace />} />
        </Routes>
      </div>
    </main>
  );
}
