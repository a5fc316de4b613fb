import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '@/shared/call.ts';

export const states = ['waiting', 'proposed', 'early', 'taken', 'answered', 'recalled'] as const;
export type State = (typeof states)[number];
export const verdicts = ['theirs', 'ours', 'differs', 'equal'] as const;
export type Verdict = (typeof verdicts)[number];

export interface Fault {
  field: string;
  code: string;
  message: string;
  english: string;
}
export interface OrderItem {
  id: number;
  number: string;
  version: number;
  state: State;
  via: 'webhook' | 'pull' | 'file' | 'list' | 'desk';
  title: string;
  place?: string;
  case_id?: number;
  case_number?: string;
  case_status?: string;
  their_due?: string;
  our_due?: string;
  their_category?: string;
  reply_format?: string;
  rule?: string;
  rule_name?: string;
  attention?: string;
  received_at: string;
  said?: string;
  said_at?: string;
  acked: boolean;
}
export interface OrderPage extends OrderItem {
  text?: string;
  address?: string;
  faults: Fault[] | null;
  answer?: string;
  reason?: string;
  decided_by?: string;
  decided_at?: string;
  becomes_case_at?: string;
  messages:
    | {
        kind: string;
        via: string;
        note?: string;
        result: string;
        act?: string;
        applied: boolean;
        at: string;
      }[]
    | null;
  decisions: ('answer' | 'admit' | 'seen')[] | null;
}
export interface Summary {
  from: number;
  to: number;
  states: Record<State, number>;
  attention: number;
  late: number;
  rules: { rule: string; name: string; kind: string; n: number }[] | null;
  pairs: Record<Verdict, number>;
  unreconciled: number;
}
export interface Pair {
  day: number;
  number: string;
  verdict: Verdict;
  reasons: { code: string; theirs?: string; ours?: string }[] | null;
  theirs?: { title: string; status?: string; due?: string };
  ours?: OrderItem;
  can?: 'take' | 'again';
  compared_at: string;
}
interface Page<T> {
  items: T[] | null;
  next?: string;
}

export const useSummary = () =>
  useQuery({
    queryKey: ['hotline', 'summary'],
    queryFn: ({ signal }) => call<Summary>('GET', '/hotline/summary', { signal }),
    refetchInterval: 30_000,
  });

export type Query = Record<string, string | number | boolean | undefined>;

function usePages<T>(path: string, query: Query) {
  const list = useInfiniteQuery({
    queryKey: ['hotline', path, query],
    queryFn: ({ pageParam, signal }) =>
      call<Page<T>>('GET', path, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: (p) => p.next || undefined,
  });
  return { list, rows: (list.data?.pages ?? []).flatMap((p) => p.items ?? []) };
}
export const useOrders = (query: Query) => usePages<OrderItem>('/hotline/orders', query);
export const usePairs = (query: Query) => usePages<Pair>('/hotline/pairs', query);

export const useOrder = (id: number) =>
  useQuery({
    queryKey: ['hotline', 'order', id],
    queryFn: ({ signal }) => call<OrderPage>('GET', `/hotline/orders/${id}`, { signal }),
  });

/** Reads everything of the hotline again. */
export function useAgain() {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: ['hotline'] });
}

/** Sends a file as it is; Problem if it is refused. */
export async function sendFile<T>(path: string, query: Query, file: File): Promise<T> {
  const { api } = await import('@/shared/api.ts');
  const free = api as unknown as {
    request: (method: string, path: string, init: object) => Promise<{ data?: T }>;
  };
  const answer = await free.request('post', path, {
    params: { query: { ...query, file: file.name } },
    body: file,
    bodySerializer: (b: unknown) => b,
    headers: { 'Content-Type': 'application/octet-stream' },
  });
  return answer.data as T;
}
