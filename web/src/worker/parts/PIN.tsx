import { type FormEvent, useEffect, useState } from 'react';
import type { Opened } from '../store/contract.ts';
import { usePhone } from '../store/hooks.ts';
import { useWords } from '../words.ts';

/** Digits of a PIN. */
export const digits = 6;

function Digits({ name, label, hint }: { name: string; label: string; hint?: string }) {
  return (
    <label>
      {label}
      {hint ? <small className="quiet">{hint}</small> : null}
      <input
        name={name}
        type="password"
        inputMode="numeric"
        autoComplete="off"
        required
        pattern={`[0-9]{${digits}}`}
        minLength={digits}
        maxLength={digits}
        className="pin-box num"
      />
    </label>
  );
}

/** Chosen twice, so that a slip does not lock its owner out. */
export function ChoosePIN({ onDone }: { onDone?: () => void }) {
  const { t } = useWords();
  const phone = usePhone();
  const [said, setSaid] = useState('');
  const [busy, setBusy] = useState(false);
  const save = async (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget);
    const pin = String(form.get('pin'));
    if (pin !== form.get('again')) return setSaid(t('worker:pin.differ'));
    if (/^(\d)\1+$/.test(pin) || '0123456789876543210'.includes(pin)) return setSaid(t('worker:pin.simple'));
    setBusy(true);
    const answer = await phone.choosePIN(pin);
    setBusy(false);
    if (answer === 'open') onDone?.();
    else setSaid(t(answer === 'offline' ? 'worker:sign.said.offline' : 'worker:pin.not_kept'));
  };
  return (
    <form className="stack" onSubmit={(e) => void save(e)}>
      <Digits name="pin" label={t('worker:pin.new')} hint={t('worker:pin.rule', { count: digits })} />
      <Digits name="again" label={t('worker:pin.again')} />
      <p role="alert" className={said ? 'wrong' : undefined}>
        {said}
      </p>
      <button type="submit" className="primary" disabled={busy}>
        {t('worker:pin.save')}
      </button>
    </form>
  );
}

/** Unlocks; after some wrong tries the phone makes its user wait, and says how long. */
export function EnterPIN({ tries, until }: { tries: number; until: number }) {
  const { t } = useWords();
  const phone = usePhone();
  const [answer, setAnswer] = useState<Opened | null>(null);
  const [now, tick] = useState(Date.now());
  const wait = Math.max(0, Math.ceil((until - now) / 1000));
  useEffect(() => {
    tick(Date.now());
    if (until <= Date.now()) return;
    const id = setInterval(() => tick(Date.now()), 1000);
    return () => clearInterval(id);
  }, [until]);
  const [busy, setBusy] = useState(false);
  const enter = async (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = e.currentTarget;
    setBusy(true);
    const said = await phone.open(String(new FormData(form).get('pin')));
    setBusy(false);
    setAnswer(said);
    if (said !== 'open') form.reset();
  };
  return (
    <form className="stack" onSubmit={(e) => void enter(e)}>
      <Digits name="pin" label={t('worker:pin.enter')} />
      <p role="alert" className={answer || wait ? 'wrong' : undefined}>
        {wait
          ? t('worker:pin.wait', { count: wait })
          : answer === 'wrong'
            ? t('worker:pin.wrong', { count: tries })
            : answer === 'offline' || answer === 'refused'
              ? t(`worker:sign.said.${answer}`)
              : ''}
      </p>
      <button type="submit" className="primary" disabled={busy || wait > 0}>
        {t('worker:pin.open')}
      </button>
    </form>
  );
}
