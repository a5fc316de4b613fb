import { useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '@/shared/call.ts';

export interface Total {
  key: string;
  n: number;
  register: string;
  where: string[] | null;
}
export interface Due {
  register: string;
  id: number;
  kind: 'renew' | 'expired' | 'certify' | 'unmatched' | 'late';
  title: string;
  org?: string;
  day?: number;
}
export interface Side {
  id: number;
  title: string;
  kind: string;
  people?: number;
  org?: string;
  place?: string;
  until?: number;
}
export interface Pair {
  need: Side;
  resource: Side;
  reasons: string[] | null;
}
export interface Turn {
  id: number;
  name: string;
  phone: string;
  state: 'signed' | 'certified' | 'away' | 'ended';
  hours?: number;
}
export interface Session {
  id: number;
  version: number;
  title: string;
  state: 'open' | 'closed' | 'done' | 'ended';
  day: number;
  starts: string;
  hours: number;
  place: string;
  seats: number;
  came: number;
  served: number;
  link: string;
  turns: Turn[] | null;
}

const useItems = <T>(path: string) =>
  useQuery({
    queryKey: ['partner', path],
    queryFn: ({ signal }) => call<{ items: T[] | null }>('GET', path, { signal }),
    select: (d) => d.items ?? [],
  });
export const useTotals = () => useItems<Total>('/partners/totals');
export const useDues = () => useItems<Due>('/partners/due');
export const usePairs = () => useItems<Pair>('/partners/matches');
export const useSession = (id: number) =>
  useQuery({
    queryKey: ['partner', 'session', id],
    queryFn: ({ signal }) => call<Session>('GET', `/volunteers/sessions/${id}`, { signal }),
  });

/** Reads everything of partners again. */
export function useAgain() {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: ['partner'] });
}

/** The register's page with the rows that the conditions choose. */
export const rowsOf = (t: Total) =>
  `/ledger/${t.register}?${new URLSearchParams((t.where ?? []).map((w) => ['where', w]))}`;
