/** Everything below /desk/reports: what one got, what one has made for others, one of each. */
import { useTranslation } from 'react-i18next';
import { NavLink, Route, Routes } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { NotFound } from '../shell/NotFound.tsx';
import { Inbox } from './Inbox.tsx';
import { Own } from './Own.tsx';
import { ReportPage } from './ReportForm.tsx';
import { RunView } from './RunView.tsx';
import '../cases/cases.css';
import '../whistle/whistle.css';
import '../ledger/ledger.css';
import './report.css';

export default function Area() {
  const { t } = useTranslation();
  const { can } = useSession();
  const makes = can('figure.read');
  return (
    <main className="page joint" id="main" tabIndex={-1}>
      {makes ? (
        <nav className="joint-nav" aria-label={t('report:title')}>
          <NavLink to="/reports" end>
            {t('report:tab.inbox')}
          </NavLink>
          <NavLink to="/reports/own">{t('report:tab.own')}</NavLink>
        </nav>
      ) : null}
      <Routes>
        <Route index element={<Inbox />} />
        <Route path="runs/:id" element={<RunView />} />
        {makes ? <Route path="own" element={<Own />} /> : null}
        {makes ? <Route path="own/:id" element={<ReportPage />} /> : null}
        <Route path="*" element={<NotFound />} />
      </Routes>
    </main>
  );
}
