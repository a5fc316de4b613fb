import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, Form, Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { datatypes } from '@/shared/api.ts';

const code = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

/** The questions of a category, in their order: a list inside the category's form. */
export function Questions() {
  const { t } = useTranslation();
  return (
    <Form.List name="questions">
      {(rows, { add, remove, move }) => (
        <>
          {rows.map((row, i) => (
            <div className="gap-below" key={row.key}>
              <div className="two">
                <Form.Item
                  name={[row.name, 'text']}
                  label={t('admin:question.text')}
                  rules={[{ required: true, whitespace: true, message: t('admin:need.question') }]}
                >
                  <Input maxLength={100} />
                </Form.Item>
                <Form.Item name={[row.name, 'text_en']} label={t('admin:question.text_en')}>
                  <Input maxLength={200} />
                </Form.Item>
                <Form.Item
                  name={[row.name, 'why']}
                  label={t('admin:question.why')}
                  rules={[{ required: true, whitespace: true, message: t('admin:need.question_why') }]}
                >
                  <Input maxLength={200} />
                </Form.Item>
                <Form.Item name={[row.name, 'why_en']} label={t('admin:question.why_en')}>
                  <Input maxLength={400} />
                </Form.Item>
                <Form.Item
                  name={[row.name, 'code']}
                  label={t('admin:question.code')}
                  extra={t('admin:question.code_why')}
                  rules={[{ required: true, pattern: code, message: t('admin:need.question_code') }]}
                >
                  <Input maxLength={40} />
                </Form.Item>
                <Form.Item name={[row.name, 'datatype']} label={t('admin:question.datatype')}>
                  <Select
                    options={datatypes.map((d) => ({ value: d, label: t(`admin:question.datatypes.${d}`) }))}
                  />
                </Form.Item>
              </div>
              <Values name={row.name} />
              <p className="buttons">
                <Form.Item name={[row.name, 'required']} valuePropName="checked" noStyle>
                  <Checkbox>{t('admin:question.required')}</Checkbox>
                </Form.Item>
                <Button
                  type="text"
                  icon={<ArrowUpOutlined />}
                  disabled={i === 0}
                  aria-label={t('admin:question.up')}
                  onClick={() => move(i, i - 1)}
                />
                <Button
                  type="text"
                  icon={<ArrowDownOutlined />}
                  disabled={i === rows.length - 1}
                  aria-label={t('admin:question.down')}
                  onClick={() => move(i, i + 1)}
                />
                <Button
                  type="text"
                  icon={<DeleteOutlined />}
                  aria-label={t('admin:question.remove')}
                  onClick={() => remove(row.name)}
                />
              </p>
            </div>
          ))}
          <Button
            size="small"
            icon={<PlusOutlined aria-hidden />}
            disabled={rows.length >= 20}
            onClick={() => add({ datatype: 'string' })}
          >
            {t('admin:question.add')}
          </Button>
        </>
      )}
    </Form.List>
  );
}

/** The answers that a question offers, where it is one of a list. */
function Values({ name }: { name: number }) {
  const { t } = useTranslation();
  const kind: string | undefined = Form.useWatch(['questions', name, 'datatype'], Form.useFormInstance());
  if (!kind?.endsWith('list')) return null;
  return (
    <Form.List name={[name, 'values']}>
      {(rows, { add, remove }) => (
        <>
          {rows.map((row) => (
            <div className="limit-row" key={row.key}>
              <Form.Item
                name={[row.name, 'key']}
                rules={[{ required: true, pattern: code, message: t('admin:need.question_code') }]}
              >
                <Input
                  maxLength={40}
                  placeholder={t('admin:question.code')}
                  aria-label={t('admin:question.code')}
                />
              </Form.Item>
              <Form.Item
                name={[row.name, 'name']}
                rules={[{ required: true, whitespace: true, message: t('admin:need.question_value') }]}
              >
                <Input
                  maxLength={80}
                  placeholder={t('admin:question.value')}
                  aria-label={t('admin:question.value')}
                />
              </Form.Item>
              <Form.Item name={[row.name, 'name_en']}>
                <Input
                  maxLength={160}
                  placeholder={t('admin:question.value_en')}
                  aria-label={t('admin:question.value_en')}
                />
              </Form.Item>
              <Button
                type="text"
                icon={<DeleteOutlined />}
                aria-label={t('admin:question.value_remove')}
                onClick={() => remove(row.name)}
              />
            </div>
          ))}
          <Button size="small" icon={<PlusOutlined aria-hidden />} onClick={() => add({})}>
            {t('admin:question.value_add')}
          </Button>
        </>
      )}
    </Form.List>
  );
}
