/** What an import says of its file, and the matching of its columns. */
import type { Register } from './model.ts';

export interface RowError {
  row: number;
  field?: string;
  column?: string;
  value?: string;
  detail: string;
}
export interface Double {
  row: number;
  field: string;
  label: string;
  /** The row of the register; absent when the file itself has it twice. */
  id?: number;
  /** The earlier row of the file. */
  of?: number;
}
export interface Look {
  id?: number;
  columns: string[];
  /** Column → field; "" leaves the column out. */
  mapping: Record<string, string>;
  /** Required fields that no column gives. */
  missing: string[];
  rows: number;
  good: number;
  added: number;
  errors: RowError[];
  more_errors: number;
  doubles: Double[];
  more_doubles: number;
}
export interface ImportRun {
  id: number;
  file: string;
  by: { name: string };
  at: string;
  added: number;
  state: 'running' | 'done' | 'failed' | 'undoing' | 'undone';
}

export const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** The media type by the file's name; undefined for what cannot come in. */
export function typeOf(name: string): string | undefined {
  if (/\.xlsx$/i.test(name)) return xlsx;
  if (/\.(csv|txt)$/i.test(name)) return 'text/csv';
  return undefined;
}

/** Fields that two columns are matched with: each may come from one column only. */
export function twice(mapping: Record<string, string>): string[] {
  const seen = new Set<string>();
  const out = new Set<string>();
  for (const field of Object.values(mapping)) {
    if (!field) continue;
    if (seen.has(field)) out.add(field);
    seen.add(field);
  }
  return [...out];
}

/** Required fields that no column gives. */
export function missing(r: Register, mapping: Record<string, string>): string[] {
  const given = new Set(Object.values(mapping));
  return r.fields
    .filter((f) => f.required && !f.closed && f.kind !== 'bool' && !given.has(f.name))
    .map((f) => f.name);
}

/** The columns of the file with their fields, and those of the form that none gives. */
export const complete = (look: Look): Record<string, string> =>
  Object.fromEntries(look.columns.map((c) => [c, look.mapping[c] ?? '']));

// A text that a spreadsheet would run as a formula is made a text.
const cell = (v: string | number | undefined) => {
  const text = String(v ?? '');
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** The errors as CSV that Excel opens rightly: a mark of UTF-8, CRLF. */
export function errorsCsv(errors: RowError[], heads: [string, string, string, string]): string {
  const lines = [heads, ...errors.map((e) => [e.row, e.column ?? '', e.value ?? '', e.detail])];
  return `\ufeff${lines.map((l) => l.map(cell).join(',')).join('\r\n')}\r\n`;
}
