import { lazy, Suspense, useEffect } from 'react';
import { Navigate, Route, Routes, useLocation, useNavigate } from 'react-router';
import { Door } from './pages/Door.tsx';
import { Found } from './pages/Found.tsx';
import { GatePage } from './pages/Gate.tsx';
import { TodayPage } from './pages/Today.tsx';
import { Boundary } from './parts/Boundary.tsx';
import { DidProvider } from './parts/did.tsx';
import { useGate } from './store/hooks.ts';

// Today and the door are there at once; the others come while nothing else is done, so that
// they are there too when the network is gone.
const loads = {
  cases: () => import('./pages/Cases.tsx').then((m) => ({ default: m.CasesPage })),
  case: () => import('./pages/Case.tsx').then((m) => ({ default: m.CasePage })),
  homes: () => import('./pages/Homes.tsx').then((m) => ({ default: m.HomesPage })),
  home: () => import('./pages/Home.tsx').then((m) => ({ default: m.HomePage })),
  outbox: () => import('./pages/Outbox.tsx').then((m) => ({ default: m.OutboxPage })),
  me: () => import('./pages/Me.tsx').then((m) => ({ default: m.MePage })),
};
const CasesPage = lazy(loads.cases);
const CasePage = lazy(loads.case);
const HomesPage = lazy(loads.homes);
const HomePage = lazy(loads.home);
const OutboxPage = lazy(loads.outbox);
const MePage = lazy(loads.me);

/** All of /worker. What is behind the gate is gone from the page as soon as it closes. */
export function Worker() {
  const gate = useGate();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  // Whoever comes next begins at the beginning.
  useEffect(() => {
    if (gate.at === 'sign_in') navigate('/', { replace: true });
  }, [gate.at, navigate]);
  useEffect(() => {
    const id = setTimeout(() => {
      for (const load of [...Object.values(loads), () => import('./pages/GridMap.tsx')])
        load().catch(() => {
          // Without a network the page is asked for again when it is opened.
        });
    }, 300);
    return () => clearTimeout(id);
  }, []);
  if (gate.at !== 'open') return <GatePage key={gate.at} gate={gate} />;
  return (
    <DidProvider key={gate.person.account}>
      <Boundary at={pathname}>
        <Suspense fallback={<div className="page" />}>
          <Routes>
            <Route index element={<TodayPage />} />
            <Route path="home/:id" element={<Door of="home" />} />
            <Route path="building/:id" element={<Door of="building" />} />
            <Route path="found" element={<Found />} />
            <Route path="cases" element={<CasesPage />} />
            <Route path="cases/:id" element={<CasePage />} />
            <Route path="homes" element={<HomesPage />} />
            <Route path="homes/:id" element={<HomePage />} />
            <Route path="outbox" element={<OutboxPage />} />
            <Route path="me" element={<MePage />} />
            <Route path="*" element={<Navigate to="/" replace />} />
          </Routes>
        </Suspense>
      </Boundary>
    </DidProvider>
  );
}
