import { CloseOutlined, FileOutlined, LeftOutlined, RightOutlined } from '@ant-design/icons';
import { Button, Modal } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FileInfo } from '../schema.ts';
import { Time } from './words.tsx';
import './lightbox.css';

/** Thumbnails; a photo opens large, the arrow keys go on, Escape closes. Voice notes play where they stand. */
export function Gallery({ files }: { files: FileInfo[] }) {
  const { t } = useTranslation();
  const [at, setAt] = useState<number | null>(null);
  const photos = files.filter((f) => f.type.startsWith('image/'));
  const sounds = files.filter((f) => f.type.startsWith('audio/'));
  const papers = files.filter((f) => !f.type.startsWith('image/') && !f.type.startsWith('audio/'));
  const open = at !== null ? photos[at] : undefined;
  const step = (n: number) => setAt((i) => (i === null ? null : (i + n + photos.length) % photos.length));

  useEffect(() => {
    if (at === null) return;
    const onKey = (e: KeyboardEvent) => {
      const n = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0;
      if (!n) return;
      e.preventDefault();
      setAt((i) => (i === null ? null : (i + n + photos.length) % photos.length));
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [at, photos.length]);

  return (
    <div className="gallery">
      {photos.map((f, i) => (
        <button
          key={f.id}
          type="button"
          className="thumb"
          onClick={() => setAt(i)}
          aria-label={t('common:photos.open', { name: f.name })}
        >
          <img src={f.thumb_url ?? f.url} alt="" loading="lazy" />
        </button>
      ))}
      {sounds.map((f) => (
        // biome-ignore lint/a11y/useMediaCaption: what somebody said at a door has no captions
        <audio key={f.id} controls preload="none" src={f.url} aria-label={f.name} title={f.name} />
      ))}
      {papers.map((f) => (
        <a key={f.id} href={f.url} className="paper" target="_blank" rel="noreferrer">
          <FileOutlined aria-hidden /> {f.name}
        </a>
      ))}
      <Modal
        open={!!open}
        footer={null}
        onCancel={() => setAt(null)}
        closable={false}
        width="min(1100px, 96vw)"
        title={null}
        destroyOnHidden
      >
        {open ? (
          <figure className="lightbox">
            <img src={open.url} alt={open.name} />
            <figcaption>
              <span>
                {open.name} {open.by ? ` · ${open.by}` : ''} {open.at ? <Time at={open.at} /> : null}
              </span>
              <span className="num">
                {(at ?? 0) + 1} / {photos.length}
              </span>
              <Button
                icon={<LeftOutlined />}
                aria-label={t('common:photos.prev')}
                disabled={photos.length < 2}
                onClick={() => step(-1)}
              />
              <Button
                icon={<RightOutlined />}
                aria-label={t('common:photos.next')}
                disabled={photos.length < 2}
                onClick={() => step(1)}
              />
              <Button
                icon={<CloseOutlined />}
                aria-label={t('common:do.close')}
                onClick={() => setAt(null)}
              />
            </figcaption>
          </figure>
        ) : null}
      </Modal>
    </div>
  );
}
