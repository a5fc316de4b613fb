import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';

interface Advice {
  words?: string[];
  call?: string;
  tell?: string;
  tell_en?: string;
}
export interface Sign extends Advice {
  code?: string;
  name?: string;
  name_en?: string;
  grade?: string;
}
export type Referral = Advice;

/** The words by which people tell of it, and what whoever writes one is told. */
function AdviceFields({ row, tell }: { row: number; tell: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      <Form.Item
        name={[row, 'words']}
        label={t('admin:sign.words')}
        extra={t('admin:sign.words_why')}
        rules={[{ required: true, message: t('admin:need.words') }]}
      >
        <Select
          mode="tags"
          tokenSeparators={['、', '，', ',']}
          maxCount={60}
          open={false}
          suffixIcon={null}
        />
      </Form.Item>
      <div className="two">
        <Form.Item
          name={[row, 'tell']}
          label={t('admin:sign.tell')}
          rules={[{ required: tell, whitespace: tell, message: t('admin:need.tell') }]}
        >
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name={[row, 'tell_en']} label={t('admin:sign.tell_en')}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name={[row, 'call']} label={t('admin:sign.call')}>
          <Input inputMode="tel" maxLength={20} />
        </Form.Item>
      </div>
    </>
  );
}

/** What stands in a folded row: the name or the first words, and whom one is told to call. */
function Head({ sign }: { sign?: Sign }) {
  const { t, i18n } = useTranslation();
  const name = (i18n.language === 'en' && sign?.name_en) || sign?.name;
  const grade = sign?.grade === 'critical' || sign?.grade === 'urgent' ? sign.grade : undefined;
  return (
    <summary>
      {name || sign?.words?.slice(0, 3).join('、') || t('admin:sign.new')}
      <span className="quiet">
        {grade ? ` · ${t(`common:grade.${grade}`)}` : null}
        {sign?.call ? ` · ${sign.call}` : null}
      </span>
    </summary>
  );
}

function Rows({ name, dangers }: { name: 'signals' | 'elsewhere'; dangers: boolean }) {
  const { t } = useTranslation();
  const list: Sign[] | undefined = Form.useWatch(name);
  return (
    <Form.List name={name}>
      {(rows, { add, remove }) => (
        <>
          {rows.map((row) => (
            <details className="sign" key={row.key} open={!list?.[row.name]?.words?.length || undefined}>
              <Head sign={list?.[row.name]} />
              {dangers ? (
                <div className="two">
                  <Form.Item
                    name={[row.name, 'name']}
                    label={t('admin:sign.name')}
                    rules={[{ required: true, whitespace: true, message: t('admin:need.name') }]}
                  >
                    <Input maxLength={40} />
                  </Form.Item>
                  <Form.Item name={[row.name, 'name_en']} label={t('admin:sign.name_en')}>
                    <Input maxLength={80} />
                  </Form.Item>
                  <Form.Item
                    name={[row.name, 'code']}
                    label={t('admin:sign.code')}
                    rules={[{ required: true, whitespace: true, message: t('admin:need.code') }]}
                  >
                    <Input maxLength={40} />
                  </Form.Item>
                  <Form.Item name={[row.name, 'grade']} label={t('admin:sign.grade')}>
                    <Select
                      options={(['urgent', 'critical'] as const).map((g) => ({
                        value: g,
                        label: t(`common:grade.${g}`),
                      }))}
                    />
                  </Form.Item>
                </div>
              ) : null}
              <AdviceFields row={row.name} tell={!dangers || Boolean(list?.[row.name]?.call)} />
              <Button icon={<DeleteOutlined />} onClick={() => remove(row.name)}>
                {t('admin:sign.remove')}
              </Button>
            </details>
          ))}
          <Button icon={<PlusOutlined />} onClick={() => add(dangers ? { grade: 'urgent' } : {})}>
            {t('admin:sign.add')}
          </Button>
        </>
      )}
    </Form.List>
  );
}

/** Signs of danger and matters of others, as parts of the settings' form. */
export function Signs() {
  const { t } = useTranslation();
  return (
    <>
      <fieldset>
        <legend>{t('admin:sign.dangers')}</legend>
        <p className="quiet gap-below">{t('admin:sign.dangers_why')}</p>
        <Rows name="signals" dangers />
      </fieldset>
      <fieldset>
        <legend>{t('admin:sign.elsewhere')}</legend>
        <p className="quiet gap-below">{t('admin:sign.elsewhere_why')}</p>
        <Rows name="elsewhere" dangers={false} />
      </fieldset>
    </>
  );
}
