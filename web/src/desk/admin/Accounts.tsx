import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Alert, App, Button, Form, Input, Modal, Popconfirm, Select, Table } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { SessionInfo } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { useDebounced } from '@/shared/debounced.ts';
import { useSession } from '@/shared/session.tsx';
import { dayText, today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import {
  type Account,
  type AccountKind,
  type Grid,
  type Items,
  type PostInfo,
  type Role,
  useAllOrgs,
  useRefresh,
  useRoles,
} from './data.ts';
import { Keys } from './Keys.tsx';
import { DayField, Refused, RegionSelect, Split, toField, useSpanText } from './parts.tsx';

interface PostFields {
  role: string;
  region?: string;
  grid_id?: number;
  org?: number;
  from?: number;
  to?: number;
}

/** One grid, found by name or code. */
function GridSelect({
  value,
  onChange,
  ...rest
}: {
  value?: number;
  onChange?: (v?: number) => void;
  id?: string;
}) {
  const { t } = useTranslation();
  const [q, setQ] = useState('');
  const held = useDebounced(q.trim(), 200);
  const found = useQuery({
    queryKey: ['admin', 'grids', 'find', held],
    queryFn: ({ signal }) => call<Items<Grid>>('GET', '/grids', { query: { q: held, limit: 20 }, signal }),
  });
  return (
    <Select
      {...rest}
      value={value}
      onChange={(v) => onChange?.(v)}
      showSearch={{ filterOption: false, onSearch: setQ }}
      allowClear
      options={(found.data?.items ?? []).map((g) => ({ value: g.id, label: `${g.name} (${g.street.name})` }))}
      notFoundContent={t('common:pick.none')}
      placeholder={t('admin:account.grid_hint')}
    />
  );
}

/** The fields of a post; what is asked depends on what the role reaches. */
function PostFieldset({ roles }: { roles: readonly Role[] }) {
  const { t } = useTranslation();
  const form = Form.useFormInstance<PostFields>();
  const code = Form.useWatch('role', form);
  const role = roles.find((r) => r.code === code);
  const orgs = useAllOrgs();
  const grouped = useMemo(() => {
    const offices = ['business', 'system', 'security', 'audit'] as const;
    return offices.map((o) => ({
      label: t(`admin:account.office.${o}`),
      options: roles.filter((r) => r.office === o).map((r) => ({ value: r.code, label: r.name })),
    }));
  }, [roles, t]);
  return (
    <>
      <Form.Item
        name="role"
        label={t('admin:account.role')}
        rules={[{ required: true, message: t('admin:need.role') }]}
      >
        <Select
          options={grouped}
          showSearch={{ optionFilterProp: 'label' }}
          onChange={() => form.setFieldsValue({ region: undefined, grid_id: undefined })}
        />
      </Form.Item>
      {role ? (
        <p className="quiet gap-below">
          {t('admin:account.may')} {(role.permissions ?? []).map((p) => p.name).join(t('admin:comma'))}
        </p>
      ) : null}
      {role?.level === 'grid' ? (
        <Form.Item
          name="grid_id"
          label={t('admin:account.grid')}
          rules={[{ required: true, message: t('admin:need.grid') }]}
        >
          <GridSelect />
        </Form.Item>
      ) : null}
      {role?.level === 'org' || role ? (
        <Form.Item
          name="org"
          label={t('admin:account.org')}
          rules={[{ required: role?.level === 'org', message: t('admin:need.org') }]}
          extra={role?.level === 'org' ? t('admin:account.org_why') : undefined}
        >
          <Select
            allowClear
            showSearch={{ optionFilterProp: 'label' }}
            options={(orgs.data ?? []).map((o) => ({ value: o.id, label: o.name }))}
          />
        </Form.Item>
      ) : null}
      {role?.level === 'region' ? (
        <Form.Item
          name="region"
          label={t('admin:account.region')}
          rules={[{ required: true, message: t('admin:need.region') }]}
        >
          <RegionSelect key={role.code} depths={role.depths} />
        </Form.Item>
      ) : null}
      <div className="two">
        <Form.Item name="from" label={t('admin:from')}>
          <DayField min={today()} />
        </Form.Item>
        <Form.Item name="to" label={t('admin:account.to')} extra={t('admin:account.to_why')}>
          <DayField min={today()} />
        </Form.Item>
      </div>
    </>
  );
}

/** Shows a one-time password, once. */
function useOneTime() {
  const { t } = useTranslation();
  const { modal } = App.useApp();
  return (login: string, password: string) =>
    modal.info({
      title: t('admin:account.password_title', { login }),
      content: (
        <>
          <p>{t('admin:account.password_text')}</p>
          <p>
            <Input
              readOnly
              value={password}
              className="password"
              aria-label={t('admin:account.password')}
              onFocus={(e) => e.target.select()}
            />
          </p>
        </>
      ),
      okText: t('admin:account.password_noted'),
      mask: { closable: false },
      keyboard: false,
    });
}

function Sessions({ account }: { account: Account }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const list = useQuery({
    queryKey: ['admin', 'sessions', account.id],
    queryFn: ({ signal }) => call<Items<SessionInfo>>('GET', `/accounts/${account.id}/sessions`, { signal }),
  });
  const end = useMutation({
    mutationFn: (id?: number) => call('DELETE', `/accounts/${account.id}/sessions${id ? `/${id}` : ''}`),
    onSuccess: (_, id) => {
      refresh();
      void message.success(id ? t('admin:account.session_ended') : t('admin:account.sessions_ended'));
    },
  });
  const items = list.data?.items ?? [];
  return (
    <section aria-label={t('admin:account.sessions')}>
      <h3>{t('admin:account.sessions')}</h3>
      <Refused error={list.error ?? end.error} />
      {list.isPending ? (
        <Loading rows={2} />
      ) : items.length === 0 ? (
        <p className="quiet">{t('admin:account.no_sessions')}</p>
      ) : null}
      <ul className="lines">
        {items.map((s) => (
          <li key={s.id}>
            <span>
              {s.source} <span className="quiet">{s.agent}</span>
              <br />
              <span className="quiet">
                {t('admin:account.seen')} <Time at={s.seen_at} />
              </span>
            </span>
            <Button
              size="small"
              onClick={() => end.mutate(s.id)}
              loading={end.isPending && end.variables === s.id}
            >
              {t('admin:account.end_session')}
            </Button>
          </li>
        ))}
      </ul>
      {items.length > 1 ? (
        <Popconfirm
          title={t('admin:account.end_all_ask', { name: account.name })}
          onConfirm={() => end.mutate(undefined)}
          okText={t('admin:account.end_all')}
          cancelText={t('common:do.cancel')}
        >
          <Button size="small" danger>
            {t('admin:account.end_all')}
          </Button>
        </Popconfirm>
      ) : null}
    </section>
  );
}

const words = {
  person: {
    page: 'admin:page.accounts',
    add: 'admin:account.new',
    none: 'admin:account.none',
    noneWhy: 'admin:account.none_why',
  },
  service: {
    page: 'admin:page.keys',
    add: 'admin:key.program_new',
    none: 'admin:key.program_none',
    noneWhy: 'admin:key.program_none_why',
  },
} as const;

/** Roles that a kind of account may hold: no program holds one of the three offices. */
const offered = (kind: AccountKind, roles: readonly Role[]) =>
  kind === 'service' ? roles.filter((r) => r.office === 'business') : roles;

function EndPost({ post, done }: { post: PostInfo; done: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [open, setOpen] = useState(false);
  const [day, setDay] = useState<number | undefined>(today());
  const end = useMutation({
    mutationFn: () => call('PATCH', `/posts/${post.id}`, { body: { to: day ?? 0 } }),
    onSuccess: () => {
      setOpen(false);
      done();
      void message.success(
        day
          ? t('admin:account.post_ended', { post: post.role_name, day: dayText(day) })
          : t('admin:account.post_open'),
      );
    },
  });
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)}>
        {t('admin:account.end_post')}
      </Button>
      <Modal
        open={open}
        title={t('admin:account.end_post_title', { post: post.role_name })}
        okText={t('admin:account.end_post')}
        cancelText={t('common:do.cancel')}
        confirmLoading={end.isPending}
        onOk={() => end.mutate()}
        onCancel={() => setOpen(false)}
        destroyOnHidden
      >
        <Refused error={end.error} />
        <p className="gap-below">{t('admin:account.end_post_text')}</p>
        <DayField value={day} onChange={setDay} min={today()} aria-label={t('admin:account.to')} />
      </Modal>
    </>
  );
}

