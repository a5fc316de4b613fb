/**
 * The kinds of unit by which rules and categories name a responsible unit. The
 * rulebook takes the head of an organisation's code ("sanitation-990101"), or
 * its kind where the code has no such head. Pure.
 */
interface OrgLike {
  code: string;
  name: string;
  kind: string;
  kind_name: string;
  region_name: string;
}

export function dutyOf(o: Pick<OrgLike, 'code' | 'kind'>): string {
  const i = o.code.indexOf('-');
  return i > 0 ? o.code.slice(0, i) : o.kind;
}

function commonEnd(a: string, b: string): string {
  let n = 0;
  while (n < a.length && n < b.length && a[a.length - 1 - n] === b[b.length - 1 - n]) n++;
  return a.slice(a.length - n);
}

/**
 * What a kind of unit is called: what the names of its units have in common at
 * their end (湖东区环境卫生管理所, 湖西区环境卫生管理所 → 环境卫生管理所), or a
 * unit's name without its area if there is one only.
 */
export function nameOfDuty(units: readonly OrgLike[]): string {
  const first = units[0];
  if (!first) return '';
  const bare = (o: OrgLike) =>
    o.region_name && o.name.startsWith(o.region_name) && o.name.length > o.region_name.length
      ? o.name.slice(o.region_name.length)
      : o.name;
  let end = bare(first);
  for (const o of units.slice(1)) end = commonEnd(end, bare(o));
  if (end.length >= 2) return end;
  return first.kind_name || bare(first);
}

export function duties(orgs: readonly OrgLike[]): { value: string; label: string }[] {
  const by = new Map<string, OrgLike[]>();
  for (const o of orgs) {
    const k = dutyOf(o);
    by.set(k, [...(by.get(k) ?? []), o]);
  }
  return [...by]
    .map(([value, units]) => ({ value, label: nameOfDuty(units) || value }))
    .sort((a, b) => a.label.localeCompare(b.label, 'zh-CN'));
}
