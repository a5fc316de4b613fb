import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { dayText } from '@/shared/time.ts';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';
import { type Mine, type Person, useStaff } from './data.ts';

interface List {
  worker: Person;
  contract: NonNullable<Mine['contract']>;
  cases: { id: number; number: string; title: string }[];
  courses: { id: number; title: string }[];
  leave: { kind: string; from: number; to: number; cover: Person | null }[];
}

/** What somebody who leaves a grid hands over; printable. */
export function Handover() {
  const { t } = useTranslation();
  const { id } = useParams();
  const { can } = useSession();
  const q = useStaff<List>(`/staff/contracts/${id}/handover`);
  useTitle(t('staff:handover.title'));
  if (q.error) return <ErrorNote error={q.error} retry={() => void q.refetch()} />;
  const h = q.data;
  if (!h) return <Loading rows={8} />;
  return (
    <>
      <header className="staff-head">
        <h1>{t('staff:handover.of', { name: h.worker.name })}</h1>
        <span className="quiet">
          {h.contract.place.grid_name} · {h.contract.number}
        </span>
        <Button onClick={() => window.print()}>{t('staff:handover.print')}</Button>
      </header>
      <section className="panel staff-card">
        <h2>{t('staff:handover.cases', { n: h.cases.length })}</h2>
        <ul className="staff-rows">
          {h.cases.map((c) => (
            <li key={c.id}>
              {can('case.read') ? (
                <Link to={`/cases/${c.id}`}>{c.number}</Link>
              ) : (
                <span className="num">{c.number}</span>
              )}{' '}
              {c.title}
            </li>
          ))}
        </ul>
        <h2>{t('staff:handover.courses', { n: h.courses.length })}</h2>
        <ul className="staff-rows">
          {h.courses.map((c) => (
            <li key={c.id}>{c.title}</li>
          ))}
        </ul>
        <h2>{t('staff:handover.leave', { n: h.leave.length })}</h2>
        <ul className="staff-rows">
          {h.leave.map((l) => (
            <li key={l.from}>
              {t(`staff:leave.${l.kind}`)} {dayText(l.from)}–{dayText(l.to)} {l.cover?.name}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
