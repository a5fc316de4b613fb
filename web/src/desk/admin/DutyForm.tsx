import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, Form, Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Duty, useAllOrgs } from './data.ts';

const start: Partial<Duty> = { windows: [{ weekdays: [1, 2, 3, 4, 5], from: '08:30', to: '17:30' }] };

/** The duty calendar of one unit; null makes one for a unit that has none yet. */
export function DutyForm({
  duty,
  taken,
  onSave,
}: {
  duty: Duty | null;
  taken: readonly number[];
  onSave: (d: Duty) => void;
}) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Duty>();
  const orgs = useAllOrgs();
  const org = Form.useWatch('org', form) ?? duty?.org;
  const units = (orgs.data ?? []).map((o) => ({ value: o.id, label: o.name }));
  const time = {
    required: true,
    pattern: /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/,
    message: t('admin:rule.time'),
  };
  return (
    <>
      <h2>{t('admin:duty.edit')}</h2>
      <Form<Duty>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={duty ?? start}
        onFinish={(v) => onSave({ ...v, holidays: v.holidays || undefined, deputy: v.deputy || undefined })}
      >
        <Form.Item
          name="org"
          label={t('admin:duty.unit')}
          rules={[{ required: true, message: t('admin:need.org') }]}
        >
          <Select
            disabled={!!duty}
            options={duty ? units : units.filter((o) => !taken.includes(o.value))}
            showSearch={{ optionFilterProp: 'label' }}
          />
        </Form.Item>
        <Form.List name="windows">
          {(rows, { add, remove }) => (
            <>
              {rows.map((row, i) => (
                <div key={row.key}>
                  <Form.Item name={[row.name, 'weekdays']} label={t('admin:rule.weekdays')}>
                    <Select
                      mode="multiple"
                      placeholder={t('admin:duty.daily')}
                      options={[1, 2, 3, 4, 5, 6, 7].map((d) => ({
                        value: d,
                        label: t(`admin:weekday.${d}`),
                      }))}
                    />
                  </Form.Item>
                  <div className="two">
                    <Form.Item name={[row.name, 'from']} label={t('admin:rule.from')} rules={[time]}>
                      <Input placeholder="08:30" maxLength={5} inputMode="numeric" />
                    </Form.Item>
                    <Form.Item
                      name={[row.name, 'to']}
                      label={t('admin:rule.to')}
                      rules={[time]}
                      extra={t('admin:rule.hours_why')}
                    >
                      <Input placeholder="17:30" maxLength={5} inputMode="numeric" />
                    </Form.Item>
                  </div>
                  <Button
                    type="text"
                    icon={<DeleteOutlined />}
                    disabled={rows.length === 1}
                    aria-label={t('admin:duty.window_remove', { n: i + 1 })}
                    onClick={() => remove(row.name)}
                  />
                </div>
              ))}
              <p className="buttons gap-below">
                <Button
                  size="small"
                  icon={<PlusOutlined aria-hidden />}
                  disabled={rows.length >= 21}
                  onClick={() => add({})}
                >
                  {t('admin:duty.window_add')}
                </Button>
              </p>
            </>
          )}
        </Form.List>
        <Form.Item name="holidays" valuePropName="checked">
          <Checkbox>{t('admin:duty.holidays')}</Checkbox>
        </Form.Item>
        <Form.Item name="deputy" label={t('admin:duty.deputy')} extra={t('admin:duty.deputy_why')}>
          <Select
            allowClear
            options={units.filter((o) => o.value !== org)}
            showSearch={{ optionFilterProp: 'label' }}
          />
        </Form.Item>
        <Button type="primary" htmlType="submit">
          {t('admin:rule.keep')}
        </Button>{' '}
        <span className="quiet">{t('admin:rule.keep_why')}</span>
      </Form>
    </>
  );
}
