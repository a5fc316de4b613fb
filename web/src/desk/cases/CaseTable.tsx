import { CaretDownOutlined, CaretUpOutlined } from '@ant-design/icons';
import { Checkbox } from 'antd';
import { memo, type RefObject } from 'react';
import { useTranslation } from 'react-i18next';
import { useNarrow } from '@/shared/theme.tsx';
import { ClockText, StatusWord, Time } from '@/shared/ui/words.tsx';
import { type ColumnKey, cell, sortOf, widthOf } from './columns.tsx';
import { Flags } from './Flags.tsx';
import type { Row } from './merge.ts';

interface Handlers {
  open: (id: number) => void;
  toggle: (id: number, range?: boolean) => void;
  focus: (id: number) => void;
}
interface Props extends Handlers {
  rows: Row[];
  columns: ColumnKey[];
  sort: string;
  onSort: (s: string) => void;
  cursor: number | undefined;
  openId: number | undefined;
  selected: ReadonlySet<number>;
  onAll: (all: boolean) => void;
  body: RefObject<HTMLTableSectionElement | null>;
}

interface RowProps {
  c: Row;
  columns: ColumnKey[];
  isCursor: boolean;
  isOpen: boolean;
  isChosen: boolean;
  h: Handlers;
  lang: string;
}

const Line = memo(function Line({ c, columns, isCursor, isOpen, isChosen, h }: RowProps) {
  const { t } = useTranslation();
  return (
    <tr
      data-id={c.id}
      className={['row', c.fresh && 'row-fresh', c.left && 'row-left', isOpen && 'row-open']
        .filter(Boolean)
        .join(' ')}
      tabIndex={isCursor ? 0 : -1}
      aria-selected={isChosen}
      aria-current={isOpen ? 'true' : undefined}
      onClick={() => h.open(c.id)}
      onFocus={() => h.focus(c.id)}
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the checkbox has its own keys */}
      <td className="col-check" onClick={(e) => e.stopPropagation()}>
        <Checkbox
          checked={isChosen}
          tabIndex={-1}
          aria-label={t('cases:choose', { number: c.number })}
          onClick={(e) => h.toggle(c.id, e.shiftKey)}
        />
      </td>
      {columns.map((k) => (
        <td key={k} className={`col-${k}`}>
          {cell(k, c, t)}
        </td>
      ))}
    </tr>
  );
});

const Card = memo(function Card({ c, isCursor, isChosen, h }: RowProps) {
  return (
    <tr
      data-id={c.id}
      className={['row card', c.fresh && 'row-fresh', c.left && 'row-left'].filter(Boolean).join(' ')}
      tabIndex={isCursor ? 0 : -1}
      aria-selected={isChosen}
      onClick={() => h.open(c.id)}
      onFocus={() => h.focus(c.id)}
    >
      <td>
        <div className="card-line">
          <StatusWord status={c.status} />
          <ClockText clock={c.clock} />
        </div>
        <div className="card-title">{c.title}</div>
        <Flags item={c} />
        <div className="card-line quiet">
          <span>{[c.community?.name, c.address].filter(Boolean).join(' · ')}</span>
          <Time at={c.reported_at} />
        </div>
      </td>
    </tr>
  );
});

/** The rows. One of them can be focused (roving tabindex); keys are handled by the page. */
export function CaseTable({
  rows,
  columns,
  sort,
  onSort,
  cursor,
  openId,
  selected,
  onAll,
  body,
  ...h
}: Props) {
  const { t, i18n } = useTranslation();
  const narrow = useNarrow();
  const all = rows.length > 0 && rows.every((r) => selected.has(r.id));
  const first = cursor !== undefined && rows.some((r) => r.id === cursor) ? cursor : rows[0]?.id;
  const One = narrow ? Card : Line;
  return (
    <table className={narrow ? 'table table-cards' : 'table'}>
      <caption className="sr-only">{t('cases:caption')}</caption>
      {narrow ? null : (
        <thead>
          <tr>
            <th scope="col" className="col-check">
              <Checkbox
                checked={all}
                indeterminate={!all && selected.size > 0}
                aria-label={t('cases:choose_all')}
                onChange={(e) => onAll(e.target.checked)}
              />
            </th>
            {columns.map((k) => {
              const pair = sortOf[k];
              const at = pair?.indexOf(sort) ?? -1;
              return (
                <th
                  key={k}
                  scope="col"
                  className={`col-${k}`}
                  style={k === 'title' ? undefined : { width: widthOf(k, i18n.language) }}
                  aria-sort={!pair || at < 0 ? undefined : sort.startsWith('-') ? 'descending' : 'ascending'}
                >
                  {pair ? (
                    <button
                      type="button"
                      className="sort"
                      onClick={() => onSort(at === 0 ? pair[1] : pair[0])}
                    >
                      {t(`cases:column.${k}`)}
                      {at >= 0 ? (
                        sort.startsWith('-') ? (
                          <CaretDownOutlined aria-hidden />
                        ) : (
                          <CaretUpOutlined aria-hidden />
                        )
                      ) : null}
                    </button>
                  ) : (
                    t(`cases:column.${k}`)
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
      )}
      <tbody ref={body}>
        {rows.map((c) => (
          <One
            key={c.id}
            c={c}
            columns={columns}
            isCursor={c.id === first}
            isOpen={c.id === openId}
            isChosen={selected.has(c.id)}
            h={h as Handlers}
            lang={i18n.language}
          />
        ))}
      </tbody>
    </table>
  );
}
