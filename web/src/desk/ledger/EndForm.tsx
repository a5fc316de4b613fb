import { useMutation } from '@tanstack/react-query';
import { Form, Input, Modal } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Problem } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { dayText, today } from '@/shared/time.ts';
import { useAnnounce } from '@/shared/ui/live.tsx';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useTake } from './data.ts';
import { DayInput } from './FieldInput.tsx';
import { type Item, isDay, pathOf, type Register } from './model.ts';

/** Ends a row: its last day and the reason. The row and its history stay. */
export default function EndForm({ r, item, onClose }: { r: Register; item: Item; onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const take = useTake(r.code);
  const [day, setDay] = useState<string | undefined>(dayText(today()));
  const [reason, setReason] = useState('');
  const key = useRef(uuidv7());
  const end = useMutation({
    mutationFn: () =>
      call<Item>('POST', `${pathOf(r.code)}/${item.id}/end`, {
        body: { version: item.version, day, reason: reason.trim() || undefined },
        key: key.current,
      }),
    onSuccess: (now) => {
      take(now);
      announce(t('ledger:end.done', { label: now.label, day }));
      onClose();
    },
    onError: (e) => {
      if (e instanceof Problem && !e.offline && e.status < 500) key.current = uuidv7();
    },
  });
  const ok = !!day && isDay(day);
  return (
    <Modal
      open
      title={t('ledger:end.title', { label: item.label })}
      okText={t('ledger:end.do')}
      okButtonProps={{ danger: true, disabled: !ok || !reason.trim(), loading: end.isPending }}
      onOk={() => end.mutate()}
      onCancel={onClose}
    >
      <p className="gap-below">{t('ledger:end.says')}</p>
      <Form layout="vertical" component="div">
        <Form.Item
          label={t('ledger:end.day')}
          htmlFor="end-day"
          required
          validateStatus={ok ? undefined : 'error'}
          help={ok ? undefined : t('ledger:wrong.day', { label: t('ledger:end.day') })}
        >
          <DayInput id="end-day" value={day} onChange={setDay} autoFocus />
        </Form.Item>
        <Form.Item label={t('ledger:end.reason')} htmlFor="end-reason" required>
          <Input.TextArea
            id="end-reason"
            autoSize={{ minRows: 2 }}
            maxLength={200}
            value={reason}
            onChange={(e) => setReason(e.target.value)}
          />
        </Form.Item>
      </Form>
      {end.error ? <ErrorNote error={end.error} /> : null}
    </Modal>
  );
}
