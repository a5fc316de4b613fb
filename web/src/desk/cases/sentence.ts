import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { CaseBody, TimelineEntry } from '@/shared/api.ts';
import { dayText, type Translate } from '@/shared/time.ts';

/** Which fields a sentence of its own needs; without them the action's plain name is said. */
export const sentences: Record<string, string[]> = {
  dispatch: ['lead'],
  return: ['proposed'],
  extend: ['until'],
  suspend: ['review'],
  assist: ['assists'],
  merge: ['into'],
  file: ['category'],
};

/** A field's value in words; ids are looked up among what the case names. */
export function valueWords(
  field: string,
  v: unknown,
  c: Pick<CaseBody, 'units' | 'lead' | 'category'>,
  t: Translate,
): string {
  if (v === null || v === undefined || v === '') return '';
  if (Array.isArray(v))
    return v
      .map((x) => valueWords(field, x, c, t))
      .filter(Boolean)
      .join(t('cases:list_and'));
  if (typeof v === 'object') {
    const o = v as { name?: string; number?: string; title?: string; address?: string };
    return o.name ?? o.number ?? o.title ?? o.address ?? '';
  }
  if (field === 'grade') return t(`common:grade.${v}`, { defaultValue: String(v) });
  if ((field === 'until' || field === 'review') && /^\d{8}$/.test(String(v))) return dayText(Number(v));
  if (typeof v === 'boolean') return t(v ? 'cases:yes' : 'cases:no');
  const id = Number(v);
  if (field === 'lead' || field === 'assists' || field === 'proposed' || field === 'against') {
    return (
      c.units?.find((u) => u.org.id === id)?.org.name ??
      (c.lead?.id === id ? c.lead.name : Number.isNaN(id) ? String(v) : '')
    );
  }
  if (field === 'category')
    return c.category?.id === id ? c.category.name : Number.isNaN(id) ? String(v) : '';
  return String(v);
}

/** What was done, as the second half of a sentence that begins with who did it. */
export function sentence(
  e: TimelineEntry,
  c: Pick<CaseBody, 'units' | 'lead' | 'category'>,
  t: Translate,
): string {
  const fields = e.fields ?? {};
  const words = Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, valueWords(k, v, c, t)]));
  const needed = sentences[e.action];
  if (needed?.every((f) => words[f])) {
    const main = t(`cases:did.${e.action}`, words);
    return e.action === 'dispatch' && words.assists
      ? main + t('cases:did.with', { assists: words.assists })
      : main;
  }
  return e.action_name || e.action;
}

export function useSentence() {
  const { t } = useTranslation();
  return useCallback(
    (e: TimelineEntry, c: Pick<CaseBody, 'units' | 'lead' | 'category'>) => sentence(e, c, t),
    [t],
  );
}
