import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Button, Select, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import type { Items, Version } from './data.ts';
import { differences } from './diff.ts';
import { useSpanText } from './parts.tsx';

const kinds = ['category', 'calendar', 'routing', 'settings'] as const;

/** Fields and codes of a rule body in words; what has none stays as it is. */
function useWords() {
  const { t } = useTranslation();
  const part = (p: string): string =>
    t(
      [
        `admin:field.${p}`,
        `admin:stage.${p}`,
        `admin:settings.of.${p}`,
        `admin:unit.${p}`,
        `admin:category.kinds.${p}`,
        `common:grade.${p}`,
      ],
      { defaultValue: p },
    );
  return {
    path: (path: string) => path.split(' / ').map(part).join(' / '),
    value: (v: string) => (/^[a-z_]+$/.test(v) ? part(v) : v),
  };
}

/** What this version changed against the one before it. */
function Changes({ version }: { version: Version }) {
  const { t } = useTranslation();
  const words = useWords();
  const history = useQuery({
    queryKey: ['admin', 'versions', 'of', version.kind, version.key],
    queryFn: ({ signal }) =>
      call<Items<Version>>('GET', '/rulebook/versions', {
        query: { kind: version.kind, key: version.key, limit: 200 },
        signal,
      }),
  });
  if (history.error) return <ErrorNote error={history.error} retry={() => void history.refetch()} />;
  if (!history.data) return <Loading rows={2} />;
  const before = (history.data.items ?? []).find((v) => v.version === version.version - 1);
  if (!before) return <p className="quiet">{t('admin:versions.first')}</p>;
  const list = differences(before.body, version.body);
  if (list.length === 0) return <p className="quiet">{t('admin:versions.same')}</p>;
  return (
    <div className="scroll-x">
      <table className="plain-table">
        <thead>
          <tr>
            <th>{t('admin:versions.field')}</th>
            <th>{t('admin:versions.before')}</th>
            <th>{t('admin:versions.after')}</th>
          </tr>
        </thead>
        <tbody>
          {list.slice(0, 60).map((d) => (
            <tr key={d.path}>
              <th scope="row">{words.path(d.path)}</th>
              <td className="wrap">
                {d.before ? (
                  words.value(d.before)
                ) : (
                  <span className="quiet">{t('admin:versions.empty')}</span>
                )}
              </td>
              <td className="wrap">
                {d.after ? words.value(d.after) : <span className="quiet">{t('admin:versions.empty')}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {list.length > 60 ? (
        <p className="quiet">{t('admin:versions.more', { count: list.length - 60 })}</p>
      ) : null}
    </div>
  );
}

export function Versions() {
  const { t } = useTranslation();
  const spanText = useSpanText();
  const [params, setParams] = useSearchParams();
  const kind = params.get('kind') ?? undefined;
  const key = params.get('key') ?? undefined;
  const list = useInfiniteQuery({
    queryKey: ['admin', 'versions', kind, key],
    queryFn: ({ pageParam, signal }) =>
      call<Items<Version>>('GET', '/rulebook/versions', {
        query: { kind, key, cursor: pageParam, limit: 50 },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (p) => p.next || undefined,
  });
  const rows = (list.data?.pages ?? []).flatMap((p) => p.items ?? []);
  return (
    <>
      <header className="admin-head">
        <h1>{t('admin:page.versions')}</h1>
        <Select
          allowClear
          value={kind}
          placeholder={t('admin:versions.any')}
          aria-label={t('admin:versions.kind')}
          onChange={(v) => setParams(v ? { kind: v } : {})}
          options={kinds.map((k) => ({ value: k, label: t(`admin:versions.kinds.${k}`) }))}
          popupMatchSelectWidth={false}
        />
        {key ? (
          <Button type="link" onClick={() => setParams(kind ? { kind } : {})}>
            {t('admin:versions.all')}
          </Button>
        ) : null}
      </header>
      {list.error && !list.data ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : (
        <>
          <Table<Version>
            size="small"
            rowKey={(v) => `${v.kind}:${v.key}:${v.version}`}
            loading={list.isPending}
            dataSource={rows}
            pagination={false}
            scroll={{ x: 'max-content' }}
            expandable={{ expandedRowRender: (v) => <Changes version={v} /> }}
            locale={{
              emptyText: (
                <EmptyNote title={t('admin:versions.none')}>{t('admin:versions.none_why')}</EmptyNote>
              ),
            }}
            columns={[
              {
                title: t('admin:versions.kind'),
                dataIndex: 'kind',
                render: (k: Version['kind']) => t(`admin:versions.kinds.${k}`),
              },
              { title: t('admin:versions.name'), dataIndex: 'name' },
              { title: t('admin:versions.version'), dataIndex: 'version', align: 'right' },
              { title: t('admin:in_force'), render: (_, v) => spanText(v.valid_from, v.valid_to) },
              {
                title: t('admin:versions.published'),
                dataIndex: 'created_at',
                render: (at: string) => <Time at={at} />,
              },
              {
                title: t('admin:note'),
                dataIndex: 'note',
                render: (n: string) => n || <span className="quiet">—</span>,
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
  );
}
