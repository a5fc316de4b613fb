import { MinusCircleOutlined, PlusOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Button, DatePicker, Form, Input, InputNumber, Modal, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useTranslation } from 'react-i18next';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { kinds, type Question, type Rule, type RuleBody, useAgain } from './data.ts';

type Ask = 'yes_no' | 'choices' | 'text' | 'number';
const asks: Ask[] = ['yes_no', 'choices', 'text', 'number'];
interface Asked {
  code?: string;
  text: string;
  why: string;
  ask: Ask;
  choices?: string;
}
interface Draft extends Omit<RuleBody, 'questions' | 'from' | 'to'> {
  area: string;
  span?: [Dayjs, Dayjs];
  asked?: Asked[];
}

const yesNo = [
  { key: 'yes', name: '是', name_en: 'yes' },
  { key: 'no', name: '否', name_en: 'no' },
];

/** A question as the form has it, over the one that it was made from. */
export function questionOf(a: Asked, before: Question[]): Question {
  const old = before.find((q) => q.code === a.code);
  const code = a.code ?? `q${uuidv7().replaceAll('-', '').slice(-12)}`;
  const datatype = a.ask === 'yes_no' || a.ask === 'choices' ? 'singlevaluelist' : a.ask;
  const base = { ...(old?.text === a.text && old.why === a.why ? old : {}), code, text: a.text, why: a.why };
  if (a.ask === 'yes_no') return { ...base, datatype, values: yesNo };
  if (a.ask === 'choices') {
    const names = (a.choices ?? '')
      .split(/[,，、\n]/)
      .map((s) => s.trim())
      .filter(Boolean);
    return {
      ...base,
      datatype,
      values: names.map((name, i) => old?.values?.find((v) => v.name === name) ?? { key: `v${i + 1}`, name }),
    };
  }
  return { code, text: base.text, why: base.why, datatype };
}

/** The other way: how the form shows a question. */
export function askedOf(q: Question): Asked {
  const keys = (q.values ?? []).map((v) => v.key).join();
  const ask: Ask =
    keys === 'yes,no' ? 'yes_no' : q.values?.length ? 'choices' : q.datatype === 'number' ? 'number' : 'text';
  return {
    code: q.code,
    text: q.text,
    why: q.why,
    ask,
    ...(ask === 'choices' ? { choices: (q.values ?? []).map((v) => v.name).join('，') } : {}),
  };
}

const dayOf = (n?: number) => (n ? dayjs(String(n), 'YYYYMMDD') : undefined);

