/** What an order can say, in the order in which people look for it. */
export const fields = [
  'outside_number',
  'kind',
  'title',
  'text',
  'note',
  'their_category',
  'category',
  'grade',
  'due_at',
  'reply_format',
  'reported_at',
  'district',
  'street',
  'community',
  'grid',
  'address',
  'lon',
  'lat',
  'crs',
  'reporter_name',
  'reporter_phone',
  'their_status',
  'result',
  'closed_at',
] as const;
export type FieldName = (typeof fields)[number];

export interface Rule {
  column?: string;
  const?: string;
  prefix?: string;
  map?: Record<string, string>;
}
export type Mapping = Partial<Record<FieldName, string | Rule>>;

export interface Row {
  field: FieldName;
  column: string;
  constant: string;
  values: string;
  prefix?: string;
}

/** "催单=urge；派单=new" */
export const sayValues = (map: Record<string, string> | undefined): string =>
  Object.entries(map ?? {})
    .map(([from, to]) => `${from}=${to}`)
    .join('；');

export function readValues(text: string): Record<string, string> | undefined {
  const pairs = text
    .split(/[；;\n]/)
    .map((p) => p.split('='))
    .filter((p) => p.length === 2 && p[0]?.trim() && p[1]?.trim())
    .map(([from, to]) => [String(from).trim(), String(to).trim()] as const);
  return pairs.length ? Object.fromEntries(pairs) : undefined;
}

export function toRows(m: Mapping): Row[] {
  return fields.map((field) => {
    const r = m[field];
    const rule: Rule = typeof r === 'string' ? { column: r } : (r ?? {});
    return {
      field,
      column: rule.column ?? '',
      constant: rule.const ?? '',
      values: sayValues(rule.map),
      ...(rule.prefix ? { prefix: rule.prefix } : {}),
    };
  });
}

export function fromRows(rows: Row[]): Mapping {
  const out: Mapping = {};
  for (const r of rows) {
    const column = r.column.trim();
    const constant = r.constant.trim();
    if (!column && !constant) continue;
    const map = readValues(r.values);
    out[r.field] =
      column && !map && !r.prefix
        ? column
        : {
            ...(column ? { column } : { const: constant }),
            ...(r.prefix ? { prefix: r.prefix } : {}),
            ...(map ? { map } : {}),
          };
  }
  return out;
}
