import {
  AppstoreOutlined,
  AuditOutlined,
  BarChartOutlined,
  BorderOuterOutlined,
  CustomerServiceOutlined,
  FireOutlined,
  FormOutlined,
  PhoneOutlined,
  SettingOutlined,
  UnorderedListOutlined,
} from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { defaultCases } from '../cases/defaults.ts';
import { mayVisit, type PlaceKey, placeOf, places } from './places.ts';

const icons: Record<PlaceKey, ReactNode> = {
  home: <AppstoreOutlined aria-hidden />,
  intake: <FormOutlined aria-hidden />,
  cases: <UnorderedListOutlined aria-hidden />,
  callbacks: <PhoneOutlined aria-hidden />,
  hotline: <CustomerServiceOutlined aria-hidden />,
  topics: <FireOutlined aria-hidden />,
  planning: <BorderOuterOutlined aria-hidden />,
  cockpit: <BarChartOutlined aria-hidden />,
  admin: <SettingOutlined aria-hidden />,
  audit: <AuditOutlined aria-hidden />,
};

export function Rail() {
  const { t } = useTranslation();
  const session = useSession();
  const here = placeOf(useLocation().pathname);
  return (
    <nav className="rail" aria-label={t('shell:rail')}>
      {places
        .filter((p) => mayVisit(p.key, session))
        .map((p) => (
          <Link
            key={p.key}
            to={p.key === 'cases' ? defaultCases(session) : p.path}
            className="rail-place"
            aria-current={here === p.key ? 'page' : undefined}
          >
            {icons[p.key]}
            <span>{t(`shell:place.${p.key}`)}</span>
          </Link>
        ))}
    </nav>
  );
}
