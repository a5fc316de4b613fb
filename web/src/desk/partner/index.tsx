/** Everything below /desk/partners: what is due, needs with resources, a session of volunteers. */
import { useTranslation } from 'react-i18next';
import { Navigate, NavLink, Route, Routes } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { Matches } from './Matches.tsx';
import { Overview } from './Overview.tsx';
import { SessionPage } from './SessionPage.tsx';
import '../whistle/whistle.css';

export default function Area() {
  const { t } = useTranslation();
  const { can } = useSession();
  const own = can('partner.own');
  return (
    <main className="page joint" id="main" tabIndex={-1}>
      <nav className="joint-nav" aria-label={t('partner:title')}>
        <NavLink to="/partners/due">{t(own ? 'partner:tab.own' : 'partner:tab.due')}</NavLink>
        {own ? null : <NavLink to="/partners/matches">{t('partner:tab.matches')}</NavLink>}
      </nav>
      <Routes>
        <Route index element={<Navigate to="due" replace />} />
        <Route path="due" element={<Overview own={own} />} />
        {own ? null : <Route path="matches" element={<Matches />} />}
        <Route path="sessions/:id" element={<SessionPage />} />
        <Route path="*" element={<Navigate to="/partners" replace />} />
      </Routes>
    </main>
  );
}
