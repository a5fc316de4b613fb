import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { useOutbox, usePhone } from '../store/hooks.ts';
import { useWords } from '../words.ts';

interface Did {
  text: string;
  /** The records of one act; undone together, the newest first. */
  ids: string[];
}
const Context = createContext<{ did: Did | null; say: (d: Did | null) => void }>({
  did: null,
  say: () => {},
});

/** Says what is now true, with a way back for ten seconds. */
export function DidProvider({ children }: { children: ReactNode }) {
  const [did, say] = useState<Did | null>(null);
  const value = useMemo(() => ({ did, say }), [did]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useDid(): (text: string, ...ids: string[]) => void {
  const { say } = useContext(Context);
  return useCallback((text: string, ...ids: string[]) => say({ text, ids }), [say]);
}

/** Counts the seconds of the undo down, above whatever stands at the bottom. */
export function DidBar() {
  const { t } = useWords();
  const { did, say } = useContext(Context);
  const phone = usePhone();
  const { waiting, accepted } = useOutbox();
  const [now, tick] = useState(Date.now());
  useEffect(() => {
    if (!did) return;
    tick(Date.now());
    const id = setInterval(() => tick(Date.now()), 1000);
    return () => clearInterval(id);
  }, [did]);
  const items = did ? [...waiting, ...accepted].filter((i) => did.ids.includes(i.id)) : [];
  const left = Math.ceil((Math.min(...items.map((i) => i.undo_until)) - now) / 1000);
  const can = items.length > 0 && left > 0;
  useEffect(() => {
    if (!did || can) return;
    const id = setTimeout(() => say(null), 4000);
    return () => clearTimeout(id);
  }, [did, can, say]);
  const undo = async () => {
    let all = true;
    for (const id of [...(did?.ids ?? [])].reverse()) all = (await phone.undo(id)) && all;
    say({ text: all ? t('worker:did.undone') : t('worker:did.too_late'), ids: [] });
  };
  return (
    <div className={did ? 'did' : undefined}>
      <span role="status">{did?.text}</span>
      {did && can ? (
        <button type="button" className="quiet-button" onClick={() => void undo()}>
          {t('worker:did.undo')} <span aria-hidden="true">{left}</span>
        </button>
      ) : null}
    </div>
  );
}
