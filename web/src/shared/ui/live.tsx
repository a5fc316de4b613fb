import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';

const Context = createContext<(text: string) => void>(() => {});
/** Says something to screen readers without moving the focus. */
export const useAnnounce = () => useContext(Context);

export function LiveRegion({ children }: { children: ReactNode }) {
  const [text, setText] = useState('');
  const flip = useRef(false);
  const say = useCallback((words: string) => {
    // The same words twice must still be a change.
    flip.current = !flip.current;
    setText(flip.current ? words : `${words} `);
  }, []);
  return (
    <Context.Provider value={say}>
      {children}
      <div className="sr-only" role="status" aria-live="polite">
        {text}
      </div>
    </Context.Provider>
  );
}