/** A rule that reads as a sentence. `of`: the rule that is changed; else a new one of the kind. */
export function RuleForm({
  of,
  kind: first,
  needs,
  done,
}: {
  of?: Rule;
  kind: RuleBody['kind'];
  needs: { code: string; name: string }[];
  done: (saved: boolean) => void;
}) {
  const { t } = useTranslation();
  const { me, can } = useSession();
  const again = useAgain();
  const [form] = Form.useForm<Draft>();
  const kind = Form.useWatch('kind', form) ?? first;
  const whom = Form.useWatch('of', form);
  const areas = [
    ...(can('rules.write') ? [{ value: '0', label: t('rounds:rule.city') }] : []),
    ...(can('visit.manage')
      ? me.posts
          .filter((p) => !p.grid_id && p.region.length >= 6)
          .map((p) => ({ value: p.region, label: p.region_name }))
      : []),
  ].filter((a, i, all) => all.findIndex((b) => b.value === a.value) === i);
  const body = (v: Draft) => {
    const { area, span, asked, ...rest } = v;
    const rule: RuleBody = {
      ...(of ?? {}),
      ...rest,
      from: span ? Number(span[0].format('YYYYMMDD')) : undefined,
      to: span ? Number(span[1].format('YYYYMMDD')) : undefined,
      questions: (asked ?? []).map((a) => questionOf(a, of?.questions ?? [])),
    } as RuleBody;
    const own = Object.fromEntries(
      Object.entries(rule).filter(
        ([k]) =>
          !['id', 'version', 'area', 'area_name', 'valid_from', 'since', 'mine', '$schema'].includes(k),
      ),
    );
    return { area: Number(area), base: of?.version, rule: own };
  };
  const preview = useMutation({
    mutationFn: (v: Draft) =>
      call<{ targets: number; week: number; hours: number }>('POST', '/visits/rules/preview', {
        body: body(v),
      }),
  });
  const send = useMutation({
    mutationFn: (v: Draft) =>
      of
        ? call('PUT', `/visits/rules/${of.id}`, { body: body(v), key: uuidv7() })
        : call('POST', '/visits/rules', { body: body(v), key: uuidv7() }),
    onSuccess: () => {
      again();
      done(true);
    },
  });
  const count = (name: keyof Draft, min: number, max: number) => (
    <Form.Item name={name} noStyle rules={[{ required: true, message: t('rounds:rule.need_number') }]}>
      <InputNumber min={min} max={max} style={{ width: 72 }} aria-label={t(`rounds:rule.${String(name)}`)} />
    </Form.Item>
  );
  const must = (message: string) => [{ required: true, whitespace: true, message }];
  const p = preview.data;
  return (
    <Modal
      open
      width={760}
      title={of ? of.name : t(`rounds:rule.new.${kind}`)}
      onCancel={() => done(false)}
      footer={null}
    >
      <Form
        form={form}
        layout="vertical"
        initialValues={
          of
            ? {
                ...of,
                area: String(of.area),
                span: of.from ? [dayOf(of.from), dayOf(of.to)] : undefined,
                asked: (of.questions ?? []).map(askedOf),
              }
            : {
                kind: first,
                of: 'building',
                area: areas[0]?.value,
                every: 30,
                window: 7,
                retry: 2,
                priority: 2,
                minutes: 10,
                grades: ['critical'],
              }
        }
        onFinish={(v) => send.mutate(v)}
      >
        <Form.Item name="name" label={t('rounds:rule.name')} rules={must(t('rounds:rule.need_name'))}>
          <Input maxLength={40} />
        </Form.Item>
        <Form.Item
          name="why"
          label={t('rounds:rule.why')}
          extra={t('rounds:rule.why_help')}
          rules={must(t('rounds:rule.need_why'))}
        >
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name="kind" hidden>
          <Select options={kinds.map((k) => ({ value: k }))} />
        </Form.Item>
        <div className="rounds-sentence">
          <Form.Item name="area" label={t('rounds:rule.area')} rules={must(t('rounds:rule.need_area'))}>
            <Select disabled={!!of} options={areas} popupMatchSelectWidth={false} style={{ minWidth: 160 }} />
          </Form.Item>
          {kind === 'circular' ? (
            <>
              <Form.Item name="of" label={t('rounds:rule.of')}>
                <Select
                  disabled={!!of}
                  style={{ minWidth: 120 }}
                  options={(['building', 'home'] as const).map((o) => ({
                    value: o,
                    label: t(`rounds:rule.each.${o}`),
                  }))}
                />
              </Form.Item>
              <Form.Item
                name="span"
                label={t('rounds:rule.span')}
                rules={[{ required: true, message: t('rounds:rule.need_span') }]}
              >
                <DatePicker.RangePicker />
              </Form.Item>
            </>
          ) : null}
          {kind === 'visit' || (kind === 'circular' && whom === 'home') ? (
            <Form.Item name="needs" label={t('rounds:rule.needs')} extra={t('rounds:rule.needs_help')}>
              <Select
                mode="multiple"
                style={{ minWidth: 260 }}
                placeholder={t('rounds:rule.every_home')}
                options={needs.map((n) => ({ value: n.code, label: n.name }))}
              />
            </Form.Item>
          ) : null}
          {kind === 'recheck' ? (
            <Form.Item name="grades" label={t('rounds:rule.grades')}>
              <Select
                mode="multiple"
                style={{ minWidth: 200 }}
                options={['urgent', 'critical'].map((g) => ({ value: g, label: t(`cases:grade.${g}`) }))}
              />
            </Form.Item>
          ) : null}
        </div>
        {kind === 'circular' ? null : (
          <p className="rounds-sentence">
            {t('rounds:rule.say.every')} {count('every', 1, 400)} {t('rounds:rule.say.window')}{' '}
            {count('window', 0, 120)} {t('rounds:rule.say.end')}
          </p>
        )}
        <p className="rounds-sentence">
          {t('rounds:rule.say.retry')} {count('retry', 0, 30)} {t('rounds:rule.say.minutes')}{' '}
          {count('minutes', 1, 240)} {t('rounds:rule.say.priority')}{' '}
          <Form.Item name="priority" noStyle>
            <Select
              aria-label={t('rounds:rule.priority')}
              style={{ width: 120 }}
              options={[1, 2, 3].map((n) => ({ value: n, label: t(`rounds:priority.${n}`) }))}
            />
          </Form.Item>
        </p>
        <Form.List name="asked">
          {(fields, { add, remove }) => (
            <>
              <h3>{t('rounds:rule.questions')}</h3>
              <p className="quiet">{t('rounds:rule.questions_help')}</p>
              {fields.map((f) => (
                <div key={f.key} className="rounds-sentence">
                  <Form.Item
                    name={[f.name, 'text']}
                    label={t('rounds:rule.question')}
                    rules={must(t('rounds:rule.need_question'))}
                  >
                    <Input maxLength={100} style={{ width: 260 }} />
                  </Form.Item>
                  <Form.Item
                    name={[f.name, 'why']}
                    label={t('rounds:rule.ask_why')}
                    rules={must(t('rounds:rule.need_ask_why'))}
                  >
                    <Input maxLength={200} style={{ width: 260 }} />
                  </Form.Item>
                  <Form.Item name={[f.name, 'ask']} label={t('rounds:rule.answer')}>
                    <Select
                      style={{ width: 110 }}
                      options={asks.map((a) => ({ value: a, label: t(`rounds:ask.${a}`) }))}
                    />
                  </Form.Item>
                  <Form.Item noStyle shouldUpdate>
                    {() =>
                      form.getFieldValue(['asked', f.name, 'ask']) === 'choices' ? (
                        <Form.Item name={[f.name, 'choices']} label={t('rounds:rule.choices')}>
                          <Input style={{ width: 260 }} />
                        </Form.Item>
                      ) : null
                    }
                  </Form.Item>
                  <Button
                    type="text"
                    icon={<MinusCircleOutlined aria-hidden />}
                    aria-label={t('rounds:rule.drop_question')}
                    onClick={() => remove(f.name)}
                  />
                </div>
              ))}
              <Button
                type="dashed"
                icon={<PlusOutlined aria-hidden />}
                onClick={() => add({ ask: 'yes_no' })}
                disabled={fields.length >= 20}
              >
                {t('rounds:rule.add_question')}
              </Button>
            </>
          )}
        </Form.List>
        <p className="quiet" aria-live="polite">
          {p
            ? t('rounds:rule.previewed', {
                count: p.targets,
                week: p.week.toFixed(0),
                hours: p.hours.toFixed(1),
              })
            : ''}
        </p>
        {send.error ? (
          <ErrorNote error={send.error} />
        ) : preview.error ? (
          <ErrorNote error={preview.error} />
        ) : null}
        <Button
          loading={preview.isPending}
          onClick={() =>
            void form.validateFields().then(
              (v) => preview.mutate(v),
              () => undefined,
            )
          }
        >
          {t('rounds:rule.preview')}
        </Button>{' '}
        <Button type="primary" htmlType="submit" loading={send.isPending}>
          {t('rounds:rule.publish')}
        </Button>
      </Form>
    </Modal>
  );
}