function AddPost({ account, roles, done }: { account: Account; roles: readonly Role[]; done: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [form] = Form.useForm<PostFields>();
  const [open, setOpen] = useState(false);
  const add = useMutation({
    mutationFn: (v: PostFields) => call<PostInfo>('POST', `/accounts/${account.id}/posts`, { body: v }),
    onSuccess: (p) => {
      setOpen(false);
      done();
      void message.success(
        t('admin:account.post_added', {
          name: account.name,
          post: p.role_name,
          where: p.org?.name ?? p.region_name,
        }),
      );
    },
    onError: (e) => toField(form, e, ['role', 'region', 'grid_id', 'org', 'from', 'to']),
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('admin:account.add_post')}</Button>
      <Modal
        open={open}
        title={t('admin:account.add_post_title', { name: account.name })}
        okText={t('admin:account.add_post')}
        cancelText={t('common:do.cancel')}
        confirmLoading={add.isPending}
        onOk={() => form.submit()}
        onCancel={() => setOpen(false)}
        destroyOnHidden
      >
        <Refused error={add.error} />
        <Form<PostFields>
          form={form}
          layout="vertical"
          requiredMark={false}
          initialValues={{ from: today() }}
          onFinish={(v) => add.mutate(v)}
        >
          <PostFieldset roles={roles} />
        </Form>
      </Modal>
    </>
  );
}

function Detail({ id, roles }: { id: string; roles: readonly Role[] }) {
  const { t } = useTranslation();
  const { me, can } = useSession();
  const { message } = App.useApp();
  const refresh = useRefresh();
  const spanText = useSpanText();
  const oneTime = useOneTime();
  const [form] = Form.useForm<{ name: string }>();
  const account = useQuery({
    queryKey: ['admin', 'account', id],
    queryFn: ({ signal }) => call<Account>('GET', `/accounts/${id}`, { signal }),
  });
  const a = account.data;
  const change = useMutation({
    mutationFn: (v: { name?: string; disabled?: boolean }) =>
      call<Account>('PATCH', `/accounts/${id}`, { body: { ...v, version: a?.version } }),
    onSuccess: (x, v) => {
      refresh();
      void message.success(
        v.disabled === undefined
          ? t('admin:account.renamed', { name: x.name })
          : t(x.disabled ? 'admin:account.disabled_now' : 'admin:account.enabled_now', { name: x.name }),
      );
    },
  });
  const reset = useMutation({
    mutationFn: () => call<{ password: string }>('POST', `/accounts/${id}/password`),
    onSuccess: (r) => {
      refresh();
      oneTime(a?.login ?? '', r.password);
    },
  });
  useEffect(() => {
    if (a) form.setFieldsValue({ name: a.name });
  }, [a, form]);
  if (account.error) return <ErrorNote error={account.error} retry={() => void account.refetch()} />;
  if (!a) return <Loading />;
  const own = a.id === me.account.id;
  const may = can('account.write') && !own;
  const person = a.kind === 'person';
  return (
    <>
      <h2>
        {a.name} <span className="quiet">{a.login}</span>
      </h2>
      {own ? <Alert type="info" showIcon className="gap-below" title={t('admin:account.own')} /> : null}
      <Refused error={change.error ?? reset.error} reload={() => void account.refetch()} />
      <dl className="facts">
        <dt>{t('admin:account.state')}</dt>
        <dd className={a.disabled ? 'tone-overdue' : undefined}>
          {a.disabled
            ? t('admin:account.is_disabled')
            : a.can_sign_in === false && person
              ? t('admin:account.no_password')
              : a.must_change_password
                ? t('admin:account.must_change')
                : t('admin:account.is_enabled')}
        </dd>
        <dt>{t('admin:account.created')}</dt>
        <dd>
          <Time at={a.created_at} />
        </dd>
        {person ? (
          <>
            <dt>{t('admin:account.seen')}</dt>
            <dd>
              <Time at={a.seen_at} empty={t('admin:account.never')} />
            </dd>
          </>
        ) : null}
      </dl>
      {may ? (
        <>
          <Form
            form={form}
            layout="inline"
            className="gap-below"
            onFinish={(v) => change.mutate({ name: v.name.trim() })}
          >
            <Form.Item
              name="name"
              label={t('admin:account.name')}
              rules={[{ required: true, message: t('admin:need.name') }]}
            >
              <Input maxLength={40} />
            </Form.Item>
            <Button htmlType="submit" loading={change.isPending && change.variables?.name !== undefined}>
              {t('common:do.save')}
            </Button>
          </Form>
          <p className="buttons">
            {person ? (
              <Popconfirm
                title={t('admin:account.reset_ask', { name: a.name })}
                onConfirm={() => reset.mutate()}
                okText={t('admin:account.reset')}
                cancelText={t('common:do.cancel')}
              >
                <Button loading={reset.isPending}>{t('admin:account.reset')}</Button>
              </Popconfirm>
            ) : null}
            {a.disabled ? (
              <Button onClick={() => change.mutate({ disabled: false })}>{t('admin:account.enable')}</Button>
            ) : (
              <Popconfirm
                title={t('admin:account.disable_ask', { name: a.name })}
                onConfirm={() => change.mutate({ disabled: true })}
                okText={t('admin:account.disable')}
                cancelText={t('common:do.cancel')}
              >
                <Button danger>{t('admin:account.disable')}</Button>
              </Popconfirm>
            )}
          </p>
        </>
      ) : null}
      <section aria-label={t('admin:account.posts')}>
        <h3>{t('admin:account.posts')}</h3>
        {(a.posts ?? []).length === 0 ? <p className="quiet">{t('admin:account.no_posts')}</p> : null}
        <ul className="lines">
          {(a.posts ?? []).map((p) => (
            <li key={p.id} className={p.in_force || p.from > today() ? undefined : 'quiet'}>
              <span>
                <b>{p.role_name}</b> {p.org?.name ?? ''} {p.region_name}
                <br />
                <span className="quiet">{spanText(p.from, p.to)}</span>
              </span>
              {may && (p.in_force || p.from > today()) ? <EndPost post={p} done={() => refresh()} /> : null}
            </li>
          ))}
        </ul>
        {may ? <AddPost account={a} roles={roles} done={() => refresh()} /> : null}
      </section>
      {person ? null : <Keys account={a} may={may} />}
      {person && can('session.manage') ? <Sessions account={a} /> : null}
    </>
  );
}

function Create({
  kind,
  roles,
  onDone,
}: {
  kind: AccountKind;
  roles: readonly Role[];
  onDone: (id: number) => void;
}) {
  const word = words[kind];
  const { t } = useTranslation();
  const refresh = useRefresh();
  const oneTime = useOneTime();
  const [form] = Form.useForm<PostFields & { login: string; name: string }>();
  const create = useMutation({
    mutationFn: ({ login, name, ...post }: PostFields & { login: string; name: string }) =>
      call<{ account: Account; password?: string }>('POST', '/accounts', {
        body: { kind, login: login.trim(), name: name.trim(), lang: 'zh', posts: [post] },
      }),
    onSuccess: (r) => {
      refresh();
      if (r.password) oneTime(r.account.login, r.password);
      onDone(r.account.id);
    },
    onError: (e) => toField(form, e, ['login', 'name', 'role', 'region', 'grid_id', 'org', 'from', 'to']),
  });
  return (
    <>
      <h2>{t(word.add)}</h2>
      {kind === 'service' ? <p className="quiet gap-below">{t('admin:key.about')}</p> : null}
      <Refused error={create.error} />
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ from: today() }}
        onFinish={(v) => create.mutate(v)}
      >
        <Form.Item
          name="name"
          label={t('admin:account.name')}
          rules={[{ required: true, message: t('admin:need.name') }]}
        >
          <Input maxLength={40} />
        </Form.Item>
        <Form.Item
          name="login"
          label={t('admin:account.login')}
          extra={t('admin:account.login_why')}
          rules={[
            { required: true, message: t('admin:need.login') },
            { pattern: /^[a-z][a-z0-9._-]{1,31}$/, message: t('admin:account.login_why') },
          ]}
        >
          <Input maxLength={32} autoComplete="off" autoCapitalize="none" spellCheck={false} />
        </Form.Item>
        <PostFieldset roles={roles} />
        <Button type="primary" htmlType="submit" loading={create.isPending}>
          {t('admin:account.create')}
        </Button>
      </Form>
    </>
  );
}

