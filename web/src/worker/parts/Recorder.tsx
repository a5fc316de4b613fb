import { useEffect, useRef, useState } from 'react';
import { useWords } from '../words.ts';
import { Icon } from './Icon.tsx';

/** Seconds; the server takes a minute. */
const most = 60;
/** What browsers make and the server keeps, the smallest first. */
const types = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4'];

/** Records a voice note of at most a minute; says what hinders it. */
export function Recorder({ full, onDone }: { full: boolean; onDone: (sound: Blob) => void }) {
  const { t } = useWords();
  const recorder = useRef<MediaRecorder>(undefined);
  const [left, setLeft] = useState<number>();
  const [said, setSaid] = useState('');
  const going = left !== undefined;
  const done = useRef(onDone);
  done.current = onDone;

  useEffect(() => {
    if (!going) return;
    const until = Date.now() + most * 1000;
    const tick = setInterval(() => {
      const now = Math.ceil((until - Date.now()) / 1000);
      setLeft(Math.max(0, now));
      if (now <= 0) recorder.current?.stop();
    }, 250);
    // A call, or a screen that goes dark: what was said so far is kept.
    const away = () => document.visibilityState === 'hidden' && recorder.current?.stop();
    document.addEventListener('visibilitychange', away);
    return () => {
      clearInterval(tick);
      document.removeEventListener('visibilitychange', away);
    };
  }, [going]);
  // A page that is left keeps nothing.
  useEffect(
    () => () => {
      const r = recorder.current;
      if (!r) return;
      r.onstop = null;
      for (const track of r.stream.getTracks()) track.stop();
    },
    [],
  );

  const start = async () => {
    setSaid('');
    const type = globalThis.MediaRecorder && types.find((x) => MediaRecorder.isTypeSupported(x));
    if (!type || !navigator.mediaDevices) return setSaid(t('worker:shot.no_recorder'));
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const r = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 24_000 });
      const parts: Blob[] = [];
      r.ondataavailable = (e) => parts.push(e.data);
      r.onstop = () => {
        for (const track of stream.getTracks()) track.stop();
        recorder.current = undefined;
        setLeft(undefined);
        done.current(new Blob(parts, { type: type.split(';')[0] }));
      };
      recorder.current = r;
      r.start();
      setLeft(most);
    } catch (e) {
      const name = e instanceof DOMException ? e.name : '';
      setSaid(t(name === 'NotAllowedError' ? 'worker:shot.mic_refused' : 'worker:shot.no_mic'));
    }
  };
  return (
    <>
      <button
        type="button"
        className={going ? 'tool recording' : 'tool'}
        disabled={full && !going}
        onClick={() => (going ? recorder.current?.stop() : void start())}
      >
        <Icon name={going ? 'stop' : 'mic'} />
        {going ? t('worker:shot.stop', { count: left }) : t('worker:shot.record')}
      </button>
      <p role="status" className={said ? 'wrong' : 'sr-only'}>
        {said || (going ? t('worker:shot.recording') : '')}
      </p>
    </>
  );
}
