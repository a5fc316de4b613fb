import { useQuery } from '@tanstack/react-query';
import { Button, Checkbox, Form, Input, InputNumber, Select, TreeSelect } from 'antd';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { type ClockUnit, channels, grades } from '@/shared/api.ts';
import { type CategoryNode, useCategories } from '@/shared/lookups.ts';
import { useSession } from '@/shared/session.tsx';
import { type Ref, type Rule, regionsBelow, regionsKey, type UnitOf, useAllOrgs, useDuties } from './data.ts';
import { type Names, sentence } from './sentence.ts';

const reserved = ['owner', 'territory', 'principle'] as const;

/** A unit as one text for the select: "org:7", "kind:fire", "kind:@owner". */
const keyOf = (u: UnitOf) => (u.org ? `org:${u.org}` : `kind:${u.kind}`);
function unitOf(key: string): UnitOf {
  const v = key.slice(key.indexOf(':') + 1);
  return key.startsWith('org:') ? { org: Number(v) } : { kind: v };
}

interface Fields {
  name: string;
  name_en?: string;
  categories?: number[];
  areas?: string[];
  grades?: string[];
  channels?: string[];
  sources?: number[];
  kinds?: string[];
  unit_kinds?: string[];
  weekdays?: number[];
  from?: string;
  to?: string;
  lead: string;
  or?: string[];
  assists?: string[];
  limit_n?: number | null;
  limit_unit?: ClockUnit;
  needs_approval?: boolean;
}

export function toRule(v: Fields, before: Rule): Rule {
  const list = <T,>(x: T[] | undefined) => (x?.length ? x : undefined);
  const clean = <T extends object>(o: T) =>
    Object.fromEntries(Object.entries(o).filter(([, x]) => x !== undefined && x !== '')) as T;
  return {
    id: before.id,
    ...clean({ name: v.name.trim(), name_en: v.name_en?.trim() }),
    when: clean({
      categories: list(v.categories),
      areas: list(v.areas?.map(Number)),
      grids: before.when.grids ?? undefined,
      grades: list(v.grades),
      channels: list(v.channels),
      sources: list(v.sources),
      kinds: list(v.kinds),
      unit_kinds: list(v.unit_kinds),
      weekdays: list(v.weekdays),
      from: v.from && v.to ? v.from : undefined,
      to: v.from && v.to ? v.to : undefined,
    }),
    // biome-ignore lint/suspicious/noThenProperty: the contract's name
    then: clean({
      lead: unitOf(v.lead),
      or: list(v.or?.map(unitOf)),
      assists: list(v.assists?.map(unitOf)),
      limit: v.limit_n && v.limit_unit ? { n: v.limit_n, unit: v.limit_unit } : undefined,
      needs_approval: v.needs_approval || undefined,
    }),
  };
}

const fieldsOf = (r: Rule): Fields => ({
  name: r.name,
  name_en: r.name_en,
  categories: r.when.categories ?? [],
  areas: (r.when.areas ?? []).map(String),
  grades: r.when.grades ?? [],
  channels: r.when.channels ?? [],
  sources: r.when.sources ?? [],
  kinds: r.when.kinds ?? [],
  unit_kinds: r.when.unit_kinds ?? [],
  weekdays: r.when.weekdays ?? [],
  from: r.when.from,
  to: r.when.to,
  lead: keyOf(r.then.lead),
  or: (r.then.or ?? []).map(keyOf),
  assists: (r.then.assists ?? []).map(keyOf),
  limit_n: r.then.limit?.n,
  limit_unit: r.then.limit?.unit ?? 'work_hour',
  needs_approval: r.then.needs_approval,
});

/** Several categories, of any level. */
function CategoriesSelect({
  value,
  onChange,
  ...rest
}: {
  value?: number[];
  onChange?: (v: number[]) => void;
  id?: string;
}) {
  const { t } = useTranslation();
  const { tree, ready } = useCategories();
  const open = (nodes: CategoryNode[]): CategoryNode[] =>
    nodes.map((n) => ({ ...n, selectable: true, children: n.children && open(n.children) }));
  return (
    <TreeSelect
      {...rest}
      multiple
      allowClear
      value={value}
      onChange={(v) => onChange?.(v as number[])}
      treeData={open(tree)}
      loading={!ready}
      showSearch={{
        filterTreeNode: (text, node) => String(node.path).toLowerCase().includes(text.toLowerCase()),
      }}
      popupMatchSelectWidth={360}
      placeholder={t('admin:rule.any')}
    />
  );
}

