import { PrinterOutlined, WarningOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';

export interface Grid {
  id: number;
  code: string;
  name: string;
  kind: 'basic' | 'dedicated';
  place: string;
  households: number;
}
interface Line {
  part: string;
  label: string;
  name?: string;
  of?: string;
  phone?: string;
  public: boolean;
  from?: string;
  until?: string;
  away: boolean;
}
interface Card extends Grid {
  branch?: string;
  lines: Line[];
  member_households: number;
  quarter: string;
  visits: string[];
  open?: number;
  overdue?: number;
  gaps: string[];
}

function Row({ line }: { line: Line }) {
  const { t } = useTranslation();
  const days =
    line.part === 'cover'
      ? t('grids:cover', { from: line.from, until: line.until })
      : line.until
        ? t('grids:until', { day: line.until })
        : '';
  return (
    <tr>
      <th scope="row">{line.label}</th>
      <td>
        {line.name}
        {line.away ? <span className="tag">{t('grids:away')}</span> : null}
        {line.of ? <span className={line.name ? 'quiet' : undefined}> {line.of}</span> : null}
      </td>
      <td className="card-phone">
        {line.phone}
        {line.phone ? (
          <span className="quiet"> {t(line.public ? 'grids:public' : 'grids:private')}</span>
        ) : null}
      </td>
      <td className="quiet">{days}</td>
    </tr>
  );
}

/** Who is responsible for a grid, and what is due there. */
export function CardPage() {
  const { t } = useTranslation();
  const { id } = useParams();
  const q = useQuery({
    queryKey: ['grid-card', id],
    queryFn: ({ signal }) => call<Card>('GET', `/grid-cards/${id}`, { signal }),
  });
  const c = q.data;
  useTitle(c?.name ?? t('shell:place.cards'));
  return (
    <main className="page pad grids" id="main" tabIndex={-1}>
      {q.error ? (
        <ErrorNote error={q.error} retry={() => void q.refetch()} />
      ) : !c ? (
        <Loading rows={10} />
      ) : (
        <>
          <div className="page-head card-head">
            <h1>{c.name}</h1>
            <span className="quiet">{c.place}</span>
            <span className="grow" />
            {(['zh', 'en'] as const).map((lang) => (
              <Button
                key={lang}
                icon={<PrinterOutlined aria-hidden />}
                href={`/api/v1/grid-cards/${c.id}/sheet.pdf?lang=${lang}`}
                target="_blank"
                rel="noreferrer"
              >
                {t(`grids:sheet.${lang}`)}
              </Button>
            ))}
          </div>
          {c.gaps.length ? (
            <p className="card-gaps">
              <WarningOutlined aria-hidden /> {t('grids:gaps', { what: c.gaps.join(t('grids:and')) })}
            </p>
          ) : null}
          <dl className="card-due">
            {c.open !== undefined ? (
              <div>
                <dt>{t('grids:open')}</dt>
                <dd>
                  <Link to={`/cases?open=true&grid=${c.id}`}>{c.open}</Link>
                </dd>
              </div>
            ) : null}
            {c.overdue !== undefined ? (
              <div>
                <dt>{t('grids:overdue')}</dt>
                <dd>
                  <Link to={`/cases?open=true&overdue=true&grid=${c.id}`}>{c.overdue}</Link>
                </dd>
              </div>
            ) : null}
            <div>
              <dt>{t('grids:visits', { day: c.quarter })}</dt>
              <dd>{c.visits.length ? c.visits.join(t('grids:and')) : t('grids:no_visits')}</dd>
            </div>
            <div>
              <dt>{t('grids:branch')}</dt>
              <dd>{c.branch ?? t('grids:no_branch')}</dd>
            </div>
            <div>
              <dt>{t('grids:member_households')}</dt>
              <dd>{c.member_households}</dd>
            </div>
            <div>
              <dt>{t('grids:homes')}</dt>
              <dd>{c.households}</dd>
            </div>
          </dl>
          <table className="plain-table card-lines">
            <caption>{t('grids:caption')}</caption>
            <tbody>
              {c.lines.map((l) => (
                <Row key={`${l.part}${l.name}${l.of}${l.phone}`} line={l} />
              ))}
            </tbody>
          </table>
        </>
      )}
    </main>
  );
}
