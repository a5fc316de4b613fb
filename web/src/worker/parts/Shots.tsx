import { useEffect, useRef, useState } from 'react';
import { ShotRefused } from '../store/contract.ts';
import { usePhone } from '../store/hooks.ts';
import { useWords } from '../words.ts';
import { Icon } from './Icon.tsx';
import { Recorder } from './Recorder.tsx';

/** Photos and voice notes of one record, as the server takes them. */
const most = 9;

export interface Taken {
  photos: string[];
  voice: string[];
}
export const nothingTaken: Taken = { photos: [], voice: [] };
/** All uploads of a record in one list, as the server takes them. */
export const allOf = (taken: Taken): string[] => [...taken.photos, ...taken.voice];

function Shown({ id, sound, drop }: { id: string; sound: boolean; drop: () => void }) {
  const { t } = useWords();
  const phone = usePhone();
  const [url, setUrl] = useState('');
  useEffect(() => {
    let made = '';
    let gone = false;
    void phone.shot(id).then((blob) => {
      if (!blob || gone) return;
      made = URL.createObjectURL(blob);
      setUrl(made);
    });
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [phone, id]);
  return (
    <li className={sound ? 'sound' : undefined}>
      {sound ? (
        // biome-ignore lint/a11y/useMediaCaption: a worker's own voice note has no captions
        <audio controls src={url || undefined} aria-label={t('worker:shot.voice')} />
      ) : (
        <img src={url || undefined} alt={t('worker:shot.photo')} />
      )}
      <button
        type="button"
        className="round"
        aria-label={t(sound ? 'worker:shot.drop_voice' : 'worker:shot.drop_photo')}
        onClick={drop}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

/** Photos of one record, and sounds where it has some; each is kept on the phone before it is shown. */
export function Shots({ taken, onChange }: { taken: Taken; onChange: (t: Taken) => void }) {
  const { t } = useWords();
  const phone = usePhone();
  const camera = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState('');
  const latest = useRef(taken);
  latest.current = taken;

  const put = (next: Taken) => {
    latest.current = next;
    onChange(next);
  };
  const keep = async (blob: Blob, what: keyof Taken) => {
    const id = phone.newId();
    try {
      await phone.keepShot({ id, blob });
      put({ ...latest.current, [what]: [...latest.current[what], id] });
      setSaid('');
    } catch (e) {
      if (!(e instanceof ShotRefused)) throw e;
      setSaid(t(`worker:shot.refused.${e.why}`));
    }
  };
  const drop = (id: string, what: keyof Taken) => {
    put({ ...latest.current, [what]: latest.current[what].filter((x) => x !== id) });
    void phone.dropShot(id);
  };
  const full = taken.photos.length + taken.voice.length >= most;
  return (
    <div className="shots">
      {taken.photos.length + taken.voice.length ? (
        <ul>
          {taken.photos.map((id) => (
            <Shown key={id} id={id} sound={false} drop={() => drop(id, 'photos')} />
          ))}
          {taken.voice.map((id) => (
            <Shown key={id} id={id} sound drop={() => drop(id, 'voice')} />
          ))}
        </ul>
      ) : null}
      <div className="pair">
        <button type="button" disabled={full} onClick={() => camera.current?.click()} className="tool">
          <Icon name="camera" />
          {t('worker:shot.take')}
        </button>
        <Recorder full={full} onDone={(sound) => void keep(sound, 'voice')} />
      </div>
      <input
        ref={camera}
        type="file"
        accept="image/*"
        capture="environment"
        hidden
        aria-label={t('worker:shot.take')}
        onChange={(e) => {
          const file = e.currentTarget.files?.[0];
          e.currentTarget.value = '';
          if (file) void keep(file, 'photos');
        }}
      />
      <p role="status" className={said ? 'wrong' : undefined}>
        {said}
      </p>
    </div>
  );
}
