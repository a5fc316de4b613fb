import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Popconfirm } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, Route, Routes } from 'react-router';
import { api, data, once, Problem } from '@/shared/api.ts';
import { meKey, useSession } from '@/shared/session.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { NotFound } from '../shell/NotFound.tsx';
import { useTitle } from '../shell/title.ts';
import { DrawCheck, MyWork } from '../staff/Mine.tsx';
import './account.css';

/** "Chrome 120 · Windows" out of a browser's long description. */
export function agentWords(agent: string | undefined): string {
  if (!agent) return '';
  const browser = /(Edg|Chrome|Firefox|Version)\/(\d+)/.exec(agent);
  const names: Record<string, string> = { Edg: 'Edge', Version: 'Safari' };
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent);
  return [
    browser ? `${names[browser[1] ?? ''] ?? browser[1]} ${browser[2]}` : agent.slice(0, 40),
    system?.[1],
  ]
    .filter(Boolean)
    .join(' · ');
}

function Sessions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  useTitle(t('shell:user.sessions'));
  const list = useQuery({ queryKey: ['sessions'], queryFn: () => data(api.GET('/sessions')) });
  const again = () => void client.invalidateQueries({ queryKey: ['sessions'] });
  const end = useMutation({
    mutationFn: (id: number) => data(api.DELETE('/sessions/{id}', { params: { path: { id } } })),
    onSuccess: again,
  });
  const endAll = useMutation({ mutationFn: () => data(api.DELETE('/sessions')), onSuccess: again });
  const items = list.data?.items ?? [];
  return (
    <main className="page account" id="main" tabIndex={-1}>
      <div className="page-head">
        <h1>{t('shell:user.sessions')}</h1>
        <span className="quiet">{t('account:sessions_sub')}</span>
      </div>
      {list.isPending ? <Loading /> : null}
      {list.error ? <ErrorNote error={list.error} retry={() => void list.refetch()} /> : null}
      {end.error ? <ErrorNote error={end.error} /> : null}
      <ul className="sessions panel">
        {items.map((s) => (
          <li key={s.id}>
            <div>
              <strong>{agentWords(s.agent) || t('account:unknown')}</strong>
              {s.current ? <span className="tag">{t('account:here')}</span> : null}
              <div className="quiet">
                {s.source} · {t('account:since')} <Time at={s.created_at} /> · {t('account:seen')}{' '}
                <Time at={s.seen_at} />
              </div>
            </div>
            {s.current ? null : (
              <Button onClick={() => end.mutate(s.id)} loading={end.isPending && end.variables === s.id}>
                {t('account:end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {items.length > 1 ? (
        <Popconfirm
          title={t('account:end_all_sure')}
          okText={t('account:end_all')}
          cancelText={t('common:do.cancel')}
          onConfirm={() => endAll.mutate()}
        >
          <Button>{t('account:end_all')}</Button>
        </Popconfirm>
      ) : null}
      {list.isSuccess && items.length <= 1 ? <EmptyNote title={t('account:only')} /> : null}
    </main>
  );
}

interface Fields {
  old: string;
  fresh: string;
  repeat: string;
}

function Password() {
  const { t } = useTranslation();
  const { me } = useSession();
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  useTitle(t('shell:user.password'));
  const change = useMutation({
    mutationFn: (v: Fields) =>
      data(api.POST('/session/password', { body: { old: v.old, new: v.fresh }, ...once(uuidv7()) })),
    onSuccess: (now) => {
      if (now?.account) client.setQueryData(meKey, now);
      form.resetFields();
    },
    onError: (e) => {
      if (e instanceof Problem && e.field)
        form.setFields([{ name: e.field === 'old' ? 'old' : 'fresh', errors: [e.message] }]);
    },
  });
  const told = change.error instanceof Problem && !!change.error.field;
  return (
    <main className="page account" id="main" tabIndex={-1}>
      <div className="page-head">
        <h1>{t('shell:user.password')}</h1>
      </div>
      {me.must_change_password ? (
        <Alert type="warning" showIcon title={t('account:must_change')} className="gap-below" />
      ) : null}
      {change.isSuccess ? (
        <Alert
          type="success"
          showIcon
          title={t('account:changed')}
          description={<Link to="/">{t('shell:not_found.home')}</Link>}
          className="gap-below"
        />
      ) : null}
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        className="panel password"
        onFinish={(v) => change.mutate(v)}
      >
        <Form.Item
          name="old"
          label={t('account:old')}
          rules={[{ required: true, message: t('account:old_missing') }]}
        >
          <Input.Password autoComplete="current-password" maxLength={256} autoFocus />
        </Form.Item>
        <Form.Item
          name="fresh"
          label={t('account:fresh')}
          extra={t('account:fresh_hint')}
          rules={[{ required: true, message: t('account:fresh_missing') }]}
        >
          <Input.Password autoComplete="new-password" maxLength={256} />
        </Form.Item>
        <Form.Item
          name="repeat"
          label={t('account:repeat')}
          dependencies={['fresh']}
          rules={[
            ({ getFieldValue }) => ({
              validator: (_, v) =>
                v === getFieldValue('fresh')
                  ? Promise.resolve()
                  : Promise.reject(new Error(t('account:repeat_differs'))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" maxLength={256} />
        </Form.Item>
        {change.error && !told ? <ErrorNote error={change.error} /> : null}
        <Button type="primary" htmlType="submit" loading={change.isPending}>
          {t('account:change')}
        </Button>
      </Form>
    </main>
  );
}

export default function Account() {
  return (
    <Routes>
      <Route path="work" element={<MyWork />} />
      <Route path="draw/:id" element={<DrawCheck />} />
      <Route path="sessions" element={<Sessions />} />
      <Route path="password" element={<Password />} />
      <Route path="*" element={<NotFound />} />
    </Routes>
  );
}
