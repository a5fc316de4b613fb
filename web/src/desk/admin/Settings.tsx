import { useMutation, useQuery } from '@tanstack/react-query';
import { App, Button, Form, Input, InputNumber, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { type ClockUnit, type Grade, grades } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { dayText, today } from '@/shared/time.ts';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useRefresh } from './data.ts';
import { DayField, Refused, tomorrow } from './parts.tsx';
import { type Referral, type Sign, Signs } from './Signs.tsx';

interface Limit {
  n: number;
  unit: ClockUnit;
}
const stageNames = ['triage', 'sign', 'verify', 'call_back'] as const;
const numbers = [
  ['callback_tries', 1, 10],
  ['extension_times', 0, 5],
  ['suspension_review', 1, 366],
  ['returns_to_decide', 1, 5],
  ['pause_days', 1, 366],
  ['pause_times', 0, 5],
  ['reveal_per_hour', 1, 1000],
  ['similar_metres', 10, 5000],
  ['similar_days', 1, 366],
  ['archive_after_days', 1, 3660],
] as const;
const whistleKinds = ['urgent', 'law_enforcement', 'comprehensive'] as const;
const lone = ['lifeline_limit', 'consultation_limit', 'extension_max'] as const;
const shares = ['onsite_sample_rate', 'soon_share', 'auto_category_share'] as const;

type Settings = {
  limits: Record<Grade, Limit>;
  stage_limits: Partial<Record<Grade, Record<string, Limit>>>;
  callback_rate: Record<Grade, number>;
  signals: Sign[];
  elsewhere: Referral[];
} & Record<(typeof lone)[number], Limit> &
  Record<(typeof numbers)[number][0] | (typeof shares)[number], number>;

function LimitFields({
  name,
  label,
  optional,
}: {
  name: (string | number)[];
  label: string;
  optional?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <span className="limit-pair">
      <Form.Item
        name={[...name, 'n']}
        noStyle
        rules={[{ required: !optional, message: t('admin:need.number') }]}
      >
        <InputNumber min={1} max={10000} precision={0} aria-label={label} />
      </Form.Item>
      <Form.Item
        name={[...name, 'unit']}
        noStyle
        rules={[{ required: !optional, message: t('admin:need.unit') }]}
      >
        <Select
          aria-label={`${label} ${t('admin:category.unit')}`}
          popupMatchSelectWidth={false}
          options={(['work_hour', 'work_day', 'day', 'hour'] as const).map((u) => ({
            value: u,
            label: t(`admin:unit.${u}`),
          }))}
        />
      </Form.Item>
    </span>
  );
}

/** The stage limits as edited over those that the page does not show; an emptied one is gone. */
export function mergeStages(
  before: Settings['stage_limits'],
  after: Settings['stage_limits'],
): Settings['stage_limits'] {
  const out: Settings['stage_limits'] = {};
  for (const g of grades) {
    const all = { ...before[g], ...after[g] };
    const kept = Object.entries(all).filter(([, l]) => l?.n && l.unit);
    if (kept.length) out[g] = Object.fromEntries(kept);
  }
  return out;
}

/** A share, written in percent. */
function Percent({
  value,
  onChange,
  ...rest
}: {
  value?: number;
  onChange?: (v: number | null) => void;
  id?: string;
  'aria-label'?: string;
}) {
  return (
    <InputNumber
      {...rest}
      min={0}
      max={100}
      suffix="%"
      value={value === undefined ? undefined : Math.round(value * 1000) / 10}
      onChange={(v) => onChange?.(v === null ? null : v / 100)}
    />
  );
}

