import { useState } from 'react';
import { usePhone } from '../store/hooks.ts';
import { useWords } from '../words.ts';

/** Whatever can be shared as a file from here goes to the supervisor by the phone's own sheet. */
const shareable = (file: File) => !!navigator.canShare?.({ files: [file] });

/** What waits, as an encrypted file: kept on the phone, or handed to the supervisor. */
export function Export() {
  const { t } = useWords();
  const phone = usePhone();
  const [said, setSaid] = useState('');
  const make = async (share: boolean) => {
    const { name, blob } = await phone.exportFile();
    const file = new File([blob], name, { type: 'application/json' });
    if (share && shareable(file)) {
      try {
        await navigator.share({ files: [file], title: t('worker:outbox.file_title') });
        setSaid(t('worker:outbox.shared'));
      } catch {
        // Given up in the phone's own sheet: nothing was handed over, and nothing is lost.
        setSaid('');
      }
      return;
    }
    const url = URL.createObjectURL(blob);
    const a = document.createElement('a');
    a.href = url;
    a.download = name;
    a.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    setSaid(t('worker:outbox.saved_file', { name }));
  };
  return (
    <section className="panel stack" aria-labelledby="hand">
      <h2 id="hand">{t('worker:outbox.hand')}</h2>
      <p className="quiet">{t('worker:outbox.hand_text')}</p>
      <div className="pair">
        <button type="button" className="tool" onClick={() => void make(false)}>
          {t('worker:outbox.export')}
        </button>
        <button type="button" className="tool" onClick={() => void make(true)}>
          {t('worker:outbox.share')}
        </button>
      </div>
      <p role="status">{said}</p>
    </section>
  );
}