/** Districts and their streets, several at once. */
function AreasSelect({
  value,
  onChange,
  names,
  ...rest
}: {
  value?: string[];
  onChange?: (v: string[]) => void;
  id?: string;
  names: Names;
}) {
  const { t } = useTranslation();
  const { me } = useSession();
  const tree = useQuery({
    queryKey: [...regionsKey, 'two', me.city.code],
    queryFn: async () => {
      const districts = await regionsBelow(me.city.code);
      return Promise.all(
        districts.map(async (d) => ({
          value: d.code,
          title: d.name,
          children: (await regionsBelow(d.code)).map((s) => ({ value: s.code, title: s.name })),
        })),
      );
    },
    staleTime: 30 * 60_000,
  });
  // A community that a rule names is no longer offered here, but stays chosen.
  const known = new Set((tree.data ?? []).flatMap((d) => [d.value, ...d.children.map((s) => s.value)]));
  const extra = (value ?? [])
    .filter((v) => !known.has(v))
    .map((v) => ({ value: v, title: names.area(Number(v)) }));
  return (
    <TreeSelect
      {...rest}
      multiple
      allowClear
      value={value}
      onChange={onChange}
      treeData={[...(tree.data ?? []), ...extra]}
      loading={tree.isPending}
      showSearch={{ treeNodeFilterProp: 'title' }}
      placeholder={t('admin:rule.any')}
    />
  );
}

