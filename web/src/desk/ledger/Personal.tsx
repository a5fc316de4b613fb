import { EyeOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button, Input, Modal, Radio } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { type Field, pathOf } from './model.ts';

const purposes = ['verify', 'contact', 'visit', 'other'] as const;

/** A personal field as its mask; asked for with a purpose it is shown for a minute, this one alone. */
export function Personal({
  code,
  id,
  f,
  mask,
  mayReveal,
}: {
  code: string;
  id: number;
  f: Field;
  mask: string;
  mayReveal: boolean;
}) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const [why, setWhy] = useState<string>(purposes[0]);
  const [other, setOther] = useState('');
  const [clear, setClear] = useState<string | null>(null);
  const purpose = why === 'other' ? other.trim() : t(`ledger:purpose.${why}`);
  const reveal = useMutation({
    mutationFn: () =>
      call<{ fields: Record<string, string> }>('POST', `${pathOf(code)}/${id}/reveal`, {
        body: { purpose: `${f.label}：${purpose}` },
      }),
    onSuccess: (d) => {
      setClear(d.fields[f.name] ?? '');
      setAsking(false);
    },
  });
  useEffect(() => {
    if (clear === null) return;
    const timer = setTimeout(() => setClear(null), 60_000);
    return () => clearTimeout(timer);
  }, [clear]);
  if (!mask) return <span className="quiet">—</span>;
  return (
    <span className="personal">
      <span className="num">{clear ?? mask}</span>
      {clear !== null ? (
        <span className="quiet">{t('ledger:reveal.minute')}</span>
      ) : mayReveal ? (
        <Button
          size="small"
          icon={<EyeOutlined />}
          aria-label={t('ledger:reveal.field', { label: f.label })}
          onClick={() => setAsking(true)}
        >
          {t('ledger:reveal.do')}
        </Button>
      ) : null}
      <Modal
        open={asking}
        title={t('ledger:reveal.ask', { label: f.label })}
        okText={t('ledger:reveal.do')}
        okButtonProps={{ disabled: !purpose, loading: reveal.isPending }}
        onCancel={() => setAsking(false)}
        onOk={() => reveal.mutate()}
        destroyOnHidden
      >
        <p className="gap-below">{t('ledger:reveal.logged')}</p>
        <Radio.Group
          className="stacked"
          value={why}
          onChange={(e) => setWhy(e.target.value)}
          options={purposes.map((p) => ({ value: p, label: t(`ledger:purpose.${p}`) }))}
        />
        {why === 'other' ? (
          <Input
            className="gap-above"
            autoFocus
            maxLength={100}
            value={other}
            onChange={(e) => setOther(e.target.value)}
            aria-label={t('ledger:purpose.other')}
          />
        ) : null}
        {reveal.error ? <ErrorNote error={reveal.error} /> : null}
      </Modal>
    </span>
  );
}
