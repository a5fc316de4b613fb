import { DownloadOutlined } from '@ant-design/icons';
import { Alert, Button, Tabs } from 'antd';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { apiBase } from '@/shared/api.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { type FigureInfo, figureQuery, type Row, useFigureBy } from './data.ts';
import { overlaps, saySmall, sayValue, thousands, type Unit } from './say.ts';
import { type Dim, dims, type Part, rowsLink, type View } from './view.ts';

interface Props {
  info: FigureInfo;
  view: View;
  live: boolean;
  onBy: (by: Dim) => void;
}

type Sort = 'given' | 'value' | '-value' | 'n';

export function sortRows(rows: readonly Row[], sort: Sort): Row[] {
  const out = [...rows];
  const size = (r: Row) => r.denominator ?? r.numerator ?? 0;
  if (sort === 'n') out.sort((a, b) => size(b) - size(a));
  if (sort === 'value' || sort === '-value') {
    const sign = sort === 'value' ? 1 : -1;
    // 无数据 goes last whichever way one sorts.
    out.sort((a, b) => {
      if (a.value === null || b.value === null)
        return (a.value === null ? 1 : 0) - (b.value === null ? 1 : 0);
      return sign * (a.value - b.value);
    });
  }
  return out;
}

const first = 15;

export function Breakdown({ info, view, live, onBy }: Props) {
  const { t } = useTranslation();
  const answer = useFigureBy(info.id, view, live);
  const [sort, setSort] = useState<Sort>('given');
  const [all, setAll] = useState(false);
  const unit: Unit = info.unit;
  const rows = useMemo(() => sortRows(answer.data?.rows ?? [], sort), [answer.data, sort]);
  const measured = rows.map((r) => ({ ...r, unit }));
  const max = Math.max(...rows.map((r) => r.value ?? 0), unit === 'rate' ? 1 : 0);
  const noRank = sort !== 'n' && overlaps(measured);
  const shown = all ? rows : rows.slice(0, first);
  const query = new URLSearchParams(
    Object.entries(figureQuery(view, view.by))
      .filter(([, v]) => v !== undefined)
      .map(([k, v]) => [k, String(v)]),
  );
  const link = (part: Part, r?: Row) =>
    rowsLink(info.id, part, view, r ? { by: view.by, key: r.key } : undefined);
  const sorter = (key: Sort, text: string, back?: Sort) => (
    <button
      type="button"
      className="link"
      onClick={() => setSort(sort === key && back ? back : key)}
      aria-label={t('cockpit:table.sort', { name: text })}
    >
      {text}
      <span aria-hidden>{sort === key ? ' ↓' : back && sort === back ? ' ↑' : ''}</span>
    </button>
  );
  const dirOf = (key: Sort, back?: Sort) =>
    sort === key ? 'descending' : back && sort === back ? 'ascending' : 'none';
  const label = t(`cockpit:dim.${view.by}`);
  const total = answer.data?.total;

  return (
    <section
      className="panel cockpit-panel cockpit-by"
      aria-label={t('cockpit:table.title', { name: info.name })}
    >
      <header>
        <h2>{info.name}</h2>
        <Tabs
          size="small"
          activeKey={view.by}
          onChange={(k) => onBy(k as Dim)}
          items={dims.map((d) => ({ key: d, label: t(`cockpit:by.${d}`) }))}
        />
        <Button
          size="small"
          className="no-print"
          icon={<DownloadOutlined aria-hidden />}
          href={`${apiBase}/figures/${info.id}/export.xlsx?${query.toString()}`}
          download
        >
          {t('cockpit:export')}
        </Button>
      </header>
      {answer.error && !answer.data ? (
        <ErrorNote error={answer.error} retry={() => void answer.refetch()} />
      ) : !answer.data ? (
        <Loading rows={6} />
      ) : rows.length === 0 ? (
        <EmptyNote title={t('cockpit:table.none')}>{t('cockpit:table.none_why')}</EmptyNote>
      ) : (
        <div className="scroll" aria-busy={answer.isPlaceholderData}>
          {noRank ? (
            <Alert type="info" showIcon className="gap-below" title={t('cockpit:small.no_rank')} />
          ) : null}
          <table className="figures-table">
            <caption className="sr-only">
              {t('cockpit:table.caption', { name: info.name, by: label })}
            </caption>
            <thead>
              <tr>
                <th>{label}</th>
                <th className="num" aria-sort={dirOf('-value', 'value')}>
                  {sorter(
                    '-value',
                    info.unit === 'count' ? t('cockpit:table.count') : t('cockpit:table.value'),
                    'value',
                  )}
                </th>
                <td className="bar-cell" />
                {unit === 'count' ? null : (
                  <>
                    {unit === 'rate' ? <th className="num">{t('cockpit:definition.numerator')}</th> : null}
                    <th className="num" aria-sort={dirOf('n')}>
                      {sorter('n', t('cockpit:definition.denominator'))}
                    </th>
                  </>
                )}
              </tr>
            </thead>
            <tbody>
              {shown.map((r) => {
                const small = saySmall({ ...r, unit }, t);
                return (
                  <tr key={r.key}>
                    <th scope="row">{r.label}</th>
                    <td className="num">
                      {r.value === null ? (
                        <span className="quiet">{t('cockpit:no_data')}</span>
                      ) : (
                        <Rows to={r.key === '0' && view.by !== 'grid' ? undefined : link('numerator', r)}>
                          {sayValue(r.value, unit, t)}
                        </Rows>
                      )}
                      {small ? <div className="small-n quiet">{small}</div> : null}
                    </td>
                    <td className="bar-cell">
                      <Bar row={r} max={max} />
                    </td>
                    {unit === 'count' ? null : (
                      <>
                        {unit === 'rate' ? (
                          <td className="num">
                            <Rows to={r.key === '0' && view.by !== 'grid' ? undefined : link('numerator', r)}>
                              {thousands(r.numerator ?? 0)}
                            </Rows>
                          </td>
                        ) : null}
                        <td className="num">
                          <Rows to={r.key === '0' && view.by !== 'grid' ? undefined : link('denominator', r)}>
                            {thousands(r.denominator ?? 0)}
                          </Rows>
                        </td>
                      </>
                    )}
                  </tr>
                );
              })}
            </tbody>
            {total ? (
              <tfoot>
                <tr>
                  <th scope="row">{t('cockpit:table.total')}</th>
                  <td className="num">
                    <Link to={link('numerator')}>{sayValue(total.value ?? null, unit, t)}</Link>
                  </td>
                  <td className="bar-cell" />
                  {unit === 'count' ? null : (
                    <>
                      {unit === 'rate' ? (
                        <td className="num">
                          <Link to={link('numerator')}>{thousands(total.numerator ?? 0)}</Link>
                        </td>
                      ) : null}
                      <td className="num">
                        <Link to={link('denominator')}>{thousands(total.denominator ?? 0)}</Link>
                      </td>
                    </>
                  )}
                </tr>
              </tfoot>
            ) : null}
          </table>
          {rows.length > first ? (
            <Button type="link" className="no-print" onClick={() => setAll(!all)}>
              {all ? t('cockpit:table.fewer', { n: first }) : t('cockpit:table.all', { n: rows.length })}
            </Button>
          ) : null}
        </div>
      )}
    </section>
  );
}

/** A number that opens its rows; plain where the rows cannot be asked for (no unit, no place known). */
function Rows({ to, children }: { to?: string; children: ReactNode }) {
  return to ? <Link to={to}>{children}</Link> : <span>{children}</span>;
}

/** The value as a bar, with the interval of a small sample drawn as a thin line. */
function Bar({ row, max }: { row: Row; max: number }) {
  if (row.value === null || max <= 0) return null;
  const at = (x: number) => `${Math.max(0, Math.min(100, (x / max) * 100))}%`;
  return (
    <span className="bar" aria-hidden="true">
      <i style={{ width: at(row.value) }} className={row.n_small ? 'bar-small' : undefined} />
      {row.n_small && row.interval ? (
        <b style={{ left: at(row.interval[0]), width: at(row.interval[1] - row.interval[0]) }} />
      ) : null}
    </span>
  );
}
