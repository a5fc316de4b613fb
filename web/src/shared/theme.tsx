import { App, ConfigProvider, theme } from 'antd';
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { useTranslation } from 'react-i18next';
import { antdWords } from './i18n.ts';
import { nonce } from './nonce.ts';
import { cssVariables, type Mode, palettes, radius, type as typeScale } from './tokens.ts';

type Choice = Mode | 'system';
interface Look {
  mode: Mode;
  choice: Choice;
  choose: (c: Choice) => void;
}
const Context = createContext<Look>({ mode: 'light', choice: 'system', choose: () => {} });
export const useLook = () => useContext(Context);

function media(query: string) {
  const m = window.matchMedia(query);
  return {
    subscribe: (f: () => void) => {
      m.addEventListener('change', f);
      return () => m.removeEventListener('change', f);
    },
    get: () => m.matches,
  };
}
const dark = media('(prefers-color-scheme: dark)');
const narrow = media('(max-width: 767px)');
const still = media('(prefers-reduced-motion: reduce)');
/** A phone, or a window as narrow as one. */
export const useNarrow = () => useSyncExternalStore(narrow.subscribe, narrow.get);

export function Look({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation();
  const [choice, setChoice] = useState<Choice>(
    () => (localStorage.getItem('linli.look') as Choice) ?? 'light',
  );
  const systemDark = useSyncExternalStore(dark.subscribe, dark.get);
  const isNarrow = useNarrow();
  const isStill = useSyncExternalStore(still.subscribe, still.get);
  const mode: Mode = choice === 'system' ? (systemDark ? 'dark' : 'light') : choice;

  useEffect(() => {
    const root = document.documentElement;
    for (const [k, v] of Object.entries(cssVariables(mode))) root.style.setProperty(k, v);
    root.dataset.mode = mode;
    root.style.colorScheme = mode;
  }, [mode]);

  const look = useMemo<Look>(
    () => ({
      mode,
      choice,
      choose: (c) => {
        localStorage.setItem('linli.look', c);
        setChoice(c);
      },
    }),
    [mode, choice],
  );
  const p = palettes[mode];
  return (
    <Context.Provider value={look}>
      <ConfigProvider
        csp={nonce ? { nonce } : undefined}
        locale={antdWords(i18n.language) as never}
        button={{ autoInsertSpace: false }}
        theme={{
          algorithm: mode === 'dark' ? theme.darkAlgorithm : theme.defaultAlgorithm,
          token: {
            colorPrimary: p.accent,
            colorPrimaryHover: p.accentHover,
            colorPrimaryActive: p.accentActive,
            colorLinkHover: p.accentHover,
            colorLinkActive: p.accentActive,
            colorInfo: p.accent,
            colorLink: p.accent,
            colorError: p.overdue,
            colorWarning: p.soon,
            colorSuccess: p.done,
            colorErrorBg: p.overdueSoft,
            colorWarningBg: p.soonSoft,
            colorSuccessBg: p.doneSoft,
            colorInfoBg: p.accentSoft,
            colorTextBase: p.ink,
            colorText: p.ink,
            colorTextSecondary: p.secondary,
            colorTextTertiary: p.secondary,
            colorTextPlaceholder: p.secondary,
            colorBgBase: p.paper,
            colorBgLayout: p.ground,
            colorBgContainer: p.paper,
            colorBgElevated: p.paper,
            colorBorder: mode === 'dark' ? '#465160' : '#c6cdd6',
            colorBorderSecondary: p.line,
            colorTextLightSolid: p.onAccent,
            fontFamily: typeScale.family,
            fontSize: isNarrow ? typeScale.phone : typeScale.body,
            controlHeight: isNarrow ? 44 : 32,
            borderRadius: radius,
            boxShadow: p.shadow,
            boxShadowSecondary: p.shadow,
            motion: !isStill,
            wireframe: false,
          },
        }}
      >
        <App className="app" message={{ maxCount: 3 }}>
          {children}
        </App>
      </ConfigProvider>
    </Context.Provider>
  );
}
