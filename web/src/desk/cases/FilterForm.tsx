import { Button, Checkbox, Form, Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { channels, grades, statuses } from '@/shared/api.ts';
import { useRegions, useStreets } from '@/shared/lookups.ts';
import { addDays, dayOf, dayText, today } from '@/shared/time.ts';
import { CategoriesSelect, OrgSelect } from '@/shared/ui/pick.tsx';
import { type Filter, pendingKinds, waitFlags } from './filter.ts';

interface Props {
  value: Filter;
  onChange: (f: Filter) => void;
  onClose: () => void;
}

const numbers = (v: string[] | undefined) => (v ?? []).map(Number).filter((n) => n > 0);
const one = (v: string | undefined) => (v ? Number(v) : undefined);
const strings = (v: number[]) => (v.length ? v.map(String) : undefined);

/** Everything that the list can be narrowed by. Changes show at once. */
export default function FilterForm({ value: f, onChange, onClose }: Props) {
  const { t } = useTranslation();
  const streets = useStreets();
  const communities = useRegions(f.street);
  const set = (p: Partial<Filter>) => {
    const next = { ...f, ...p };
    for (const k of Object.keys(next) as (keyof Filter)[]) {
      const v = next[k];
      if (v === undefined || v === false || v === '' || (Array.isArray(v) && !v.length)) delete next[k];
    }
    onChange(next);
  };
  const many = (
    key: 'status' | 'grade' | 'channel',
    options: { value: string; label: string }[],
    auto = false,
  ) => (
    <Form.Item label={t(`cases:filter.${key}`)} htmlFor={`f-${key}`}>
      <Select
        id={`f-${key}`}
        mode="multiple"
        className="wide"
        autoFocus={auto}
        allowClear
        value={f[key] ?? []}
        options={options}
        showSearch={{ optionFilterProp: 'label' }}
        onChange={(v: string[]) => set({ [key]: v })}
      />
    </Form.Item>
  );
  const now = today();
  const spans: [string, number, number][] = [
    ['today', now, now],
    ['week', addDays(now, -6), now],
    ['month', addDays(now, -29), now],
  ];
  return (
    <Form layout="vertical" className="filter-form" component="div">
      <div className="filter-flags">
        {(['open', 'mine', 'overdue', 'soon'] as const).map((k) => (
          <Checkbox key={k} checked={!!f[k]} onChange={(e) => set({ [k]: e.target.checked })}>
            {t(`cases:filter.${k}`)}
          </Checkbox>
        ))}
      </div>
      <Form.Item label={t('cases:filter.q')} htmlFor="f-q">
        <Input
          id="f-q"
          defaultValue={f.q}
          allowClear
          maxLength={100}
          onPressEnter={(e) => set({ q: e.currentTarget.value.trim() })}
          onBlur={(e) => set({ q: e.target.value.trim() })}
        />
      </Form.Item>
      {many(
        'status',
        statuses.map((s) => ({ value: s, label: t(`common:status.${s}`) })),
        true,
      )}
      <Form.Item label={t('cases:filter.flag')} htmlFor="f-flag">
        <Select
          id="f-flag"
          className="wide"
          allowClear
          value={f.flag}
          options={waitFlags.map((s) => ({ value: s, label: t(`cases:flag.${s}`) }))}
          onChange={(v) => set({ flag: v })}
        />
      </Form.Item>
      <Form.Item label={t('cases:filter.pending')} htmlFor="f-pending">
        <Select
          id="f-pending"
          className="wide"
          allowClear
          value={f.pending}
          options={pendingKinds.map((s) => ({ value: s, label: t(`cases:pending.${s}`) }))}
          onChange={(v) => set({ pending: v })}
        />
      </Form.Item>
      {many(
        'grade',
        grades.map((s) => ({ value: s, label: t(`common:grade.${s}`) })),
      )}
      <Form.Item label={t('cases:filter.category')} htmlFor="f-category">
        <CategoriesSelect
          id="f-category"
          value={numbers(f.category)}
          onChange={(v) => set({ category: strings(v) })}
        />
      </Form.Item>
      {many(
        'channel',
        channels.map((s) => ({ value: s, label: t(`common:channel.${s}`) })),
      )}
      <Form.Item label={t('cases:filter.street')} htmlFor="f-street">
        <Select
          id="f-street"
          className="wide"
          allowClear
          value={f.street}
          options={streets.map((s) => ({ value: s.code, label: s.name }))}
          showSearch={{ optionFilterProp: 'label' }}
          onChange={(v) => set({ street: v, community: undefined })}
        />
      </Form.Item>
      {f.street ? (
        <Form.Item label={t('cases:filter.community')} htmlFor="f-community">
          <Select
            id="f-community"
            className="wide"
            allowClear
            value={f.community}
            options={(communities.data?.items ?? []).map((s) => ({ value: s.code, label: s.name }))}
            showSearch={{ optionFilterProp: 'label' }}
            onChange={(v) => set({ community: v })}
          />
        </Form.Item>
      ) : null}
      <Form.Item label={t('cases:filter.lead')} htmlFor="f-lead">
        <OrgSelect
          id="f-lead"
          value={one(f.lead)}
          onChange={(v) => set({ lead: v ? String(v) : undefined })}
        />
      </Form.Item>
      <Form.Item label={t('cases:filter.days')}>
        <div className="days">
          <Input
            type="date"
            aria-label={t('cases:filter.from')}
            value={f.from ? dayText(f.from) : ''}
            onChange={(e) => set({ from: dayOf(e.target.value) })}
          />
          <Input
            type="date"
            aria-label={t('cases:filter.to')}
            value={f.to ? dayText(f.to) : ''}
            onChange={(e) => set({ to: dayOf(e.target.value) })}
          />
        </div>
        <div className="filter-flags">
          {spans.map(([k, from, to]) => (
            <Button key={k} size="small" onClick={() => set({ from, to })}>
              {t(`cases:span.${k}`)}
            </Button>
          ))}
        </div>
      </Form.Item>
      <div className="filter-foot">
        <Button onClick={() => onChange({ sort: f.sort })}>{t('common:do.clear')}</Button>
        <Button type="primary" onClick={onClose}>
          {t('common:do.close')}
        </Button>
      </div>
    </Form>
  );
}
