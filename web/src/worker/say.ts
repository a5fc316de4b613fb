/** How rows and records are said. Pure. */
import { dayText, type Translate } from '@/shared/time.ts';
import type { Building, Home, Item, Task, Today } from './store/contract.ts';

/** A time with the city's own offset, whatever offset it came with. */
export function inCityTime(iso: string): string {
  const ms = Date.parse(iso) + 8 * 3600_000;
  return `${new Date(ms).toISOString().slice(0, 19)}+08:00`;
}

/** The same of microseconds. */
export const cityTime = (us: number): string => inCityTime(new Date(us / 1000).toISOString());

/** The time of day of an instant in the city: 14:05. */
export const clockOf = (iso: string): string => inCityTime(iso).slice(11, 16);

/** 走访 6/12 · 待办 3 · 超期 1 · 待上传 2 */
export function sayLine(line: Today['line'], t: Translate): string {
  return [
    t('worker:line.visits', { n: line.visited, of: line.visits }),
    t('worker:line.todo', { n: line.todo }),
    t('worker:line.overdue', { n: line.overdue }),
    t('worker:line.waiting', { n: line.waiting }),
  ].join(' · ');
}

/** 翠湖花园 3号楼; the compound is left out where the name already says it. */
export function buildingName(b: Building | null | undefined, t: Translate): string {
  if (!b) return t('worker:place.elsewhere');
  return b.compound && !b.name.startsWith(b.compound) ? `${b.compound} ${b.name}` : b.name;
}

/** 1单元 301; without the unit where there is only one. */
export function doorName(h: Pick<Home, 'unit' | 'room'>): string {
  return h.unit ? `${h.unit} ${h.room}` : h.room;
}

export function placeName(b: Building | null | undefined, h: Home | null | undefined, t: Translate): string {
  return h ? `${buildingName(b, t)} ${doorName(h)}` : buildingName(b, t);
}

const dayMs = (day: number) => Date.parse(`${dayText(day)}T00:00:00Z`);
/** Days from a to b, both yyyymmdd. */
export const daysBetween = (a: number, b: number): number => Math.round((dayMs(b) - dayMs(a)) / 86_400_000);

/** 超期 8 天, 今天到期, 还剩 3 天; "" without a last day. */
export function sayDue(task: Pick<Task, 'due'>, day: number, t: Translate): string {
  if (!task.due) return '';
  const left = daysBetween(day, task.due);
  if (left < 0) return t('worker:due.over', { count: -left });
  return left === 0 ? t('worker:due.today') : t('worker:due.left', { count: left });
}
export const isLate = (task: Pick<Task, 'due' | 'state'>, day: number): boolean =>
  task.state === 'open' && task.due > 0 && task.due < day;

/** yyyymmdd as people say it: 2027年6月30日. */
export function sayDate(day: number, t: Translate): string {
  return t('common:day.other_year', {
    year: Math.floor(day / 10_000),
    month: t(`common:month.${Math.floor(day / 100) % 100}`),
    day: day % 100,
  });
}

const kinds = ['visit.record', 'case.report', 'case.act', 'home.edit', 'need.add', 'need.end'];
const outcomes = ['fine', 'absent', 'found'];

/** What a record was: 走访：正常, 上报事件, 核查通过 … */
export function sayItem(item: Item, t: Translate): string {
  if (item.kind === 'visit.record' && outcomes.includes(String(item.body.outcome)))
    return t('worker:item.visit', { outcome: t(`worker:outcome.${item.body.outcome}`) });
  if (item.kind === 'case.act' && caseActs.includes(String(item.body.action)))
    return t(`worker:act.${item.body.action}.name`);
  return kinds.includes(item.kind)
    ? t(`worker:item.${item.kind.replace('.', '_')}`)
    : t('worker:item.other', { kind: item.kind });
}

/** The acts on a case that the phone has a form for. */
const caseActs = ['site_checked', 'verify_pass', 'verify_fail', 'settle', 'note', 'withdraw'];

/** Bytes as people read them on a phone: 340 KB, 2.1 MB. */
export function sayBytes(n: number): string {
  if (n < 1_000_000) return `${Math.ceil(n / 1000)} KB`;
  return `${(n / 1_000_000).toFixed(1)} MB`;
}

const numbered = (v: unknown): number => (typeof v === 'number' ? v : 0);
/** Whether a record is about a home, a building or a case. */
export function about(item: Item, what: 'home' | 'building' | 'case', id: number): boolean {
  return id > 0 && (numbered(item.body[what]) === id || (item.about?.type === what && item.about.id === id));
}
