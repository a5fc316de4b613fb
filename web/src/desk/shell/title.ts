import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

/** The page's title in the tab: "事件 - 邻里". */
export function useTitle(title: string): void {
  const { t } = useTranslation();
  const brand = t('shell:brand');
  useEffect(() => {
    document.title = title ? `${title} - ${brand}` : brand;
  }, [title, brand]);
}
