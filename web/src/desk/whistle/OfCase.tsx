import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { useWhistles } from './data.ts';
import './whistle.css';

/** The whistles of a case, and the way to a new one. */
export function OfCase({ id, open }: { id: number; open: boolean }) {
  const { t } = useTranslation();
  const { can } = useSession();
  const { rows } = useWhistles({ case: id });
  const calls = can('whistle.call') && open;
  if (!rows.length && !calls) return null;
  return (
    <ul className="links joint-standing">
      {rows.map((o) => (
        <li key={o.id}>
          <Link to={`/whistles/list?case=${id}&whistle=${o.id}`}>{o.title}</Link>{' '}
          <span className="quiet">
            {t(`whistle:kind.${o.kind}`)} · {t(`whistle:state.${o.state}`)}
          </span>
        </li>
      ))}
      {calls ? (
        <li>
          <Link to={`/whistles/list?case=${id}&new=1`}>{t('whistle:for_case')}</Link>
        </li>
      ) : null}
    </ul>
  );
}
