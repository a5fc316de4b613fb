import { DeleteOutlined, FileOutlined, PaperClipOutlined, ReloadOutlined } from '@ant-design/icons';
import { Button, Progress } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { downscale, UploadError, uploadAcrossReloads } from '../upload.ts';

interface Item {
  key: number;
  file: File;
  preview?: string;
  sent: number;
  id?: number;
  address?: string;
  failed?: string;
  stop: AbortController;
}
interface Props {
  /** Ids of the stored files. */
  value?: number[];
  onChange?: (ids: number[]) => void;
  /** Told while something is on its way, so that a form can wait. */
  onBusy?: (busy: boolean) => void;
  max?: number;
  id?: string;
}

let nextKey = 1;

/** Photos and papers of a case: choose, drop or paste; each shows how far it is and can be tried again. */
export function Photos({ value, onChange, onBusy, max = 9, id }: Props) {
  const { t } = useTranslation();
  const [items, setItems] = useState<Item[]>([]);
  const input = useRef<HTMLInputElement>(null);
  const patch = (key: number, p: Partial<Item>) =>
    setItems((list) => list.map((i) => (i.key === key ? { ...i, ...p } : i)));

  const report = useRef({ onChange, onBusy });
  report.current = { onChange, onBusy };
  const done = items.flatMap((i) => (i.id ? [i.id] : [])).join();
  const busy = items.some((i) => !i.id && !i.failed);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    report.current.onChange?.(done ? done.split(',').map(Number) : []);
  }, [done]);
  useEffect(() => report.current.onBusy?.(busy), [busy]);

  // The form was cleared from outside.
  const cleared = value !== undefined && value.length === 0;
  const had = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the form's value turns empty
  useEffect(() => {
    if (done) had.current = true;
    if (cleared && had.current && done) {
      had.current = false;
      setItems([]);
    }
  }, [cleared]);

  const run = async (item: Item) => {
    try {
      const body = await downscale(item.file);
      const name = body === item.file ? item.file.name : `${item.file.name.replace(/\.\w+$/, '')}.jpg`;
      const stored = await uploadAcrossReloads(body, {
        name,
        type: body.type || item.file.type || 'application/octet-stream',
        signal: item.stop.signal,
        resume: item.address,
        onAddress: (address) => patch(item.key, { address }),
        onProgress: (n, all) => patch(item.key, { sent: Math.round((100 * n) / all) }),
      });
      patch(item.key, { id: stored, sent: 100 });
    } catch (e) {
      if (item.stop.signal.aborted) return;
      const said = e instanceof UploadError && e.status >= 400 && e.status < 500 ? e.message : '';
      patch(item.key, { failed: said || t('common:photos.broken') });
    }
  };
  const add = (files: Iterable<File>) => {
    const room = max - items.length;
    const fresh = [...files].slice(0, Math.max(0, room)).map<Item>((file) => ({
      key: nextKey++,
      file,
      preview: file.type.startsWith('image/') ? URL.createObjectURL(file) : undefined,
      sent: 0,
      stop: new AbortController(),
    }));
    if (!fresh.length) return;
    setItems((list) => [...list, ...fresh]);
    for (const i of fresh) void run(i);
  };
  const retry = (item: Item) => {
    patch(item.key, { failed: undefined });
    void run(item);
  };
  const remove = (item: Item) => {
    item.stop.abort();
    if (item.preview) URL.revokeObjectURL(item.preview);
    setItems((list) => list.filter((i) => i.key !== item.key));
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping and pasting are extras to the button
    <div
      className="photos"
      onDragOver={(e) => e.preventDefault()}
      onDrop={(e) => {
        e.preventDefault();
        add(e.dataTransfer.files);
      }}
      onPaste={(e) => {
        if (e.clipboardData.files.length) add(e.clipboardData.files);
      }}
    >
      <input
        ref={input}
        type="file"
        className="sr-only"
        tabIndex={-1}
        aria-hidden
        multiple
        accept="image/*,application/pdf"
        onChange={(e) => {
          add(e.target.files ?? []);
          e.target.value = '';
        }}
      />
      {items.map((i) => (
        <div key={i.key} className="photo-item">
          {i.preview ? <img src={i.preview} alt="" /> : <FileOutlined aria-hidden />}
          <span className="photo-name" title={i.file.name}>
            {i.file.name}
            {i.failed ? <span className="tone-overdue"> {i.failed}</span> : null}
            {!i.id && !i.failed ? <Progress percent={i.sent} size="small" showInfo={false} /> : null}
          </span>
          {i.failed ? (
            <Button
              type="text"
              icon={<ReloadOutlined />}
              aria-label={t('common:photos.retry', { name: i.file.name })}
              onClick={() => retry(i)}
            />
          ) : null}
          <Button
            type="text"
            icon={<DeleteOutlined />}
            aria-label={t('common:photos.remove', { name: i.file.name })}
            onClick={() => remove(i)}
          />
        </div>
      ))}
      {items.length < max ? (
        // The label of the form field would otherwise take the place of the button's own words.
        <Button
          id={id}
          icon={<PaperClipOutlined />}
          aria-label={t('common:photos.add')}
          onClick={() => input.current?.click()}
        >
          {t('common:photos.add')}
        </Button>
      ) : null}
    </div>
  );
}
