import { Alert, Button, DatePicker, type FormInstance, TreeSelect } from 'antd';
import dayjs from 'dayjs';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Problem as Refusal } from '@/shared/api.ts';
import { useSession } from '@/shared/session.tsx';
import { addDays, dayOf, dayText, exact, today } from '@/shared/time.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { type LimitPreview, type Problem, regionsBelow, type Sample } from './data.ts';

/** A day as yyyymmdd. */
export function DayField({
  value,
  onChange,
  min,
  max,
  ...rest
}: {
  value?: number;
  onChange?: (day: number | undefined) => void;
  id?: string;
  min?: number;
  max?: number;
  placeholder?: string;
  allowClear?: boolean;
  'aria-label'?: string;
}) {
  return (
    <DatePicker
      {...rest}
      className="wide"
      value={value ? dayjs(dayText(value)) : null}
      minDate={min ? dayjs(dayText(min)) : undefined}
      maxDate={max ? dayjs(dayText(max)) : undefined}
      onChange={(d) => onChange?.(d ? dayOf(d.format('YYYYMMDD')) : undefined)}
    />
  );
}

export const tomorrow = () => addDays(today(), 1);

/** "2026-11-24 起", "2026-01-01 至 2026-11-30". The end is the first day without it. */
export function useSpanText() {
  const { t } = useTranslation();
  return (from: number | undefined, to?: number) => {
    if (!from) return '—';
    if (to && to <= from) return t('admin:span.never', { from: dayText(from) });
    return to
      ? t('admin:span.from_to', { from: dayText(from), to: dayText(addDays(to, -1)) })
      : t('admin:span.from', { from: dayText(from) });
  };
}

interface RegionNode {
  value: string;
  title: string;
  isLeaf: boolean;
  disabled?: boolean;
  children?: RegionNode[];
}

/** One region, opened level by level; depths limits what may be chosen (digits of the code). */
export function RegionSelect({
  value,
  onChange,
  depths,
  label,
  ...rest
}: {
  value?: string;
  onChange?: (code: string | undefined) => void;
  depths?: readonly number[] | null;
  /** The name of the present value, which may lie in a branch not opened yet. */
  label?: string;
  id?: string;
  'aria-label'?: string;
  allowClear?: boolean;
}) {
  const { me } = useSession();
  const city = me.city.code;
  const allowed = (code: string) => !depths?.length || depths.includes(code.length);
  const deepest = depths?.length ? Math.max(...depths) : 12;
  const node = (code: string, title: string): RegionNode => ({
    value: code,
    title,
    isLeaf: code.length >= deepest,
    disabled: !allowed(code),
  });
  const [tree, setTree] = useState<RegionNode[]>([]);
  const [error, setError] = useState<unknown>(null);
  const key = depths?.join() ?? '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tree depends on what may be chosen
  useEffect(() => {
    let gone = false;
    setError(null);
    regionsBelow(city).then(
      (list) => {
        if (gone) return;
        const root = node(city, me.city.name);
        root.children = deepest > 4 ? list.map((r) => node(r.code, r.name)) : undefined;
        setTree([root]);
      },
      (e) => !gone && setError(e),
    );
    return () => {
      gone = true;
    };
  }, [city, key]);
  const load = async (code: string) => {
    const list = await regionsBelow(code).catch(() => []);
    const put = (nodes: RegionNode[]): RegionNode[] =>
      nodes.map((n) => {
        if (n.value === code)
          return { ...n, children: list.map((r) => node(r.code, r.name)), isLeaf: list.length === 0 };
        return n.children ? { ...n, children: put(n.children) } : n;
      });
    setTree(put);
  };
  if (error) return <ErrorNote error={error} />;
  return (
    <TreeSelect
      {...rest}
      className="wide"
      value={value ? { value, label: label ?? undefined } : undefined}
      labelInValue
      treeData={tree}
      treeDefaultExpandedKeys={[city]}
      loadData={(n) => load(String(n.value))}
      onChange={(v) => onChange?.((v as { value?: string } | undefined)?.value)}
      popupMatchSelectWidth={320}
    />
  );
}

