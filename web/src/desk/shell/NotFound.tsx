import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { EmptyNote } from '@/shared/ui/state.tsx';

/** What is not there and what one may not see look the same. */
export function NotFound() {
  const { t } = useTranslation();
  return (
    <main className="page pad" id="main" tabIndex={-1}>
      <EmptyNote title={t('shell:not_found.title')}>
        <p>{t('shell:not_found.text')}</p>
        <Link to="/">{t('shell:not_found.home')}</Link>
      </EmptyNote>
    </main>
  );
}
