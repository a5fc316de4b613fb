import { FileOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import { Photos } from '@/shared/ui/Photos.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { pathOf } from './model.ts';

interface RowFile {
  id: number;
  name: string;
  type: string;
  size: number;
  by: string;
  at: string;
  url: string;
  thumb_url?: string;
}

/** The papers and photos of a row; who may change the row may add to them. */
export default function Files({ code, id, mayAdd }: { code: string; id: number; mayAdd: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const key = ['ledger', code, 'files', id];
  const list = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => call<{ items: RowFile[] }>('GET', `${pathOf(code)}/${id}/files`, { signal }),
  });
  const [ids, setIds] = useState<number[]>([]);
  const [busy, setBusy] = useState(false);
  const add = useMutation({
    mutationFn: () =>
      call<{ items: RowFile[] }>('POST', `${pathOf(code)}/${id}/files`, { body: { files: ids } }),
    onSuccess: (d) => {
      client.setQueryData(key, d);
      setIds([]);
    },
  });
  if (list.error) return <ErrorNote error={list.error} retry={() => void list.refetch()} />;
  if (!list.data) return <Loading rows={1} />;
  return (
    <>
      {list.data.items.length ? (
        <ul className="row-files">
          {list.data.items.map((f) => (
            <li key={f.id}>
              {f.thumb_url ? <img src={f.thumb_url} alt="" /> : <FileOutlined aria-hidden />}
              <a href={f.url} target="_blank" rel="noreferrer">
                {f.name}
              </a>
              <span className="quiet">
                {f.by} <Time at={f.at} />
              </span>
            </li>
          ))}
        </ul>
      ) : mayAdd ? null : (
        <p className="quiet">{t('ledger:files.none')}</p>
      )}
      {mayAdd ? (
        <div className="import-line">
          <Photos value={ids} onChange={setIds} onBusy={setBusy} />
          {ids.length ? (
            <Button type="primary" loading={add.isPending} disabled={busy} onClick={() => add.mutate()}>
              {t('ledger:files.add', { count: ids.length })}
            </Button>
          ) : null}
        </div>
      ) : null}
      {add.error ? <ErrorNote error={add.error} /> : null}
    </>
  );
}
