import { useQuery } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Grade } from '../api.ts';
import { call } from '../call.ts';
import { useDebounced } from '../debounced.ts';
import './suggested.css';

export interface SuggestedPlace {
  kind: string;
  name: string;
  path: string;
  lon?: number;
  lat?: number;
  community?: string;
  grid_id?: number;
}

/** What the program would say of a text; people decide. */
export interface Suggestion {
  categories: { category_id: number; name: string; path: string; share: number; words: string[] }[];
  sure: boolean;
  grade: Grade;
  grade_why: string[];
  signals: { code: string; name: string; grade: Grade; words: string[] }[];
  places: SuggestedPlace[];
  wish: 'consult' | 'ask' | 'complain' | 'report' | 'suggest' | 'thank';
  wish_words: string[];
}

interface Props {
  title?: string;
  text?: string;
  community?: string;
  category?: number;
  grade?: Grade;
  onCategory: (id: number) => void;
  onGrade?: (g: Grade) => void;
  /** Without it, places are not shown. */
  onPlace?: (p: SuggestedPlace) => void;
}

const enough = 4; // characters from which a text says something
/** A share of 0 or 1 never happens; near them the number would say so. */
const percent = (share: number) =>
  share < 0.01 ? '<1 %' : share > 0.99 ? '>99 %' : `${Math.round(share * 100)} %`;

/** The likely categories with the words that spoke, dangers, places; Alt+1 to Alt+3 take a category. */
export function Suggested({ title, text, community, category, grade, onCategory, onGrade, onPlace }: Props) {
  const { t } = useTranslation();
  const body = useDebounced((text ?? '').trim(), 400);
  const found = useQuery({
    queryKey: ['suggestion', title, body, community],
    queryFn: ({ signal }) =>
      call<Suggestion>('POST', '/suggestions', {
        body: { title: title?.slice(0, 200) || undefined, text: body, community },
        signal,
      }),
    enabled: body.length >= enough,
    placeholderData: (before) => before,
    staleTime: 60_000,
  });
  const s = body.length >= enough ? found.data : undefined;
  const list = s?.categories ?? [];
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const n = /^Digit([1-3])$/.exec(e.code)?.[1];
      const chosen = n ? list[Number(n) - 1] : undefined;
      if (e.altKey && !e.ctrlKey && !e.metaKey && chosen) {
        e.preventDefault();
        onCategory(chosen.category_id);
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
  if (!s) return null;
  const raise = onGrade && s.grade !== 'general' && grade !== s.grade && grade !== 'critical';
  return (
    <section className="suggested" aria-label={t('classify:suggested')}>
      {s.signals.length ? (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={t('classify:danger', { what: s.signals.map((x) => x.name).join(t('cases:list_and')) })}
          description={s.grade_why.join(t('cases:list_and'))}
          action={
            raise ? (
              <Button size="small" danger onClick={() => onGrade(s.grade)}>
                {t('classify:take_grade', { grade: t(`common:grade.${s.grade}`) })}
              </Button>
            ) : undefined
          }
        />
      ) : raise ? (
        <p className="suggested-grade">
          <span className="quiet">{s.grade_why.join(t('cases:list_and'))}</span>{' '}
          <Button size="small" onClick={() => onGrade(s.grade)}>
            {t('classify:take_grade', { grade: t(`common:grade.${s.grade}`) })}
          </Button>
        </p>
      ) : null}
      {list.length ? (
        <>
          <h2>
            {t('classify:suggested')} <span className="quiet">{t(`classify:wish.${s.wish}`)}</span>
          </h2>
          <ul>
            {list.map((c, i) => (
              <li key={c.category_id}>
                <button
                  type="button"
                  className={category === c.category_id ? 'suggestion chosen' : 'suggestion'}
                  aria-pressed={category === c.category_id}
                  aria-keyshortcuts={`Alt+${i + 1}`}
                  title={c.path}
                  onClick={() => onCategory(c.category_id)}
                >
                  <span className="suggestion-bar" style={{ width: `${c.share * 100}%` }} aria-hidden />
                  <kbd className="wide-only">Alt+{i + 1}</kbd>
                  <span className="suggestion-name">{c.name}</span>
                  <span className="num">{percent(c.share)}</span>
                  {c.words.length ? (
                    <span className="quiet suggestion-words">
                      {t('classify:because', { words: c.words.slice(0, 4).join(t('classify:and')) })}
                    </span>
                  ) : null}
                </button>
              </li>
            ))}
          </ul>
          {s.sure ? null : <p className="quiet">{t('classify:unsure')}</p>}
        </>
      ) : null}
      {onPlace && s.places.length ? (
        <div className="suggested-places">
          <span className="quiet">{t(s.places.length > 1 ? 'classify:places' : 'classify:place')}</span>
          {s.places.map((p) => (
            <Button
              key={`${p.kind} ${p.path} ${p.name}`}
              size="small"
              disabled={p.lon === undefined}
              title={p.path}
              onClick={() => onPlace(p)}
            >
              {p.name}
              {s.places.length > 1 && p.path ? <span className="quiet"> {p.path}</span> : null}
            </Button>
          ))}
        </div>
      ) : null}
    </section>
  );
}
