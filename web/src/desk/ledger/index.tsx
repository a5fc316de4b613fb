/** Registers (台账): one list, form and history for all of them, made from what GET /ledger tells. */
import { useTranslation } from 'react-i18next';
import { Route, Routes, useParams } from 'react-router';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { NotFound } from '../shell/NotFound.tsx';
import { useRegisters } from './data.ts';
import { FiguresPage } from './FiguresPage.tsx';
import { FormPage } from './FormPage.tsx';
import { FormsPage } from './FormsPage.tsx';
import { ImportPage } from './ImportPage.tsx';
import { ListPage } from './ListPage.tsx';
import type { Register } from './model.ts';
import { RegistersPage } from './RegistersPage.tsx';
import { TreePage } from './TreePage.tsx';
import '../cases/cases.css';
import './ledger.css';

function One({ of: Page }: { of: (p: { r: Register }) => React.ReactNode }) {
  const { code } = useParams();
  const { t } = useTranslation();
  const all = useRegisters();
  const r = all.data?.find((x) => x.code === code);
  if (r) return <Page key={r.code} r={r} />;
  if (all.data) return <NotFound />;
  return (
    <main className="page" id="main" tabIndex={-1} aria-label={t('ledger:title')}>
      {all.error ? <ErrorNote error={all.error} retry={() => void all.refetch()} /> : <Loading rows={12} />}
    </main>
  );
}

export default function Area() {
  return (
    <Routes>
      <Route index element={<RegistersPage />} />
      <Route path="forms" element={<FormsPage />} />
      <Route path="forms/:id" element={<FormPage />} />
      <Route path=":code" element={<One of={ListPage} />} />
      <Route path=":code/tree" element={<One of={TreePage} />} />
      <Route path=":code/figures" element={<One of={FiguresPage} />} />
      <Route path=":code/import" element={<One of={ImportPage} />} />
    </Routes>
  );
}
