import { Link } from 'react-router';
import { clockOf, sayItem } from '../say.ts';
import type { Item } from '../store/contract.ts';
import { useWords } from '../words.ts';
import { Mark } from './Mark.tsx';

/** Where a record can be changed, as long as it can. */
export function editPath(item: Item): string | undefined {
  if (!item.editable) return undefined;
  if (item.kind === 'case.report') return `/found?edit=${item.id}`;
  if (item.kind !== 'visit.record') return undefined;
  return item.body.home
    ? `/home/${item.body.home}?edit=${item.id}`
    : `/building/${item.body.building}?edit=${item.id}`;
}

/** Records with their state, and the way to change them before they are accepted. */
export function Records({ items }: { items: Item[] }) {
  const { t } = useWords();
  return (
    <ul className="records">
      {items.map((i) => {
        const edit = editPath(i);
        return (
          <li key={i.id}>
            <div className="row plain">
              <span className="grow">
                {clockOf(i.at)} {sayItem(i, t)}
                {i.number ? <span className="quiet"> {i.number}</span> : null}
              </span>
              <Mark state={i.state} />
              {edit ? (
                <Link className="quiet-button" to={edit}>
                  {t('worker:item.change')}
                </Link>
              ) : null}
            </div>
            {i.reason ? (
              <p className="note overdue">
                {i.reason.title}
                {i.reason.detail ? ` ${i.reason.detail}` : ''}
              </p>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
