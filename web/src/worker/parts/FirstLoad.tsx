import { sayBytes } from '../say.ts';
import { useSync } from '../store/hooks.ts';
import { useWords } from '../words.ts';
import { Retry } from './Connection.tsx';

/** No rows on this phone yet (or no longer): how far they have come, by the server's own count. */
export function FirstLoad() {
  const { t } = useWords();
  const { load, state } = useSync();
  const share = load?.total ? Math.min(100, Math.round((load.done / load.total) * 100)) : 0;
  const going = state === 'working' || state === 'quiet';
  return (
    <div className="empty">
      <p>{going ? t('worker:load.title') : t('worker:load.waits')}</p>
      {load ? (
        <>
          <progress max={100} value={share} aria-label={t('worker:load.title')} />
          <p className="quiet num">
            {t('worker:load.bytes', { done: sayBytes(load.done), total: sayBytes(load.total), share })}
          </p>
        </>
      ) : null}
      <p className="quiet">{t('worker:load.text')}</p>
      {going ? null : <Retry />}
    </div>
  );
}
