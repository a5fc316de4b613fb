import { useState } from 'react';
import { Link } from 'react-router';
import { sayTime } from '@/shared/time.ts';
import { useAsOf } from '../parts/Connection.tsx';
import { useDid } from '../parts/did.tsx';
import { Export } from '../parts/Export.tsx';
import { Mark } from '../parts/Mark.tsx';
import { Page } from '../parts/Page.tsx';
import { editPath } from '../parts/Records.tsx';
import { Sheet } from '../parts/Sheet.tsx';
import { inCityTime, placeName, sayBytes, sayItem } from '../say.ts';
import type { Item } from '../store/contract.ts';
import { useBook, useOutbox, usePhone, useSync } from '../store/hooks.ts';
import { useWords } from '../words.ts';

/** Where a record was made, from what this phone holds. */
function useWhere(item: Item): string {
  const { t } = useWords();
  const book = useBook();
  const b = item.body;
  const home = book.homes.get(Number(b.home ?? 0)) ?? null;
  const building = book.buildings.get(home?.building ?? Number(b.building ?? 0)) ?? null;
  if (home || building) return placeName(building, home, t);
  const place = b.place as { address?: string } | undefined;
  return place?.address ?? book.cases.get(Number(b.case ?? 0))?.number ?? '';
}

/** Why it is still here, in words. */
function useWhy(item: Item): string {
  const { t } = useWords();
  const { state, next } = useSync();
  if (item.reason) return [item.reason.title, item.reason.detail].filter(Boolean).join(' ');
  if (item.verdict === 'held') return t('worker:why.held');
  if (item.verdict === 'conflict') return t('worker:why.conflict');
  if (item.state === 'sent') {
    const left = item.photos.filter((p) => !p.done);
    return t('worker:why.photos', {
      count: left.length,
      size: sayBytes(left.reduce((n, p) => n + p.size - p.sent, 0)),
    });
  }
  if (item.undo_until > Date.now()) return t('worker:why.undo');
  if (state === 'quiet' || state === 'working') return t('worker:why.turn');
  const wait = Math.max(0, Math.round((next - Date.now()) / 1000));
  return wait && state !== 'offline'
    ? `${t(`worker:connection.${state}`)} ${t('worker:why.again', { count: wait })}`
    : t(`worker:connection.${state}`);
}

function Waiting({ item }: { item: Item }) {
  const { t } = useWords();
  const phone = usePhone();
  const did = useDid();
  const where = useWhere(item);
  const why = useWhy(item);
  const edit = editPath(item);
  const [sure, setSure] = useState(false);
  const refused = item.state === 'needs_you' && item.verdict === 'rejected';
  return (
    <li className="panel">
      <div className="row plain">
        <span className="grow">
          <b>{sayItem(item, t)}</b>
          <small className="quiet">
            {[where, sayTime(inCityTime(item.at), Date.now(), t), item.number].filter(Boolean).join(' · ')}
          </small>
        </span>
        <Mark state={item.state} />
      </div>
      <p className={item.state === 'needs_you' ? 'note overdue' : 'quiet'}>{why}</p>
      {item.photos.map((p) =>
        p.done ? null : (
          <progress
            key={p.id}
            max={p.size}
            value={p.sent}
            aria-label={t('worker:outbox.photo', { done: sayBytes(p.sent), total: sayBytes(p.size) })}
          />
        ),
      )}
      {edit || refused ? (
        <div className="pair">
          {edit ? (
            <Link className="tool" to={edit}>
              {t(refused ? 'worker:outbox.mend' : 'worker:item.change')}
            </Link>
          ) : null}
          {refused ? (
            <button type="button" className="tool" onClick={() => setSure(true)}>
              {t('worker:outbox.discard')}
            </button>
          ) : null}
        </div>
      ) : null}
      {sure ? (
        <Sheet
          title={t('worker:outbox.discard')}
          onClose={() => setSure(false)}
          actions={
            <button
              type="button"
              className="primary"
              onClick={() => {
                setSure(false);
                void phone.discard(item.id);
                did(t('worker:did.discarded'));
              }}
            >
              {t('worker:outbox.discard_sure')}
            </button>
          }
        >
          <p>{t('worker:outbox.discard_text')}</p>
        </Sheet>
      ) : null}
    </li>
  );
}

export function OutboxPage() {
  const { t } = useWords();
  const phone = usePhone();
  const { waiting, accepted, bytes } = useOutbox();
  const { state } = useSync();
  const time = useAsOf();
  const needs = waiting.filter((i) => i.state === 'needs_you');
  const rest = waiting.filter((i) => i.state !== 'needs_you');
  return (
    <Page
      title={t('worker:tab.outbox')}
      sub={
        <p className="line">
          {waiting.length
            ? t('worker:outbox.sum', { count: waiting.length, size: sayBytes(bytes) })
            : t('worker:outbox.none')}
        </p>
      }
      actions={
        waiting.length ? (
          <button
            type="button"
            className="primary"
            disabled={state === 'working'}
            onClick={() => phone.resend()}
          >
            {t(state === 'working' ? 'worker:outbox.sending' : 'worker:outbox.resend')}
          </button>
        ) : null
      }
    >
      {waiting.length ? null : (
        <div className="empty">
          <p>{t('worker:outbox.none_title')}</p>
          <p className="quiet">
            {time ? t('worker:connection.contact', { time }) : t('worker:connection.never')}
          </p>
        </div>
      )}
      <ul className="cards">
        {[...needs, ...rest].map((i) => (
          <Waiting key={i.id} item={i} />
        ))}
      </ul>
      {accepted.length ? (
        <details>
          <summary>{t('worker:outbox.accepted', { count: accepted.length })}</summary>
          <ul className="records">
            {accepted.map((i) => (
              <Accepted key={i.id} item={i} />
            ))}
          </ul>
        </details>
      ) : null}
      {waiting.length ? <Export /> : null}
    </Page>
  );
}

function Accepted({ item }: { item: Item }) {
  const { t } = useWords();
  const where = useWhere(item);
  return (
    <li className="row plain">
      <span className="grow">
        {sayItem(item, t)}
        <small className="quiet">
          {[where, sayTime(inCityTime(item.at), Date.now(), t), item.number].filter(Boolean).join(' · ')}
        </small>
      </span>
      <Mark state={item.state} />
    </li>
  );
}
