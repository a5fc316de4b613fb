import '@/shared/polyfill.ts';
import '@/shared/nonce.ts';
import './desk.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { startI18n } from '@/shared/i18n.ts';
import { queryClient } from '@/shared/query.ts';
import { Look } from '@/shared/theme.tsx';
import { LiveRegion } from '@/shared/ui/live.tsx';
import { ErrorBoundary } from '@/shared/ui/state.tsx';
import { Desk } from './app.tsx';

await startI18n();
createRoot(document.getElementById('root') as HTMLElement).render(
  <QueryClientProvider client={queryClient}>
    <Look>
      <ErrorBoundary>
        <LiveRegion>
          <BrowserRouter basename="/desk" useTransitions={false}>
            <Desk />
          </BrowserRouter>
        </LiveRegion>
      </ErrorBoundary>
    </Look>
  </QueryClientProvider>,
);
