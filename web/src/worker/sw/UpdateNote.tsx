import { useState } from 'react';
import { Icon } from '../parts/Icon.tsx';
import { usePhone } from '../store/hooks.ts';
import { useWords } from '../words.ts';
import { applyUpdate, useUpdate } from './update.ts';

/** Says that a new version waits. It starts when nobody is in the middle of a form. */
export function UpdateNote() {
  const { t } = useWords();
  const phone = usePhone();
  const waits = useUpdate();
  const [busy, setBusy] = useState(false);
  if (!waits) return null;
  return (
    <div className="note" role="status">
      <Icon name="alert" />
      <p className="grow">{busy ? t('worker:update.draft') : t('worker:update.ready')}</p>
      <button type="button" className="quiet-button" onClick={() => setBusy(!applyUpdate(phone))}>
        {t('worker:update.now')}
      </button>
    </div>
  );
}
