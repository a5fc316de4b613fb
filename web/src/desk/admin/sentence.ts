/** A routing rule as a sentence that can be read aloud. Pure. */
import type { Translate } from '@/shared/time.ts';
import type { Duty, Rule, UnitOf, When } from './data.ts';

export interface Names {
  category: (id: number) => string;
  area: (code: number) => string;
  org: (id: number) => string;
  kind: (code: string) => string;
  source: (id: number) => string;
}

/** At most `most` of the words, then "等 12 项". */
export function some(words: readonly string[], t: Translate, most = 4): string {
  const or = t('admin:rule.or');
  if (words.length <= most) return words.join(or);
  return t('admin:rule.and_others', { words: words.slice(0, most).join(or), count: words.length });
}

/** Days of the week as people say them: 周一至周五, 周六或周日. */
export function sayWeekdays(days: readonly number[], t: Translate): string {
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  const first = sorted[0];
  const last = sorted[sorted.length - 1];
  if (first === undefined || last === undefined) return '';
  if (sorted.length > 2 && last - first === sorted.length - 1) {
    return t('admin:rule.days', { first: t(`admin:weekday.${first}`), last: t(`admin:weekday.${last}`) });
  }
  return sorted.map((d) => t(`admin:weekday.${d}`)).join(t('admin:rule.or'));
}

/** The conditions, each on its own; empty for a rule that takes everything. */
export function conditions(w: When, t: Translate, names: Names): string[] {
  const out: string[] = [];
  const add = (key: string, words: readonly string[]) => {
    if (words.length) out.push(t(`admin:rule.if.${key}`, { words: some(words, t) }));
  };
  add('categories', (w.categories ?? []).map(names.category));
  add(
    'kinds',
    (w.kinds ?? []).map((k) => t(`admin:category.kinds.${k}`)),
  );
  add('unit_kinds', (w.unit_kinds ?? []).map(names.kind));
  add(
    'grades',
    (w.grades ?? []).map((g) => t(`common:grade.${g}`)),
  );
  add(
    'channels',
    (w.channels ?? []).map((c) => t(`common:channel.${c}`)),
  );
  add('sources', (w.sources ?? []).map(names.source));
  add('areas', (w.areas ?? []).map(names.area));
  if (w.grids?.length) out.push(t('admin:rule.if.grids', { count: w.grids.length }));
  if (w.weekdays?.length) out.push(t('admin:rule.if.weekdays', { words: sayWeekdays(w.weekdays, t) }));
  if (w.from && w.to) out.push(t('admin:rule.if.hours', { from: w.from, to: w.to }));
  return out;
}

export function sayUnit(u: UnitOf, t: Translate, names: Names): string {
  if (u.org) return names.org(u.org);
  if (u.kind?.startsWith('@')) return t(`admin:rule.unit.${u.kind.slice(1)}`);
  return t('admin:rule.unit.kind', { kind: names.kind(u.kind ?? '') });
}

export interface Sentence {
  when: string;
  does: string;
}

export function sentence(r: Rule, t: Translate, names: Names): Sentence {
  const when = conditions(r.when, t, names);
  const then = [t('admin:rule.lead', { unit: sayUnit(r.then.lead, t, names) })];
  const or = r.then.or ?? [];
  if (or.length)
    then.push(t('admin:rule.else', { unit: or.map((u) => sayUnit(u, t, names)).join(t('admin:rule.then')) }));
  const assists = r.then.assists ?? [];
  if (assists.length)
    then.push(
      t('admin:rule.assist', { unit: assists.map((u) => sayUnit(u, t, names)).join(t('admin:comma')) }),
    );
  if (r.then.limit)
    then.push(
      t('admin:rule.limit', {
        limit: t(`common:clock.unit.${r.then.limit.unit}`, { count: r.then.limit.n }),
      }),
    );
  if (r.then.needs_approval) then.push(t('admin:rule.approval'));
  return {
    when: when.length
      ? t('admin:rule.when', { words: when.join(t('admin:rule.and')) })
      : t('admin:rule.always'),
    does: then.join(t('admin:semicolon')),
  };
}

/** A unit's hours of duty and who stands in: 周一至周五 08:30 至 17:30；其余时间由指挥中心代班. */
export function sayDuty(d: Duty, t: Translate, names: Names): string {
  const says = d.windows.map((w) =>
    t('admin:duty.window', {
      days: w.weekdays?.length ? sayWeekdays(w.weekdays, t) : t('admin:duty.daily'),
      from: w.from,
      to: w.to,
    }),
  );
  if (d.holidays) says.push(t('admin:duty.holidays'));
  if (d.deputy) says.push(t('admin:duty.off', { unit: names.org(d.deputy) }));
  return says.join(t('admin:semicolon'));
}
