import { useMemo, useState } from 'react';
import { scaleBar, sheetOf } from '../grid.ts';
import { buildingName } from '../say.ts';
import type { Today } from '../store/contract.ts';
import { useBook } from '../store/hooks.ts';
import { useWords } from '../words.ts';
import { BuildingPart } from './Today.tsx';

const zooms = [1, 1.6, 2.5, 4];

/** The grid's buildings with one pin where something is due; works without a network. */
export default function GridMap({ today }: { today: Today }) {
  const { t } = useWords();
  const book = useBook();
  const [zoom, setZoom] = useState(0);
  const [chosen, choose] = useState<number | null>(null);
  const sheet = useMemo(
    () => sheetOf(book.buildings.values(), today.buildings),
    [book.buildings, today.buildings],
  );
  if (!sheet)
    return (
      <div className="empty">
        <p>{t('worker:map.none')}</p>
        <p className="quiet">{t('worker:map.none_text')}</p>
      </div>
    );
  const k = zooms[zoom] as number;
  const bar = scaleBar(sheet.width);
  const place = new Map(sheet.spots.map((s) => [s.building.id, s]));
  const tour = today.buildings
    .filter((b) => b.tasks > 0)
    .flatMap((b) => (b.building && place.get(b.building.id)) || []);
  const stop = today.buildings.find((b) => b.building?.id === chosen);
  return (
    <>
      <div className="map">
        <section className="map-scroll" aria-label={t('worker:map.label')}>
          <div
            className="map-sheet"
            style={{ width: `${k * 100}%`, paddingBottom: `${k * sheet.ratio * 100}%` }}
          >
            <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
              <polyline points={tour.map((s) => `${s.x},${s.y}`).join(' ')} />
            </svg>
            {sheet.spots
              .filter((s) => !s.stop)
              .map((s) => (
                <span key={s.building.id} className="spot" style={{ left: `${s.x}%`, top: `${s.y}%` }}>
                  {k > 2 ? <small>{s.building.name}</small> : null}
                </span>
              ))}
            {sheet.spots
              .filter((s) => s.stop)
              .map((s) => {
                const left = s.stop?.tasks ?? 0;
                const tone = s.stop?.overdue ? 'overdue' : left ? '' : 'done';
                return (
                  <button
                    key={s.building.id}
                    type="button"
                    className={`pin ${tone}`}
                    style={{ left: `${s.x}%`, top: `${s.y}%` }}
                    aria-pressed={chosen === s.building.id}
                    onClick={() => choose(s.building.id)}
                  >
                    <b>{left || '✓'}</b>
                    <small>{s.building.name}</small>
                    <span className="sr-only">
                      {left ? t('worker:today.items', { count: left }) : t('worker:today.all_done')}
                      {s.stop?.overdue ? ` ${t('worker:line.overdue', { n: s.stop.overdue })}` : ''}
                    </span>
                  </button>
                );
              })}
          </div>
        </section>
        <div className="map-zoom">
          <button
            type="button"
            className="round"
            aria-label={t('worker:map.in')}
            disabled={zoom === zooms.length - 1}
            onClick={() => setZoom(zoom + 1)}
          >
            +
          </button>
          <button
            type="button"
            className="round"
            aria-label={t('worker:map.out')}
            disabled={zoom === 0}
            onClick={() => setZoom(zoom - 1)}
          >
            −
          </button>
        </div>
        <div className="map-bar quiet">
          <span style={{ width: `${Math.min(80, bar.share * k * 100)}%` }} />
          {t('worker:map.metres', { count: bar.metres })} · {t('worker:map.north')}
        </div>
      </div>
      <p className="quiet pad">{t('worker:map.legend')}</p>
      {stop ? (
        <BuildingPart stop={stop} day={today.day} />
      ) : (
        <p className="quiet pad">{chosen === null ? t('worker:map.choose') : ''}</p>
      )}
      {stop?.building ? (
        <span className="sr-only" role="status">
          {buildingName(stop.building, t)}
        </span>
      ) : null}
    </>
  );
}