/** Accounts of outside programs and their API keys. */
export const Programs = () => <Accounts kind="service" />;

export function Accounts({ kind = 'person' }: { kind?: AccountKind }) {
  const { t } = useTranslation();
  const word = words[kind];
  const { can } = useSession();
  const [params, setParams] = useSearchParams();
  const id = params.get('id');
  const role = params.get('role') ?? undefined;
  const org = params.get('org') ?? undefined;
  const [text, setText] = useState(params.get('q') ?? '');
  const q = useDebounced(text.trim(), 200);
  const roles = useRoles();
  const orgs = useAllOrgs();
  const list = useInfiniteQuery({
    queryKey: ['admin', 'accounts', kind, q, role, org],
    queryFn: ({ pageParam, signal }) =>
      call<Items<Account>>('GET', '/accounts', {
        query: { kind, q, role, org, cursor: pageParam, limit: 50 },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.next || undefined,
  });
  const set = (more: Record<string, string | undefined>) =>
    setParams((p) => {
      for (const [k, v] of Object.entries(more)) {
        if (v) p.set(k, v);
        else p.delete(k);
      }
      return p;
    });
  const shown = (list.data?.pages ?? []).flatMap((p) => p.items ?? []);
  return (
    <Split
      onBack={() => set({ id: undefined })}
      list={
        <>
          <header className="admin-head">
            <h1>{t(word.page)}</h1>
            <Input.Search
              allowClear
              value={text}
              onChange={(e) => setText(e.target.value)}
              placeholder={t('admin:account.search')}
              aria-label={t('admin:account.search')}
            />
            <Select
              allowClear
              value={role}
              placeholder={t('admin:account.role_any')}
              aria-label={t('admin:account.role')}
              onChange={(v) => set({ role: v })}
              options={(roles.data ?? []).map((r) => ({ value: r.code, label: r.name }))}
              popupMatchSelectWidth={false}
            />
            <Select
              allowClear
              value={org ? Number(org) : undefined}
              placeholder={t('admin:account.org_any')}
              aria-label={t('admin:account.org')}
              onChange={(v) => set({ org: v ? String(v) : undefined })}
              showSearch={{ optionFilterProp: 'label' }}
              options={(orgs.data ?? []).map((o) => ({ value: o.id, label: o.name }))}
              popupMatchSelectWidth={320}
              className="narrow-select"
            />
            {can('account.write') ? (
              <Button type="primary" onClick={() => set({ id: 'new' })}>
                {t(word.add)}
              </Button>
            ) : null}
          </header>
          {list.error && !list.data ? (
            <ErrorNote error={list.error} retry={() => void list.refetch()} />
          ) : (
            <>
              <Table<Account>
                size="small"
                rowKey="id"
                loading={list.isPending}
                dataSource={shown}
                pagination={false}
                rowClassName={(a) => (String(a.id) === id ? 'row-chosen' : '')}
                onRow={(a) => ({ onClick: () => set({ id: String(a.id) }) })}
                locale={{
                  emptyText: <EmptyNote title={t(word.none)}>{t(word.noneWhy)}</EmptyNote>,
                }}
                columns={[
                  {
                    title: t('admin:account.name'),
                    dataIndex: 'name',
                    render: (name: string, a) => (
                      <button type="button" className="link" onClick={() => set({ id: String(a.id) })}>
                        {name}
                      </button>
                    ),
                  },
                  { title: t('admin:account.login'), dataIndex: 'login' },
                  {
                    title: t('admin:account.posts'),
                    render: (_, a) =>
                      (a.posts ?? [])
                        .filter((p) => p.in_force)
                        .map((p) => `${p.role_name} · ${p.org?.name ?? p.region_name}`)
                        .join(t('admin:comma')) || (
                        <span className="quiet">{t('admin:account.no_posts')}</span>
                      ),
                  },
                  {
                    title: t('admin:account.state'),
                    className: 'nowrap',
                    responsive: ['md'],
                    render: (_, a) =>
                      a.disabled ? (
                        <span className="tone-overdue">{t('admin:account.is_disabled')}</span>
                      ) : (
                        t('admin:account.is_enabled')
                      ),
                  },
                ]}
              />
              {list.hasNextPage ? (
                <Button
                  block
                  type="text"
                  loading={list.isFetchingNextPage}
                  onClick={() => void list.fetchNextPage()}
                >
                  {t('admin:more')}
                </Button>
              ) : null}
            </>
          )}
        </>
      }
      detail={
        id === 'new' ? (
          <Create
            kind={kind}
            roles={offered(kind, roles.data ?? [])}
            onDone={(n) => set({ id: String(n) })}
          />
        ) : id ? (
          <Detail key={id} id={id} roles={offered(kind, roles.data ?? [])} />
        ) : null
      }
    />
  );
}
