import { BellOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Badge, Button, Popover } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '@/shared/call.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';

interface Notice {
  id: number;
  kind: string;
  title: string;
  where?: string;
  day?: string;
  link?: string;
  read: boolean;
}
interface Inbox {
  unread: number;
  items: Notice[];
}

/** What one was told in time: a bell with the number that is not yet read. */
export function Bell() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const key = ['inbox'];
  const q = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => call<Inbox>('GET', '/inbox', { signal }),
    staleTime: 60_000,
    refetchInterval: 5 * 60_000,
  });
  const read = useMutation({
    mutationFn: (upTo: number) => call<Inbox>('POST', '/inbox/read', { body: { up_to: upTo } }),
    onSuccess: (now) => client.setQueryData(key, now),
  });
  const items = q.data?.items ?? [];
  const newest = items[0]?.id;
  const unread = q.data?.unread ?? 0;
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      trigger="click"
      placement="bottomRight"
      title={t('shell:bell.title')}
      content={
        <div className="bell-list">
          {q.error ? <ErrorNote error={q.error} retry={() => void q.refetch()} /> : null}
          {items.length ? (
            <ul>
              {items.map((n) => (
                <li key={n.id} className={n.read ? 'quiet' : undefined}>
                  <Link to={n.link ?? '/duties'} onClick={() => setOpen(false)}>
                    {n.kind} · {n.title}
                  </Link>{' '}
                  {n.day ? <span className="quiet">{t('shell:bell.by', { day: n.day })}</span> : null}
                </li>
              ))}
            </ul>
          ) : (
            <p className="quiet">{t('shell:bell.none')}</p>
          )}
          {unread && newest ? (
            <Button size="small" loading={read.isPending} onClick={() => read.mutate(newest)}>
              {t('shell:bell.read')}
            </Button>
          ) : null}
        </div>
      }
    >
      <Button type="text" aria-label={t('shell:bell.label', { n: unread })}>
        <Badge count={unread} size="small">
          <BellOutlined aria-hidden />
        </Badge>
      </Button>
    </Popover>
  );
}
