import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Input, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ActionNeed, Ref } from '@/shared/api.ts';
import { grades } from '@/shared/api.ts';
import { Photos } from '@/shared/ui/Photos.tsx';
import { PlaceBox, type PlaceValue } from '@/shared/ui/PlaceBox.tsx';
import {
  AccountSelect,
  CaseSelect,
  CasesSelect,
  CategorySelect,
  OrgSelect,
  OrgsSelect,
} from '@/shared/ui/pick.tsx';

interface Props {
  need: ActionNeed;
  id?: string;
  value?: unknown;
  onChange?: (v: unknown) => void;
  onBusy?: (b: boolean) => void;
  caseId?: number;
  known?: Ref[];
  autoFocus?: boolean;
}

interface Part {
  title: string;
  text: string;
}

/** The parts a case is split into; two at least make sense. */
function Parts({ value, onChange, max }: { value?: Part[]; onChange?: (v: Part[]) => void; max?: number }) {
  const { t } = useTranslation();
  const parts = value?.length ? value : [{ title: '', text: '' }];
  const set = (i: number, p: Partial<Part>) =>
    onChange?.(parts.map((x, j) => (j === i ? { ...x, ...p } : x)));
  return (
    <div className="parts">
      {parts.map((p, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts have nothing else
        <fieldset key={i} className="part">
          <legend>{t('cases:part.n', { n: i + 1 })}</legend>
          <Input
            value={p.title}
            maxLength={100}
            placeholder={t('cases:part.title')}
            aria-label={t('cases:part.title')}
            onChange={(e) => set(i, { title: e.target.value })}
          />
          <Input.TextArea
            value={p.text}
            maxLength={4000}
            autoSize={{ minRows: 2 }}
            placeholder={t('cases:part.text')}
            aria-label={t('cases:part.text')}
            onChange={(e) => set(i, { text: e.target.value })}
          />
          {parts.length > 1 ? (
            <Button
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t('cases:part.remove', { n: i + 1 })}
              onClick={() => onChange?.(parts.filter((_, j) => j !== i))}
            />
          ) : null}
        </fieldset>
      ))}
      {parts.length < (max ?? 8) ? (
        <Button icon={<PlusOutlined />} onClick={() => onChange?.([...parts, { title: '', text: '' }])}>
          {t('cases:part.add')}
        </Button>
      ) : null}
    </div>
  );
}

/** One field of an action's form, by the type the server asks for. */
export function Need({ need, id, value, onChange, onBusy, caseId, known, autoFocus }: Props) {
  const { t } = useTranslation();
  const set = (v: unknown) => onChange?.(v);
  if (need.type === 'parts') return <Parts value={value as Part[]} onChange={set} max={need.max} />;
  switch (need.type) {
    case 'org':
      return <OrgSelect known={known} id={id} value={value as number} onChange={set} autoFocus={autoFocus} />;
    case 'orgs':
      return <OrgsSelect known={known} id={id} value={value as number[]} onChange={set} />;
    case 'category':
      return <CategorySelect id={id} value={value as number} onChange={set} autoFocus={autoFocus} />;
    case 'account':
      return <AccountSelect id={id} value={value as number} onChange={set} />;
    case 'case':
      return <CaseSelect id={id} value={value as number} onChange={set} not={caseId} autoFocus={autoFocus} />;
    case 'cases':
      return <CasesSelect id={id} value={value as number[]} onChange={set} not={caseId} />;
    case 'files':
      return <Photos id={id} value={value as number[]} onChange={set} onBusy={onBusy} max={need.max ?? 9} />;
    case 'place':
      return <PlaceBox id={id} value={value as PlaceValue} onChange={set} height={200} />;
    case 'grade':
      return (
        <Radio.Group
          id={id}
          value={value}
          onChange={(e) => set(e.target.value)}
          options={grades.map((g) => ({ value: g, label: t(`common:grade.${g}`) }))}
        />
      );
    case 'day':
      return (
        <Input
          id={id}
          type="date"
          className="date"
          value={(value as string) ?? ''}
          onChange={(e) => set(e.target.value || undefined)}
        />
      );
    case 'grade5':
      return (
        <Radio.Group
          id={id}
          value={value}
          onChange={(e) => set(e.target.value)}
          options={[5, 4, 3, 2, 1].map((n) => ({ value: n, label: t(`cases:satisfied.${n}`) }))}
        />
      );
    case 'yesno':
      return (
        <Radio.Group
          id={id}
          value={value}
          onChange={(e) => set(e.target.value)}
          options={[
            { value: true, label: t('cases:yes') },
            { value: false, label: t('cases:no') },
          ]}
        />
      );
    case 'choice': {
      const choices = (need.choices ?? []).map((c) => (typeof c === 'string' ? { value: c, label: c } : c));
      return choices.length <= 6 ? (
        <Radio.Group id={id} value={value} onChange={(e) => set(e.target.value)} options={choices} />
      ) : (
        <Select
          id={id}
          value={value}
          onChange={set}
          options={choices}
          showSearch={{ optionFilterProp: 'label' }}
          className="wide"
        />
      );
    }
    default:
      return (need.max ?? 500) > 120 ? (
        <Input.TextArea
          id={id}
          value={value as string}
          onChange={(e) => set(e.target.value)}
          maxLength={need.max}
          autoSize={{ minRows: 3, maxRows: 12 }}
          autoFocus={autoFocus}
        />
      ) : (
        <Input
          id={id}
          value={value as string}
          onChange={(e) => set(e.target.value)}
          maxLength={need.max}
          autoFocus={autoFocus}
        />
      );
  }
}
