import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useRegisters } from './data.ts';
import { blank, type Field, named, type Value } from './model.ts';

/** A row of a register that the person may read is a link; other things are names. */
function RefLink({ code, id, words }: { code: string; id: number; words: string }) {
  const known = useRegisters().data?.some((r) => r.code === code);
  return known ? <Link to={`/ledger/${code}?row=${id}`}>{words}</Link> : words;
}

export function useValueWords() {
  const { t, i18n } = useTranslation();
  return (f: Field, v: Value): string => {
    if (v === null || v === undefined || blank(f, v)) return '';
    if (typeof v === 'boolean') return t(v ? 'ledger:yes' : 'ledger:no');
    if (typeof v === 'number') return v.toLocaleString(i18n.language === 'en' ? 'en' : 'zh-CN');
    if (Array.isArray(v))
      return v.map((c) => f.options?.find((o) => o.code === c)?.name ?? c).join(t('ledger:list_and'));
    if (typeof v === 'object') return named(v)?.name ?? '';
    return f.options?.find((o) => o.code === v)?.name ?? v;
  };
}

/** A value as people read it; nothing given is a dash. */
export function ValueText({ f, v, link }: { f: Field; v: Value; link?: boolean }) {
  const words = useValueWords()(f, v);
  const ref = named(v);
  if (!words) return <span className="quiet">—</span>;
  if (link && ref?.id && f.ref) return <RefLink code={f.ref} id={ref.id} words={words} />;
  if (f.kind === 'day' || f.kind === 'number' || f.kind === 'decimal')
    return <span className="num">{words}</span>;
  return <>{words}</>;
}

/** The state with a mark of its own, and whether the row counts today. */
export function StateWord({ f, v, inForce }: { f: Field | undefined; v: Value; inForce: boolean }) {
  const { t } = useTranslation();
  const words = useValueWords();
  const name = f ? words(f, v) : '';
  const look = v === 'ended' ? 'off' : inForce ? 'done' : 'open';
  return (
    <span className={`status status-${look}`}>
      {name || t('ledger:state.none')}
      {v !== 'ended' && !inForce ? <span className="quiet"> {t('ledger:state.not_in_force')}</span> : null}
    </span>
  );
}
