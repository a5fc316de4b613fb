import { PlusOutlined } from '@ant-design/icons';
import { useMutation } from '@tanstack/react-query';
import { App, Button, Form, InputNumber, Modal, Select, Table } from 'antd';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { today } from '@/shared/time.ts';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { Time } from '@/shared/ui/words.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { RegionSelect } from '../admin/parts.tsx';
import { useTitle } from '../shell/title.ts';
import { type Meeting, type MeetingItem, meetingStates, useAgain, useMeetings } from './data.ts';
import { MeetingPanel } from './MeetingPanel.tsx';

const thisQuarter = () => {
  const day = today();
  return { year: Math.floor(day / 10000), n: Math.floor(((Math.floor(day / 100) % 100) - 1) / 3) + 1 };
};

function PlanForm({ done }: { done: (made?: Meeting) => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const again = useAgain();
  const now = thisQuarter();
  const own = (me.posts ?? []).find((p) => p.region.length >= 9)?.region;
  const send = useMutation({
    mutationFn: (v: { region: string; year: number; n: number }) =>
      call<Meeting>('POST', '/meetings', {
        body: { region: v.region, quarter: v.year * 10 + v.n },
        key: uuidv7(),
      }),
    onSuccess: (made) => {
      again();
      done(made);
    },
  });
  return (
    <Modal open title={t('whistle:meeting.plan')} onCancel={() => done()} footer={null}>
      <p className="quiet">{t('whistle:meeting.plan_help')}</p>
      <Form layout="vertical" initialValues={{ ...now, region: own }} onFinish={(v) => send.mutate(v)}>
        <Form.Item
          name="region"
          label={t('whistle:meeting.region')}
          rules={[{ required: true, message: t('whistle:meeting.need_region') }]}
        >
          <RegionSelect
            depths={[9, 12]}
            label={(me.posts ?? []).find((p) => p.region === own)?.region_name}
          />
        </Form.Item>
        <div className="joint-two">
          <Form.Item name="year" label={t('whistle:meeting.year')}>
            <InputNumber min={2020} max={2099} precision={0} />
          </Form.Item>
          <Form.Item name="n" label={t('whistle:meeting.quarter')}>
            <Select options={[1, 2, 3, 4].map((n) => ({ value: n, label: t(`whistle:quarter.${n}`) }))} />
          </Form.Item>
        </div>
        {send.error ? <ErrorNote error={send.error} /> : null}
        <Button type="primary" htmlType="submit" loading={send.isPending}>
          {t('whistle:meeting.plan')}
        </Button>
      </Form>
    </Modal>
  );
}

export function Meetings() {
  const { t } = useTranslation();
  const { can } = useSession();
  const { message } = App.useApp();
  const [params, setParams] = useSearchParams();
  useTitle(t('whistle:tab.meetings'));
  const get = (k: string) => params.get(k) ?? undefined;
  const { list, rows } = useMeetings({
    state: get('state'),
    quarter: get('quarter'),
    region: get('region'),
  });
  const open = Number(get('meeting')) || undefined;
  const set = (with_: Record<string, string | undefined>) => {
    const next = new URLSearchParams(params);
    for (const [k, v] of Object.entries(with_)) {
      if (v) next.set(k, v);
      else next.delete(k);
    }
    setParams(next);
  };
  const now = thisQuarter();
  const quarters = [0, 1, 2, 3, 4].map((back) => {
    const n = now.year * 4 + now.n - 1 - back;
    return Math.floor(n / 4) * 10 + (n % 4) + 1;
  });
  const quarter = (q: number) => `${Math.floor(q / 10)} ${t(`whistle:quarter.${q % 10}`)}`;
  return (
    <>
      <header className="joint-head">
        <h1>{t('whistle:tab.meetings')}</h1>
        <Select
          allowClear
          value={get('quarter')}
          aria-label={t('whistle:meeting.quarter')}
          placeholder={t('whistle:meeting.quarter')}
          popupMatchSelectWidth={false}
          style={{ minWidth: 140 }}
          options={quarters.map((q) => ({ value: String(q), label: quarter(q) }))}
          onChange={(v) => set({ quarter: v })}
        />
        <Select
          allowClear
          value={get('state')}
          aria-label={t('whistle:col.state')}
          placeholder={t('whistle:col.state')}
          popupMatchSelectWidth={false}
          style={{ minWidth: 130 }}
          options={meetingStates.map((s) => ({ value: s, label: t(`whistle:meeting.state.${s}`) }))}
          onChange={(v) => set({ state: v })}
        />
        <span className="joint-side">
          {can('meeting.hold') ? (
            <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => set({ new: '1' })}>
              {t('whistle:meeting.plan')}
            </Button>
          ) : null}
        </span>
      </header>
      {list.error && !list.data ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : (
        <div className={open ? 'joint-beside open wide-panel' : 'joint-beside'}>
          <div>
            <Table<MeetingItem>
              size="small"
              rowKey="id"
              loading={list.isPending}
              dataSource={rows}
              pagination={false}
              scroll={{ x: 'max-content' }}
              rowClassName={(m) => (m.id === open ? 'row-chosen' : '')}
              locale={{
                emptyText: (
                  <EmptyNote title={t('whistle:meeting.empty')}>{t('whistle:meeting.empty_help')}</EmptyNote>
                ),
              }}
              columns={[
                {
                  title: t('whistle:meeting.title'),
                  width: 280,
                  render: (_, m) => (
                    <button type="button" className="link" onClick={() => set({ meeting: String(m.id) })}>
                      {m.title}
                    </button>
                  ),
                },
                { title: t('whistle:col.state'), render: (_, m) => t(`whistle:meeting.state.${m.state}`) },
                { title: t('whistle:meeting.quarter'), render: (_, m) => quarter(m.quarter) },
                { title: t('whistle:meeting.at'), render: (_, m) => <Time at={m.at} /> },
                { title: t('whistle:place'), render: (_, m) => m.place || <span className="quiet">—</span> },
              ]}
            />
            {list.hasNextPage ? (
              <Button
                block
                type="text"
                loading={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
              >
                {t('whistle:more')}
              </Button>
            ) : null}
          </div>
          {open ? <MeetingPanel key={open} id={open} close={() => set({ meeting: undefined })} /> : null}
        </div>
      )}
      {get('new') && can('meeting.hold') ? (
        <PlanForm
          done={(made) => {
            if (made) void message.success(t('whistle:meeting.planned', { count: made.agenda?.length ?? 0 }));
            set({ new: undefined, ...(made ? { meeting: String(made.id) } : {}) });
          }}
        />
      ) : null}
    </>
  );
}
