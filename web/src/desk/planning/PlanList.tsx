import { PlusOutlined } from '@ant-design/icons';
import { Button, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useSession } from '@/shared/session.tsx';
import { EmptyNote, ErrorNote, Loading } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { useTitle } from '../shell/title.ts';
import { type PlanItem, usePlans } from './data.ts';

export function PlanList() {
  const { t } = useTranslation();
  const { can } = useSession();
  const plans = usePlans();
  const go = useNavigate();
  useTitle(t('planning:title'));
  const create = can('plan.write') ? (
    <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => go('/planning/new')}>
      {t('planning:list.new')}
    </Button>
  ) : null;
  return (
    <div className="planning-page">
      <header className="page-head">
        <h1>{t('planning:title')}</h1>
        <span className="planning-side">{create}</span>
      </header>
      {plans.error ? <ErrorNote error={plans.error} retry={() => void plans.refetch()} /> : null}
      {plans.isPending ? <Loading /> : null}
      {plans.data?.length === 0 ? (
        <EmptyNote title={t('planning:list.empty')}>{t('planning:list.empty_help')}</EmptyNote>
      ) : null}
      {plans.data?.length ? (
        <div className="scroll-x">
          <Table<PlanItem>
            rowKey="id"
            size="small"
            dataSource={plans.data}
            pagination={plans.data.length > 50 ? { pageSize: 50 } : false}
            columns={[
              {
                title: t('planning:list.name'),
                dataIndex: 'name',
                render: (name: string, p) => <Link to={`/planning/${p.id}`}>{name}</Link>,
              },
              {
                title: t('planning:list.communities'),
                align: 'right',
                render: (_, p) => <span className="num">{p.communities.length}</span>,
              },
              {
                title: t('planning:list.households'),
                align: 'right',
                render: (_, p) => <span className="num">{p.households.toLocaleString('en')}</span>,
              },
              {
                title: t('planning:list.source'),
                render: (_, p) => t(`planning:source.${p.source}`),
              },
              { title: t('planning:list.by'), render: (_, p) => p.created_by.name },
              { title: t('planning:list.at'), render: (_, p) => <Time at={p.created_at} /> },
            ]}
          />
        </div>
      ) : null}
    </div>
  );
}
