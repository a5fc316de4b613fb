import dayjs from 'dayjs';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { setApiLang } from './api.ts';

export const langs = ['zh', 'en'] as const;
export type Lang = (typeof langs)[number];

interface Bundle {
  files: Record<string, Record<string, unknown>>;
  antd: object;
  dayjs: string;
  html: string;
}
/** One chunk a language: every src/locales/<lang>/<area>.json is namespace <area>. */
const loaders: Record<Lang, () => Promise<{ default: Bundle }>> = {
  zh: () => import('./lang/zh.ts'),
  en: () => import('./lang/en.ts'),
};
const loaded: Partial<Record<Lang, Bundle>> = {};

async function load(lang: Lang): Promise<Bundle> {
  const have = loaded[lang];
  if (have) return have;
  const bundle = (await loaders[lang]()).default;
  for (const [path, words] of Object.entries(bundle.files)) {
    const area = path.slice(path.lastIndexOf('/') + 1, -'.json'.length);
    i18next.addResourceBundle(lang, area, words, true, true);
  }
  loaded[lang] = bundle;
  return bundle;
}

/** antd's own words in the language in use. */
export const antdWords = (lang: string): object | undefined => loaded[lang as Lang]?.antd;

export function firstLang(): Lang {
  const kept = localStorage.getItem('linli.lang');
  return kept === 'en' ? 'en' : 'zh';
}

export async function setLang(lang: Lang): Promise<void> {
  const bundle = await load(lang);
  localStorage.setItem('linli.lang', lang);
  setApiLang(lang);
  dayjs.locale(bundle.dayjs);
  document.documentElement.lang = bundle.html;
  await i18next.changeLanguage(lang);
}

/** A person's own choice: kept in this browser and, once signed in, with the account. */
export async function chooseLang(lang: Lang): Promise<void> {
  localStorage.setItem('linli.lang.here', '1');
  await setLang(lang);
}

export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: firstLang(),
    fallbackLng: false,
    defaultNS: 'common',
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
    resources: {},
  });
  await setLang(firstLang());
}
