import { Component, type ReactNode } from 'react';
import { useWords } from '../words.ts';

function Broken() {
  const { t } = useWords();
  return (
    <div className="empty stack" role="alert">
      <p>{t('common:error.page')}</p>
      <p className="quiet">{t('worker:broken')}</p>
      <a className="primary" href="/worker/">
        {t('common:do.retry')}
      </a>
    </div>
  );
}

/** One broken page does not take the others with it; what was recorded is on the phone already. */
export class Boundary extends Component<{ children: ReactNode; at: string }, { broken: boolean }> {
  override state = { broken: false };
  static getDerivedStateFromError() {
    return { broken: true };
  }
  override componentDidUpdate(before: { at: string }) {
    if (before.at !== this.props.at && this.state.broken) this.setState({ broken: false });
  }
  override render() {
    return this.state.broken ? <Broken /> : this.props.children;
  }
}
