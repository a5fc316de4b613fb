import { EyeOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button, Input, Modal, Radio } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type CaseBody, data, once } from '@/shared/api.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { uuidv7 } from '@/shared/uuid.ts';

export const purposes = ['verify', 'callback', 'visit', 'other'] as const;

/** Asks what for before showing a reporter; the answer is logged. Shown for a minute only. */
export function useReveal(id: number) {
  const [clear, setClear] = useState<{ name: string; phone: string } | null>(null);
  const reveal = useMutation({
    mutationFn: (purpose: string) =>
      data(
        api.POST('/cases/{id}/reveal', { params: { path: { id } }, body: { purpose }, ...once(uuidv7()) }),
      ),
    onSuccess: setClear,
  });
  useEffect(() => {
    if (!clear) return;
    const timer = setTimeout(() => setClear(null), 60_000);
    return () => clearTimeout(timer);
  }, [clear]);
  return { clear, reveal };
}

export function Reporter({
  id,
  reporter,
  mayReveal,
}: {
  id: number;
  reporter: NonNullable<CaseBody['reporter']>;
  mayReveal: boolean;
}) {
  const { t } = useTranslation();
  const { clear, reveal } = useReveal(id);
  const [asking, setAsking] = useState(false);
  const [why, setWhy] = useState<string>(purposes[0]);
  const [other, setOther] = useState('');
  const hidden = !clear && !reporter.name_masked && !reporter.phone_masked;
  const purpose = why === 'other' ? other.trim() : t(`cases:purpose.${why}`);
  return (
    <div className="reporter">
      {hidden ? (
        <p className="quiet">
          {t(
            reporter.sealed
              ? 'cases:reporter.sealed'
              : reporter.anonymous
                ? 'cases:reporter.anonymous'
                : 'cases:reporter.hidden',
          )}
        </p>
      ) : (
        <p>
          <span>{clear ? clear.name : reporter.name_masked}</span>{' '}
          <span className="num">{clear ? clear.phone : reporter.phone_masked}</span>
          {reporter.sealed ? <span className="tag"> {t('cases:flag.sealed')}</span> : null}
          {reporter.anonymous ? <span className="tag"> {t('cases:flag.anonymous')}</span> : null}
        </p>
      )}
      {mayReveal && !clear ? (
        <Button size="small" icon={<EyeOutlined />} onClick={() => setAsking(true)}>
          {t('cases:reporter.reveal')}
        </Button>
      ) : null}
      {clear ? <p className="quiet">{t('cases:reporter.minute')}</p> : null}
      <Modal
        open={asking}
        title={t('cases:reporter.ask')}
        okText={t('cases:reporter.reveal')}
        okButtonProps={{ disabled: !purpose, loading: reveal.isPending }}
        onCancel={() => setAsking(false)}
        onOk={() => reveal.mutate(purpose, { onSuccess: () => setAsking(false) })}
        destroyOnHidden
      >
        <p className="gap-below">{t('cases:reporter.logged')}</p>
        <Radio.Group
          className="stacked"
          value={why}
          onChange={(e) => setWhy(e.target.value)}
          options={purposes.map((p) => ({ value: p, label: t(`cases:purpose.${p}`) }))}
        />
        {why === 'other' ? (
          <Input
            className="gap-above"
            autoFocus
            maxLength={100}
            value={other}
            onChange={(e) => setOther(e.target.value)}
            aria-label={t('cases:purpose.other')}
          />
        ) : null}
        {reveal.error ? <ErrorNote error={reveal.error} /> : null}
      </Modal>
    </div>
  );
}
