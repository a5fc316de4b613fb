/** Everything below /desk/audit: a component with its own <Routes>, loaded when first visited. */
import './audit.css';
import { useTranslation } from 'react-i18next';
import { Route, Routes } from 'react-router';
import { NotFound } from '../shell/NotFound.tsx';
import { useTitle } from '../shell/title.ts';
import { Proof } from './Proof.tsx';
import { Trail } from './Trail.tsx';

function Page() {
  const { t } = useTranslation();
  useTitle(t('audit:title'));
  return (
    <main className="page audit" id="main" tabIndex={-1}>
      <header className="page-head">
        <h1>{t('audit:title')}</h1>
        <span className="quiet">{t('audit:subtitle')}</span>
      </header>
      <div className="audit-grid">
        <Trail />
        <Proof />
      </div>
    </main>
  );
}

export default function Area() {
  return (
    <Routes>
      <Route index element={<Page />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  );
}
