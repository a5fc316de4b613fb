import { useEffect, useRef, useState } from 'react';
import { ShotRefused } from '../store/contract.ts';
import { usePhone } from '../store/hooks.ts';
import { useWords } from '../words.ts';
import { Icon } from './Icon.tsx';

const most = 9;
/** Longest voice note, seconds. */
const longest = 60;

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

const kinds = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'];
const canRecord = () =>
  typeof MediaRecorder !== 'undefined' && !!navigator.mediaDevices?.getUserMedia && window.isSecureContext;

/** Photos and voice notes of one record; each is kept on the phone before it is shown. */
export function Shots({ taken, onChange }: { taken: Taken; onChange: (t: Taken) => void }) {
  const { t } = useWords();
  const phone = usePhone();
  const camera = useRef<HTMLInputElement>(null);
  const recorder = useRef<MediaRecorder | null>(null);
  const [seconds, setSeconds] = useState<number | null>(null);
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
  const stop = () => recorder.current?.state === 'recording' && recorder.current.stop();
  useEffect(() => () => void (recorder.current?.state === 'recording' && recorder.current.stop()), []);
  useEffect(() => {
    if (seconds === null) return;
    if (seconds >= longest) {
      if (recorder.current?.state === 'recording') recorder.current.stop();
      return;
    }
    const id = setTimeout(() => setSeconds(seconds + 1), 1000);
    return () => clearTimeout(id);
  }, [seconds]);

  const listen = async () => {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const type = kinds.find((k) => MediaRecorder.isTypeSupported(k));
      const r = new MediaRecorder(stream, type ? { mimeType: type, audioBitsPerSecond: 24_000 } : undefined);
      const pieces: Blob[] = [];
      r.ondataavailable = (e) => pieces.push(e.data);
      r.onstop = () => {
        for (const track of stream.getTracks()) track.stop();
        setSeconds(null);
        const blob = new Blob(pieces, { type: r.mimeType.split(';')[0] });
        if (blob.size) void keep(blob, 'voice');
      };
      recorder.current = r;
      r.start();
      setSeconds(0);
    } catch {
      // Refused by the person or the phone; the words do as well.
      setSaid(t('worker:shot.no_mic'));
    }
  };

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
        <button
          type="button"
          disabled={taken.photos.length >= most}
          onClick={() => camera.current?.click()}
          className="tool"
        >
          <Icon name="camera" />
          {t('worker:shot.take')}
        </button>
        {canRecord() ? (
          seconds === null ? (
            <button
              type="button"
              className="tool"
              disabled={taken.voice.length >= 3}
              onClick={() => void listen()}
            >
              <Icon name="mic" />
              {t('worker:shot.speak')}
            </button>
          ) : (
            <button type="button" className="tool on" onClick={stop}>
              <Icon name="stop" />
              {t('worker:shot.stop', { seconds })}
            </button>
          )
        ) : null}
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
