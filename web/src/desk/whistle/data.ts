import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ActionNeed, FileInfo } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';

export const kinds = ['urgent', 'comprehensive', 'law_enforcement'] as const;
export type Kind = (typeof kinds)[number];
export const states = ['open', 'closed', 'withdrawn'] as const;
export const numbers = ['waiting', 'in_time', 'late', 'missed', 'shifted', 'settled'] as const;
export type Part = 'called' | (typeof numbers)[number];
export const meetingStates = ['planned', 'invited', 'held', 'minuted', 'cancelled'] as const;

export interface Named {
  id?: number;
  code?: string;
  name: string;
}
export interface Option {
  action: string;
  name: string;
  allowed: boolean;
  why?: string;
  primary: boolean;
  needs: ActionNeed[] | null;
}
export interface Call {
  org: Named & { id: number };
  state: 'called' | 'disputed' | 'arbitration' | 'came' | 'done' | 'confirmed' | 'released';
  due_at: string;
  clock?: string;
  overdue: boolean;
  came_at?: string;
  missed: boolean;
  done_at?: string;
  shifts: number;
  urged: number;
  result?: string;
  files?: FileInfo[];
  by_street?: number;
  by_unit?: number;
  actions?: Option[] | null;
}
export interface Item {
  id: number;
  number: string;
  version: number;
  state: (typeof states)[number];
  kind: Kind;
  title: string;
  address: string;
  street: Named | null;
  community: Named | null;
  grid: Named | null;
  called_by: string;
  called_at: string;
  ended_at?: string;
  raised_to?: string;
  arbiter?: string;
  calls: Call[] | null;
}
export interface Step {
  at: string;
  action: string;
  name: string;
  actor?: string;
  post?: string;
  org?: string;
  text?: string;
  score?: number;
  files?: FileInfo[];
}
export interface Whistle extends Item {
  text: string;
  limit: string;
  lon: number | null;
  lat: number | null;
  case: { id: number; number: string; title: string; status: string } | null;
  actions: Option[] | null;
  steps: Step[] | null;
}
export interface Sum {
  org: Named & { id: number };
  called: number;
  waiting: number;
  in_time: number;
  late: number;
  missed: number;
  shifted: number;
  settled: number;
  rated: number;
  score: number | null;
}
export interface MeetingItem {
  id: number;
  version: number;
  state: (typeof meetingStates)[number];
  title: string;
  street: Named | null;
  community: Named | null;
  quarter: number;
  at?: string;
  place: string;
  convener: string;
}
export interface Topic {
  id: number;
  kind: 'case' | 'request' | 'resource' | 'task' | 'topic';
  ref?: number;
  title: string;
  why?: string;
  taken: boolean;
  outcome?: string;
}
export interface Guest {
  id: number;
  org?: number;
  name: string;
  answer?: 'yes' | 'no';
  person?: string;
  present: boolean;
}
export interface Task {
  id: number;
  meeting: number;
  of?: string;
  item: number;
  org: Named & { id: number };
  title: string;
  due: number;
  late: boolean;
  state: 'open' | 'reported' | 'done' | 'dropped';
  result?: string;
  actions?: Option[] | null;
}
export interface Meeting extends MeetingItem {
  minutes: string;
  agenda: Topic[] | null;
  guests: Guest[] | null;
  tasks: Task[] | null;
  actions: Option[] | null;
  steps: Step[] | null;
}

export type Query = Record<string, string | number | boolean | undefined>;

function usePages<T>(path: string, query: Query) {
  const list = useInfiniteQuery({
    queryKey: ['joint', path, query],
    queryFn: ({ pageParam, signal }) =>
      call<{ items: T[] | null; next: string }>('GET', path, {
        query: { ...query, cursor: pageParam },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (p) => p.next || undefined,
  });
  return { list, rows: (list.data?.pages ?? []).flatMap((p) => p.items ?? []) };
}
export const useWhistles = (query: Query) => usePages<Item>('/whistles', query);
export const useMeetings = (query: Query) => usePages<MeetingItem>('/meetings', query);

const useOne = <T>(path: string) =>
  useQuery({ queryKey: ['joint', path], queryFn: ({ signal }) => call<T>('GET', path, { signal }) });
export const useWhistle = (id: number) => useOne<Whistle>(`/whistles/${id}`);
export const useMeeting = (id: number) => useOne<Meeting>(`/meetings/${id}`);

const useItems = <T>(path: string, query: Query) =>
  useQuery({
    queryKey: ['joint', path, query],
    queryFn: ({ signal }) => call<{ items: T[] | null }>('GET', path, { query, signal }),
    select: (d) => d.items ?? [],
  });
export const useSums = (query: Query) => useItems<Sum>('/whistles/sums', query);
export const useTasks = (query: Query) => useItems<Task>('/meetings/tasks', query);

/** Reads everything of whistles and meetings again. */
export function useAgain() {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: ['joint'] });
}

/** "2026 年第 4 季度" from 20264. */
export const yearOf = (quarter: number) => Math.floor(quarter / 10);
