import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { api, data, type Me, type Perm, type Post, Problem } from './api.ts';

export interface Session {
  me: Me;
  can: (p: Perm) => boolean;
  canAny: (...p: Perm[]) => boolean;
  /** The post that the session acts through, else the first; undefined if the account has none. */
  post?: Post;
  setPost: (id: number) => void;
}

const Context = createContext<Session | null>(null);

/** Who is signed in. Only inside the shell. */
export function useSession(): Session {
  const s = useContext(Context);
  if (!s) throw new Error('useSession outside of SessionGate');
  return s;
}

/** The grid worker's phone: another app of its own sign-in, on the same server. */
export const workerPath = '/worker/';
export const isGridWorker = (me: Me): boolean => me.posts.some((p) => p.role === 'grid_worker');

export const meKey = ['me'] as const;

/** Null when nobody is signed in. */
export function useMe() {
  return useQuery<Me | null>({
    queryKey: meKey,
    queryFn: async () => {
      try {
        return await data(api.GET('/session'));
      } catch (e) {
        if (e instanceof Problem && (e.status === 401 || e.status === 404)) return null;
        throw e;
      }
    },
    staleTime: 5 * 60_000,
  });
}

export function SessionProvider({ me, children }: { me: Me; children: ReactNode }) {
  const client = useQueryClient();
  const value = useMemo<Session>(() => {
    const posts = me.posts ?? [];
    const perms = new Set(me.permissions ?? []);
    return {
      me,
      can: (p) => perms.has(p),
      canAny: (...ps) => ps.some((p) => perms.has(p)),
      post: posts.find((p) => p.id === me.acting) ?? posts[0],
      setPost: (id) =>
        void data(api.PATCH('/session', { body: { post: id } })).then((now) => {
          client.setQueryData(meKey, now);
          return client.invalidateQueries();
        }),
    };
  }, [me, client]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}
