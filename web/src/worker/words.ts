/**
 * The phone's own words: two areas of src/locales in the form that the desk's i18next reads
 * (area:path, {{holes}}, _one and _other), with nothing of i18next, which is a tenth of what
 * the phone may load.
 */
import { useSyncExternalStore } from 'react';
import { setApiLang } from '@/shared/api.ts';
import type { Lang } from '@/shared/i18n.ts';
import type { Translate } from '@/shared/time.ts';

interface Words {
  [key: string]: string | Words;
}
interface Bundle {
  common: Words;
  worker: Words;
  html: string;
}
const loaders: Record<Lang, () => Promise<{ default: Bundle }>> = {
  zh: () => import('./lang/zh.ts'),
  en: () => import('./lang/en.ts'),
};

/** What a key says; `defaultValue`, else the key itself, if the words do not have it. */
export function translator(words: { common: Words; worker: Words }, lang: Lang): Translate {
  const plural = new Intl.PluralRules(lang);
  return (key, o = {}) => {
    const [area, path] = key.split(':') as ['common' | 'worker', string];
    const at = (p: string) =>
      p
        .split('.')
        .reduce<string | Words | undefined>(
          (n, k) => (typeof n === 'object' ? n[k] : undefined),
          words[area],
        );
    const counted = typeof o.count === 'number' ? at(`${path}_${plural.select(o.count)}`) : undefined;
    const text = counted ?? at(path);
    if (typeof text !== 'string') return String(o.defaultValue ?? key);
    return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, hole) => String(o[hole] ?? ''));
  };
}

const listeners = new Set<() => void>();
let now: { t: Translate; lang: Lang } = { t: (key) => key, lang: 'zh' };

const subscribe = (f: () => void) => {
  listeners.add(f);
  return () => listeners.delete(f);
};
export const useWords = () => useSyncExternalStore(subscribe, () => now);

async function setLang(lang: Lang): Promise<void> {
  const bundle = (await loaders[lang]()).default;
  now = { t: translator(bundle, lang), lang };
  setApiLang(lang);
  document.documentElement.lang = bundle.html;
  for (const f of listeners) f();
}

/** The same keys as the desk's, so that a choice holds in both. */
export async function chooseLang(lang: Lang): Promise<void> {
  localStorage.setItem('linli.lang', lang);
  localStorage.setItem('linli.lang.here', '1');
  await setLang(lang);
}

export const startWords = (): Promise<void> =>
  setLang(localStorage.getItem('linli.lang') === 'en' ? 'en' : 'zh');

/** `x` or its English `x_en`, as rows carry them. */
export function inLang(row: object, field: string): string {
  const texts = row as Record<string, unknown>;
  return String((now.lang === 'en' && texts[`${field}_en`]) || texts[field] || '');
}
