import { useTranslation } from 'react-i18next';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { useHistory } from './data.ts';
import { type Change, type Entry, empty, fieldOf, type Register } from './model.ts';
import { ValueText } from './ValueText.tsx';

function Line({ r, c, first }: { r: Register; c: Change; first: boolean }) {
  const { t } = useTranslation();
  const f = fieldOf(r, c.field) ?? { name: c.field, kind: 'text' as const, label: c.label };
  return (
    <div>
      <dt>{c.label}</dt>
      <dd>
        {first && empty(c.before) ? null : (
          <>
            <del>
              <ValueText f={f} v={c.before} />
            </del>
            <span aria-hidden> → </span>
            <span className="sr-only">{t('ledger:history.became')}</span>
          </>
        )}
        <ins>
          <ValueText f={f} v={c.after} />
        </ins>
      </dd>
    </div>
  );
}

/** Changes of one version: who, when, why, and each field before and after. */
export function EntryItem({ r, e }: { r: Register; e: Entry }) {
  const { t } = useTranslation();
  const changes = e.action === 'create' ? e.changes.filter((c) => !empty(c.after)) : e.changes;
  const list = (
    <dl className="facts changes">
      {changes.map((c) => (
        <Line key={c.field} r={r} c={c} first={e.action === 'create'} />
      ))}
    </dl>
  );
  return (
    <li>
      <span className="timeline-at quiet">
        <Time at={e.at} />
      </span>
      <span className="timeline-who">{e.actor?.name ?? t('cases:system')}</span>{' '}
      {t(`ledger:did.${e.action}`, { defaultValue: e.action })}
      {e.import ? <span className="tag"> {t('ledger:history.import')}</span> : null}
      {e.reason ? <blockquote>{e.reason}</blockquote> : null}
      {e.action === 'create' && changes.length ? (
        <details>
          <summary>{t('ledger:history.first', { count: changes.length })}</summary>
          {list}
        </details>
      ) : changes.length ? (
        list
      ) : null}
    </li>
  );
}

export default function History({ r, id, version }: { r: Register; id: number; version: number }) {
  const h = useHistory(r.code, id, version);
  if (h.error) return <ErrorNote error={h.error} retry={() => void h.refetch()} />;
  if (!h.data) return <Loading rows={3} />;
  return (
    <ol className="timeline">
      {h.data.map((e) => (
        <EntryItem key={e.version} r={r} e={e} />
      ))}
    </ol>
  );
}
