import '../admin/admin.css';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Popconfirm, Table, Upload } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { exact } from '@/shared/time.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { useTitle } from '../shell/title.ts';

interface Device {
  id: string;
  account: number;
  name: string;
  label: string;
  seen_at: string;
  locked_at?: string;
  locked_by?: string;
  held: number;
  rejected: number;
  lost: number;
}
interface Dispute {
  id: number;
  kind: string;
  object_id: number;
  author: string;
  at: string;
  fields: string[];
  mine: Record<string, unknown>;
  theirs: Record<string, unknown>;
}
interface Recovery {
  results: { state: string }[];
  photos: number;
  unreadable: number;
}

/** The phones of the people one answers for: what waits, lost ones, and records that differ. */
export default function Area() {
  const { t } = useTranslation();
  useTitle(t('admin:page.devices'));
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const devices = useQuery({
    queryKey: ['sync', 'devices'],
    queryFn: ({ signal }) =>
      call<{ items: Device[] }>('GET', '/sync/devices', { query: { all: true }, signal }),
  });
  const refresh = () => void client.invalidateQueries({ queryKey: ['sync'] });
  const lock = useMutation({
    mutationFn: (d: Device) =>
      call<void>('POST', `/sync/devices/${d.id}/lock`, {
        body: { account: d.account, locked: !d.locked_at },
      }),
    onSettled: refresh,
  });
  const recover = useMutation({
    mutationFn: async (file: File) =>
      call<Recovery>('POST', '/sync/recover', { body: { file: JSON.parse(await file.text()) } }),
    onSuccess: (r) => {
      const of = (...states: string[]) => r.results.filter((x) => states.includes(x.state)).length;
      void modal.info({
        title: t('admin:device.recovered'),
        content: t('admin:device.recovered_text', {
          applied: of('applied'),
          duplicate: of('duplicate'),
          waiting: of('held', 'conflict'),
          rejected: of('rejected'),
          photos: r.photos,
          unreadable: r.unreadable,
        }),
        okText: t('common:do.close'),
      });
    },
    onError: (e) => {
      if (e instanceof SyntaxError) void message.error(t('admin:device.no_export'));
    },
    onSettled: refresh,
  });
  const fault = lock.error ?? (recover.error instanceof SyntaxError ? null : recover.error);
  return (
    <main className="page pad" id="main" tabIndex={-1}>
      <header className="admin-head">
        <h1>{t('admin:page.devices')}</h1>
        <Upload
          accept=".json,application/json"
          showUploadList={false}
          beforeUpload={(file) => {
            recover.mutate(file);
            return false;
          }}
        >
          <Button loading={recover.isPending}>{t('admin:device.recover')}</Button>
        </Upload>
      </header>
      <p className="quiet">{t('admin:device.why')}</p>
      {fault ? <ErrorNote error={fault} /> : null}
      <Disputes />
      {devices.isPending ? (
        <Loading />
      ) : devices.error ? (
        <ErrorNote error={devices.error} retry={() => void devices.refetch()} />
      ) : devices.data.items.length === 0 ? (
        <EmptyNote title={t('admin:device.none')}>{t('admin:device.none_why')}</EmptyNote>
      ) : (
        <Table<Device>
          size="small"
          rowKey={(d) => `${d.account} ${d.id}`}
          dataSource={devices.data.items}
          pagination={{ pageSize: 50, hideOnSinglePage: true }}
          scroll={{ x: 640 }}
          columns={[
            { title: t('admin:device.owner'), dataIndex: 'name', width: 110 },
            {
              title: t('admin:device.phone'),
              dataIndex: 'label',
              render: (label: string, d) => label || t('admin:device.unnamed', { mark: d.id.slice(-4) }),
            },
            {
              title: t('admin:device.seen'),
              dataIndex: 'seen_at',
              width: 150,
              render: (at: string) => exact(at),
            },
            {
              title: t('admin:device.waits'),
              key: 'waits',
              render: (_, d) =>
                [
                  d.held > 0 ? t('admin:device.held', { count: d.held }) : '',
                  d.rejected > 0 ? t('admin:device.rejected', { count: d.rejected }) : '',
                  d.lost > 0 ? t('admin:device.lost', { count: d.lost }) : '',
                ]
                  .filter(Boolean)
                  .join(t('admin:device.and')) || '–',
            },
            {
              title: t('admin:device.state'),
              key: 'state',
              width: 230,
              render: (_, d) => (
                <>
                  {d.locked_at ? (
                    <span className="wrap">
                      {t('admin:device.locked', { at: exact(d.locked_at), by: d.locked_by })}{' '}
                    </span>
                  ) : null}
                  <Popconfirm
                    title={t(d.locked_at ? 'admin:device.unlock_ask' : 'admin:device.lock_ask', {
                      name: d.name,
                    })}
                    onConfirm={() => lock.mutate(d)}
                    okText={t(d.locked_at ? 'admin:device.unlock' : 'admin:device.lock')}
                    cancelText={t('common:do.cancel')}
                  >
                    <Button size="small" danger={!d.locked_at}>
                      {t(d.locked_at ? 'admin:device.unlock' : 'admin:device.lock')}
                    </Button>
                  </Popconfirm>
                </>
              ),
            },
          ]}
        />
      )}
    </main>
  );
}