function Editor({ settings, version }: { settings: Settings; version: number }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const [form] = Form.useForm<Settings & { valid_from: number; note?: string }>();
  const save = useMutation({
    mutationFn: ({ valid_from, note, ...rest }: Settings & { valid_from: number; note?: string }) => {
      const stage_limits = mergeStages(settings.stage_limits, rest.stage_limits);
      return call('PUT', '/settings', {
        body: { settings: { ...settings, ...rest, stage_limits }, version, valid_from, note },
      });
    },
    onSuccess: (_, v) => {
      refresh('settings');
      void message.success(t('admin:settings.saved', { day: dayText(v.valid_from) }));
    },
  });
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      className="settings"
      initialValues={{ ...settings, valid_from: tomorrow() }}
      onFinish={(v) => save.mutate(v)}
    >
      <fieldset>
        <legend>{t('admin:settings.limits')}</legend>
        <p className="quiet gap-below">{t('admin:settings.limits_why')}</p>
        <div className="scroll-x">
          <table className="plain-table">
            <thead>
              <tr>
                <th>{t('admin:category.grade')}</th>
                <th>{t('admin:stage.handle')}</th>
                {stageNames.map((s) => (
                  <th key={s}>{t(`admin:stage.${s}`)}</th>
                ))}
                <th>{t('admin:settings.callback')}</th>
              </tr>
            </thead>
            <tbody>
              {grades.map((g) => (
                <tr key={g}>
                  <th scope="row">{t(`common:grade.${g}`)}</th>
                  <td>
                    <LimitFields
                      name={['limits', g]}
                      label={`${t(`common:grade.${g}`)} ${t('admin:stage.handle')}`}
                    />
                  </td>
                  {stageNames.map((s) => (
                    <td key={s}>
                      <LimitFields
                        optional
                        name={['stage_limits', g, s]}
                        label={`${t(`common:grade.${g}`)} ${t(`admin:stage.${s}`)}`}
                      />
                    </td>
                  ))}
                  <td>
                    <Form.Item name={['callback_rate', g]} noStyle>
                      <Percent aria-label={`${t(`common:grade.${g}`)} ${t('admin:settings.callback')}`} />
                    </Form.Item>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </fieldset>
      <fieldset>
        <legend>{t('admin:settings.others')}</legend>
        <div className="three">
          {lone.map((k) => (
            <Form.Item key={k} label={t(`admin:settings.of.${k}`)}>
              <LimitFields name={[k]} label={t(`admin:settings.of.${k}`)} />
            </Form.Item>
          ))}
          {whistleKinds.map((k) => (
            <Form.Item key={k} label={t('admin:settings.whistle', { kind: t(`whistle:kind.${k}`) })}>
              <LimitFields
                name={['whistle_limits', k]}
                label={t('admin:settings.whistle', { kind: t(`whistle:kind.${k}`) })}
              />
            </Form.Item>
          ))}
          {shares.map((k) => (
            <Form.Item key={k} name={k} label={t(`admin:settings.of.${k}`)}>
              <Percent />
            </Form.Item>
          ))}
          {numbers.map(([k, lo, hi]) => (
            <Form.Item
              key={k}
              name={k}
              label={t(`admin:settings.of.${k}`)}
              rules={[{ required: true, message: t('admin:need.number') }]}
            >
              <InputNumber min={lo} max={hi} precision={0} />
            </Form.Item>
          ))}
        </div>
      </fieldset>
      <Signs />
      <fieldset>
        <legend>{t('admin:publish_title')}</legend>
        <Refused error={save.error} reload={() => refresh('settings')} />
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
        <Button type="primary" htmlType="submit" loading={save.isPending}>
          {t('admin:publish')}
        </Button>
      </fieldset>
    </Form>
  );
}

export function SettingsPage() {
  const { t } = useTranslation();
  const q = useQuery({
    queryKey: ['admin', 'settings'],
    queryFn: ({ signal }) =>
      call<{ settings: Settings; version: number; valid_from?: number }>('GET', '/settings', {
        query: { at: 20991231 },
        signal,
      }),
    refetchOnWindowFocus: false,
  });
  return (
    <>
      <header className="admin-head">
        <h1>{t('admin:page.settings')}</h1>
        <span className="quiet">
          {q.data?.version
            ? t('admin:settings.version', { version: q.data.version })
            : q.data
              ? t('admin:settings.default')
              : null}
        </span>
        <Link to="/admin/versions?kind=settings">{t('admin:history')}</Link>
      </header>
      {q.error ? (
        <ErrorNote error={q.error} retry={() => void q.refetch()} />
      ) : q.data ? (
        <Editor key={q.data.version} settings={q.data.settings} version={q.data.version} />
      ) : (
        <Loading rows={10} />
      )}
    </>
  );
}
