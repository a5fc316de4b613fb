import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, InputNumber, Progress, Segmented, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { apiBase } from '@/shared/api.ts';
import { call } from '@/shared/call.ts';
import { ErrorNote } from '@/shared/ui/state.tsx';
import { keys, type Options, type PlanPage, type Run, type Style, styles } from './data.ts';

/** The run as it goes on; the plan is read again when it ends. */
function useLive(plan: number, run: Run | undefined): Run | undefined {
  const client = useQueryClient();
  const [now, setNow] = useState<Run>();
  const id = run?.status === 'running' ? run.id : undefined;
  useEffect(() => {
    if (!id) return;
    const source = new EventSource(`${apiBase}/plans/${plan}/runs/${id}/stream`, { withCredentials: true });
    source.addEventListener('run', (m) => {
      const r = JSON.parse((m as MessageEvent<string>).data) as Run;
      setNow(r);
      if (r.status !== 'running') {
        source.close();
        void client.invalidateQueries({ queryKey: keys.plan(plan) });
      }
    });
    return () => source.close();
  }, [plan, id, client]);
  return now?.id === run?.id ? now : run;
}

export function RunPanel({ plan, write }: { plan: PlanPage; write: boolean }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const last = plan.runs[0];
  const run = useLive(plan.id, last);
  const before = last?.options;
  const [o, setO] = useState<Options>({
    min: before?.min ?? 300,
    max: before?.max ?? 500,
    k: before?.k ?? 'min',
    target: before?.target ?? 400,
    keep: before?.keep ?? 50,
  });
  const [chosen, setChosen] = useState<Style[]>(before?.styles ?? [...styles]);
  const [seconds, setSeconds] = useState(before?.seconds ?? 20);
  const set = (part: Partial<Options>) => setO({ ...o, ...part });
  const again = () => client.invalidateQueries({ queryKey: keys.plan(plan.id) });
  const start = useMutation({
    mutationFn: () =>
      call<Run>('POST', `/plans/${plan.id}/runs`, { body: { ...o, styles: chosen, seconds } }),
    onSuccess: again,
  });
  const stop = useMutation({
    mutationFn: (id: number) => call('DELETE', `/plans/${plan.id}/runs/${id}`),
    onSuccess: again,
  });
  const going = run?.status === 'running';
  const p = run?.progress;
  const share = p?.steps ? ((p.step ? p.step - 1 : 0) + (p.all ? p.done / p.all : 0)) / p.steps : 0;
  return (
    <section className="panel run-panel" aria-label={t('planning:run.title')}>
      <h2>{t('planning:run.title')}</h2>
      {going && p ? (
        <div className="run-live">
          <div role="status" aria-live="polite">
            {p.step
              ? t('planning:run.at', { style: t(`planning:style.${p.style}`), step: p.step, steps: p.steps })
              : t('planning:run.begins')}
          </div>
          <Progress percent={Math.round(share * 100)} aria-label={t('planning:run.title')} />
          {write ? (
            <Button loading={stop.isPending} onClick={() => stop.mutate(run.id)}>
              {t('planning:run.stop')}
            </Button>
          ) : null}
        </div>
      ) : null}
      {run && !going ? <p className="quiet">{t(`planning:run.was.${run.status}`)}</p> : null}
      {write && !going ? (
        <div className="run-options">
          <fieldset>
            <legend>{t('planning:run.bounds')}</legend>
            <InputNumber
              aria-label={t('planning:run.min')}
              min={1}
              value={o.min}
              onChange={(v) => set({ min: v ?? 300 })}
            />
            <span>–</span>
            <InputNumber
              aria-label={t('planning:run.max')}
              min={1}
              value={o.max}
              onChange={(v) => set({ max: v ?? 500 })}
            />
          </fieldset>
          <fieldset>
            <legend>{t('planning:run.number')}</legend>
            <Segmented
              value={o.k}
              onChange={(k) => set({ k: k as Options['k'] })}
              options={[
                { value: 'min', label: t('planning:run.k_min') },
                { value: 'target', label: t('planning:run.k_target') },
              ]}
            />
            {o.k === 'target' ? (
              <InputNumber
                aria-label={t('planning:run.target')}
                min={1}
                value={o.target}
                onChange={(v) => set({ target: v ?? 400 })}
              />
            ) : null}
          </fieldset>
          <fieldset>
            <legend>{t('planning:run.styles')}</legend>
            <Select
              mode="multiple"
              className="run-styles"
              aria-label={t('planning:run.styles')}
              value={chosen}
              onChange={setChosen}
              options={styles.map((s) => ({ value: s, label: t(`planning:style.${s}`) }))}
            />
          </fieldset>
          <fieldset>
            <legend>{t('planning:run.seconds')}</legend>
            <InputNumber
              aria-label={t('planning:run.seconds')}
              min={1}
              max={600}
              value={seconds}
              onChange={(v) => setSeconds(v ?? 20)}
            />
          </fieldset>
          <Button
            type="primary"
            loading={start.isPending}
            disabled={!chosen.length}
            onClick={() => start.mutate()}
          >
            {run ? t('planning:run.again') : t('planning:run.start')}
          </Button>
        </div>
      ) : null}
      {start.error ? <ErrorNote error={start.error} /> : null}
    </section>
  );
}
