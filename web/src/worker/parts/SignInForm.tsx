import { type FormEvent, useState } from 'react';
import type { Opened } from '../store/contract.ts';
import { usePhone } from '../store/hooks.ts';
import { useWords } from '../words.ts';

interface Props {
  /** Fixed: only this person may go on here. */
  login?: string;
  /** Instead of signing in (a forgotten PIN). */
  enter?: (login: string, password: string) => Promise<Opened>;
  onDone?: () => void;
}

/** Name and password. Needs the network. */
export function SignInForm({ login, enter, onDone }: Props) {
  const { t } = useWords();
  const phone = usePhone();
  const [answer, setAnswer] = useState<Opened | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    const form = new FormData(e.currentTarget);
    setBusy(true);
    setAnswer(null);
    const go = enter ?? ((l: string, p: string) => phone.signIn(l, p));
    const said = await go(login ?? String(form.get('login')).trim(), String(form.get('password')));
    setBusy(false);
    setAnswer(said);
    if (said === 'open' || said === 'choose_pin' || said === 'locked') onDone?.();
  };
  return (
    <form onSubmit={(e) => void send(e)} className="stack">
      <label>
        {t('worker:sign.login')}
        <input
          name="login"
          autoComplete="username"
          autoCapitalize="none"
          required
          maxLength={64}
          readOnly={!!login}
          defaultValue={login}
        />
      </label>
      <label>
        {t('worker:sign.password')}
        <input name="password" type="password" autoComplete="current-password" required maxLength={256} />
      </label>
      <p role="alert" className={answer ? 'wrong' : undefined}>
        {answer === 'wrong' || answer === 'offline' || answer === 'refused' || answer === 'wait'
          ? t(`worker:sign.said.${answer}`)
          : ''}
      </p>
      <button type="submit" className="primary" disabled={busy}>
        {busy ? t('worker:sign.busy') : t('worker:sign.enter')}
      </button>
    </form>
  );
}
