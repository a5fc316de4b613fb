import { CaretDownOutlined, CaretUpOutlined } from '@ant-design/icons';
import { memo, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { useNarrow } from '@/shared/theme.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { labelWidth, place, updated, widthOf } from './columns.ts';
import { sortable } from './filter.ts';
import { blank, fieldOf, type Item, type Register } from './model.ts';
import { StateWord, useValueWords, ValueText } from './ValueText.tsx';

interface Handlers {
  open: (id: number) => void;
  focus: (id: number) => void;
}
interface Props extends Handlers {
  r: Register;
  rows: Item[];
  columns: string[];
  sort: string | undefined;
  onSort: (s: string | undefined) => void;
  cursor: number | undefined;
  openId: number | undefined;
  body: RefObject<HTMLTableSectionElement | null>;
}

function Cell({ r, name, item }: { r: Register; name: string; item: Item }) {
  const words = useValueWords();
  if (name === place) return <span title={item.place}>{item.place.split(' ').slice(-2).join(' ')}</span>;
  if (name === updated) return <Time at={item.updated_at} />;
  const f = fieldOf(r, name);
  if (!f) return null;
  if (name === 'state') return <StateWord f={f} v={item.fields.state} inForce={item.in_force} />;
  return (
    <span title={words(f, item.fields[name])}>
      <ValueText f={f} v={item.fields[name]} />
    </span>
  );
}

interface LineProps {
  r: Register;
  item: Item;
  columns: string[];
  isCursor: boolean;
  isOpen: boolean;
  h: Handlers;
}

const Line = memo(function Line({ r, item, columns, isCursor, isOpen, h }: LineProps) {
  return (
    <tr
      data-id={item.id}
      className={['row', isOpen && 'row-open', item.fields.state === 'ended' && 'row-left']
        .filter(Boolean)
        .join(' ')}
      tabIndex={isCursor ? 0 : -1}
      aria-current={isOpen ? 'true' : undefined}
      onClick={() => h.open(item.id)}
      onFocus={() => h.focus(item.id)}
    >
      <th scope="row" className="row-label" title={item.label}>
        {item.label}
      </th>
      {columns.map((k) => (
        <td key={k} className={numeric(r, k) ? 'num-cell' : undefined}>
          <Cell r={r} name={k} item={item} />
        </td>
      ))}
    </tr>
  );
});

const Card = memo(function Card({ r, item, columns, isCursor, h }: LineProps) {
  const words = useValueWords();
  const facts = columns
    .filter((k) => k !== place && k !== 'state' && k !== updated)
    .map((k) => fieldOf(r, k))
    .filter((f) => !!f && !blank(f, item.fields[f.name]))
    .slice(0, 3);
  return (
    <tr
      data-id={item.id}
      className="row card"
      tabIndex={isCursor ? 0 : -1}
      onClick={() => h.open(item.id)}
      onFocus={() => h.focus(item.id)}
    >
      <td>
        <div className="card-line">
          <StateWord f={fieldOf(r, 'state')} v={item.fields.state} inForce={item.in_force} />
          <Time at={item.updated_at} />
        </div>
        <div className="card-title">{item.label}</div>
        <div className="quiet card-facts">
          {facts.map((f) => f && <span key={f.name}>{`${f.label} ${words(f, item.fields[f.name])}`}</span>)}
        </div>
        <div className="quiet">{item.place}</div>
      </td>
    </tr>
  );
});

function numeric(r: Register, key: string): boolean {
  const kind = fieldOf(r, key)?.kind;
  return kind === 'number' || kind === 'decimal';
}

/** The rows. One of them can be focused (roving tabindex); keys are handled by the page. */
export function RowTable({ r, rows, columns, sort, onSort, cursor, openId, body, ...h }: Props) {
  const { t } = useTranslation();
  const narrow = useNarrow();
  const first = cursor !== undefined && rows.some((i) => i.id === cursor) ? cursor : rows[0]?.id;
  const One = narrow ? Card : Line;
  const label = (k: string) =>
    k === place
      ? t('ledger:column.place')
      : k === updated
        ? t('ledger:column.updated')
        : (fieldOf(r, k)?.label ?? k);
  const next = (k: string) => (sort === k ? `-${k}` : sort === `-${k}` ? undefined : k);
  const width = columns.reduce((n, k) => n + widthOf(r, k), labelWidth);
  return (
    <table
      className={narrow ? 'table table-cards' : 'table ledger-table'}
      style={narrow ? undefined : { minWidth: width }}
      aria-label={r.name}
    >
      {narrow ? null : (
        <thead>
          <tr>
            <th scope="col" className="row-label">
              {t('ledger:column.label')}
            </th>
            {columns.map((k) => {
              const f = fieldOf(r, k);
              const at = sort === k ? 'ascending' : sort === `-${k}` ? 'descending' : undefined;
              return (
                <th
                  key={k}
                  scope="col"
                  style={{ width: widthOf(r, k) }}
                  title={label(k)}
                  aria-sort={at}
                  className={numeric(r, k) ? 'num-cell' : undefined}
                >
                  {f && sortable(f) ? (
                    <button type="button" className="sort" onClick={() => onSort(next(k))}>
                      {label(k)}
                      {at === 'descending' ? <CaretDownOutlined aria-hidden /> : null}
                      {at === 'ascending' ? <CaretUpOutlined aria-hidden /> : null}
                    </button>
                  ) : (
                    label(k)
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
      )}
      <tbody ref={body}>
        {rows.map((item) => (
          <One
            key={item.id}
            r={r}
            item={item}
            columns={columns}
            isCursor={item.id === first}
            isOpen={item.id === openId}
            h={h}
          />
        ))}
      </tbody>
    </table>
  );
}