/** One rule; the sentence above changes as one types. */
export function RuleForm({
  rule,
  names,
  sources,
  onSave,
}: {
  rule: Rule;
  names: Names;
  sources: readonly Ref[];
  onSave: (r: Rule) => void;
}) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Fields>();
  const orgs = useAllOrgs();
  const kinds = useDuties();
  const live = Form.useWatch([], form) as Fields | undefined;
  const shown = live?.lead ? toRule({ ...fieldsOf(rule), ...live }, rule) : rule;
  const s = sentence(shown, t, names);
  const units = useMemo(
    () => [
      {
        label: t('admin:rule.ways'),
        options: reserved.map((k) => ({ value: `kind:@${k}`, label: t(`admin:rule.unit.${k}`) })),
      },
      {
        label: t('admin:rule.by_kind'),
        options: kinds.map((k) => ({
          value: `kind:${k.value}`,
          label: t('admin:rule.unit.kind', { kind: k.label }),
        })),
      },
      {
        label: t('admin:rule.by_org'),
        options: (orgs.data ?? []).map((o) => ({ value: `org:${o.id}`, label: o.name })),
      },
    ],
    [kinds, orgs.data, t],
  );
  const any = t('admin:rule.any');
  const time = { pattern: /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, message: t('admin:rule.time') };
  const dirty = JSON.stringify(shown) !== JSON.stringify(toRule(fieldsOf(rule), rule));
  return (
    <>
      <h2>{t('admin:rule.edit')}</h2>
      <p className="rule-preview" aria-live="polite">
        {s.when}
        <br />
        <b>{s.does}</b>
      </p>
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={fieldsOf(rule)}
        onFinish={(v) => onSave(toRule(v, rule))}
      >
        <Form.Item
          name="name"
          label={t('admin:rule.name')}
          rules={[{ required: true, whitespace: true, message: t('admin:need.name') }]}
        >
          <Input maxLength={80} />
        </Form.Item>
        <Form.Item name="name_en" label={t('admin:rule.name_en')}>
          <Input maxLength={160} />
        </Form.Item>
        <fieldset>
          <legend>{t('admin:rule.conditions')}</legend>
          <p className="quiet gap-below">{t('admin:rule.conditions_why')}</p>
          <Form.Item name="categories" label={t('admin:rule.categories')}>
            <CategoriesSelect />
          </Form.Item>
          <div className="two">
            <Form.Item name="kinds" label={t('admin:rule.kinds')}>
              <Select
                mode="multiple"
                placeholder={any}
                options={['event', 'part'].map((k) => ({ value: k, label: t(`admin:category.kinds.${k}`) }))}
              />
            </Form.Item>
            <Form.Item name="unit_kinds" label={t('admin:rule.unit_kinds')}>
              <Select
                mode="multiple"
                placeholder={any}
                options={kinds}
                showSearch={{ optionFilterProp: 'label' }}
              />
            </Form.Item>
            <Form.Item name="grades" label={t('admin:rule.grades')}>
              <Select
                mode="multiple"
                placeholder={any}
                options={grades.map((g) => ({ value: g, label: t(`common:grade.${g}`) }))}
              />
            </Form.Item>
            <Form.Item name="channels" label={t('admin:rule.channels')}>
              <Select
                mode="multiple"
                placeholder={any}
                options={channels.map((c) => ({ value: c, label: t(`common:channel.${c}`) }))}
              />
            </Form.Item>
          </div>
          <Form.Item name="sources" label={t('admin:rule.sources')}>
            <Select
              mode="multiple"
              placeholder={any}
              options={sources.map((s) => ({ value: s.id, label: s.name }))}
              showSearch={{ optionFilterProp: 'label' }}
            />
          </Form.Item>
          <Form.Item name="areas" label={t('admin:rule.areas')}>
            <AreasSelect names={names} />
          </Form.Item>
          <Form.Item name="weekdays" label={t('admin:rule.weekdays')}>
            <Select
              mode="multiple"
              placeholder={any}
              options={[1, 2, 3, 4, 5, 6, 7].map((d) => ({ value: d, label: t(`admin:weekday.${d}`) }))}
            />
          </Form.Item>
          <div className="two">
            <Form.Item name="from" label={t('admin:rule.from')} rules={[time]}>
              <Input placeholder="08:30" maxLength={5} inputMode="numeric" />
            </Form.Item>
            <Form.Item name="to" label={t('admin:rule.to')} rules={[time]} extra={t('admin:rule.hours_why')}>
              <Input placeholder="17:30" maxLength={5} inputMode="numeric" />
            </Form.Item>
          </div>
        </fieldset>
        <fieldset>
          <legend>{t('admin:rule.decides')}</legend>
          <Form.Item
            name="lead"
            label={t('admin:rule.lead_field')}
            rules={[{ required: true, message: t('admin:need.org') }]}
          >
            <Select options={units} showSearch={{ optionFilterProp: 'label' }} />
          </Form.Item>
          <Form.Item name="or" label={t('admin:rule.or_field')}>
            <Select mode="multiple" maxCount={5} options={units} showSearch={{ optionFilterProp: 'label' }} />
          </Form.Item>
          <Form.Item name="assists" label={t('admin:rule.assists_field')}>
            <Select
              mode="multiple"
              maxCount={10}
              options={units}
              showSearch={{ optionFilterProp: 'label' }}
            />
          </Form.Item>
          <div className="two">
            <Form.Item name="limit_n" label={t('admin:rule.limit_field')} extra={t('admin:rule.limit_why')}>
              <InputNumber min={1} max={10000} precision={0} />
            </Form.Item>
            <Form.Item name="limit_unit" label={t('admin:category.unit')}>
              <Select
                options={(['work_hour', 'work_day', 'day', 'hour'] as const).map((u) => ({
                  value: u,
                  label: t(`admin:unit.${u}`),
                }))}
              />
            </Form.Item>
          </div>
          <Form.Item name="needs_approval" valuePropName="checked">
            <Checkbox>{t('admin:rule.approval_field')}</Checkbox>
          </Form.Item>
        </fieldset>
        <Button type="primary" htmlType="submit" disabled={!dirty}>
          {t('admin:rule.keep')}
        </Button>{' '}
        <span className="quiet">{t('admin:rule.keep_why')}</span>
      </Form>
    </>
  );
}
