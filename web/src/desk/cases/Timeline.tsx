import { useTranslation } from 'react-i18next';
import type { CaseBody, FileInfo, TimelineEntry } from '@/shared/api.ts';
import { dayText } from '@/shared/time.ts';
import { Gallery } from '@/shared/ui/Lightbox.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { sentences, useSentence, valueWords } from './sentence.ts';

const quiet = new Set([
  'files',
  'request',
  'confirm',
  'lon',
  'lat',
  'crs',
  'parts',
  'text',
  'note',
  'reason',
  'result',
  'version',
]);

/** The whole history, newest first; nothing in it is ever changed. */
export function Timeline({
  entries,
  c,
  files,
}: {
  entries: TimelineEntry[];
  c: CaseBody;
  files: FileInfo[];
}) {
  const { t } = useTranslation();
  const say = useSentence();
  const list = [...entries].sort((a, b) => b.seq - a.seq);
  const details = (e: TimelineEntry) =>
    Object.entries(e.fields ?? {}).flatMap(([k, v]) => {
      if (quiet.has(k) || sentences[e.action]?.includes(k) || (k === 'assists' && e.action === 'dispatch'))
        return [];
      const words = /^\d{8}$/.test(String(v)) ? dayText(Number(v)) : valueWords(k, v, c, t);
      const label = t(`cases:field.${k}`, { defaultValue: '' });
      return words && label ? [{ k, label, words }] : [];
    });
  const text = (e: TimelineEntry) => {
    const f = e.fields ?? {};
    return [e.reason, e.note, f.result, e.action === 'note' ? f.text : undefined].filter(
      (x): x is string => typeof x === 'string' && x !== '',
    );
  };
  return (
    <ol className="timeline">
      {list.map((e) => (
        <li key={e.seq}>
          <div className="timeline-line">
            <span className="timeline-who">{e.actor?.name || t('cases:system')}</span>
            {e.actor?.post ? <span className="quiet"> {e.actor.post}</span> : null} <span>{say(e, c)}</span>
            {e.from && e.to && e.from !== e.to ? (
              <span className="quiet timeline-to">
                {' '}
                → {t(`common:status.${e.to}`, { defaultValue: e.to })}
              </span>
            ) : null}
            <span className="timeline-at quiet">
              <Time at={e.at} />
            </span>
          </div>
          {[...new Set(text(e))].map((x) => (
            <blockquote key={x}>{x}</blockquote>
          ))}
          {details(e).map((d) => (
            <div key={d.k} className="quiet">
              {d.label} <span className="timeline-value">{d.words}</span>
            </div>
          ))}
          {e.files?.length ? <Gallery files={files.filter((f) => e.files?.includes(f.id))} /> : null}
        </li>
      ))}
    </ol>
  );
}
