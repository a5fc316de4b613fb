import { useQuery } from '@tanstack/react-query';
import { call } from '@/shared/call.ts';

export interface Item {
  title: string;
  where?: string;
  day?: string;
  at?: string;
  link?: string;
}
export interface Waits {
  code: string;
  name: string;
  all?: string;
  n: number;
  more: boolean;
  items: Item[];
}
export interface Duties {
  today: string;
  week: string;
  quarter: string;
  urgent: number;
  parts: { when: 'late' | 'week' | 'quarter' | 'open'; n: number; sources: Waits[] }[];
}

/** What is due from whoever is signed in; the rail and the page share one answer. */
export const useDuties = () =>
  useQuery({
    queryKey: ['duties'],
    queryFn: ({ signal }) => call<Duties>('GET', '/duties', { signal }),
    staleTime: 60_000,
    refetchInterval: 5 * 60_000,
  });
