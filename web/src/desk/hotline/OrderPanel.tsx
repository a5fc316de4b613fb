import { CloseOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '@/shared/call.ts';
import { CategorySelect } from '@/shared/ui/pick.tsx';
import { ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { RegionSelect } from '../admin/parts.tsx';
import { type OrderPage, useAgain, useOrder } from './data.ts';

interface Decision {
  action: 'answer' | 'admit' | 'seen';
  text?: string;
  community?: string;
  category_id?: number;
  address?: string;
}

/** An order beside the list: what it says, what came in about it, and what a person can decide. */
export function OrderPanel({
  id,
  close,
  done,
}: {
  id: number;
  close: () => void;
  done: (text: string) => void;
}) {
  const { t, i18n } = useTranslation();
  const order = useOrder(id);
  const again = useAgain();
  const decide = useMutation({
    mutationFn: (d: Decision) =>
      call<OrderPage>('POST', `/hotline/orders/${id}/decision`, {
        body: { ...d, version: order.data?.version },
      }),
    onSuccess: (o) => {
      done(t(`hotline:decided.${o.state === 'answered' ? 'answered' : o.case_id ? 'taken' : 'seen'}`));
      again();
    },
  });
  const o = order.data;
  const can = (a: Decision['action']) => !!o?.decisions?.includes(a);
  return (
    <aside className="panel hotline-order" aria-label={t('hotline:order')}>
      <Button
        type="text"
        icon={<CloseOutlined aria-hidden />}
        aria-label={t('hotline:close')}
        onClick={close}
        style={{ float: 'right' }}
      />
      {order.error ? <ErrorNote error={order.error} retry={() => void order.refetch()} /> : null}
      {!o ? (
        <Loading />
      ) : (
        <>
          <span className="num quiet">{o.number}</span>
          <h2>{o.title || t('hotline:no_title')}</h2>
          <dl>
            <dt>{t('hotline:col.state')}</dt>
            <dd>{t(`hotline:state.${o.state}`)}</dd>
            {o.case_id ? (
              <>
                <dt>{t('hotline:col.case')}</dt>
                <dd>
                  <Link to={`/cases/${o.case_id}`}>{o.case_number}</Link>
                </dd>
              </>
            ) : null}
            <dt>{t('hotline:col.their_due')}</dt>
            <dd>
              <Time at={o.their_due} />
            </dd>
            {o.our_due ? (
              <>
                <dt>{t('hotline:col.our_due')}</dt>
                <dd>
                  <Time at={o.our_due} />
                </dd>
              </>
            ) : null}
            {o.place || o.address ? (
              <>
                <dt>{t('hotline:place')}</dt>
                <dd>
                  {o.place} {o.address}
                </dd>
              </>
            ) : null}
            {o.their_category ? (
              <>
                <dt>{t('hotline:their_category')}</dt>
                <dd>{o.their_category}</dd>
              </>
            ) : null}
            {o.reply_format ? (
              <>
                <dt>{t('hotline:format')}</dt>
                <dd>{o.reply_format}</dd>
              </>
            ) : null}
            {o.decided_by ? (
              <>
                <dt>{t('hotline:decided_by')}</dt>
                <dd>
                  {o.decided_by} <Time at={o.decided_at} />
                </dd>
              </>
            ) : null}
          </dl>
          {o.text ? <p className="hotline-text">{o.text}</p> : null}
          {o.faults?.length ? (
            <Alert
              type="warning"
              title={t('hotline:missing')}
              description={
                <ul className="hotline-log">
                  {o.faults.map((f) => (
                    <li key={`${f.field}${f.message}`}>{i18n.language === 'en' ? f.english : f.message}</li>
                  ))}
                </ul>
              }
            />
          ) : null}
          {o.attention ? (
            <Alert
              type="warning"
              title={t('hotline:look', { what: t(`hotline:wants.${o.attention}`) })}
              action={
                can('seen') ? (
                  <Button loading={decide.isPending} onClick={() => decide.mutate({ action: 'seen' })}>
                    {t('hotline:seen')}
                  </Button>
                ) : null
              }
            />
          ) : null}
          {decide.error ? <ErrorNote error={decide.error} retry={() => void order.refetch()} /> : null}
          {can('answer') ? (
            <Form
              layout="vertical"
              initialValues={{ text: o.answer }}
              onFinish={(v) => decide.mutate({ action: 'answer', ...v })}
            >
              <h3>{t('hotline:proposal', { name: o.rule_name ?? o.rule })}</h3>
              <p className="quiet">
                {t('hotline:reason', { reason: o.reason })}
                <br />
                {t('hotline:becomes')} <Time at={o.becomes_case_at} />
              </p>
              <Form.Item
                name="text"
                label={t('hotline:answer')}
                rules={[{ required: true, whitespace: true, message: t('hotline:answer_missing') }]}
              >
                <Input.TextArea rows={4} maxLength={1000} />
              </Form.Item>
              <Button htmlType="submit" loading={decide.isPending}>
                {t('hotline:do.answer')}
              </Button>
            </Form>
          ) : null}
          {can('admit') ? (
            <Form
              layout="vertical"
              initialValues={{ address: o.address }}
              onFinish={(v) => decide.mutate({ action: 'admit', ...v })}
            >
              <h3>{t('hotline:admit')}</h3>
              {o.text ? null : (
                <Form.Item name="text" label={t('hotline:text')}>
                  <Input.TextArea rows={3} maxLength={2000} />
                </Form.Item>
              )}
              <Form.Item name="community" label={t('hotline:community')} extra={o.place}>
                <RegionSelect depths={[12]} allowClear />
              </Form.Item>
              <Form.Item name="address" label={t('hotline:address')}>
                <Input maxLength={200} />
              </Form.Item>
              <Form.Item name="category_id" label={t('hotline:category')}>
                <CategorySelect />
              </Form.Item>
              <Button type="primary" htmlType="submit" loading={decide.isPending}>
                {t('hotline:do.admit')}
              </Button>
            </Form>
          ) : null}
          <h3>{t('hotline:came')}</h3>
          <ol className="hotline-log">
            {(o.messages ?? []).map((m) => (
              <li key={`${m.at}${m.kind}${m.note}`}>
                {t(`hotline:kind.${m.kind}`)} · <Time at={m.at} /> · {t(`hotline:result.${m.result}`)}
                {m.note ? <div className="quiet">{m.note}</div> : null}
              </li>
            ))}
          </ol>
        </>
      )}
    </aside>
  );
}
