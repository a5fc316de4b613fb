import type { Channel, Grade, NewCase, Question } from '@/shared/schema.ts';
import type { PlaceValue } from '@/shared/ui/PlaceBox.tsx';

/** The form as it stands. */
export interface Draft {
  text?: string;
  place?: PlaceValue | null;
  category_id?: number;
  channel: Channel;
  grade: Grade;
  reporter?: { name?: string; phone?: string; anonymous?: boolean; sealed?: boolean };
  onsite?: boolean;
  onsite_result?: string;
  files?: number[];
  occurred?: string;
  outside_number?: string;
  against?: number;
  title?: string;
  answers?: Record<string, string | string[] | undefined>;
}

/** The channel that a role's reports come through. */
export function firstChannel(role: string | undefined): Channel {
  if (role === 'grid_worker') return 'grid_worker';
  if (role === 'community') return 'resident';
  return 'hotline';
}

const trimmed = (s: string | undefined) => s?.trim() || undefined;

/** The answers as they are sent: texts, times with the city's offset, keys of lists. */
function toAnswers(d: Draft, questions: readonly Question[], offset: string): NewCase['answers'] {
  if (!questions.length) return undefined;
  const out: Record<string, string[]> = {};
  for (const q of questions) {
    const given = [d.answers?.[q.code] ?? []].flat().map((v) => v.trim());
    const all = given
      .filter(Boolean)
      .map((v) => (q.datatype === 'datetime' ? `${v.slice(0, 16)}:00${offset}` : v));
    if (all.length) out[q.code] = all;
  }
  return out;
}

/** The request body: nothing empty, the time in the city's zone. */
export function toNewCase(
  d: Draft,
  confirm: string[],
  offset = '+08:00',
  questions: readonly Question[] = [],
): NewCase {
  const p = d.place;
  const name = trimmed(d.reporter?.name);
  const phone = trimmed(d.reporter?.phone)?.replace(/[\s-]/g, '');
  const { anonymous, sealed } = d.reporter ?? {};
  return {
    text: (d.text ?? '').trim(),
    title: trimmed(d.title),
    channel: d.channel,
    category_id: d.category_id,
    grade: d.grade,
    place: p
      ? {
          lon: p.lon as number,
          lat: p.lat as number,
          crs: p.crs,
          address: trimmed(p.address),
          community: p.community,
          grid_id: p.grid_id,
        }
      : undefined,
    reporter:
      name || phone || anonymous || sealed
        ? { name, phone, anonymous: anonymous || undefined, sealed: sealed || undefined }
        : undefined,
    occurred_at: d.occurred ? `${d.occurred.slice(0, 16)}:00${offset}` : undefined,
    files: d.files?.length ? d.files : undefined,
    outside_number: trimmed(d.outside_number),
    answers: toAnswers(d, questions, offset),
    against: d.against,
    onsite: d.onsite ? { result: (d.onsite_result ?? '').trim() } : undefined,
    confirm: confirm.length ? confirm : undefined,
  };
}

const slot = 'linli.intake';
/** Keeps the words and the place over a reload; who reported is never stored in the browser. */
export function keepDraft(d: Draft | null): void {
  if (!d) sessionStorage.removeItem(slot);
  else
    sessionStorage.setItem(
      slot,
      JSON.stringify({ text: d.text, place: d.place, category_id: d.category_id, grade: d.grade }),
    );
}
export function readDraft(): Partial<Draft> {
  try {
    const d = JSON.parse(sessionStorage.getItem(slot) ?? '{}') as Partial<Draft>;
    return Object.fromEntries(Object.entries(d).filter(([, v]) => v !== undefined && v !== null));
  } catch {
    return {};
  }
}
