/** The city's own fields and registers as data: what GET /forms says, and a draft while it is typed. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import type { components } from '@/shared/openapi.d.ts';
import type { Field, Kind } from './model.ts';

type S = components['schemas'];
export type FormField = S['LedgerFormField'];
export type FormOption = S['LedgerFormOption'];
export type FormProblem = S['LedgerFormProblem'];
export type FormView = S['LedgerFormView'];
export interface Draft {
  register: string;
  zh: string;
  en: string;
  purpose: string;
  legal_basis: string;
  owner?: number;
  expires?: string;
  people?: number;
  per_year?: number;
  fields: FormField[];
}

/** The register that holds the rows of all registers of the city's own. */
export const ownRegister = 'form_row';

export const kinds: Kind[] = ['text', 'long', 'number', 'decimal', 'day', 'bool', 'choice', 'choices', 'ref'];

/** Who may see a field, besides whoever sees the row: permissions by which registers are read. */
export const classes = ['party.members', 'staff.read', 'home.reveal', 'liaison.read', 'partner.read'];

export function useForms() {
  const { i18n } = useTranslation();
  return useQuery({
    queryKey: ['ledger', 'forms', i18n.language],
    queryFn: ({ signal }) => call<{ items: FormView[] }>('GET', '/forms', { signal }),
    select: (d) => d.items,
  });
}

/** What is to be read anew once a form was written: forms, and the registers that they make. */
export function useFormsChanged() {
  const client = useQueryClient();
  return useCallback(() => {
    void client.invalidateQueries({ queryKey: ['ledger', 'forms'] });
    void client.invalidateQueries({ queryKey: ['ledger', 'registers'] });
  }, [client]);
}

/** A name for a new field that no other form has used. */
export const freshName = (): string => `f_${Date.now().toString(36)}`;

export const freshField = (): FormField => ({
  name: freshName(),
  kind: 'text',
  zh: '',
  en: '',
  why_zh: '',
  why_en: '',
});

export const freshDraft = (register: string): Draft => ({
  register,
  zh: '',
  en: '',
  purpose: '',
  legal_basis: '',
  fields: [freshField()],
});

/** A form as a draft; anew: to be asked again as a form of its own. */
export const draftOf = (f: FormView): Draft => ({
  register: f.register,
  zh: f.zh,
  en: f.en ?? '',
  purpose: f.purpose ?? '',
  legal_basis: f.legal_basis ?? '',
  owner: f.owner,
  expires: f.expires,
  people: f.people,
  per_year: f.per_year,
  fields: f.fields ?? [],
});

/** A draft as the API takes it. */
export const wireForm = (d: Draft): Omit<Draft, 'register'> => {
  const { register: _, ...body } = d;
  return {
    ...body,
    fields: d.fields.map((f) => ({
      ...f,
      options: f.kind === 'choice' || f.kind === 'choices' ? (f.options ?? []) : undefined,
      ref: f.kind === 'ref' ? f.ref : undefined,
      max: f.max || undefined,
      class: f.class || undefined,
    })),
  };
};

/** Entries a year: fields × people × times. */
export const burdenOf = (d: Draft): number => d.fields.length * (d.people ?? 0) * (d.per_year ?? 0);

/** Options as lines of text, 名称 or 名称 / English. */
export const optionLines = (list: FormOption[] | null | undefined): string =>
  (list ?? []).map((o) => (o.en ? `${o.zh} / ${o.en}` : o.zh)).join('\n');

/** Lines of text as options; one that keeps its name keeps its code, so that rows keep their answers. */
export function readOptions(text: string, before: FormOption[] | null | undefined): FormOption[] {
  const used = new Set<string>();
  const lines = text
    .split('\n')
    .map((l) => l.trim())
    .filter(Boolean)
    .map((l) => {
      const [zh = '', en = ''] = l.split(/\s*[/／]\s*/);
      const code = before?.find((o) => o.zh === zh && !used.has(o.code))?.code;
      if (code) used.add(code);
      return { zh, en, code };
    });
  let n = 0;
  return lines.map((l) => {
    let code = l.code;
    while (!code) {
      n += 1;
      if (!used.has(`o${n}`) && !before?.some((o) => o.code === `o${n}`)) code = `o${n}`;
    }
    used.add(code);
    return { code, zh: l.zh, en: l.en };
  });
}

/** A field of a form as registers have fields, for the preview. */
export const fieldOfForm = (f: FormField, lang: string): Field => {
  const word = (zh: string, en?: string) => (lang === 'en' && en ? en : zh);
  return {
    name: `x.${f.name}`,
    kind: f.kind,
    label: word(f.zh, f.en),
    why: word(f.why_zh, f.why_en) || undefined,
    required: f.required,
    max: f.max,
    options: f.options?.map((o) => ({ code: o.code, name: word(o.zh, o.en) })),
    ref: f.ref,
    city: true,
  };
};
