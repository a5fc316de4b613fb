/** Everything below /desk/visits: how far they are, the tasks, what was found, and the rules. */
import { useTranslation } from 'react-i18next';
import { Navigate, NavLink, Route, Routes } from 'react-router';
import { ProgressPage } from './Progress.tsx';
import { RulesPage } from './Rules.tsx';
import { TasksPage } from './Tasks.tsx';
import { VisitsPage } from './Visits.tsx';
import './rounds.css';

export default function Area() {
  const { t } = useTranslation();
  return (
    <main className="page rounds" id="main" tabIndex={-1}>
      <nav className="rounds-nav" aria-label={t('rounds:title')}>
        <NavLink to="/visits/progress">{t('rounds:tab.progress')}</NavLink>
        <NavLink to="/visits/tasks">{t('rounds:tab.tasks')}</NavLink>
        <NavLink to="/visits/records">{t('rounds:tab.records')}</NavLink>
        <NavLink to="/visits/rules">{t('rounds:tab.rules')}</NavLink>
      </nav>
      <Routes>
        <Route index element={<Navigate to="progress" replace />} />
        <Route path="progress" element={<ProgressPage />} />
        <Route path="tasks" element={<TasksPage />} />
        <Route path="records" element={<VisitsPage />} />
        <Route path="rules" element={<RulesPage />} />
        <Route path="*" element={<Navigate to="/visits" replace />} />
      </Routes>
    </main>
  );
}
