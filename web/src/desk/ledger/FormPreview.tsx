import { Form } from 'antd';
import { useTranslation } from 'react-i18next';
import { FieldInput } from './FieldInput.tsx';
import { type Draft, fieldOfForm } from './forms.ts';

/** The form as those who fill it in will have it. What is typed here goes nowhere. */
export function Preview({ d }: { d: Draft }) {
  const { t, i18n } = useTranslation();
  const fields = d.fields.filter((f) => f.zh.trim()).map((f) => fieldOfForm(f, i18n.language));
  return (
    <aside className="form-preview panel" aria-labelledby="form-preview">
      <h2 id="form-preview">{t('ledger:forms.preview')}</h2>
      <p className="quiet gap-below">{t('ledger:forms.preview_why')}</p>
      {fields.length ? (
        <Form layout="vertical" name="preview" className="row-form">
          {fields.map((f) => (
            <Form.Item
              key={f.name + f.kind}
              name={f.name}
              label={f.kind === 'bool' ? undefined : f.label}
              required={f.required}
              extra={f.why}
            >
              <FieldInput code="" f={f} />
            </Form.Item>
          ))}
        </Form>
      ) : (
        <p className="quiet">{t('ledger:forms.preview_none')}</p>
      )}
    </aside>
  );
}
