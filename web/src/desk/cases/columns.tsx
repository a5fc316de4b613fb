import type { ReactNode } from 'react';
import { ClockText, GradeWord, StatusWord, Time } from '@/shared/ui/words.tsx';
import { Flags } from './Flags.tsx';
import type { Row } from './merge.ts';

export const columnKeys = [
  'number',
  'title',
  'status',
  'clock',
  'grade',
  'category',
  'where',
  'lead',
  'channel',
  'reported',
  'stage',
] as const;
export type ColumnKey = (typeof columnKeys)[number];
export const firstColumns: ColumnKey[] = [
  'number',
  'title',
  'status',
  'clock',
  'grade',
  'category',
  'where',
  'lead',
  'reported',
];
/** Widths in pixels, Chinese and English; the title takes what is left. */
const widths: Record<ColumnKey, [number, number]> = {
  number: [146, 146],
  title: [230, 230],
  status: [92, 118],
  clock: [150, 212],
  stage: [150, 212],
  grade: [82, 90],
  category: [124, 150],
  where: [124, 124],
  lead: [168, 168],
  channel: [112, 120],
  reported: [128, 128],
};
export const widthOf = (key: ColumnKey, lang: string): number => widths[key][lang === 'en' ? 1 : 0];

/** Which columns give way first where there is not enough room; the title never does. */
const yielding: ColumnKey[] = [
  'stage',
  'channel',
  'category',
  'reported',
  'lead',
  'where',
  'grade',
  'number',
  'clock',
  'status',
];

/** Those of the chosen columns that fit, in their order. */
export function fitColumns(chosen: ColumnKey[], room: number, lang: string): ColumnKey[] {
  const kept = new Set(chosen);
  const needed = () => 38 + [...kept].reduce((n, k) => n + widthOf(k, lang), 0);
  for (const k of yielding) {
    if (needed() <= room) break;
    kept.delete(k);
  }
  return chosen.filter((k) => kept.has(k));
}

/** The sort that a click on a column's head asks for, and its opposite. */
export const sortOf: Partial<Record<ColumnKey, [string, string]>> = {
  reported: ['-reported', 'reported'],
  clock: ['due', '-due'],
};

export function cell(key: ColumnKey, c: Row, words: (k: string) => string): ReactNode {
  switch (key) {
    case 'number':
      return <span className="num quiet">{c.number}</span>;
    case 'title':
      return (
        <span className="cell-title" title={c.title}>
          <span className="cell-title-text">{c.title}</span>
          <Flags item={c} />
          {c.left ? <span className="tag">{words('cases:left')}</span> : null}
        </span>
      );
    case 'status':
      return <StatusWord status={c.status} />;
    case 'clock':
      return <ClockText clock={c.clock} />;
    case 'stage':
      return <ClockText clock={c.stage} />;
    case 'grade':
      return <GradeWord grade={c.grade} />;
    case 'category':
      return <span title={c.category?.name}>{c.category?.name ?? <span className="quiet">—</span>}</span>;
    case 'where': {
      const place = [c.street?.name, c.community?.name].filter(Boolean).join(' ');
      return <span title={`${place} ${c.address}`}>{c.community?.name ?? c.street?.name ?? c.address}</span>;
    }
    case 'lead':
      return c.lead ? <span title={c.lead.name}>{c.lead.name}</span> : <span className="quiet">—</span>;
    case 'channel':
      return words(`common:channel.${c.channel}`);
    case 'reported':
      return <Time at={c.reported_at} />;
  }
}
