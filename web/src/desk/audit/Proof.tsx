import {
  CheckCircleOutlined,
  CloseCircleOutlined,
  DownloadOutlined,
  SafetyCertificateOutlined,
} from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { apiBase, problemOf } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { headsText } from './say.ts';

interface Verified {
  ok: boolean;
  entries: number;
  problems: (string | { district?: number; chain?: number; idx?: number; text: string })[] | null;
  took_ms: number;
}

/** The whole trail proved, and its signed heads to be kept elsewhere. */
export function Proof() {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const verify = useMutation({
    mutationFn: () => call<Verified>('POST', '/audit/verify'),
    onSuccess: (v) =>
      announce(
        v.ok
          ? t('audit:proof.ok', { count: v.entries })
          : t('audit:proof.bad', { count: v.problems?.length ?? 0 }),
      ),
  });
  const heads = useMutation({
    mutationFn: async () => {
      const res = await fetch(`${apiBase}/audit/heads`, { credentials: 'same-origin' });
      if (!res.ok) throw await problemOf(res);
      const json = (res.headers.get('content-type') ?? '').includes('json');
      const text = headsText(json ? await res.json() : await res.text());
      const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
      const a = document.createElement('a');
      a.href = url;
      a.download = `audit-heads-${new Date().toISOString().slice(0, 16).replace(/[-:T]/g, '')}.txt`;
      a.click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    },
    onSuccess: () => announce(t('audit:proof.downloaded')),
  });
  const v = verify.data;
  return (
    <section className="panel proof" aria-label={t('audit:proof.title')}>
      <h2>{t('audit:proof.title')}</h2>
      <p className="quiet">{t('audit:proof.text')}</p>
      <p className="proof-buttons">
        <Button
          type="primary"
          icon={<SafetyCertificateOutlined aria-hidden />}
          loading={verify.isPending}
          onClick={() => verify.mutate()}
        >
          {t('audit:proof.verify')}
        </Button>
        <Button
          icon={<DownloadOutlined aria-hidden />}
          loading={heads.isPending}
          onClick={() => heads.mutate()}
        >
          {t('audit:proof.heads')}
        </Button>
      </p>
      {verify.isPending ? <p role="status">{t('audit:proof.running')}</p> : null}
      {verify.error ? <ErrorNote error={verify.error} /> : null}
      {heads.error ? <ErrorNote error={heads.error} /> : null}
      {v?.ok ? (
        <p className="proof-result tone-done">
          <CheckCircleOutlined aria-hidden /> {t('audit:proof.ok', { count: v.entries })}{' '}
          <span className="quiet">
            {t('audit:proof.took', { s: Math.max(0.1, Math.round(v.took_ms / 100) / 10) })}
          </span>
        </p>
      ) : v ? (
        <div role="alert">
          <p className="proof-result tone-overdue">
            <CloseCircleOutlined aria-hidden /> {t('audit:proof.bad', { count: v.problems?.length ?? 0 })}
          </p>
          <p>{t('audit:proof.bad_do')}</p>
          <ul>
            {(v.problems ?? []).map((p) => {
              const text = typeof p === 'string' ? p : p.text;
              const at =
                typeof p === 'string' || p.idx === undefined || p.idx < 0
                  ? ''
                  : t('audit:proof.at', { chain: p.chain ?? p.district ?? 0, idx: p.idx });
              return (
                <li key={at + text}>
                  {at} {text}
                </li>
              );
            })}
          </ul>
        </div>
      ) : null}
      <p className="quiet">{t('audit:proof.heads_why')}</p>
    </section>
  );
}
