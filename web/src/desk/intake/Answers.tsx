import { Form, Input, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Question } from '@/shared/api.ts';

/** What the chosen category asks of whoever reports. */
export function Answers({ questions }: { questions: readonly Question[] }) {
  const { t, i18n } = useTranslation();
  const en = i18n.language === 'en';
  const field = (q: Question) => {
    const options = (q.values ?? []).map((v) => ({ value: v.key, label: (en && v.name_en) || v.name }));
    switch (q.datatype) {
      case 'singlevaluelist':
        return options.length <= 4 ? (
          <Radio.Group options={options} />
        ) : (
          <Select allowClear options={options} />
        );
      case 'multivaluelist':
        return <Select mode="multiple" allowClear options={options} />;
      case 'text':
        return <Input.TextArea autoSize={{ minRows: 1, maxRows: 4 }} maxLength={1000} />;
      case 'datetime':
        return <Input type="datetime-local" />;
      case 'number':
        return <Input inputMode="decimal" maxLength={30} autoComplete="off" />;
      default:
        return <Input maxLength={200} autoComplete="off" />;
    }
  };
  return questions.map((q) => {
    const text = (en && q.text_en) || q.text;
    return (
      <Form.Item
        key={q.code}
        name={['answers', q.code]}
        label={text}
        extra={(en && q.why_en) || q.why}
        rules={[
          ...(q.required
            ? [{ required: true, message: t('intake:answer_missing', { question: text }) }]
            : []),
          ...(q.datatype === 'number'
            ? [{ pattern: /^\s*-?\d+([.]\d+)?\s*$/, message: t('intake:answer_number') }]
            : []),
        ]}
      >
        {field(q)}
      </Form.Item>
    );
  });
}
