import { useTranslation } from 'react-i18next';
import { useTitle } from '../shell/title.ts';
import { DutyList } from './List.tsx';

/** My duties: what is due from me this quarter, and what is late. */
export default function DutiesPage() {
  const { t } = useTranslation();
  useTitle(t('shell:place.duties'));
  return (
    <main className="page pad duties" id="main" tabIndex={-1}>
      <div className="page-head">
        <h1>{t('shell:place.duties')}</h1>
        <span className="quiet">{t('duties:about')}</span>
      </div>
      <DutyList />
    </main>
  );
}