/** Records that differ between a phone and the desk, for the community lead to decide. */
function Disputes() {
  const { t, i18n } = useTranslation();
  const { can } = useSession();
  const client = useQueryClient();
  const list = useQuery({
    queryKey: ['sync', 'conflicts'],
    queryFn: ({ signal }) => call<{ items: Dispute[] }>('GET', '/sync/conflicts', { signal }),
  });
  const decide = useMutation({
    mutationFn: (v: { id: number; choice: 'mine' | 'theirs' }) =>
      call<void>('POST', `/sync/conflicts/${v.id}`, { body: { choice: v.choice } }),
    onSettled: () => void client.invalidateQueries({ queryKey: ['sync'] }),
  });
  const items = list.data?.items ?? [];
  const told = (row: Record<string, unknown>) =>
    Object.entries(row)
      .filter(([k, v]) => k !== 'version' && v !== '' && v !== null)
      .map(([k, v]) => {
        const said = (v as Record<string, unknown>)[i18n.language] ?? v;
        const text = typeof said === 'string' ? said : JSON.stringify(said);
        return t('admin:dispute.pair', {
          name: t(`admin:dispute.field.${k}`, { defaultValue: k }),
          value: k === 'status' ? t(`common:status.${text}`, { defaultValue: text }) : text,
        });
      })
      .join(t('admin:device.and'));
  if (list.error) return <ErrorNote error={list.error} retry={() => void list.refetch()} />;
  if (items.length === 0) return null;
  return (
    <section aria-labelledby="disputes" className="disputes">
      <h2 id="disputes">{t('admin:dispute.title', { count: items.length })}</h2>
      {decide.error ? <ErrorNote error={decide.error} /> : null}
      <ul>
        {items.map((d) => (
          <li key={d.id}>
            <p>
              {t('admin:dispute.by', { author: d.author, at: exact(d.at) })}{' '}
              {d.kind.startsWith('case.') && can('case.read') ? (
                <Link to={`/cases/${d.object_id}`}>{t('admin:outbox.case')}</Link>
              ) : null}
            </p>
            <dl>
              <dt>{t('admin:dispute.mine')}</dt>
              <dd>{told(d.mine)}</dd>
              <dt>{t('admin:dispute.theirs')}</dt>
              <dd>{told(d.theirs)}</dd>
            </dl>
            {(['mine', 'theirs'] as const).map((choice) => (
              <Button
                key={choice}
                size="small"
                loading={
                  decide.isPending && decide.variables.id === d.id && decide.variables.choice === choice
                }
                onClick={() => decide.mutate({ id: d.id, choice })}
              >
                {t(`admin:dispute.take_${choice}`)}
              </Button>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}
