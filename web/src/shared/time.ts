/** What times say in the city's own zone, whatever zone the browser is in. */
export interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  weekday: number;
}

export type Translate = (key: string, options?: Record<string, unknown>) => string;

const stamp = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(Z|([+-])(\d\d):(\d\d))$/;

/** Minutes east of Greenwich that the instant was written with; Beijing time if none. */
export function offsetOf(iso: string): number {
  const m = stamp.exec(iso);
  if (!m) return 480;
  if (m[6] === 'Z') return 0;
  return (m[7] === '-' ? -1 : 1) * (Number(m[8]) * 60 + Number(m[9]));
}

export function partsAt(ms: number, offset: number): Parts {
  const d = new Date(ms + offset * 60_000);
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth() + 1,
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    weekday: d.getUTCDay(),
  };
}

export const partsOf = (iso: string): Parts => partsAt(Date.parse(iso), offsetOf(iso));

const two = (n: number) => String(n).padStart(2, '0');
export const hhmm = (p: Parts) => `${two(p.hour)}:${two(p.minute)}`;

/** "2026-11-23 17:10", for tooltips and tables. */
export function exact(iso: string): string {
  const p = partsOf(iso);
  return `${p.year}-${two(p.month)}-${two(p.day)} ${hhmm(p)}`;
}

const dayNumber = (p: Parts) => Math.floor(Date.UTC(p.year, p.month - 1, p.day) / 86_400_000);

/** The day as people say it: 今天, 昨天, 11月23日, 2025年3月1日. */
export function sayDay(iso: string, now: number, t: Translate): string {
  const p = partsOf(iso);
  const n = partsAt(now, offsetOf(iso));
  const diff = dayNumber(p) - dayNumber(n);
  if (diff === 0) return t('common:day.today');
  if (diff === -1) return t('common:day.yesterday');
  if (diff === 1) return t('common:day.tomorrow');
  const words = { year: p.year, month: t(`common:month.${p.month}`), day: p.day };
  return p.year === n.year ? t('common:day.same_year', words) : t('common:day.other_year', words);
}

/** 今天 17:10, 11月23日 17:10; without the hour for other years. */
export function sayTime(iso: string, now: number, t: Translate): string {
  const p = partsOf(iso);
  const n = partsAt(now, offsetOf(iso));
  const day = sayDay(iso, now, t);
  return p.year === n.year ? `${day} ${hhmm(p)}` : day;
}

/** yyyymmdd ⇄ "2026-11-23". */
export const dayText = (day: number): string => {
  const s = String(day);
  return `${s.slice(0, 4)}-${s.slice(4, 6)}-${s.slice(6, 8)}`;
};
export function dayOf(text: string): number | undefined {
  const m = /^(\d{4})-?(\d\d)-?(\d\d)$/.exec(text.trim());
  return m ? Number(`${m[1]}${m[2]}${m[3]}`) : undefined;
}
/** Today in the city (Beijing time unless said otherwise) as yyyymmdd. */
export function today(now: number = Date.now(), offset = 480): number {
  const p = partsAt(now, offset);
  return p.year * 10_000 + p.month * 100 + p.day;
}
export function addDays(day: number, n: number): number {
  const d = new Date(Date.UTC(Math.floor(day / 10_000), (Math.floor(day / 100) % 100) - 1, (day % 100) + n));
  return d.getUTCFullYear() * 10_000 + (d.getUTCMonth() + 1) * 100 + d.getUTCDate();
}
