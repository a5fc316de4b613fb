import {
  AppstoreOutlined,
  BarChartOutlined,
  BorderOuterOutlined,
  FormOutlined,
  HomeOutlined,
  SettingOutlined,
  TeamOutlined,
  UnorderedListOutlined,
} from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { type Session, useSession } from '@/shared/session.tsx';
import { defaultCases } from '../cases/defaults.ts';
import { useDuties } from '../duties/data.ts';
import { type Place, placeOf, placesOf, type RailKey, rails } from './places.ts';

const icons: Record<RailKey, ReactNode> = {
  home: <AppstoreOutlined aria-hidden />,
  intake: <FormOutlined aria-hidden />,
  cases: <UnorderedListOutlined aria-hidden />,
  grids: <BorderOuterOutlined aria-hidden />,
  visits: <HomeOutlined aria-hidden />,
  org: <TeamOutlined aria-hidden />,
  data: <BarChartOutlined aria-hidden />,
  admin: <SettingOutlined aria-hidden />,
};

const start = (p: Place, s: Session) => (p.key === 'cases' ? defaultCases(s) : p.path);

export function Rail() {
  const { t } = useTranslation();
  const session = useSession();
  const here = placeOf(useLocation().pathname, session)?.rail;
  const urgent = useDuties().data?.urgent ?? 0;
  return (
    <nav className="rail" aria-label={t('shell:rail')}>
      {rails.map((key) => {
        const first = placesOf(key, session)[0];
        return first ? (
          <Link
            key={key}
            to={start(first, session)}
            className="rail-place"
            aria-current={here === key ? 'page' : undefined}
          >
            {icons[key]}
            <span>
              {t(`shell:rails.${key}`)}
              {key === 'home' && urgent ? (
                <span className="rail-n" title={t('shell:urgent', { n: urgent })}>
                  {' '}
                  {urgent}
                </span>
              ) : null}
            </span>
          </Link>
        ) : null;
      })}
    </nav>
  );
}

/** The places of one rail beside each other; a single one needs no tabs. */
export function Tabs() {
  const { t } = useTranslation();
  const session = useSession();
  const here = placeOf(useLocation().pathname, session);
  const all = here ? placesOf(here.rail, session) : [];
  if (all.length < 2) return null;
  return (
    <nav className="places" aria-label={t(`shell:rails.${here?.rail ?? 'home'}`)}>
      {all.map((p) => (
        <Link key={p.key} to={start(p, session)} aria-current={p === here ? 'page' : undefined}>
          {t(`shell:place.${p.key}`)}
        </Link>
      ))}
    </nav>
  );
}
