import { LeftOutlined, RightOutlined } from '@ant-design/icons';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Form, Input } from 'antd';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { addDays, dayText, today } from '@/shared/time.ts';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { type CalendarYear, type LimitPreview, useRefresh, type YearBody } from './data.ts';
import { changedDays, kindOf, toggle, weeks, workdays, type YearDays } from './month.ts';
import { DayField, LimitEffect, Refused } from './parts.tsx';

const months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const days = [1, 2, 3, 4, 5, 6, 7];

/** Twelve months as one field of days: arrows move, Enter or a click changes a day. */
function Year({
  year,
  value,
  before,
  onChange,
}: {
  year: number;
  value: YearDays;
  before: YearDays;
  onChange: (y: YearDays) => void;
}) {
  const { t } = useTranslation();
  const now = today();
  const [active, setActive] = useState(Math.floor(now / 10_000) === year ? now : year * 10_000 + 101);
  const box = useRef<HTMLDivElement>(null);
  const moved = useRef(false);
  useEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    box.current?.querySelector<HTMLButtonElement>(`[data-day="${active}"]`)?.focus();
  }, [active]);
  const onKey = (e: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[e.key];
    if (!step) return;
    const next = addDays(active, step);
    if (Math.floor(next / 10_000) !== year) return;
    e.preventDefault();
    moved.current = true;
    setActive(next);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the days inside are buttons; this only moves between them
    <div className="year" ref={box} onKeyDown={onKey}>
      {months.map((m) => (
        <table key={m} className="month">
          <caption>{t(`common:month.${m}`)}</caption>
          <thead>
            <tr>
              {days.map((d) => (
                <th key={d} scope="col" abbr={t(`admin:weekday.${d}`)}>
                  {t(`admin:weekday_short.${d}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeks(year, m).map((week) => (
              <tr key={week.find((d) => d) ?? 0}>
                {week.map((d, i) => {
                  if (d === null) return <td key={`${m}-${days[i]}`} />;
                  const kind = kindOf(d, value);
                  const changed = kind !== kindOf(d, before);
                  const words = t(`admin:calendar.kind.${kind}`);
                  return (
                    <td key={d}>
                      <button
                        type="button"
                        data-day={d}
                        tabIndex={d === active ? 0 : -1}
                        className={`day day-${kind}${changed ? ' day-changed' : ''}${d === now ? ' day-now' : ''}`}
                        title={words}
                        onClick={() => {
                          setActive(d);
                          onChange(toggle(d, value));
                        }}
                      >
                        <span className="sr-only">
                          {dayText(d)} {words}
                          {changed ? ` ${t('admin:calendar.changed')}` : ''}
                        </span>
                        <span aria-hidden="true">{d % 100}</span>
                        <small aria-hidden="true">
                          {kind === 'off'
                            ? t('admin:calendar.mark_off')
                            : kind === 'makeup'
                              ? t('admin:calendar.mark_makeup')
                              : ''}
                        </small>
                      </button>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  );
}

interface Terms {
  source: string;
  sourced: boolean;
  remark: string;
  valid_from: number;
  note: string;
}

function Editor({ data }: { data: CalendarYear }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const before = useMemo<YearDays>(
    () => ({ off: new Set(data.off ?? []), makeup: new Set(data.makeup ?? []) }),
    [data],
  );
  const [value, setValue] = useState<YearDays>(before);
  const [form] = Form.useForm<Terms>();
  const changed = changedDays(before, value);
  const body = (): YearBody => {
    const v = form.getFieldsValue();
    return {
      off: [...value.off].sort((a, b) => a - b),
      makeup: [...value.makeup].sort((a, b) => a - b),
      source: v.source?.trim() || undefined,
      sourced: v.sourced,
      remark: v.remark?.trim() || undefined,
    };
  };
  const preview = useMutation({
    mutationFn: () =>
      call<LimitPreview>('POST', '/calendar/preview', { body: { year: data.year, days: body() } }),
  });
  const save = useMutation({
    mutationFn: (v: Terms) =>
      call<CalendarYear>('PUT', `/calendar/${data.year}`, {
        body: {
          ...body(),
          version: data.next?.version ?? data.version,
          valid_from: v.valid_from,
          note: v.note?.trim() || undefined,
        },
      }),
    onSuccess: (_, v) => {
      refresh('calendar');
      void message.success(t('admin:calendar.saved', { year: data.year, day: dayText(v.valid_from) }));
    },
  });
  const spans = (data.spans ?? []).map((s) => `${s.from}–${s.to}`).join(t('admin:comma'));
  return (
    <>
      {data.sourced ? (
        <Alert
          type="info"
          showIcon
          className="gap-below"
          title={data.remark || data.source}
          description={data.note}
        />
      ) : (
        <Alert
          type="warning"
          showIcon
          className="gap-below"
          title={data.remark || t('admin:calendar.weekends_only')}
          description={data.note || t('admin:calendar.weekends_why')}
        />
      )}
      {data.next ? (
        <Alert
          type="info"
          showIcon
          className="gap-below"
          title={t('admin:next_version', { version: data.next.version, day: dayText(data.next.valid_from) })}
        />
      ) : null}
      <p className="legend quiet">
        <span className="day day-off" aria-hidden="true">
          1<small>{t('admin:calendar.mark_off')}</small>
        </span>
        {t('admin:calendar.kind.off')}
        <span className="day day-makeup" aria-hidden="true">
          1<small>{t('admin:calendar.mark_makeup')}</small>
        </span>
        {t('admin:calendar.kind.makeup')}
        <span>{t('admin:calendar.total', { n: workdays(data.year, value) })}</span>
        <span>{t('admin:calendar.hours', { spans, zone: data.zone })}</span>
      </p>
      <p className="quiet gap-below">{t('admin:calendar.help')}</p>
      <Year year={data.year} value={value} before={before} onChange={setValue} />
      <div className="panel publish">
        <h2>{t('admin:publish_title')}</h2>
        <p role="status">
          {changed.length === 0
            ? t('admin:calendar.no_change')
            : t('admin:calendar.changes', {
                count: changed.length,
                days:
                  changed.slice(0, 12).map(dayText).join(t('admin:comma')) +
                  (changed.length > 12 ? t('admin:calendar.and_more') : ''),
              })}
          {changed.length ? (
            <Button type="link" onClick={() => setValue(before)}>
              {t('admin:undo_all')}
            </Button>
          ) : null}
        </p>
        <Refused error={save.error} reload={() => refresh('calendar')} />
        <Form<Terms>
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{
            source: data.source,
            sourced: data.sourced,
            remark: data.note,
            valid_from: today(),
          }}
          onFinish={(v) => save.mutate(v)}
        >
          <Form.Item name="source" label={t('admin:calendar.source')} extra={t('admin:calendar.source_why')}>
            <Input maxLength={200} />
          </Form.Item>
          <Form.Item name="sourced" valuePropName="checked">
            <Checkbox>{t('admin:calendar.sourced')}</Checkbox>
          </Form.Item>
          <Form.Item name="remark" label={t('admin:calendar.remark')}>
            <Input maxLength={200} />
          </Form.Item>
          <div className="two">
            <Form.Item
              name="valid_from"
              label={t('admin:from')}
              rules={[{ required: true, message: t('admin:need.from') }]}
            >
              <DayField allowClear={false} min={today()} />
            </Form.Item>
            <Form.Item name="note" label={t('admin:note')} extra={t('admin:note_why')}>
              <Input maxLength={500} />
            </Form.Item>
          </div>
          <p className="buttons">
            <Button onClick={() => preview.mutate()} loading={preview.isPending}>
              {t('admin:preview.do')}
            </Button>
            <Button type="primary" htmlType="submit" loading={save.isPending}>
              {t('admin:publish')}
            </Button>
          </p>
        </Form>
        <Refused error={preview.error} />
        {preview.data ? <LimitEffect p={preview.data} /> : null}
      </div>
    </>
  );
}

export function CalendarPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const asked = Number(params.get('year'));
  const year = asked >= 1900 && asked <= 2399 ? asked : Math.floor(today() / 10_000);
  const go = (y: number) => setParams({ year: String(y) });
  const q = useQuery({
    queryKey: ['admin', 'calendar', year],
    queryFn: ({ signal }) => call<CalendarYear>('GET', `/calendar/${year}`, { signal }),
  });
  return (
    <>
      <header className="admin-head">
        <h1>{t('admin:page.calendar')}</h1>
        <span className="year-choose">
          <Button
            icon={<LeftOutlined />}
            aria-label={t('admin:calendar.before')}
            onClick={() => go(year - 1)}
          />
          <b className="num">{t('admin:calendar.year', { year })}</b>
          <Button
            icon={<RightOutlined />}
            aria-label={t('admin:calendar.after')}
            onClick={() => go(year + 1)}
          />
        </span>
        <Link to={`/admin/versions?kind=calendar&key=${year}`}>{t('admin:history')}</Link>
      </header>
      {q.error ? (
        <ErrorNote error={q.error} retry={() => void q.refetch()} />
      ) : q.data ? (
        <Editor key={`${year}:${q.data.version}:${q.data.next?.version ?? 0}`} data={q.data} />
      ) : (
        <Loading rows={12} />
      )}
    </>
  );
}
