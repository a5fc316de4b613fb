/** Everything below /desk/whistles: whistles, joint meetings, and what they decided. */
import { useTranslation } from 'react-i18next';
import { Navigate, NavLink, Route, Routes } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { Meetings } from './Meetings.tsx';
import { Sums } from './Sums.tsx';
import { Tasks } from './Tasks.tsx';
import { Whistles } from './Whistles.tsx';
import './whistle.css';

export default function Area() {
  const { t } = useTranslation();
  const { canAny } = useSession();
  const calls = canAny('whistle.call', 'whistle.answer');
  const meets = canAny('meeting.hold', 'whistle.answer');
  return (
    <main className="page joint" id="main" tabIndex={-1}>
      <nav className="joint-nav" aria-label={t('whistle:title')}>
        {calls ? <NavLink to="/whistles/list">{t('whistle:tab.list')}</NavLink> : null}
        {calls ? <NavLink to="/whistles/departments">{t('whistle:tab.departments')}</NavLink> : null}
        {meets ? <NavLink to="/whistles/meetings">{t('whistle:tab.meetings')}</NavLink> : null}
        {meets ? <NavLink to="/whistles/decisions">{t('whistle:tab.decisions')}</NavLink> : null}
      </nav>
      <Routes>
        <Route index element={<Navigate to={calls ? 'list' : 'meetings'} replace />} />
        {calls ? <Route path="list" element={<Whistles />} /> : null}
        {calls ? <Route path="departments" element={<Sums />} /> : null}
        {meets ? <Route path="meetings" element={<Meetings />} /> : null}
        {meets ? <Route path="decisions" element={<Tasks />} /> : null}
        <Route path="*" element={<Navigate to="/whistles" replace />} />
      </Routes>
    </main>
  );
}
