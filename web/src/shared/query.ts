import { QueryClient } from '@tanstack/react-query';
import { Problem } from './api.ts';

/** Only what may be different the next time is worth a second try. */
export function mayRetry(count: number, error: unknown): boolean {
  if (!(error instanceof Problem)) return false;
  return count < 2 && (error.offline || error.status === 429 || error.status >= 502);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: mayRetry, staleTime: 15_000, refetchOnWindowFocus: true },
    mutations: { retry: mayRetry, retryDelay: (n) => 600 * 2 ** n },
  },
});
