import type { ActionNeed, CaseBody, Ref } from '@/shared/api.ts';
import type { PlaceValue } from '@/shared/ui/PlaceBox.tsx';

/** Makes of the form's values what POST …/actions takes; empty optional fields are left out. */
export function toFields(needs: ActionNeed[], values: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const n of needs) {
    let v = values[n.field];
    if (typeof v === 'string') v = v.trim();
    if (n.type === 'place') {
      const p = v as PlaceValue | null | undefined;
      if (!p || p.lon === undefined || p.lat === undefined) continue;
      v = {
        lon: p.lon,
        lat: p.lat,
        crs: p.crs,
        address: p.address || undefined,
        community: p.community,
        grid_id: p.grid_id,
      };
    }
    if (n.type === 'parts')
      v = (v as { title: string; text: string }[] | undefined)?.filter(
        (p) => p.text.trim() || p.title.trim(),
      );
    if (v === undefined || v === null || v === '' || (Array.isArray(v) && v.length === 0)) continue;
    out[n.field] = v;
  }
  return out;
}

/** Whether a required field has been given. */
export function given(need: ActionNeed, v: unknown): boolean {
  if (v === undefined || v === null || v === '') return false;
  if (typeof v === 'string') return v.trim() !== '';
  if (need.type === 'parts') return (v as { text: string }[]).some((p) => p.text?.trim());
  if (Array.isArray(v)) return v.length > 0;
  if (need.type === 'place') return (v as PlaceValue).lon !== undefined;
  return true;
}

/** What a form begins with: the unit that the rules propose, the category and grade the case has. */
export function defaultsFor(action: string, c: CaseBody): Record<string, unknown> {
  if (action === 'dispatch' && c.suggested) {
    return { lead: c.suggested.lead.id, assists: c.suggested.assists.map((a) => a.id) };
  }
  if (action === 'file' || action === 'correct' || action === 'direct') {
    return { category_id: c.category?.id, grade: c.grade };
  }
  return {};
}

/** The units that a case names, for showing values by name. */
export function knownUnits(c: CaseBody): Ref[] {
  const all = [
    ...(c.suggested ? [c.suggested.lead, ...c.suggested.assists] : []),
    ...(c.units ?? []).map((u) => u.org),
  ];
  if (c.lead) all.push(c.lead);
  return [...new Map(all.map((o) => [o.id, o])).values()];
}
