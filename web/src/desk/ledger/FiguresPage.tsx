import { useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { queryOf } from './data.ts';
import { FilterLine } from './FilterLine.tsx';
import { cuts, type Filter, parseFilter, writeFilter } from './filter.ts';
import { fieldOf, pathOf, type Register } from './model.ts';
import { Views } from './Views.tsx';

interface Figure {
  total: number;
  sum?: number;
  /** The largest first; where added to the same filter gives exactly the rows. */
  items: { where: string; name: string; n: number; sum?: number }[];
}

/** The rows of the filter counted by a field or a level of regions; each number opens its rows. */
export function FiguresPage({ r }: { r: Register }) {
  const { t, i18n } = useTranslation();
  const [params, setParams] = useSearchParams();
  const [filterOpen, setFilterOpen] = useState(false);
  useTitle(r.name);
  const filterText = writeFilter(parseFilter(params, r)).toString();
  const filter = useMemo(() => parseFilter(new URLSearchParams(filterText), r), [filterText, r]);
  const options = cuts(r).map((k) => ({ value: k, label: fieldOf(r, k)?.label ?? t(`ledger:level.${k}`) }));
  const sums = r.fields.filter((f) => f.kind === 'number' || f.kind === 'decimal');
  const by = options.find((o) => o.value === params.get('by'))?.value ?? options[0]?.value ?? '';
  const sum = sums.find((f) => f.name === params.get('sum'));
  const q = useQuery({
    queryKey: ['ledger', r.code, 'figures', by, sum?.name, filterText],
    queryFn: ({ signal }) =>
      call<Figure>('GET', `${pathOf(r.code)}/figure`, {
        query: { ...queryOf(r.code, filter), sort: undefined, by, sum: sum?.name },
        signal,
      }),
  });
  const set = (f: Filter, more: Record<string, string | undefined> = {}) => {
    const p = writeFilter(f);
    for (const [k, v] of Object.entries({ by, sum: sum?.name, ...more })) if (v) p.set(k, v);
    setParams(p);
  };
  const say = (n: number | undefined) => (n ?? 0).toLocaleString(i18n.language === 'en' ? 'en' : 'zh-CN');
  const rows = (where?: string) => {
    const p = writeFilter(filter);
    if (where) p.append('where', where);
    return `/ledger/${r.code}?${p}`;
  };
  const most = Math.max(1, ...(q.data?.items ?? []).map((i) => i.n));
  return (
    <main className="cases ledger" id="main" tabIndex={-1}>
      <section className="cases-list" aria-label={r.name}>
        <div className="ledger-head">
          <p className="crumb">
            <Link to="/ledger">{t('ledger:title')}</Link>
          </p>
          <h1>{r.name}</h1>
          <Views r={r} filterText={filterText} />
        </div>
        <div className="cases-head">
          <FilterLine
            r={r}
            filter={filter}
            rows={[]}
            onChange={(f) => set(f)}
            apply={(text) => set(parseFilter(new URLSearchParams(text), r))}
            phone=""
            open={filterOpen}
            setOpen={setFilterOpen}
          />
        </div>
        <div className="cases-scroll figures">
          <div className="figure-choice">
            <label htmlFor="figure-by">{t('ledger:figure.by')}</label>
            <Select
              id="figure-by"
              value={by}
              options={options}
              showSearch={{ optionFilterProp: 'label' }}
              popupMatchSelectWidth={false}
              onChange={(v) => set(filter, { by: v })}
            />
            {sums.length ? (
              <>
                <label htmlFor="figure-sum">{t('ledger:figure.sum')}</label>
                <Select
                  id="figure-sum"
                  allowClear
                  placeholder={t('ledger:figure.no_sum')}
                  value={sum?.name}
                  options={sums.map((f) => ({ value: f.name, label: f.label }))}
                  popupMatchSelectWidth={false}
                  onChange={(v) => set(filter, { sum: v })}
                />
              </>
            ) : null}
          </div>
          {q.error ? (
            <ErrorNote error={q.error} retry={() => void q.refetch()} />
          ) : !q.data ? (
            <Loading rows={8} />
          ) : !q.data.total ? (
            <EmptyNote title={t('ledger:empty.filtered')} />
          ) : (
            <div className="wide-table">
              <table className="plain-table">
                <thead>
                  <tr>
                    <th scope="col">{options.find((o) => o.value === by)?.label}</th>
                    <th scope="col" className="num">
                      {t('ledger:figure.rows')}
                    </th>
                    <th scope="col" className="num">
                      {t('ledger:figure.share')}
                    </th>
                    <th scope="col" aria-label={t('ledger:figure.bar')} />
                    {sum ? (
                      <th scope="col" className="num">
                        {sum.label}
                      </th>
                    ) : null}
                  </tr>
                </thead>
                <tbody>
                  {q.data.items.map((i) => (
                    <tr key={i.where}>
                      <th scope="row">{i.name || t('ledger:figure.none')}</th>
                      <td className="num">
                        <Link to={rows(i.where)}>{say(i.n)}</Link>
                      </td>
                      <td className="num">{((100 * i.n) / q.data.total).toFixed(1)}%</td>
                      <td className="figure-bar" aria-hidden>
                        <span style={{ width: `${(100 * i.n) / most}%` }} />
                      </td>
                      {sum ? <td className="num">{say(i.sum)}</td> : null}
                    </tr>
                  ))}
                </tbody>
                <tfoot>
                  <tr>
                    <th scope="row">{t('ledger:figure.total')}</th>
                    <td className="num">
                      <Link to={rows()}>{say(q.data.total)}</Link>
                    </td>
                    <td />
                    <td />
                    {sum ? <td className="num">{say(q.data.sum)}</td> : null}
                  </tr>
                </tfoot>
              </table>
            </div>
          )}
        </div>
      </section>
    </main>
  );
}
