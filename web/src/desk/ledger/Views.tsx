import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import type { Register } from './model.ts';

/** The same register as a table, as a tree where its rows form one, or as figures; the filter goes along. */
export function Views({ r, filterText = '' }: { r: Register; filterText?: string }) {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const views = [
    { tail: '', key: 'table' },
    ...(r.tree ? [{ tail: '/tree', key: 'tree' }] : []),
    { tail: '/figures', key: 'figures' },
  ];
  return (
    <nav className="views" aria-label={t('ledger:view.label')}>
      {views.map(({ tail, key }) => {
        const path = `/ledger/${r.code}${tail}`;
        return (
          <Link
            key={key}
            to={{ pathname: path, search: filterText }}
            aria-current={pathname === path ? 'page' : undefined}
          >
            {t(`ledger:view.${key}`)}
          </Link>
        );
      })}
    </nav>
  );
}
