import { useTranslation } from 'react-i18next';
import { Link, Route, Routes, useParams } from 'react-router';
import { useTitle } from '../shell/title.ts';
import { CaseListPage } from './CaseListPage.tsx';
import { CasePanel } from './CasePanel.tsx';
import { useCase } from './data.ts';
import './cases.css';

function CasePage() {
  const { t } = useTranslation();
  const id = Number(useParams().id);
  const q = useCase(id || undefined);
  useTitle(q.data ? `${q.data.case.number} ${q.data.case.title}` : t('shell:place.cases'));
  return (
    <main className="page case-page" id="main" tabIndex={-1}>
      <p className="case-back">
        <Link to="/cases?open=true">{t('cases:back')}</Link>
      </p>
      <article className="panel">
        <CasePanel id={id} full />
      </article>
    </main>
  );
}

export default function Area() {
  return (
    <Routes>
      <Route index element={<CaseListPage />} />
      <Route path=":id" element={<CasePage />} />
    </Routes>
  );
}
