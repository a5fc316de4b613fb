import { useTranslation } from 'react-i18next';
import type { CaseItem } from '@/shared/api.ts';

const loud = new Set(['urged', 'supervised', 'lapsed', 'checking', 'to_tell', 'stage_lapsed']);
const shown = [
  'checking',
  'to_tell',
  'waiting',
  'stage_lapsed',
  'urged',
  'supervised',
  'extended',
  'suspended',
  'sealed',
  'anonymous',
  'onsite',
  'split',
  'merged',
  'history',
];

/** Small words behind a title: urged, suspended, returned twice, waiting for approval … */
export function Flags({ item, all }: { item: CaseItem; all?: boolean }) {
  const { t } = useTranslation();
  const words: { key: string; text: string; tone?: string }[] = [];
  for (const f of item.flags ?? [])
    if (shown.includes(f))
      words.push({ key: f, text: t(`cases:flag.${f}`), tone: loud.has(f) ? 'soon' : undefined });
  for (const p of item.pending ?? [])
    words.push({
      key: `p${p}`,
      text: t('cases:flag_pending', { kind: t(`cases:pending.${p}`, { defaultValue: p }) }),
      tone: 'soon',
    });
  if (item.returns) words.push({ key: 'returns', text: t('cases:flag_returns', { count: item.returns }) });
  if (item.redos)
    words.push({ key: 'redos', text: t('cases:flag_redos', { count: item.redos }), tone: 'soon' });
  if (item.supporters > 1)
    words.push({ key: 'supporters', text: t('cases:people', { count: item.supporters }) });
  const list = all ? words : words.slice(0, 3);
  if (!list.length) return null;
  return (
    <span className={all ? 'flags flags-all' : 'flags'}>
      {list.map((w) => (
        <span key={w.key} className={`tag ${w.tone ? `tag-${w.tone}` : ''}`}>
          {w.text}
        </span>
      ))}
    </span>
  );
}
