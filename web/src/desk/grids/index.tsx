/** Everything below /desk/grids: the grids within reach, and each one's card. */
import { useQuery } from '@tanstack/react-query';
import { Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, Route, Routes, useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { useDebounced } from '@/shared/debounced.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { NotFound } from '../shell/NotFound.tsx';
import { useTitle } from '../shell/title.ts';
import { CardPage, type Grid } from './CardPage.tsx';
import './grids.css';

function ListPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const text = params.get('q') ?? '';
  const q = useDebounced(text.trim(), 180);
  useTitle(t('shell:place.cards'));
  const list = useQuery({
    queryKey: ['grids', q],
    queryFn: ({ signal }) =>
      call<{ items: Grid[]; more: boolean }>('GET', '/grid-cards', { query: { q }, signal }),
    placeholderData: (before) => before,
  });
  return (
    <main className="page pad grids" id="main" tabIndex={-1}>
      <div className="page-head">
        <h1>{t('shell:place.cards')}</h1>
        <Input.Search
          allowClear
          className="grids-find"
          aria-label={t('grids:find')}
          placeholder={t('grids:find')}
          value={text}
          onChange={(e) => setParams(e.target.value ? { q: e.target.value } : {}, { replace: true })}
        />
      </div>
      {list.error ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : !list.data ? (
        <Loading rows={8} />
      ) : list.data.items.length === 0 ? (
        <EmptyNote title={t('grids:none')}>{t('grids:none_text')}</EmptyNote>
      ) : (
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{t('grids:grid')}</th>
              <th scope="col">{t('grids:place')}</th>
              <th scope="col" className="num">
                {t('grids:homes')}
              </th>
            </tr>
          </thead>
          <tbody>
            {list.data.items.map((g) => (
              <tr key={g.id}>
                <td>
                  <Link to={`/grids/${g.id}`}>{g.name}</Link>
                </td>
                <td>{g.place}</td>
                <td className="num">{g.households || ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {list.data?.more ? <p className="quiet">{t('grids:more')}</p> : null}
    </main>
  );
}

export default function Grids() {
  return (
    <Routes>
      <Route index element={<ListPage />} />
      <Route path=":id" element={<CardPage />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  );
}
