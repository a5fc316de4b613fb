import { CloseOutlined, FilterOutlined } from '@ant-design/icons';
import { Button, Drawer } from 'antd';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Loading } from '@/shared/ui/state.tsx';
import { useNames } from './data.ts';
import { type Filter, phrases, sortWords, without, writeFilter } from './filter.ts';
import type { Item, Register } from './model.ts';
import { SavedViews } from './SavedViews.tsx';

const FilterForm = lazy(() => import('./FilterForm.tsx'));

interface Props {
  r: Register;
  filter: Filter;
  rows: Item[];
  onChange: (f: Filter) => void;
  apply: (query: string) => void;
  /** A whole telephone number looked for; never in the address bar. */
  phone: string;
  onPhone?: (v: string) => void;
  open: boolean;
  setOpen: (v: boolean) => void;
}

/** The filter as a sentence whose parts can be taken away, and the ways to change it. */
export function FilterLine({ r, filter, rows, onChange, apply, phone, onPhone, open, setOpen }: Props) {
  const { t } = useTranslation();
  const names = useNames(r, rows, filter);
  const parts: { key: string; text: string; drop: () => void }[] = phrases(filter, r, t, names).map((p) => ({
    key: String(p.key),
    text: p.text,
    drop: () => onChange(without(filter, p.key)),
  }));
  if (phone) parts.push({ key: 'phone', text: t('ledger:say.phone'), drop: () => onPhone?.('') });
  // What stands around the parts, in the order of the language.
  const [before, after] = t('ledger:say.whole', { name: r.name, parts: '|' }).split('|');
  return (
    <div className="filter-line">
      <Button icon={<FilterOutlined />} onClick={() => setOpen(true)} aria-keyshortcuts="q">
        {t('cases:filter.title')}
      </Button>
      <SavedViews code={r.code} text={writeFilter(filter).toString()} apply={apply} />
      <p className="sentence">
        {parts.length === 0 ? t('ledger:say.all', { name: r.name }) : before}
        {parts.map((p, i) => (
          <span key={p.key}>
            {i ? t('ledger:say.and') : ''}
            <button
              type="button"
              className="phrase"
              onClick={p.drop}
              title={t('cases:sentence.drop')}
              aria-label={t('cases:sentence.drop_part', { part: p.text })}
            >
              {p.text}
              <CloseOutlined aria-hidden />
            </button>
          </span>
        ))}
        {parts.length ? after : ''}
        <span className="quiet">{sortWords(filter, r, t)}</span>
      </p>
      <Drawer
        open={open}
        onClose={() => setOpen(false)}
        title={t('cases:filter.title')}
        placement="left"
        size={400}
        mask={{ blur: false }}
      >
        {open ? (
          <Suspense fallback={<Loading />}>
            <FilterForm
              r={r}
              rows={rows}
              value={filter}
              onChange={onChange}
              phone={phone}
              onPhone={onPhone}
              onClose={() => setOpen(false)}
            />
          </Suspense>
        ) : null}
      </Drawer>
    </div>
  );
}
