import { useQueryClient } from '@tanstack/react-query';
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { api, data } from '@/shared/api.ts';
import { setLang } from '@/shared/i18n.ts';
import { meKey, SessionProvider, useMe, useSession } from '@/shared/session.tsx';
import { ErrorBoundary, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Login } from './shell/Login.tsx';
import { NotFound } from './shell/NotFound.tsx';
import { mayVisit, type PlaceKey } from './shell/places.ts';

const Shell = lazy(() => import('./shell/Shell.tsx'));
const areas = {
  home: lazy(() => import('./home/index.tsx')),
  cases: lazy(() => import('./cases/index.tsx')),
  intake: lazy(() => import('./intake/index.tsx')),
  callbacks: lazy(() => import('./callbacks/index.tsx')),
  hotline: lazy(() => import('./hotline/index.tsx')),
  duties: lazy(() => import('./duties/index.tsx')),
  calendar: lazy(() => import('./calendar/index.tsx')),
  cards: lazy(() => import('./grids/index.tsx')),
  account: lazy(() => import('./account/index.tsx')),
  topics: lazy(() => import('./topics/index.tsx')),
  whistles: lazy(() => import('./whistle/index.tsx')),
  partners: lazy(() => import('./partner/index.tsx')),
  visits: lazy(() => import('./rounds/index.tsx')),
  reports: lazy(() => import('./report/index.tsx')),
  cockpit: lazy(() => import('./cockpit/index.tsx')),
  party: lazy(() => import('./party/index.tsx')),
  liaison: lazy(() => import('./liaison/index.tsx')),
  planning: lazy(() => import('./planning/index.tsx')),
  staff: lazy(() => import('./staff/index.tsx')),
  ledger: lazy(() => import('./ledger/index.tsx')),
  devices: lazy(() => import('./devices/index.tsx')),
  admin: lazy(() => import('./admin/index.tsx')),
  audit: lazy(() => import('./audit/index.tsx')),
};

function Area({ of: Page, place }: { of: ComponentType; place?: PlaceKey }) {
  const session = useSession();
  if (place && !mayVisit(place, session)) return <NotFound />;
  return (
    <Suspense fallback={<Loading rows={8} />}>
      <Page />
    </Suspense>
  );
}

function Gate({ children }: { children: ReactNode }) {
  const me = useMe();
  const { pathname, search } = useLocation();
  const lang = me.data?.account.lang;
  const { i18n } = useTranslation();
  const client = useQueryClient();
  useEffect(() => {
    if (lang !== 'zh' && lang !== 'en') return;
    // A language chosen in this browser goes with the account; without a choice the account's is used.
    if (!localStorage.getItem('linli.lang.here')) void setLang(lang);
    else if (lang !== i18n.language)
      void data(api.PATCH('/session', { body: { lang: i18n.language } }))
        .then((now) => {
          client.setQueryData(meKey, now);
          void client.invalidateQueries();
        })
        .catch(() => {});
  }, [lang, i18n.language, client]);
  if (me.isPending) return <Loading />;
  if (me.error && !me.data) {
    return (
      <main className="page pad">
        <ErrorNote error={me.error} retry={() => void me.refetch()} />
      </main>
    );
  }
  if (!me.data) {
    const to = pathname === '/' ? '/login' : `/login?to=${encodeURIComponent(pathname + search)}`;
    return <Navigate to={to} replace />;
  }
  if (me.data.must_change_password && pathname !== '/account/password')
    return <Navigate to="/account/password" replace />;
  return <SessionProvider me={me.data}>{children}</SessionProvider>;
}

/** All of /desk/. Each area is a lazy component with its own routes. */
export function Desk() {
  const { pathname } = useLocation();
  return (
    <ErrorBoundary at={pathname}>
      <Suspense fallback={<Loading />}>
        <Routes>
          <Route path="login" element={<Login />} />
          <Route
            element={
              <Gate>
                <Shell />
              </Gate>
            }
          >
            <Route index element={<Area of={areas.home} />} />
            <Route path="cases/new" element={<Area of={areas.intake} place="intake" />} />
            <Route path="cases/*" element={<Area of={areas.cases} place="cases" />} />
            <Route path="callbacks/*" element={<Area of={areas.callbacks} place="callbacks" />} />
            <Route path="hotline/*" element={<Area of={areas.hotline} place="hotline" />} />
            <Route path="topics/*" element={<Area of={areas.topics} place="topics" />} />
            <Route path="visits/*" element={<Area of={areas.visits} place="visits" />} />
            <Route path="whistles/*" element={<Area of={areas.whistles} place="whistles" />} />
            <Route path="partners/*" element={<Area of={areas.partners} place="partners" />} />
            <Route path="reports/*" element={<Area of={areas.reports} place="reports" />} />
            <Route path="cockpit/*" element={<Area of={areas.cockpit} place="cockpit" />} />
            <Route path="party/*" element={<Area of={areas.party} place="party" />} />
            <Route path="liaison/*" element={<Area of={areas.liaison} place="liaison" />} />
            <Route path="duties" element={<Area of={areas.duties} />} />
            <Route path="calendar" element={<Area of={areas.calendar} />} />
            <Route path="grids/*" element={<Area of={areas.cards} place="cards" />} />
            <Route path="planning/*" element={<Area of={areas.planning} place="planning" />} />
            <Route path="staff/*" element={<Area of={areas.staff} place="staff" />} />
            <Route path="ledger/*" element={<Area of={areas.ledger} place="registers" />} />
            <Route path="devices" element={<Area of={areas.devices} place="devices" />} />
            <Route path="admin/*" element={<Area of={areas.admin} place="admin" />} />
            <Route path="audit/*" element={<Area of={areas.audit} place="audit" />} />
            <Route path="account/*" element={<Area of={areas.account} />} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      </Suspense>
    </ErrorBoundary>
  );
}