/** List on the left, what was chosen on the right; on a phone one after the other. */
export function Split({
  list,
  detail,
  onBack,
}: {
  list: ReactNode;
  detail: ReactNode | null;
  onBack: () => void;
}) {
  const { t } = useTranslation();
  return (
    <div className={`split${detail ? ' split-open' : ''}`}>
      <div className="split-list">{list}</div>
      {detail ? (
        <section className="split-detail panel">
          <Button className="split-back" type="text" onClick={onBack}>
            {t('admin:back')}
          </Button>
          {detail}
        </section>
      ) : null}
    </div>
  );
}

/** Puts a refusal at its field where the form has it. Says whether it did. */
export function toField(form: FormInstance, error: unknown, fields: readonly string[]): boolean {
  if (!(error instanceof Refusal) || !error.field) return false;
  const name = error.field.split(/[.[]/)[0] as string;
  if (!fields.includes(name)) return false;
  form.setFields([{ name, errors: [error.message] }]);
  form.scrollToField(name, { focus: true });
  return true;
}

/** What a refused publication says, with the rules that stand in its way. */
export function Refused({ error, reload }: { error: unknown; reload?: () => void }) {
  const { t } = useTranslation();
  if (!error) return null;
  const problems = error instanceof Refusal ? (error.params.problems as Problem[] | undefined) : undefined;
  const stale = error instanceof Refusal && error.code === 'stale_version';
  return (
    <div className="gap-below" role="alert">
      {stale ? (
        <Alert
          type="warning"
          showIcon
          title={t('admin:stale')}
          action={reload ? <Button onClick={reload}>{t('admin:reload')}</Button> : undefined}
        />
      ) : (
        <ErrorNote error={error} />
      )}
      {problems?.length ? (
        <ul className="problems">
          {problems.map((p) => (
            <li key={p.rule + p.kind + p.text}>{p.text}</li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

export function SampleTable({ sample, units }: { sample: readonly Sample[]; units?: boolean }) {
  const { t } = useTranslation();
  if (sample.length === 0) return null;
  const due = (at: string | undefined) => (at ? exact(at) : t('admin:preview.no_due'));
  return (
    <div className="scroll-x">
      <table className="plain-table">
        <caption>{t('admin:preview.sample', { count: sample.length })}</caption>
        <thead>
          <tr>
            <th>{t('admin:preview.case')}</th>
            <th>{units ? t('admin:preview.from_unit') : t('admin:preview.old_due')}</th>
            <th>{units ? t('admin:preview.to_unit') : t('admin:preview.new_due')}</th>
          </tr>
        </thead>
        <tbody>
          {sample.map((s) => (
            <tr key={s.id}>
              <td>
                <Link to={`/cases/${s.id}`}>{s.title || s.number}</Link>
                <div className="quiet">
                  {s.number} {s.category?.name ?? ''}
                </div>
              </td>
              <td className={units ? undefined : 'num'}>
                {units ? s.from_unit?.name || t('admin:preview.no_unit') : due(s.old_due_at)}
              </td>
              <td className={units ? undefined : 'num'}>
                {units ? s.to_unit?.name || t('admin:preview.no_unit') : due(s.new_due_at)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What a change of limits or days would have done. */
export function LimitEffect({ p }: { p: LimitPreview }) {
  const { t } = useTranslation();
  return (
    <div className="effect" role="status">
      <p className="effect-main">
        {p.cases === 0
          ? t('admin:preview.no_cases')
          : p.changed === 0
            ? t('admin:preview.same', { count: p.cases })
            : t('admin:preview.limits', {
                count: p.cases,
                changed: p.changed,
                earlier: p.earlier,
                later: p.later,
              })}
      </p>
      {p.cases > 0 && p.overdue_before !== p.overdue_after ? (
        <p>{t('admin:preview.overdue', { before: p.overdue_before, after: p.overdue_after })}</p>
      ) : null}
      {p.problems?.length ? (
        <ul className="problems">
          {p.problems.map((x) => (
            <li key={x.rule + x.text}>{x.text}</li>
          ))}
        </ul>
      ) : null}
      <SampleTable sample={p.sample ?? []} />
    </div>
  );
}
