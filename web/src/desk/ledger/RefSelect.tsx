import { Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDebounced } from '@/shared/debounced.ts';
import { useRefs } from './data.ts';
import type { Field, Named } from './model.ts';

interface Common {
  code: string;
  f: Field;
  id?: string;
  autoFocus?: boolean;
  disabled?: boolean;
  'aria-label'?: string;
}
interface One extends Common {
  value?: Named | null;
  onChange?: (v: Named | undefined) => void;
}

function useOptions(code: string, f: Field, known: Named[]) {
  const [q, setQ] = useState('');
  const [open, setOpen] = useState(false);
  const held = useDebounced(q.trim(), 200);
  const found = useRefs(code, f.name, held, open);
  // Until the answer to what is typed is there, Enter must not take something else.
  const waiting = held !== q.trim() || found.isPlaceholderData;
  const fits = (n: Named) => !waiting || `${n.name} ${n.code ?? ''}`.includes(q.trim());
  const got = (found.data ?? []).filter(fits);
  const ids = new Set(got.map((n) => n.id));
  const all = [...got, ...known.filter((k) => k.id && !ids.has(k.id) && (!q.trim() || !open))];
  return { setQ, setOpen, asked: !!q.trim(), all, error: found.isError, loading: found.isFetching };
}

const render = (n: Named | undefined) => (
  <div className="found">
    <span className="wrap">{n?.name}</span>
    <span className="quiet">{n?.code}</span>
  </div>
);

/** What a reference may refer to, found by its name; the second column says where it lies. */
export function RefSelect({ code, f, value, onChange, ...rest }: One) {
  const { t } = useTranslation();
  const o = useOptions(code, f, value ? [value] : []);
  return (
    <Select
      {...rest}
      value={value?.id}
      onChange={(id) => onChange?.(o.all.find((n) => n.id === id))}
      showSearch={{ filterOption: false, onSearch: o.setQ }}
      onOpenChange={o.setOpen}
      allowClear
      loading={o.loading}
      options={o.all.map((n) => ({ value: n.id as number, label: n.name }))}
      optionRender={(x) => render(o.all.find((n) => n.id === x.value))}
      popupMatchSelectWidth={360}
      notFoundContent={t(
        o.error ? 'ledger:pick.failed' : o.asked && !o.loading ? 'common:pick.none' : 'ledger:pick.ref',
      )}
      placeholder={t('ledger:pick.ref')}
      className="wide"
    />
  );
}

/** Several of them, for filters. */
export function RefsSelect({
  code,
  f,
  value,
  onChange,
  ...rest
}: Common & { value: Named[]; onChange: (v: Named[]) => void }) {
  const { t } = useTranslation();
  const o = useOptions(code, f, value);
  return (
    <Select
      {...rest}
      mode="multiple"
      value={value.map((n) => n.id as number)}
      onChange={(ids: number[]) => onChange(ids.flatMap((id) => o.all.find((n) => n.id === id) ?? []))}
      showSearch={{ filterOption: false, onSearch: o.setQ, autoClearSearchValue: true }}
      onOpenChange={o.setOpen}
      allowClear
      loading={o.loading}
      options={o.all.map((n) => ({ value: n.id as number, label: n.name }))}
      optionRender={(x) => render(o.all.find((n) => n.id === x.value))}
      popupMatchSelectWidth={360}
      notFoundContent={t(
        o.error ? 'ledger:pick.failed' : o.asked && !o.loading ? 'common:pick.none' : 'ledger:pick.ref',
      )}
      placeholder={t('ledger:pick.ref')}
      className="wide"
    />
  );
}
