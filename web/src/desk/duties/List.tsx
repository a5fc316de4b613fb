import { CalendarOutlined, ClockCircleOutlined, WarningOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { type Item, useDuties, type Waits } from './data.ts';
import './duties.css';

const icons = {
  late: <WarningOutlined aria-hidden />,
  week: <ClockCircleOutlined aria-hidden />,
  quarter: <CalendarOutlined aria-hidden />,
  open: null,
};

function Line({ item }: { item: Item }) {
  const inside = (
    <>
      <span>{item.title}</span>
      {item.where ? <span className="quiet">{item.where}</span> : null}
      {item.day ? <time dateTime={item.day}>{item.day}</time> : null}
    </>
  );
  return <li>{item.link ? <Link to={item.link}>{inside}</Link> : <span>{inside}</span>}</li>;
}

function Kind({ of }: { of: Waits }) {
  const { t } = useTranslation();
  const rest = of.n - of.items.length;
  return (
    <section className="duty-kind">
      <h3>
        {of.name} <span className="num quiet">{of.more ? t('duties:over', { n: of.n }) : of.n}</span>
      </h3>
      <ul>
        {of.items.map((x) => (
          <Line key={`${x.title}${x.day}${x.link}`} item={x} />
        ))}
      </ul>
      {rest > 0 && of.all ? <Link to={of.all}>{t('duties:rest', { n: rest })}</Link> : null}
    </section>
  );
}

/** What is due: late, this week, this quarter, and what has no day. */
export function DutyList() {
  const { t } = useTranslation();
  const q = useDuties();
  if (q.error && !q.data) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  if (!q.data) return <Loading rows={8} />;
  const parts = q.data.parts.filter((p) => p.n > 0);
  if (!parts.length) return <EmptyNote title={t('duties:none')}>{t('duties:none_text')}</EmptyNote>;
  return (
    <div className="duty-parts">
      {parts.map((p) => (
        <section key={p.when} className="duty-part">
          <h2 className={`duty-${p.when}`}>
            {icons[p.when]} {t(`duties:when.${p.when}`, { week: q.data.week, quarter: q.data.quarter })}{' '}
            <span className="num">{p.n}</span>
          </h2>
          {p.sources.map((s) => (
            <Kind key={s.code} of={s} />
          ))}
        </section>
      ))}
    </div>
  );
}
