import { useMutation, useQuery } from '@tanstack/react-query';
import { App, Button, DatePicker, Form, Input, Modal, Select, Table } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { call } from '@/shared/call.ts';
import { useSession } from '@/shared/session.tsx';
import { EmptyNote, ErrorNote } from '@/shared/ui/state.tsx';
import { uuidv7 } from '@/shared/uuid.ts';
import { useTitle } from '../shell/title.ts';
import { parts, type Task, useAgain, useDay, usePages, useProgress } from './data.ts';

type Doing = 'postpone' | 'hand-over';

/** Asks for what an arrangement needs: a day or a person, and always the reason. */
function Arrange({ doing, tasks, done }: { doing: Doing; tasks: Task[]; done: (changed: boolean) => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const again = useAgain();
  const grid = tasks[0]?.grid_id;
  const workers = useQuery({
    queryKey: ['visits', 'workers', grid],
    queryFn: ({ signal }) =>
      call<{ items: { account: number; name: string }[] }>('GET', '/visits/workers', {
        query: { grid },
        signal,
      }),
    enabled: doing === 'hand-over',
  });
  const send = useMutation({
    mutationFn: (v: { until?: Dayjs; to?: number; reason: string }) =>
      call<{ changed: number }>('POST', `/visits/tasks/${doing}`, {
        body: {
          tasks: tasks.map((x) => x.id),
          reason: v.reason,
          ...(doing === 'postpone' ? { until: Number(v.until?.format('YYYYMMDD')) } : { to: v.to }),
        },
        key: uuidv7(),
      }),
    onSuccess: (a) => {
      again();
      void message.success(t(`rounds:${doing}.done`, { count: a.changed }));
      done(true);
    },
  });
  return (
    <Modal open title={t(`rounds:${doing}.title`)} onCancel={() => done(false)} footer={null}>
      <p className="quiet">{t(`rounds:${doing}.help`, { count: tasks.length })}</p>
      <Form layout="vertical" onFinish={(v) => send.mutate(v)}>
        {doing === 'postpone' ? (
          <Form.Item
            name="until"
            label={t('rounds:postpone.until')}
            rules={[{ required: true, message: t('rounds:postpone.need_until') }]}
          >
            <DatePicker
              disabledDate={(d) =>
                d.isBefore(dayjs().add(1, 'day'), 'day') || d.isAfter(dayjs().add(180, 'day'))
              }
            />
          </Form.Item>
        ) : (
          <Form.Item
            name="to"
            label={t('rounds:hand-over.to')}
            extra={t('rounds:hand-over.to_help')}
            rules={[{ required: true, message: t('rounds:hand-over.need_to') }]}
          >
            <Select
              loading={workers.isPending}
              options={(workers.data?.items ?? []).map((w) => ({ value: w.account, label: w.name }))}
            />
          </Form.Item>
        )}
        <Form.Item
          name="reason"
          label={t('rounds:reason')}
          rules={[{ required: true, whitespace: true, message: t('rounds:need_reason') }]}
        >
          <Input maxLength={200} />
        </Form.Item>
        {send.error ? <ErrorNote error={send.error} /> : null}
        <Button type="primary" htmlType="submit" loading={send.isPending}>
          {t(`rounds:${doing}.do`)}
        </Button>
      </Form>
    </Modal>
  );
}

export function TasksPage() {
  const { t } = useTranslation();
  const { can } = useSession();
  const day = useDay();
  const [params, setParams] = useSearchParams();
  const [chosen, setChosen] = useState<number[]>([]);
  const [doing, setDoing] = useState<Doing>();
  useTitle(t('rounds:tab.tasks'));
  const part = params.get('part') ?? 'today';
  const grid = params.get('grid') ?? undefined;
  const { list, rows, total } = usePages<Task>('/visits/tasks', { part, grid });
  const grids = useProgress({});
  const set = (key: string, v?: string) => {
    const next = new URLSearchParams(params);
    if (v) next.set(key, v);
    else next.delete(key);
    setChosen([]);
    setParams(next);
  };
  const tasks = (rows ?? []).filter((x) => chosen.includes(x.id));
  const oneGrid = new Set(tasks.map((x) => x.grid_id)).size === 1;
  const manage = can('visit.manage');
  return (
    <>
      <header className="rounds-head">
        <h1>{t('rounds:tab.tasks')}</h1>
        <Select
          value={part}
          aria-label={t('rounds:which')}
          popupMatchSelectWidth={false}
          options={parts.map((p) => ({ value: p, label: t(`rounds:part.${p}`) }))}
          onChange={(v) => set('part', v)}
        />
        <Select
          allowClear
          value={grid}
          aria-label={t('rounds:col.grid')}
          placeholder={t('rounds:all_grids')}
          popupMatchSelectWidth={false}
          style={{ minWidth: 180 }}
          options={(grids.data?.grids ?? []).map((g) => ({ value: String(g.grid_id), label: g.grid }))}
          onChange={(v) => set('grid', v)}
        />
        {total === undefined ? null : <span className="quiet">{t('rounds:count', { count: total })}</span>}
        {manage ? (
          <span className="rounds-side">
            <Button disabled={!tasks.length} onClick={() => setDoing('postpone')}>
              {t('rounds:postpone.open')}
            </Button>
            <Button
              disabled={!oneGrid}
              title={tasks.length && !oneGrid ? t('rounds:hand-over.one_grid') : undefined}
              onClick={() => setDoing('hand-over')}
            >
              {t('rounds:hand-over.open')}
            </Button>
          </span>
        ) : null}
      </header>
      {list.error && !list.data ? (
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
      ) : (
        <Table<Task>
          size="small"
          rowKey="id"
          loading={list.isPending}
          dataSource={rows}
          pagination={false}
          className="scroll-x"
          rowSelection={
            manage
              ? {
                  selectedRowKeys: chosen,
                  onChange: (keys) => setChosen(keys.map(Number)),
                  getCheckboxProps: (x) => ({
                    disabled: x.state !== 'open',
                    'aria-label': `${x.place} ${x.title}`,
                  }),
                }
              : undefined
          }
          locale={{
            emptyText: <EmptyNote title={t('rounds:no_tasks')}>{t('rounds:no_tasks_help')}</EmptyNote>,
          }}
          columns={[
            {
              title: t('rounds:col.place'),
              width: 240,
              render: (_, x) => (
                <>
                  {x.place || x.grid}
                  <span className="quiet rounds-under">{x.grid}</span>
                </>
              ),
            },
            {
              title: t('rounds:col.what'),
              width: 240,
              render: (_, x) => (
                <>
                  {x.case ? <Link to={`/cases/${x.case}`}>{x.title}</Link> : x.title}
                  {x.title !== x.rule_name ? <span className="quiet rounds-under">{x.rule_name}</span> : null}
                </>
              ),
            },
            {
              title: t('rounds:col.due'),
              render: (_, x) => (
                <span className={x.late ? 'tone-overdue' : ''}>
                  {day(x.due)}
                  {x.late ? ` · ${t('rounds:late')}` : ''}
                </span>
              ),
            },
            {
              title: t('rounds:col.state'),
              render: (_, x) =>
                x.state === 'done' ? (
                  <span className="tone-done">{t('rounds:done_on', { day: day(x.done_day) })}</span>
                ) : x.tries >= 3 ? (
                  <span className="tone-overdue">{t('rounds:decide', { count: x.tries })}</span>
                ) : x.tries ? (
                  t('rounds:absent', { count: x.tries, day: day(x.again) })
                ) : x.again ? (
                  t('rounds:again', { day: day(x.again) })
                ) : x.day ? (
                  t('rounds:planned', { day: day(x.day) })
                ) : (
                  <span className="quiet">{t('rounds:unplanned')}</span>
                ),
            },
            { title: t('rounds:col.worker'), render: (_, x) => x.worker ?? '' },
            { title: t('rounds:reason'), width: 200, render: (_, x) => x.reason ?? '' },
          ]}
        />
      )}
      {list.hasNextPage ? (
        <Button block type="text" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t('rounds:more')}
        </Button>
      ) : null}
      {doing ? (
        <Arrange
          doing={doing}
          tasks={tasks}
          done={(changed) => {
            setDoing(undefined);
            if (changed) setChosen([]);
          }}
        />
      ) : null}
    </>
  );
}
