import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { api, data, type Me, Problem } from '@/shared/api.ts';
import { meKey } from '@/shared/session.tsx';
import { ErrorNote } from '@/shared/ui/state.tsx';

interface Fields {
  login: string;
  password: string;
}

/** Name and password; on the login page and over a page whose session ended. */
export function LoginForm({ login, onDone }: { login?: string; onDone: (me: Me) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const sign = useMutation({
    mutationFn: (body: Fields) => data(api.POST('/session', { body })),
    onSuccess: ({ me }) => {
      client.setQueryData(meKey, me);
      onDone(me);
    },
  });
  const refused = sign.error instanceof Problem && (sign.error.status === 401 || sign.error.status === 404);
  return (
    <Form<Fields>
      layout="vertical"
      requiredMark={false}
      initialValues={{ login }}
      onFinish={(v) => sign.mutate({ login: v.login.trim(), password: v.password })}
    >
      {sign.error ? (
        <div className="gap-below">
          {refused ? (
            <p className="form-error" role="alert">
              {t('shell:login.refused')}
            </p>
          ) : (
            <ErrorNote error={sign.error} />
          )}
        </div>
      ) : null}
      <Form.Item
        name="login"
        label={t('shell:login.login')}
        rules={[{ required: true, message: t('shell:login.login_missing') }]}
      >
        <Input autoComplete="username" autoFocus={!login} maxLength={64} size="large" disabled={!!login} />
      </Form.Item>
      <Form.Item
        name="password"
        label={t('shell:login.password')}
        rules={[{ required: true, message: t('shell:login.password_missing') }]}
      >
        <Input.Password autoComplete="current-password" autoFocus={!!login} maxLength={256} size="large" />
      </Form.Item>
      <Button type="primary" htmlType="submit" block size="large" loading={sign.isPending}>
        {t('shell:login.enter')}
      </Button>
    </Form>
  );
}
