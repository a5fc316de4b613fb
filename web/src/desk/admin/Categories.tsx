import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation, useQuery } from '@tanstack/react-query';
import {
  Alert,
  App,
  AutoComplete,
  Button,
  Checkbox,
  Form,
  Input,
  InputNumber,
  Select,
  Tree,
  TreeSelect,
} from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { type ClockUnit, type Grade, grades } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { useDebounced } from '@/shared/debounced.ts';
import { type CategoryNode, categoryTree } from '@/shared/lookups.ts';
import { dayText, today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import {
  type Category,
  type CategoryBody,
  type Items,
  type LimitPreview,
  type StageLimit,
  useDuties,
  useRefresh,
  useRuleCategories,
} from './data.ts';
import { DayField, LimitEffect, Refused, Split, toField, tomorrow, useSpanText } from './parts.tsx';
import { Questions } from './Questions.tsx';

const units: ClockUnit[] = ['work_hour', 'work_day', 'day', 'hour'];
const stages = ['handle', 'whole', 'triage', 'sign', 'verify', 'call_back'] as const;

interface Fields extends Omit<CategoryBody, 'evidence' | 'callback_rate' | 'by_grade'> {
  found?: boolean;
  resolved?: boolean;
  callback_percent?: number | null;
  by_grade?: Partial<Record<Grade, StageLimit[]>>;
  valid_from: number;
  valid_to?: number;
  note?: string;
}
const names = [
  'parent',
  'code',
  'name',
  'name_en',
  'kind',
  'nature',
  'grade',
  'limits',
  'evidence_why',
  'filing',
  'closing',
  'unit_kind',
  'keywords',
  'questions',
  'valid_from',
  'valid_to',
  'note',
];

function toBody(v: Fields): CategoryBody {
  const { found, resolved, callback_percent, valid_from: _f, valid_to: _t, note: _n, by_grade, ...rest } = v;
  const own = Object.entries(by_grade ?? {}).filter(([, l]) => l?.length);
  return {
    ...rest,
    code: v.code.trim(),
    name: v.name.trim(),
    limits: v.limits ?? [],
    keywords: v.keywords ?? [],
    questions: v.questions ?? [],
    evidence: { found: !!found, resolved: !!resolved },
    ...(own.length ? { by_grade: Object.fromEntries(own) } : {}),
    ...(callback_percent === undefined || callback_percent === null
      ? {}
      : { callback_rate: callback_percent / 100 }),
  };
}

/** Limits by stage; a name that is no stage of the case is a milestone such as 停工. */
function Limits({ name }: { name: (string | number)[] | string }) {
  const { t } = useTranslation();
  const stageWord = (s: string) => ((stages as readonly string[]).includes(s) ? t(`admin:stage.${s}`) : s);
  return (
    <Form.List name={name}>
      {(rows, { add, remove }) => (
        <>
          {rows.map((row) => (
            <div className="limit-row" key={row.key}>
              <Form.Item
                name={[row.name, 'stage']}
                rules={[{ required: true, message: t('admin:need.stage') }]}
                getValueProps={(v: string) => ({ value: v ? stageWord(v) : v })}
                normalize={(v: string) => stages.find((s) => t(`admin:stage.${s}`) === v) ?? v}
              >
                <AutoComplete
                  aria-label={t('admin:category.stage')}
                  placeholder={t('admin:category.stage')}
                  maxLength={40}
                  options={stages.map((s) => ({ value: t(`admin:stage.${s}`) }))}
                />
              </Form.Item>
              <Form.Item name={[row.name, 'n']} rules={[{ required: true, message: t('admin:need.number') }]}>
                <InputNumber min={1} max={10000} precision={0} aria-label={t('admin:category.amount')} />
              </Form.Item>
              <Form.Item
                name={[row.name, 'unit']}
                rules={[{ required: true, message: t('admin:need.unit') }]}
              >
                <Select
                  aria-label={t('admin:category.unit')}
                  popupMatchSelectWidth={false}
                  options={units.map((u) => ({ value: u, label: t(`admin:unit.${u}`) }))}
                />
              </Form.Item>
              <Button
                type="text"
                icon={<DeleteOutlined />}
                aria-label={t('admin:category.limit_remove')}
                onClick={() => remove(row.name)}
              />
            </div>
          ))}
          <Button
            size="small"
            icon={<PlusOutlined aria-hidden />}
            onClick={() => add({ stage: rows.length ? '' : 'handle', n: 1, unit: 'work_day' })}
          >
            {t('admin:category.limit_add')}
          </Button>
        </>
      )}
    </Form.List>
  );
}

function Effective({ c }: { c: Category }) {
  const { t } = useTranslation();
  const rows = grades.map((g) => ({ g, list: c.effective?.[g] ?? [] })).filter((r) => r.list.length);
  if (!rows.length) return null;
  return (
    <div className="scroll-x">
      <table className="plain-table">
        <caption>{t('admin:category.effective')}</caption>
        <tbody>
          {rows.map(({ g, list }) => (
            <tr key={g}>
              <th scope="row">{t(`common:grade.${g}`)}</th>
              <td>
                {list.map((l) => (
                  <div key={l.stage}>
                    {(stages as readonly string[]).includes(l.stage) ? t(`admin:stage.${l.stage}`) : l.stage}{' '}
                    {l.text} <span className="quiet">{l.from}</span>
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Editor({
  now,
  newest,
  parent,
  tree,
  onDone,
}: {
  now?: Category;
  newest?: Category;
  parent?: number;
  tree: CategoryNode[];
  onDone: (id: number) => void;
}) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const spanText = useSpanText();
  const kinds = useDuties();
  const [form] = Form.useForm<Fields>();
  const c = newest ?? now;
  const found = Form.useWatch('found', form);
  const resolved = Form.useWatch('resolved', form);
  const own = Form.useWatch('by_grade', form);
  const open = (nodes: CategoryNode[]): CategoryNode[] =>
    nodes
      .filter((n) => n.value !== c?.id)
      .map((n) => ({ ...n, selectable: true, children: n.children ? open(n.children) : undefined }));
  const preview = useMutation({
    mutationFn: (v: Fields) =>
      call<LimitPreview>('POST', '/categories/preview', {
        body: {
          id: c?.id ?? 0,
          version: c?.version ?? 0,
          category: toBody(v),
          ...(v.valid_to ? { valid_to: v.valid_to } : {}),
        },
      }),
    onError: (e) => toField(form, e, names),
  });
  const save = useMutation({
    mutationFn: (v: Fields) =>
      c
        ? call<Category>('PUT', `/categories/${c.id}`, {
            body: {
              ...toBody(v),
              version: c.version,
              valid_from: v.valid_from,
              valid_to: v.valid_to,
              note: v.note,
            },
          })
        : call<Category>('POST', '/categories', {
            body: { ...toBody(v), valid_from: v.valid_from, note: v.note },
          }),
    onSuccess: (x, v) => {
      refresh('categories');
      void message.success(t('admin:category.saved', { name: x.name, day: dayText(v.valid_from) }));
      onDone(x.id);
    },
    onError: (e) => toField(form, e, names),
  });
  const initial: Partial<Fields> = c
    ? {
        ...c,
        parent: c.parent || undefined,
        nature: c.nature ?? '',
        grade: c.grade ?? '',
        limits: c.limits ?? [],
        questions: c.questions ?? [],
        by_grade: (c.by_grade ?? {}) as Fields['by_grade'],
        found: c.evidence?.found,
        resolved: c.evidence?.resolved,
        callback_percent:
          c.callback_rate === undefined || c.callback_rate === null
            ? null
            : Math.round(c.callback_rate * 1000) / 10,
        valid_from: tomorrow(),
        valid_to: c.valid_to || undefined,
        note: '',
      }
    : {
        parent,
        kind: 'event',
        nature: '',
        grade: '',
        limits: [{ stage: 'handle', n: 5, unit: 'work_day' }],
        valid_from: tomorrow(),
      };
  return (
    <>
      <h2>{c ? c.name : t('admin:category.new')}</h2>
      {c ? (
        <p className="quiet gap-below">
          {t('admin:version_line', { version: c.version, span: spanText(c.valid_from, c.valid_to) })}{' '}
          <Link to={`/admin/versions?kind=category&key=${c.id}`}>{t('admin:history')}</Link>
        </p>
      ) : null}
      {newest && now && newest.version > now.version ? (
        <Alert
          type="info"
          showIcon
          className="gap-below"
          title={t('admin:next_version', { version: newest.version, day: dayText(newest.valid_from) })}
        />
      ) : null}
      <Form<Fields>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={initial}
        onFinish={(v) => save.mutate(v)}
        scrollToFirstError={{ focus: true }}
      >
        <div className="two">
          <Form.Item
            name="name"
            label={t('admin:category.name')}
            rules={[{ required: true, message: t('admin:need.name') }]}
          >
            <Input maxLength={80} />
          </Form.Item>
          <Form.Item name="name_en" label={t('admin:category.name_en')}>
            <Input maxLength={160} />
          </Form.Item>
          <Form.Item
            name="code"
            label={t('admin:category.code')}
            rules={[{ required: true, message: t('admin:need.code') }]}
          >
            <Input maxLength={20} />
          </Form.Item>
          <Form.Item name="parent" label={t('admin:category.parent')}>
            <TreeSelect
              allowClear
              treeData={open(tree)}
              placeholder={t('admin:category.top')}
              showSearch={{ filterTreeNode: (text, n) => String(n.path).includes(text) }}
              popupMatchSelectWidth={320}
            />
          </Form.Item>
          <Form.Item name="kind" label={t('admin:category.kind')}>
            <Select
              options={(['event', 'part'] as const).map((k) => ({
                value: k,
                label: t(`admin:category.kinds.${k}`),
              }))}
            />
          </Form.Item>
          <Form.Item
            name="unit_kind"
            label={t('admin:category.unit_kind')}
            extra={t('admin:category.unit_kind_why')}
          >
            <Select allowClear showSearch={{ optionFilterProp: 'label' }} options={kinds} />
          </Form.Item>
          <Form.Item name="nature" label={t('admin:category.nature')}>
            <Select
              options={(['', 'lifeline', 'consultation'] as const).map((k) => ({
                value: k,
                label: t(`admin:category.natures.${k || 'ordinary'}`),
              }))}
            />
          </Form.Item>
          <Form.Item name="grade" label={t('admin:category.grade')}>
            <Select
              options={[
                { value: '', label: t('admin:category.no_grade') },
                ...grades.map((g) => ({ value: g, label: t(`common:grade.${g}`) })),
              ]}
            />
          </Form.Item>
        </div>
        <fieldset>
          <legend>{t('admin:category.limits')}</legend>
          <p className="quiet gap-below">{t('admin:category.limits_why')}</p>
          <Limits name="limits" />
          <details className="fold" open={Object.values(own ?? {}).some((l) => l?.length)}>
            <summary>{t('admin:category.by_grade')}</summary>
            {grades.map((g) => (
              <div key={g} className="gap-below">
                <b>{t(`common:grade.${g}`)}</b>
                <Limits name={['by_grade', g]} />
              </div>
            ))}
          </details>
          {c ? <Effective c={c} /> : null}
        </fieldset>
        <fieldset>
          <legend>{t('admin:category.evidence')}</legend>
          <Form.Item name="found" valuePropName="checked" noStyle>
            <Checkbox>{t('admin:category.found')}</Checkbox>
          </Form.Item>
          <Form.Item name="resolved" valuePropName="checked" noStyle>
            <Checkbox>{t('admin:category.resolved')}</Checkbox>
          </Form.Item>
          <Form.Item
            name="evidence_why"
            label={t('admin:category.evidence_why')}
            extra={t('admin:category.evidence_rule')}
            dependencies={['found', 'resolved']}
            rules={[
              { required: !!found || !!resolved, whitespace: true, message: t('admin:need.evidence_why') },
            ]}
          >
            <Input.TextArea autoSize={{ minRows: 1, maxRows: 4 }} maxLength={1000} />
          </Form.Item>
          <Form.Item name="evidence_why_en" label={t('admin:category.evidence_why_en')}>
            <Input.TextArea autoSize={{ minRows: 1, maxRows: 4 }} maxLength={2000} />
          </Form.Item>
        </fieldset>
        <fieldset>
          <legend>{t('admin:category.conditions')}</legend>
          <Form.Item name="filing" label={t('admin:category.filing')}>
            <Input.TextArea autoSize={{ minRows: 1, maxRows: 6 }} maxLength={1000} />
          </Form.Item>
          <Form.Item name="closing" label={t('admin:category.closing')}>
            <Input.TextArea autoSize={{ minRows: 1, maxRows: 6 }} maxLength={1000} />
          </Form.Item>
          <Form.Item
            name="keywords"
            label={t('admin:category.keywords')}
            extra={t('admin:category.keywords_why')}
          >
            <Select
              mode="tags"
              tokenSeparators={[',', ',', '、', ' ']}
              maxCount={60}
              open={false}
              suffixIcon={null}
            />
          </Form.Item>
          <div className="two">
            <Form.Item
              name="callback_percent"
              label={t('admin:category.callback')}
              extra={t('admin:category.callback_why')}
            >
              <InputNumber min={0} max={100} suffix="%" />
            </Form.Item>
            <Form.Item name="onsite_allowed" valuePropName="checked" label={t('admin:category.onsite')}>
              <Checkbox>{t('admin:category.onsite_yes')}</Checkbox>
            </Form.Item>
          </div>
          <Form.Item name="private" valuePropName="checked" label={t('admin:category.private')}>
            <Checkbox>{t('admin:category.private_yes')}</Checkbox>
          </Form.Item>
        </fieldset>
        <fieldset>
          <legend>{t('admin:question.title')}</legend>
          <p className="quiet gap-below">{t('admin:question.title_why')}</p>
          <Questions />
        </fieldset>
        <fieldset>
          <legend>{t('admin:publish_title')}</legend>
          <p className="quiet gap-below">{t('admin:publish_why')}</p>
          <Refused error={save.error ?? preview.error} reload={() => refresh('categories')} />
          <div className="two">
            <Form.Item
              name="valid_from"
              label={t('admin:from')}
              rules={[{ required: true, message: t('admin:need.from') }]}
            >
              <DayField allowClear={false} min={today()} />
            </Form.Item>
            {c ? (
              <Form.Item name="valid_to" label={t('admin:category.to')} extra={t('admin:category.to_why')}>
                <DayField min={tomorrow()} />
              </Form.Item>
            ) : null}
          </div>
          <Form.Item name="note" label={t('admin:note')} extra={t('admin:note_why')}>
            <Input maxLength={500} />
          </Form.Item>
          <p className="buttons">
            <Button
              loading={preview.isPending}
              onClick={() => void form.validateFields().then((v) => preview.mutate(v))}
            >
              {t('admin:preview.do')}
            </Button>
            <Button type="primary" htmlType="submit" loading={save.isPending}>
              {t('admin:publish')}
            </Button>
          </p>
          {preview.data ? <LimitEffect p={preview.data} /> : null}
        </fieldset>
      </Form>
    </>
  );
}

export function Categories() {
  const { t, i18n } = useTranslation();
  const [params, setParams] = useSearchParams();
  const id = params.get('id');
  const parent = Number(params.get('parent')) || undefined;
  const list = useRuleCategories();
  // What is published but has not begun: edits go on from there.
  const later = useQuery({
    queryKey: ['admin', 'categories', 'newest'],
    queryFn: async ({ signal }) =>
      (await call<Items<Category>>('GET', '/categories', { query: { at: 20991231 }, signal })).items ?? [],
  });
  const [text, setText] = useState('');
  const q = useDebounced(text.trim(), 150);
  const all = useMemo(() => {
    const byId = new Map((list.data ?? []).map((c) => [c.id, c]));
    for (const c of later.data ?? []) if (!byId.has(c.id)) byId.set(c.id, c);
    return [...byId.values()];
  }, [list.data, later.data]);
  const tree = useMemo(() => categoryTree(all as never, i18n.language), [all, i18n.language]);
  const shown = useMemo(() => {
    if (!q) return tree;
    const keep = (nodes: CategoryNode[]): CategoryNode[] =>
      nodes.flatMap((n) => {
        const kids = n.children ? keep(n.children) : [];
        return n.title.includes(q) || kids.length
          ? [{ ...n, children: kids.length ? kids : n.title.includes(q) ? n.children : undefined }]
          : [];
      });
    return keep(tree);
  }, [tree, q]);
  const [expanded, setExpanded] = useState<React.Key[]>([]);
  const keysOf = (nodes: CategoryNode[]): number[] =>
    nodes.flatMap((n) => (n.children ? [n.value, ...keysOf(n.children)] : []));
  // The branch of what is open must not stay closed.
  const branch = useMemo(() => {
    const parentOf = new Map(all.map((c) => [c.id, c.parent ?? 0]));
    const out: number[] = [];
    for (let p = parentOf.get(Number(id)); p && !out.includes(p); p = parentOf.get(p)) out.push(p);
    return out;
  }, [all, id]);
  const [shut, setShut] = useState<string | null>(null);
  const opened = q ? keysOf(shown) : shut === id ? expanded : [...new Set([...expanded, ...branch])];
  const now = list.data?.find((c) => String(c.id) === id);
  const newest = later.data?.find((c) => String(c.id) === id);
  const ready = list.data && !later.isPending;
  return (
    <Split
      onBack={() => setParams({})}
      list={
        <>
          <header className="admin-head">
            <h1>{t('admin:page.categories')}</h1>
            <Input.Search
              allowClear
              value={text}
              onChange={(e) => setText(e.target.value)}
              placeholder={t('admin:category.search')}
              aria-label={t('admin:category.search')}
            />
            <Button
              type="primary"
              onClick={() =>
                setParams({ id: 'new', ...(now ? { parent: String(now.leaf ? now.parent : now.id) } : {}) })
              }
            >
              {t('admin:category.new')}
            </Button>
          </header>
          {list.error && !list.data ? (
            <ErrorNote error={list.error} retry={() => void list.refetch()} />
          ) : list.isPending ? (
            <Loading />
          ) : shown.length === 0 ? (
            <EmptyNote title={t('admin:category.none')}>{t('admin:category.none_why')}</EmptyNote>
          ) : (
            <Tree<CategoryNode>
              blockNode
              treeData={shown}
              fieldNames={{ key: 'value', title: 'title', children: 'children' }}
              expandedKeys={opened}
              onExpand={(keys) => {
                setExpanded(keys);
                setShut(id);
              }}
              selectedKeys={id ? [Number(id)] : []}
              onSelect={(keys) => keys[0] && setParams({ id: String(keys[0]) })}
            />
          )}
        </>
      }
      detail={
        id === 'new' ? (
          <Editor
            key={`new:${parent}`}
            parent={parent}
            tree={tree}
            onDone={(n) => setParams({ id: String(n) })}
          />
        ) : id && ready && (now || newest) ? (
          <Editor
            key={`${id}:${now?.version ?? 0}:${newest?.version ?? 0}`}
            now={now}
            newest={newest ?? now}
            tree={tree}
            onDone={(n) => setParams({ id: String(n) })}
          />
        ) : null
      }
    />
  );
}
