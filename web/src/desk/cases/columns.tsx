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
/** What stays when a case is open beside the list. */
export const narrowColumns: ColumnKey[] = ['title', 'status', 'clock'];

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
