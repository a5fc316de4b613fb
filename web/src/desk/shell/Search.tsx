import { useQuery } from '@tanstack/react-query';
import { AutoComplete, Input, type InputRef } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { api, data } from '@/shared/api.ts';
import { useDebounced } from '@/shared/debounced.ts';
import { typing } from '@/shared/keys.ts';
import { StatusWord } from '@/shared/ui/words.tsx';

/** Finds a case by number, text or place. `/` brings the focus here. */
export function Search() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const input = useRef<InputRef>(null);
  const [text, setText] = useState('');
  const q = useDebounced(text.trim(), 180);
  const enabled = q.length >= 2;
  const cases = useQuery({
    queryKey: ['search', 'cases', q],
    queryFn: ({ signal }) => data(api.GET('/cases', { params: { query: { q, limit: 6 } }, signal })),
    enabled,
    // What is on screen stays until the new answer is there, so that Enter takes what was seen.
    placeholderData: (before) => before,
  });
  const places = useQuery({
    queryKey: ['search', 'places', q],
    queryFn: ({ signal }) => data(api.GET('/places', { params: { query: { q, limit: 5 } }, signal })),
    enabled,
    placeholderData: (before) => before,
  });

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (e.key !== '/' || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
      e.preventDefault();
      input.current?.focus({ cursor: 'all' });
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  const options = enabled
    ? [
        {
          label: t('shell:search.cases'),
          options: (cases.data?.items ?? []).map((c) => ({
            value: `case:${c.id}`,
            label: (
              <div className="found">
                <span className="found-main">
                  <span className="num">{c.number}</span> {c.title}
                </span>
                <StatusWord status={c.status} />
              </div>
            ),
          })),
        },
        {
          label: t('shell:search.places'),
          options: (places.data?.items ?? []).map((p, i) => ({
            value: `place:${i}`,
            label: (
              <div className="found">
                <span className="found-main">{p.name}</span>
                <span className="quiet">{p.path}</span>
              </div>
            ),
          })),
        },
        {
          label: '',
          options: cases.isLoading ? [] : [{ value: 'all', label: t('shell:search.all', { q }) }],
        },
      ].filter((g) => g.options.length > 0)
    : [];

  const go = (value: string) => {
    setText('');
    input.current?.blur();
    const [kind, rest] = value.split(':');
    if (kind === 'case') navigate(`/cases/${rest}`);
    else if (kind === 'place') {
      const p = places.data?.items?.[Number(rest)];
      if (!p) return;
      if (p.kind === 'grid' && p.grid_id) navigate(`/grids/${p.grid_id}`);
      else if ((p.kind === 'community' || p.kind === 'street' || p.kind === 'district') && p.code)
        navigate(`/cases?${p.kind}=${p.code}`);
      else navigate(`/cases?q=${encodeURIComponent(p.name)}`);
    } else navigate(`/cases?q=${encodeURIComponent(q)}`);
  };

  return (
    <AutoComplete
      className="search"
      defaultActiveFirstOption
      value={text}
      options={options}
      onChange={(v: string) => !/^(case|place):|^all$/.test(v) && setText(v)}
      onSelect={go}
      popupMatchSelectWidth={420}
      listHeight={440}
    >
      <Input
        ref={input}
        allowClear
        aria-label={t('shell:search.label')}
        placeholder={t('shell:search.placeholder')}
        suffix={<kbd aria-hidden>/</kbd>}
        onKeyDown={(e) => {
          if (e.key === 'Escape') input.current?.blur();
        }}
      />
    </AutoComplete>
  );
}
