import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Checkbox } from 'antd';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';

interface Shown {
  decided: boolean;
  shown: boolean;
}

/** Which photos the public may see: none until somebody of the desk looked at it. */
export function PublicPhotos({ files }: { files: { id: number; name: string; type: string }[] }) {
  const { t } = useTranslation();
  const photos = files.filter((f) => f.type === 'image/jpeg');
  if (!photos.length) return null;
  return (
    <details>
      <summary className="quiet">{t('cases:public.title')}</summary>
      <p className="quiet">{t('cases:public.why')}</p>
      {photos.map((f) => (
        <One key={f.id} id={f.id} name={f.name} />
      ))}
    </details>
  );
}

function One({ id, name }: { id: number; name: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const path = `/files/${id}/public`;
  const state = useQuery({
    queryKey: ['photo', id, 'public'],
    queryFn: ({ signal }) => call<Shown>('GET', path, { signal }),
  });
  const set = useMutation({
    mutationFn: (shown: boolean) => call<Shown>('POST', path, { body: { shown } }),
    onSuccess: (now) => client.setQueryData(['photo', id, 'public'], now),
  });
  return (
    <p>
      <Checkbox
        checked={state.data?.shown ?? false}
        disabled={!state.data || set.isPending}
        onChange={(e) => set.mutate(e.target.checked)}
      >
        {t('cases:public.show', { name })}
      </Checkbox>
      {set.error ? <ErrorNote error={set.error} /> : null}
    </p>
  );
}
