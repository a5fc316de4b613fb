/** Everything below /desk/planning: plans, their runs and results, drafts. */
import './planning.css';
import { Route, Routes } from 'react-router';
import { DraftPage } from './DraftPage.tsx';
import { NewPlan } from './NewPlan.tsx';
import { PlanList } from './PlanList.tsx';
import { PlanPage } from './PlanPage.tsx';

export default function Area() {
  return (
    <main className="page planning" id="main" tabIndex={-1}>
      <Routes>
        <Route index element={<PlanList />} />
        <Route path="new" element={<NewPlan />} />
        <Route path="drafts/:draft" element={<DraftPage />} />
        <Route path=":plan" element={<PlanPage />} />
      </Routes>
    </main>
  );
}
