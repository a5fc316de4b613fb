import { Alert, Button, Skeleton } from 'antd';
import { Component, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '../api.ts';

/** Shows its children only if they are still wanted after 300 ms, so that quick answers do not flicker. */
export function Delayed({ children, ms = 300 }: { children: ReactNode; ms?: number }) {
  const [show, setShow] = useState(false);
  useEffect(() => {
    const id = setTimeout(() => setShow(true), ms);
    return () => clearTimeout(id);
  }, [ms]);
  return show ? children : null;
}

/** What stands in for content that is on its way. */
export function Loading({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <Delayed>
      <div className="pad" role="status" aria-label={t('common:state.loading')}>
        <Skeleton active title={false} paragraph={{ rows, width: '100%' }} />
      </div>
    </Delayed>
  );
}

/** The words for an error: what happened, what to do, and the request number where there is one. */
export function useProblemWords() {
  const { t } = useTranslation();
  return (e: unknown): { title: string; remedy?: string; requestId?: string } => {
    if (e instanceof Problem) {
      if (e.offline) return { title: t('common:error.offline'), remedy: t('common:error.offline_remedy') };
      if (e.status === 401) return { title: t('common:error.expired') };
      if (e.status >= 500)
        return {
          title: t('common:error.server'),
          remedy: t('common:error.server_remedy'),
          requestId: e.requestId,
        };
      if (e.status === 429) return { title: t('common:error.busy'), requestId: e.requestId };
      return { title: e.message, requestId: e.requestId };
    }
    return { title: t('common:error.page'), remedy: t('common:error.page_remedy') };
  };
}

export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const words = useProblemWords()(error);
  return (
    <Alert
      className="error-note"
      type="error"
      showIcon
      title={words.title}
      description={
        words.remedy || words.requestId ? (
          <>
            {words.remedy}
            {words.requestId ? (
              <div className="quiet">{t('common:error.request', { id: words.requestId })}</div>
            ) : null}
          </>
        ) : undefined
      }
      action={retry ? <Button onClick={retry}>{t('common:do.retry')}</Button> : undefined}
    />
  );
}

/** An empty place says what belongs here and how it gets here. */
export function EmptyNote({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty-note">
      <p className="empty-title">{title}</p>
      {children ? <div className="quiet">{children}</div> : null}
    </div>
  );
}

interface BoundaryProps {
  children: ReactNode;
  /** Changes (a path, an id) give the page another chance. */
  at?: string;
}
/** Keeps one broken page from taking the shell with it. */
export class ErrorBoundary extends Component<BoundaryProps, { error: unknown }> {
  override state: { error: unknown } = { error: null };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override componentDidUpdate(before: BoundaryProps) {
    if (before.at !== this.props.at && this.state.error) this.setState({ error: null });
  }
  override render() {
    if (!this.state.error) return this.props.children;
    return (
      <div className="pad">
        <ErrorNote error={this.state.error} retry={() => this.setState({ error: null })} />
      </div>
    );
  }
}
