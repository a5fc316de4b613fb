import { useState } from 'react';
import { sayTime } from '@/shared/time.ts';
import { inCityTime } from '../say.ts';
import type { Notice } from '../store/contract.ts';
import { useGate, useOutbox, usePhone, useSync } from '../store/hooks.ts';
import { UpdateNote } from '../sw/UpdateNote.tsx';
import { useWords } from '../words.ts';
import { Icon } from './Icon.tsx';
import { Sheet } from './Sheet.tsx';
import { SignInForm } from './SignInForm.tsx';

function NoticeNote({ notice }: { notice: Notice }) {
  const { t } = useWords();
  const phone = usePhone();
  const words =
    notice.code === 'evicted'
      ? t('worker:notice.evicted', { count: notice.lost })
      : notice.code === 'restored'
        ? t('worker:notice.restored', { count: notice.again })
        : notice.code === 'clock'
          ? t('worker:notice.clock', { count: Math.round(Math.abs(notice.offset_ms) / 60_000) })
          : t(`worker:notice.${notice.code}`);
  return (
    <div className={notice.code === 'evicted' ? 'note overdue' : 'note soon'} role="alert">
      <Icon name="alert" />
      <p className="grow">{words}</p>
      <button type="button" className="quiet-button" onClick={() => phone.dismiss(notice.code)}>
        {t('worker:notice.read')}
      </button>
    </div>
  );
}

/** When the rows on this phone were last known to be true. */
export function useAsOf(): string {
  const { t } = useWords();
  const { contact } = useSync();
  return contact ? sayTime(inCityTime(contact), Date.now(), t) : '';
}

/** Whether the phone and the server agree, in one line; silent as long as all is well. */
export function Connection() {
  const { t } = useWords();
  const { state, notices } = useSync();
  const { waiting } = useOutbox();
  const gate = useGate();
  const time = useAsOf();
  const [signing, setSigning] = useState(false);
  const grave = state === 'locked_out' || state === 'outdated' || state === 'signed_out';
  return (
    <>
      <div role="status">
        {state === 'quiet' || state === 'working' ? null : (
          <div className={grave ? 'note overdue' : 'note'}>
            <Icon name={grave ? 'alert' : 'cut'} />
            <p className="grow">
              {t(`worker:connection.${state}`)}
              {!grave && time ? ` ${t('worker:connection.as_of', { time })}` : ''}
            </p>
            {state === 'signed_out' ? (
              <button type="button" className="quiet-button" onClick={() => setSigning(true)}>
                {t('worker:sign.enter')}
              </button>
            ) : state === 'outdated' ? (
              <button type="button" className="quiet-button" onClick={() => location.reload()}>
                {t('worker:update.now')}
              </button>
            ) : state !== 'locked_out' && waiting.length ? (
              <Retry />
            ) : null}
          </div>
        )}
      </div>
      {notices[0] ? <NoticeNote notice={notices[0]} /> : null}
      <UpdateNote />
      {signing && gate.at === 'open' ? (
        <Sheet title={t('worker:sign.again')} onClose={() => setSigning(false)}>
          <p>{t('worker:sign.again_text')}</p>
          <SignInForm login={gate.person.login} onDone={() => setSigning(false)} />
        </Sheet>
      ) : null}
    </>
  );
}

export function Retry() {
  const { t } = useWords();
  const phone = usePhone();
  return (
    <button type="button" className="quiet-button" onClick={() => phone.resend()}>
      {t('worker:outbox.resend')}
    </button>
  );
}
