/** Everything below /desk/staff: who works where, pay, appraisals and their calls. */
import { useTranslation } from 'react-i18next';
import { Navigate, NavLink, Route, Routes } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { Appraisals, AppraisalView, SheetView } from './Appraisals.tsx';
import { Calls } from './Calls.tsx';
import { Handover } from './Handover.tsx';
import { Leave } from './Leave.tsx';
import { Overview } from './Overview.tsx';
import { Pay, RunView } from './Pay.tsx';
import { Rounds, RoundView } from './Recruit.tsx';
import { SessionView, Training } from './Training.tsx';
import './staff.css';

export default function Area() {
  const { t } = useTranslation();
  const { can, canAny } = useSession();
  const pay = canAny('staff.write', 'pay.approve');
  const appraise = canAny('staff.write', 'appraise');
  const tabs = [
    { path: 'overview', label: t('staff:tab.overview'), on: can('staff.read') },
    { path: 'rounds', label: t('staff:tab.recruit'), on: can('staff.write') },
    { path: 'training', label: t('staff:tab.training'), on: can('staff.read') },
    { path: 'pay', label: t('staff:tab.pay'), on: pay },
    { path: 'appraisals', label: t('staff:tab.appraisals'), on: appraise },
    { path: 'calls', label: t('staff:tab.calls'), on: can('case.callback') },
  ].filter((x) => x.on);
  return (
    <main className="page staff" id="main" tabIndex={-1}>
      {tabs.length > 1 ? (
        <nav className="staff-nav" aria-label={t('staff:title')}>
          {tabs.map((x) => (
            <NavLink key={x.path} to={`/staff/${x.path}`}>
              {x.label}
            </NavLink>
          ))}
        </nav>
      ) : null}
      <Routes>
        <Route index element={<Navigate to={tabs[0]?.path ?? '/'} replace />} />
        {can('staff.read') ? <Route path="overview" element={<Overview />} /> : null}
        {can('staff.write') ? <Route path="handover/:id" element={<Handover />} /> : null}
        {can('staff.write') ? <Route path="leave/:id" element={<Leave />} /> : null}
        {can('staff.write') ? <Route path="rounds" element={<Rounds />} /> : null}
        {can('staff.write') ? <Route path="rounds/:id" element={<RoundView />} /> : null}
        {can('staff.read') ? <Route path="training" element={<Training />} /> : null}
        {can('staff.write') ? <Route path="sessions/:id" element={<SessionView />} /> : null}
        {pay ? <Route path="pay" element={<Pay />} /> : null}
        {pay ? <Route path="pay/:id" element={<RunView />} /> : null}
        {appraise ? <Route path="appraisals" element={<Appraisals />} /> : null}
        {appraise ? <Route path="appraisals/:id" element={<AppraisalView />} /> : null}
        {appraise ? <Route path="sheets/:id" element={<SheetView />} /> : null}
        {can('case.callback') ? <Route path="calls" element={<Calls />} /> : null}
        <Route path="*" element={<Navigate to="/staff" replace />} />
      </Routes>
    </main>
  );
}
